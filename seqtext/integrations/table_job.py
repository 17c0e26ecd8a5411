"""Answer a table in batches, saving progress so that it can resume."""

import math
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from seqtext.data.encodings import UndecodableText, unpacked_name
from seqtext.data.formats.registry import file_and_sheet, kind_of
from seqtext.data.lines import shown
from seqtext.data.object_rows import ObjectTable
from seqtext.data.parquet_rows import ParquetTable
from seqtext.data.row_batches import RowBatch, Table
from seqtext.errors import ConfigError, CorpusError, InputError, SeqtextError, argument, arguments, either
from seqtext.integrations.columns import AddedValues, Columns, free_names
from seqtext.integrations.progress_record import ProgressRecord, file_facts, read_record, refuse_others
from seqtext.integrations.table_output import LineOutput, Output, ParquetOutput, TextOutput, parts_path
from seqtext.models.flags import Flag
from seqtext.models.many import answers_or_faults
from seqtext.normalization import is_blank
from seqtext.shell import quote

ON_ROW_ERROR = ("stop", "skip", "null")
#: Rows that are answered at once, by method; 256 of others.
BATCHES = {"classify": 1024, "translate": 64, "summarize": 16, "generate": 32}
_TOLD = 5  # faults and losses that are kept to be shown


class TableProgress(NamedTuple):
    """Report the progress of answering a table.

    rows:  processed so far, including those of an earlier try
    total: all rows, None where only reading tells
    per_second: rows of this try per second
    left:  estimated seconds, None without an estimate
    """

    rows: int
    total: int | None
    per_second: float
    left: float | None


class TableReport(NamedTuple):
    """Report counts of a table's rows after a run over it.

    rows:    of the table
    written: of the output
    failed:  rows without an answer: left out, or without values
    first:   why the first of these failed
    resumed: rows that an earlier run had processed
    seconds: time of this run
    blank:   rows of this run without a text
    unusual: rows of this run with a text unlike the training texts; None where the command does not tell
    flagged: rows of this run whose answers have lost details of the text; flags: the first details lost
    """

    rows: int
    written: int
    failed: int
    first: list[str]
    resumed: int
    seconds: float
    blank: int = 0
    unusual: int | None = None
    flagged: int = 0
    flags: Sequence[Flag] = ()


