// The way to the stations for a therapist: MQTT 3.1.1 over this page's own WebSocket. The relay behind it puts
// the login in; this page has none.

import mqtt from "../vendor/mqtt.js";
import { ROOT } from "./topics.js";

/**
 * @typedef {object} Wire
 * @property {(topic: string, payload: string) => Promise<void>} publish resolves when the other side has it
 * @property {() => void} stop
 */

/**
 * @param {{clinic: string, device: string, clean: boolean, onMessage: (topic: string, payload: string, retained: boolean) => void, onState: (connected: boolean) => void}} options
 * @returns {Wire}
 */
export function connectMqtt({ clinic, device, clean, onMessage, onState }) {
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/mqtt`;
  const client = mqtt.connect(url, {
    protocolVersion: 4, // NATS closes the socket on 5, without a word
    clientId: device,
    clean,
    keepalive: 60, // timers of a hidden tab run once a minute
    reconnectPeriod: 500,
    connectTimeout: 8000,
    resubscribe: true,
    queueQoSZero: false,
    timerVariant: "native", // the other one is a worker from a blob: our policy forbids it
  });
  const decoder = new TextDecoder("utf-8", { fatal: false });
  client.on("connect", () => {
    client.subscribe(`${ROOT}/${clinic}/#`, { qos: 1 }, (/** @type {any} */ error) => onState(!error));
  });
  client.on("close", () => onState(false));
  client.on("error", () => onState(false));
  client.on("message", (/** @type {string} */ topic, /** @type {Uint8Array} */ payload, /** @type {any} */ packet) => {
    onMessage(topic, decoder.decode(payload), packet.retain === true);
  });
  return {
    publish: (topic, payload) =>
      new Promise((resolve, reject) => {
        client.publish(topic, payload, { qos: 1 }, (/** @type {any} */ error) => (error ? reject(error) : resolve()));
      }),
    stop: () => void client.end(true),
  };
}
