// Ladder: how far gradients reach back through time, by cell; figures that were measured once and are kept in the package.

import { Fault } from "./api.js";
import { drawn, el, table } from "./dom.js";
import { Panel } from "./panel.js";

const LEFT = 58, RIGHT = 14, TOP = 12, HEIGHT = 300, BELOW = 26;
const FLOOR = -16; // powers of ten that are drawn: below, nothing of a gradient is left in single precision
const NAMES = { rnn: "simple RNN", gru: "GRU", lstm: "LSTM", mingru: "minimal GRU" };
const STARTS = { usual: "uniform (default)", orthogonal: "orthogonal" };
const DASHES = ["", "7 4", "2 4", "10 3 2 3"];
const COLOURS = 6; // of curves in style.css
const LITTLE = 1000; // a gradient counts as lost once less than 1 / LITTLE of it is left

let panel, measured, watched;

const name = (cell) => NAMES[cell] ?? cell;
const log10 = (value) => (value > 0 ? Math.log10(value) : -Infinity);
const chosen = (group) => [...panel.root.querySelectorAll(`[name=ladder-${group}]:checked`)].map((input) => input.value);
const raised = (exponent) => String(exponent).replace(/[-\d]/g, (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign]));
const power = (exponent) => (exponent ? `10${raised(exponent)}` : "1");

function scientific(value) {
  if (value >= 0.01 && value < 1000) return String(Number(value.toPrecision(2)));
  const exponent = Math.floor(log10(value));
  return Number.isFinite(exponent) ? `${(value / 10 ** exponent).toFixed(1)}·${power(exponent)}` : "0";
}

/** The curves that are asked for: of each cell, norms from the last step backwards. */
function curves() {
  const cells = chosen("cell"), [start] = chosen("start"), [updates] = chosen("updates"), [back] = chosen("steps").map(Number);
  return measured.figures
    .filter((figure) => cells.includes(figure.cell) && figure.start === start && String(figure.steps) === updates)
    .map((figure) => ({ cell: figure.cell, norms: [...figure.norms].reverse().slice(0, back + 1) }));
}

/** From where on less than a thousandth of the last step's gradient is left; -1 for nowhere. */
const lost = ({ norms }) => norms.findIndex((norm) => norm < norms[0] / LITTLE);

function summary(all) {
  const lasting = all.filter((one) => lost(one) < 0), fading = all.filter((one) => lost(one) >= 0);
  const said = fading.sort((a, b) => lost(a) - lost(b)).map((one) => `${name(one.cell)} ${lost(one)}`).join(", ");
  const steps = all[0].norms.length - 1;
  return (said ? `Steps back from which on less than a thousandth of the gradient is left: ${said}. ` : "")
    + (lasting.length ? `More than a thousandth is still left ${steps} steps back: ${lasting.map((one) => name(one.cell)).join(", ")}.` : "");
}

/** Where a step and a norm stand in a drawing. */
class Axes {
  constructor(all, width) {
    this.back = Math.max(1, all[0].norms.length - 1);
    this.width = width - LEFT - RIGHT;
    this.top = Math.ceil(Math.max(...all.flatMap((one) => one.norms.map(log10))));
  }

  x(step) {
    return LEFT + this.width * (1 - step / this.back);
  }

  y(exponent) {
    return TOP + HEIGHT * (this.top - Math.max(FLOOR, exponent)) / (this.top - FLOOR);
  }

  lines() {
    const exponents = [...Array(5).keys()].map((place) => FLOOR + 4 * place);
    return exponents.flatMap((exponent) => [
      drawn("line", { class: "grid", x1: LEFT, x2: LEFT + this.width, y1: this.y(exponent), y2: this.y(exponent) }),
      drawn("text", { class: "small", x: LEFT - 8, y: this.y(exponent) + 4, "text-anchor": "end" }, (exponent === FLOOR ? "≤ " : "") + power(exponent)),
    ]);
  }