class TableJob:
    """Answer a table batch by batch, and write its rows."""

    def __init__(
        self,
        source: str,
        table: Table,
        columns: Columns,
        answer: Callable[[Iterator[str]], Iterable[Any]],
        on_error: str,
    ) -> None:
        self._source, self._table, self._columns = source, table, columns
        self._names = names = list(free_names(columns.added, table.columns).values())
        if isinstance(table, ObjectTable):
            table.reserved = frozenset(names)
        self._answer, self._on_error = answer, on_error
        self._record = ProgressRecord({}, {}, {}, names, on_error)
        self._record_path: Path | None = None
        self._path: Path | None = None
        self._blank, self._unusual = 0, 0 if columns.tells_unusual else None
        self._flags, self._flagged = list[Flag](), 0
        self._output: Output
        self._started = time.monotonic()

    def to_lines(self, say: Callable[[str], None]) -> None:
        """Prepare to pass each row to `say` as a line of JSON."""
        self._output = LineOutput(say, self._table, self._names)

    def to_file(self, path: Path, model: dict[str, Any], options: dict[str, Any], resume: bool) -> None:
        """Prepare an output file and its record, or resume them.

        resume: continue after the rows of the record
        Raises ConfigError for a format that cannot be written; CorpusError for a record that cannot be read;
        SeqtextError where the table cannot be read again, or table, model or options are not those of the record.
        """
        kind = _output_kind(path, self._source, self._table)
        if isinstance(self._table, ParquetTable) and kind == "parquet":
            self._output = ParquetOutput(path, self._table, self._names, list(self._columns.added.values()))
        else:
            self._output = TextOutput(path, self._table, self._names, kind == "jsonl")
        self._path, self._record_path = path, record_path(path)
        again = self._source != "-" and _is_regular(self._source)
        facts = (
            file_facts(Path(file_and_sheet(self._source)[0]))
            if again
            else {"name": self._source, "bytes": 0, "sha256": ""}
        )
        now = ProgressRecord(facts, model, options, self._names, self._on_error)
        if resume and self._record_path.exists():
            if not again:
                again_by = f"as {argument('resume')} would have to"
                message = f"{shown(self._source)} cannot be read again from its beginning, {again_by}."
                raise SeqtextError(
                    message,
                    either("save it as a file, and give its name", "save it as a file, and give --file its name"),
                )
            begun = read_record(self._record_path)
            refuse_others(begun, now, self._record_path, str(_other(path)))
            now = replace(begun, on_error=self._on_error)
        self._record = now
        self._record.save(self._record_path)  # before there is an output: one without a record is complete

    def run(self, progress: Callable[[TableProgress], None] | None) -> TableReport:
        """Process the remaining rows of the table.

        progress: called after each batch

        Raises SeqtextError at the first row that fails if `on_error` is "stop", and for an output that cannot be
        written; CorpusError where the table cannot be read.
        """
        record = self._record
        resumed = record.rows
        live = self._record_path is None and self._source == "-" and not _is_regular("-")
        size = 1 if live else BATCHES.get(self._columns.method, 256)
        with self._guarded():
            if not record.joined:
                self._output.begin(record.size or None)
                with self._dropped_if_unanswered():
                    for batch in self._table.batches(record.rows, size):
                        self._take(batch)
                        if self._output.due():
                            self._save()
                        if progress:
                            progress(self._progress(resumed))
                    self._save()
                self._output.join()
                record.joined = True
            if self._record_path is not None:
                record.save(self._record_path)  # from here on the parts are not needed
                self._output.clear()
                self._record_path.unlink(missing_ok=True)
        seconds = time.monotonic() - self._started
        return TableReport(
            record.rows, record.written, record.failed, record.first, resumed, seconds, self._blank, self._unusual,
            self._flagged, self._flags,
        )  # fmt: skip

    def _take(self, batch: RowBatch) -> None:
        """Answer a batch and write it."""
        values, faults = self._values(batch)
        if faults and self._on_error == "stop":
            first = min(faults)
            if self._record_path is None:
                self._output.write(batch, {index: row_values for index, row_values in values.items() if index < first})
            self._save()
            resume = "" if self._record_path is None else f", with {arguments(resume=True)}"
            hint = f"{arguments(on_error='skip')}, or {arguments(on_error='null')}{resume}"
            raise faults[first].framed(hint=hint)
        if self._on_error == "null":
            values = {index: values.get(index, self._columns.nulls) for index in range(len(batch.texts))}
        self._output.write(batch, values)
        self._record.rows += len(batch.texts)
        self._record.written += len(values)
        self._record.failed += len(faults)
        for index in sorted(faults)[: _TOLD - len(self._record.first)]:
            self._record.first.append(faults[index].message)

    def _values(self, batch: RowBatch) -> tuple[dict[int, AddedValues], dict[int, SeqtextError]]:
        """Compute the values of the added columns by row index, and the faults.

        Rows with faults have no values.
        """
        faults = dict(batch.faults)
        blank = self._columns.blank
        asked = [k for k, text in enumerate(batch.texts) if k not in faults and (blank or not is_blank(text))]
        answers = dict(zip(asked, answers_or_faults(self._answer, [batch.texts[k] for k in asked]), strict=True))
        faults |= {
            k: answer.framed(f"{batch.places[k]}: ") for k, answer in answers.items() if isinstance(answer, InputError)
        }
        self._blank += len(batch.texts) - len(batch.faults) - len(asked)
        if self._unusual is not None:
            self._unusual += sum(map(_is_unusual, answers.values()))
        self._count_flags(answers.values())
        rows = (k for k in range(len(batch.texts)) if k not in faults)
        return {k: tuple(map(_finite, self._columns.cells(answers.get(k)))) for k in rows}, faults

    def _count_flags(self, answers: Iterable[Any]) -> None:
        """Count the answers whose best hypothesis lost something."""
        best = (answer[0] for answer in answers if isinstance(answer, list) and answer)
        flagged = [flags for flags in (getattr(answer, "flags", ()) for answer in best) if flags]
        self._flagged += len(flagged)
        self._flags = [*self._flags, *chain.from_iterable(flagged)][: _TOLD + 1]

    def _save(self) -> None:
        if self._record_path is not None:
            self._record.size = self._output.save()
            self._record.save(self._record_path)

    def _progress(self, resumed: int) -> TableProgress:
        rows, total, read = self._record.rows, self._table.length, self._table.bytes_read()
        per_second = (rows - resumed) / max(time.monotonic() - self._started, 1e-9)
        expected: float | None = total
        if total is None and read and self._source != "-" and _is_regular(self._source):
            expected = rows * max(os.stat(self._source).st_size / read, 1.0)
        left = None if expected is None else (expected - rows) / max(per_second, 1e-9)
        return TableProgress(rows, total, per_second, left)

    @contextmanager
    def _dropped_if_unanswered(self) -> Iterator[None]:
        """Leave no output behind if a table breaks before a row is answered, so that its hint can be typed."""
        try:
            yield
        except CorpusError as error:
            if self._path is None or self._record_path is None:
                raise
            if not self._record.rows:
                self._output.close()
                self._output.clear()
                self._path.unlink(missing_ok=True)
                self._record_path.unlink(missing_ok=True)
            elif isinstance(error, UndecodableText):  # nothing goes on in another encoding
                raise error.framed(more=f", with {arguments(output=str(_other(self._path)))}") from error
            raise

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Let go of the output at the end; what the system refuses becomes a SeqtextError."""
        try:
            yield
        except OSError as error:
            if self._record_path is None:
                raise
            message = f"{error.filename or self._record_path}: {error.strerror or error}."
            raise SeqtextError(
                message, f"free some space, or mend what is wrong; then the same with {arguments(resume=True)}"
            ) from error
        finally:
            self._output.close()


def _is_unusual(answer: Any) -> bool:
    """Whether an answer, or the best of several, says that its text is unlike those learnt from."""
    best = answer[0] if type(answer) is list and answer else answer
    return getattr(best, "unusual", None) is True


def _finite(cell: Any) -> Any:
    """The cell, null for a number that text has no form for: NaN, infinite."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def record_path(output: Path) -> Path:
    """Return the path of an output's progress record."""
    return Path(f"{output}.progress")


