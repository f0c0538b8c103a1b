// The topic tree `kinewatch/v1`, as protocols/mqtt/topics.py has it.

export const ROOT = "kinewatch/v1";

const LEVEL = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/;
const STATION_LEAVES = new Set(["dev"]);
const SESSION_LEAVES = new Set(["vital", "rep", "rom", "alert", "cmd", "reply"]);
const STATION_BARE = new Set(["status", "session"]);
const SESSION_BARE = new Set(["latest", "event", "entry"]);

/**
 * @typedef {{clinic: string, station: string, kind: string, session: string | null, leaf: string | null}} Topic
 */

/** @param {string} topic @returns {Topic} throws on anything else */
export function parseTopic(topic) {
  if (topic.length > 500 || !topic.startsWith(ROOT + "/")) throw new Error("no topic of ours");
  const levels = topic.slice(ROOT.length + 1).split("/");
  /** @type {string | null} */
  let session = null;
  if (levels.length >= 4 && levels[2] === "s") session = levels.splice(2, 2)[1] ?? null;
  const [clinic = "", station = "", kind = "", leaf = null] = levels;
  const known = session === null ? STATION_LEAVES.has(kind) || STATION_BARE.has(kind)
    : SESSION_LEAVES.has(kind) || SESSION_BARE.has(kind);
  const wantsLeaf = STATION_LEAVES.has(kind) || SESSION_LEAVES.has(kind);
  if (!known || levels.length > 4 || wantsLeaf !== (leaf !== null)) throw new Error("no kind of topic");
  for (const level of [clinic, station, session, leaf]) {
    if (level !== null && !LEVEL.test(level)) throw new Error("no level of a topic");
  }
  return { clinic, station, kind, session, leaf };
}

/** @param {string} clinic @param {string} station @param {string} session @param {string} verb */
export function commandTopic(clinic, station, session, verb) {
  return `${ROOT}/${clinic}/${station}/s/${session}/cmd/${verb}`;
}
