"""`seqtext train`: what reaches `seqtext.training.train.train`, and how its events are shown."""

import json
import os
import signal
import sys
import types
from pathlib import Path

import pytest

from seqtext.config import FillConfig
from seqtext.data.formats.registry import BY_SUFFIX
from seqtext.errors import CorpusError, ModelError
from seqtext.tasks import TASKS
from seqtext.training import events


@pytest.fixture
def training(monkeypatch):
    """Stands for `seqtext.training.train`: yields `events` and remembers how it was called in `calls`."""
    fake = types.ModuleType("seqtext.training.train")
    monkeypatch.setitem(sys.modules, "seqtext.training.train", fake)
    fake.kinds = events
    fake.calls, fake.events, fake.closed = [], [], 0

    def train(*arguments, **settings):
        fake.calls.append((arguments, settings))
        try:
            for event in fake.events:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            fake.closed += 1

    fake.train = train
    return fake


def whole_run(kinds) -> list:
    folder = Path("runs/mine")
    return [
        kinds.Started(
            1200, 56_789, {"blank": 3, "too long": 0}, "24 texts", 1_000_000, 2_000_000, 8000, "cpu", "fp32", 2
        ),
        kinds.Step(10, 0.25, 5.5, 0.003, 12_345.6, 1.0, 200.0),
        kinds.Step(20, 0.3, 5.4, 0.003, 12_345.6, 2.0, 190.0),
        kinds.Evaluated(20, 3.0, 5.25, {"perplexity": 190.5, "top1": 0.125}, True),
        kinds.Saved(20, folder),
        kinds.Step(40, 0.5, 4.5, 0.003, 12_345.6, 30.0, 75.0),
        kinds.Finished(40, 61.0, folder, "the budget is spent", {"perplexity": 90.0, "top1": 0.25}),
    ]


def test_a_run_from_corpus_to_command(seqtext, training) -> None:
    training.events = whole_run(training.kinds)
    result = seqtext("train", "fill", "a.txt", "b.txt", "--run", "runs/mine")
    assert result.status == 0
    assert result.stderr.splitlines() == [
        "Reading   a.txt, b.txt",
        "Read      1,200 examples; 56,789 tokens to learn from",
        "Skipped   3 × blank",
        "Held out  24 texts",
        "Training  1,000,000 parameters (2.0 MB on disk), vocabulary 8,000, on cpu in fp32, 2 threads",
        " 25%  step 10: loss 5.500, 12,346 tokens/s, 3:20 left",
        "  3 s  step 20: held-out loss 5.250, top1 0.125 (best so far)",
        " 50%  step 40: loss 4.500, top1 0.125, 12,346 tokens/s, 1:15 left",
    ]
    assert result.stdout.splitlines() == [
        "Finished  40 steps in 1:01: the budget is spent",
        "Reached   perplexity 90, top1 0.25",
        'Use it    seqtext fill --model runs/mine "The ___ is open."',
    ]


def test_what_is_odd_and_what_scores_are_worth_is_noted(seqtext, training) -> None:
    kinds = training.kinds
    started = kinds.Started(
        600, 4_000, {}, "60 texts", 1000, 2000, 800, "cpu", "fp32", 1, notes=("1 of 3 labels has a single row: odd",)
    )
    told = ("always answering 'yes' would score accuracy 0.8", "nothing was learnt")
    finished = kinds.Finished(9, 1.0, Path("run"), "the budget is spent", {"accuracy": 0.8}, remarks=told)
    training.events = [started, finished]
    result = seqtext("train", "classify", "a.tsv", "--run", "run")
    assert result.stderr.splitlines()[3:5] == ["Held out  60 texts", "Note      1 of 3 labels has a single row: odd"]
    assert result.stdout.splitlines()[1:4] == ["Reached   accuracy 0.8", *(f"Note      {one}" for one in told)]
    result = seqtext("train", "classify", "a.tsv", "--run", "run", "--json")
    assert json.loads(result.stdout)["remarks"] == list(told)


def test_the_rung_that_was_kept_is_named(seqtext, tmp_path: Path) -> None:
    rows = (f"{label}\tmorb {word} flig {k}\n" for k in range(40) for label, word in (("wet", "drux"), ("dry", "zebb")))
    (tmp_path / "c.tsv").write_text("".join(rows), encoding="utf-8")
    typed = ("--rung", "auto", "--steps", "120", "--preset", "tiny", "--threads", "1", "--device", "cpu", "--seed", "3")
    run = str(tmp_path / "run")
    result = seqtext("train", "classify", str(tmp_path / "c.tsv"), "--run", run, *typed)
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("Rung"))
    rung = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))["rung"]
    assert line.startswith(f"Rung      {rung}; others, in their trials: ")
    assert json.loads(seqtext("info", run, "--json").stdout)["rung"] == rung


