"""Answer tables on the command line: options, progress and results."""

import functools
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seqtext.characters import CONTROL, visible
from seqtext.shell import quote, quote_all

from . import answers, output, process
from .options import UsageFault, stacked

if TYPE_CHECKING:
    from seqtext.integrations.table_job import TableProgress, TableReport

F = TypeVar("F", bound=Callable[..., Any])
LINE_SECONDS = 15.0  # between two lines of progress where stderr is not a terminal


@dataclass(frozen=True)
class TableOptions:
    """Hold a table's command-line options. It is false where the texts come from elsewhere."""

    file: str | None
    columns: str | None
    output: str | None
    on_error: str
    resume: bool
    encoding: str | None
    encoding_errors: str

    def __post_init__(self) -> None:
        flags = {
            "--output": self.output,
            "--resume": self.resume,
            "--columns": self.columns,
        }
        typed = [flag for flag, value in flags.items() if value]
        if typed and not self:
            from seqtext.data.formats.registry import ROWS, suffixes

            received = "no --file was" if self.file is None else f"{self.file} is none"
            message = f"{typed[0]} was given, which is for a table ({suffixes(ROWS)}); {received}."
            if self.output and self.file not in (None, "-"):
                raise UsageFault(message, f"--file {quote(str(self.file))} > {quote(self.output)}")
            raise UsageFault(message, "--file table.csv --columns text=COLUMN")
        context = click.get_current_context(silent=True)
        other = context is not None and context.params.get("accept")  # which is read as a --file is
        if self.encoding is not None and self.file is None and not other:
            raise UsageFault("--encoding was given, which is for a --file; none was.", "--file FILE --encoding cp1252")
        if self.resume and self.output is None:
            raise UsageFault("--resume was given without an --output to go on with.", "--output FILE --resume")

    def __bool__(self) -> bool:
        if self.file is None:
            return False
        from seqtext.data.formats.registry import ROWS, format_of, formats_that_give

        return self.columns is not None or format_of(self.file) in formats_that_give(ROWS)

    def refuse(self, flags: Mapping[str, Any]) -> None:
        """Raise UsageFault for flags that were given with a table."""
        typed = [flag for flag, value in flags.items() if value]
        if typed and self:
            raise UsageFault(f"{typed[0]} was given with a table, which has no room for it.", f"leave {typed[0]} out")

    def answer(self, method: Callable[..., Any], *, without: Mapping[str, Any], **options: Any) -> None:
        """Answer the rows by a method of a model, with its options.

        The rows go to --output, or as JSON to stdout.

        without: flag -> value of the options that say what is printed of a text, which no table has room for
        """
        self.answered(method, without=without, **options)

    def answered(self, method: Callable[..., Any], *, without: Mapping[str, Any], **options: Any) -> tuple[int, int]:
        """Answer the rows. Returns how many there were, and how many were unusual without a note of it."""
        self.refuse(without)
        from seqtext.data.corpus import parse_columns
        from seqtext.integrations.tables import answer_table

        shown = RowsShown(self.output is not None)
        try:
            with process.terminable(shown.farewell):
                report = answer_table(
                    str(self.file), method, _say_row if self.output is None else self.output,
                    columns=parse_columns(self.columns), on_error=self.on_error, resume=self.resume,
                    encoding=self.encoding, encoding_errors=self.encoding_errors,
                    progress=shown.show, tell=shown.write, **options,
                )  # fmt: skip
        except KeyboardInterrupt as interruption:
            shown.close()
            output.note(shown.farewell())
            raise click.exceptions.Exit(process.status(interruption)) from None
        finally:
            shown.close()
        _conclude(report, self)
        return report.rows, 0 if self.output is not None else report.unusual or 0


