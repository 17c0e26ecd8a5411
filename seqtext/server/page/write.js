// Write: a text streams as it is made; chips offer the next words.

import { ask, stream } from "./api.js";
import { commandLine } from "./command.js";
import { el, percent } from "./dom.js";
import { Panel } from "./panel.js";

const WAIT = 250; // milliseconds after the last key before the next words are asked for
const SEEDS = 100000;

let panel, chips, stopper, timer, nextAsked;
let drawn = null; // the seed of the last text where none was typed, without which the command would write another

async function answer(panel, signal) {
  const settings = { length: panel.number("length"), temperature: panel.number("temperature"), seed: panel.number("seed") };
  drawn = Math.floor(Math.random() * SEEDS);
  settings.seed ??= drawn;
  const prompt = panel.text.value, written = document.createTextNode("");
  panel.tellCommand();
  stopper.disabled = false;
  try {
    const model = await stream("generate", { prompt, ...settings }, signal, (piece) => {
      if (!written.data) panel.show(signal, "", el("p", { class: "prose" }, el("span", { class: "typed" }, prompt), written));
      written.appendData(piece);
    });
    if (written.data) conclude(prompt, written.data, `Written by ${model} with seed ${settings.seed}.`);
    else panel.show(signal, "Nothing was written.", el("p", { class: "empty" }, "Nothing was written."));
  } catch (error) {
    const stopped = error.name === "AbortError";
    if (written.data && panel.asked.signal === signal) conclude(prompt, written.data, stopped ? "Stopped." : "It broke off here.");
    throw error;
  } finally {
    if (panel.asked.signal === signal) stopper.disabled = true;
  }
}

function conclude(prompt, text, note) {
  const more = el("button", {
    type: "button",
    click: () => { panel.text.value = prompt + text; panel.tellCommand(); offer(); panel.text.focus(); },
  }, "Continue from here");
  panel.answer.append(el("p", { class: "note" }, `${note} `, more));
  panel.status.textContent = `${note} ${text}`;
}

async function offer() {
  clearTimeout(timer);
  nextAsked?.abort();
  nextAsked = new AbortController();
  const { signal } = nextAsked;
  try {
    const { answer } = await ask("next", { text: panel.text.value, top: 6 }, signal);
    signal.throwIfAborted();
    chips.replaceChildren(...answer.next.map((word) => el("button", {
      type: "button", class: "chip", click: () => append(word.text),
    }, word.text, " ", el("small", {}, percent(word.probability)))));
  } catch (error) {
    if (error.name !== "AbortError") chips.replaceChildren(); // Write tells what is wrong
  }
}

function append(word) {
  const text = panel.text.value;
  panel.text.value = text === "" || /\s$/.test(text) ? text + word : `${text} ${word}`;
  panel.tellCommand();
  panel.status.textContent = `${word} was added`;
  offer().then(() => chips.firstChild?.focus());
}

function command(panel) {
  const value = (name) => panel.field(name).value;
  const options = { length: value("length"), temperature: value("temperature"), seed: value("seed") || drawn };
  return commandLine(["generate"], options, panel.text.value);
}

export function start() {
  panel = new Panel("write", answer, command);
  chips = panel.root.querySelector(".chips");
  stopper = panel.root.querySelector(".stop");
  stopper.addEventListener("click", () => { panel.stop(); panel.root.querySelector(".main").focus(); });
  panel.text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(offer, WAIT); });
  panel.answer.append(el("p", { class: "empty" }, "Press Write, or choose the next words one by one."));
  offer();
}
