"""What may come between a question and its answer: faults, late answers, servers that are gone, models not served."""

import json
import re
from typing import Any

import pytest
from browser_pages import LOAD_FAILED, PANELS, WAIT
from servers import running

FAULTY = {
    "fill": "no blank at all",
    "exercises": "The ___ is a blank already.",
}

BYTE_BY_BYTE = """
const real = window.fetch;
window.fetch = async (path, options) => {
  if (!path.endsWith("/v1/generate")) return real(path, options);
  const bytes = new TextEncoder().encode(EVENTS);
  return new Response(new ReadableStream({ start(stream) {
    for (const byte of bytes) stream.enqueue(new Uint8Array([byte]));
    stream.close();
  } }));
};
"""


def events_of(*found: Any) -> str:
    return "".join(f"data: {json.dumps(one, ensure_ascii=False)}\n\n" for one in found)


GROWING = """
const answer = document.querySelector("#panel-write .answer");
window.lengths = [];
new MutationObserver(() => {
  if (answer.ariaBusy === "true") window.lengths.push(answer.textContent.length);
}).observe(answer, { childList: true, subtree: true, characterData: true });
"""


def expected(watched: Any, count: int = 1) -> None:
    """Take away what Chromium says of answers that are errors, once it has said it so often."""
    watched.until(lambda: sum(LOAD_FAILED in fault for fault in watched.faults) >= count)
    watched.faults[:] = [fault for fault in watched.faults if LOAD_FAILED not in fault]


@pytest.mark.parametrize("panel", ["fill", "exercises"])
def test_a_fault_is_told_with_a_hint_and_the_text_is_kept(watched: Any, panel: str) -> None:
    watched.open(panel)
    watched.settled(panel)
    watched.page.fill(f"#{panel}-text", FAULTY[panel])
    watched.page.click(f"#panel-{panel} form .main")
    told = watched.fault(panel)
    assert "blank" in told
    assert re.search(r"Try: [\w ]", told)  # and not JSON, which nobody types here
    assert watched.page.input_value(f"#{panel}-text") == FAULTY[panel]
    assert not watched.panel(panel).locator("[aria-busy]").count()
    expected(watched)
    watched.page.fill(f"#{panel}-text", "The ___ is open." if panel == "fill" else "She sat down at the table.")
    watched.page.click(f"#panel-{panel} form .main")
    watched.panel(panel).locator(".fault:empty").wait_for(state="attached")


@pytest.mark.parametrize("panel", [name for name in PANELS if name not in ("write", "ladder")])
def test_a_fault_stands_alone(watched: Any, panel: str) -> None:
    asked = {"read": "score", "logs": "anomaly", "exercises": "cloze"}.get(panel, panel)
    watched.open(panel)
    answer = watched.settled(panel)
    fault = {"error": {"message": "It cannot be read.", "hint": "write another"}}
    watched.page.route(f"**/v1/{asked}", lambda route: route.fulfill(status=400, json=fault))
    watched.page.click(f"#panel-{panel} form .main")
    assert watched.fault(panel) == "It cannot be read.\nTry: write another"
    left = watched.panel(panel).locator(".answer")
    assert left.text_content() == ""
    assert not left.is_visible()
    expected(watched)
    watched.page.unroute(f"**/v1/{asked}")
    watched.page.click(f"#panel-{panel} form .main")
    watched.settled(panel)
    assert answer.is_visible()
    assert watched.panel(panel).locator(".fault:empty").count() == 1


def test_a_text_that_was_written_does_not_stand_below_the_fault_of_the_next(watched: Any) -> None:
    events = events_of({"piece": " sailed"}, {"prompt": "", "text": ""}) + "data: [DONE]\n\n"
    watched.page.route("**/v1/generate", lambda route: route.fulfill(body=events, content_type="text/event-stream"))
    watched.open("write")
    watched.page.click("#panel-write .main")
    watched.panel("write").locator(".answer .note").wait_for()
    watched.page.fill("#write-length", "0")
    watched.page.click("#panel-write .main")
    assert "0 was received" in watched.fault("write")
    assert watched.panel("write").locator(".answer").text_content() == ""


