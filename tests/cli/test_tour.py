"""`seqtext tour`, with stand-ins for trainings: walked in part, with pauses, stopped and gone on with."""

import json
import shlex
from pathlib import Path

import pytest
from command_words import words_of

from seqtext.characters import CONTROL
from seqtext.cli import tour
from seqtext.cli.commands import commands
from seqtext.tour.layout import WIDTH
from seqtext.tour.steps import STEPS
from seqtext.tour.walk import step_named

KINDS = (("near:", 5), ("far:", 5), ("far:", 21))
ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch) -> Path:
    """A folder with the corpora, as a clone is, in which trainings come to scores without learning."""
    (tmp_path / "corpora").symlink_to(ROOT / "corpora")
    monkeypatch.chdir(tmp_path)

    def trained(words):
        folder = Path(words[words.index("--run") + 1])
        folder.mkdir()
        kind = Path(words[3]).stem
        fails = folder.name in ("bag", "pairs-near", "window-far", "convolution-far", "more-max", "mingru")
        return {"accuracy": 0.5 if fails or (kind, "rnn" in words) == ("memory", True) else 1.0}

    monkeypatch.setattr(tour, "_trained", trained)
    return tmp_path


def typed(monkeypatch, *lines: str) -> None:
    """Let somebody sit at a terminal and type lines, and Ctrl-D after them."""
    answers = iter(lines)

    def read(question: str) -> str:
        print(question)
        answer = next(answers, None)
        if answer is None:
            raise EOFError
        if answer == "^C":
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr("builtins.input", read)


def test_the_list_has_every_step_and_the_whole_time(seqtext) -> None:
    lines = seqtext("tour", "--list").stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:-2]] == [[str(step.number), step.name] for step in STEPS]
    assert lines[-1].startswith("All together about ")
    rows = [json.loads(line) for line in seqtext("tour", "--list", "--json").stdout.splitlines()]
    assert [row["name"] for row in rows] == [step.name for step in STEPS]
    assert all(1 <= row["seconds"] <= 75 for row in rows)
    assert len(seqtext("tour", "--list", "--from", "gru").stdout.splitlines()) == len(STEPS) - 6 + 1


def test_a_step_shows_what_it_is_its_commands_its_figure_and_what_to_see(seqtext, clone) -> None:
    result = seqtext("tour", "window")
    assert (result.status, result.stderr) == (0, "")
    step = step_named("window")
    words = " ".join(result.stdout.split())
    for text in (step.title, step.about, step.look):
        assert " ".join(text.split()) in words
    figure = [line for line in result.stdout.splitlines() if "%" in line]
    assert [line.split("  ")[0] for line in figure] == [
        "near: a window of 5",
        "far: a window of 5 ".strip(),
        "far: a window of 21",
    ]
    assert [line.split()[-1] for line in figure] == ["learnt", "guesses", "learnt"]
    assert "otherwise" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= WIDTH
    assert not CONTROL.search(result.stdout.replace("\n", ""))


def test_runs_are_removed_unless_they_are_kept_and_one_that_was_there_stays(seqtext, clone) -> None:
    (clone / "tour" / "rnn").mkdir(parents=True)
    assert "--run tour/rnn-2" in seqtext("tour", "rnn").stdout
    assert sorted(path.name for path in (clone / "tour").iterdir() if path.is_dir()) == ["rnn"]
    assert "--run tour/rnn-2" in seqtext("tour", "rnn", "--keep").stdout
    assert sorted(path.name for path in (clone / "tour").iterdir() if path.is_dir()) == ["rnn", "rnn-2"]


def test_what_comes_out_otherwise_is_said(seqtext, clone, monkeypatch) -> None:
    monkeypatch.setattr(tour, "_trained", lambda words: {"accuracy": 0.7})
    assert "Here it came out otherwise" in seqtext("tour", "rnn").stdout


def test_json_has_an_object_for_each_step(seqtext, clone) -> None:
    result = seqtext("tour", "tokens", "window", "--json")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert result.stderr == ""
    assert (first["step"], first["name"]) == (1, "tokens")
    assert "pancakes" in first["commands"][0]["output"]
    assert [one["metrics"]["accuracy"] for one in second["commands"]] == [1.0, 0.5, 1.0]
    assert second["commands"][0]["command"].startswith("seqtext train classify tour/near.tsv ")


