"""Lines of the tour: wrapped, quoted for a shell, figures that say what is so."""

import shlex
import subprocess

import pytest
from command_words import words_of

from seqtext.tour.layout import (
    WIDTH,
    command_line,
    paragraphs,
    score_line,
    shown_lines,
    surprise,
    verdict,
)
from seqtext.tour.steps import STEPS, Command

LEARNS, FAILS = (
    Command("seqtext train a", 1, "far: a net", True, chance=0.5),
    Command("seqtext train a", 1, "far: a net", False, chance=0.5),
)


def test_paragraphs_are_wrapped_apart() -> None:
    shown = paragraphs("a few words here\n\nand a well-known one", 10)
    assert shown == "a few\nwords here\n\nand a\nwell-known\none"


@pytest.mark.parametrize(
    "words",
    [
        ["seqtext", "fill", "a ___ b", "--top", "3", "--option", "it's", "--option", 'say "no"'],
        ["seqtext", "generate", "costs $5 \\ or `less`!", "--model", "a folder/x", "--count", "3", "--length", "100"],
    ],
)
@pytest.mark.parametrize("width", [20, 50, 200])
def test_a_shell_takes_a_command_line_as_it_stands(words, width) -> None:
    shown = command_line(words, width)
    assert words_of(shown.replace("\\\n", " ")) == words
    printed = subprocess.run(["sh", "-c", f"printf '%s\\n' {shown}"], capture_output=True, text=True, check=True)
    assert printed.stdout.splitlines() == words


def test_no_line_of_a_step_is_too_wide() -> None:
    for step in STEPS:
        texts = [step.title, paragraphs(step.about), paragraphs(step.look)]
        texts += [command_line(shlex.split(command.line)) for command in step.commands]
        margin = max(len(command.name) for command in step.commands)
        texts += [score_line(command, 1.0, margin) for command in step.commands]
        assert max(len(line) for text in texts for line in text.splitlines()) <= WIDTH, step.name


def test_an_accuracy_is_learnt_guessed_or_between() -> None:
    assert [verdict(score, 0.5) for score in (1.0, 0.95, 0.9, 0.6, 0.5)] == [
        "learnt", "learnt", "in part", "guesses", "guesses"
    ]  # fmt: skip
    assert verdict(0.5, 0.25) == "in part"


def test_what_came_out_otherwise_is_said() -> None:
    assert surprise(LEARNS, 1.0) == surprise(FAILS, 0.5) == surprise(Command("seqtext fill", 1), 0.0) == ""
    assert surprise(LEARNS, 0.6).startswith("Here it came out otherwise")
    assert surprise(FAILS, 0.97).startswith("Here it came out otherwise")


def test_a_figure_has_the_name_the_score_and_a_bar() -> None:
    assert score_line(LEARNS, 0.5, 12) == f"far: a net     50 %  {'█' * 18}│{' ' * 17}  guesses"
    assert score_line(Command("seqtext train a", 1, "net", chance=0.2), 0.2, 3) == "net   20 %  ███████│"


def test_lines_that_are_not_shown_leave_dots() -> None:
    output = "id\n1 a\n2 b\n3 c\n\nend\n"
    assert shown_lines(output, "^id|^1|^end") == ["id", "1 a", "…", "end"]
    assert shown_lines(output, "") == ["id", "1 a", "2 b", "3 c", "", "end"]
    assert shown_lines("x" * 90, "x") == ["x" * 79 + "…"]
    assert shown_lines("word " * 17, "") == [" ".join(["word"] * 16), "word"]
