"""Texts at the limits of what is accepted, narrow windows, answers that end too early."""

from typing import Any

import pytest
from panels import ASKING, KINDS, SLOW, Panel, expect
from servers import running

LETTERS = 10_000
ENDS = {"Fill": " is a ___.", "Exercises": "\n\nShe put the kettle on and made a pot of tea.", "Logs": "\none\ntwo"}


def overflow(page: Any) -> int:
    """Pixels by which a page is wider than its window."""
    found: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found


@pytest.mark.parametrize("name", ASKING)
def test_ten_thousand_letters_are_answered_or_refused_and_fit(open_page: Any, name: str) -> None:
    watched = open_page(360).open(name.lower())
    panel = Panel(watched.page, name).open()
    text = "ab" * (LETTERS // 2) + ENDS.get(name, "")
    panel.text.fill(text)
    with watched.page.expect_request(
        lambda one: one.url.endswith(panel.kind.asks) and text[:99] in one.post_data
    ) as asked:
        panel.button.click()
    if asked.value.response().ok:
        panel.settled(3 * SLOW)
        expect(panel.alert).to_be_hidden()
    else:
        expect(panel.alert).to_contain_text("Try:")
        watched.faults.clear()
    expect(panel.text).to_have_value(text)
    assert overflow(watched.page) <= 0


@pytest.mark.parametrize("name", ["Fill", "Read", "Classify"])
def test_a_text_that_is_too_long_is_refused_with_what_is_accepted(watched: Any, name: str) -> None:
    watched.open(name.lower())
    panel = Panel(watched.page, name).open()
    panel.text.fill("word " * 5000 + "___")
    panel.button.click()
    expect(panel.alert).to_contain_text("25003 characters")
    expect(panel.alert).to_contain_text("20000")
    assert panel.root.locator(".answer").text_content() == ""
    watched.faults.clear()


@pytest.mark.parametrize("name", KINDS)
def test_a_window_of_320_pixels_is_wide_enough(open_page: Any, name: str) -> None:
    """A window of 1,280 pixels whose text is enlarged to 400 %, as WCAG 1.4.10 asks for."""
    watched = open_page(320).open(name.lower())
    panel = Panel(watched.page, name).open()
    assert overflow(watched.page) <= 0
    for place in panel.answer.locator(":scope > *").all():
        box = place.bounding_box()
        assert box is None or box["x"] + box["width"] <= 320


def test_the_page_is_asked_again_once_the_server_is_back(open_page: Any) -> None:
    with running() as server:
        watched = open_page(at=f"http://127.0.0.1:{server.port}").open("read")
        panel = Panel(watched.page, "Read").open()
        server.stop()
        panel.text.fill("Kept until then.")
        panel.button.click()
        expect(panel.alert).to_contain_text("does not answer")
        with running("--port", str(server.port)):
            panel.ask()
            expect(panel.alert).to_be_hidden()
            expect(panel.answer).to_contain_text("Kept until then.")
        watched.faults.clear()
