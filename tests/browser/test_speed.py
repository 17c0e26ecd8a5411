"""How soon words are in the blanks: in a browser, from a server that has just started."""

import json
import time
from typing import Any

from browser_pages import WAIT
from servers import running

FIRST, LATER = 2.0, 2.0  # seconds, generous: other work may keep the processor busy; 0.5 and 0.05 are meant
TIMES, SHOWN_FIRST = 9, 5
TRIES = 3  # servers, one after the other, until one is as soon: a page that is slow by itself is slow each time
# Milliseconds from the beginning of the navigation until the answer of the first panel holds a word.
SHOWN = """
new MutationObserver((_, observer) => {
  if (!document.querySelector("#panel-fill .answer .word")?.textContent) return;
  window.firstShown = performance.now();
  observer.disconnect();
}).observe(document, { childList: true, subtree: true, characterData: true });
"""
# Milliseconds from pressing Fill until the new words are in the document.
AGAIN = """(text) => new Promise((resolve) => {
  const answer = document.querySelector("#panel-fill .answer");
  document.querySelector("#fill-text").value = text;
  const from = performance.now();
  new MutationObserver((_, observer) => {
    if (!answer.textContent.includes(text.split(" ")[0])) return;
    observer.disconnect();
    resolve(performance.now() - from);
  }).observe(answer, { childList: true, subtree: true });
  document.querySelector("#panel-fill .main").click();
})"""


def is_more(response: Any) -> bool:
    """Whether a response holds the fillings to go through, which the page asks for behind those that it shows."""
    return response.url.endswith("/v1/fill") and json.loads(response.request.post_data)["top"] > SHOWN_FIRST


def slowed(seconds: float = 0.3) -> float:
    """How many times longer work takes here at the moment than where nothing else runs."""
    begun, spent = time.perf_counter(), time.process_time()
    while time.process_time() - spent < seconds:
        pass
    return max(1.0, (time.perf_counter() - begun) / seconds)


def measured(open_page: Any) -> dict[str, float]:
    """Start a server and ask it from a new page; returns seconds until words are shown, the first time and later."""
    with running() as server:
        watched = open_page(at=f"http://127.0.0.1:{server.port}")
        watched.page.add_init_script(SHOWN)
        with watched.page.expect_response(is_more, timeout=WAIT):
            watched.open()
            watched.settled("fill")
        first = watched.page.evaluate("window.firstShown") / 1000
        later = []
        for number in range(TIMES):
            text = f"Word{number} is a ___ that jumped over the ___ dog."
            with watched.page.expect_response(is_more, timeout=WAIT):  # which the next question must not wait for
                later.append(watched.page.evaluate(AGAIN, text) / 1000)
    return {"first": first, "later": sorted(later)[TIMES // 2]}


def test_words_are_soon_in_the_blanks(open_page: Any, record_property: Any) -> None:
    for _ in range(TRIES):
        before = slowed()
        found = measured(open_page)
        busy = max(before, slowed())
        print(found, busy)
        if found["first"] <= FIRST * busy and found["later"] <= LATER * busy:
            break
    record_property("seconds", json.dumps(found))
    assert found["first"] <= FIRST * busy
    assert found["later"] <= LATER * busy
