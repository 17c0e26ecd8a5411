// Classify: labels as bars, and the words that decided.

import { ask, models } from "./api.js";
import { commandLine } from "./command.js";
import { el, percent } from "./dom.js";
import { Panel } from "./panel.js";

const OWN = "own"; // labels of one's own, weighed by a fill model
const WORDS = 12;

let panel;

const own = () => panel.field("model").value === OWN;

function bars(labels) {
  return el("ol", { class: "bars", "aria-label": "Labels, likeliest first" }, labels.map((label) => {
    const fill = el("i");
    fill.style.setProperty("--share", `${100 * label.probability}%`);
    return el("li", {}, el("span", { class: "name" }, label.label + (label.chosen ? " (chosen)" : "")),
      el("span", { class: "bar", "aria-hidden": "true" }, fill), el("span", { class: "number" }, percent(label.probability)));
  }));
}

function reasons(words, label) {
  const most = [...words].filter((word) => word.weight).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, WORDS);
  if (!most.length) return [];
  return [el("h3", {}, `Words that speak for or against ${label}`), el("ul", { class: "reasons" }, most.map((word) => el("li", {
    class: word.weight < 0 ? "against" : null,
  }, word.text, " ", el("small", {}, `${word.weight < 0 ? "against " : "for "}${word.weight > 0 ? "+" : "−"}${Math.abs(word.weight).toFixed(1)}`)))),
  el("p", { class: "note" }, "The weight of a word is what the log-odds of the label lose without it.")];
}

async function answer(panel, signal) {
  const text = panel.text.value;
  const body = own()
    ? { text, labels: panel.field("labels").value, prompt: panel.field("prompt").value, top: 8 }
    : { text, model: panel.field("model").value, explain: true, top: 5 };
  const { answer, model } = await ask("classify", body, signal);
  const first = answer.labels[0];
  if (!first) {
    panel.show(signal, el("p", { class: "empty" }, "There is no text to label."));
    return;
  }
  const notes = [
    answer.unusual ? "This text is unlike those that the model has learnt from." : "",
    answer.cut ? `Only the beginning was read: ${answer.read} of ${answer.read + answer.cut} words.` : "",
    `By ${model}${own() ? ", without any training: it weighs your labels as words for the blank." : "."}`,
  ].filter(Boolean);
  panel.show(signal, bars(answer.labels), ...reasons(answer.words ?? [], first.label), ...notes.map((note) => el("p", { class: "note" }, note)));
}

function command(panel) {
  if (!panel.field("model").value) return "";
  if (own()) return commandLine(["classify"], { labels: panel.field("labels").value, prompt: panel.field("prompt").value }, panel.text.value);
  const chosen = panel.field("model").value;
  return commandLine(["classify"], { model: chosen === "language-id" ? null : chosen, explain: true }, panel.text.value);
}

const NAMES = { "language-id": "language (language-id)" };
const EXAMPLE = "A warm and funny film, which I would see again.";

export async function start() {
  panel = new Panel("classify", answer, command);
  const choice = panel.field("model");
  choice.addEventListener("change", () => {
    panel.root.querySelector(".own").hidden = !own();
    if (own() && panel.text.value === panel.text.defaultValue) panel.text.value = EXAMPLE;
    panel.tellCommand();
    panel.ask();
  });
  try {
    const all = await models();
    const found = all.filter((model) => model.commands.includes("classify"));
    choice.append(...found.map((model) => el("option", { value: model.id, selected: model.default }, NAMES[model.id] ?? model.id)));
    if (all.some((model) => model.commands.includes("fill"))) choice.append(el("option", { value: OWN }, "labels of my own"));
    panel.root.querySelector(".own").hidden = !own();
    panel.tellCommand();
    panel.ask();
  } catch (error) {
    panel.tell(error);
  }
}
