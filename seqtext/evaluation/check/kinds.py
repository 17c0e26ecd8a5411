"""Tell the kind of a corpus and its task from its files."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from seqtext.data.dialect import recognize
from seqtext.data.formats.registry import PAIRS, TEXTS, format_of, kind_of
from seqtext.data.guesses import guess_of_source, header_of
from seqtext.data.lines import Report, read_lines
from seqtext.data.questions import is_questions
from seqtext.data.tab_rows import is_fast_text
from seqtext.data.wanted import ROW_LIMIT, Wanted
from seqtext.errors import ConfigError, CorpusError, argument, arguments
from seqtext.extras import needed
from seqtext.tasks import ANOMALY, CLASSIFY, FILL, SUMMARIZE, TASKS, TRANSLATE, Task

_HEAD = 200  # rows
_UNCLEAR = "which of them hold texts or labels is not clear."
_SHORT = 40  # characters of a label, on average


@dataclass(frozen=True)
class CorpusKind:
    """Hold the properties of a kind of corpus.

    fields: of a row, what a model reads first; noun: what an example is called; beside: what stands beside its text
    long: what becomes of a text that is longer than a model reads, "" where nothing is lost
    blank: whether an empty row is a fault; repeats: whether equal texts are no fault
    """

    fields: tuple[str, ...]
    noun: str = "text"
    beside: str = ""
    long: str = ""
    blank: bool = True
    repeats: bool = False

    @property
    def sides(self) -> tuple[str, ...]:
        """Return the fields that hold texts."""
        return tuple(field for field in self.fields if field != "label")


_CUT = "the rest of it is not read"
#: By task; a task that is not here has texts.
CORPUS_KINDS: Mapping[str, CorpusKind] = {
    CLASSIFY.name: CorpusKind(("label", "text"), beside="label", long=_CUT),
    TRANSLATE.name: CorpusKind(("source", "target"), "pair", "target", "such pairs are skipped"),
    SUMMARIZE.name: CorpusKind(("source", "target"), "pair", "target", _CUT),
    ANOMALY.name: CorpusKind(("text",), "line", blank=False, repeats=True),
}
OF_TEXTS = CorpusKind(("text",), blank=False)


def kind_for(task: Task) -> CorpusKind:
    """Return the kind of corpus that a task is learnt from."""
    return CORPUS_KINDS.get(task.name, OF_TEXTS)


def guess_task(sources: Sequence[str], columns: Mapping[str, str] | None, encoding: str | None = None) -> Task:
    """Guess the task of a corpus from its columns or first rows.

    Raises CorpusError where the columns or rows of a table do not tell it, ConfigError for columns of unknown fields.
    """
    if columns:
        return _task_of(set(columns), columns)
    first = next(_first_files(sources), "")
    if not first or format_of(first).gives == TEXTS:
        return FILL
    if format_of(first).gives == PAIRS:
        return TRANSLATE
    names = _column_names(first, encoding)
    if names is not None:
        for task in (CLASSIFY, TRANSLATE):
            if set(kind_for(task).fields) <= {name.lower() for name in names}:
                return task
        if "text" in names:
            return FILL
        raise _unknown_columns(first, names)
    if len(sources) == 2 and _are_twins(sources):
        return TRANSLATE
    return _guess_by_rows(first, encoding)


def is_of_questions(sources: Sequence[str], encoding: str | None = None) -> bool:
    """Tell whether a corpus holds multiple-choice questions."""
    return bool(sources) and all(
        source != "-" and os.path.isfile(source) and is_questions(source, encoding) for source in sources
    )


def _task_of(fields: set[str], columns: Mapping[str, str]) -> Task:
    for task in TASKS.values():
        if fields <= set(kind_for(task).fields):
            return task
    known = "text; label and text; source and target"
    raise ConfigError(
        f"{argument('columns')} names {', '.join(map(repr, columns))}; accepted are {known}.",
        arguments(columns={"text": "COLUMN", "label": "COLUMN"}),
    )


def _first_files(sources: Sequence[str]) -> Iterator[str]:
    for source in sources:
        if os.path.isdir(source):
            for folder, _, files in sorted(os.walk(source)):
                yield from (os.path.join(folder, name) for name in sorted(files) if not name.startswith("."))
        else:
            yield source


def _are_twins(sources: Sequence[str]) -> bool:
    stems = {os.path.splitext(source)[0] for source in sources}
    return len(stems) == 1 and all(kind_of(source) == "text" for source in sources)


def _column_names(source: str, encoding: str | None) -> list[str] | None:
    """Read the columns of a table; None of a file without a header row."""
    table = format_of(source)
    if table.name == "hf":
        return None
    if table.name == "parquet":
        return _schema_names(source)
    if table.name != "jsonl" and table.name != "csv" and not table.by_line:
        return header_of(source, Wanted(("text",), {}, "replace", Report(), encoding=encoding)) or None
    head = _head(source, encoding)
    if not head:
        return None
    return _keys(head[0]) if table.name == "jsonl" else _header(head, table.by_line)


def _schema_names(source: str) -> list[str]:
    with needed("A Parquet file"):
        from pyarrow import parquet
    return list(parquet.read_schema(source).names)


def _keys(line: str) -> list[str] | None:
    try:
        first = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return list(first) if isinstance(first, dict) else None


def _header(head: Sequence[str], by_line: bool) -> list[str] | None:
    """Read the header of separated rows; by_line: whether they are lines, which often have none."""
    known = {field for kind in (OF_TEXTS, *CORPUS_KINDS.values()) for field in kind.fields}
    if not by_line:
        sample = "\n".join(head) + "\n"
        return list(recognize(sample, ",", lambda names: not known.isdisjoint(map(str.lower, names)), False).header)
    cells = [cell.strip().lower() for cell in head[0].split("\t")]
    return cells if len(known & set(cells)) > 1 else None


def _head(source: str, encoding: str | None, most: int = _HEAD) -> list[str]:
    if kind_of(source) == "hf":
        return []
    lines = read_lines(source, encoding_errors="replace", encoding=encoding, limit=ROW_LIMIT, any_end=True)
    return list(islice((line for _, line in lines if line.strip()), most))


def _guess_by_rows(source: str, encoding: str | None) -> Task:
    """Labels come again and are short; two texts side by side are a pair; no tab, no table."""
    head = _head(source, encoding)
    if head and is_fast_text(head[0]):
        return CLASSIFY
    rows = [line.split("\t") for line in head]
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 1
    whole = [row for row in rows if len(row) == width]
    if width == 1 or len(whole) < 0.9 * len(rows):
        return FILL
    labels = [number for number in range(width) if _are_labels([row[number].strip() for row in whole])]
    if width == 2:
        return CLASSIFY if labels else TRANSLATE
    sizes = [sum(len(row[number]) for row in whole) for number in range(width)]
    columns = {"label": labels[0] + 1} if labels else {}
    hint = arguments(columns={**columns, "text": max(range(width), key=lambda number: sizes[number]) + 1})
    raise CorpusError(f"{source} has {width} columns and no header row; {_UNCLEAR}", hint)


def _are_labels(cells: Sequence[str]) -> bool:
    return len(set(cells)) <= 0.5 * len(cells) and sum(map(len, cells)) <= _SHORT * len(cells)


def _unknown_columns(source: str, names: Sequence[str]) -> CorpusError:
    listed = ", ".join(f"{name!r:.40}" for name in names[:12])
    message = f"{source} has the columns {listed}; {_UNCLEAR}"
    if guess := guess_of_source(source, Wanted(("label", "text"), {}, "replace", Report())):
        return CorpusError(message, guess.typed())
    free = [name for name in names if len(name) < _SHORT and name.isprintable()] or ["COLUMN"]
    guesses = {"text": free[0]}, {"text": free[0], "label": free[-1]}, {"source": free[0], "target": free[-1]}
    hint = ", or ".join(arguments(columns=columns) for columns in guesses)
    return CorpusError(message, hint)
