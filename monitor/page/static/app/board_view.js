// The board: one tile a station, worst first.

import { badness } from "./clinic.js";
import { arrange, el, setAttr, setText } from "./dom.js";
import { MARKS, alertTitle } from "./alerts_view.js";
import { drawTrend } from "./trend.js";
import { age, num, t, word } from "./i18n.js";

// Older than this a value carries its age.
const AGE_SHOWN_AFTER_S = 10;
const HUES = 12;
// Two minutes in 220 points: nobody sees it move more often.
const TREND_EVERY_MS = 4000;

/** @param {string} name a colour that stays with the station, beside its name @returns {string} */
export function hueOf(name) {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) % 997;
  return String(hash % HUES);
}

/** @param {any} latest @param {string} code @returns {{text: string, level: string, age: string}} */
export function shown(latest, code) {
  const value = latest?.values?.[code];
  if (!value || value.value === null) return { text: "--", level: "none", age: "" };
  const old = value.t === null ? 0 : (Date.parse(latest.t) - Date.parse(value.t)) / 1000;
  return {
    text: num(value.value), level: value.q === "good" ? "good" : "doubt", age: old > AGE_SHOWN_AFTER_S ? age(old) : "",
  };
}

/** The heart rate: of the strap, else of the oximeter. @param {any} latest */
export function heartCode(latest) {
  return latest?.values?.heart_rate_per_min?.value != null ? "heart_rate_per_min" : "pulse_rate_per_min";
}

class Value {
  /** @param {string} label @param {string} unit */
  constructor(label, unit) {
    this.number = el("span", { class: "number" }, "--");
    this.age = el("span", { class: "age" });
    this.node = el("div", { class: "value" }, el("span", { class: "label" }, `${label} `, el("span", { class: "unit" }, unit)),
      this.number, this.age);
  }

  /** @param {string} text @param {string} level @param {string} old */
  show(text, level, old) {
    setText(this.number, text);
    setAttr(this.node, "data-level", level);
    setText(this.age, old);
  }
}

class Tile {
  /** @param {string} name @param {() => void} open */
  constructor(name, open) {
    this.who = el("span", { class: "who" });
    this.phase = el("span", { class: "phase" });
    this.exercise = el("p", { class: "exercise" });
    this.problem = el("p", { class: "tile-problem" });
    this.spo2 = new Value("SpO₂", "%");
    this.heart = new Value(t("vital.heart"), "/min");
    this.pressure = new Value(t("vital.pressure"), "mmHg");
    this.drawn = "";
    this.trendMs = -Infinity;
    this.canvas = el("canvas", { width: 220, height: 36, "aria-hidden": "true" });
    this.links = el("p", { class: "links" });
    this.alert = el("p", { class: "tile-alert" });
    this.node = el("article", { class: "tile" },
      el("button", { class: "tile-open", type: "button", on: { click: open }, "aria-label": t("tile.open", { station: name }) }),
      el("header", {}, el("span", { class: "swatch", "data-hue": hueOf(name) }), el("h3", {}, name), this.who, this.phase),
      this.alert, this.problem, el("div", { class: "values" }, this.spo2.node, this.heart.node, this.pressure.node),
      this.exercise, this.canvas, this.links);
  }