def test_a_choice_is_told_rung_by_rung(seqtext, training) -> None:
    kinds, accuracy = training.kinds, {"loss": 0.5, "accuracy": 0.75}
    bag = kinds.Tried("bag", 1, {"encoder": "bag"}, {"minutes": 0.1}, 0.5, accuracy, 6.2, 80, 2_000_000)
    slow = kinds.Tried("lstm", 1, {"encoder": "lstm"}, {"minutes": 0.1}, why="it is too slow: 4 updates in 6 s")
    gru = kinds.Tried("gru", 1, {}, {"minutes": 0.1}, 0.4, {"loss": 0.4, "accuracy": 0.875}, 6.0, 50, 1_000_000)
    training.events = [
        kinds.Choosing(80, 900, {}, "8 texts", ("bag", "lstm", "gru"), {"few": "no word is known"}, 1 / 3, ("Odd.",)),
        kinds.Trying("bag", {}, 1, 3, 1, 1), kinds.Step(8, 1.0, 2.0, 1e-3, 9.0, 1.0, 0.0), bag, slow, gru,
        kinds.Chosen("gru", "which was best (loss 0.400)"),
        kinds.Started(80, 900, {}, "8 texts", 1000, 2000, 800, "cpu", "fp32", 1, 50),
        kinds.Finished(90, 61.0, Path("runs/mine"), "the budget is spent", {"accuracy": 0.875}),
    ]  # fmt: skip
    result = seqtext("train", "classify", "a.tsv", "--run", "runs/mine")
    assert result.stderr.splitlines() == [
        "Reading   a.tsv",
        "Read      80 examples; 900 tokens to learn from",
        "Skipped   nothing",
        "Held out  8 texts",
        "Note      Odd.",
        "Choosing  among bag, lstm, gru, for 33% of the time; the rest is for the best",
        "Left out  few: no word is known",
        "Tried     bag: loss 0.500, accuracy 0.75; 6 s, 2.0 MB",
        "Tried     lstm: given up; it is too slow: 4 updates in 6 s",
        "Tried     gru: loss 0.400, accuracy 0.875; 6 s, 1.0 MB",
        "Chosen    gru, which was best (loss 0.400)",
        "Training  1,000 parameters (2.0 kB on disk), vocabulary 800, on cpu in fp32, 1 thread",
    ]
    assert result.stdout.splitlines()[2] == ("Rung      gru; others, in their trials: bag 0.75; --rung NAME takes one")
    found = json.loads(seqtext("train", "classify", "a.tsv", "--run", "runs/mine", "--json").stdout)
    assert found["rung"] == "gru"
    assert [one["name"] for one in found["tried"]] == ["bag", "lstm", "gru"]


def test_a_rung_that_was_tried_alone_is_told(seqtext, training) -> None:
    kinds = training.kinds
    linear = kinds.Tried("linear", 1, {"encoder": "none"}, {"minutes": 0.1}, 0.4, {"accuracy": 0.8}, 6.0, 1, 1_000_000)
    finished = kinds.Finished(1, 61.0, Path("runs/mine"), "it was fitted", {"accuracy": 0.8})
    training.events = [linear, kinds.Chosen("linear", "which was best (loss 0.400)"), finished]
    told = seqtext("train", "classify", "a.tsv", "--run", "runs/mine").stdout.splitlines()[2]
    assert told == "Rung      linear, beside which none came to a score; --rung NAME takes one"


@pytest.mark.parametrize(("count", "lines"), [(20, 1), (21, 2)])
def test_so_many_suspects_may_be_no_mistakes(seqtext, training, count: int, lines: int) -> None:
    training.events = [training.kinds.Suspected(count, 100, "odd.csv", 1.0)]
    told = seqtext("train", "classify", "a.tsv", "--run", "r").stderr.splitlines()[1:]
    expected = [
        f"Suspects  {count} of 100 rows may have the wrong label, in 1 s: see odd.csv, the worst first",
        "Note      so many may also mean that the labels are hard to tell by these texts",
    ]
    assert told == expected[:lines]


def test_where_nothing_is_chosen_it_is_said_why(seqtext, training) -> None:
    training.events = [training.kinds.Chosen("", "the budget is too small")]
    line = seqtext("train", "classify", "a.tsv", "--run", "r").stderr.splitlines()[-1]
    assert line == "Chosen    the encoder of the preset: the budget is too small"


