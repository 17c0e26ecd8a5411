"""Panels of the page as a person finds them: by role and by name, whatever their ids and classes are."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SLOW = 60_000  # milliseconds that an answer may take where other processes keep the processor busy
LOG = "\n".join(
    [*(f"web: GET /page{number}.html 200 in {number} ms" for number in range(10)), "disk: fault in sector 7"]
)
STORY = (
    "It was raining, so she took her umbrella and put on her coat. He opened the door and walked into the room. "
    "After dinner the children washed their hands, brushed their teeth and went to bed."
)


class Kind(NamedTuple):
    """The label of a panel's text ("" where it has none), its main button, a text to type, what the server is asked."""

    label: str
    button: str
    text: str
    asks: str


KINDS: Mapping[str, Kind] = {
    "Fill": Kind("Text", "Fill", "The cat sat on the ___ and slept.", "/v1/fill"),
    "Write": Kind("Beginning", "Write", "In the morning the old man", "/v1/generate"),
    "Read": Kind("Text", "Read", "The dog barked at the postman.", "/v1/score"),
    "Translate": Kind("Text", "Translate", "The dog is sleeping in the house.", "/v1/translate"),
    "Classify": Kind("Text", "Classify", "Guten Morgen, wie geht es Ihnen?", "/v1/classify"),
    "Logs": Kind("Lines", "Find odd lines", LOG, "/v1/anomaly"),
    "Exercises": Kind("Text", "Make exercise", STORY, "/v1/cloze"),
    "Ladder": Kind("", "", "", "/page/gradients.json"),
}
ASKING = [name for name, kind in KINDS.items() if kind.label]


def expect(found: Any) -> Any:
    """Playwright's own, as patient as all waiting here; imported on first use: not all who collect tests have it."""
    from playwright.sync_api import expect as expects

    expects.set_options(timeout=SLOW)
    return expects(found)


class Panel:
    """A panel of a page, which may not be open yet."""

    def __init__(self, page: "Page", name: str) -> None:
        self.page, self.name, self.kind = page, name, KINDS[name]
        self.tab = page.get_by_role("tablist").get_by_role("tab", name=name, exact=True)
        self.root = page.get_by_role("tabpanel", name=name, exact=True)
        self.answer = self.root.get_by_role("region", name="Answer")
        self.alert = self.root.get_by_role("alert")
        self.status = self.root.get_by_role("status")
        self.button = self.root.get_by_role("button", name=self.kind.button, exact=True)
        self.copy = self.root.get_by_role("button", name="Copy command")
        self.command = self.root.get_by_role("group", name="Command line")

    @property
    def text(self) -> "Locator":
        return self.root.get_by_role("textbox", name=self.kind.label, exact=True)

    def open(self) -> "Panel":
        """Choose its tab; returns when something stands in its answer."""
        self.tab.click()
        self.settled()
        if self.name == "Write":
            self.root.get_by_label("Characters").fill("60")
        return self

    def settled(self, most: int = SLOW) -> None:
        """Wait until nothing is under way and something stands in the answer."""
        self.root.wait_for()
        self.answer.and_(self.page.locator(":not([aria-busy])")).locator("> *").first.wait_for(
            state="attached", timeout=most
        )

    def ask(self, text: str | None = None) -> Any:
        """Type a text, if one is given, and press the main button; returns what the server answered."""
        if text is not None:
            self.text.fill(text)
        return self.asked(self.button.click)

    def asked(self, by: Callable[[], Any]) -> Any:
        """Do what asks the server; returns its answer, once it is shown; None for one that streams."""
        with self.page.expect_response(lambda one: one.url.endswith(self.kind.asks), timeout=SLOW) as waited:
            by()
        stream = waited.value.headers["content-type"].startswith("text/event-stream")
        found = None if stream else json.loads(waited.value.body())
        self.settled()
        return found
