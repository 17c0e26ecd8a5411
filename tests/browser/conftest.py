"""Chromium, a server of its own process, and pages whose faults are noted.

Nothing here is skipped: where Chromium or axe-core is missing, the tests fail with what installs it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from browser_pages import WAIT, Watched
from servers import running

ROOT = Path(__file__).parents[2]
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")  # the first without windows, the quickest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Start Chromium, for a module: while its loop runs, no other test can run one."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert find_spec("playwright"), 'playwright is missing: pip install -e ".[browser]"'
    assert path, "Chromium is missing: apt-get install chromium, or name it in CHROMIUM"
    from playwright.sync_api import sync_playwright  # here, so that other tests do without it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """A server with the bundled models, which refuses nothing for being slow."""
    with running("--max-seconds", "600") as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="session")
def log_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a model of normal log lines, too."""
    run = tmp_path_factory.mktemp("runs") / "service"
    command = [sys.executable, "-m", "seqtext", "train", "anomaly", "corpora/service.log", "--run", str(run)]
    subprocess.run([*command, "--preset", "tiny", "--steps", "20"], cwd=ROOT, check=True, capture_output=True)
    with running("--model", f"anomaly={run}") as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def open_page(chromium: Any, address: str) -> Iterator[Callable[..., Watched]]:
    """Open pages; at the end none may have asked elsewhere, nor had a fault but those that a test took away."""
    opened: list[Watched] = []

    def make(width: int = 1280, scheme: Any = "light", at: str = address, **settings: Any) -> Watched:
        context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **settings)
        context.set_default_timeout(WAIT)
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
