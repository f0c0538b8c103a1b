// What a therapist's page knows: what it has had, what is missing, which station is silent. Pure.
// The same rules as monitor/delivery/receiver/state.py; tests/page/feed_state_cases.json is run on both.

import { decode } from "./messages.js";
import { parseTopic } from "./topics.js";

// A station says `latest` every second.
export const STALE_AFTER_MS = 3000;
// A snapshot that does not fill the hole is asked for again.
export const ASK_AGAIN_AFTER_MS = 5000;
// Ids remembered: a station would have to send this many alerts between a message and its repetition.
export const MAX_IDS_KNOWN = 20000;
// Stations and sessions that one page keeps count of; a clinic has fewer.
const MAX_STATIONS = 256;

/** @typedef {{kind: string, station: string, session?: string | null, message?: any, late?: boolean, reason?: string, boot?: number, after_seq?: number}} FeedEvent */
/** @typedef {{events: FeedEvent[], received: {station: string, session: string, id: string}[], wanted: {station: string, session: string, boot: number, after_seq: number}[]}} Taken */

export class FeedState {
  constructor() {
    /** @type {Map<string, null>} */ this.known = new Map();
    /** @type {Map<string, {whole: number, beyond: Set<number>, asked: number | null}>} */ this.sequences = new Map();
    /** @type {Map<string, {heard: number, boot: number, ready: boolean, stale: boolean}>} */ this.stations = new Map();
    /** @type {Map<string, {station: string, session: string, message: any}>} */ this.alerts = new Map();
  }

  /**
   * One message; throws when it is none of ours.
   * @param {string} topic @param {string} payload @param {number} nowMs @returns {Taken}
   */
  take(topic, payload, nowMs) {
    const place = parseTopic(topic);
    /** @type {Taken} */
    const taken = { events: [], received: [], wanted: [] };
    if (place.kind === "cmd") return taken; // what other therapists ask of the station
    if (payload === "") {
      if (place.kind === "session") taken.events.push({ kind: "session_ended", station: place.station });
      return taken;
    }
    const message = decode(place.kind, payload);
    if (!this.stations.has(place.station) && this.stations.size >= MAX_STATIONS) throw new Error("too many stations");
    if (place.kind === "status") {
      this.#takeStatus(place.station, message, taken, nowMs);
      return taken;
    }
    this.#heard(place.station, taken, nowMs);
    if (place.kind === "event" || place.kind === "alert") this.#takeAlert(place, message, taken, nowMs);
    else taken.events.push({ kind: place.kind, station: place.station, session: place.session, message });
    return taken;
  }

  /** The stations that have fallen silent since the last call. @param {number} nowMs @returns {FeedEvent[]} */
  stale(nowMs) {
    /** @type {FeedEvent[]} */
    const silent = [];
    for (const [name, station] of this.stations) {
      if (station.ready && !station.stale && nowMs - station.heard > STALE_AFTER_MS) {
        station.stale = true;
        silent.push({ kind: "stale", station: name, reason: "silent" });
      }
    }
    return silent;
  }

  /** @param {string} name @param {any} status @param {Taken} taken @param {number} nowMs */
  #takeStatus(name, status, taken, nowMs) {
    const station = this.#station(name, nowMs);
    if (status.boot < station.boot) return; // the will of a run that is over
    station.boot = status.boot;
    station.ready = status.state === "ready";
    taken.events.push({ kind: "status", station: name, session: status.session_id, message: status });
    if (status.state === "ready" || status.state === "init") {
      this.#heard(name, taken, nowMs);
    } else if (status.state === "lost" && !station.stale) {
      station.stale = true;
      taken.events.push({ kind: "stale", station: name, reason: "lost" });
    }
  }

  /** @param {string} name @param {number} nowMs */
  #station(name, nowMs) {
    let station = this.stations.get(name);
    if (station === undefined) {
      station = { heard: nowMs, boot: 0, ready: false, stale: false };
      this.stations.set(name, station);
    }
    return station;
  }

  /** @param {string} name @param {Taken} taken @param {number} nowMs */
  #heard(name, taken, nowMs) {
    const station = this.#station(name, nowMs);
    station.heard = nowMs;
    if (station.stale) {
      station.stale = false;
      taken.events.push({ kind: "fresh", station: name });
    }
  }

  /** @param {import("./topics.js").Topic} place @param {any} message @param {Taken} taken @param {number} nowMs */
  #takeAlert(place, message, taken, nowMs) {
    const session = place.session ?? "";
    taken.received.push({ station: place.station, session, id: message.id });
    this.#remember(place, session, message);
    if (place.kind === "event") this.#count(place.station, session, message, taken, nowMs);
    if (this.known.has(message.id)) return;
    this.known.set(message.id, null);
    if (this.known.size > MAX_IDS_KNOWN) this.known.delete(this.known.keys().next().value ?? "");
    taken.events.push({ kind: "alert", station: place.station, session, message, late: message.hist });
  }

  /** @param {import("./topics.js").Topic} place @param {string} session @param {any} message */
  #remember(place, session, message) {
    const key = `${place.station}/${session}/${message.alert_id}`;
    const known = this.alerts.get(key)?.message;
    if (known !== undefined && (message.boot < known.boot || (message.boot === known.boot && message.seq < known.seq))) return;
    if (isOver(message)) this.alerts.delete(key);
    else this.alerts.set(key, { station: place.station, session, message });
  }

  /**
   * Keep count of a session's events; what came before the first one heard is not missed.
   * @param {string} name @param {string} session @param {any} message @param {Taken} taken @param {number} nowMs
   */
  #count(name, session, message, taken, nowMs) {
    const key = `${name}/${session}/${message.boot}`;
    let sequence = this.sequences.get(key);
    if (sequence === undefined) {
      sequence = { whole: message.seq - 1, beyond: new Set(), asked: null };
      this.sequences.set(key, sequence);
      if (this.sequences.size > 4 * MAX_STATIONS) this.sequences.delete(this.sequences.keys().next().value ?? "");
    }
    if (message.seq > sequence.whole) sequence.beyond.add(message.seq);
    while (sequence.beyond.delete(sequence.whole + 1)) sequence.whole += 1;
    if (sequence.beyond.size === 0) {
      sequence.asked = null;
      return;
    }
    if (sequence.asked !== null && nowMs - sequence.asked < ASK_AGAIN_AFTER_MS) return;
    sequence.asked = nowMs;
    const wanted = { station: name, session, boot: message.boot, after_seq: Math.max(0, sequence.whole) };
    taken.wanted.push(wanted);
    taken.events.push({ kind: "gap", ...wanted });
  }
}

/** The state that a message puts its alert in. @param {any} message @returns {string} */
export function stateOf(message) {
  return message.to_state ?? message.state;
}

/** @param {any} message */
export function isOver(message) {
  if (message.presence !== undefined) return message.presence === "off";
  return ["resolved", "inactive", "pending"].includes(message.to_state);
}
