// Who is here: by the code in the link (the QR code at the station), by name and password, or already.

import { el } from "./dom.js";
import { t } from "./i18n.js";

/** @typedef {{name: string, face: string, clinic: string, version: string}} Who */

/** @param {Record<string, string>} asked @returns {Promise<Who | number>} the person, or the status of the refusal */
async function post(asked) {
  const answer = await fetch("/login", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked),
  });
  return answer.ok ? answer.json() : answer.status;
}

/** @param {HTMLElement} main @returns {Promise<Who>} */
export async function logIn(main) {
  const code = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  if (code.length > 10) {
    const who = await post({ code });
    if (typeof who !== "number") return who;
  }
  try {
    const answer = await fetch("/whoami");
    if (answer.ok) return await answer.json();
  } catch {
    return offline(main);
  }
  return form(main);
}

/** @param {HTMLElement} main @returns {Promise<Who>} */
async function offline(main) {
  main.replaceChildren(el("section", { class: "card narrow" },
    el("h1", {}, t("offline.title")), el("p", {}, t("offline.text"))));
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    try {
      const answer = await fetch("/whoami");
      return answer.ok ? await answer.json() : await form(main);
    } catch {
      // still none
    }
  }
}

/** @param {HTMLElement} main @returns {Promise<Who>} */
function form(main) {
  return new Promise((resolve) => {
    const name = el("input", { id: "name", autocomplete: "username", maxLength: 64, required: true });
    const password = el("input", { id: "password", type: "password", autocomplete: "current-password", maxLength: 200, required: true });
    const problem = el("p", { class: "problem", role: "alert" });
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      const who = await post({ name: name.value, password: password.value });
      if (typeof who !== "number") resolve(who);
      else problem.textContent = t(who === 429 ? "login.wait" : "login.refused");
    };
    main.replaceChildren(el("section", { class: "card narrow" },
      el("h1", {}, "kinewatch"),
      el("p", {}, t("login.text")),
      el("form", { on: { submit } },
        el("label", { htmlFor: "name" }, t("login.name")), name,
        el("label", { htmlFor: "password" }, t("login.password")), password,
        problem, el("button", { class: "primary", type: "submit" }, t("login.enter")))));
  });
}

/**
 * The first tap: browsers give no sound, no wake lock and no notification before it.
 * @param {HTMLElement} main @param {Who} who @param {string} text @returns {Promise<void>}
 */
export function firstTap(main, who, text) {
  return new Promise((resolve) => {
    main.replaceChildren(el("section", { class: "card narrow" },
      el("h1", {}, t("begin.title")),
      el("p", {}, text),
      el("p", { class: "quiet" }, t("begin.honest")),
      el("button", { class: "primary big", id: "begin-watch", on: { click: () => resolve() } },
        t("begin.button", { name: who.name }))));
  });
}
