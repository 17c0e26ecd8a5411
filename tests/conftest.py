"""What all tests share: no GPU but where they ask for it, no waiting for a disk, doubts fitted to few sentences.

What training leaves behind in its process is undone after each.
"""

import gc
import inspect
import os
import signal
import sys
from collections.abc import Iterator
from functools import cache

import pytest

from lacking import lacks, needed_but_lacking
from seqtext.training import made_text

_NEED_ALL_SENTENCES = ("test_doubt.py", "test_readme.py", "learning")
_EACH = 8  # of 9,899 sentences
_made_sentences = made_text.made_sentences

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # for --deterministic; read when the first test starts CUDA


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads what was asked of it
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Share out a run of everything among two processes, where pytest-xdist and two cores are there."""
    asked = config.option
    everything = config.args_source is not pytest.Config.ArgsSource.ARGS and not hasattr(config, "workerinput")
    apart = asked.usepdb or asked.capture == "no" or asked.collectonly
    # None: nobody said how many; no such option: pytest-xdist is not installed
    if everything and not apart and len(_cores()) > 1 and getattr(asked, "numprocesses", 0) is None:
        asked.numprocesses, asked.dist = 2, "loadfile"  # the fixtures of a file are made once


def pytest_configure(config: pytest.Config) -> None:
    """Give each process a core of its own: threads of both would wait for each other, tenfold where torch learns.

    Where a shell's `&` or nohup made signals ignored, programs that tests start would ignore them, too. A handler that
    does nothing is none of theirs: they begin with the system's usual one, and pytest itself lives on.
    """
    for number in (getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    name = getattr(config, "workerinput", {}).get("workerid")
    if name and hasattr(os, "sched_setaffinity"):
        cores = _cores()
        os.sched_setaffinity(0, {cores[int(name.removeprefix("gw")) % len(cores)]})


def _cores() -> list[int]:
    """The cores that this process may use; counted where the system does not say which."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none, and what needs a part of Unix where that is lacking."""
    lacking = lacks()
    for item in items if lacking else ():
        if name := needed_but_lacking(inspect.getsource(item.function), lacking):
            item.add_marker(pytest.mark.skip(reason=f"this system lacks {name}"))
    asking = [item for item in items if item.get_closest_marker("cuda")]
    if not asking:
        return
    import torch

    for item in asking if not torch.cuda.is_available() else ():
        item.add_marker(pytest.mark.skip(reason="needs a CUDA device; none is here"))


def pytest_collection_finish() -> None:
    """Leave ten thousand collected tests out of every full garbage collection, which took most of a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def with_small_numbers() -> Iterator[None]:
    """Training flushes numbers near zero; tests that come later may want them."""
    yield
    if torch := sys.modules.get("torch"):  # None where a test has hidden it
        torch.set_flush_denormal(False)


@pytest.fixture(autouse=True)
def on_the_processor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide a GPU, from processes that a test starts as well."""
    if request.node.get_closest_marker("cuda"):
        return
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    if "torch" in sys.modules:
        monkeypatch.setattr(sys.modules["torch"].cuda, "is_available", lambda: False)


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip fsync: waiting for the disk takes some 40 s of all tests."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(autouse=True)
def with_few_made_sentences(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare with every eighth of the sentences that generate-en wrote, which halves the time of a small training."""
    if request.path.name not in _NEED_ALL_SENTENCES and request.path.parent.name not in _NEED_ALL_SENTENCES:
        monkeypatch.setattr(made_text, "made_sentences", lambda: [*_some_made_sentences()])


@cache
def _some_made_sentences() -> tuple[str, ...]:
    """The sentences, read once."""
    return tuple(_made_sentences()[::_EACH])
