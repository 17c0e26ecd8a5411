// Fill: words drop into the blanks, all of them together; a click on one takes the next best.

import { ask } from "./api.js";
import { commandLine } from "./command.js";
import { el, percent, table } from "./dom.js";
import { Panel } from "./panel.js";

const BLANK = /_{2,}(?:\{[^}]*\}|\[[^\]]*\]|\(-[^)]*\))*/;
const SHOWN = 5;
const TOP = 40; // several blanks together have many fillings, through which clicks go

let panel;

/** The fillings that are known, and the one that is shown. */
class Fillings {
  constructor(text, fills) {
    this.parts = text.split(BLANK);
    this.fills = fills;
    this.chosen = 0;
  }

  get blanks() {
    return this.fills[this.chosen].blanks;
  }

  /** The words of a blank, best first, by the best filling that each is part of. */
  words(blank) {
    return [...new Set(this.fills.map((fill) => fill.blanks[blank]))];
  }

  /** Take the next best word for a blank; the others follow, so that all fit together. */
  turn(blank) {
    const words = this.words(blank);
    const next = words[(words.indexOf(this.blanks[blank]) + 1) % words.length];
    const others = (fill) => fill.blanks.filter((word, place) => place !== blank && word === this.blanks[place]).length;
    const fitting = this.fills.map((fill, place) => [place, fill]).filter(([, fill]) => fill.blanks[blank] === next);
    fitting.sort(([, a], [, b]) => b.probability - a.probability || others(b) - others(a));
    this.chosen = fitting[0][0];
  }
}

function sentence(fillings, turned = null) {
  const { blanks } = fillings;
  const shown = el("p", { class: "prose" });
  if (fillings.parts.length !== blanks.length + 1) {
    shown.append(fillings.fills[fillings.chosen].text);
    return shown;
  }
  blanks.forEach((word, place) => {
    const rank = fillings.words(place).indexOf(word) + 1;
    const chance = percent(fillings.fills[fillings.chosen].probability);
    const told = `${chance}${blanks.length > 1 ? " together" : ""}, choice ${rank} of ${fillings.words(place).length}`;
    const tip = el("span", { class: "tip", id: `fill-tip-${place}`, role: "tooltip" }, told);
    const button = el("button", {
      type: "button", class: "word", "aria-label": word || "nothing", "aria-describedby": tip.id,
      click: () => { fillings.turn(place); redraw(fillings, place); },
    }, word, tip);
    shown.append(fillings.parts[place], button);
    if (place === turned) queueMicrotask(() => button.focus());
  });
  shown.append(fillings.parts.at(-1));
  return shown;
}

function redraw(fillings, turned) {
  panel.answer.firstChild.replaceWith(sentence(fillings, turned));
}

async function answer(panel, signal) {
  const text = panel.text.value;
  const { answer, model } = await ask("fill", { text, top: TOP, max_words: panel.number("words") }, signal);
  if (!answer.fills.length) {
    panel.show(signal, el("p", { class: "empty" }, "Nothing fits: no word that the model knows satisfies what the blanks ask for."));
    return;
  }
  const rows = answer.fills.slice(0, SHOWN).map((fill) => [percent(fill.probability), fill.blanks.join(" … ")]);
  panel.show(signal, sentence(new Fillings(text, answer.fills)),
    table(`The likeliest fillings by ${model}`, ["Probability", "Words"], rows, [0]));
}

function command(panel) {
  const words = panel.field("words").value;
  return commandLine(["fill"], { "max-words": words === "1" ? null : words }, panel.text.value);
}

export function start() {
  panel = new Panel("fill", answer, command);
  for (const button of panel.root.querySelectorAll("[data-text]")) {
    button.addEventListener("click", () => { panel.text.value = button.dataset.text; panel.ask(); });
  }
  panel.ask();
}