  /** @param {import("./clinic.js").Station} station @param {boolean} deaf */
  show(station, deaf) {
    const state = `${station.version} ${deaf}`;
    if (state === this.drawn) return;
    this.drawn = state;
    const { latest } = station;
    const broken = deaf || station.problem !== "";
    setAttr(this.node, "data-broken", broken ? "yes" : null);
    const worst = [...station.alerts.values()].sort((a, b) => MARKS[b.priority]?.length ?? 0 - (MARKS[a.priority]?.length ?? 0))[0];
    const urgency = badness(station);
    setAttr(this.node, "data-priority", worst === undefined ? null : ["high", "medium", "low"][Math.floor(Math.min(urgency, 2))] ?? null);
    setAttr(this.node, "data-calls", worst !== undefined && Number.isInteger(urgency) ? "yes" : null);
    setText(this.who, station.plan?.plan_id ?? "");
    setText(this.phase, word("phase", latest?.phase ?? ""));
    setText(this.problem, deaf ? t("tile.deaf") : station.problem === "" ? "" : t(`problem.${station.problem}`));
    setText(this.alert, worst === undefined ? "" : `${MARKS[worst.priority]} ${alertTitle(worst)}`);
    const fresh = broken ? null : latest;
    const spo2 = shown(fresh, "spo2_percent");
    this.spo2.show(spo2.text, spo2.level, spo2.age);
    const heart = shown(fresh, heartCode(fresh));
    this.heart.show(heart.text, heart.level, heart.age);
    const systolic = shown(fresh, "systolic_mmhg");
    const diastolic = shown(fresh, "diastolic_mmhg");
    this.pressure.show(systolic.level === "none" ? "--" : `${systolic.text}/${diastolic.text}`, systolic.level, systolic.age);
    setText(this.exercise, exerciseText(station));
    setText(this.links, linksText(station));
    if (!broken && performance.now() - this.trendMs > TREND_EVERY_MS) {
      this.trendMs = performance.now();
      const [, values] = station.history.series(heartCode(latest), 120);
      drawTrend(this.canvas, values, 40, 180);
    }
  }
}

/** @param {import("./clinic.js").Station} station */
export function exerciseText(station) {
  const { latest } = station;
  if (!latest?.set_number) return station.plan?.exercises?.[0]?.name?.replaceAll("_", " ") ?? "";
  const of = latest.repetition_target ? `/${latest.repetition_target}` : "";
  return t("tile.exercise", {
    name: (latest.exercise ?? "").replaceAll("_", " "), set: latest.set_number, repetition: `${latest.repetitions ?? 0}${of}`,
  });
}

/** @param {import("./clinic.js").Station} station */
export function linksText(station) {
  const all = [...station.devices.values()];
  if (all.length === 0) return "";
  const away = all.filter((each) => each.link !== "live" && !(each.role === "cuff" && each.link === "searching"));
  const weak = all.filter((each) => each.battery_percent !== null && each.battery_percent < 20);
  const parts = [away.length === 0 ? t("links.all", { n: all.length }) : t("links.away", { names: away.map((each) => each.device).join(", ") })];
  for (const each of weak) parts.push(t("links.battery", { name: each.device, n: num(each.battery_percent) }));
  return parts.join(" · ");
}

export class BoardView {
  /** @param {(station: string) => void} open */
  constructor(open) {
    this.open = open;
    /** @type {Map<string, Tile>} */ this.tiles = new Map();
    this.grid = el("div", { class: "tiles" });
    this.none = el("p", { class: "quiet" }, t("board.none"));
    this.node = el("section", { id: "board", "aria-label": t("board.title") }, el("h2", {}, t("board.title")), this.none, this.grid);
    this.heldUntilMs = 0;
    /** @type {string[]} */ this.order = [];
    this.grid.addEventListener("pointerdown", () => { this.heldUntilMs = performance.now() + 500; });
  }

  /** @param {import("./clinic.js").Clinic} clinic @param {boolean} deaf */
  show(clinic, deaf) {
    const ordered = clinic.ordered();
    for (const station of ordered) {
      let tile = this.tiles.get(station.name);
      if (tile === undefined) {
        tile = new Tile(station.name, () => this.open(station.name));
        this.tiles.set(station.name, tile);
      }
      tile.show(station, deaf);
    }
    this.none.hidden = ordered.length > 0;
    const names = ordered.map((each) => each.name);
    const moves = names.join() !== this.order.join();
    if (moves && (performance.now() >= this.heldUntilMs || names.length !== this.order.length)) {
      this.order = names;
      arrange(this.grid, names.map((name) => this.tiles.get(name)?.node).filter((node) => node !== undefined));
    }
  }
}
