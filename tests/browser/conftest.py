"""Chromium, a server of its own process, and pages whose faults are noted.

Nothing here is skipped: where Chromium or axe-core is missing, the tests fail with what installs it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from servers import running

ROOT = Path(__file__).parents[2]
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
WAIT = 20_000  # milliseconds for a model to be loaded and to answer beside other work
LOAD_FAILED = "Failed to load resource"  # what Chromium says of every answer that is an error


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium, for a module: while its loop runs, no other test can run one."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Chromium is missing: apt-get install chromium, or name it in CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """A server with the bundled models."""
    with running() as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="session")
def log_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a model of normal log lines, too."""
    run = tmp_path_factory.mktemp("runs") / "service"
    command = [sys.executable, "-m", "seqtext", "train", "anomaly", "corpora/service.log", "--run", str(run)]
    subprocess.run([*command, "--preset", "tiny", "--steps", "20"], cwd=ROOT, check=True, capture_output=True)
    with running("--model", f"anomaly={run}") as server:
        yield f"http://127.0.0.1:{server.port}"


@dataclass
class Watched:
    """A page, what went wrong on it, and whom it asked.

    faults: errors and warnings of the console, among them breaches of the Content-Security-Policy, and of scripts
    """

    page: Page
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
        """Type a text into a panel's box and ask; gives the answer."""
        self.page.fill(f"#{panel}-text", text)
        self.page.click(f"#panel-{panel} form .main")
        return self.settled(panel)

    def fault(self, panel: str) -> str:
        """What a panel's alert says, once it says something."""
        alert = self.panel(panel).locator(".fault:not(:empty)")
        alert.wait_for(state="visible", timeout=WAIT)
        text: str = alert.inner_text()
        return text


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Callable[..., Watched]]:
    """Open pages; at the end none may have asked elsewhere, nor had a fault but those that a test took away."""
    opened: list[Watched] = []

    def make(width: int = 1280, scheme: Any = "light", at: str = address, **settings: Any) -> Watched:
        context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **settings)
        watched = Watched(context.new_page(), at)
        watched.page.on(
            "console", lambda said: watched.faults.append(said.text) if said.type in ("error", "warning") else None
        )
        watched.page.on("pageerror", lambda error: watched.faults.append(str(error)))
        watched.page.on("request", lambda request: watched.asked.append(request.url))
        opened.append(watched)
        return watched

    yield make
    for one in opened:
        one.page.context.close()
    for one in opened:
        assert one.faults == []
        assert [url for url in one.asked if not url.startswith(f"{one.address}/")] == []


@pytest.fixture
def watched(open_page: Callable[..., Watched]) -> Watched:
    """A wide page, not yet anywhere."""
    return open_page()
