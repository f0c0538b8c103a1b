// The way to the station for the screen beside the patient: the same topics and messages as JSON, no broker.

/**
 * @param {{onMessage: (topic: string, payload: string) => void, onState: (connected: boolean) => void}} options
 * @returns {import("./wire_mqtt.js").Wire}
 */
export function connectLocal({ onMessage, onState }) {
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/bedside/stream`;
  /** @type {WebSocket | null} */ let socket = null;
  let stopped = false;

  function open() {
    socket = new WebSocket(url, "kinewatch");
    socket.onopen = () => onState(true);
    socket.onmessage = (event) => {
      if (typeof event.data !== "string") return;
      const [topic, payload] = JSON.parse(event.data);
      if (typeof topic === "string" && typeof payload === "string") onMessage(topic, payload);
    };
    socket.onclose = () => {
      onState(false);
      if (!stopped) setTimeout(open, 500);
    };
  }
  open();
  return {
    publish: async (topic, payload) => {
      if (socket === null || socket.readyState !== WebSocket.OPEN) throw new Error("not connected");
      socket.send(JSON.stringify([topic, payload]));
    },
    stop: () => {
      stopped = true;
      socket?.close();
    },
  };
}