def test_a_ladder_without_cells_shows_no_curves(watched: Any) -> None:
    watched.open("ladder")
    watched.settled("ladder")
    for box in watched.page.locator("[name=ladder-cell]").all():
        box.uncheck()
    assert "No cell is chosen." in watched.fault("ladder")
    assert not watched.panel("ladder").locator("polyline").count()


@pytest.mark.parametrize(("field", "typed"), [("fill-words", "0"), ("write-temperature", "9"), ("write-length", "1.5")])
def test_numbers_out_of_range_are_refused_by_name(watched: Any, field: str, typed: str) -> None:
    panel = field.split("-")[0]
    watched.open(panel)
    watched.settled(panel)
    asked = len(watched.asked)
    watched.page.fill(f"#{field}", typed)
    watched.page.click(f"#panel-{panel} form .main")
    label = watched.page.locator(f"label[for={field}]").inner_text()
    told = watched.fault(panel)
    assert told.startswith(f"{label}: {typed} was received;")
    assert "number from" in told
    assert len(watched.asked) == asked


def test_an_overload_is_told(watched: Any) -> None:
    error = {"message": "64 requests were being answered.", "hint": "send it again in 1 second", "type": "server_error"}
    watched.page.route("**/v1/score", lambda route: route.fulfill(status=429, json={"error": error}))
    watched.open("read")
    assert watched.fault("read") == "64 requests were being answered.\nTry: send it again in 1 second"
    expected(watched)


def test_an_answer_that_is_no_json_is_a_fault(watched: Any) -> None:
    watched.page.route("**/v1/score", lambda route: route.fulfill(status=502, body="<h1>bad gateway</h1>"))
    watched.open("read")
    assert watched.fault("read") == "The server answered 502."
    expected(watched)


def test_a_late_answer_to_an_earlier_question_is_dropped(watched: Any) -> None:
    waiting = []

    def answer(route: Any) -> None:
        text = json.loads(route.request.post_data)["text"]
        if text == "slow ___":
            waiting.append(route)
            return
        route.fulfill(json={"text": text, "fills": [{"text": text, "blanks": ["quick"], "probability": 1.0}]})

    watched.page.route("**/v1/fill", answer)
    watched.open()
    watched.settled("fill")
    watched.page.fill("#fill-text", "slow ___")
    watched.page.click("#panel-fill .main")
    watched.panel("fill").locator(".answer[aria-busy=true]").wait_for()
    watched.until(lambda: bool(waiting))  # or Chromium drops the question before it is sent
    watched.page.fill("#fill-text", "fast ___")
    watched.page.click("#panel-fill .main")
    watched.settled("fill")
    waiting[0].fulfill(json={"text": "", "fills": [{"text": "", "blanks": ["late"], "probability": 1.0}]})
    watched.page.wait_for_timeout(200)
    assert watched.panel("fill").locator(".answer .prose").inner_text().split("\n")[0].startswith("fast quick")
    assert watched.panel("fill").locator(".fault:empty").count() == 1


@pytest.mark.parametrize("panel", [name for name in PANELS if name != "ladder"])
def test_a_server_that_is_gone_is_named_and_the_text_kept(open_page: Any, panel: str) -> None:
    with running() as server:
        watched = open_page(at=f"http://127.0.0.1:{server.port}")
        watched.open(panel)
        watched.settled(panel)
        server.stop()
        watched.page.fill(f"#{panel}-text", "A text that took long to type ___.")
        watched.page.click(f"#panel-{panel} form .main")
        assert watched.fault(panel) == "The server does not answer. What you typed is kept.\nTry: seqtext serve"
        assert watched.page.input_value(f"#{panel}-text") == "A text that took long to type ___."
        expected(watched, 2 if panel == "write" else 1)  # Write asks for the next words, too, a moment later