def refuse_existing(output: Path, source: str, resume: bool) -> None:
    """Raise SeqtextError for an output that cannot be begun or resumed."""
    if output.is_dir() or output.name in ("", ".."):
        message = f"{argument('output')} received {str(output)!r}, which is a folder; the name of a file is expected."
        raise SeqtextError(message, arguments(output=str(output / "answers") + Path(source).suffix))
    record, parts = record_path(output), parts_path(output)
    there = output.exists() or output.is_symlink() or parts.exists()
    other = arguments(output=str(_other(output)))
    if record.exists() and not resume:
        message = f"{output} is half written: {record} tells how far it came."
        raise SeqtextError(message, f"{arguments(resume=True)} to go on with it, or {other}")
    if there and not record.exists():
        told = f"there is no {record}, so it is complete or from elsewhere"
        if resume:
            raise SeqtextError(f"{output} cannot be gone on with: {told}.", other)
        message = f"{output} exists, and nothing is written over it ({told})."
        raise SeqtextError(
            message, f"{other} ({argument('resume')} goes on only with one whose writing was interrupted)"
        )
    if not output.parent.is_dir():
        raise SeqtextError(f"There is no folder {output.parent} to write to.", f"mkdir -p {quote(str(output.parent))}")


def _other(output: Path) -> Path:
    """Find a free name: answers-2.csv for answers.csv."""
    number = 2
    while (candidate := output.with_name(f"{output.stem}-{number}{output.suffix}")).exists() or record_path(
        candidate
    ).exists():
        number += 1
    return candidate


def _output_kind(output: Path, source: str, table: Table) -> str:
    """Return the format to write: the table's, or JSON lines by name.

    Raises ConfigError for any other.
    """
    (name, packed), read = unpacked_name(str(output)), kind_of(source)
    separated = (read,) if read in ("csv", "tsv") else ("csv", "tsv")
    accepted = ("jsonl", "text", *(separated if table.kind == "csv" else (table.kind,)))
    kind = kind_of(name)
    if packed or kind not in accepted:
        kinds = " or ".join(dict.fromkeys((accepted[-1], "jsonl")))
        message = f"{argument('output')} received {str(output)!r}; {kinds} is written here, unpacked."
        raise ConfigError(message, arguments(output=str(Path(name).with_suffix(f".{accepted[-1]}"))))
    return "jsonl" if kind == "jsonl" else table.kind


def _is_regular(source: str) -> bool:
    """Whether a source is a file that ends without waiting for anyone."""
    try:
        status = os.fstat(sys.stdin.fileno()) if source == "-" else os.stat(file_and_sheet(source)[0])
        return stat.S_ISREG(status.st_mode)
    except (OSError, ValueError, AttributeError):
        return False
