// A page's application: hears, confirms every alert at once, gives commands and waits for their answers.

import { FeedState } from "./feed_state.js";
import { commandTopic } from "./topics.js";

export const MAX_IDS = 100;
const COMMAND_EXPIRES_AFTER_MS = 30000;
const ANSWER_WITHIN_MS = 12000;
const MAX_OUTGOING = 500;
// Nothing from the other side for this long: this device hears nothing.
export const DEAF_AFTER_MS = 10000;

/** @typedef {{station: string, session: string}} Place */

export class Feed {
  /**
   * @param {{clinic: string, actor: string, confirms: boolean, onEvent: (event: import("./feed_state.js").FeedEvent) => void, now?: () => number, wall?: () => number}} options
   */
  constructor({ clinic, actor, confirms, onEvent, now = () => performance.now(), wall = () => Date.now() }) {
    this.clinic = clinic;
    this.actor = actor;
    this.confirms = confirms;
    this.onEvent = onEvent;
    this.now = now;
    this.wall = wall;
    this.state = new FeedState();
    this.connected = false;
    this.heardMs = now();
    /** How far this device's clock is behind each station's, in ms: the last differences.
     * @type {Map<string, number[]>} */
    this.offsets = new Map();
    this.refused = 0;
    /** @type {import("./wire_mqtt.js").Wire | null} */ this.wire = null;
    /** @type {Map<string, {place: Place, ids: Set<string>}>} */ this.received = new Map();
    /** @type {{topic: string, payload: string, failed: (error: Error) => void}[]} */ this.outgoing = [];
    /** @type {Map<string, {resolve: (reply: any) => void, timer: any}>} */ this.waiting = new Map();
    this.saying = false;
    /** Counts the connections: what waits for an answer over an old one must not hold up the new one. */
    this.connection = 0;
  }

  /** @param {boolean} connected */
  setConnected(connected) {
    this.connected = connected;
    if (connected) {
      this.heardMs = this.now();
      this.connection += 1;
      this.saying = false;
      void this.#say();
    }
  }

  /** Whether this device hears nothing. */
  get deaf() {
    return !this.connected || this.now() - this.heardMs > DEAF_AFTER_MS;
  }

  /** @param {string} topic @param {string} payload @param {boolean} [retained] */
  hear(topic, payload, retained = false) {
    this.heardMs = this.now();
    try {
      this.#apply(this.state.receive(topic, payload, this.now(), retained), retained);
    } catch (error) {
      this.refused += 1;
      console.warn("a message could not be read", error);
    }
  }

  /** @param {import("./feed_state.js").Update} taken @param {boolean} retained */
  #apply(taken, retained) {
    for (const event of taken.events) {
      if (!retained) this.#noteClock(event);
      if (event.kind === "reply") this.#answer(event.message);
      this.onEvent(event);
    }
    if (this.confirms) {
      for (const { station, session, id } of taken.received) {
        const key = `${station}/${session}`;
        const kept = this.received.get(key) ?? { place: { station, session }, ids: new Set() };
        kept.ids.add(id);
        this.received.set(key, kept);
      }
    }
    for (const { station, session, boot, after_seq } of taken.wanted) {
      void this.order({ station, session }, "snapshot", { boot, after_seq }).catch(() => {});
    }
    if (taken.received.length > 0) void this.#say();
  }

  /** Staleness, once in a while. */
  look() {
    this.#apply(this.state.overdue(this.now()), true);
    for (const event of this.state.stale(this.now())) this.onEvent(event);
  }

  /**
   * Ask a station for something; resolves with its answer, rejects when none comes.
   * @param {Place} place @param {string} verb @param {Record<string, any>} fields @returns {Promise<any>}
   */
  order(place, verb, fields) {
    const head = this.#head(place);
    const topic = commandTopic(this.clinic, place.station, place.session, verb);
    const payload = JSON.stringify({ ...head, ...fields, verb });
    return new Promise((resolve, reject) => {
      const failed = (/** @type {Error} */ error) => {
        clearTimeout(timer);
        this.waiting.delete(head.cmd_id);
        reject(error);
      };
      const timer = setTimeout(() => failed(new Error("no answer")), ANSWER_WITHIN_MS);
      this.waiting.set(head.cmd_id, { resolve, timer });
      if (this.outgoing.length >= MAX_OUTGOING) this.outgoing.shift()?.failed(new Error("too many"));
      this.outgoing.push({ topic, payload, failed });
      void this.#say();
    });
  }

  /** @param {any} reply */
  #answer(reply) {
    const waiting = this.waiting.get(reply.cmd_id);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    this.waiting.delete(reply.cmd_id);
    waiting.resolve({ ...reply });
  }

  /** How far this device's clock is behind a station's; without a station, the largest error. @param {string} [station] */
  offsetMs(station) {
    if (station !== undefined) return Math.max(...(this.offsets.get(station) ?? [0]));
    const all = [...this.offsets.values()].map((each) => Math.max(...each));
    return all.reduce((worst, each) => (Math.abs(each) > Math.abs(worst) ? each : worst), 0);
  }

  // A message of now carries the station's time: the one that was the least time on its way tells the offset.
  /** @param {import("./feed_state.js").FeedEvent} event */
  #noteClock(event) {
    const instant = event.kind === "latest" ? event.message.sent : event.kind === "status" && event.message.state === "ready" ? event.message.t : null;
    if (instant === null) return;
    const offsets = this.offsets.get(event.station) ?? [];
    offsets.push(Date.parse(instant) - this.wall());
    if (offsets.length > 30) offsets.shift();
    this.offsets.set(event.station, offsets);
  }

  /** @param {Place} place */
  #head(place) {
    const letters = crypto.getRandomValues(new Uint8Array(12));
    const cmd_id = Array.from(letters, (each) => each.toString(16).padStart(2, "0")).join("");
    const expires = new Date(this.wall() + this.offsetMs(place.station) + COMMAND_EXPIRES_AFTER_MS);
    return { cmd_id, expires_at: expires.toISOString(), actor: this.actor };
  }

  async #say() {
    if (this.saying || this.wire === null) return;
    const { connection } = this;
    this.saying = true;
    try {
      while (this.connected && connection === this.connection && (this.received.size > 0 || this.outgoing.length > 0)) {
        const [first] = this.received.values();
        if (first !== undefined) await this.#confirm(first);
        else await this.#send();
      }
    } catch {
      // The connection broke: what is left goes out over the next one.
    } finally {
      if (connection === this.connection) this.saying = false;
    }
  }

  /** @param {{place: Place, ids: Set<string>}} kept */
  async #confirm({ place, ids }) {
    const some = [...ids].slice(0, MAX_IDS);
    const topic = commandTopic(this.clinic, place.station, place.session, "received");
    await this.wire?.publish(topic, JSON.stringify({ ...this.#head(place), ids: some, verb: "received" }));
    for (const id of some) ids.delete(id);
    if (ids.size === 0) this.received.delete(`${place.station}/${place.session}`);
  }

  async #send() {
    const next = this.outgoing[0];
    if (next === undefined) return;
    await this.wire?.publish(next.topic, next.payload);
    if (this.outgoing[0] === next) this.outgoing.shift();
  }
}
