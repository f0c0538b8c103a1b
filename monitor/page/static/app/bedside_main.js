// The screen beside the patient: readable at 2 m, one next step in words, keys for busy hands.

import { MARKS, alertTitle } from "./alerts_view.js";
import { Bar } from "./bar_view.js";
import { heartCode, shown } from "./board_view.js";
import { Clinic } from "./clinic.js";
import { give } from "./commands.js";
import { awake, installWorker, keepAwake } from "./device.js";
import { arrange, ask, byId, el, setAttr, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { stateOf } from "./feed_state.js";
import { clock, loadWords, num, t, word } from "./i18n.js";
import { firstTap, logIn } from "./login.js";
import { Caller, enableSound, play, soundRuns } from "./sound.js";
import { connectLocal } from "./wire_local.js";

const DRAW_EVERY_MS = 250;
// The station's own alarm: an alert that no therapist's application has confirmed.
const UNCONFIRMED_S = /** @type {Record<string, number>} */ ({ high: 10, medium: 30 });
const SCALES = /** @type {Record<string, number[]>} */ ({
  rpe: [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
  dyspnoea: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  pain: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
});

async function main() {
  await loadWords();
  void installWorker();
  const room = byId("main");
  const who = await logIn(room);
  const clinic = new Clinic();
  const feed = new Feed({
    clinic: who.clinic, actor: who.name, confirms: false,
    onEvent: (event) => {
      clinic.take(event);
      if (event.kind === "vital" && event.message.code === "joint_angle_deg") angle = event.message;
      if (event.kind === "alert") draw();
    },
  });
  /** @type {any} */ let angle = null;
  const station = () => [...clinic.stations.values()][0] ?? null;
  const place = () => ({ station: station()?.name ?? "", session: station()?.session ?? "" });
  const order = (/** @type {string} */ verb, /** @type {Record<string, any>} */ fields = {}) => give(feed, place(), verb, fields);

  const screen = new Screen(order, () => angle, () => station());
  const caller = new Caller();
  const bar = new Bar({
    name: who.name, pause: null, onSound: () => void enableSound().then(() => play("medium")),
    onLogout: () => void fetch("/logout", { method: "POST" }).then(() => location.reload()),
  });
  await firstTap(room, who, t("begin.bedside"));
  await enableSound();
  play("low");
  await keepAwake();
  room.replaceChildren(screen.node);
  feed.wire = connectLocal({
    onMessage: (topic, payload) => feed.hear(topic, payload),
    onState: (connected) => {
      feed.setConnected(connected);
      draw();
    },
  });

  function draw() {
    const nowUtc = Date.now() + feed.offsetMs();
    const present = clinic.present();
    screen.show(station(), present, feed.deaf, nowUtc);
    bar.show({
      deaf: feed.deaf, connected: feed.connected, deafMs: performance.now() - feed.heardMs, silent: clinic.silent,
      sound: soundRuns(), awake: awake(), offsetMs: feed.offsetMs(),
    });
    const calls = present.filter(({ message }) => ["firing", "latched"].includes(stateOf(message)))
      .map(({ message }) => ({ key: message.id, priority: message.priority }));
    const due = caller.due(calls, performance.now());
    if (due !== null) play(due);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog") !== null) return;
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
    screen.press(event.key);
  });
  document.addEventListener("visibilitychange", () => void keepAwake());
  setInterval(() => {
    feed.look();
    draw();
  }, DRAW_EVERY_MS);
}

class Screen {
  /**
   * @param {(verb: string, fields?: Record<string, any>) => Promise<any>} order @param {() => any} angle
   * @param {() => import("./clinic.js").Station | null} station
   */
  constructor(order, angle, station) {
    this.order = order;
    this.angle = angle;
    this.station = station;
    /** @type {any} */ this.topmost = null;
    this.endPressedMs = -Infinity;
    this.step = el("span", {});
    this.countdown = el("span", { class: "count" });
    this.spo2 = this.#huge("SpO₂", "%", "spo2");
    this.heart = this.#huge(t("vital.heart"), t("unit.per_min"), "heart");
    this.repetition = this.#huge(t("bedside.repetition"), "", "repetition");
    this.unsent = el("p", { class: "unsent", role: "alert" });
    this.alerts = el("div", { class: "alerts" });
    this.pressure = this.#second(t("vital.pressure"));
    this.cuff = this.#second(t("bedside.cuff"));
    this.set = this.#second(t("bedside.set"));
    this.bend = this.#second(t("bedside.angle"));
    this.phase = this.#second(t("bedside.phase"));
    /** @type {[string, string, () => void, string?][]} */
    const keys = [
      ["!", t("key.symptom"), () => void this.order("symptom", { symptom: "stop" }), "symptom"],
      ["b", t("key.begin"), () => void this.#begin()],
      ["c", t("key.calibrate"), () => void this.order("calibrate")],
      ["z", t("key.zero"), () => void this.order("zero")],
      ["r", t("key.rpe"), () => void this.#rate("rpe")],
      ["d", t("key.dyspnoea"), () => void this.#rate("dyspnoea")],
      ["p", t("key.pain"), () => void this.#rate("pain")],
      ["l", t("key.posture"), () => void this.#posture()],
      ["n", t("key.note"), () => void this.#note()],
      ["a", t("key.ack"), () => void this.#acknowledge()],
      ["e", t("key.end"), () => void this.#end()],
    ];
    this.keys = new Map(keys.map(([key, , act]) => [key, act]));
    this.node = el("div", { class: "stage" },
      el("div", {}, this.unsent, this.alerts, el("p", { class: "next", role: "status" }, this.step, this.countdown)),
      el("div", { class: "huge" }, this.spo2.node, this.heart.node, this.repetition.node),
      el("div", { class: "second" }, this.pressure.node, this.cuff.node, this.set.node, this.bend.node, this.phase.node),
      el("div", { class: "keys", role: "group", "aria-label": t("bedside.keys") }, ...keys.map(([key, label, act, look]) =>
        el("button", { type: "button", class: look ?? "", id: `key-${key === "!" ? "symptom" : key}`, on: { click: act } }, label, el("kbd", {}, key)))));
  }

  /** @param {string} key */
  press(key) {
    if (key === "B") void this.order("begin", { accept_missing: true });
    else this.keys.get(key)?.();
  }

  /** @param {import("./clinic.js").Station | null} station @param {{message: any}[]} present @param {boolean} deaf @param {number} nowUtcMs */
  show(station, present, deaf, nowUtcMs) {
    const latest = deaf || station === null || station.problem !== "" ? null : station.latest;
    this.#value(this.spo2, shown(latest, "spo2_percent"));
    this.#value(this.heart, shown(latest, heartCode(latest)));
    setText(this.repetition.number, latest?.set_number ? String(latest.repetitions ?? 0) : "--");
    setText(this.repetition.unit, latest?.repetition_target ? t("bedside.of", { n: latest.repetition_target }) : "");
    const systolic = shown(latest, "systolic_mmhg");
    const diastolic = shown(latest, "diastolic_mmhg");
    setText(this.pressure.value, systolic.level === "none" ? "--" : `${systolic.text}/${diastolic.text} mmHg${systolic.age ? ` · ${systolic.age}` : ""}`);
    this.#cuffDue(station, latest, nowUtcMs);
    setText(this.set.value, latest?.set_number ? `${latest.set_number}${latest.set_target ? ` / ${latest.set_target}` : ""}` : "--");
    const bend = this.angle();
    const isNow = bend !== null && latest !== null && nowUtcMs - Date.parse(bend.t) < 2000;
    setText(this.bend.value, isNow && bend.value !== null ? `${num(bend.value)}°` : "--");
    setText(this.phase.value, word("phase", latest?.phase ?? ""));
    this.#step(station, latest, deaf, nowUtcMs);
    this.#alerts(present);
    const waits = Object.entries(UNCONFIRMED_S).filter(([priority, most]) => (station?.status?.unconfirmed_s?.[priority] ?? 0) >= most);
    setText(this.unsent, waits.length > 0 ? t("bedside.unsent") : "");
  }

  /** @param {string} label @param {string} unit @param {string} id */
  #huge(label, unit, id) {
    const number = el("span", { class: "number", id: `huge-${id}` }, "--");
    const small = el("span", { class: "unit" }, unit);
    const old = el("span", { class: "age" });
    const node = el("div", {}, el("span", { class: "label" }, label), number, small, old);
    return { node, number, unit: small, age: old };
  }

  /** @param {string} label */
  #second(label) {
    const value = el("b", {}, "--");
    return { node: el("div", {}, el("span", { class: "label" }, label), value), value };
  }

  /** @param {any} box @param {{text: string, level: string, age: string}} value */
  #value(box, value) {
    setText(box.number, value.text);
    setText(box.age, value.age);
    setAttr(box.node, "data-level", value.level);
  }

  /** @param {import("./clinic.js").Station | null} station @param {any} latest @param {number} nowUtcMs */
  #cuffDue(station, latest, nowUtcMs) {
    const every = station?.plan?.cuff_every_s ?? null;
    if (every === null) {
      setText(this.cuff.value, t("bedside.not_planned"));
      return;
    }
    const last = latest?.values?.systolic_mmhg?.t ?? station?.plan?.started;
    const left = (Date.parse(last) - nowUtcMs) / 1000 + every;
    setText(this.cuff.value, left > 0 ? clock(left) : t("bedside.due"));
    setAttr(this.cuff.node, "data-due", left > 0 ? null : "yes");
  }

  /** @param {import("./clinic.js").Station | null} station @param {any} latest @param {boolean} deaf @param {number} nowUtcMs */
  #step(station, latest, deaf, nowUtcMs) {
    let text = "";
    let count = "";
    const since = latest?.phase_since ? (nowUtcMs - Date.parse(latest.phase_since)) / 1000 : 0;
    if (deaf || latest === null) text = t("step.blind");
    else if (latest.phase === "before") text = t("step.before");
    else if (latest.phase === "calibration") text = latest.calibration || t("step.calibration");
    else if (latest.phase === "exercise") {
      text = t("step.exercise", { name: (latest.exercise ?? "").replaceAll("_", " ") });
      count = clock(since);
    } else if (latest.phase === "rest") {
      const exercise = station?.plan?.exercises?.find((/** @type {any} */ each) => each.name === latest.exercise);
      const left = (exercise?.rest_s ?? 0) - since;
      text = t(left > 0 ? "step.rest" : "step.rest_over");
      count = left > 0 ? clock(left) : "";
    } else if (latest.phase === "recovery") {
      text = t("step.recovery");
      count = clock(since);
    } else text = t("step.ended");
    setText(this.step, text);
    setText(this.countdown, count);
  }

  /** @param {{message: any}[]} present */
  #alerts(present) {
    const calls = present.filter(({ message }) => ["firing", "latched", "paused"].includes(stateOf(message)));
    this.topmost = calls[0]?.message ?? null;
    const key = calls.slice(0, 3).map(({ message }) => message.id).join();
    if (this.alerts.dataset["shows"] === key) return;
    this.alerts.dataset["shows"] = key;
    arrange(this.alerts, calls.slice(0, 3).map(({ message }) => el("div", { class: "bedside-alert", "data-priority": message.priority, role: "alert" },
      el("span", { class: "priority" }, MARKS[message.priority] ?? ""), el("span", {}, alertTitle(message)),
      el("span", { class: "advice" }, message.advice),
      el("button", { type: "button", class: "ack", on: { click: () => void this.order("ack", { alert_id: message.alert_id }) } }, t("alert.ack")))));
  }

  async #begin() {
    const reply = await this.order("begin");
    if (reply === null && this.station() !== null) {
      const anyway = await ask(t("begin.missing"), [el("p", {}, byId("toast").textContent ?? "")], t("begin.anyway"), t("cancel"));
      if (anyway) await this.order("begin", { accept_missing: true });
    }
  }

  /** @param {string} scale */
  async #rate(scale) {
    const value = await this.#choose(word("scale", scale), (SCALES[scale] ?? []).map((each) => [String(each), String(each)]));
    if (value !== null) await this.order("rpe", { scale, value: Number(value) });
  }

  async #posture() {
    const value = await this.#choose(t("key.posture"), ["supine", "sitting", "standing"].map((each) => [each, word("posture", each)]));
    if (value !== null) await this.order("posture", { posture: value });
  }

  async #note() {
    const text = el("input", { id: "note", maxLength: 200, required: true });
    const body = [el("label", { htmlFor: "note" }, t("note.label")), text];
    if (await ask(t("key.note"), body, t("note.keep"), t("cancel"))) await this.order("note", { text: text.value });
  }

  async #acknowledge() {
    if (this.topmost === null) byId("toast").textContent = t("bedside.nothing_to_ack");
    else await this.order("ack", { alert_id: this.topmost.alert_id });
  }

  async #end() {
    if (performance.now() - this.endPressedMs < 5000) await this.order("end");
    else byId("toast").textContent = t("bedside.end_again");
    this.endPressedMs = performance.now();
  }

  /** @param {string} title @param {string[][]} choices @returns {Promise<string | null>} */
  #choose(title, choices) {
    return new Promise((resolve) => {
      const dialog = el("dialog", { "aria-label": title });
      const leave = el("button", { type: "button", on: { click: () => dialog.close("") } }, t("cancel"));
      dialog.append(el("h2", {}, title), el("div", { class: "scale" }, ...choices.map(([value, label]) =>
        el("button", { type: "button", on: { click: () => dialog.close(value) } }, label ?? ""))), el("div", { class: "row end" }, leave));
      dialog.addEventListener("close", () => {
        resolve(dialog.returnValue === "" ? null : dialog.returnValue);
        dialog.remove();
      });
      document.body.append(dialog);
      dialog.showModal();
    });
  }
}

void main();
