// The therapist's page: board, alert feed, session. Confirms every alert as soon as it is on the screen.

import { AlertsView, alertTitle } from "./alerts_view.js";
import { Bar } from "./bar_view.js";
import { BoardView } from "./board_view.js";
import { Clinic } from "./clinic.js";
import { awake, clientId, installWorker, keepAwake } from "./device.js";
import { byId, el } from "./dom.js";
import { Feed } from "./feed.js";
import { stateOf } from "./feed_state.js";
import { loadWords, t } from "./i18n.js";
import { firstTap, logIn } from "./login.js";
import { SessionView } from "./session_view.js";
import { Caller, enableSound, play, soundRuns } from "./sound.js";
import { connectMqtt } from "./wire_mqtt.js";

// Values are drawn at most this often; alerts at once.
const DRAW_EVERY_MS = 250;

async function main() {
  await loadWords();
  void installWorker();
  const room = byId("main");
  const who = await logIn(room);
  if (who.face !== "therapist") {
    location.assign("/bedside");
    return;
  }
  const clinic = new Clinic();
  const feed = new Feed({
    clinic: who.clinic, actor: who.name, confirms: true,
    onEvent: (event) => {
      clinic.take(event);
      if (event.kind === "alert") {
        announce(event);
        draw();
        // For whoever looks on from outside: this alert is on the screen now.
        document.dispatchEvent(new CustomEvent("kinewatch-alert", { detail: event.message.id }));
      }
    },
  });
  /** @type {SessionView | null} */ let session = null;
  const board = new BoardView((name) => {
    session = new SessionView(feed, clinic.station(name), () => {
      session = null;
      arrangeRoom();
    });
    arrangeRoom();
    byId("back").focus();
  });
  const alerts = new AlertsView(feed, who.face);
  const caller = new Caller();
  let watching = false;

  function arrangeRoom() {
    room.replaceChildren(el("div", { class: "room" }, alerts.node, session === null ? board.node : session.node));
  }

  /** @param {import("./feed_state.js").FeedEvent} event */
  function announce(event) {
    if (stateOf(event.message) !== "firing") return;
    byId("announce").textContent = `${event.station}: ${alertTitle(event.message)}`;
    if (document.visibilityState === "hidden" && "Notification" in window && Notification.permission === "granted") {
      new Notification(t("notification"), { tag: event.message.alert_id, requireInteraction: true });
    }
  }

  function draw() {
    if (!watching) return;
    const nowUtc = (/** @type {string} */ station) => Date.now() + feed.offsetMs(station);
    const deaf = feed.deaf;
    const present = clinic.present();
    alerts.show(present, nowUtc);
    if (session === null) board.show(clinic, deaf);
    else session.show(nowUtc(session.station.name));
    bar.show({
      deaf, connected: feed.connected, deafMs: performance.now() - feed.heardMs, silent: clinic.silent,
      sound: soundRuns(), awake: awake(), offsetMs: feed.offsetMs(),
    });
    const calls = present.filter(({ message }) => ["firing", "latched"].includes(stateOf(message)))
      .map(({ station, message }) => ({ key: `${station.name}/${message.id}`, priority: message.priority }));
    const due = caller.due(calls, performance.now());
    if (due !== null) play(due);
    document.title = calls.length > 0 ? `(${calls.length}) kinewatch` : "kinewatch";
  }

  const bar = new Bar({
    name: who.name, pause: null,
    onSound: () => void enableSound().then(() => play("medium")),
    onLogout: () => void fetch("/logout", { method: "POST" }).then(() => location.reload()),
  });
  // It hears and confirms only what it shows: not before the first tap has begun the watch.
  await firstTap(room, who, t("begin.text"));
  await enableSound();
  play("low");
  await keepAwake();
  if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
  watching = true;
  arrangeRoom();
  const { device, clean } = await clientId();
  feed.wire = connectMqtt({
    clinic: who.clinic, device, clean,
    onMessage: (topic, payload, retained) => feed.hear(topic, payload, retained),
    onState: (connected) => {
      feed.setConnected(connected);
      draw();
    },
  });
  document.addEventListener("visibilitychange", () => void keepAwake());
  setInterval(() => {
    feed.look();
    draw();
  }, DRAW_EVERY_MS);
}

void main();
