"""Exercises: right words, first letters, settings that exclude each other, paper."""

from typing import Any

import pytest
from browser_pages import WAIT

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
