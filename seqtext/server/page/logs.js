// Logs: lines that do not belong, by a model of normal lines or by counting over the lines alone.

import { ask, models } from "./api.js";
import { codePoints, el } from "./dom.js";
import { Panel } from "./panel.js";

const TRAINS = "seqtext train anomaly normal.log --run runs/log && seqtext serve --model anomaly=runs/log";
const COUNTING = "No model of normal lines is served, so counting answers: what is rare among the lines below is odd. Repeated lines make it surer.";

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

async function answer(panel, signal) {
  const lines = panel.text.value.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  const { answer, model } = await ask("anomaly", served ? { text: lines, model: served } : { text: lines }, signal);
  const odd = answer.map((one, place) => ({ ...one, number: place + 1 })).filter((one) => one.anomalous);
  odd.sort((a, b) => b.score - a.score);
  const by = model === "counting" ? "Judged by counting over these lines alone." : `Judged by ${model}.`;
  panel.show(signal,
    el("p", {}, odd.length ? `${odd.length} of ${answer.length} lines ${odd.length === 1 ? "does" : "do"} not belong, the oddest first:` : `None of ${answer.length} lines stands out.`),
    el("ol", { class: "odd", "aria-label": "Odd lines" }, odd.map((one) => el("li", {},
      el("small", {}, `line ${one.number}, score ${one.score.toFixed(2)}`), marked(one.text, one.spans)))),
    el("p", { class: "note" }, by));
}

function command() {
  return served ? `seqtext anomaly --file today.log --model ${served}` : [TRAINS, "Learn what normal lines look like, and serve that:"];
}

export async function start() {
  const panel = new Panel("logs", answer, command);
  try {
    served = (await models()).find((model) => model.commands.includes("anomaly"))?.id ?? null;
  } catch (error) {
    panel.tell(error);
  }
  document.getElementById("logs-how").textContent = served ? `Lines are judged by ${served}, which has learnt what normal ones look like.` : COUNTING;
  panel.tellCommand();
  if (!served) panel.ask();
}
