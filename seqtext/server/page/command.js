// The command line that gives the same answer.

import { el } from "./dom.js";

// What a terminal would obey or a reader would not see: control characters, and those that change the direction of text.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const LONG = 400; // characters of a command that does not fit into its box

const octal = (character) => [...new TextEncoder().encode(character)].map((byte) => `\\0${byte.toString(8)}`).join("");
const apart = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** Quote a word for a POSIX shell; invisible characters are spelt out. */
export function quoted(word) {
  const text = String(word);
  if (text.search(UNSEEN) >= 0) return `"$(printf %b ${apart(text.replaceAll("\\", "\\\\").replace(UNSEEN, octal))})"`;
  return /^[\w@%+=:,.\/-]+$/.test(text) ? text : apart(text);
}

/** A command with options (those of null or "" are left out, true is a flag) and texts, which may begin with a dash. */
export function commandLine(command, options, ...texts) {
  const words = ["seqtext", ...command];
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === "" || value === false) continue;
    words.push(value === true ? `--${name}` : `--${name} ${quoted(value)}`);
  }
  if (texts.some((text) => text.startsWith("-"))) words.push("--");
  words.push(...texts.map((text) => (/^[\w.]+$/.test(text) ? apart(text) : quoted(text))));
  return words.join(" ");
}

/** Show a command in its place, with a button that copies it. */
export function showCommand(place, line, why = "The same on the command line:") {
  const code = el("code", { tabindex: "0", role: "group", "aria-label": "Command line", dir: "ltr" }, line);
  const button = el("button", { type: "button", click: () => copied(line, button) }, "Copy command");
  const rest = line.length > LONG ? `It has ${line.length.toLocaleString("en")} characters: scroll to read them; all are copied.` : "";
  place.replaceChildren(el("span", {}, why), code, button, ...(rest ? [el("span", {}, rest)] : []));
}

async function copied(line, button) {
  const status = button.closest("[role=tabpanel]").querySelector("[role=status]");
  try {
    await navigator.clipboard.writeText(line);
    button.textContent = status.textContent = "Copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(button.previousElementSibling);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = status.textContent = "Selected: press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy command"; }, 2500);
}
