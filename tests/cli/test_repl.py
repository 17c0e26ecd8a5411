"""`seqtext repl`, with models that give fixed answers, from a pipe and on a terminal."""

import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from seqtext.cli import repl
from seqtext.cli.commands import COMMANDS
from seqtext.errors import InputError, ModelError, arguments, either
from seqtext.models.blank_filler import Fill
from seqtext.models.language_model import Forecast
from seqtext.models.translator import Translation
from seqtext.tasks import TASKS


class Model:
    """Answers in capitals; remembers what it was asked."""

    def __init__(self, task: str) -> None:
        self.task, self.asked = task, []

    def fill(self, text, top=5, avoid=()):
        self.asked.append((text, top, avoid))
        if "__" not in text:
            raise InputError(f"{text!r} has no blank.", 'seqtext fill "A ___."')
        return [Fill(text.replace("___", "fox"), ("fox",), 0.5)]

    def next(self, text, top=5, avoid=()):
        self.asked.append((text, top, avoid))
        return [Forecast("fox", 0.75), Forecast("wolf", 0.0125)][:top]

    def stream(self, text, avoid=()):
        self.asked.append((text, None, avoid))
        yield from (" upon", " a time")

    def translate(self, texts, search, avoid):
        self.asked.append((texts[0], search.n_best, avoid))
        return [[Translation(text.upper(), -float(number)) for number in range(search.n_best)] for text in texts]


#: What is called as a model, and its task.
KNOWN = {"fill-en": "fill", "generate-en": "generate", "translate-en-fr": "translate", "mine": "generate"}


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    found = []

    def load(name, task=None):
        if task not in (None, KNOWN[name]):
            raise InputError(f"{name} is no model for {task}.", "another")
        found.append((name, Model(KNOWN[name])))
        return found[-1][1]

    monkeypatch.setattr("seqtext.storage.catalog.load", load)
    return found


def answers(seqtext, *lines: str, typed: tuple[str, ...] = ()) -> list[str]:
    """What is printed for some lines that come through a pipe; fails where anything is said beside it."""
    result = seqtext("repl", *typed, stdin="".join(f"{line}\n" for line in lines).encode())
    assert (result.status, result.stderr) == (0, "")
    return result.stdout.split("\n\n")


def test_texts_are_answered_one_by_one_and_blank_ones_passed_over(seqtext, loaded) -> None:
    assert answers(seqtext, "A ___.", "", " ", "B ___.") == ["50.0%  fox  A fox.", "50.0%  fox  B fox.\n"]
    assert [name for name, _ in loaded] == ["fill-en"]


def test_it_answers_as_the_commands_do(seqtext) -> None:
    for verb, text in (("fill", "A ___."), ("next", "The"), ("generate", "Once")):
        assert (
            seqtext("repl", verb, stdin=f"{text}\n".encode()).stdout.strip()
            == "".join(seqtext("repl", stdin=f":{verb} {text}\n".encode()).stdout).strip()
        )


def test_a_command_changes_what_answers_and_models_stay_loaded(seqtext, loaded) -> None:
    lines = ["A ___.", ":next", "The", ":translate a b", ":next It", ":fill", "B ___.", ":generate On", "At"]
    shown = "\n".join(answers(seqtext, *lines)).splitlines()
    last = [line.split()[-1] for line in shown if line]
    assert last == ["fox.", "fox", "wolf", "B", "fox", "wolf", "fox.", "time", "time"]
    assert [name for name, _ in loaded] == ["fill-en", "generate-en", "translate-en-fr"]


def test_how_many_answers_are_given(seqtext, loaded) -> None:
    answers(seqtext, ":next a", ":top 1", "b", ":translate c", ":top 7", ":fill d ___", ":translate e")
    assert [top for _, model in loaded for _, top, _ in model.asked] == [5, 1, 1, 7, 7]


def test_a_model_is_chosen_and_with_it_what_answers(seqtext, loaded) -> None:
    result = seqtext("repl", stdin=b":model mine\nThe\n:score\n:model generate-en\n:next b\n")
    assert result.stderr == "generate asks mine.\nscore asks generate-en.\n"
    assert [(name, [text for text, *_ in model.asked]) for name, model in loaded] == [
        ("mine", ["The"]), ("generate-en", ["b"]),
    ]  # fmt: skip
    assert answers(seqtext, "The", typed=("--model", "mine")) == ["The upon a time\n"]
    assert answers(seqtext, "The", typed=("next", "-m", "mine")) == ["75.0%  fox\n 1.2%  wolf\n"]


def test_faults_are_said_and_the_next_line_is_answered(seqtext) -> None:
    sent = b"none\nA \xff\n:fil x\n:top 0\n:top x y\n:anomaly a\n:fill B ___.\n"
    result = seqtext("repl", stdin=sent)
    assert (result.status, result.stdout) == (1, "50.0%  fox  B fox.\n")
    lines = result.stderr.splitlines()
    assert [line[:7] for line in lines] == ["Error: ", "Try:   "] * 6
    assert lines[0::2][0] == "Error: 'none' has no blank."
    assert "0xFF" in lines[2]
    assert lines[4].startswith("Error: :fil was received; accepted are :fill, ")
    assert lines[5] == "Try:   :fill"
    assert lines[6] == "Error: :top received '0'; a whole number from 1 to 1000 is accepted."
    assert lines[8].startswith("Error: :top received 'x y'; ")
    assert lines[11] == "Try:   :model runs/log"
    assert seqtext("repl", "--encoding-errors", "replace", stdin=b"\xef\xbb\xbfA \xff ___\r\n").stdout.endswith(
        "A � fox\n"
    )