def test_what_was_typed_outlives_a_reload_and_a_visit_to_another_panel(watched: Any) -> None:
    watched.open("read")
    watched.ask("read", "A text that took long to type.")
    watched.page.click("#tab-fill")
    watched.settled("fill")
    watched.page.go_back()
    watched.panel("read").wait_for(state="visible")
    assert watched.page.input_value("#read-text") == "A text that took long to type."
    watched.page.reload()
    assert "took long" in watched.settled("read").locator(".prose").text_content()
    assert watched.page.input_value("#read-text") == "A text that took long to type."


@pytest.mark.parametrize("button", ["Try a crossword", "Try a poem"])
def test_examples_of_what_blanks_ask_for_are_answered(watched: Any, button: str) -> None:
    watched.open()
    watched.settled("fill")
    watched.page.get_by_text("What a blank may ask for").click()
    watched.page.get_by_role("button", name=button).click()
    text = watched.page.input_value("#fill-text")
    answer = watched.panel("fill").locator(".prose", has_text=text.split("___")[0])
    answer.wait_for()
    words = answer.locator(".word").all_inner_texts()
    assert len(words) == text.count("___")
    if button == "Try a crossword":
        assert list(map(len, words)) == [4, 3]
        assert all(word.startswith("d") for word in words)
    else:
        assert not {"dark", "cold", "black"} & set(words)
        assert len(words[1]) == 6


def test_a_question_that_comes_before_the_script_of_its_panel_is_asked(watched: Any) -> None:
    waiting: list[Any] = []
    watched.page.route("**/page/write.js", lambda route: waiting.append(route))
    watched.open("write")
    watched.page.fill("#write-text", "Typed early")
    watched.page.fill("#write-length", "20")
    watched.page.click("#panel-write .main")
    watched.until(lambda: bool(waiting))
    waiting[0].continue_()
    watched.panel("write").locator(".answer .note").wait_for()
    assert watched.panel("write").locator(".prose").inner_text().startswith("Typed early")


def test_a_panel_that_cannot_be_loaded_says_so(watched: Any) -> None:
    watched.open()
    watched.settled("fill")
    watched.page.route("**/page/read.js", lambda route: route.abort())
    watched.page.click("#tab-read")
    assert "could not be loaded" in watched.fault("read")
    watched.until(lambda: len(watched.faults) == 2)  # of Chromium and of the page
    watched.faults.clear()
    watched.page.unroute("**/page/read.js")


def test_a_stream_that_breaks_off_is_told_and_what_came_is_kept(watched: Any) -> None:
    error = {"message": "It took too long.", "hint": "ask for less"}
    events = events_of({"piece": " sailed"}, {"piece": " away"}, {"error": error})
    watched.page.route("**/v1/generate", lambda route: route.fulfill(body=events, content_type="text/event-stream"))
    watched.open("write")
    watched.page.click("#panel-write .main")
    assert watched.fault("write") == "It took too long.\nTry: ask for less"
    assert watched.panel("write").locator(".prose").inner_text().endswith("a little boat sailed away")
    assert watched.panel("write").locator(".stop").is_disabled()


def test_events_that_arrive_in_pieces_are_put_together(watched: Any) -> None:
    """Across the borders of packets, and of characters of several bytes: é, 𝔘."""
    events = events_of({"piece": " é"}, {"piece": "𝔘!"}, {"prompt": "", "text": ""}) + "data: [DONE]\n\n"
    watched.page.add_init_script(BYTE_BY_BYTE.replace("EVENTS", json.dumps(events)))
    watched.open("write")
    watched.page.click("#panel-write .main")
    watched.panel("write").locator(".answer .note").wait_for()
    assert watched.panel("write").locator(".prose").inner_text().endswith("a little boat é𝔘!")


def test_text_appears_before_it_is_whole(watched: Any) -> None:
    watched.open("write")
    watched.settled("write")
    watched.page.evaluate(GROWING)
    watched.page.fill("#write-length", "600")
    watched.page.click("#panel-write .main")
    watched.panel("write").locator(".answer .note").wait_for(timeout=WAIT)
    lengths = watched.page.evaluate("window.lengths")
    assert lengths == sorted(lengths)
    assert len({length for length in lengths if length < 600}) > 5


