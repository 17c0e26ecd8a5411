"""Write an exercise as an HTML file that checks answers offline."""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from typing import Any

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.1rem/1.7 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
#text { white-space: pre-wrap; overflow-wrap: break-word; }
select, input, button { font: inherit; padding: .1rem .4rem; }
input { width: 8em; max-width: 100%; }
.right { outline: 3px solid #2a8a3e; }
.wrong { outline: 3px dashed #c62828; }
button { margin-inline-end: .5rem; padding: .3rem .9rem; }
.paper { display: none; }
@page { margin: 18mm 20mm; }
@media print {
  :root { color-scheme: light; }
  body { font-size: 12pt; max-width: none; margin: 0; padding: 0; }
  #text { line-height: 2; overflow-wrap: anywhere; orphans: 3; widows: 3; }
  h1 { font-size: 16pt; margin: 0 0 1rem; }
  select, input, button, #status, [id^=said] { display: none; }
  main::before {
    content: "Name: ______________________   Date: ____________";
    display: block; white-space: pre-wrap; text-align: end; margin-bottom: 1.5rem;
  }
  .line::before { content: "______________"; }
  ol.paper { display: block; break-inside: avoid; columns: 2; column-gap: 1.5rem; padding: 0; }
  ol.paper li { margin-inline-start: 2rem; break-inside: avoid; overflow-wrap: anywhere; padding: .1rem 0; }
}
"""

_SCRIPT = """
"use strict";
const key = JSON.parse(document.getElementById("key").textContent);
const status = document.getElementById("status");
const plain = (text) => text.trim().replace(/\\s+/gu, " ").normalize("NFC").toLowerCase();
const gaps = key.map((_, place) => document.getElementById("gap" + place));
const begun = (place) => key[place].letters;

function isRight(place) {
  const given = plain(gaps[place].value);
  return key[place].accepted.some((word) => given === plain(word) ||
    (begun(place) && plain(begun(place)) + given === plain(word)));
}

function mark(place, right) {
  gaps[place].classList.toggle("right", right);
  gaps[place].classList.toggle("wrong", !right);
  gaps[place].setAttribute("aria-invalid", String(!right));
  document.getElementById("said" + place).textContent = right ? " ✓" : " ✗";
}

document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const right = gaps.map((_, place) => isRight(place));
  right.forEach((one, place) => mark(place, one));
  status.textContent = right.filter(Boolean).length + " of " + right.length + " right";
});

document.getElementById("show").addEventListener("click", () => {
  gaps.forEach((gap, place) => { gap.value = key[place].answer; mark(place, true); });
  status.textContent = "The answers are shown.";
});

document.getElementById("form").addEventListener("reset", () => {
  gaps.forEach((gap, place) => {
    gap.classList.remove("right", "wrong");
    gap.removeAttribute("aria-invalid");
    document.getElementById("said" + place).textContent = "";
  });
  status.textContent = "";
});
"""


def exercise_page(parts: Sequence[tuple[str, int, Sequence[tuple[int, Any]]]]) -> str:
    """Write the HTML page of an exercise.

    parts: triples of a text, how many first letters remain before each gap, and the items (`ClozeItem`) with numbers.
    """
    body, key, choices = [], list[dict[str, Any]](), list[str]()
    for text, letters, items in parts:
        end = 0
        for number, item in items:
            body += [_escaped(text[end : item.start]), _gap(len(key), number, item, letters)]
            choices += _choices(number, item)
            accepted = [item.answer] if item.options else [item.answer, *item.accepted]
            key.append({"answer": item.answer, "accepted": accepted, "letters": item.answer[:letters]})
            end = item.end
        body.append(_escaped(text[end:]))
    for entry in key:  # the field holds only the letters after those shown before it
        entry["answer"] = entry["answer"][len(entry["letters"]) :]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>Exercise</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Fill in the gaps</h1>\n"
        f'<form id="form" autocomplete="off">\n<p id="text" dir="auto">{"".join(body)}</p>\n'
        f'{_choice_list(choices)}<p><button type="submit">Check</button>'
        '<button type="button" id="show">Show the answers</button>'
        '<button type="reset">Start again</button></p>\n</form>\n<p id="status" role="status"></p>\n</main>\n'
        f'<script type="application/json" id="key">{_json(key)}</script>\n<script>{_SCRIPT}</script>\n'
        "</body>\n</html>\n"
    )


def _gap(index: int, number: int, item: Any, letters: int) -> str:
    name = f'id="gap{index}" aria-label="Gap {number}" aria-describedby="said{index}"'
    said = f'<span class="line"></span><span id="said{index}"></span>'
    if not item.options:
        field = f'<input type="text" {name} spellcheck="false" autocapitalize="none">'
        return f"({number}) {_escaped(item.answer[:letters])}{field}{said}"
    options = "".join(f"<option>{_escaped(option)}</option>" for option in item.options)
    return f'({number}) <select {name}><option value="">…</option>{options}</select>{said}'


def _choices(number: int, item: Any) -> list[str]:
    """Write the options as a list for print, because paper cannot unfold a menu."""
    return [f'<li value="{number}">{_escaped("  ·  ".join(item.options))}</li>'] if item.options else []


def _choice_list(choices: Sequence[str]) -> str:
    return f'<ol class="paper" aria-label="Words to choose from">{"".join(choices)}</ol>\n' if choices else ""


def _escaped(text: str) -> str:
    """Escape a text for HTML; a carriage return becomes a line break, because a parser would drop it."""
    return html.escape(text.replace("\r\n", "\n").replace("\r", "\n"))


def _json(value: Any) -> str:
    """Write JSON for a script element, escaped so that no text can end the element."""
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c").replace("&", "\\u0026")


def _policy() -> str:
    """Write the Content-Security-Policy, which allows only this script and this style, by their digests."""

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return f"default-src 'none'; script-src {digest(_SCRIPT)}; style-src {digest(_STYLE)}; form-action 'none'"
