"""Each panel by keyboard alone: Tab to it, type, ask, read the answer. The mouse is not touched."""

import re
from typing import Any

import pytest
from browser_pages import PANELS, WAIT
from panels import expect

STORY = (
    "The sun was shining, and there was not a cloud in the sky. They sat down at the table and ate bread and butter."
)


def tab_to(page: Any, selector: str, most: int = 80) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement?.matches(wanted) ?? false", selector):
            return
    raise AssertionError(f"{selector} is not reached by {most} times Tab")


def go_to(watched: Any, name: str) -> Any:
    """Open a panel by Tab and arrow keys, from the top of the page."""
    watched.open()
    watched.settled("fill")
    tab_to(watched.page, "[role=tab]")
    for _ in range(PANELS.index(name)):
        watched.page.keyboard.press("ArrowRight")
    assert watched.page.evaluate("document.activeElement.id") == f"tab-{name}"
    watched.panel(name).wait_for(state="visible")
    return watched.page.keyboard


def type_and_ask(watched: Any, name: str, text: str) -> Any:
    keyboard = go_to(watched, name)
    watched.settled(name)
    tab_to(watched.page, f"#{name}-text")
    keyboard.press("Control+A")
    keyboard.type(text)
    tab_to(watched.page, f"#panel-{name} form .main")
    keyboard.press("Enter")
    return watched.settled(name)


def test_tabs_go_round_and_have_addresses(watched: Any) -> None:
    keyboard = go_to(watched, "ladder")
    keyboard.press("ArrowRight")
    assert watched.page.evaluate("document.activeElement.id") == "tab-fill"
    keyboard.press("End")
    expect(watched.page).to_have_url(f"{watched.address}/#ladder")  # waits: addresses come a moment later
    keyboard.press("Home")
    expect(watched.page).to_have_url(f"{watched.address}/#fill")
    expect(watched.page).to_have_title("Fill · seqtext")
    watched.settled("ladder")


def test_the_tabs_are_one_stop(watched: Any) -> None:
    keyboard = go_to(watched, "read")
    keyboard.press("Tab")
    assert watched.page.evaluate("document.activeElement.id") == "read-text"
    keyboard.press("Shift+Tab")
    assert watched.page.evaluate("document.activeElement.id") == "tab-read"


def test_the_tabs_are_skipped_with_the_link(watched: Any) -> None:
    watched.open("read")
    watched.settled("read")
    watched.page.keyboard.press("Tab")
    watched.page.keyboard.press("Enter")
    expect(watched.page.locator("#main")).to_be_focused()
    expect(watched.page).to_have_url(f"{watched.address}/#main")
    assert watched.panel("read").is_visible()  # and not the first panel
    watched.page.keyboard.press("Tab")
    assert watched.page.evaluate("document.activeElement.id") == "read-text"


def test_fill_drops_words_and_takes_the_next_best(watched: Any) -> None:
    answer = type_and_ask(watched, "fill", "The quick brown ___ jumped over the lazy ___.")
    assert answer.locator(".prose .word").all_inner_texts() == ["fox", "dog"]
    watched.all_fillings()
    tab_to(watched.page, ".word")
    told = watched.page.locator(".tip:visible").inner_text()
    assert re.match(r"\d+\.\d% of the likeliest \d+ have it here, choice 1 of", told)
    watched.page.keyboard.press("Enter")
    second = answer.locator(".word").first.inner_text()
    assert second != "fox"
    assert "choice 2 of" in watched.page.locator(".tip:visible").inner_text()
    watched.page.keyboard.press("ArrowUp")
    assert answer.locator(".word").first.inner_text() == "fox"


@pytest.mark.parametrize("panel", [name for name in PANELS if name != "ladder"])
def test_control_enter_asks_from_every_control_of_a_form(watched: Any, panel: str) -> None:
    asked = {"read": "score", "logs": "anomaly", "exercises": "cloze", "write": "generate"}.get(panel, panel)
    watched.open(panel)
    watched.settled(panel)
    watched.panel(panel).locator("form :is(textarea, .main)").first.wait_for()
    fields = watched.panel(panel).locator("form").locator("textarea, input, select, button, summary")
    shown = [one for one in fields.all() if one.is_visible() and one.is_enabled()]
    assert len(shown) > 1
    for one in shown:
        with watched.page.expect_request(f"**/v1/{asked}", timeout=WAIT):
            one.focus()
            watched.page.keyboard.press("Control+Enter")
        watched.settled(panel)
    assert watched.panel(panel).locator(".fault:empty").count() == 1