def test_a_run_that_goes_on_says_from_where(seqtext, training) -> None:
    training.events = [training.kinds.Started(1200, 56_789, {}, "24 texts", 1000, 2000, 800, "cpu", "fp32", 1, 1269)]
    lines = seqtext("train", "fill", "--run", "runs/mine", "--resume").stderr.splitlines()
    assert lines[0] == "Resumed   after step 1,269"
    assert lines[-1].endswith("on cpu in fp32, 1 thread")


def test_standard_input_is_called_so(seqtext, training) -> None:
    lines = seqtext("train", "fill", "a.txt", "-", "--run", "r").stderr.splitlines()
    assert lines[0] == "Reading   a.txt, standard input"


def test_a_loss_on_what_was_learnt_is_not_called_held_out(seqtext, training) -> None:
    started, evaluated = training.kinds.Started, training.kinds.Evaluated
    training.events = [
        started(12, 56, {}, "none: the corpus is too small", 1000, 2000, 800, "cpu", "fp32", 1),
        evaluated(20, 3.0, 5.25, {}, True),
    ]
    line = seqtext("train", "fill", "a.txt", "--run", "r").stderr.splitlines()[-1]
    assert line == "  3 s  step 20: loss on the training text 5.250 (best so far)"


def test_advice_stands_below_the_end(seqtext, training) -> None:
    advice = training.kinds.Advice("too little", ("seqtext train a", "seqtext train b"), "top1 0.1")
    ended = training.kinds.Finished(40, 61.0, Path("runs/mine"), "the budget is spent", {"top1": 1.0}, "it", advice)
    training.events = [ended]
    result = seqtext("train", "fill", "a.txt", "--run", "runs/mine")
    assert result.stdout.splitlines()[1] == "Reached   top1 1 (on it)"
    assert result.stderr.splitlines()[-4:] == [
        "Little    too little", "Try       seqtext train a", "Or        seqtext train b", "Expect    top1 0.1"
    ]  # fmt: skip
    found = json.loads(seqtext("train", "fill", "a.txt", "--run", "runs/mine", "--json").stdout)
    assert found["measured_on"] == "it"
    assert found["advice"]["commands"] == ["seqtext train a", "seqtext train b"]


def test_an_evaluation_says_when_it_measured_fewer_texts(seqtext, training) -> None:
    metrics = {"perplexity": 190.5, "top1": 0.125, "held_out_texts": 1200}
    training.events = [training.kinds.Evaluated(20, 3.0, 5.25, metrics, False, 1200)]
    result = seqtext("train", "fill", "a.txt", "--run", "runs/mine")
    shown = "  3 s  step 20: held-out loss 5.250, top1 0.125, on 1,200 of the held-out texts only"
    assert result.stderr.splitlines()[-1] == shown


def test_only_typed_settings_are_passed(seqtext, training) -> None:
    assert seqtext("train", "fill", "a.txt", "--run", "r").status == 0
    nothing = {
        "valid": None,
        "columns": None,
        "preset": "base",
        "start": None,
        "resume": False,
        "accept_changed_corpus": False,
        "encoding_errors": "strict",
        "on_error": "",
        "paragraphs": False,
    }
    assert training.calls == [(("fill", ["a.txt"], "r"), nothing)]


def test_every_option_reaches_training(seqtext, training, tmp_path) -> None:
    config = tmp_path / "settings.json"
    config.write_text('{"hidden": 64, "dropout": 0.2, "minutes": 5}', encoding="utf-8")
    typed = "--preset tiny --from fill-en --valid v.txt --valid w.txt --columns text=t --encoding-errors replace"
    typed += f" --hidden 32 --cell gru --no-bag --steps 5 --seed 9 --rung preset --config {config}"
    typed += " --on-error skip --paragraphs"
    assert seqtext("train", "fill", "a.txt", "--run", "r", *typed.split()).status == 0
    assert training.calls[0][1] == {
        "valid": ["v.txt", "w.txt"],
        "columns": {"text": "t"},
        "preset": "tiny",
        "start": "fill-en",
        "rung": "preset",
        "resume": False,
        "accept_changed_corpus": False,
        "encoding_errors": "replace",
        "on_error": "skip",
        "paragraphs": True,
        "hidden": 32,
        "dropout": 0.2,
        "cell": "gru",
        "bag": False,
        "steps": 5,
        "seed": 9,
    }


