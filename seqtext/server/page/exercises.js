// Exercises: gaps in a text, to be solved here or printed; case and spaces are forgiven.

import { ask } from "./api.js";
import { commandLine } from "./command.js";
import { codePoints, el } from "./dom.js";
import { Panel } from "./panel.js";

const told = (text) => text.normalize("NFC").toLocaleLowerCase().replaceAll("’", "'").trim().replace(/\s+/g, " ");

/** What may be typed for an answer of which some letters are shown: all of it, or the rest. */
const right = (item, typed, letters) => [item.answer, ...item.accepted].some((word) =>
  [told(word), told(codePoints(word).slice(letters).join(""))].includes(told(typed)));

function gap(item, number, letters) {
  const shown = codePoints(item.answer).slice(0, letters).join("");
  const label = `Gap ${number}, ${item.difficulty}`;
  const field = item.options.length
    ? el("select", { "aria-label": label }, el("option", { value: "" }, "…"), item.options.map((word) => el("option", {}, word)))
    : el("input", { "aria-label": label, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const verdict = el("span", { class: "verdict" });
  const paper = el("span", { class: "paper" }, `${shown}____${item.options.length ? ` (${item.options.join(" / ")})` : ""}`);
  return { item, field, verdict, nodes: [`(${number}) ${item.options.length ? "" : shown}`, field, verdict, paper] };
}

function judge(gaps, letters, score) {
  let good = 0;
  for (const { item, field, verdict } of gaps) {
    const correct = right(item, field.value, letters);
    good += correct;
    field.className = correct ? "right" : "wrong";
    field.setAttribute("aria-invalid", String(!correct));
    verdict.textContent = correct ? "✓ right" : field.value ? "✗ wrong" : "✗ open";
  }
  score.textContent = `${good} of ${gaps.length} right.`;
}

function key(items) {
  return items.map((item) => {
    const also = item.accepted.filter((word) => word !== item.answer);
    return el("li", {}, item.answer + (also.length ? ` (also ${also.join(", ")})` : "") + `, ${item.difficulty}`);
  });
}

async function answer(panel, signal) {
  const options = settings(panel, (name) => panel.number(name));
  const { answer, model } = await ask("cloze", { text: panel.text.value, ...options }, signal);
  if (!answer.items.length) {
    panel.show(signal, el("p", { class: "empty" }, "No word of this text is determined well enough by the others. A longer text has more of them; so has another hardness."));
    return;
  }
  const letters = codePoints(answer.text), sheet = el("div", { class: "sheet" });
  let place = 0;
  const gaps = answer.items.map((item, number) => {
    const made = gap(item, number + 1, options.letters);
    sheet.append(letters.slice(place, item.start).join(""), ...made.nodes);
    place = item.end;
    return made;
  });
  sheet.append(letters.slice(place).join(""));
  const score = el("p", { role: "status" });
  panel.show(signal, sheet,
    el("div", { class: "actions" },
      el("button", { type: "button", class: "main", click: () => judge(gaps, options.letters, score) }, "Check answers"),
      el("button", { type: "button", click: () => print() }, "Print")),
    score,
    el("details", {}, el("summary", {}, "Key"), el("ol", {}, key(answer.items))),
    el("div", { class: "paper key" }, el("strong", {}, "Key"), el("ol", {}, key(answer.items))),
    el("p", { class: "note" }, `${gaps.length} ${gaps.length === 1 ? "gap" : "gaps"}, made with ${model}.`));
}

function settings(panel, number) {
  const every = number("every"), options = Number(panel.field("options").value), letters = Number(panel.field("letters").value);
  return { options, letters, ...(every ? { every } : { hardness: panel.field("hardness").value }) };
}

function command(panel) {
  const found = settings(panel, (name) => Number(panel.field(name).value));
  return [commandLine(["cloze"], { ...found, format: "text" }, panel.text.value), "The same on the command line; markdown, html, gift (Moodle) and anki are formats, too:"];
}

export function start() {
  const panel = new Panel("exercises", answer, command);
  panel.ask();
}
