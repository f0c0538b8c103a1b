// What a page shows of a clinic: stations, alerts, histories. No drawing. Time is an argument.

import { isOlder, isOver, stateOf } from "./feed_state.js";

export const RANK = /** @type {Record<string, number>} */ ({ high: 0, medium: 1, low: 2 });
// An hour at one value a second: longer than a session of exercise.
export const KEPT_POINTS = 3600;
export const TREND_CODES = [
  "spo2_percent", "heart_rate_per_min", "pulse_rate_per_min", "systolic_mmhg", "diastolic_mmhg", "joint_angle_deg",
];
const KEPT_LINES = 400;
const KEPT_REPETITIONS = 600;

/** One value a second, in a ring that is made once. */
export class History {
  constructor() {
    this.times = new Float64Array(KEPT_POINTS);
    /** @type {Record<string, Float32Array>} */
    this.values = Object.fromEntries(TREND_CODES.map((code) => [code, new Float32Array(KEPT_POINTS).fill(NaN)]));
    this.count = 0;
  }

  /** @param {number} seconds @param {Record<string, {value: number | null, q: string}>} values */
  add(seconds, values) {
    const at = this.count % KEPT_POINTS;
    this.times[at] = seconds;
    for (const code of TREND_CODES) {
      const ring = this.values[code];
      if (ring !== undefined) ring[at] = values[code]?.value ?? NaN;
    }
    this.count += 1;
  }

  /**
   * The last `most` points, oldest first; a value that is not there is null (a line is not drawn over it).
   * @param {string} code @param {number} most @returns {[number[], (number | null)[]]}
   */
  series(code, most) {
    const length = Math.min(this.count, KEPT_POINTS, most);
    /** @type {number[]} */ const times = [];
    /** @type {(number | null)[]} */ const values = [];
    for (let index = this.count - length; index < this.count; index += 1) {
      const at = index % KEPT_POINTS;
      const value = this.values[code]?.[at] ?? NaN;
      times.push(this.times[at] ?? 0);
      values.push(Number.isNaN(value) ? null : value);
    }
    return [times, values];
  }
}

export class Station {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.session = "";
    this.problem = "waiting";
    /** @type {any} */ this.latest = null;
    /** @type {any} */ this.plan = null;
    /** @type {any} */ this.status = null;
    /** @type {Map<string, any>} */ this.devices = new Map();
    /** @type {Map<string, any>} */ this.alerts = new Map();
    this.history = new History();
    /** How often something of it has changed: what has not is not drawn. */
    this.version = 0;
    /** @type {any[]} */ this.repetitions = [];
    /** @type {any[]} */ this.lines = [];
  }
}

export class Clinic {
  constructor() {
    /** @type {Map<string, Station>} */ this.stations = new Map();
  }

  /** @param {string} name */
  station(name) {
    let station = this.stations.get(name);
    if (station === undefined) {
      station = new Station(name);
      this.stations.set(name, station);
    }
    return station;
  }

  /** @param {import("./feed_state.js").FeedEvent} event */
  take(event) {
    const station = this.station(event.station);
    const { message } = event;
    if (event.kind !== "vital" && event.kind !== "reply") station.version += 1;
    switch (event.kind) {
      case "alert": this.#alert(station, event); break;
      case "stale": station.problem = event.reason ?? "silent"; break;
      case "fresh": station.problem = ""; break;
      case "session_ended":
        station.problem = "no_session";
        station.alerts.clear();
        break;
      case "latest":
        this.#begin(station, event.session ?? "");
        station.problem = "";
        station.latest = message;
        station.history.add(Date.parse(message.t) / 1000, message.values);
        break;
      case "session":
        this.#begin(station, message.session_id);
        station.plan = message;
        break;
      case "status": station.status = message; break;
      case "dev": station.devices.set(message.device, message); break;
      case "rom":
        station.repetitions.push(message);
        if (station.repetitions.length > KEPT_REPETITIONS) station.repetitions.shift();
        break;
      case "entry": this.#line(station, { kind: "entry", t: message.t, message }); break;
      default: break;
    }
  }

  /** The alerts that are there now, worst first, longest first. @returns {{station: Station, message: any}[]} */
  present() {
    /** @type {{station: Station, message: any}[]} */ const all = [];
    for (const station of this.stations.values()) {
      for (const message of station.alerts.values()) all.push({ station, message });
    }
    return all.sort((a, b) => weight(a.message) - weight(b.message) ||
      a.message.first_offending.localeCompare(b.message.first_offending) ||
      a.message.alert_id.localeCompare(b.message.alert_id));
  }

  /** Worst first: highest present priority, unacknowledged first, then by name; a silent one is never at the end. */
  ordered() {
    return [...this.stations.values()].sort((a, b) => badness(a) - badness(b) || a.name.localeCompare(b.name));
  }

  /** How many stations cannot be heard. */
  get silent() {
    return [...this.stations.values()].filter((each) => each.problem === "silent" || each.problem === "lost").length;
  }

  /** @param {Station} station @param {string} session */
  #begin(station, session) {
    if (session === "" || station.session === session) return;
    if (station.session !== "") {
      station.alerts.clear();
      station.repetitions = [];
      station.lines = [];
      station.history = new History();
      station.latest = null;
    }
    station.session = session;
  }

  /** @param {Station} station @param {import("./feed_state.js").FeedEvent} event */
  #alert(station, event) {
    const { message } = event;
    this.#begin(station, event.session ?? "");
    const known = station.alerts.get(message.alert_id);
    if (known !== undefined && isOlder(message, known)) return;
    if (isOver(message)) station.alerts.delete(message.alert_id);
    else station.alerts.set(message.alert_id, message);
    this.#line(station, { kind: "alert", t: message.t, message, late: event.late });
  }

  /** @param {Station} station @param {any} line */
  #line(station, line) {
    station.lines.push(line);
    if (station.lines.length > KEPT_LINES) station.lines.shift();
  }
}

/** @param {any} message */
export function weight(message) {
  const calls = stateOf(message) === "firing" || stateOf(message) === "latched";
  return (RANK[message.priority] ?? 3) + (calls ? 0 : 0.5);
}

/** @param {Station} station */
export function badness(station) {
  const worst = Math.min(...[...station.alerts.values()].map(weight), 9);
  if (station.problem === "silent" || station.problem === "lost") return Math.min(worst, 1.2);
  return worst;
}
