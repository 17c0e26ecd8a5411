// Translate: the text in another language, and lines between the words that looked at each other.

import { ask, models } from "./api.js";
import { commandLine } from "./command.js";
import { drawn, el, table } from "./dom.js";
import { Panel } from "./panel.js";

const GAP = 16, MARGIN = 4; // between words of a row, and around the drawing
const UPPER = 22, LOWER = 128; // the rows
const COLUMN = 30, ACROSS = 90; // height of a line of a column, and what is between columns
const FLAGS = { numbers: "Check the numbers" };

const languages = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });

/** Words side by side, or below each other where there is no room: each a drawn text with the place where lines end. */
class Words {
  constructor(svg, words) {
    this.texts = words.map((word) => drawn("text", {}, word));
    svg.append(...this.texts);
    this.widths = this.texts.map((text) => text.getComputedTextLength());
  }

  get across() {
    return this.widths.reduce((sum, width) => sum + width + GAP, 2 * MARGIN - GAP);
  }

  place(word, x, y) {
    this.texts[word].setAttribute("x", x);
    this.texts[word].setAttribute("y", y);
  }

  /** Lay them out in a row; returns the middle of each. */
  row(height) {
    let left = MARGIN;
    return this.widths.map((width, word) => {
      this.place(word, left, height);
      left += width + GAP;
      return left - GAP - width / 2;
    });
  }

  /** Lay them out in a column; returns the height of each. */
  column(edge) {
    return this.texts.map((_, word) => {
      this.place(word, edge(this.widths[word]), COLUMN * (word + 0.7));
      return COLUMN * (word + 0.5);
    });
  }
}

function lines(alignment, place) {
  const svg = drawn("svg", { role: "img", "aria-label": "Lines between words that looked at each other; the table below says the same" });
  place.replaceChildren(svg);
  const source = new Words(svg, alignment.source), target = new Words(svg, alignment.target);
  const across = Math.max(source.across, target.across);
  const [width, height, path] = across <= place.clientWidth ? rows(source, target, across) : columns(source, target);
  for (const [from, to] of alignment.pairs) {
    const line = drawn("path", { class: "look", d: path(from, to) });
    const light = (on) => [line, source.texts[from], target.texts[to]].forEach((one) => one.classList.toggle("lit", on));
    target.texts[to].addEventListener("pointerenter", () => light(true));
    target.texts[to].addEventListener("pointerleave", () => light(false));
    svg.prepend(line);
  }
  svg.setAttribute("width", Math.ceil(width));
  svg.setAttribute("height", Math.ceil(height));
}

let watched;

/** Draw in a place once it has a width, which it has not while another panel is open, and again when that changes. */
function follow(place, draw) {
  let width = 0;
  watched?.disconnect();
  watched = new ResizeObserver(() => {
    if (!place.clientWidth || place.clientWidth === width) return;
    width = place.clientWidth;
    draw();
  });
  watched.observe(place);
}

/** Source above, target below. */
function rows(source, target, width) {
  const above = source.row(UPPER), below = target.row(LOWER), top = UPPER + 8, bottom = LOWER - 19;
  return [width, LOWER + 12, (from, to) => `M${above[from]} ${top}C${above[from]} ${top + 40} ${below[to]} ${bottom - 40} ${below[to]} ${bottom}`];
}

/** Source on the left, target on the right. */
function columns(source, target) {
  const left = MARGIN + Math.max(...source.widths), right = left + ACROSS;
  const from = source.column((width) => left - width), to = target.column(() => right);
  const path = (one, other) => `M${left + 8} ${from[one]}C${left + 40} ${from[one]} ${right - 40} ${to[other]} ${right - 8} ${to[other]}`;
  return [right + Math.max(...target.widths) + MARGIN, COLUMN * Math.max(from.length, to.length), path];
}

function notes({ flags = [], unusual }, model) {
  const found = flags.map((flag) => `${FLAGS[flag.kind] ?? flag.kind}: ${flag.text}`);
  if (unusual) found.push("This text is unlike those that the model has learnt from.");
  return [...found.map((note) => el("p", { class: "caution" }, note)), el("p", { class: "note" }, `By ${model}, which has learnt from short sentences: check what matters.`)];
}

const LANGUAGES = 100; // at most, of the identifier: all that it knows
const LEAST_WORDS = 4, SURE = 0.95; // as the command line says it, in seqtext/models/source_language.py

/** Say below a translation, which waits for nothing, where its text is clearly in another language than the model reads. */
async function noteLanguage(panel, signal, text, source) {
  if (!source || text.trim().split(/\s+/).length < LEAST_WORDS) return;
  if (!(await models()).some((model) => model.id === "language-id")) return;
  const { answer } = await ask("classify", { text, model: "language-id", top: LANGUAGES }, signal);
  const [found] = answer.labels;
  if (!answer.labels.some(({ code }) => code === source)) return; // it would be sure that it is another one
  if (signal.aborted || answer.unusual || !found?.code || found.code === source || found.probability < SURE) return;
  const note = `The text is probably in ${found.label}, and the model has learnt to read ${languages.of(source)}: do not trust the translation.`;
  panel.answer.append(el("p", { class: "caution" }, note));
  panel.status.textContent += ` ${note}`;
}

async function answer(panel, signal) {
  const { value, selectedOptions: [chosen] } = panel.field("model");
  const { answer, model } = await ask("translate", { source: panel.text.value, model: value || undefined, alignment: true }, signal);
  const [best] = answer.translations;
  if (!best?.text.trim()) {
    const none = "There is nothing to translate.";
    panel.show(signal, none, el("p", { class: "empty" }, none));
    return;
  }
  const { source, target, pairs } = answer.alignment;
  const place = el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Which word looked at which" });
  panel.show(signal, best.text, el("p", { class: "prose", lang: chosen?.dataset.language || null }, best.text),
    el("h3", {}, "Where it looked"), place,
    el("details", {}, el("summary", {}, "The same as a table"),
      table("Each word that was written, and the word that it looked at most", ["Written", "Looked at"], pairs.map(([from, to]) => [target[to], source[from]]))),
    ...notes(answer, model));
  if (pairs.length) follow(place, () => lines(answer.alignment, place));
  noteLanguage(panel, signal, panel.text.value, chosen?.dataset.source).catch(() => {}); // the translation stays without it
}

function command(panel) {
  const [chosen] = panel.field("model").selectedOptions;
  if (!chosen) return "";
  const options = "bundled" in chosen.dataset ? { to: chosen.dataset.language } : { model: chosen.value };
  return commandLine(["translate"], { ...options, attention: "-" }, panel.text.value);
}

function choice(model) {
  const [from, to] = model.languages;
  const bundled = from === "en" && model.id === `translate-en-${to}`;
  const name = to ? languages.of(to) + (from === "en" ? "" : ` from ${languages.of(from)}`) : "";
  return el("option", {
    value: model.id, selected: model.default, "data-language": to ?? null, "data-source": to ? from : null, "data-bundled": bundled,
  }, bundled ? name : `${name} (${model.id})`.trim());
}

export async function start() {
  const panel = new Panel("translate", answer, command);
  const choices = panel.field("model");
  choices.addEventListener("change", () => panel.ask());
  try {
    choices.append(...(await models()).filter((model) => model.commands.includes("translate")).map(choice));
    if (choices.length) await panel.ask();
    else panel.answer.append(el("p", { class: "empty" }, "No translator is served; seqtext serve --model translate=FOLDER serves one."));
  } catch (error) {
    panel.tell(error);
  }
}
