"""TOUR.md is what the steps of `seqtext tour` say; `python tests/learning/test_tour.py --write` runs them all, anew.

The figures are those that the steps had when they were measured; all else of the page is compared with the steps.
"""

import contextlib
import dataclasses
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from seqtext.cli import tour
from seqtext.cli.commands import commands
from seqtext.tour import texts, walk
from seqtext.tour.layout import WIDTH, command_line, paragraphs, verdict
from seqtext.tour.steps import CORPORA, FOLDER, STEPS, TourStep

ROOT = Path(__file__).parents[2]
PAGE = Path(__file__).parent / "TOUR.md"
_WIDTH = 118
BEGINNING = """\
# A tour of the ladder

`seqtext tour` walks this page in a terminal: it says what is built, trains it while one watches, draws what came of it,
and waits. `seqtext tour --from gru` goes on from a step, `seqtext tour lstm` shows one, `--list` lists all. The page is
written from its steps, by `python tests/learning/test_tour.py --write`, which runs them all; so its figures are what
the commands showed on 2 cores, one thread, other work beside them.

On real text the rungs of a ladder differ by a few per cent, and nobody can say why. So most steps learn made-up texts
of which the answer is known: small words, with `red` and `blue` among them. Up to the convolution, each rung learns
something that the one below cannot, however long it is trained, as that does not see it. Of the recurrent cells this is
not shown: there, rungs are compared after equally many updates, with one seed, and tasks and numbers of updates
were chosen such that the difference shows. 2,000 texts are learnt from, 300 others are measured on, and the best of a
few evaluations on these is the score. `seqtext tour STEP` writes the texts of a step to the folder `tour`, where they
stay, so that its commands can be typed as they stand.
"""


def page(figures: Sequence[str]) -> str:
    """The page, with a figure for each step."""
    parts = [BEGINNING]
    for step, figure in zip(STEPS, figures, strict=True):
        lines = "\n".join(command_line(words, WIDTH, "") for words in typed(step))
        parts.append(
            f"## {step.number}. {step.title}\n\n{paragraphs(step.about, _WIDTH)}\n\n```sh\n{lines}\n```\n\n"
            f"```text\n{figure}\n```\n\n{paragraphs(step.look, _WIDTH)}\n"
        )
    return "\n".join(parts)


def typed(step: TourStep) -> list[list[str]]:
    """The command lines of a step where nothing was trained yet."""
    places = (("{tour}", FOLDER), ("{corpora}", CORPORA), ("{run}", FOLDER))
    lines = []
    for command in step.commands:
        line = command.line
        for name, place in places:
            line = line.replace(name, place)
        lines.append(shlex.split(line))
    return lines


def figure(step: TourStep) -> str:
    """Run a step in the working directory; returns its figure."""
    prepared = walk.prepare(step, Path(FOLDER), Path(CORPORA))
    with (
        commands.make_context("seqtext", ["tour"]),
        contextlib.redirect_stdout(io.StringIO()) as shown,
        tour._runs(prepared.runs, keep=False),
    ):
        tour._figure(step, prepared.lines)
    return shown.getvalue().strip()


def figures(text: str) -> list[str]:
    """The figures of a page."""
    return re.findall(r"^```text\n(.*?)\n```$", text, re.M | re.S)


def test_the_page_says_what_the_steps_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(figures(text))


def test_every_figure_shows_what_the_step_foretells() -> None:
    for step, shown in zip(STEPS, figures(PAGE.read_text(encoding="utf-8")), strict=True):
        assert max(map(len, shown.splitlines())) <= WIDTH, step.name
        assert "otherwise" not in shown
        assert shown != "FIGURE"
        for command in step.commands:
            if command.learns is not None:
                line = next(line for line in shown.splitlines() if line.startswith(command.name + "  "))
                score = int(line.removeprefix(command.name).split()[0]) / 100
                assert command.learns == (verdict(score, command.chance) == "learnt") == line.endswith("learnt")
            elif command.trains:
                assert command.name in shown


def test_every_rung_of_the_lecture_is_climbed() -> None:
    text = " ".join(command.line for step in STEPS for command in step.commands)
    for encoder in ("bag", "feedforward", "convolution", "rnn", "gru", "lstm", "mingru"):
        assert f"--encoder {encoder}" in text, encoder
    for command in ("tokens", "gradients", "attention"):
        assert f"inspect {command}" in text
    for command in ("train fill", "train generate", "train translate", "similar"):
        assert f"seqtext {command}" in text


@pytest.mark.learning
def test_every_step_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With less text and fewer updates."""
    (tmp_path / "corpora").symlink_to(ROOT / "corpora")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(texts, "SETTINGS", {**texts.SETTINGS, "steps": 2})
    monkeypatch.setattr(texts, "LEARNT", 99)
    monkeypatch.setattr(texts, "HELD_OUT", 9)
    for step in STEPS:
        less = [dataclasses.replace(one, line=re.sub(r"--steps \d+", "--steps 1", one.line)) for one in step.commands]
        shown = figure(dataclasses.replace(step, commands=tuple(less)))
        assert all(command.name in shown for command in step.commands)
        assert len(shown.splitlines()) >= len(step.commands)
        assert not [path for path in tmp_path.glob(f"{FOLDER}/*") if path.is_dir()]


def write(names: Sequence[str]) -> None:
    """Run steps, all unless some are named, and write the page with their figures; the others keep theirs."""
    shown = figures(PAGE.read_text(encoding="utf-8"))
    shown = shown if len(shown) == len(STEPS) else ["FIGURE"] * len(STEPS)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "corpora").symlink_to(ROOT / "corpora")
        os.chdir(folder)
        for step in walk.chosen_steps(names):
            shown[step.number - 1] = figure(step)
            PAGE.write_text(page(shown), encoding="utf-8")


if __name__ == "__main__":
    assert sys.argv[1:2] == ["--write"], "python tests/learning/test_tour.py --write [STEP]..."
    write(sys.argv[2:])
