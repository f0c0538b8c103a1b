// What a therapist's page knows: what it has had, what is missing, which station is silent. Pure.
// The same rules as monitor/delivery/receiver/state.py; tests/monitor/page/feed_state_cases.json are run on both.

import { decode } from "./messages.js";
import { parseTopic } from "./topics.js";

// A station says `latest` every second.
export const STALE_AFTER_MS = 3000;
// A snapshot that does not fill the hole is asked for again.
export const ASK_AGAIN_AFTER_MS = 5000;
// An event waits for those before it, but not for long: no alert is kept from a person for the sake of order.
export const HELD_AT_MOST_MS = 2000;
// An application that has just come hears of sessions that it has not followed from their start.
export const NEW_HERE_MS = 5000;
// A lower boot that lives while the higher one is silent: the station's store was replaced or set back.
export const OTHER_BOOT_AFTER_MS = 10000;
// Ids remembered: a station would have to send this many alerts between a message and its repetition.
export const MAX_IDS_KNOWN = 50000;
// Stations that one page keeps count of; a clinic has fewer.
const MAX_STATIONS = 256;

/** @typedef {{kind: string, station: string, session?: string | null, message?: any, late?: boolean, reason?: string, boot?: number, after_seq?: number}} FeedEvent */
/** @typedef {{events: FeedEvent[], received: {station: string, session: string, id: string}[], wanted: {station: string, session: string, boot: number, after_seq: number}[]}} Update */
/** @typedef {{station: string, session: string, whole: number, beyond: Set<number>, asked: number | null, told: number, held: Map<number, FeedEvent>, heldSince: number}} Sequence */

/** @returns {Update} */
const nothing = () => ({ events: [], received: [], wanted: [] });

export class FeedState {
  constructor() {
    /** @type {Map<string, null>} */ this.known = new Map();
    /** @type {Map<string, Sequence>} */ this.sequences = new Map();
    /** @type {Map<string, {heard: number, boot: number, ready: boolean, stale: boolean}>} */ this.stations = new Map();
    /** @type {Map<string, number>} */ this.heardSince = new Map();
    /** @type {Map<string, {station: string, session: string, message: any}>} */ this.alerts = new Map();
  }

  /**
   * One message; throws when it is none of ours. `retained`: the broker had kept it; it says nothing about now.
   * @param {string} topic @param {string} payload @param {number} nowMs @param {boolean} [retained] @returns {Update}
   */
  receive(topic, payload, nowMs, retained = false) {
    const place = parseTopic(topic);
    const update = nothing();
    if (place.kind === "cmd") return update; // what other therapists ask of the station
    if (payload === "") {
      if (place.kind === "session") update.events.push({ kind: "session_ended", station: place.station });
      return update;
    }
    const message = decode(place.kind, payload);
    if (!this.stations.has(place.station) && this.stations.size >= MAX_STATIONS) throw new Error("too many stations");
    if (place.kind === "status") {
      this.#onStatus(place.station, message, update, nowMs);
      return update;
    }
    if (!retained) this.#onMessage(place.station, update, nowMs);
    if (place.kind === "event" || place.kind === "alert") this.#onAlert(place, message, update, nowMs);
    else update.events.push({ kind: place.kind, station: place.station, session: place.session, message });
    return update;
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

  /** What has waited long enough for its predecessors. @param {number} nowMs @returns {Update} */
  overdue(nowMs) {
    const update = nothing();
    for (const sequence of this.sequences.values()) {
      if (sequence.held.size === 0 || nowMs - sequence.heldSince < HELD_AT_MOST_MS) continue;
      for (const seq of [...sequence.held.keys()].sort((a, b) => a - b)) {
        const alert = sequence.held.get(seq);
        sequence.held.delete(seq);
        if (alert) this.#tell(alert, update);
        sequence.told = Math.max(sequence.told, seq);
      }
    }
    return update;
  }

  /** @param {string} name @param {any} status @param {Update} update @param {number} nowMs */
  #onStatus(name, status, update, nowMs) {
    const station = this.#station(name, nowMs);
    const lively = status.state === "ready" && nowMs - station.heard >= OTHER_BOOT_AFTER_MS;
    if (status.boot < station.boot && !lively) return; // the will of a run that is over
    station.boot = status.boot;
    station.ready = status.state === "ready";
    update.events.push({ kind: "status", station: name, session: status.session_id, message: status });
    if (status.state === "ready" || status.state === "init") {
      this.#onMessage(name, update, nowMs);
    } else if (status.state === "lost" && !station.stale) {
      station.stale = true;
      update.events.push({ kind: "stale", station: name, reason: "lost" });
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

  /** @param {string} name @param {Update} update @param {number} nowMs */
  #onMessage(name, update, nowMs) {
    const station = this.#station(name, nowMs);
    if (!this.heardSince.has(name)) this.heardSince.set(name, nowMs);
    station.heard = nowMs;
    if (station.stale) {
      station.stale = false;
      update.events.push({ kind: "fresh", station: name });
    }
  }

  /** @param {import("./topics.js").Topic} place @param {any} message @param {Update} update @param {number} nowMs */
  #onAlert(place, message, update, nowMs) {
    const { station } = place;
    const session = place.session ?? "";
    this.#remember(station, session, message);
    if (place.kind === "event") this.#count(station, session, message, update, nowMs);
    const sequence = this.sequences.get(`${station}/${session}/${message.boot}`);
    const isNext = sequence !== undefined && message.seq === sequence.told + 1;
    /** @type {FeedEvent} */
    const alert = { kind: "alert", station, session, message, late: message.hist };
    if (this.known.has(message.id)) {
      update.received.push({ station, session, id: message.id });
    } else if (sequence === undefined || message.seq <= sequence.told || isNext) {
      this.#tell(alert, update);
    } else {
      if (sequence.held.size === 0) sequence.heldSince = nowMs;
      sequence.held.set(message.seq, alert);
    }
    if (sequence === undefined || !isNext) return;
    sequence.told += 1;
    for (let next = sequence.held.get(sequence.told + 1); next !== undefined; next = sequence.held.get(sequence.told + 1)) {
      sequence.held.delete(sequence.told + 1);
      this.#tell(next, update);
      sequence.told += 1;
    }
  }