def test_pauses_run_skip_jump_and_stop(seqtext, clone, monkeypatch) -> None:
    typed(monkeypatch, "s", "", "rnn", "what", "", "", "q")
    result = seqtext("tour", "--from", "3", "--pause")
    shown = [line.split()[1:5:3] for line in result.stdout.splitlines() if line.startswith("── ")]
    assert shown == [["3", "·"], ["4", "·"], ["6", "·"], ["7", "·"]] or [row[0] for row in shown] == [
        "3",
        "4",
        "6",
        "7",
    ]
    assert "next: a bag" not in result.stdout
    assert "near: a window of 5" in result.stdout
    assert result.status == 0
    lines = result.stderr.splitlines()
    assert lines[0] == f"'what' was received; a step is 1 to {len(STEPS)}, or its name."
    assert lines[-2:] == ["Stopped; go on with", "  seqtext tour --from gradients"]


@pytest.mark.parametrize(("key", "status"), [("q", 0), ("^C", 130)])
def test_the_command_that_goes_on_has_the_options(seqtext, clone, monkeypatch, key, status) -> None:
    typed(monkeypatch, "", "", key)
    (clone / "texts").symlink_to(clone / "corpora")
    result = seqtext("tour", "--pause", "--from", "rnn", "--run", "my tour", "--corpora", "texts", "--keep")
    assert result.status == status
    again = result.stderr.splitlines()[-1].strip()
    assert again == "seqtext tour --from gradients --run 'my tour' --corpora texts --keep"
    commands.make_context("seqtext", words_of(again)[1:])


def test_the_earlier_name_of_the_run(seqtext, clone) -> None:
    assert seqtext("tour", "3", "--no-pause", "--folder", "mine").status == 0
    assert (clone / "mine").is_dir()
    assert "--folder" not in seqtext("tour", "--help").stdout


def test_ctrl_c_in_a_training_stops_and_removes_its_run(seqtext, clone, monkeypatch) -> None:
    def trained(words):
        Path(words[words.index("--run") + 1]).mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(tour, "_trained", trained)
    result = seqtext("tour", "--from", "both")
    assert result.status == 130
    assert result.stderr.splitlines()[-1] == "  seqtext tour --from both"
    assert not (clone / "tour" / "memory-both").exists()


def test_no_pause_where_nobody_types(seqtext, clone, monkeypatch) -> None:
    monkeypatch.setattr("builtins.input", lambda question: pytest.fail("asked"))
    assert seqtext("tour", "rnn").status == 0
    assert seqtext("tour", "rnn", stdin=b"q\n").status == 0


def test_wrong_steps_and_missing_corpora_are_said(seqtext, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = seqtext("tour", "ltsm")
    assert (result.status, result.error[1]) == (2, "seqtext tour lstm")
    result = seqtext("tour", "lstm", "--from", "3")
    assert (result.status, result.stdout) == (2, "")
    result = seqtext("tour")
    assert result.status == 1
    assert result.error[0].startswith("corpora has no ")
    assert result.error[1] == f"seqtext tour --corpora {ROOT / 'corpora'}"
    assert list(tmp_path.iterdir()) == []


def test_every_command_of_the_tour_can_be_typed() -> None:
    """Its options are accepted by the command itself."""
    for step in STEPS:
        for command in step.commands:
            words = shlex.split(command.line)[1:]
            inner, context = commands, commands.make_context("seqtext", ["models"])
            while hasattr(inner, "get_command"):
                inner = inner.get_command(context, words.pop(0))
            inner.make_context("seqtext", words, parent=context)


@pytest.mark.parametrize(("value", "coloured"), [("", True), ("1", False)])
def test_colours_on_a_terminal_unless_none_are_wanted(seqtext, clone, monkeypatch, value, coloured) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    monkeypatch.setattr("seqtext.cli.output.on_terminal", lambda: True)
    shown = seqtext("tour", "rnn", "--no-pause").stdout
    assert ("\x1b[" in shown) == coloured


@pytest.mark.learning
def test_a_training_is_what_its_command_line_says(tmp_path, seqtext, monkeypatch) -> None:
    """The scores of the tour's own training are those of the command, typed."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{label}\t{label} {word}" for word in "abcdefghijklmnopqrstuvwxyz" for label in ("good", "bad")]
    (tmp_path / "a.tsv").write_text("\n".join(lines))
    line = "train classify a.tsv --preset tiny --encoder bag --steps 3 --threads 1 --evaluations 1 --run"
    typed = json.loads(seqtext(*line.split(), "typed", "--json").stdout)["metrics"]
    with commands.make_context("seqtext", ["tour"]):
        assert tour._trained(["seqtext", *line.split(), "toured"]) == typed
