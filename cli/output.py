"""Write results to stdout, everything else to stderr.

Results are JSON lines, tables or text. Labels, file names and texts may come from anywhere. A terminal never gets their
control characters, but escapes such as \\x1b; so it is in tables and on stderr wherever they go. Text that goes to a
file or a program is unchanged.
"""

import contextlib
import json
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from seqtext.characters import BREAK, CONTROL, text_width, visible
from seqtext.errors import SeqtextError
from seqtext.fields import is_number, plain


def known_by(task: str, scores: Mapping[str, Any]) -> str:
    """Return the headline score of a task; "" without any."""
    from seqtext.tasks import TASKS

    return TASKS[task].score(scores) if task in TASKS else ""


def on_terminal() -> bool:
    """Tell whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def in_colour() -> bool:
    """Tell whether results are coloured. They are on a terminal, unless NO_COLOR is set (https://no-color.org)."""
    return on_terminal() and not os.environ.get("NO_COLOR")


def say(text: str) -> None:
    """Print a result at once.

    Raises SeqtextError where it cannot be printed, BrokenPipeError where nobody reads it.
    """
    pour([text, "\n"])


def say_apart(text: str, number: int) -> None:
    """Print a result of several lines; number: its index, from 0.

    A blank line stands above it unless it is the first.
    """
    say(f"\n{text}" if number else text)


def pour(pieces: Iterable[str]) -> None:
    """Print each piece of a result at once, without breaks between them."""
    for piece in pieces:
        _write(visible(piece, keep="\n\t") if on_terminal() else piece)


def one_line(text: str) -> str:
    r"""Replace line breaks of every kind by spaces.

    So line n of the answers belongs to line n of the texts.

    >>> one_line("a\r\nb\u2028c")
    'a b c'
    """
    return " ".join(text.splitlines())


def say_painted(text: str) -> None:
    """Print a result painted by `paint`."""
    _write(f"{text}\n")


def paint(text: str, **style: Any) -> str:
    """Style a text for a terminal, on one line, control characters escaped.

    style: as for `click.style`; without any, the text stays plain
    """
    shown = visible(BREAK.sub(" ", text), keep="\t")
    return click.style(shown, **style) if style else shown


def _write(text: str) -> None:
    if sys.stdout is None:
        raise SeqtextError("Standard output is closed; somewhere to print to is expected.", "leave >&- out")
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SeqtextError(f"{error.strerror}.", "print to another place; what was printed is incomplete") from error


def note(text: str) -> None:
    """Print a note to stderr, ignoring a closed pipe."""
    if sys.stderr is not None:  # for file=None, print writes to stdout
        with contextlib.suppress(OSError):
            print(visible(text, keep="\n"), file=sys.stderr, flush=True)


def say_json(value: Mapping[str, Any]) -> None:
    """Print a JSON object on a line, in UTF-8.

    A number that JSON cannot hold (nan, inf) becomes null.
    """
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    # Control characters can stand inside strings only, where JSON has escapes for them.
    say(CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Align the columns of rows, two spaces apart.

    Control characters and line breaks are escaped.

    right: the columns that are flush right, as numbers are
    >>> print(table([["12.5%", "fox"], ["3.0%", "wolf"]], right=[0]))
    12.5%  fox
     3.0%  wolf
    """
    rows = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(text_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - text_width(cell))
            cells.append(space + cell if column in right else cell + space)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def percent(probability: float) -> str:
    """Format a probability as a percentage with one decimal.

    Small probabilities differ from 0.

    >>> percent(0.125), percent(0.0004), percent(0.0)
    ('12.5%', '<0.1%', '0.0%')
    """
    return "<0.1%" if 0 < probability < 0.0005 else f"{100 * probability:.1f}%"


def number(value: Any) -> str:
    """Format a number in groups of thousands, with four significant digits.

    Other values stay as they are.

    >>> number(1234567), number(0.123456), number(98.7654), number(None)
    ('1,234,567', '0.1235', '98.77', '-')
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if not is_number(value):
        return str(value)
    if isinstance(value, int) or abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def size(count: float) -> str:
    """Format a number of bytes with its unit.

    >>> size(999), size(12_345), size(7_300_000)
    ('999 B', '12.3 kB', '7.3 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("unreachable")


def clock(seconds: float) -> str:
    """Format a time in seconds as a clock does.

    >>> clock(7.4), clock(75), clock(3725)
    ('7 s', '1:15', '1:02:05')
    """
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def sheet(facts: Mapping[str, Any]) -> str:
    """Format names and values, one per line.

    A mapping inside becomes an indented block under its name.
    """
    return table(_lines(facts, ""))


def _lines(facts: Mapping[str, Any], indent: str) -> list[list[str]]:
    rows = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            rows += [[f"{indent}{name}", ""], *_lines(value, f"{indent}  ")]
        else:
            is_size = name == "bytes" or "." in name  # a file's name has its size beside it
            values = value if isinstance(value, list | tuple) else [value]
            shown = (size(one) if is_size and is_number(one) else number(one) for one in values)
            rows.append([f"{indent}{name}", ", ".join(shown)])
    return rows


def span(ends: Sequence[float]) -> str:
    """Format an interval with the decimals that distinguish its ends.

    Each end has at least three digits.

    >>> span([0.86134, 0.88609]), span([31.123, 33.987]), span([0.96823, 1.0])
    ('(0.861 to 0.886)', '(31.1 to 34)', '(0.968 to 1)')
    """
    width = abs(ends[1] - ends[0])
    least = 3 if not width or not math.isfinite(width) else 2 + math.floor(math.log10(max(map(abs, ends)) / width))
    return "(" + " to ".join(f"{end:.{max(3, least)}g}" for end in ends) + ")"


def span_after(ends: Sequence[float] | None) -> str:
    """Format an interval to follow its score, "" without one."""
    return f" {span(ends)}" if ends else ""


def with_spans(rows: Sequence[Sequence[str]], spans: Mapping[str, str]) -> str:
    """Write rows of names and scores, with intervals of a model's scores.

    The head comes first, and each interval stands after its score.

    rows: the name, the model's score, and those of others
    """
    if spans:
        rows = [
            [*row[:2], spans.get(row[0], "" if number else "95 % range"), *row[2:]] for number, row in enumerate(rows)
        ]
    return table(rows, right=[column for column in range(1, len(rows[0])) if not spans or column != 2])


def scores(metrics: Mapping[str, Any], spans: Mapping[str, str] | None = None) -> str:
    """Tabulate a model's metrics beside those of its baseline.

    metrics: the baseline's are under "baseline"; spans: the intervals of the model's
    """
    baseline = metrics.get("baseline") or {}
    names = [name for name in (*metrics, *baseline) if name != "baseline"]
    rows = [[name, number(metrics.get(name)), number(baseline.get(name))] for name in dict.fromkeys(names)]
    return with_spans([["", "model", "baseline"], *rows], spans or {})
