// Classify: labels as bars, and the words that decided.

import { ask, models } from "./api.js";
import { commandLine } from "./command.js";
import { codePoints, el, percent } from "./dom.js";
import { Panel } from "./panel.js";

const OWN = "\u0000own"; // labels of one's own, weighed by a fill model: no model has such an id
const WORDS = 12, SLIGHT = 0.05;
const EXAMPLE = "A warm and funny film, which I would see again.";

let panel;

const own = () => panel.field("model").value === OWN;

function bars(labels) {
  return el("ol", { class: "bars", "aria-label": "Labels, likeliest first" }, labels.map((label) => {
    const fill = el("i");
    fill.style.setProperty("--share", `${100 * label.probability}%`);
    return el("li", {}, el("span", { class: "name", dir: "auto" }, label.label + (label.chosen ? " (chosen)" : "")),
      el("span", { class: "bar", "aria-hidden": "true" }, fill), el("span", { class: "number" }, percent(label.probability)));
  }));
}

/** The text with lines below the words that decided: whole ones for the label, broken ones against it. */
function marked(text, words) {
  const letters = codePoints(text), most = Math.max(...words.map((word) => Math.abs(word.weight)));
  const shown = el("p", { class: "prose" });
  let place = 0;
  for (const word of words.filter((one) => Math.abs(one.weight) >= SLIGHT)) {
    const strong = Math.abs(word.weight) > most / 3 ? "strong" : "";
    shown.append(letters.slice(place, word.start).join(""),
      el("span", { class: `${word.weight > 0 ? "for" : "against"} ${strong}` }, letters.slice(word.start, word.end).join("")));
    place = word.end;
  }
  shown.append(letters.slice(place).join(""));
  return shown;
}

function weight(value) {
  return `${value < 0 ? "against, −" : "for, +"}${Math.abs(value).toFixed(1)}`;
}

function reasons(text, words, label) {
  const most = words.filter((word) => Math.abs(word.weight) >= SLIGHT).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  if (!most.length) return [];
  return [
    el("h3", {}, "What decided"), marked(text, words),
    el("ul", { class: "reasons", "aria-label": `Words for and against ${label}` }, most.slice(0, WORDS).map((word) => el("li", {
      class: word.weight < 0 ? "against" : "for",
    }, el("bdi", {}, word.text), " ", el("small", {}, weight(word.weight))))),
    el("p", { class: "note" }, `For or against ${label}: how much its log-odds fall without the word.`),
  ];
}

async function answer(panel, signal) {
  const text = panel.text.value;
  const body = own()
    ? { text, labels: panel.field("labels").value, prompt: panel.field("prompt").value, top: 8 }
    : { text, model: panel.field("model").value || undefined, explain: true, top: 5 };
  const { answer, model } = await ask("classify", body, signal);
  const [first] = answer.labels;
  if (!first) {
    const none = "There is no text to label.";
    panel.show(signal, none, el("p", { class: "empty" }, none));
    return;
  }
  const cautions = [
    answer.unusual ? "This text is unlike those that the model has learnt from." : "",
    answer.cut ? `Only the beginning was read: ${answer.read} of ${answer.read + answer.cut} words.` : "",
  ].filter(Boolean);
  const by = `By ${model}${own() ? ", without any training: it weighs your labels as words for the blank." : "."}`;
  panel.show(signal, `${first.label}, ${percent(first.probability)}. ${cautions.join(" ")}`,
    bars(answer.labels), ...cautions.map((caution) => el("p", { class: "caution" }, caution)),
    ...reasons(text, answer.words ?? [], first.label), el("p", { class: "note" }, by));
}

function command(panel) {
  const { value } = panel.field("model"), text = panel.text.value;
  if (!value) return "";
  if (own()) return commandLine(["classify"], { labels: panel.field("labels").value, prompt: panel.field("prompt").value, top: 8 }, text);
  return commandLine(["classify"], { model: value === "language-id" ? null : value, explain: true, top: 5 }, text);
}

function change() {
  panel.root.querySelector(".own").hidden = !own();
  if (own() && panel.text.value === panel.text.defaultValue) panel.text.value = EXAMPLE;
  return panel.ask();
}

const NAMES = { "language-id": "languages (language-id)" };

export async function start() {
  panel = new Panel("classify", answer, command);
  const choice = panel.field("model");
  choice.addEventListener("change", change);
  try {
    const all = await models(), asked = (command) => all.filter((model) => model.commands.includes(command));
    choice.append(...asked("classify").map((model) => el("option", { value: model.id, selected: model.default }, NAMES[model.id] ?? model.id)));
    if (asked("fill").length) choice.append(el("option", { value: OWN }, "labels of my own"));
    if (choice.length) await change();
    else panel.answer.append(el("p", { class: "empty" }, "No classifier is served; seqtext serve --model classify=FOLDER serves one."));
  } catch (error) {
    panel.tell(error);
  }
}
