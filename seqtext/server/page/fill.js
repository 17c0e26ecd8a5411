// Fill: words drop into the blanks, all of them together; choosing one takes the next best.

import { ask } from "./api.js";
import { commandLine } from "./command.js";
import { el, percent, table } from "./dom.js";
import { Panel } from "./panel.js";

// A blank and the conditions right behind it, as seqtext/blanks.py reads them.
const BLANK = /_{2,}(?:\[[^\]]*\]|\{[^}]*\}|\(\s*[-\u2010-\u2015\u2212][^)]*\))*/;
const SHOWN = 5;
const TOP = 40; // fillings to go through, fetched once the first are shown: they take three times as long

let panel;

const sum = (fills) => fills.reduce((all, fill) => all + fill.probability, 0);

/** The fillings that are known, and the one that is shown. */
class Fillings {
  constructor(text, fills) {
    this.parts = text.split(BLANK);
    this.fills = fills;
    this.chosen = 0;
  }

  /** Take in what was fetched later; the filling that is shown stays. */
  extend(fills) {
    const shown = this.blanks.join("\n");
    const place = fills.findIndex((fill) => fill.blanks.join("\n") === shown);
    if (place < 0) return;
    this.fills = fills;
    this.chosen = place;
  }

  get blanks() {
    return this.fills[this.chosen].blanks;
  }

  /** The words of a blank, best first, by the best filling that each is part of. */
  words(blank) {
    return [...new Set(this.fills.map((fill) => fill.blanks[blank]))];
  }

  /** Move a blank further down its words; the others stay if they can, and follow if they cannot. */
  turn(blank, further) {
    const words = this.words(blank), before = this.blanks;
    const wanted = words[(words.indexOf(before[blank]) + further + words.length) % words.length];
    const kept = (fill) => fill.blanks.filter((word, place) => word === before[place]).length;
    const fitting = this.fills.filter((fill) => fill.blanks[blank] === wanted);
    this.chosen = this.fills.indexOf(fitting.reduce((best, fill) => (kept(fill) > kept(best) ? fill : best)));
  }

  /**
   * What is known of the word in a blank: of a single one its probability. That of several words together is tiny and
   * says little of each, so of several blanks, the share of the fillings that have this word here, by probability.
   */
  told(blank) {
    const words = this.words(blank), word = this.blanks[blank];
    const choice = `choice ${words.indexOf(word) + 1} of ${words.length}`;
    if (this.blanks.length === 1) return `${percent(this.fills[this.chosen].probability)}, ${choice}`;
    const having = sum(this.fills.filter((fill) => fill.blanks[blank] === word));
    return `${percent(having / sum(this.fills))} of the likeliest ${this.fills.length} have it here, ${choice}`;
  }
}

function drop(place, word) {
  place.textContent = word;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  place.animate([{ transform: "translateY(-0.7em)", opacity: 0 }, {}], { duration: 350, easing: "ease-out" });
}

/** Move a tip to the left where it would stand out of the answer. */
function keepWithin(tip, frame) {
  tip.style.setProperty("--left", "0px");
  tip.style.setProperty("--left", `${Math.min(0, frame.getBoundingClientRect().right - tip.getBoundingClientRect().right)}px`);
}

/** The text with a button in place of each blank, and a function that shows what is known now. */
function sentence(fillings) {
  const shown = el("p", { class: "prose" }), turns = [];
  fillings.blanks.forEach((_, blank) => {
    const word = el("span", { class: "own", dir: "auto" }), tip = el("span", { class: "tip", role: "tooltip", id: `fill-tip-${blank}` });
    const within = () => keepWithin(tip, panel.answer);
    const turn = (further) => { fillings.turn(blank, further); turns.forEach((draw) => draw()); };
    const button = el("button", {
      type: "button", class: "word", "aria-describedby": tip.id, click: () => turn(1),
      keydown: (event) => {
        const further = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (further) { event.preventDefault(); turn(further); }
      },
    }, word);
    turns.push(() => {
      const own = fillings.blanks[blank];
      if (word.textContent !== own) drop(word, own);
      tip.textContent = fillings.told(blank);
      within(); // it may be seen already, and grow
    });
    shown.append(fillings.parts[blank], el("span", { class: "blank", pointerenter: within, focusin: within }, button, tip));
  });
  shown.append(fillings.parts.at(-1));
  const draw = () => turns.forEach((turn) => turn());
  draw();
  return [shown, draw];
}

async function answer(panel, signal) {
  const text = panel.text.value;
  const body = { text, max_words: panel.number("words") };
  const { answer, model } = await ask("fill", { ...body, top: SHOWN }, signal);
  const [best] = answer.fills;
  if (!best) {
    const none = "Nothing fits: the model knows no word that the blanks accept.";
    panel.show(signal, none, el("p", { class: "empty" }, none));
    return;
  }
  const fillings = new Fillings(text, answer.fills);
  const several = best.blanks.length > 1;
  const whole = several ? sum(answer.fills) : 1;
  const rows = answer.fills.map((fill) => [percent(fill.probability / whole), ...fill.blanks]);
  const heads = [several ? "Share" : "Probability", ...best.blanks.map((_, place) => (several ? `Blank ${place + 1}` : "Word"))];
  const caption = `The likeliest fillings, by ${model}${several ? `. Share: of the probability that these ${rows.length} have together` : ""}`;
  const apart = fillings.parts.length === best.blanks.length + 1;
  const [shown, draw] = apart ? sentence(fillings) : [el("p", { class: "prose" }, best.text)];
  panel.show(signal, `${several ? "" : `${percent(best.probability)}: `}${best.text}`, shown, el("div", { class: "scroll" }, table(caption, heads, rows, [0])));
  if (apart && answer.fills.length === SHOWN) {
    ask("fill", { ...body, top: TOP }, signal).then((more) => { fillings.extend(more.answer.fills); draw(); }, () => {}); // the first stay
  }
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