  steps() {
    const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * this.back)).filter((step, place) => place % 2 === 0 || this.width > 400);
    return marks.map((step) => drawn("text", {
      class: "small", x: this.x(step), y: TOP + HEIGHT + 18, "text-anchor": step ? (step === this.back ? "start" : "middle") : "end",
    }, step ? `${step} back` : "last step"));
  }
}

function curve(cell) {
  const rank = different("cell").indexOf(cell);
  return { class: `curve c${rank % COLOURS}`, "stroke-dasharray": DASHES[rank % DASHES.length] };
}

function chart(all, told, width) {
  const axes = new Axes(all, width);
  return drawn("svg", { role: "img", "aria-label": told, width, height: TOP + HEIGHT + BELOW }, axes.lines(), axes.steps(), all.map((one) => drawn("polyline", {
    ...curve(one.cell), points: one.norms.map((norm, step) => `${axes.x(step).toFixed(1)},${axes.y(log10(norm)).toFixed(1)}`).join(" "),
  })));
}

function legend(all) {
  return el("ul", { class: "legend", "aria-label": "Curves" }, all.map((one) => el("li", {},
    drawn("svg", { width: 36, height: 10, "aria-hidden": "true" }, drawn("line", { ...curve(one.cell), x1: 0, x2: 36, y1: 5, y2: 5 })), name(one.cell))));
}

async function answer(panel, signal) {
  const all = curves();
  if (!all.length) throw new Fault("No cell is chosen.", "choose one");
  const last = all[0].norms.length - 1, told = summary([...all]);
  const rows = all.map((one) => [name(one.cell), scientific(one.norms[0]), scientific(one.norms[last] / one.norms[0])]);
  const place = el("div", { class: "chart" });
  panel.show(signal, told, place, legend(all), el("p", {}, told),
    el("div", { class: "scroll" }, table("Norm of the gradient", ["Cell", "Last step", `Left ${last} steps back`], rows, [1, 2])),
    el("p", { class: "note" }, "Norm of the gradient of the loss at the last step with respect to the state at each step before it, for networks that predict the next letter. The axis is logarithmic."));
  watched?.disconnect();
  watched = new ResizeObserver(() => place.clientWidth && place.replaceChildren(chart(all, told, place.clientWidth)));
  watched.observe(place);
}

/** One group of choices, of which several or one can be taken. */
function group(title, id, type, choices, first) {
  return el("fieldset", {}, el("legend", {}, title), choices.map(([value, label]) => el("label", {},
    el("input", { type, name: `ladder-${id}`, value, checked: type === "checkbox" || value === first }), label)));
}

const different = (key) => [...new Set(measured.figures.map((figure) => figure[key]))];

function choices() {
  const longest = Math.max(...measured.figures.map((figure) => figure.norms.length - 1));
  const lengths = [10, 25, 50].filter((length) => length < longest).concat(longest).map(String);
  const starts = different("start"), updates = different("steps").map(String);
  return [
    group("Cells", "cell", "checkbox", different("cell").map((cell) => [cell, name(cell)])),
    group("Steps back", "steps", "radio", lengths.map((length) => [length, length]), lengths.at(-1)),
    group("Initial weights", "start", "radio", starts.map((start) => [start, STARTS[start] ?? start]), starts.includes("usual") ? "usual" : starts[0]),
    group("Network", "updates", "radio", updates.map((steps) => [steps, steps === "0" ? "untrained" : `after ${steps} updates`]), updates[0]),
  ];
}

export async function start() {
  panel = new Panel("ladder", answer, () => (measured ? [measured.command, "Measured by"] : ""));
  panel.form.addEventListener("change", () => panel.ask());
  try {
    const response = await fetch("/page/gradients.json");
    if (!response.ok) throw new Fault("The figures could not be loaded.", "reload the page");
    measured = await response.json();
  } catch (error) {
    panel.tell(error instanceof Fault ? error : new Fault("The server does not answer.", "seqtext serve"));
    return;
  }
  document.getElementById("ladder-choices").append(...choices());
  panel.tellCommand();
  await panel.ask();
}