def slow_network(page: Any, speed: int = 1000) -> None:
    """Have a page receive so many bytes in a second."""
    limits = {"offline": False, "latency": 0, "downloadThroughput": speed, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", limits)


def test_write_streams_and_stops(watched: Any) -> None:
    keyboard = go_to(watched, "write")
    watched.settled("write")
    slow_network(watched.page)  # or all is written before Tab reaches what stops it
    tab_to(watched.page, "#write-length")
    keyboard.press("Control+A")
    keyboard.type("2000")
    tab_to(watched.page, "#panel-write .main")
    keyboard.press("Enter")
    watched.panel("write").locator(".prose").wait_for(timeout=WAIT)
    tab_to(watched.page, "#panel-write .stop")
    keyboard.press("Enter")
    note = watched.panel("write").locator(".answer .note")
    note.wait_for()
    assert note.inner_text().startswith("Stopped.")
    text = watched.panel("write").locator(".prose").inner_text()
    assert text.startswith("Once upon a time there was a little boat")
    assert len(text) < 2000
    assert watched.page.evaluate("document.activeElement.matches('#panel-write .main')")


def test_write_appends_the_next_word_that_is_chosen(watched: Any) -> None:
    keyboard = go_to(watched, "write")
    chip = watched.panel("write").locator(".chip").first
    chip.wait_for()
    word = re.match(r"\S+", chip.inner_text())
    tab_to(watched.page, ".chip")
    keyboard.press("Enter")
    assert word
    assert watched.page.input_value("#write-text") == f"Once upon a time there was a little boat {word[0]}"


def test_read_goes_through_the_words(watched: Any) -> None:
    answer = type_and_ask(watched, "read", "The dog sat on the xqz.")
    tab_to(watched.page, ".token")
    watched.page.keyboard.press("End")
    told = re.search(r"“xqz\.” holds (\d+\.\d) bits", answer.locator(".detail").inner_text())
    assert told
    assert float(told[1]) > 15
    assert answer.locator(".s4").count() > 0


@pytest.mark.parametrize(("downs", "translated"), [(0, "Le chien dort."), (-1, "Der Hund schläft.")])
def test_translate_draws_lines(watched: Any, downs: int, translated: str) -> None:
    keyboard = go_to(watched, "translate")
    watched.settled("translate")
    tab_to(watched.page, "#translate-text")
    keyboard.press("Control+A")
    keyboard.type("The dog is sleeping.")
    tab_to(watched.page, "#translate-model")
    keyboard.press("ArrowUp" if downs else "End")
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    watched.panel("translate").locator(".prose", has_text=translated).wait_for()
    answer = watched.settled("translate")
    expect(answer.locator("path.look")).to_have_count(len(translated.split()) + 1)
    assert answer.locator("table tbody tr").count() == len(translated.split()) + 1


def test_classify_shows_bars_and_what_decided(watched: Any) -> None:
    answer = type_and_ask(watched, "classify", "Wo ist der Bahnhof?")
    assert re.match(r"German\s+\d{2,3}\.\d%", answer.locator(".bars li").first.inner_text())
    assert answer.locator(".reasons li").count() > 1
    assert answer.locator(".prose .for").count() > 0


def test_classify_takes_labels_of_ones_own(watched: Any) -> None:
    keyboard = go_to(watched, "classify")
    watched.settled("classify")
    tab_to(watched.page, "#classify-model")
    keyboard.press("End")
    first = watched.panel("classify").locator(".bars .name", has_text="positive").first
    first.wait_for(timeout=WAIT)
    tab_to(watched.page, "#classify-labels")
    keyboard.press("Control+A")
    keyboard.type("cold=winter,hot=summer")
    keyboard.press("Enter")
    watched.panel("classify").locator(".bars .name", has_text="summer").wait_for(timeout=WAIT)


def test_logs_are_judged_by_counting(watched: Any) -> None:
    lines = ["GET /a 200", "GET /b 200", "GET /a 200", "GET /b 200", "disk failure", "GET /a 200"]
    answer = type_and_ask(watched, "logs", "\n".join(lines))
    assert "counting" in answer.inner_text()
    assert "line 5" in answer.locator(".odd li").first.inner_text()
    assert answer.locator("mark").all_inner_texts() == ["disk", "failure"]


def test_exercises_are_solved_and_checked(watched: Any) -> None:
    answer = type_and_ask(watched, "exercises", STORY)
    gaps = answer.locator(".sheet select")
    assert gaps.count() >= 2
    tab_to(watched.page, ".sheet select")
    watched.page.keyboard.press("ArrowDown")
    tab_to(watched.page, ".answer .main")
    watched.page.keyboard.press("Enter")
    score = watched.panel("exercises").locator(".score").inner_text()
    assert re.fullmatch(rf"[01] of {gaps.count()} right\.", score)
    assert answer.locator(".verdict").last.inner_text() == "✗ open"


def test_the_ladder_is_climbed_by_choices(watched: Any) -> None:
    keyboard = go_to(watched, "ladder")
    answer = watched.settled("ladder")
    expect(answer.locator("polyline")).to_have_count(4)  # drawn once there is a width
    tab_to(watched.page, "[name=ladder-cell]")
    keyboard.press("Space")
    answer = watched.settled("ladder")
    expect(answer.locator("polyline")).to_have_count(3)
    before = answer.locator("polyline").first.get_attribute("points")
    tab_to(watched.page, "[name=ladder-updates]")
    keyboard.press("ArrowRight")
    assert watched.settled("ladder").locator("polyline").first.get_attribute("points") != before
