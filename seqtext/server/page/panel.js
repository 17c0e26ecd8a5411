// What all panels share: a form that asks, an answer, a fault, the command line; late answers are dropped.

import { Fault } from "./api.js";
import { showCommand } from "./command.js";
import { el } from "./dom.js";

export class Panel {
  /**
   * @param {string} name of the panel, with which the ids of its fields begin
   * @param {(panel: Panel, signal: AbortSignal) => Promise<void>} answer asks and shows; what it throws is told
   * @param {(panel: Panel) => string|[string, string]} command the command line that gives the same, and its heading
   */
  constructor(name, answer, command) {
    this.name = name;
    this.root = document.getElementById(`panel-${name}`);
    this.form = this.root.querySelector("form");
    this.text = this.root.querySelector("textarea");
    this.answer = this.root.querySelector(".answer");
    this.fault = this.root.querySelector(".fault");
    this.status = this.root.querySelector("[role=status]");
    this.same = this.root.querySelector(".same");
    this.asks = answer;
    this.command = command;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.ask(); });
    this.form.addEventListener("input", () => { this.keep(); this.tellCommand(); });
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.ask(); }
    });
    this.form.querySelector(".main")?.setAttribute("aria-keyshortcuts", "Control+Enter Meta+Enter");
    this.restore();
    this.tellCommand();
  }

  get fields() {
    return [...this.form.elements].filter((field) => field.id);
  }

  /** Keep what was typed in this tab of the browser, so that a reload loses nothing. */
  keep() {
    try {
      sessionStorage.setItem(this.name, JSON.stringify(this.fields.map((field) => [field.id, field.value])));
    } catch { /* no room or no right to store anything: then a reload begins anew */ }
  }

  restore() {
    let kept = [];
    try {
      kept = JSON.parse(sessionStorage.getItem(this.name)) ?? [];
    } catch { /* nothing is kept */ }
    for (const [id, value] of kept) {
      const field = this.fields.find((one) => one.id === id);
      if (field && (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value))) field.value = value;
    }
  }

  /** An input, select or textarea by the end of its id. */
  field(name) {
    return document.getElementById(`${this.name}-${name}`);
  }

  /** A number that was typed; null for none. Raises Fault for what is no number in the range of its field. */
  number(name) {
    const field = this.field(name), { badInput, rangeUnderflow, rangeOverflow } = field.validity;
    const whole = Number(field.step || 1) % 1 === 0;
    if (badInput || rangeUnderflow || rangeOverflow || (whole && !Number.isInteger(Number(field.value)))) {
      throw new Fault(`${field.labels[0].textContent}: ${field.value || "what was typed"} was received; a ${whole ? "whole " : ""}number from ${field.min} to ${field.max} is accepted.`, `type ${field.defaultValue || field.min}`);
    }
    return field.value === "" ? null : Number(field.value);
  }

  tellCommand() {
    const found = this.command(this);
    if (found) showCommand(this.same, ...[found].flat());
    else this.same.replaceChildren();
  }

  /** Drop what is under way. */
  stop() {
    this.asked?.abort();
  }

  async ask() {
    this.stop();
    const asked = new AbortController();
    this.asked = asked;
    this.fault.textContent = "";
    this.status.textContent = "";
    this.answer.setAttribute("aria-busy", "true");
    try {
      this.keep();
      this.tellCommand();
      await this.asks(this, asked.signal);
    } catch (error) {
      const stopped = error.name === "AbortError";
      if (this.asked === asked && this.shown !== asked.signal) { // what is shown answers another question
        this.answer.replaceChildren(...(stopped ? [el("p", { class: "empty" }, "Stopped.")] : []));
      }
      if (!stopped) this.tell(error);
    } finally {
      if (this.asked === asked) this.answer.removeAttribute("aria-busy");
    }
  }

  tell(error) {
    if (!(error instanceof Fault)) console.error(error);
    const hint = error.hint ? `\nTry: ${error.hint}` : "";
    this.fault.textContent = error instanceof Fault ? `${error.message}${hint}` : "The page could not show the answer; reload it.";
  }

  /**
   * Show an answer, unless a later question was asked meanwhile.
   * @param {AbortSignal} signal of the question
   * @param {string} told the answer in a sentence, for those who do not see it appear
   */
  show(signal, told, ...nodes) {
    signal.throwIfAborted();
    this.shown = signal;
    this.answer.replaceChildren(...nodes);
    this.status.textContent = told;
  }
}
