// Logs: lines that do not belong, by a model of normal lines or by counting over the lines alone.

import { ask, models } from "./api.js";
import { commandLine } from "./command.js";
import { codePoints, el } from "./dom.js";
import { Panel } from "./panel.js";

const TRAINS = "seqtext train anomaly normal.log --run runs/log && seqtext serve --model anomaly=runs/log";
const COUNTING = "No model of normal lines is served, so words are counted: a line is odd if its words are rare among the lines below.";
const UNCOMMANDED = "Counting has no command of its own. To train a detector of lines that do not belong, and serve it:";
const SHOWN = 100; // odd lines, the oddest
const TYPED = 20; // lines that a command names one by one

let served = null;

function marked(line, spans) {
  const letters = codePoints(line);
  const found = [];
  let place = 0;
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.start < place) continue;
    found.push(letters.slice(place, span.start).join(""), el("mark", {}, letters.slice(span.start, span.end).join("")));
    place = span.end;
  }
  return [...found, letters.slice(place).join("")];
}

function lines(panel) {
  const found = panel.text.value.split("\n");
  if (found.at(-1) === "") found.pop();
  return found;
}

async function answer(panel, signal) {
  const text = lines(panel);
  const { answer, model } = await ask("anomaly", served ? { text, model: served } : { text }, signal);
  const odd = answer.map((one, place) => ({ ...one, number: place + 1 })).filter((one) => one.anomalous);
  odd.sort((a, b) => b.score - a.score);
  const [does, first] = odd.length === 1 ? ["does", ""] : ["do", ", the oddest first"];
  const found = odd.length ? `${odd.length} of ${answer.length} lines ${does} not belong${first}` : `None of ${answer.length} lines stands out`;
  const by = model === "counting" ? "Judged by counting over these lines alone." : `Judged by ${model}.`;
  panel.show(signal, `${found}. ${odd.length ? `Line ${odd[0].number}: ${odd[0].text}` : ""}`,
    el("p", {}, odd.length ? `${found}:` : `${found}.`),
    el("ol", { class: "odd", "aria-label": "Odd lines" }, odd.slice(0, SHOWN).map((one) => el("li", { dir: "auto" },
      el("small", {}, `line ${one.number}, score ${one.score.toFixed(2)}`), marked(one.text, one.spans)))),
    el("p", { class: "note" }, odd.length > SHOWN ? `The first ${SHOWN} are shown. ${by}` : by));
}

function command(panel) {
  if (!served) return [TRAINS, UNCOMMANDED];
  const found = lines(panel), where = `on the command line, beside the folder ${served}`;
  return found.length > TYPED
    ? [commandLine(["anomaly"], { model: served, file: "lines.log" }), `The same ${where}, with the lines in a file:`]
    : [commandLine(["anomaly"], { model: served }, ...found), `The same ${where}:`];
}

export async function start() {
  const panel = new Panel("logs", answer, command);
  try {
    const found = (await models()).filter((model) => model.commands.includes("anomaly"));
    served = (found.find((model) => model.default) ?? found[0])?.id ?? null;
  } catch (error) {
    panel.tell(error);
    return;
  }
  document.getElementById("logs-how").textContent = served ? `Lines are judged by ${served}, which has learnt what normal ones look like.` : COUNTING;
  panel.tellCommand();
  await panel.ask();
}
