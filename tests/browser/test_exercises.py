"""Exercises: right words, first letters, settings that exclude each other, paper."""

import subprocess
import sys
from typing import Any

import pytest
from browser_pages import WAIT
from panels import STORY

LIKELY = {"probability": 0.9, "difficulty": "easy"}
UNLIKELY = {"probability": 0.1, "difficulty": "hard"}
WORKED = {
    "text": "Don't stop: the cloud is grey.",
    "exercise": "(1) ____ stop: the (2) ____ is grey.",
    "items": [
        {"answer": "Don't", "options": [], "accepted": [], "start": 0, "end": 5, **LIKELY},
        {"answer": "cloud", "options": [], "accepted": ["sky", "New  York"], "start": 16, "end": 21, **UNLIKELY},
    ],
}


def solve(watched: Any, first: str, second: str, letters: str = "0") -> list[str]:
    watched.page.route("**/v1/cloze", lambda route: route.fulfill(json=WORKED))
    watched.open("exercises")
    watched.settled("exercises")
    watched.page.select_option("#exercises-letters", letters)
    watched.page.click("#panel-exercises form .main")
    watched.settled("exercises")
    for field, typed in zip(watched.page.locator(".sheet input").all(), (first, second), strict=True):
        field.fill(typed)
    watched.page.locator(".sheet input").first.press("Enter")
    found: list[str] = watched.page.locator(".verdict").all_inner_texts()
    return found


@pytest.mark.parametrize(
    ("first", "second", "right"),
    [
        ("Don't", "cloud", [True, True]),
        (" DON’T ", "Sky", [True, True]),
        ("don't", " new york", [True, True]),
        ("do not", "clouds", [False, False]),
        ("", " ", [False, False]),
    ],
)
def test_case_spaces_and_apostrophes_are_forgiven_and_other_words_that_fit_are_right(
    watched: Any, first: str, second: str, right: list[bool]
) -> None:
    assert [verdict == "✓ right" for verdict in solve(watched, first, second)] == right
    told = watched.page.locator(".score").inner_text()
    assert told == (f"{sum(right)} of 2 right." if not all(right) else "2 of 2 right: well done!")
    assert watched.panel("exercises").get_by_role("status").inner_text() == told


@pytest.mark.parametrize("second", ["cloud", "oud", "OUD", "sky"])
def test_behind_first_letters_the_rest_is_enough(watched: Any, second: str) -> None:
    assert solve(watched, "n't", second, letters="2") == ["✓ right", "✓ right"]
    assert watched.page.locator(".begun").all_inner_texts() == ["Do", "cl"]


def test_the_rest_alone_is_wrong_where_no_letters_are_shown(watched: Any) -> None:
    assert solve(watched, "n't", "oud") == ["✗ wrong", "✗ wrong"]
    assert watched.page.locator(".sheet input").first.get_attribute("aria-invalid") == "true"


def test_an_exercise_can_be_started_again(watched: Any) -> None:
    solve(watched, "x", "y")
    watched.page.get_by_role("button", name="Start again").click()
    assert watched.page.locator(".sheet input").first.input_value() == ""
    assert watched.page.locator(".sheet input").first.get_attribute("aria-invalid") is None
    assert "".join(watched.page.locator(".verdict").all_inner_texts()) == ""


def test_settings_that_exclude_each_other_are_switched_off(watched: Any) -> None:
    watched.open("exercises")
    watched.settled("exercises")
    watched.page.select_option("#exercises-letters", "1")
    watched.page.fill("#exercises-every", "7")
    assert watched.page.locator("#exercises-options").is_disabled()
    assert watched.page.locator("#exercises-hardness").is_disabled()
    watched.page.click("#panel-exercises form .main")
    watched.panel("exercises").locator(".sheet input").first.wait_for(timeout=WAIT)
    line = watched.panel("exercises").locator(".same code").inner_text()
    assert line.startswith("seqtext cloze --every 7 --options 0 --letters 1 --format text 'She woke up")
    watched.page.fill("#exercises-every", "")
    assert watched.page.locator("#exercises-hardness").is_enabled()


def test_paper_shows_the_exercise_then_the_key_on_a_page_of_its_own(watched: Any) -> None:
    watched.open("exercises")
    answer = watched.settled("exercises")
    key = answer.locator(".paper.key")
    assert key.is_hidden()
    watched.page.emulate_media(media="print")
    assert answer.locator(".sheet .paper").first.is_visible()
    assert answer.locator(".choices li").count() == answer.locator(".sheet select").count()
    assert key.is_visible()
    assert key.evaluate("(one) => getComputedStyle(one).breakBefore") == "page"
    for hidden in ("form", "header", ".same", ".sheet select", ".answer .actions", "details"):
        assert not [one for one in watched.page.locator(hidden).all() if one.is_visible()], hidden
    watched.page.emulate_media(media="screen")
    watched.page.get_by_label("with the key on a page of its own").uncheck()
    watched.page.emulate_media(media="print")
    assert key.is_hidden()
    assert watched.page.pdf().startswith(b"%PDF")


