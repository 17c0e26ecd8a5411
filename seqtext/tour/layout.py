"""Wrap the tour's paragraphs, command lines and scores to a width."""

import re
from collections.abc import Iterator, Sequence
from textwrap import wrap

from seqtext import shell
from seqtext.characters import clipped, text_width
from seqtext.plots.scores import score_bar
from seqtext.tour.steps import LEARNT, LUCK, Command

WIDTH = 80
_BAR = 36  # columns of a score
CAPTION = "Right of texts never seen, where │ is a guess:"
_ELSE = "Here it came out otherwise than is said below: other processors round otherwise."


def paragraphs(text: str, width: int = WIDTH) -> str:
    """Wrap the paragraphs of a text.

    Blank lines stay between them. width: in characters
    """
    wrapped = (wrap(one, width, break_on_hyphens=False, break_long_words=False) for one in text.split("\n\n"))
    return "\n\n".join("\n".join(lines) for lines in wrapped)


def command_line(words: Sequence[str], width: int = WIDTH, indent: str = "  ") -> str:
    r"""Quote a command line for a shell, breaking long ones with backslashes.

    On Windows it stays a single line.

    >>> print(command_line(["seqtext", "fill", "a ___", "--top", "3"], 20, ""))
    seqtext fill \
      "a ___" --top 3
    """
    if shell.ON_WINDOWS:  # cmd breaks a line by ^ and PowerShell by a backtick: nothing is right in both
        return indent + shell.quote_all(words)
    lines, line = [], ""
    for part in _options(words):
        if line and len(indent) + len(line) + len(part) + 3 > width:
            lines.append(f"{line} \\")
            line = f"  {part}"
        else:
            line = f"{line} {part}" if line else part
    return "\n".join(indent + line for line in [*lines, line])


def _options(words: Sequence[str]) -> Iterator[str]:
    """The words, an option together with its value."""
    parts = [_quoted(word) for word in words]
    while parts:
        both = parts[0].startswith("--") and len(parts) > 1 and not parts[1].startswith("--")
        yield " ".join(parts[: 1 + both])
        parts = parts[1 + both :]


def _quoted(word: str) -> str:
    """A word in double quotes, which every shell knows, where they do."""
    if shell.quote(word) == word:
        return word
    return f'"{word}"' if not re.search(r'["$`\\!]', word) else shell.quote(word)


def verdict(score: float, chance: float) -> str:
    """Rate an accuracy on synthetic texts in words.

    score, chance: shares of right answers, from 0 to 1
    """
    return "learnt" if score >= LEARNT else "guesses" if score <= chance + LUCK else "in part"


def score_line(command: Command, score: float, margin: int) -> str:
    """Format a classifier's accuracy as a line: name, share, bar, verdict.

    margin: columns of the name
    """
    meaning = "" if command.learns is None else verdict(score, command.chance)
    return (
        f"{command.name:{margin}}  {100 * score:3.0f} %  {score_bar(score, command.chance, _BAR)}  {meaning}".rstrip()
    )


def surprise(command: Command, score: float) -> str:
    """Note a result that contradicts the lecture; "" where none does."""
    learnt = verdict(score, command.chance) == "learnt"
    return "" if command.learns in (None, learnt) else _ELSE


def shown_lines(output: str, pattern: str, width: int = WIDTH) -> list[str]:
    """Select the lines of an output to show, fitted to the width.

    pattern: of the lines to show, where … stands for left-out ones; "" shows all
    """
    if not pattern:
        return [line for one in output.rstrip("\n").split("\n") for line in _folded(one, width)]
    lines: list[str] = []
    for line in output.rstrip("\n").split("\n"):
        if re.search(pattern, line):
            lines.append(clipped(line, width))
        elif lines and lines[-1] != "…" and line.strip():
            lines.append("…")
    return lines


def _folded(line: str, width: int) -> list[str]:
    """A line as it stands where it fits, wrapped where it does not."""
    return [line] if text_width(line) <= width else wrap(line, width, break_on_hyphens=False)
