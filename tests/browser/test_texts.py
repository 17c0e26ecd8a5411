"""Texts stay texts, whatever they hold: markup, controls, other directions, other planes."""

import json
from typing import Any

import pytest
from browser_pages import WAIT

MARKUP = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script><b>bold</b>'
ODD = {
    "markup": f"{MARKUP} &lt;img&gt; ${{window.hacked=1}}",
    "characters": "𝔘𝔫𝔦 👩‍🏫 e\u0301 bell \u0007 escape \u001b[31m left \u202e tfel \u202c \u2066 inner \u2069 \u200f",
}
PANELS = {
    "fill": "{} is a ___ of the house.",
    "write": "{} once upon a time",
    "read": "{} sat on the mat.",
    "translate": "{} sleeps.",
    "classify": "{} est la gare.",
    "logs": "a line\na line\na line\n{}\na line\na line",
    "exercises": "{}\n\nThe sun was shining, and there was not a cloud in the sky.",
}
ELEMENTS = "() => document.querySelectorAll('img, script:not([src]), iframe, object, .answer b:not(.gap > b)').length"


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("panel", PANELS)
def test_what_is_typed_is_never_markup(watched: Any, panel: str, odd: str) -> None:
    watched.open(panel)
    watched.settled(panel)
    text = PANELS[panel].format(ODD[odd])
    watched.page.fill(f"#{panel}-text", text)
    if panel == "write":
        watched.page.fill("#write-length", "20")
    watched.page.click(f"#panel-{panel} form .main")
    watched.panel(panel).locator(".answer[aria-busy]").wait_for(state="detached", timeout=WAIT)
    shown = watched.panel(panel).locator(".answer").text_content()
    assert ODD[odd].split()[0] in shown or watched.panel(panel).locator(".fault:not(:empty)").count()
    assert watched.page.input_value(f"#{panel}-text") == text
    assert watched.page.evaluate("window.hacked") is None
    assert watched.page.evaluate(ELEMENTS) == 0


ANSWERS = {
    "fill": {"text": "___", "fills": [{"text": MARKUP, "blanks": [MARKUP], "probability": 0.5}]},
    "translate": {
        "source": MARKUP, "translations": [{"text": MARKUP, "score": -1.0}], "unusual": True,
        "alignment": {"source": [MARKUP], "target": [MARKUP], "pairs": [[0, 0]]},
        "flags": [{"kind": MARKUP, "text": MARKUP}],
    },
    "classify": {
        "text": MARKUP, "labels": [{"label": MARKUP, "probability": 0.5}], "unusual": True,
        "words": [{"text": MARKUP, "start": 0, "end": 4, "weight": 1.0}],
    },
    "logs": [{"text": MARKUP, "score": 9.0, "anomalous": True, "spans": [{"start": 0, "end": 9, "bits": 9.0}]}],
    "exercises": {
        "text": MARKUP, "exercise": MARKUP,
        "items": [{"answer": MARKUP[:4], "options": [MARKUP, "b"], "accepted": [MARKUP], "start": 0, "end": 4,
                   "probability": 0.5, "difficulty": "hard"}],
    },
}  # fmt: skip
ROUTES = {"logs": "anomaly", "exercises": "cloze"}


@pytest.mark.parametrize("panel", ANSWERS)
def test_what_a_server_answers_is_never_markup(watched: Any, panel: str) -> None:
    """Words, labels and ids of a model that somebody else has made."""
    body = json.dumps(ANSWERS[panel])
    watched.page.route(f"**/v1/{ROUTES.get(panel, panel)}", lambda route: route.fulfill(
        status=200, body=body, content_type="application/json", headers={"Seqtext-Model": MARKUP}))  # fmt: skip
    watched.open(panel)
    answer = watched.settled(panel)
    assert "<img src=x" in answer.text_content()
    assert "onerror" in watched.panel(panel).get_by_role("status").text_content() or panel == "exercises"
    assert watched.page.evaluate("window.hacked") is None
    assert watched.page.evaluate(ELEMENTS) == 0


def test_flags_and_unusual_texts_are_said(watched: Any) -> None:
    answer = {
        "source": "It costs 15.", "translations": [{"text": "Il coûte 51.", "score": -1.0}], "unusual": True,
        "alignment": {"source": [], "target": [], "pairs": []}, "flags": [{"kind": "numbers", "text": "51"}],
    }  # fmt: skip
    watched.page.route("**/v1/translate", lambda route: route.fulfill(json=answer))
    watched.open("translate")
    assert watched.settled("translate").locator(".caution").all_inner_texts() == [
        "Check the numbers: 51",
        "This text is unlike those that the model has learnt from.",
    ]


def test_spans_are_counted_in_code_points(watched: Any) -> None:
    lines = ["a b"] * 6 + ["𝔘 𝔘 odd"] + ["a b"] * 6
    watched.open("logs")
    answer = watched.ask("logs", "\n".join(lines))
    assert answer.locator("mark").all_inner_texts()[-1] == "odd"


def test_lines_of_a_text_that_is_read_stay_apart(watched: Any) -> None:
    watched.open("read")
    answer = watched.ask("read", "One line.\n\nAnother line, and مرحبا.")
    assert answer.locator(".prose").text_content() == "One line.\n\nAnother line, and مرحبا."
