"""Each panel has an address of its own: links open it, the way back leads through what was seen."""

from typing import Any

import pytest
from panels import KINDS, Panel, expect


@pytest.mark.parametrize("name", KINDS)
def test_an_address_opens_its_panel(watched: Any, name: str) -> None:
    watched.open(name.lower())
    panel = Panel(watched.page, name)
    panel.settled()
    expect(panel.tab).to_have_attribute("aria-selected", "true")
    assert watched.page.get_by_role("tab", selected=True).count() == watched.page.get_by_role("tabpanel").count() == 1
    assert watched.page.title().startswith(name)


def test_back_and_forward_go_through_the_panels(watched: Any) -> None:
    watched.page.goto(watched.address)
    fill, read, logs = (Panel(watched.page, name) for name in ("Fill", "Read", "Logs"))
    for panel in (read, logs):
        panel.open()
    watched.page.go_back()
    expect(read.root).to_be_visible()
    watched.page.go_back()
    expect(fill.root).to_be_visible()
    expect(fill.tab).to_have_attribute("aria-selected", "true")
    watched.page.go_forward()
    expect(read.root).to_be_visible()
    expect(logs.root).to_be_hidden()


def test_a_panel_keeps_its_text_and_answer_while_another_is_open(watched: Any) -> None:
    watched.open("read")
    read = Panel(watched.page, "Read").open()
    read.ask("Kept while others are seen.")
    told = read.answer.inner_text()
    Panel(watched.page, "Logs").open()
    read.tab.click()
    expect(read.text).to_have_value("Kept while others are seen.")
    assert read.answer.inner_text() == told


def test_an_answer_arrives_in_a_panel_that_was_left(watched: Any) -> None:
    waiting: list[Any] = []
    watched.open("read")
    read = Panel(watched.page, "Read").open()
    watched.page.route("**/v1/score", lambda route: waiting.append(route))
    read.text.fill("Nobody waits for this.")
    with watched.page.expect_request("**/v1/score"):
        read.button.click()
    fill = Panel(watched.page, "Fill").open()
    with watched.page.expect_response("**/v1/score"):
        waiting[0].continue_()
    expect(fill.root).to_be_visible()
    read.tab.click()
    read.settled()
    expect(read.answer).to_contain_text("Nobody waits")


@pytest.mark.parametrize("odd", ["nothing", "panel-read", "%", "FILL", "<img src=x>", "__proto__", "main"])
def test_an_odd_address_opens_the_first_panel(watched: Any, odd: str) -> None:
    watched.page.goto(f"{watched.address}/#{odd}")
    panel = Panel(watched.page, "Fill")
    panel.settled()
    expect(panel.alert).to_be_hidden()


def test_the_page_loads_again_as_it_was(watched: Any) -> None:
    watched.open("classify")
    Panel(watched.page, "Classify").settled()
    watched.page.reload()
    Panel(watched.page, "Classify").settled()
    expect(watched.page).to_have_url(f"{watched.address}/#classify")