def test_resume_needs_no_corpus(seqtext, training) -> None:
    assert seqtext("train", "fill", "--run", "r", "--resume").status == 0
    (arguments, settings) = training.calls[0]
    assert arguments == ("fill", None, "r")
    assert settings["resume"] is True


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (
            [],
            "No CORPUS was given; a file or folder of text is expected.",
            "seqtext train fill corpus.txt --run 'my run'",
        ),
        (
            ["a.txt", "--resume"],
            "--resume received a.txt; a run knows its corpus, so none is expected.",
            "seqtext train fill --run 'my run' --resume",
        ),
        (
            ["a.txt", "--layers", "0"],
            "--layers received 0; accepted is from 1 to 16.",
            f"--layers {FillConfig().layers}",
        ),
    ],
)
def test_wrong_usage_is_said_before_torch_is_loaded(seqtext, training, arguments, message, hint) -> None:
    result = seqtext("train", "fill", "--run", "my run", *arguments)
    assert (result.status, result.stdout) == (2, "")
    assert result.error == (message, hint)
    assert training.calls == []


@pytest.mark.parametrize(
    ("typed", "flag"),
    [
        ("--valid v.txt", "--valid"),
        ("--preset base", "--preset"),
        ("--from fill-en", "--from"),
        ("--columns text=t", "--columns"),
        ("--encoding-errors strict", "--encoding-errors"),
        ("--config settings.json", "--config"),
        ("--hidden 9", "--hidden"),
        ("--seed 2 --minutes 3", "--seed"),
    ],
)
def test_resume_refuses_what_it_does_not_use(seqtext, training, typed, flag) -> None:
    result = seqtext("train", "fill", "--run", "r", "--resume", *typed.split())
    assert result.error == (
        f"{flag} was given with --resume, which keeps what the run began with.", "seqtext train fill --run r --resume"
    )  # fmt: skip
    assert (result.status, training.calls) == (2, [])


@pytest.mark.parametrize("typed", ["--minutes 3", "--steps 20", "--epochs 2", "--accept-changed-corpus", "--json"])
def test_resume_takes_what_it_uses(seqtext, training, typed) -> None:
    assert seqtext("train", "fill", "--run", "r", "--resume", *typed.split()).status == 0
    assert training.calls[0][1]["resume"] is True


def test_a_run_must_be_named(seqtext, training) -> None:
    result = seqtext("train", "fill", "a.txt")
    assert result.status == 2
    assert result.error == ("Missing option '--run'.", "seqtext train fill --help")


def test_a_fault_of_the_corpus(seqtext, training) -> None:
    training.events = [CorpusError("a.txt, line 3: no text.", "remove the line")]
    result = seqtext("train", "fill", "a.txt", "--run", "r")
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == "Reading   a.txt\nError: a.txt, line 3: no text.\nTry:   remove the line\n"


def test_ctrl_c_says_how_to_resume(seqtext, training) -> None:
    training.events = [*whole_run(training.kinds)[:5], KeyboardInterrupt()]
    result = seqtext("train", "fill", "a.txt", "--run", "my run")
    assert (result.status, result.stdout) == (130, "")
    assert result.stderr.endswith(
        "Interrupted; step 20 is saved; go on with\n  seqtext train fill --run 'my run' --resume\n"
    )
    assert training.closed == 1


def test_ctrl_c_before_the_first_save_of_a_run_that_is_begun(seqtext, training, tmp_path) -> None:
    training.events = [whole_run(training.kinds)[0], KeyboardInterrupt()]
    (tmp_path / "settings.json").write_text("{}")
    result = seqtext("train", "fill", "--run", str(tmp_path), "--resume")
    assert result.status == 130
    again = f"seqtext train fill --run {tmp_path} --resume"
    assert result.stderr.endswith(f"Interrupted; nothing new was saved; go on with\n  {again}\n")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_before_the_first_update(seqtext, training, monkeypatch, name) -> None:
    number = getattr(signal, name)
    monkeypatch.setattr(training, "train", lambda *_, **__: (os.kill(os.getpid(), number) for _ in "12"))
    result = seqtext("train", "fill", "a.txt", "--run", "r")
    assert (result.status, result.stderr) == (128 + number, "Reading   a.txt\nInterrupted; nothing was saved\n")
    assert signal.getsignal(number) == signal.SIG_DFL


def test_a_signal_has_its_own_status(seqtext, training) -> None:
    training.events = [*whole_run(training.kinds)[:5], KeyboardInterrupt(15)]
    result = seqtext("train", "fill", "a.txt", "--run", "r")
    assert result.status == 143
    assert result.stderr.endswith("step 20 is saved; go on with\n  seqtext train fill --run r --resume\n")


