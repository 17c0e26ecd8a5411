// Exercises: gaps in a text, to be solved here or printed; case and spaces are forgiven.

import { ask } from "./api.js";
import { commandLine } from "./command.js";
import { codePoints, el, percent } from "./dom.js";
import { Panel } from "./panel.js";

const ENDINGS = { text: "txt", markdown: "md", html: "html", gift: "gift", anki: "txt" };

const FEW = 3, USUAL_EVERY = 7; // gaps; words from one to the next
const UNLIKE = 0.25; // the share of unknown words from which on the command line says so, too

/** A word as it is compared: case, spaces and the kind of apostrophe are forgiven. */
const plain = (text) => text.normalize("NFC").toLowerCase().replaceAll("’", "'").trim().replace(/\s+/g, " ");
const begun = (item, letters) => codePoints(item.answer).slice(0, letters).join("");

/** Whether what was typed is right; behind first letters that are shown, the rest of the word is, too. */
function isRight(item, typed, letters) {
  const given = [typed, begun(item, letters) + typed].map(plain);
  return Boolean(plain(typed)) && [item.answer, ...item.accepted].some((word) => given.includes(plain(word)));
}

function gap(item, number, letters) {
  const label = `Gap ${number}${letters ? `, begins with ${begun(item, letters)}` : ""}, ${item.difficulty}`;
  const field = item.options.length
    ? el("select", { "aria-label": label }, el("option", { value: "" }, "…"), item.options.map((word) => el("option", {}, word)))
    : el("input", { "aria-label": label, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const verdict = el("span", { class: "verdict" });
  const line = el("span", { class: "paper" }, `${begun(item, letters)}______________`);
  return { item, field, verdict, node: el("span", { class: "gap" }, el("b", { class: item.difficulty }, `(${number})`), " ", el("span", { class: "begun" }, begun(item, letters)), field, verdict, line) };
}

/** The exercise as it is solved: a field in place of each answer. */
class Sheet {
  constructor({ text, items }, letters) {
    const characters = codePoints(text);
    this.letters = letters;
    this.node = el("div", { class: "sheet", dir: "auto" });
    this.score = el("p", { class: "score" });
    let place = 0;
    this.gaps = items.map((item, number) => {
      const made = gap(item, number + 1, letters);
      this.node.append(characters.slice(place, item.start).join(""), made.node);
      place = item.end;
      return made;
    });
    this.node.append(characters.slice(place).join(""));
  }

  check() {
    const right = this.gaps.map(({ item, field, verdict }) => {
      const good = isRight(item, field.value, this.letters);
      field.className = good ? "right" : "wrong";
      field.setAttribute("aria-invalid", String(!good));
      verdict.textContent = good ? "✓ right" : plain(field.value) ? "✗ wrong" : "✗ open";
      return good;
    });
    const count = right.filter(Boolean).length;
    this.score.textContent = `${count} of ${right.length} right${count === right.length ? ": well done!" : "."}`;
    this.gaps[right.indexOf(false)]?.field.focus();
    return this.score.textContent;
  }

  clear() {
    for (const { field, verdict } of this.gaps) {
      field.value = verdict.textContent = field.className = "";
      field.removeAttribute("aria-invalid");
    }
    this.score.textContent = "";
  }
}

function key(items) {
  return el("ol", {}, items.map((item) => el("li", {}, el("strong", {}, item.answer),
    item.accepted.length ? ` (also right: ${item.accepted.join(", ")})` : "", `, ${item.difficulty}`)));
}

/** Make what is shown in print alone: the words to choose from, and the key on a page of its own. */
function paper(items) {
  const choices = items.some((item) => item.options.length)
    ? el("ol", { class: "paper choices" }, items.map((item) => el("li", {}, item.options.join("  ·  ")))) : null;
  return [choices, el("div", { class: "paper key" }, el("h2", {}, "Key"), key(items))];
}

function buttons(panel, sheet, shown) {
  const checked = () => { panel.status.textContent = sheet.check(); };
  const keyed = el("input", { type: "checkbox", checked: true, change: () => shown.classList.toggle("keyless", !keyed.checked) });
  return el("div", { class: "actions" },
    el("button", { type: "button", class: "main", click: checked }, "Check answers"),
    el("button", { type: "button", click: () => sheet.clear() }, "Start again"),
    el("button", { type: "button", click: () => print() }, "Print"),
    el("label", {}, keyed, " with the key on a page of its own"));
}

async function answer(panel, signal) {
  const options = settings(panel, (name) => panel.number(name));
  const { answer, model } = await ask("cloze", { text: panel.text.value, ...options }, signal);
  if (!answer.items.length) {
    const none = `No gap could be made: no word is determined clearly enough by the words around it. ${more(panel, options)}`;
    panel.show(signal, none, el("p", { class: "empty" }, none), ...unlike(answer));
    return;
  }
  const sheet = new Sheet(answer, options.letters), count = answer.items.length;
  const shown = el("div", { keydown: (event) => { if (event.key === "Enter" && event.target.matches("input:not([type])")) panel.status.textContent = sheet.check(); } },
    el("p", { class: "paper name" }, "Name: ______________________   Date: ____________"), sheet.node);
  const made = `${count} ${count === 1 ? "gap" : "gaps"}, made with ${model}`;
  const wanted = options.items ?? FEW, asked = options.items ? ` of the ${wanted} asked for` : "";
  const few = count < wanted ? [el("p", { class: "note few" }, `Only ${count}${asked} could be made. ${more(panel, options)}`)] : [];
  panel.show(signal, `${made}. ${few.map((one) => one.textContent).join("")}`, ...unlike(answer), ...few, shown, buttons(panel, sheet, shown), sheet.score,
    el("details", {}, el("summary", {}, "Show the key"), key(answer.items)), el("p", { class: "note" }, `${made}. ${MEANING}`));
  shown.append(...paper(answer.items).filter(Boolean));
}

/** What to do for more gaps, in the words of the form. */
function more(panel, { every, hardness, options }) {
  const label = (name) => panel.field(name).labels[0].textContent, choices = panel.field("options").options;
  const ways = [
    hardness && hardness !== "hard" ? `choose “hard” at “${label("hardness")}”` : "",
    every && every <= USUAL_EVERY ? "" : `type ${USUAL_EVERY} at “${label("every")}”`,
    options ? `choose “${choices[0].textContent}” at “${label("options")}”` : "",
  ].filter(Boolean);
  return `For more, take a longer text${ways.map((way) => `, or ${way}`).join("")}.`;
}

/** A note where a model does not know many words of the text. */
function unlike({ unknown = 0 }) {
  return unknown > UNLIKE ? [el("p", { class: "caution" }, `The model does not know ${percent(unknown)} of the words: the text is unlike those that it has learnt from.`)] : [];
}

const MEANING = "A gap is easy (●○○) where hardly any other word fits, hard (●●●) where several come to mind.";

/** The options that are asked for; `number` reads a field that holds one. */
function settings(panel, number) {
  const every = number("every"), items = number("items");
  const [options, letters] = ["options", "letters"].map((name) => Number(panel.field(name).value));
  return {
    ...(every ? { every } : { hardness: panel.field("hardness").value }), ...(items ? { items } : {}), options: letters ? 0 : options, letters,
  };
}

function command(panel) {
  const found = settings(panel, (name) => Number(panel.field(name).value)), format = panel.field("format").value;
  return [`${commandLine(["cloze"], { ...found, format }, panel.text.value)} > exercise.${ENDINGS[format]}`, "The same as a file, on the command line:"];
}

/** Disable what is excluded: words to choose from by first letters shown, the hardness by a distance. */
function exclude(panel) {
  panel.field("options").disabled = panel.field("letters").value !== "0";
  panel.field("hardness").disabled = panel.field("every").value !== "";
}

export function start() {
  const panel = new Panel("exercises", answer, command);
  panel.form.addEventListener("input", () => exclude(panel));
  exclude(panel);
  panel.ask();
}
