"""What a terminal gets of labels, names, texts and models from elsewhere: never a control character of theirs."""

import contextlib
import io
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seqtext.characters import CONTROL
from seqtext.cli.commands import COMMANDS
from seqtext.cli.main import main
from seqtext.tasks import TASKS

pytest.importorskip("termios", reason="this system has no pseudo-terminals")

EVIL = "x\x1b[2J\x9b31m\x07\x08\x7f\u202ey"  # clears the screen, rings, goes back, turns the direction
COLOURS = re.compile(r"\x1b\[(0|1|2|22|31|33)m")
MILD = "x\x1b[2J\x9b31m\u202ey"  # with more control characters, a corpus would be taken for a binary file
LINES = {
    "classify": [f"{label}{MILD}\tword {n} {MILD} of {label}" for n in range(20) for label in ("good", "bad")],
    "translate": [f"the {n} fish {MILD}\tle {n} poisson {MILD}" for n in range(40)],
    "summarize": [f"the {n} fish swam {MILD} in the sea\tfish {n} {MILD}" for n in range(40)],
    "texts": [f"the {n} fish {MILD} in the {colour} sea ." for n in range(20) for colour in ("blue", "green")],
}
TINY = ["--preset", "tiny", "--steps", "2", "--threads", "1", "--batch-size", "64"]
Terminal = Callable[..., tuple[int, str]]


@contextlib.contextmanager
def screen() -> Iterator[Callable[[], str]]:
    """A terminal as stdout and stderr; gives what it has got, with its own line ends as \\n."""
    ours, theirs = os.openpty()
    got = bytearray()

    def read() -> None:
        with contextlib.suppress(OSError):  # what Linux says at the end
            while block := os.read(ours, 65_536):
                got.extend(block)

    reader = threading.Thread(target=read)
    reader.start()
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = io.TextIOWrapper(os.fdopen(theirs, "wb", 0), write_through=True)
    try:
        yield lambda: (reader.join(), os.close(ours), got.decode("utf-8").replace("\r\n", "\n"))[-1]
    finally:
        sys.stdout.close()
        sys.stdout, sys.stderr = before


@pytest.fixture(scope="module")
def terminal() -> Terminal:
    """Run `seqtext ARGUMENTS...` on a terminal: its status, and what is seen there."""

    def run(*arguments: str) -> tuple[int, str]:
        with screen() as seen:
            status = main(list(arguments))
        return status, seen()

    return run


def check(shown: str, allowed: str = "\n\t") -> None:
    """Fail where a control character is left, the colours apart; a text keeps its tabs."""
    left = {found for found in CONTROL.findall(COLOURS.sub("", shown)) if found not in allowed}
    assert not left, shown


def strings(value: object) -> str:
    """All text in a value from JSON."""
    if isinstance(value, dict | list):
        return " ".join(map(strings, value.values() if isinstance(value, dict) else value))
    return str(value)