  /** @param {FeedEvent} alert @param {Update} update */
  #tell(alert, update) {
    const { id } = alert.message;
    if (this.known.has(id)) return;
    this.known.set(id, null);
    if (this.known.size > MAX_IDS_KNOWN) this.known.delete(this.known.keys().next().value ?? "");
    update.events.push(alert);
    update.received.push({ station: alert.station, session: alert.session ?? "", id });
  }

  /** @param {string} station @param {string} session @param {any} message */
  #remember(station, session, message) {
    const key = `${station}/${session}/${message.alert_id}`;
    const known = this.alerts.get(key)?.message;
    if (known !== undefined && isOlder(message, known)) return;
    if (isOver(message)) this.alerts.delete(key);
    else this.alerts.set(key, { station, session, message });
  }

  /**
   * Keep count of a session's events; what came before the first one heard is not missed: the retained topics
   * tell a new application what it must know, and the station sends again whatever nobody has confirmed.
   * @param {string} station @param {string} session @param {any} message @param {Update} update @param {number} nowMs
   */
  #count(station, session, message, update, nowMs) {
    const key = `${station}/${session}/${message.boot}`;
    let sequence = this.sequences.get(key);
    if (sequence === undefined) {
      if (!this.heardSince.has(station)) this.heardSince.set(station, nowMs);
      const wasHere = nowMs - (this.heardSince.get(station) ?? nowMs) >= NEW_HERE_MS;
      const first = wasHere ? 0 : message.seq - 1;
      sequence = { station, session, whole: first, beyond: new Set(), asked: null, told: first, held: new Map(), heldSince: 0 };
      this.sequences.set(key, sequence);
    }
    if (message.seq > sequence.whole) sequence.beyond.add(message.seq);
    while (sequence.beyond.delete(sequence.whole + 1)) sequence.whole += 1;
    if (sequence.beyond.size === 0) {
      sequence.asked = null;
      return;
    }
    if (sequence.asked !== null && nowMs - sequence.asked < ASK_AGAIN_AFTER_MS) return;
    sequence.asked = nowMs;
    const wanted = { station, session, boot: message.boot, after_seq: Math.max(0, sequence.whole) };
    update.wanted.push(wanted);
    update.events.push({ kind: "gap", ...wanted });
  }
}

/** @param {any} message @param {any} known */
export function isOlder(message, known) {
  return message.boot < known.boot || (message.boot === known.boot && message.seq < known.seq);
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