def only(watched: Any, *tasks: str) -> None:
    """Have the server name only the models of some tasks."""

    def answer(route: Any) -> None:
        found = route.fetch().json()
        route.fulfill(json={**found, "data": [one for one in found["data"] if one["task"] in tasks]})

    watched.page.route("**/v1/models", answer)


def test_panels_without_a_model_say_what_serves_one(watched: Any) -> None:
    only(watched)
    for panel in ("translate", "classify"):
        watched.open(panel)
        assert f"seqtext serve --model {panel}=FOLDER" in watched.settled(panel).inner_text()
        assert watched.panel(panel).locator(".fault:empty").count() == 1


def test_lines_are_drawn_when_an_answer_came_while_another_panel_was_open(watched: Any) -> None:
    watched.open("translate")
    watched.settled("translate")
    watched.page.evaluate("""() => {
        document.querySelector("#panel-translate .main").click();
        document.querySelector("#tab-ladder").click();
    }""")
    watched.settled("ladder")
    watched.settled("translate")
    watched.page.click("#tab-translate")
    watched.panel("translate").locator("path.look").last.wait_for()
    words = watched.panel("translate").locator("svg text").all()
    assert len({round(word.bounding_box()["x"]) for word in words}) > 4


def test_a_text_in_another_language_than_the_model_reads_is_noted(watched: Any) -> None:
    watched.open("translate")
    watched.settled("translate")
    assert not watched.panel("translate").locator(".caution").count()
    watched.ask("translate", "Die Kinder spielen heute im Garten.")
    note = watched.panel("translate").locator(".caution")
    note.wait_for()
    assert "probably in German, and the model has learnt to read English" in note.inner_text()
    assert "German" in watched.panel("translate").get_by_role("status").text_content()
    with watched.page.expect_response("**/v1/classify"):
        watched.ask("translate", "I met Heinrich Müller at the station.")
    note.wait_for(state="detached")


def test_labels_of_ones_own_do_without_a_classifier(watched: Any) -> None:
    only(watched, "fill")
    watched.open("classify")
    assert watched.settled("classify").locator(".bars .name").count() == 2


def test_a_model_of_log_lines_is_asked_where_one_is_served(open_page: Any, log_address: str) -> None:
    watched = open_page(at=log_address)
    watched.open("logs")
    answer = watched.settled("logs")
    assert "Judged by service." in answer.inner_text()
    line = watched.panel("logs").locator(".same code")
    assert line.inner_text().startswith("seqtext anomaly --model service '08:00:01 INFO  web")
    watched.page.fill("#logs-text", "a line\n" * 30)
    assert line.inner_text() == "seqtext anomaly --model service --file lines.log"


def test_several_models_can_be_chosen_from(watched: Any) -> None:
    def answer(route: Any) -> None:
        found = route.fetch().json()
        mine = {**next(one for one in found["data"] if one["id"] == "language-id"), "id": "mine", "default": False}
        route.fulfill(json={**found, "data": [*found["data"], mine]})

    watched.page.route("**/v1/models", answer)
    watched.open("classify")
    watched.settled("classify")
    names = watched.page.locator("#classify-model option").all_inner_texts()
    assert names == ["languages (language-id)", "mine", "labels of my own"]
    watched.page.select_option("#classify-model", "mine")
    assert "'mine'" in watched.fault("classify")
    assert "--model mine" in watched.panel("classify").locator(".same code").inner_text()
    expected(watched)


def test_a_stream_that_breaks_off_is_told_and_what_came_stays(watched: Any) -> None:
    cut = events_of({"piece": " and a sail"})
    watched.page.route("**/v1/generate", lambda route: route.fulfill(body=cut, content_type="text/event-stream"))
    watched.open("write")
    watched.page.click("#panel-write .main")
    assert watched.fault("write").startswith("The text broke off before its end.")
    assert watched.panel("write").locator(".prose").inner_text().endswith(" and a sail")
