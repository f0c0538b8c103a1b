// The bar at the top: can this device hear, sound, stay awake; whose clock is off; how many stations are silent.

import { byId, el, setAttr, setText } from "./dom.js";
import { LANGUAGES, age, chooseLanguage, currentLanguage, t } from "./i18n.js";

export class Bar {
  /** @param {{name: string, onSound: () => void, onLogout: () => void, pause: HTMLElement | null}} options */
  constructor({ name, onSound, onLogout, pause }) {
    this.link = el("span", { class: "mark", id: "mark-link" });
    this.silent = el("span", { class: "mark", id: "mark-silent" });
    this.clock = el("span", { class: "mark warn", id: "mark-clock", hidden: true });
    this.sound = el("button", { class: "mark", id: "mark-sound", type: "button", on: { click: onSound } });
    this.wake = el("span", { class: "mark", id: "mark-wake" });
    const language = el("select", {
      "aria-label": t("bar.language"),
      on: { change: (/** @type {any} */ event) => chooseLanguage(event.target.value) },
    }, ...LANGUAGES.map((each) => el("option", { value: each, selected: each === currentLanguage() }, each.toUpperCase())));
    byId("bar").replaceChildren(
      el("h1", { class: "brand" }, "kinewatch"), this.link, this.silent, this.sound, this.wake, this.clock,
      el("span", { class: "grow" }), ...(pause ? [pause] : []), el("span", { class: "quiet" }, name), language,
      el("button", { type: "button", class: "plain", on: { click: onLogout } }, t("bar.logout")));
  }

  /** @param {{deaf: boolean, connected: boolean, deafMs: number, silent: number, sound: boolean, awake: boolean, offsetMs: number}} state */
  show({ deaf, connected, deafMs, silent, sound, awake, offsetMs }) {
    mark(this.link, deaf ? "bad" : "good", t(deaf ? "bar.deaf" : connected ? "bar.hears" : "bar.connecting"));
    mark(this.silent, silent > 0 ? "bad" : "good", t("bar.silent", { n: silent }));
    mark(this.sound, sound ? "good" : "bad", t(sound ? "bar.sound" : "bar.no_sound"));
    mark(this.wake, awake ? "good" : "warn", t(awake ? "bar.awake" : "bar.may_sleep"));
    const off = Math.abs(offsetMs) / 1000;
    this.clock.hidden = off < 5;
    setText(this.clock, t("bar.clock", { n: Math.round(off) }));
    const banner = byId("deaf");
    banner.hidden = !deaf;
    if (deaf) setText(banner, t("deaf", { age: age(deafMs / 1000) }));
  }
}

/** @param {Element} node @param {string} level @param {string} text */
function mark(node, level, text) {
  setText(node, text);
  setAttr(node, "data-level", level);
}
