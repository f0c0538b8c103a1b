// The alert feed: each alert that is there now, with one tap to acknowledge it.

import { stateOf } from "./feed_state.js";
import { arrange, el, setAttr, setText } from "./dom.js";
import { VERDICTS, give, override, pause } from "./commands.js";
import { age, clock, num, t, timeOfDay, unitText, word } from "./i18n.js";

export const MARKS = /** @type {Record<string, string>} */ ({ high: "!!!", medium: "!!", low: "!" });

// A button that has just moved under a finger is not what the finger meant.
const SETTLES_AFTER_MS = 500;

/** @param {any} message @returns {string} in the page's language where it has the words, else the station's own */
export function alertTitle(message) {
  const key = `condition.${message.condition}`;
  const words = t(key);
  if (words === key || document.documentElement.lang === "en") return message.message;
  const value = message.value === null ? "" : ` ${num(message.value)} ${unitText(message.unit)}`;
  const limit = message.limit === null ? "" : ` (${t("alert.limit", { limit: num(message.limit) })})`;
  return `${words}${value}${limit}`;
}

class Card {
  /** @param {import("./feed.js").Feed} feed @param {import("./feed.js").Place} place @param {string} role */
  constructor(feed, place, role) {
    this.feed = feed;
    this.place = place;
    /** @type {any} */ this.message = null;
    this.movedMs = 0;
    this.mark = el("span", { class: "priority" });
    this.where = el("span", { class: "where" });
    this.title = el("h3", {});
    this.advice = el("p", { class: "advice" });
    this.facts = el("p", { class: "quiet" });
    this.state = el("span", { class: "state" });
    this.ack = el("button", { class: "ack", type: "button", on: { click: () => void this.acknowledge(undefined) } }, t("alert.ack"));
    this.verdicts = VERDICTS.map((verdict) =>
      el("button", { class: "verdict", type: "button", on: { click: () => void this.acknowledge(verdict) } }, word("verdict", verdict)));
    const more = [
      el("button", { class: "plain", type: "button", on: { click: () => void pause(feed, place, this.message.rule_id) } }, t("alert.pause")),
    ];
    if (role === "therapist") {
      more.push(el("button", { class: "plain", type: "button", on: { click: () => void override(feed, place, this.message) } }, t("alert.override")));
    }
    this.node = el("article", { class: "alert" },
      el("div", { class: "alert-head" }, this.mark, this.where, this.state), this.title, this.advice, this.facts,
      el("div", { class: "row ack-row" }, this.ack, ...this.verdicts), el("div", { class: "row" }, ...more));
  }

  /** @param {any} message @param {any} latest @param {number} nowUtcMs */
  show(message, latest, nowUtcMs) {
    this.message = message;
    const state = stateOf(message);
    setAttr(this.node, "data-priority", message.priority);
    setAttr(this.node, "data-state", state);
    setText(this.mark, `${MARKS[message.priority] ?? ""} ${word("priority", message.priority)}`);
    setText(this.where, this.place.station);
    setText(this.title, alertTitle(message));
    setText(this.advice, message.advice);
    const since = (nowUtcMs - Date.parse(message.first_offending)) / 1000;
    const late = message.hist ? ` · ${t("alert.late", { time: timeOfDay(message.t) })}` : "";
    const old = message.value_age_s === null ? "" : ` · ${t("alert.value_age", { age: age(message.value_age_s) })}`;
    setText(this.facts, `${t("alert.since", { time: timeOfDay(message.first_offending), age: clock(since) })} · ${word("kind", message.kind)}${old}${late}`);
    const until = latest?.paused?.[message.rule_id] ?? latest?.paused?.["*"];
    const left = until === undefined ? 0 : (Date.parse(until) - nowUtcMs) / 1000;
    const by = state === "acknowledged" && message.actor ? ` · ${message.actor}${message.reason ? `: ${word("verdict", message.reason)}` : ""}` : "";
    setText(this.state, state === "paused" && left > 0 ? t("alert.paused", { left: clock(left) }) : `${word("state", state)}${by}`);
    const calls = state === "firing" || state === "latched" || state === "paused";
    this.ack.hidden = !calls;
    for (const button of this.verdicts) button.hidden = !calls;
  }

  /** @param {string | undefined} verdict */
  async acknowledge(verdict) {
    if (performance.now() - this.movedMs < SETTLES_AFTER_MS) return;
    this.ack.disabled = true;
    await give(this.feed, this.place, "ack", verdict ? { alert_id: this.message.alert_id, verdict } : { alert_id: this.message.alert_id });
    this.ack.disabled = false;
  }
}

export class AlertsView {
  /** @param {import("./feed.js").Feed} feed @param {string} role */
  constructor(feed, role) {
    this.feed = feed;
    this.role = role;
    /** @type {Map<string, Card>} */ this.cards = new Map();
    /** @type {string[]} */ this.order = [];
    this.heldUntilMs = 0;
    this.list = el("div", { class: "alerts", role: "feed", "aria-label": t("feed.title") });
    this.none = el("p", { class: "quiet" }, t("feed.none"));
    this.node = el("section", { id: "feed", "aria-label": t("feed.title") }, el("h2", {}, t("feed.title")), this.none, this.list);
    // While a finger is on the list nothing in it changes its place.
    const hold = () => { this.heldUntilMs = performance.now() + SETTLES_AFTER_MS; };
    this.list.addEventListener("pointerdown", hold);
    this.list.addEventListener("pointermove", hold);
  }

  /** @param {{station: import("./clinic.js").Station, message: any}[]} present @param {(station: string) => number} nowUtcMs */
  show(present, nowUtcMs) {
    const keys = present.map(({ station, message }) => `${station.name}/${station.session}/${message.alert_id}`);
    present.forEach(({ station, message }, index) => {
      const key = keys[index] ?? "";
      let card = this.cards.get(key);
      if (card === undefined) {
        card = new Card(this.feed, { station: station.name, session: station.session }, this.role);
        this.cards.set(key, card);
      }
      card.show(message, station.latest, nowUtcMs(station.name));
    });
    const here = new Set(keys);
    for (const key of this.cards.keys()) if (!here.has(key)) this.cards.delete(key);
    const held = performance.now() < this.heldUntilMs;
    const order = held ? [...this.order.filter((key) => here.has(key)), ...keys.filter((key) => !this.order.includes(key))] : keys;
    if (order.join() !== this.order.join()) {
      order.forEach((key, index) => {
        const card = this.cards.get(key);
        if (card && this.order[index] !== key && this.order.includes(key)) card.movedMs = performance.now();
      });
      this.order = order;
      arrange(this.list, order.map((key) => this.cards.get(key)?.node).filter((node) => node !== undefined));
    }
    this.none.hidden = present.length > 0;
  }
}