def test_the_key_tells_the_answers_the_words_that_fit_too_and_how_hard_they_are(watched: Any) -> None:
    solve(watched, "", "")
    watched.page.get_by_text("Show the key").click()
    assert watched.page.locator("details li").all_inner_texts()[-2:] == [
        "Don't, easy",
        "cloud (also right: sky, New York), hard",
    ]
    assert watched.page.locator(".sheet input").nth(1).get_attribute("aria-label") == "Gap 2, hard"


def answered_with(watched: Any, count: int, **more: Any) -> Any:
    """The exercises of a server that has made so many gaps."""
    worked = {**WORKED, "items": WORKED["items"][:count], **more}
    watched.page.route("**/v1/cloze", lambda route: route.fulfill(json=worked))
    watched.open("exercises")
    return watched.settled("exercises")


def test_without_a_gap_the_page_names_its_own_controls(watched: Any) -> None:
    answer = answered_with(watched, 0)
    told = answer.inner_text()
    for control in ("Hardness", "Or every n-th word", "Words to choose from"):
        assert f"“{control}”" in told
        assert watched.panel("exercises").get_by_label(control, exact=True).count() == 1
    watched.page.select_option("#exercises-hardness", "hard")
    watched.page.select_option("#exercises-options", label="none")
    watched.page.fill("#exercises-every", "7")
    watched.page.click("#panel-exercises form .main")
    watched.panel("exercises").locator(".answer", has_not_text="choose").wait_for()
    assert watched.settled("exercises").inner_text().endswith("For more, take a longer text.")


def test_what_the_page_names_makes_more_gaps(watched: Any) -> None:
    watched.open("exercises")
    watched.settled("exercises")
    watched.page.select_option("#exercises-hardness", "easy")
    answer = watched.ask("exercises", "The zookeeper repaired a turbine. Then he sat at the table.")
    assert "For more, take a longer text, or choose “hard” at “Hardness”" in answer.inner_text()
    watched.page.select_option("#exercises-options", label="none")
    watched.page.fill("#exercises-every", "2")
    watched.page.click("#panel-exercises form .main")
    watched.panel("exercises").locator(".sheet input").first.wait_for(timeout=WAIT)


def test_fewer_gaps_than_asked_for_are_counted(watched: Any) -> None:
    answered_with(watched, 2)
    watched.page.fill("#exercises-items", "5")
    watched.page.click("#panel-exercises form .main")
    note = watched.panel("exercises").locator(".few", has_text="of the 5 asked for")
    note.wait_for()
    assert note.inner_text().startswith("Only 2 of the 5 asked for could be made. For more, ")
    watched.page.fill("#exercises-items", "2")
    watched.page.click("#panel-exercises form .main")
    note.wait_for(state="detached")
    assert not watched.panel("exercises").locator(".few").count()


def test_a_text_of_unknown_words_is_called_so(watched: Any) -> None:
    answer = answered_with(watched, 2, unknown=0.4)
    assert "does not know 40.0% of the words" in answer.locator(".caution").inner_text()


PAPER = 643  # CSS pixels between margins of 20 mm on A4
MARGINS = """() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule instanceof CSSPageRule).map((rule) => parseFloat(rule.style.marginLeft))"""


def fits_paper(watched: Any) -> None:
    """Check what is printed: margins, nothing beyond them, and no list of words that a page ends within."""
    watched.page.set_viewport_size({"width": PAPER, "height": 900})
    watched.until(lambda: watched.page.evaluate("innerWidth") == PAPER)
    watched.page.emulate_media(media="print")
    assert min(watched.page.evaluate(MARGINS)) >= 10
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= PAPER
    assert watched.page.locator("li:visible").count() >= 2
    for line in watched.page.locator("li:visible").all():
        assert line.evaluate("(one) => getComputedStyle(one).breakInside") == "avoid"


LONG_WORD = "The sun was shining on the " + "Donaudampfschifffahrt" * 8 + ", and there was not a cloud in the sky. "
PRINTED = f"{LONG_WORD}They sat down at the table and ate bread and butter. {STORY}"


@pytest.mark.parametrize("options", ["none", "6"])
def test_what_the_page_prints_fits_paper(watched: Any, options: str) -> None:
    watched.open("exercises")
    watched.settled("exercises")
    watched.page.select_option("#exercises-options", label=options)
    watched.ask("exercises", PRINTED)
    fits_paper(watched)


def test_the_file_that_checks_fits_paper(watched: Any) -> None:
    command = [sys.executable, "-m", "seqtext", "cloze", "--format", "html", PRINTED]
    written = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    watched.page.set_content(written)
    lists = watched.page.locator("select")
    assert lists.count() >= 2
    assert not watched.page.locator("ol").is_visible()
    fits_paper(watched)
    assert [one.text_content().split("  ·  ") for one in watched.page.locator("li").all()] == [
        one.locator("option").all_text_contents()[1:] for one in lists.all()
    ]
    for hidden in ("select", "button", "#status"):
        assert not watched.page.locator(hidden).first.is_visible()
    assert "_____" in watched.page.evaluate("getComputedStyle(document.querySelector('.line'), '::before').content")