@pytest.fixture(scope="module")
def runs(terminal: Terminal, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of each task, whose corpus, name, labels, vocabulary, language, licence and scores are hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    found = {}
    for task in TASKS:
        corpus = folder / f"{task}{EVIL}.{'tsv' if task in LINES else 'txt'}"
        corpus.write_text("\n".join(LINES.get(task, LINES["texts"])) + "\n", encoding="utf-8")
        found[task] = folder / f"{task}{EVIL}"
        status, shown = terminal("train", task, str(corpus), "--run", str(found[task]), *TINY)
        assert status == 0, shown
        assert "\\x1b[2J" in shown
        check(shown, "\n\r")  # of the bar
        config = json.loads((found[task] / "config.json").read_text(encoding="utf-8"))
        config |= {"language": EVIL, "licence": EVIL, "data": [EVIL], EVIL: EVIL}
        config["scores"] = {**config["scores"], EVIL: EVIL, "bytes": EVIL, "a.b": EVIL}
        (found[task] / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return found


#: By command: the model it asks, and what is typed behind.
TYPED = {
    "fill": ("fill", [f"a ___ {EVIL}"], ["a ___ b", "--option", EVIL, "--option", "c"]),
    "cloze": ("fill", [f"the {EVIL} fish swam in the {EVIL} sea"]),
    "generate": ("generate", [EVIL, "--length", "30", "--temperature", "3", "--seed", "1"]),
    "next": ("generate", [f"the {EVIL}"]),
    "score": ("generate", [f"the {EVIL} fish"]),
    "anomaly": ("anomaly", [f"the {EVIL} fish", "--threshold", "0"]),
    "translate": ("translate", [f"the {EVIL} fish", "--n-best", "2"], [f"the {EVIL} fish", "--attention", "-"]),
    "summarize": ("summarize", [f"the {EVIL} fish"]),
    "classify": ("classify", [f"word {EVIL}", "--explain"]),
    "inspect tokens": ("classify", [f"word {EVIL}"]),
    "inspect attention": ("translate", [f"the {EVIL} fish", f"le {EVIL} poisson"]),
}
TYPED_CASES = [(words, task, typed) for words, (task, *ways) in TYPED.items() for typed in ways]


@pytest.mark.parametrize(("words", "task", "typed"), TYPED_CASES, ids=[case[0] for case in TYPED_CASES])
def test_answers(terminal: Terminal, runs: dict[str, Path], words: str, task: str, typed: list[str]) -> None:
    status, shown = terminal(*words.split(), *typed, "--model", str(runs[task]))
    assert status == 0, shown
    check(shown)
    if "--attention" not in typed:
        status, line = terminal(*words.split(), *typed, "--model", str(runs[task]), "--json")
        assert status == 0, line
        check(line)
        assert EVIL in strings(json.loads(line.splitlines()[0]))  # a note may stand below


@pytest.mark.parametrize("task", TASKS)
def test_a_loop(terminal: Terminal, runs: dict[str, Path], monkeypatch, task: str) -> None:
    blank = {"cloze": "whole"}  # which a text has that others give a blank
    asked = [f":{command} the {MILD} {blank.get(command, '___')} fish" for command in TASKS[task].commands]
    lines = [*asked, f":top {MILD}", f":model {MILD}"]
    stream = io.TextIOWrapper(io.BytesIO("\n".join(lines).encode()), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    status, shown = terminal("repl", task, "--model", str(runs[task]))
    assert status == 1
    assert shown.count("Error: ") == 2
    check(shown)


@pytest.mark.parametrize("task", TASKS)
def test_models_and_their_scores(terminal: Terminal, runs: dict[str, Path], task: str) -> None:
    corpus = next(runs[task].parent.glob(f"{task}*.t*"))
    anomalies = ["--anomalies", str(corpus)] if task == "anomaly" else []
    for arguments in (["info"], ["evaluate", str(corpus), "--limit", "9", *anomalies]):
        arguments = [arguments[0], str(runs[task]), *arguments[1:]]
        status, shown = terminal(*arguments)
        assert status == 0, shown
        check(shown)
        status, line = terminal(*arguments, "--json")
        assert status == 0, line
        check(line)
        json.loads(line)


def test_comparisons(terminal: Terminal, runs: dict[str, Path], tmp_path: Path) -> None:
    corpus = next(runs["classify"].parent.glob("classify*.tsv"))
    run = str(tmp_path / f"league{EVIL}")
    arguments = ["--minutes", "0.01", "--rung", "bag-of-words", "--preset", "tiny", "--set", "threads=1"]
    status, shown = terminal("compare", "classify", str(corpus), "--run", run, *arguments)
    assert status in (0, 2), shown
    check(shown, "\n\r")


@pytest.mark.parametrize(
    "arguments",
    [
        [EVIL],
        ["train", EVIL],
        ["info", EVIL],
        ["fill", f"--{EVIL}", "a ___"],
        ["fill", "--top", EVIL, "a ___"],
        ["fill", "--file", f"{EVIL}.txt"],
        ["fill", f"{EVIL} without a blank"],
        ["classify", EVIL, "--model", EVIL],
        ["translate", EVIL, "--to", EVIL],
        ["evaluate", "fill-en", f"{EVIL}.txt"],
        ["compare", "fill", f"{EVIL}.txt", "--run", EVIL],
        ["compare", "fill", f"{EVIL}.txt", "--run", "r", "--each", f"{EVIL}=1"],
        ["train", "fill", f"{EVIL}.txt", "--run", EVIL],
        ["train", "fill", f"{EVIL}.txt", "--run", "r", "--config", EVIL],
        ["train", "classify", "a.tsv", "--run", "r", "--columns", f"{EVIL}=a"],
        ["inspect", EVIL],
        ["tour", EVIL],
        ["tour", "gradients", "--corpora", EVIL],
        ["inspect", "gradients", f"{EVIL}.txt"],
    ],
    ids=lambda arguments: " ".join("evil" if EVIL in one else one for one in arguments),
)
def test_errors(terminal: Terminal, tmp_path: Path, monkeypatch, arguments: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    status, shown = terminal(*arguments)
    assert status in (1, 2), shown
    assert "Error: " in shown
    check(shown)


@pytest.mark.parametrize("suffix", ["tsv", "jsonl"])
def test_names_of_columns(terminal: Terminal, tmp_path: Path, suffix: str) -> None:
    corpus = tmp_path / f"a.{suffix}"
    tsv, row = f"{MILD}\tb{MILD}\n{MILD}\tb\n", json.dumps({EVIL: EVIL, f"b{EVIL}": "b"})
    corpus.write_text(tsv if suffix == "tsv" else f"{row}\n", encoding="utf-8")
    status, shown = terminal("train", "classify", str(corpus), "--run", str(tmp_path / "r"), "--columns", "text=c")
    assert status == 1
    assert "\\x1b[2J" in shown
    check(shown)


def test_a_word_that_is_not_known(terminal: Terminal, runs: dict[str, Path]) -> None:
    status, shown = terminal("similar", f"fish{EVIL}", "--model", str(runs["fill"]))
    assert status == 1
    assert "\\x1b[2J" in shown
    check(shown)


@pytest.mark.parametrize("option", ["--host", "--model", "--allow-origin"])
def test_what_a_server_is_given(terminal: Terminal, option: str) -> None:
    status, shown = terminal("serve", "--port", "0", option, f"fish{EVIL}")
    assert status > 0
    assert "\\x1b[2J" in shown
    check(shown)


def test_every_command_is_tried() -> None:
    tried = {words.split()[0] for words in TYPED} | {"similar", "repl", "serve", "train", "compare", "evaluate", "info"}
    tried |= {"tour"}  # its errors: it shows our own texts
    assert tried == set(COMMANDS) - {"models", "push", "check"}  # which show our own, and a test of its own for check


def test_check_shows_nothing_that_controls_a_terminal(terminal: Terminal, tmp_path: Path) -> None:
    rows = [f"{MILD}\tthe {MILD} fish number {number}" for number in range(30)]
    (tmp_path / f"{MILD}.tsv").write_text("\n".join([*rows, *rows, f"rare {MILD}\tonce"]), encoding="utf-8")
    status, shown = terminal("check", str(tmp_path / f"{MILD}.tsv"), "--task", "classify")
    assert status == 0
    assert "repeat" in shown or "same" in shown
    assert not CONTROL.search(shown.replace("\n", ""))


def test_a_file_gets_the_text_itself(seqtext, runs: dict[str, Path]) -> None:
    result = seqtext("fill", "--model", str(runs["fill"]), "--file", "-", stdin=f"a ___ {MILD}\n".encode())
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.endswith(f" {MILD}\n")
    assert not CONTROL.search(seqtext("fill", "--model", str(runs["fill"]), f"a ___ {EVIL}").stdout.replace("\n", ""))


@pytest.mark.parametrize("words", ["score", "anomaly"])
def test_no_colour_where_none_is_wanted(terminal: Terminal, runs: dict[str, Path], monkeypatch, words: str) -> None:
    arguments = [words, f"the {EVIL} fish", "--model", str(runs[TYPED[words][0]])]
    arguments += ["--threshold", "-100"] if words == "anomaly" else []
    monkeypatch.setenv("NO_COLOR", "")  # as good as not set
    assert "\x1b[31m" in terminal(*arguments)[1]
    monkeypatch.setenv("NO_COLOR", "0")
    status, shown = terminal(*arguments)
    assert (status, "\x1b" in shown) == (0, False)
    assert "\\x1b[2J" in shown


def test_colours_of_scores_are_explained(terminal: Terminal, runs: dict[str, Path], seqtext, monkeypatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    arguments = ["score", "the fish", "the sea", "--model", str(runs["generate"])]
    first, *others = COLOURS.sub("", terminal(*arguments)[1]).splitlines()
    assert first == "bits of a part: dim below 1, plain below 6, yellow below 10, red from 10 on"
    assert [line.split(maxsplit=1)[1] for line in others] == ["the fish", "the sea"]
    assert len(seqtext(*arguments).stdout.splitlines()) == 2
