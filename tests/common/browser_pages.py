"""Pages in a browser, watched for faults; what tests in Chromium share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[2] / "build" / "node_modules" / "axe-core" / "axe.min.js"
PANELS = ["fill", "write", "read", "translate", "classify", "logs", "exercises", "ladder"]
WAIT = 60_000  # milliseconds for a model to be loaded and to answer beside other work
FILLINGS = 40  # of several blanks, to go through
LOAD_FAILED = "Failed to load resource"  # what Chromium says of every answer that is an error


@dataclass
class Watched:
    """A page, what went wrong on it, and whom it asked.

    faults: errors and warnings of the console, among them breaches of the Content-Security-Policy, and of scripts
    """

    page: Any
    address: str
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, panel: str = "fill") -> "Watched":
        """Open a panel by its address."""
        self.page.goto(f"{self.address}/#{panel}")
        self.panel(panel).wait_for(state="visible")
        return self

    def panel(self, name: str) -> Any:
        return self.page.locator(f"#panel-{name}")

    def settled(self, panel: str) -> Any:
        """The answer of a panel, once it is there."""
        answer = self.panel(panel).locator(".answer:not([aria-busy]):not(:empty)")
        answer.wait_for(state="attached", timeout=WAIT)
        return answer

    def ask(self, panel: str, text: str) -> Any:
        """Type a text into a panel's box, once it has shown its first answer, and ask; gives the answer."""
        self.settled(panel)
        self.page.fill(f"#{panel}-text", text)
        self.page.click(f"#panel-{panel} form .main")
        return self.settled(panel)

    def all_fillings(self) -> None:
        """Wait for the fillings to go through, which Fill asks for once it shows the first."""
        tip = self.panel("fill").locator(".tip", has_text=f"of the likeliest {FILLINGS}")
        tip.first.wait_for(state="attached", timeout=WAIT)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that the browser tells a test."""
        ends = time.monotonic() + WAIT / 1000
        while not holds():
            assert time.monotonic() < ends, "it does not come to hold"
            self.page.wait_for_timeout(20)

    def fault(self, panel: str) -> str:
        """What a panel's alert says, once it says something."""
        alert = self.panel(panel).locator(".fault:not(:empty)")
        alert.wait_for(state="visible", timeout=WAIT)
        text: str = alert.inner_text()
        return text
