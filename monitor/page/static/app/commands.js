// What a therapist asks of a station, with the questions before it: override, pause, limits.

import { ask, byId, el } from "./dom.js";
import { num, t, unitText, word } from "./i18n.js";

export const VERDICTS = ["acted", "not_needed", "artefact"];
// Seconds; the shortest bound of any rule is 120.
const PAUSES = [30, 60, 120];

/** @param {string} text */
export function toast(text) {
  byId("toast").textContent = text;
  setTimeout(() => {
    if (byId("toast").textContent === text) byId("toast").textContent = "";
  }, 8000);
}

/**
 * Give a command and say what came of it.
 * @param {import("./feed.js").Feed} feed @param {import("./feed.js").Place} place @param {string} verb @param {Record<string, any>} fields
 * @returns {Promise<any>} the reply, or null
 */
export async function give(feed, place, verb, fields) {
  try {
    const reply = await feed.order(place, verb, fields);
    const done = reply.result === "accepted" || reply.result === "done";
    toast(done ? t("command.done", { what: word("verb", verb) })
      : t("command.refused", { what: word("verb", verb), why: reply.reason || reply.result }));
    return done ? reply : null;
  } catch {
    toast(t("command.unanswered", { what: word("verb", verb) }));
    return null;
  }
}

/** @param {import("./feed.js").Feed} feed @param {import("./feed.js").Place} place @param {any} message */
export async function override(feed, place, message) {
  const reason = el("input", { id: "reason", maxLength: 200, required: true, minLength: 3 });
  const body = [el("p", {}, message.message), el("label", { htmlFor: "reason" }, t("override.reason")), reason];
  if (await ask(t("override.title"), body, t("override.confirm"), t("cancel"))) {
    await give(feed, place, "override", { alert_id: message.alert_id, reason: reason.value });
  }
}

/** @param {import("./feed.js").Feed} feed @param {import("./feed.js").Place} place @param {string | null} rule */
export async function pause(feed, place, rule) {
  const choice = el("select", { id: "for" }, ...PAUSES.map((each) =>
    el("option", { value: String(each), selected: each === 60 }, t("pause.seconds", { n: each }))));
  const body = [
    el("p", {}, rule === null ? t("pause.all", { station: place.station }) : t("pause.rule", { rule, station: place.station })),
    el("label", { htmlFor: "for" }, t("pause.for")), choice, el("p", { class: "quiet" }, t("pause.bound")),
  ];
  if (await ask(t("pause.title"), body, t("pause.confirm"), t("cancel"))) {
    await give(feed, place, "pause", { rule_id: rule, for_s: Number(choice.value) });
  }
}

/**
 * Two steps: the station shows old and new, and only then is it confirmed.
 * @param {import("./feed.js").Feed} feed @param {import("./feed.js").Place} place @param {string} name @param {any} limit
 */
export async function changeLimit(feed, place, name, limit) {
  const value = el("input", { id: "value", type: "number", step: "any", required: true, value: limit.value ?? "" });
  const reason = el("input", { id: "reason", maxLength: 200 });
  const first = [
    el("p", {}, t("limit.now", { value: num(limit.value, 0), unit: unitText(limit.unit) })),
    el("label", { htmlFor: "value" }, t("limit.new")), value,
    el("label", { htmlFor: "reason" }, t("limit.reason")), reason,
  ];
  if (!(await ask(word("limit", name), first, t("limit.propose"), t("cancel")))) return;
  const shown = await give(feed, place, "limit", { limit: name, value: Number(value.value), reason: reason.value });
  if (shown === null) return;
  const looser = limit.value !== null && (limit.tighter === "higher" ? Number(value.value) < limit.value : Number(value.value) > limit.value);
  const second = [
    el("p", { class: "change" }, `${num(shown.details.old, 0)} → ${num(shown.details.new, 0)} ${unitText(limit.unit)}`),
    el("p", { class: looser ? "problem" : "quiet" }, t(looser ? "limit.looser" : "limit.tighter")),
  ];
  if (await ask(word("limit", name), second, t("limit.confirm"), t("cancel"))) {
    await give(feed, place, "limit", { confirm: shown.cmd_id });
  }
}
