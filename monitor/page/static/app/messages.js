// What a station says, checked before it is used: every text has a longest length, every number is finite.
// The field rules are those of protocols/mqtt/messages.py; unknown keys are dropped.

export const MAX_PAYLOAD_BYTES = 16384;

const ID = /^[A-Za-z0-9_.:-]{1,64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** @typedef {(value: any) => boolean} Rule */
/** @type {(longest: number, shortest?: number) => Rule} */
const text = (longest, shortest = 0) => (value) =>
  typeof value === "string" && value.length <= longest && value.length >= shortest;
/** @type {Rule} */ const id = (value) => typeof value === "string" && ID.test(value);
/** @type {Rule} */ const instant = (value) =>
  typeof value === "string" && INSTANT.test(value) && Number.isFinite(Date.parse(value));
/** @type {Rule} */ const number = (value) => typeof value === "number" && Number.isFinite(value);
/** @type {Rule} */ const count = (value) => Number.isInteger(value) && value >= 0;
/** @type {Rule} */ const flag = (value) => typeof value === "boolean";
/** @type {(...words: string[]) => Rule} */ const oneOf = (...words) => (value) => words.includes(value);
/** @type {(rule: Rule) => Rule} */ const maybe = (rule) => (value) => value === null || rule(value);
/** @type {(rule: Rule, most: number) => Rule} */
const list = (rule, most) => (value) => Array.isArray(value) && value.length <= most && value.every(rule);
/** @type {(rule: Rule, most: number) => Rule} */
const map = (rule, most) => (value) =>
  isObject(value) && Object.keys(value).length <= most &&
  Object.entries(value).every(([key, item]) => key.length <= 64 && rule(item));
/** @type {(fields: Record<string, [Rule, any?]>) => Rule} */
const object = (fields) => (value) => {
  if (!isObject(value)) return false;
  return Object.entries(fields).every(([key, [rule, ...fallback]]) =>
    key in value ? rule(value[key]) : fallback.length > 0);
};

/** @param {any} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const name = text(64);
const words = text(500);
const STATE = oneOf("inactive", "pending", "firing", "acknowledged", "paused", "latched", "resolved");
const QUALITY = oneOf("good", "questionable", "poor", "missing");

/** Each field: its rule, and what it is when it is missing (none: it must be there). @type {Record<string, [Rule, any?]>} */
const ENVELOPE = { id: [id], boot: [count], seq: [count], t: [instant], sent: [instant], hist: [flag, false] };
/** @type {Record<string, [Rule, any?]>} */
const ALERT = {
  ...ENVELOPE,
  alert_id: [text(200, 1)], condition: [name], kind: [oneOf("physiological", "technical")],
  priority: [oneOf("low", "medium", "high")], rule_id: [name], rule_version: [count], phase: [name],
  message: [words], advice: [words], value: [maybe(number), null], value_age_s: [maybe(number), null], unit: [text(16), ""],
  limit: [maybe(number), null], q: [text(16), ""], sources: [list(name, 16), []], confirm_s: [number, 0],
  first_offending: [instant], actor: [maybe(name), null], reason: [words, ""],
};

/** @type {Record<string, Record<string, [Rule, any?]>>} */
export const FIELDS = {
  event: { ...ALERT, from_state: [STATE], to_state: [STATE] },
  alert: {
    ...ALERT, state: [STATE], presence: [oneOf("on", "latch", "ack", "paused", "off")],
    change: [oneOf("raised", "updated", "acknowledged", "paused", "cleared")],
  },
  vital: { ...ENVELOPE, code: [name], value: [maybe(number)], unit: [text(16)], q: [QUALITY] },
  latest: {
    ...ENVELOPE, phase: [name],
    values: [map(object({ value: [maybe(number)], unit: [text(16)], q: [QUALITY], t: [maybe(instant)] }), 32)],
    exercise: [maybe(name), null], set_number: [maybe(count), null], repetitions: [maybe(count), null],
    active_alerts: [count, 0], set_target: [maybe(count), null], repetition_target: [maybe(count), null],
    phase_since: [maybe(instant), null], calibration: [words, ""], paused: [map(instant, 64), {}],
  },
  rep: {
    ...ENVELOPE, exercise: [name], set_number: [count], repetitions: [count], total: [count],
    duration_s: [maybe(number), null],
  },
  rom: {
    ...ENVELOPE, joint: [name], exercise: [name], set_number: [count], repetition: [count],
    min_deg: [number], max_deg: [number], range_deg: [number], uncertainty_deg: [maybe(number), null],
  },
  status: {
    state: [oneOf("init", "ready", "disconnected", "lost")], boot: [count], t: [maybe(instant), null],
    session_id: [maybe(id), null], unconfirmed_s: [map(number, 3), {}],
  },
  dev: {
    ...ENVELOPE, device: [name], family: [name, ""], role: [name, ""], link: [name],
    rssi_dbm: [maybe(number), null], battery_percent: [maybe(number), null], last_sample: [maybe(instant), null],
    link_since: [maybe(instant), null], reconnects: [count, 0], decode_failures: [count, 0], reason: [words, ""],
  },
  session: {
    ...ENVELOPE, session_id: [id], plan_id: [name, ""], pack: [name, ""], started: [instant],
    channels: [list(isObject, 32), []],
    exercises: [list(object({
      name: [name], joint: [name], side: [name, ""], sets: [count], repetitions: [count],
      range_deg: [maybe(list(number, 2)), null], rest_s: [number, 0],
    }), 20), []],
    limits: [map(object({ value: [maybe(number)], unit: [text(16)], tighter: [oneOf("higher", "lower")] }), 64), {}],
    cuff_every_s: [maybe(number), null],
  },
  entry: {
    ...ENVELOPE,
    entry: [oneOf("rating", "note", "posture", "symptom", "limit", "pause", "resume", "set", "phase")],
    subject: [text(200), ""], number: [maybe(number), null], text: [words, ""], actor: [name, ""],
  },
  reply: {
    ...ENVELOPE, cmd_id: [id], verb: [name], result: [oneOf("accepted", "rejected", "expired", "done")],
    reason: [words, ""],
    details: [map((value) => value === null || flag(value) || number(value) || text(200)(value), 12), {}],
  },
};

/**
 * Read what a station published at a topic of this kind.
 * @param {string} kind @param {string} payload @returns {any} throws when it is not this message
 */
export function decode(kind, payload) {
  const fields = FIELDS[kind];
  if (fields === undefined) throw new Error(`${kind} is not said by a station`);
  if (payload.length > MAX_PAYLOAD_BYTES) throw new Error("too large");
  const raw = JSON.parse(payload);
  if (!isObject(raw)) throw new Error(`${kind}: no object`);
  if ((raw.v ?? 1) !== 1) throw new Error(`${kind}: v is not 1`);
  /** @type {Record<string, any>} */
  const message = {};
  for (const [key, [rule, ...fallback]] of Object.entries(fields)) {
    if (!(key in raw)) {
      if (fallback.length === 0) throw new Error(`${kind}: ${key} is missing`);
      message[key] = fallback[0];
    } else if (rule(raw[key])) {
      message[key] = raw[key];
    } else {
      throw new Error(`${kind}: ${key} is wrong`);
    }
  }
  return message;
}
