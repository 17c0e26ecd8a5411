// Translate: the text in another language, and lines between the words that looked at each other.

import { ask, models } from "./api.js";
import { commandLine } from "./command.js";
import { drawn, el, table } from "./dom.js";
import { Panel } from "./panel.js";

const LANGUAGES = new Intl.DisplayNames(["en"], { type: "language" });
const GAP = 14, TOP = 22, BOTTOM = 132;

const named = (code) => { try { return LANGUAGES.of(code); } catch { return code; } };

/** Words in a row of a drawing, with the middle of each. */
function row(svg, words, height) {
  let right = 2;
  return words.map((word) => {
    const text = drawn("text", { x: right, y: height }, word);
    svg.append(text);
    const width = text.getComputedTextLength();
    const middle = right + width / 2;
    right += width + GAP;
    return { middle, right };
  });
}

function lines(alignment, place) {
  const told = alignment.pairs.map(([from, to]) => `${alignment.target[to]} looked at ${alignment.source[from]}`).join(", ");
  const svg = drawn("svg", { role: "img", "aria-label": `Lines between words: ${told}`, height: BOTTOM + 14 });
  place.append(svg);
  const above = row(svg, alignment.source, TOP), below = row(svg, alignment.target, BOTTOM);
  for (const [from, to] of alignment.pairs) {
    const [a, b] = [above[from].middle, below[to].middle];
    svg.append(drawn("path", { class: "look", d: `M${a} ${TOP + 7} C${a} ${TOP + 50} ${b} ${BOTTOM - 65} ${b} ${BOTTOM - 19}` }));
  }
  svg.setAttribute("width", Math.ceil(Math.max(2, ...[...above, ...below].map((one) => one.right))));
}

async function answer(panel, signal) {
  const model = panel.field("model").value;
  const { answer, model: by } = await ask("translate", { source: panel.text.value, model, alignment: true }, signal);
  const best = answer.translations[0];
  if (!best || !best.text.trim()) {
    panel.show(signal, el("p", { class: "empty" }, "There is nothing to translate."));
    return;
  }
  const language = panel.field("model").selectedOptions[0]?.dataset.language;
  const place = el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Which word looked at which" });
  const { alignment, flags = [], unusual } = answer;
  const rows = alignment.pairs.map(([from, to]) => [alignment.target[to], alignment.source[from]]);
  const notes = [...flags.map((flag) => `${flag.kind}: ${flag.text}`), ...(unusual ? ["unlike the texts that the model has learnt from"] : [])];
  panel.show(signal, el("p", { class: "prose", lang: language }, best.text),
    ...notes.map((note) => el("p", { class: "note" }, `Note: ${note}`)),
    el("h3", {}, "Where it looked"), place,
    el("details", {}, el("summary", {}, "The same as a table"), table("Words and where they looked", ["Written", "Looked at"], rows)),
    el("p", { class: "note" }, `By ${by}, whose sentences are short ones: check what matters.`));
  lines(alignment, place);
}

function command(panel) {
  const chosen = panel.field("model").selectedOptions[0];
  const options = chosen?.dataset.bundled !== undefined && chosen ? { to: chosen.dataset.language } : { model: panel.field("model").value };
  return commandLine(["translate"], { ...options, attention: "-" }, panel.text.value);
}

export async function start() {
  const panel = new Panel("translate", answer, command);
  try {
    const found = (await models()).filter((model) => model.commands.includes("translate"));
    panel.field("model").append(...found.map((model) => {
      const [from = "", to = ""] = model.languages ?? [];
      const bundled = model.id === `translate-${from}-${to}` && from === "en";
      const label = to ? named(to) + (from && from !== "en" ? ` from ${named(from)}` : "") : model.id;
      return el("option", { value: model.id, "data-language": to, "data-bundled": bundled, selected: model.default }, bundled ? label : `${label} (${model.id})`);
    }));
    panel.tellCommand();
    if (found.length) panel.ask();
    else panel.show(new AbortController().signal, el("p", { class: "empty" }, "No translator is served."));
  } catch (error) {
    panel.tell(error);
  }
}
