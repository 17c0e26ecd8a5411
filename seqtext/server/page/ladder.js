// Ladder: how far gradients reach back through time, by cell; figures that were measured once and are kept in the package.

import { Fault } from "./api.js";
import { drawn, el, table } from "./dom.js";
import { Panel } from "./panel.js";

const LEFT = 62, TOP = 14, WIDTH = 640, HEIGHT = 320, LEGEND = 74;
const FLOOR = -16; // powers of ten that are drawn: below, nothing of a gradient is left in single precision
const NAMES = { rnn: "simple RNN", gru: "GRU", lstm: "LSTM", mingru: "minimal GRU" };
const STARTS = { usual: "usual start", orthogonal: "start that keeps lengths" };
const DASHES = ["", "7 4", "2 4", "10 3 2 3"];

let panel, measured;

const name = (cell) => NAMES[cell] ?? cell;
const log10 = (value) => (value > 0 ? Math.log10(value) : -Infinity);
const chosen = (group) => [...panel.root.querySelectorAll(`[name=ladder-${group}]:checked`)].map((input) => input.value);

function power(value) {
  const exponent = Math.floor(log10(value));
  return Number.isFinite(exponent) ? `${(value / 10 ** exponent).toFixed(1)}e${exponent}`.replace("-", "−") : "0";
}

/** The curves that are asked for: of each cell, norms from the last step backwards. */
function curves() {
  const cells = chosen("cell"), [start] = chosen("start"), [updates] = chosen("updates"), [back] = chosen("steps").map(Number);
  return measured.figures
    .filter((figure) => cells.includes(figure.cell) && figure.start === start && String(figure.steps) === updates)
    .map((figure) => ({ cell: figure.cell, norms: figure.norms.toReversed().slice(0, back) }));
}

function chart(all, summary) {
  const back = Math.max(...all.map((one) => one.norms.length));
  const top = Math.ceil(Math.max(...all.flatMap((one) => one.norms.map(log10))));
  const x = (step) => LEFT + WIDTH * (1 - step / Math.max(1, back - 1));
  const y = (value) => TOP + HEIGHT * (top - Math.max(FLOOR, log10(value))) / (top - FLOOR);
  const svg = drawn("svg", { role: "img", "aria-label": summary, viewBox: `0 0 ${LEFT + WIDTH + 12} ${TOP + HEIGHT + LEGEND}`, width: "100%" });
  for (let exponent = FLOOR; exponent <= top; exponent += 4) {
    const height = y(10 ** exponent);
    svg.append(drawn("line", { class: "grid", x1: LEFT, x2: LEFT + WIDTH, y1: height, y2: height }),
      drawn("text", { class: "small", x: LEFT - 8, y: height + 4, "text-anchor": "end" }, exponent === FLOOR ? "≤ 1e−16" : `1e${exponent}`.replace("-", "−")));
  }
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * (back - 1)));
  for (const step of new Set(marks)) {
    svg.append(drawn("text", { class: "small", x: x(step), y: TOP + HEIGHT + 18, "text-anchor": "middle" }, step ? `${step} back` : "last"));
  }
  all.forEach((one, place) => {
    const kind = Object.keys(NAMES).indexOf(one.cell);
    const points = one.norms.map((value, step) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    const across = LEFT + place * (WIDTH / 4);
    svg.append(drawn("polyline", { class: `curve c${kind}`, "stroke-dasharray": DASHES[kind], points }),
      drawn("line", { class: `curve c${kind}`, "stroke-dasharray": DASHES[kind], x1: across, x2: across + 34, y1: TOP + HEIGHT + 50, y2: TOP + HEIGHT + 50 }),
      drawn("text", { class: "small", x: across + 42, y: TOP + HEIGHT + 54 }, name(one.cell)));
  });
  return svg;
}

async function answer(panel, signal) {
  const all = curves();
  if (!all.length) throw new Fault("No cell is chosen.", "choose one");
  const last = all[0].norms.length - 1;
  const rows = all.map((one) => [name(one.cell), power(one.norms[0]), power(one.norms[last]), power(one.norms[last] / one.norms[0])]);
  const summary = `Of the gradient at the last step, ${last} steps before it: ${rows.map((row) => `${row[0]} ${row[3]}`).join(", ")}.`;
  const place = el("div", { class: "scroll chart", tabindex: "0", role: "group", "aria-label": "Curves" }, chart(all, summary));
  panel.show(signal, place, el("p", { class: "note" }, "Norm of the gradient of the loss at the last step with respect to the state at each step before it; the axis is in powers of ten."),
    table("What is left of it", ["Cell", "Last step", `${last} back`, "Share"], rows, [1, 2, 3]));
}

/** One group of choices, of which several or one can be taken. */
function group(title, id, kind, choices, first) {
  return el("fieldset", {}, el("legend", {}, title), choices.map(([value, label], place) => el("label", {},
    el("input", { type: kind, name: `ladder-${id}`, value, checked: kind === "checkbox" || (first === undefined ? place === 0 : value === first) }), label)));
}

const different = (key) => [...new Set(measured.figures.map((figure) => figure[key]))];

export async function start() {
  panel = new Panel("ladder", answer, () => (measured ? [measured.command, "Measured once, by"] : ""));
  panel.form.addEventListener("change", () => panel.ask());
  try {
    const response = await fetch("/page/gradients.json");
    if (!response.ok) throw new Fault("The figures could not be loaded.", "reload the page");
    measured = await response.json();
  } catch (error) {
    panel.tell(error instanceof Fault ? error : new Fault("The server does not answer.", "seqtext serve"));
    return;
  }
  const longest = Math.max(...measured.figures.map((figure) => figure.norms.length));
  const lengths = [10, 25, 50, 100].filter((length) => length < longest).concat(longest);
  document.getElementById("ladder-choices").append(
    group("Cells", "cell", "checkbox", different("cell").map((cell) => [cell, name(cell)])),
    group("Steps", "steps", "radio", lengths.map((length) => [String(length), String(length)]), String(longest)),
    group("Start", "start", "radio", different("start").map((start) => [start, STARTS[start] ?? start]), "usual"),
    group("Network", "updates", "radio", different("steps").map((steps) => [String(steps), steps ? `after ${steps} updates` : "untrained"])));
  panel.tellCommand();
  panel.ask();
}
