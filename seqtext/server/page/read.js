// Read: each token is marked by its surprisal in bits; the arrow keys go from word to word.

import { ask } from "./api.js";
import { commandLine } from "./command.js";
import { codePoints, el, table } from "./dom.js";
import { Panel } from "./panel.js";

const BOUNDS = [1, 4, 7, 10]; // bits from which a token is marked more strongly
const MEANINGS = ["under 1 bit", "1 to 4", "4 to 7", "7 to 10", "10 and more"];
const LISTED = 12;

const strength = (bits) => BOUNDS.filter((bound) => bits >= bound).length;
const told = (bits) => `${bits.toFixed(1)} bits`;

/** Tokens as they stand in the text, with what is between them. */
function laidOut(text, tokens) {
  const letters = codePoints(text);
  const found = [];
  let place = 0;
  for (const token of tokens) {
    const start = Math.max(place, token.start);
    if (start > place) found.push({ text: letters.slice(place, start).join(""), bits: 0 });
    const end = Math.max(start, token.end);
    const shown = letters.slice(start, end).join("");
    if (shown) found.push({ text: shown, bits: token.bits });
    else if (found.length) found.at(-1).bits += token.bits;
    place = end;
  }
  if (place < letters.length) found.push({ text: letters.slice(place).join(""), bits: 0 });
  return found;
}

/** Words, each with its tokens; white space stands with the word behind it. */
function words(tokens) {
  const found = [];
  for (const token of tokens) {
    const begins = /^\s/.test(token.text) && !/^\s*$/.test(found.at(-1)?.map((one) => one.text).join("") ?? " ");
    if (begins || !found.length) found.push([]);
    found.at(-1).push(token);
  }
  return found.map((own) => ({
    tokens: own, text: own.map((one) => one.text).join(""), bits: own.reduce((sum, one) => sum + one.bits, 0),
  }));
}

const marks = (token) => el("span", { class: `s${strength(token.bits)}` }, token.text);

function marked(all, detail) {
  const shown = el("div", { class: "prose", role: "toolbar", "aria-label": "The text, word by word; the arrow keys go through it" });
  const buttons = all.map((word, place) => {
    const letter = Math.max(0, word.tokens.findIndex((token) => token.text.trim()));
    const [before, own] = [word.tokens.slice(0, letter), word.tokens.slice(letter)].map((some) => some.map(marks));
    const button = el("button", {
      type: "button", class: "token", tabindex: place ? "-1" : "0", "aria-label": `${word.text.trim() || "white space"}: ${told(word.bits)}`,
      focus: () => describe(word, detail), mouseenter: () => describe(word, detail), click: () => describe(word, detail),
    }, own);
    shown.append(...before, button); // white space stands outside, so that a line can end there
    return button;
  });
  shown.addEventListener("keydown", (event) => {
    const place = buttons.indexOf(event.target);
    const next = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (next === undefined || !buttons[next]) return;
    event.preventDefault();
    buttons[place].tabIndex = -1;
    buttons[next].tabIndex = 0;
    buttons[next].focus();
  });
  return shown;
}

function describe(word, detail) {
  const parts = word.tokens.length > 1 ? `: ${word.tokens.map((one) => `${one.text.trim() || "space"} ${one.bits.toFixed(1)}`).join(", ")}` : "";
  detail.textContent = `“${word.text.trim()}” holds ${told(word.bits)}${parts}`;
}

async function answer(panel, signal) {
  const text = panel.text.value;
  const { answer, model } = await ask("score", { text }, signal);
  const all = words(laidOut(text, answer.tokens));
  if (!all.length) {
    const none = "There is no text to read.";
    panel.show(signal, none, el("p", { class: "empty" }, none));
    return;
  }
  const detail = el("p", { class: "detail note" }, "Point at a word, or go from word to word with the arrow keys.");
  const legend = el("ul", { class: "legend", "aria-label": "What the marks mean" },
    MEANINGS.map((meaning, place) => el("li", {}, el("span", { class: `s${place}` }, "abc"), ` ${meaning}`)));
  const most = [...all].sort((a, b) => b.bits - a.bits).slice(0, LISTED);
  const whole = `${answer.bits.toFixed(0)} bits in all, ${answer.bits_per_character.toFixed(2)} for each character`;
  panel.show(signal, `${whole}; “${most[0].text.trim()}” surprises most.`, marked(all, detail), detail, legend,
    el("p", { class: "note" }, `${whole}, to ${model}.`),
    el("details", {}, el("summary", {}, "The most surprising words as a table"),
      table("Words that surprise most", ["Bits", "Word"], most.map((word) => [word.bits.toFixed(1), word.text.trim()]), [0])));
}

export function start() {
  const panel = new Panel("read", answer, (own) => commandLine(["score"], {}, own.text.value));
  panel.ask();
}
