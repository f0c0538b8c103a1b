// One session: trends, repetitions, what was said and done, the plan and the limits in force.

import uPlot from "../vendor/uplot.js";
import { changeLimit, pause } from "./commands.js";
import { el, setText } from "./dom.js";
import { alertTitle, MARKS } from "./alerts_view.js";
import { exerciseText, linksText } from "./board_view.js";
import { stateOf } from "./feed_state.js";
import { currentLanguage, num, t, timeOfDay, unitText, word } from "./i18n.js";

const LINES = [
  ["spo2_percent", "#5ee6c8"], ["heart_rate_per_min", "#ff8fa3"], ["pulse_rate_per_min", "#c9a4ff"],
  ["systolic_mmhg", "#ffd166"], ["diastolic_mmhg", "#f2a65a"], ["joint_angle_deg", "#6cb6ff"],
];
const DRAWN_EVERY_MS = 1000;

export class SessionView {
  /** @param {import("./feed.js").Feed} feed @param {import("./clinic.js").Station} station @param {() => void} back */
  constructor(feed, station, back) {
    this.feed = feed;
    this.station = station;
    this.place = { station: station.name, session: station.session };
    this.drawnMs = 0;
    this.head = el("p", { class: "quiet" });
    this.chart = el("div", { class: "chart", role: "img", "aria-label": t("session.trend") });
    this.repetitions = el("ol", { class: "repetitions" });
    this.lines = el("ol", { class: "lines" });
    this.limits = el("dl", { class: "limits" });
    this.plan = el("ul", {});
    this.links = el("p", { class: "quiet" });
    this.pauses = el("p", { class: "paused", role: "status" });
    this.seen = "";
    /** @type {any} */ this.plot = null;
    this.node = el("section", { id: "session", "aria-label": t("session.title", { station: station.name }) },
      el("div", { class: "row" },
        el("button", { type: "button", id: "back", on: { click: back } }, t("session.back")),
        el("h2", {}, station.name), el("span", { class: "grow" }),
        el("button", { type: "button", on: { click: () => void pause(feed, this.place, null) } }, t("session.pause_all")),
        el("button", { type: "button", on: { click: () => void feed.order(this.place, "resume", {}).catch(() => {}) } }, t("session.resume"))),
      this.head, this.pauses, el("div", { class: "card" }, this.chart, this.links),
      el("div", { class: "columns" },
        el("div", { class: "card" }, el("h3", {}, t("session.repetitions")), this.repetitions),
        el("div", { class: "card" }, el("h3", {}, t("session.events")), this.lines),
        el("div", { class: "card" }, el("h3", {}, t("session.plan")), this.plan, el("h3", {}, t("session.limits")), this.limits)));
  }

  /** @param {number} nowUtcMs */
  show(nowUtcMs) {
    const { station } = this;
    setText(this.head, [station.plan?.plan_id, word("phase", station.latest?.phase ?? ""), exerciseText(station)].filter(Boolean).join(" · "));
    setText(this.links, linksText(station));
    const paused = Object.entries(station.latest?.paused ?? {}).map(([rule, until]) =>
      t("session.paused", { rule: rule === "*" ? t("session.all_rules") : rule, n: Math.max(0, Math.ceil((Date.parse(String(until)) - nowUtcMs) / 1000)) }));
    setText(this.pauses, paused.join(" · "));
    if (performance.now() - this.drawnMs < DRAWN_EVERY_MS) return;
    this.drawnMs = performance.now();
    this.#draw();
    const seen = `${station.repetitions.length}/${station.lines.length}/${station.lines.at(-1)?.t}/${station.plan?.sent}`;
    if (seen === this.seen) return;
    this.seen = seen;
    this.#lists();
  }

