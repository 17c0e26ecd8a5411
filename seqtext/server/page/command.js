// The command line that gives the same answer.

import { el } from "./dom.js";

/** A word as a POSIX shell reads it. */
export function quoted(word) {
  const text = String(word);
  return /^[\w@%+=:,.\/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A command with options (those of null or "" are left out, true is a flag) and a text, which may begin with a dash. */
export function commandLine(command, options, text = null) {
  const words = ["seqtext", ...command];
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === "" || value === false) continue;
    words.push(value === true ? `--${name}` : `--${name} ${quoted(value)}`);
  }
  if (text !== null) words.push(...(text.startsWith("-") ? ["--"] : []), /^[\w.]+$/.test(text) ? `'${text}'` : quoted(text));
  return words.join(" ");
}

/** Show a command in its place, with a button that copies it. */
export function showCommand(place, line, why = "The same on the command line:") {
  const code = el("code", { tabindex: "0", role: "group", "aria-label": "Command line" }, line);
  const button = el("button", { type: "button", click: () => copied(line, button) }, "Copy command");
  place.replaceChildren(el("span", {}, why), code, button);
}

async function copied(line, button) {
  try {
    await navigator.clipboard.writeText(line);
    button.textContent = "Copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(button.previousElementSibling);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = "Selected: press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy command"; }, 2500);
}
