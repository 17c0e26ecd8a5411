// Write: a text streams as it is made; chips offer the next words.

import { ask, stream } from "./api.js";
import { commandLine } from "./command.js";
import { el, percent } from "./dom.js";
import { Panel } from "./panel.js";

const WAIT = 250; // milliseconds after the last key before the next words are asked for

let panel, chips, stopper, timer, nextAsked;

function asked(panel) {
  return {
    prompt: panel.text.value, length: panel.number("length"), temperature: panel.number("temperature"),
    seed: panel.number("seed"),
  };
}

async function answer(panel, signal) {
  const body = asked(panel);
  const written = el("span");
  let begun = false;
  stopper.hidden = false;
  signal.addEventListener("abort", () => { stopper.hidden = true; });
  try {
    const model = await stream("generate", body, signal, (piece) => {
      if (!begun) panel.show(signal, el("p", { class: "prose" }, el("span", { class: "typed" }, body.prompt), written));
      begun = true;
      written.append(piece);
    });
    if (!begun) panel.show(signal, el("p", { class: "empty" }, "Nothing was written."));
    else conclude(body.prompt, written, `Written by ${model}.`);
  } catch (error) {
    if (error.name === "AbortError" && begun && panel.asked.signal === signal) conclude(body.prompt, written, "Stopped.");
    throw error;
  } finally {
    if (panel.asked.signal === signal) stopper.hidden = true;
  }
}

function conclude(prompt, written, note) {
  const more = el("button", {
    type: "button",
    click: () => { panel.text.value = prompt + written.textContent; changed(0); panel.text.focus(); panel.tellCommand(); },
  }, "Take it as the beginning");
  panel.answer.append(el("p", { class: "note" }, `${note} `, more));
}

async function offer() {
  nextAsked?.abort();
  nextAsked = new AbortController();
  const { signal } = nextAsked;
  const text = panel.text.value;
  try {
    const { answer } = await ask("next", { text, top: 6 }, signal);
    signal.throwIfAborted();
    chips.replaceChildren(...answer.next.map((word) => el("button", {
      type: "button", class: "chip", title: percent(word.probability), click: () => append(word.text),
    }, word.text, el("small", {}, percent(word.probability)))));
  } catch (error) {
    if (error.name !== "AbortError") chips.replaceChildren();
  }
}

function append(word) {
  const text = panel.text.value;
  panel.text.value = text === "" || /\s$/.test(text) ? text + word : `${text} ${word}`;
  panel.tellCommand();
  offer().then(() => chips.firstChild?.focus());
}

function changed(wait = WAIT) {
  clearTimeout(timer);
  timer = setTimeout(offer, wait);
}

function command(panel) {
  const value = (name) => panel.field(name).value;
  const options = { length: value("length"), temperature: value("temperature"), seed: value("seed") };
  return commandLine(["generate"], options, panel.text.value);
}

export function start() {
  panel = new Panel("write", answer, command);
  chips = panel.root.querySelector(".chips");
  stopper = panel.root.querySelector(".stop");
  stopper.addEventListener("click", () => { panel.stop(); panel.root.querySelector(".main").focus(); });
  panel.text.addEventListener("input", () => changed());
  panel.answer.append(el("p", { class: "empty" }, "Write streams here as it is made."));
  offer();
}