def test_a_hint_can_be_typed_as_a_line(seqtext, monkeypatch) -> None:
    def load(name, task=None):
        hint = arguments(top=5) if name == "fill-en" else either("load('fill-en')", "--model fill-en")
        raise ModelError("No.", hint)

    monkeypatch.setattr("seqtext.storage.catalog.load", load)
    result = seqtext("repl", stdin=b"a ___\n:model nope\n")
    assert [line[7:] for line in result.stderr.splitlines() if line[:3] == "Try"] == [":top 5", ":model fill-en"]


def test_what_looks_like_a_command_can_be_a_text(seqtext, loaded) -> None:
    answers(seqtext, " :quit", ":-)", ":", typed=("next",))
    assert [text for text, *_ in loaded[0][1].asked] == [" :quit", ":-)", ":"]


def test_quit_ends(seqtext, loaded) -> None:
    assert answers(seqtext, ":quit", "A ___.") == [""]
    assert loaded == []


def test_help_lists_every_command(seqtext, loaded) -> None:
    shown = answers(seqtext, ":help")[0]
    assert [line.split()[0] for line in shown.splitlines()] == [f":{name}" for name in repl.COMMANDS]
    assert "Forecast the next word" in shown
    assert loaded == []


def test_words_are_avoided(seqtext, loaded, tmp_path) -> None:
    (tmp_path / "words.txt").write_text("fox\n")
    answers(seqtext, "A ___.", ":next a", ":generate a", ":translate a", typed=("--avoid", str(tmp_path / "words.txt")))
    assert {avoid for _, model in loaded for _, _, avoid in model.asked} == {("fox",)}
    result = seqtext("repl", "--avoid", "-", stdin=b"fox\n")
    assert result.error[0] == "--avoid received -, but standard input holds the texts."


def test_every_command_that_answers_can_be_asked() -> None:
    assert set(repl.ANSWERS) == {command for task in TASKS.values() for command in task.commands}
    assert "repl" in COMMANDS


PROGRAM = textwrap.dedent("""
    import sys, time
    import seqtext.storage.catalog
    from seqtext.cli.main import main
    from seqtext.models.language_model import Forecast

    class Model:
        task = "generate"

        def next(self, text, avoid=()):
            while text == "wait":
                time.sleep(0.01)
            return [Forecast(text.upper(), 0.5)]

        def stream(self, text, avoid=()):
            yield "!"
            while True:
                time.sleep(0.01)

    def load(name, task):
        if sys.stdout.isatty():
            print("loaded")
        return Model()

    seqtext.storage.catalog.load = load
    sys.exit(main())
""")


def test_a_pipe_is_answered_before_the_next_line_is_read() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "repl", "next"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        for sent, answer in ((b"a\n", b"50.0%  A\n"), (b"b\n", b"\n")):
            process.stdin.write(sent)
            process.stdin.flush()
            assert process.stdout.readline() == answer
        process.stdin.close()
        assert process.stdout.read() == b"50.0%  B\n"
        assert process.wait() == 0


def until_asleep(process: int) -> None:
    """Wait until a process waits: for a key or the next letter; where /proc does not tell, for 0.3 seconds."""
    state = Path(f"/proc/{process}/stat")
    if not state.exists():
        time.sleep(0.3)
        return
    while state.read_text().rpartition(")")[2].split()[0] != "S":
        time.sleep(0.001)


@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
def test_on_a_terminal_ctrl_c_stops_an_answer_or_a_line_and_ctrl_d_ends() -> None:
    ours, theirs = os.openpty()
    shown = b""

    def interrupt() -> None:
        until_asleep(process.pid)  # a signal between two waits of readline is seen at the next key only
        process.send_signal(signal.SIGINT)

    def until(expected: bytes) -> None:
        nonlocal shown
        while expected not in shown:
            assert select.select([ours], [], [], 60)[0], shown
            shown += os.read(ours, 4096)
        shown = shown.split(expected, 1)[1]

    command = [sys.executable, "-c", PROGRAM, "repl", "next"]
    environment = {**os.environ, "TERM": "dumb", "INPUTRC": os.devnull}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        try:
            until(b"Ctrl-D ends.")
            until(b"next> ")
            os.write(ours, b"a\n")
            until(b"loaded")
            until(b"50.0%  A")
            until(b"next> ")
            for _ in range(2):  # a second time is no double Ctrl-C
                os.write(ours, b"wait\n")
                until(b"wait\r\n")
                interrupt()
                until(b"next> ")
            os.write(ours, b"half a li")
            until(b"half a li")
            interrupt()
            until(b"next> ")
            os.write(ours, b":gen\tx\n")
            until(b"x!")
            interrupt()
            until(b"generate> ")
            os.write(ours, b"\x04")
            assert process.wait(20) == 0
        finally:
            process.kill()
            os.close(ours)


def test_it_starts_without_loading_anything(tmp_path: Path) -> None:
    program = "import sys\nfrom seqtext.cli.main import main\nmain()\nprint(*{'numpy', 'tokenizers'} & {*sys.modules})"
    found = subprocess.run(
        [sys.executable, "-c", program, "repl", "translate"], input=b":help\n", capture_output=True, check=True
    )
    assert found.stdout.splitlines()[-1] == b""
