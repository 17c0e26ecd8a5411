"""What axe-core finds, and what it does not look at: widths, targets, shifts, motion, contrast of what is focused."""

import json
from typing import Any

import pytest
from browser_pages import AXE, FILLINGS, PANELS, WAIT
from panels import expect

LEAST_TARGET = 24  # CSS pixels, WCAG 2.2, 2.5.8
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# How many elements move as soon as a word is chosen.
MOVING = """(word) => {
  document.getAnimations().forEach((one) => one.cancel());
  word.click();
  return document.getAnimations().length;
}"""


def serious_faults(page: Any) -> list[str]:
    """What axe-core says is serious or critical, with the elements."""
    assert AXE.exists(), "axe-core is missing: npm install --prefix build --no-save --no-package-lock axe-core@4"
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { rules: { 'target-size': { enabled: true } } })")
    assert len(found["passes"]) > 15
    return [
        f"{one['id']}: {node['html']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def in_use(watched: Any, panel: str) -> None:
    """Have an answer on a panel, with everything unfolded that can be."""
    watched.open(panel)
    if panel == "write":
        watched.page.fill("#write-length", "60")
        watched.page.click("#panel-write .main")
        watched.panel("write").locator(".answer .note").wait_for(timeout=WAIT)
    watched.settled(panel)
    for summary in watched.panel(panel).locator("summary").all():
        summary.click()
    if panel == "exercises":
        watched.panel(panel).locator(".answer .main").click()


def scroll_width(page: Any) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth")
    return found


@pytest.mark.parametrize("panel", PANELS)
def test_axe_finds_nothing_serious(open_page: Any, panel: str) -> None:
    watched = open_page(1280, reduced_motion="reduce")
    in_use(watched, panel)
    for width in (1280, 360):
        watched.page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            watched.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert serious_faults(watched.page) == [], (width, scheme)


def test_axe_would_find_something(watched: Any) -> None:
    watched.open()
    watched.settled("fill")
    watched.page.evaluate("document.querySelector('label[for=fill-text]').remove()")
    assert any("fill-text" in fault for fault in serious_faults(watched.page))


@pytest.mark.parametrize("panel", PANELS)
def test_an_answer_fits_a_phone_and_its_targets_a_finger(open_page: Any, panel: str) -> None:
    watched = open_page(360)
    in_use(watched, panel)
    assert scroll_width(watched.page) <= 360
    boxes = watched.page.evaluate("""() => [...document.querySelectorAll("button, select, textarea, summary, input")]
        .filter((one) => one.checkVisibility() && !one.classList.contains("token"))
        .map((one) => [one.outerHTML.slice(0, 80), (one.closest("label") ?? one).getBoundingClientRect()])
        .map(([name, box]) => [name, box.width, box.height])""")
    assert len(boxes) > 8
    assert [box for box in boxes if min(box[1:]) < LEAST_TARGET] == []


@pytest.mark.parametrize("panel", PANELS)
def test_long_texts_do_not_make_a_phone_scroll_sideways(open_page: Any, panel: str) -> None:
    watched = open_page(360)
    watched.open(panel)
    if panel == "ladder":
        watched.settled(panel)
    else:
        word = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle"
        end = "and there was not a ___ in the sky." if panel == "fill" else "and there was not a cloud in the sky."
        watched.ask(panel, f"The sun was shining on the {word}, {end}\nhttps://example.org/{word}")
    assert scroll_width(watched.page) <= 360


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_tips_stay_on_a_narrow_page(open_page: Any, place: int) -> None:
    watched = open_page(360)
    watched.open()
    answer = watched.ask("fill", "She opened the ___ and looked out at the ___ while her ___ was in the ___.")
    for touch in ("hover", "focus"):
        getattr(answer.locator(".word").nth(place), touch)()
        box = watched.page.locator(".tip:visible").first.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert scroll_width(watched.page) <= 360


def test_a_tip_that_grows_while_it_is_seen_stays_in_its_answer(open_page: Any) -> None:
    watched, waiting = open_page(360), []
    fills = [{"text": "", "blanks": [f"word{number}"], "probability": 0.01} for number in range(FILLINGS)]

    def answer(route: Any) -> None:
        top = json.loads(route.request.post_data)["top"]
        waiting.append(route) if top == FILLINGS else route.fulfill(json={"text": "", "fills": fills[:top]})

    watched.page.route("**/v1/fill", answer)
    watched.open()
    answered = watched.ask("fill", "At the end stands ___")
    watched.until(lambda: bool(waiting))
    answered.locator(".prose").evaluate("(one) => { one.style.textAlign = 'right'; }")
    answered.locator(".word").focus()
    tip = watched.page.locator(".tip:visible")
    few = tip.bounding_box()["width"]
    waiting[0].fulfill(json={"text": "", "fills": fills})
    expect(tip).to_contain_text(f"of {FILLINGS}")
    box, frame = tip.bounding_box(), answered.bounding_box()
    assert box["width"] > few
    assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 0.1


@pytest.mark.parametrize("width", [360, 1280])
def test_what_is_read_hardly_moves_while_the_page_loads(open_page: Any, width: int) -> None:
    watched = open_page(width)
    watched.page.add_init_script(SHIFTS)
    watched.open()
    watched.settled("fill")
    watched.page.wait_for_timeout(300)
    assert watched.page.evaluate("window.shifted") < 0.1  # "good" of Core Web Vitals


def test_words_do_not_move_where_motion_is_not_wanted(open_page: Any) -> None:
    for motion, least in (("reduce", 0), ("no-preference", 1)):
        watched = open_page(reduced_motion=motion)
        watched.open()
        answer = watched.settled("fill")
        watched.all_fillings()
        assert (answer.locator(".word").first.evaluate(MOVING) >= 1) == bool(least)


def test_the_focus_is_seen(watched: Any) -> None:
    watched.open()
    watched.settled("fill")
    for _ in range(14):
        watched.page.keyboard.press("Tab")
        style = watched.page.evaluate("""() => {
            const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
            return [outlineStyle, parseFloat(outlineWidth)];
        }""")
        assert style[0] != "none"
        assert style[1] >= 2


def test_an_answer_is_told_to_those_who_do_not_see_it(watched: Any) -> None:
    watched.open()
    watched.settled("fill")
    told = watched.panel("fill").get_by_role("status")
    assert "The quick brown fox" in told.inner_text()
    watched.panel("fill").locator(".word").first.click()
    watched.ask("fill", "The cat drinks ___.")
    assert "The cat drinks" in told.inner_text()