def test_a_fault_after_a_save_says_how_to_go_on(seqtext, training, tmp_path) -> None:
    training.events = [*whole_run(training.kinds)[:5], ModelError("the disk is full.", "free some space")]
    again = f"go on with\n  seqtext train fill --run {tmp_path} --resume\n"
    result = seqtext("train", "fill", "a.txt", "--run", str(tmp_path))
    assert result.status == 1
    assert again not in result.stderr  # the run is gone
    (tmp_path / "settings.json").write_text("{}")
    result = seqtext("train", "fill", "a.txt", "--run", str(tmp_path))
    assert f"{again}Error: the disk is full.\nTry:   free some space\n" in result.stderr


def test_ctrl_c_before_anything_is_saved(seqtext, training) -> None:
    training.events = [whole_run(training.kinds)[0], KeyboardInterrupt()]
    result = seqtext("train", "fill", "a.txt", "--run", "r")
    assert result.status == 130
    assert result.stderr.endswith("threads\nInterrupted; nothing was saved\n")


def test_json_is_the_end_alone(seqtext, training) -> None:
    training.events = whole_run(training.kinds)
    result = seqtext("train", "fill", "a.txt", "--run", "r", "--json")
    assert json.loads(result.stdout) == {
        "run": str(Path("runs/mine")),
        "steps": 40,
        "seconds": 61.0,
        "reason": "the budget is spent",
        "metrics": {"perplexity": 90.0, "top1": 0.25},
        "measured_on": "held-out text",
    }


def test_of_several_processes_one_speaks(seqtext, training, monkeypatch) -> None:
    training.events = whole_run(training.kinds)
    monkeypatch.setenv("RANK", "1")
    assert seqtext("train", "fill", "a.txt", "--run", "r") == (0, "", "")
    assert training.closed == 1


def test_a_terminal_gets_a_bar(seqtext, training, monkeypatch) -> None:
    training.events = whole_run(training.kinds)
    monkeypatch.setattr("seqtext.cli.progress.on_terminal", lambda: True)
    err = seqtext("train", "fill", "a.txt", "--run", "r").stderr
    assert "100%" not in err
    assert " 30%" in err
    assert "loss 5.400, 12,346 tokens/s, 3:10 left" in err
    assert "held-out loss 5.250" in err


def test_who_stops_reading_the_progress_does_not_stop_the_training(seqtext, training, monkeypatch) -> None:
    training.events = whole_run(training.kinds)

    def note(text):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("seqtext.cli.output.note", note)
    result = seqtext("train", "fill", "a.txt", "--run", "r")
    assert result.status == 0
    assert result.stdout.startswith("Finished  40 steps")


def test_settings_of_a_detector(seqtext, training) -> None:
    training.events = whole_run(training.kinds)
    result = seqtext("train", "anomaly", "a.log", "--run", "r", "--false-alarms", "0.05", "--tokens", "auto")
    assert result.status == 0
    (arguments, settings) = training.calls[0]
    assert arguments[0] == "anomaly"
    assert (settings["false_alarms"], settings["tokens"]) == (0.05, "auto")
    assert result.stdout.splitlines()[-1] == "Use it    seqtext anomaly --model r --file today.log"


@pytest.mark.parametrize(("columns", "used"), [("text=title+body", "--file TABLE"), ("text=body", '"..."')])
def test_joined_columns_are_asked_for_as_a_table(seqtext, training, columns, used) -> None:
    training.events = whole_run(training.kinds)
    result = seqtext("train", "classify", "a.tsv", "--run", "r", "--columns", columns)
    assert result.stdout.splitlines()[-1] == f"Use it    seqtext classify --model r {used}"


def test_a_rung_that_was_tried_before_is_tried_again(seqtext, training) -> None:
    tried = training.kinds.Tried("bag", 2, {}, {"minutes": 0.2}, 0.5, {"accuracy": 0.75}, 6.0, 50, 2_000_000)
    training.events = [tried]
    line = seqtext("train", "classify", "a.tsv", "--run", "r").stderr.splitlines()[-1]
    assert line == "Tried     bag again, for longer: loss 0.500, accuracy 0.75; 6 s, 2.0 MB"


@pytest.mark.parametrize("rate", ["0", "1", "2", "nan"])
def test_a_rate_of_false_alarms_that_is_none(seqtext, training, rate) -> None:
    result = seqtext("train", "anomaly", "a.log", "--run", "r", "--false-alarms", rate)
    assert result.status == 2
    assert result.error[0].startswith("--false-alarms received")
    assert training.calls == []


@pytest.mark.parametrize("task", TASKS)
def test_help_lists_the_formats_of_a_corpus(seqtext, task: str) -> None:
    shown = seqtext("train", task, "--help").stdout
    assert [kind.suffix for kind in BY_SUFFIX.values() if kind.suffix not in shown] == []
    assert ("--paragraphs" in shown) == TASKS[task].prose
