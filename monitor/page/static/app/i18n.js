// Words from the catalogues in i18n/, numbers by locale. English is the one that is complete.

/** @type {Record<string, string>} */ let catalogue = {};
/** @type {Record<string, string>} */ let english = {};
let language = "en";

export const LANGUAGES = ["en", "de"];

export async function loadWords() {
  const chosen = localStorage.getItem("kinewatch-language") ?? navigator.language.slice(0, 2);
  language = LANGUAGES.includes(chosen) ? chosen : "en";
  english = await (await fetch("/i18n/en.json")).json();
  catalogue = language === "en" ? english : await (await fetch(`/i18n/${language}.json`)).json();
  document.documentElement.lang = language;
}

/** @param {string} chosen */
export function chooseLanguage(chosen) {
  localStorage.setItem("kinewatch-language", chosen);
  location.reload();
}

export function currentLanguage() {
  return language;
}

/** @param {string} key @param {Record<string, string | number>} [values] */
export function t(key, values = {}) {
  const text = catalogue[key] ?? english[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** A word for a code of the wire, or the code itself, spaces for underscores. @param {string} group @param {string} code */
export function word(group, code) {
  const key = `${group}.${code}`;
  return catalogue[key] ?? english[key] ?? code.replaceAll("_", " ");
}

/** @param {number | null | undefined} value @param {number} [digits] */
export function num(value, digits = 0) {
  if (value === null || value === undefined) return "--";
  return value.toLocaleString(language, { maximumFractionDigits: digits, minimumFractionDigits: digits, useGrouping: false });
}

/** @param {string} unit UCUM */
export function unitText(unit) {
  return { "mm[Hg]": "mmHg", deg: "°", "{score}": "", Cel: "°C" }[unit] ?? unit;
}

/** @param {number} seconds */
export function age(seconds) {
  if (seconds < 120) return t("age.s", { n: Math.max(0, Math.round(seconds)) });
  return t("age.min", { n: Math.round(seconds / 60) });
}

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** @param {string} instant */
export function timeOfDay(instant) {
  return new Date(instant).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}
