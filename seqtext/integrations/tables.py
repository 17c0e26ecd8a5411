"""Answer the rows of a table of any length, keeping its format."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from seqtext.data.lines import Report, shown
from seqtext.data.wanted import Wanted
from seqtext.data.whole_table import open_table
from seqtext.errors import ConfigError, argument, arguments
from seqtext.integrations.columns import COLUMNS, Columns
from seqtext.integrations.progress_record import plain_options
from seqtext.integrations.table_job import ON_ROW_ERROR, TableJob, TableProgress, TableReport, refuse_existing
from seqtext.storage.model_folder import fingerprint


def answer_table(
    source: str | Path,
    method: Callable[..., Any],
    output: str | Path | Callable[[str], None],
    *,
    columns: Mapping[str, str] | None = None,
    on_error: str = "stop",
    resume: bool = False,
    encoding: str | None = None,
    encoding_errors: str = "strict",
    verb: str | None = None,
    progress: Callable[[TableProgress], None] | None = None,
    tell: Callable[[str], None] | None = None,
    **options: Any,
) -> TableReport:
    """Answer every row of a table; write the rows with their answers.

    source:  a CSV, TSV, JSON lines or Parquet file; "-" is standard input
    method:  of a loaded model, such as `model.classify`; `options` are its own
    output:  a file that does not exist, of the source's format or .jsonl, or what takes each row as a line of JSON
    columns: {"text": column} where it is not called text (source, to translate and summarize); {"id": column} names
        the rows in messages; numbers from 1 in a table without a header; several have + between, as in title+body.
        Without them, a table that has the columns that the model was trained with is read by those
    on_error: what a row that cannot be answered does: stop, skip (it is left out), null (it has no values)
    resume:  go on with an output whose writing was interrupted; what is beside it in FILE.progress tells how far it
        came, and input, model and options must be those of then
    encoding: of a text that is not UTF-8; UTF-16 is known by its mark
    verb:    of a function that is not a method of a model, the method whose columns it gives
    progress, tell: called after each batch; with what was recognized
    The rows and their other columns stay as they are. Which columns are added, `columns.COLUMNS` says; a name
    already taken becomes predicted_NAME. Memory does not grow with the number of rows. What is on the disk survives
    a kill at any moment; Parquet grows in FILE.parts/ and is joined at the end. Raises SeqtextError, and InputError or
    CorpusError for a row at fault.

    >>> import seqtext
    >>> model = seqtext.load("language-id")
    >>> seqtext.answer_table("mails.parquet", model.classify, "labelled.parquet", top=1)  # doctest: +SKIP
    """
    _check(on_error, resume, callable(output))
    source, answers, report = str(source), columns_by_method(verb or method.__name__), Report()
    if not callable(output):
        refuse_existing(Path(output), source, resume)
    given = _columns(answers.text, columns or {})
    fields = (answers.text, "id") if set(given) - {answers.text} else (answers.text,)
    trained = getattr(getattr(method, "__self__", None), "columns", {})
    table = open_table(source, Wanted(fields, given, encoding_errors, report, remembered=trained), encoding)
    for told in [table.told, *report.notes] if tell else []:
        if told and tell:
            tell(f"{told}." if told.startswith(shown(source)) else f"{shown(source)}: {told}.")
    before = set(report.notes)
    job = TableJob(source, table, answers, partial(method, **options), on_error)
    settings = {**options, "columns": given, "encoding": encoding, "encoding_errors": encoding_errors}
    if callable(output):
        job.to_lines(output)
    else:
        job.to_file(Path(output), model_facts(method), plain_options(settings), resume)
    table_report = job.run(progress)
    for told in report.told():
        if tell and told not in before:
            tell(f"{told}.")
    if tell and report.skipped:
        tell(", ".join(f"{count:,} × {reason}" for reason, count in report.skipped.items()) + " left out.")
    return table_report


def _check(on_error: str, resume: bool, streams: bool) -> None:
    """Raise ConfigError for what to do with faults or an earlier output that is not accepted."""
    if on_error not in ON_ROW_ERROR:
        message = f"{argument('on_error')} received {on_error!r}; accepted are {', '.join(ON_ROW_ERROR)}."
        raise ConfigError(message, arguments(on_error="skip"))
    if streams and resume:
        raise ConfigError(
            f"{argument('resume')} was given without an {argument('output')} to go on with.",
            arguments(output="FILE", resume=True),
        )


def columns_by_method(method: str) -> Columns:
    """Return the columns that a model's method adds.

    Raises ConfigError for a method that answers no texts.
    """
    by_method = {columns.method: columns for columns in COLUMNS.values()}
    if method not in by_method:
        raise ConfigError(
            f"The method {method!r:.80} was received; those that answer tables are {', '.join(by_method)}.",
            "model.classify",
        )
    return by_method[method]


def model_facts(method: Callable[..., Any]) -> dict[str, Any]:
    """Return the name of a method's model and its folder's hash.

    The hash is empty where there is no folder.
    """
    model = getattr(method, "__self__", None)
    folder = getattr(model, "folder", None)
    name = method.__name__ if model is None else "a model" if folder is None else str(folder)
    return {"name": name, "sha256": "" if folder is None else fingerprint(folder)}


def _columns(text: str, columns: Mapping[str, str]) -> dict[str, str]:
    """Map fields to columns; the answered field may be called "text"."""
    by_field = dict(columns)
    if text != "text" and text not in by_field and "text" in by_field:
        by_field = {text if field == "text" else field: column for field, column in by_field.items()}
    return by_field