def accepted(function: F) -> F:
    """Add the options of a table to a command.

    The command receives them as `table`, a TableOptions.
    """

    @functools.wraps(function)
    def gathered(
        *,
        file: str | None,
        encoding_errors: str,
        columns: str | None,
        output: str | None,
        on_error: str,
        resume: bool,
        encoding: str | None,
        **rest: Any,
    ) -> Any:
        table = TableOptions(file, columns, output, on_error, resume, encoding, encoding_errors)
        return function(file=file, encoding_errors=encoding_errors, table=table, **rest)

    options: Any = stacked(
        click.option(
            "--columns",
            metavar="text=NAME,...",
            help="Of a table: the column to answer, or several, as in text=title+body; the column id=NAME that "
            "messages name rows by; a number without a header.  [default: as in training]",
        ),
        click.option(
            "--output", metavar="FILE", help="Write a table's rows and answers here, not as JSON lines to stdout."
        ),
        click.option(
            "--on-error",
            type=click.Choice(["stop", "skip", "null"]),
            default="stop",
            show_default=True,
            help="What a row of a table that cannot be answered does: stop, be left out, have no values.",
        ),
        click.option("--resume", is_flag=True, help="Go on with an --output whose writing was interrupted."),
        click.option("--encoding", metavar="NAME", help="Of a --file that is not UTF-8, such as cp1252."),
    )
    decorated: F = options(gathered)
    return decorated


class RowsShown:
    """Show the progress of a table on stderr. It is a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, to_file: bool) -> None:
        self._to_file, self._rows = to_file, 0
        self._bar: Any = None
        self._next_line = time.monotonic() + LINE_SECONDS
        self._terminal = sys.stderr is not None and sys.stderr.isatty()

    def show(self, progress: "TableProgress") -> None:
        """Show the progress."""
        self._rows = progress.rows
        if self._terminal and (self._to_file or not output.on_terminal()):
            self._show_bar(progress)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + LINE_SECONDS
            self.write(_line(progress))

    def _show_bar(self, progress: "TableProgress") -> None:
        if self._bar is None:
            from tqdm import tqdm

            shape = "{desc}" if progress.left is None else "{percentage:3.0f}% {bar:24} {desc}"
            self._bar = tqdm(total=1.0, bar_format=shape, file=sys.stderr, dynamic_ncols=True, leave=False)
            self._next_line = 0.0
        if progress.left is not None:
            expected = progress.rows + progress.left * progress.per_second
            self._bar.n = min(1.0, progress.rows / max(expected, 1))
        self._bar.set_description_str(_line(progress), refresh=False)
        self._bar.update(0)
        if time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + 0.2
            self._bar.refresh()

    def write(self, text: str) -> None:
        """Print a line, above the bar."""
        if self._bar is not None:
            self._bar.write(visible(text), file=sys.stderr)
        else:
            output.note(text)

    def close(self) -> None:
        """Remove the bar from the screen."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def farewell(self) -> str:
        """Describe a table whose answering was interrupted."""
        if not self._to_file:
            return "Interrupted."
        again = [word for word in sys.argv[1:] if word != "--resume"]
        return f"Interrupted after some {self._rows:,} rows; go on with\n  seqtext {quote_all(again)} --resume"


def _line(progress: "TableProgress") -> str:
    of = "" if progress.total is None else f" of {progress.total:,}"
    left = "" if progress.left is None else f", {output.clock(progress.left)} left"
    return f"{progress.rows:,}{of} rows, {output.number(round(progress.per_second))} rows/s{left}"


def _say_row(line: str) -> None:
    """Print a row as JSON, its control characters, which stand inside strings, as escapes."""
    output.say(CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", line))


def _conclude(found: "TableReport", table: TableOptions) -> None:
    """Note how many rows were answered, and why others were not."""
    if table.output is not None:
        resumed = f", {found.resumed:,} of them before" if found.resumed else ""
        rate = (found.rows - found.resumed) / max(found.seconds, 1e-9)
        speed = f"{output.clock(found.seconds)}, {output.number(round(rate))} rows/s"
        counts = {"without a text": found.blank, "unlike the texts learnt from": found.unusual or 0}
        told = "".join(f", {count:,} {what}" for what, count in counts.items() if count)
        written = f"Written   {found.written:,} rows to {table.output}"
        output.note(f"Answered  {found.rows:,} rows{resumed}{told} ({speed})\n{written}")
    answers.say_lost(found.flagged, found.rows - found.resumed, found.flags, "answer")
    if found.failed:
        became = "left out" if table.on_error == "skip" else "without values"
        more = f"\n          and {found.failed - len(found.first):,} more" * (found.failed > len(found.first))
        reasons = "\n          ".join(found.first)
        output.note(f"At fault  {found.failed:,} of {found.rows:,} rows, {became}:\n          {reasons}{more}")