  #draw() {
    const { station } = this;
    /** @type {any[]} */ const data = [];
    for (const [code] of LINES) {
      const [times, values] = station.history.series(code ?? "", 3600);
      if (data.length === 0) data.push(times);
      data.push(values);
    }
    const width = Math.max(260, this.chart.clientWidth);
    if (this.plot === null) {
      const axis = { stroke: "#9fb0c6", grid: { stroke: "#223047" }, ticks: { stroke: "#223047" } };
      this.plot = new uPlot({
        width, height: 280, cursor: { drag: { x: true, y: false } },
        scales: { y: { range: [0, 200] }, x: { time: true } }, axes: [{ ...axis, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((each) => new Date(each * 1000).toLocaleTimeString(currentLanguage(), { minute: "2-digit", second: "2-digit", hour: "2-digit", hour12: false })), space: 90 }, axis],
        series: [{ label: t("session.time") }, ...LINES.map(([code, stroke]) =>
          ({ label: word("vital_code", code ?? ""), stroke, width: 2, spanGaps: false, points: { show: false } }))],
      }, data, this.chart);
    } else {
      if (this.plot.width !== width) this.plot.setSize({ width, height: 280 });
      this.plot.setData(data);
    }
  }

  #lists() {
    const { station } = this;
    this.repetitions.replaceChildren(...station.repetitions.slice(-60).reverse().map((each) => {
      const error = each.uncertainty_deg === null ? "" : ` ± ${num(each.uncertainty_deg, 1)}`;
      return el("li", {}, el("span", { class: "quiet" }, t("session.repetition", { set: each.set_number, n: each.repetition })),
        ` ${num(each.range_deg)}${error}°`, el("span", { class: "quiet" }, ` (${num(each.min_deg)}–${num(each.max_deg)}°)`));
    }));
    this.lines.replaceChildren(...station.lines.slice(-100).reverse().map((line) =>
      el("li", {}, el("time", {}, timeOfDay(line.t)), ` ${lineText(line)}`)));
    this.plan.replaceChildren(...(station.plan?.exercises ?? []).map((/** @type {any} */ each) =>
      el("li", {}, t("session.exercise", {
        name: each.name.replaceAll("_", " "), sets: each.sets, repetitions: each.repetitions, side: word("side", each.side),
        range: each.range_deg == null ? "" : `${num(each.range_deg[0])}–${num(each.range_deg[1])}°`,
      }))));
    const limits = Object.entries(station.plan?.limits ?? {}).filter(([, each]) => /** @type {any} */ (each).value !== null);
    this.limits.replaceChildren(...limits.flatMap(([name, limit]) => {
      const each = /** @type {any} */ (limit);
      return [el("dt", {}, word("limit", name)), el("dd", {}, `${num(each.value)} ${unitText(each.unit)} `,
        el("button", {
          type: "button", class: "plain", "aria-label": t("limit.change_of", { name: word("limit", name) }),
          on: { click: () => void changeLimit(this.feed, this.place, name, each) },
        }, t("limit.change")))];
    }));
  }
}

/** @param {any} line */
function lineText(line) {
  const { message } = line;
  if (line.kind === "alert") {
    const late = line.late ? ` (${t("alert.late", { time: timeOfDay(message.t) })})` : "";
    const by = message.actor ? ` · ${message.actor}` : "";
    const why = message.reason ? `: ${word("verdict", message.reason)}` : "";
    return `${MARKS[message.priority] ?? ""} ${alertTitle(message)} · ${word("state", stateOf(message))}${by}${why}${late}`;
  }
  const number = message.number === null ? "" : ` ${num(message.number, message.number % 1 ? 1 : 0)}`;
  const group = /** @type {Record<string, string>} */ ({ rating: "scale", posture: "posture", phase: "phase", limit: "limit" })[message.entry];
  const subject = group ? word(group, message.subject) : message.subject.replaceAll("_", " ");
  const detail = message.entry === "note" || message.entry === "set" ? ` ${message.text}` : "";
  return `${word("entry", message.entry)}: ${subject}${number}${detail}${message.actor ? ` · ${message.actor}` : ""}`;
}
