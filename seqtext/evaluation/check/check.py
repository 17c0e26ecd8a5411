"""Check a corpus for faults before training.

Errors make results wrong, warnings make them worse; notes are good to know.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from seqtext.data.corpus import read_placed
from seqtext.data.encodings import converted, encoding_hint
from seqtext.data.formats.registry import format_of
from seqtext.data.lines import Report, check_encoding_errors, split_place
from seqtext.data.paragraphs import NOTED
from seqtext.data.pipes import is_pipe, reading_again
from seqtext.data.questions import Question, read_questions
from seqtext.data.sources import LEFT_OUT_NOTE, Corpora, corpus_names
from seqtext.data.wanted import join_columns
from seqtext.errors import ConfigError, CorpusError, argument, arguments, nearest
from seqtext.evaluation.check.classes import Classes
from seqtext.evaluation.check.duplicates import duplicates, overlap
from seqtext.evaluation.check.findings import (
    CheckReport,
    Finding,
    Place,
    Places,
    by_severity,
    counted,
    percent,
    unread_files,
    verb,
    wrapped_lines,
)
from seqtext.evaluation.check.fingerprints import Fingerprints
from seqtext.evaluation.check.kinds import CorpusKind, guess_task, is_of_questions, kind_for
from seqtext.evaluation.check.languages import Languages
from seqtext.evaluation.check.sides import Sides
from seqtext.evaluation.check.texts import TextFaults
from seqtext.shell import quote, quote_all
from seqtext.tasks import FILL, TASKS, TRANSLATE, Task


class CheckRequest(NamedTuple):
    """Hold a check's task, kind of corpus and reading options.

    several: whether a text may have several labels; max_length: tokens that a model reads, None for the usual preset's
    """

    task: Task
    kind: CorpusKind
    columns: Mapping[str, str] | None
    encoding_errors: str
    several: bool
    max_length: int | None
    encoding: str | None = None


def check(
    corpora: Corpora,
    task: str | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    valid: Corpora | None = None,
    encoding_errors: str = "strict",
    encoding: str | None = None,
    multi_label: bool = False,
    max_length: int | None = None,
) -> CheckReport:
    """Check a corpus for faults before training.

    Everything is read once; of each example some 100 bytes are kept, so that a million fit into 300 MB.

    corpora:     files, folders or `hf:NAME`, as for `train`
    task:        what it is for, such as "classify"; None tells it by the columns and the first rows
    columns, valid, encoding_errors, encoding: as for `train`; a text of `valid` that is in the corpora is an error
    multi_label: whether a text may have several labels
    max_length:  tokens that a model reads; None takes those of the task's usual preset

    Raises CorpusError for what cannot be read, ConfigError for a wrong setting.
    """
    check_encoding_errors(encoding_errors)
    names, held_names = corpus_names(corpora), corpus_names(valid)
    if task is not None and task not in TASKS:
        hint = arguments(task=nearest(task, TASKS))
        raise ConfigError(f"{argument('task')} received {task!r}; accepted are {', '.join(TASKS)}.", hint)
    with reading_again():
        if task in (None, FILL.name) and is_of_questions(names, encoding):
            return _check_questions(names, held_names, {"encoding_errors": encoding_errors, "encoding": encoding})
        record = guess_task(names, columns, encoding) if task is None else TASKS[task]
        return _check_rows(
            CheckRequest(record, kind_for(record), columns, encoding_errors, multi_label, max_length, encoding),
            names,
            held_names,
        )


def _check_rows(asked: CheckRequest, names: Sequence[str], held_names: Sequence[str]) -> CheckReport:
    """Check texts, labelled texts or pairs."""
    read = _Reading(asked)
    read.go_through(names)
    held = _Reading(asked, prints_only=True)
    if held_names:
        held.go_through(held_names)
    findings = [*read.findings(_remover(names)), *read.overlap_with(held)]
    mended = _mended(names, findings)
    gone = any(map(is_pipe, [*names, *held_names]))  # what came through a pipe cannot be read by another command
    step = _next_step(asked, mended, held_names, read.other_columns, read.joined) if mended and not gone else ""
    return CheckReport(tuple(names), asked.task.name, read.examples, by_severity(findings), step)


class _Reading:
    """Read a corpus once and record what is noticed.

    prints_only: whether only the fingerprints are recorded, by which its texts are found in another corpus
    """

    def __init__(self, asked: CheckRequest, prints_only: bool = False) -> None:
        self._asked, self._kind = asked, asked.kind
        self._rows, self._filled = Places(), Places()  # of all rows, of those with a text
        self._prints, self._report = Fingerprints(), Report()
        self.examples = self._number = 0
        name = "line" if asked.kind.repeats else "text"
        sides = asked.kind.sides
        names = sides if len(sides) > 1 else (name,)
        self._texts = {} if prints_only else {
            side: TextFaults(shown, self._rows) for side, shown in zip(sides, names, strict=True)
        }  # fmt: skip
        labelled, paired = "label" in asked.kind.fields, len(sides) > 1
        self._languages = None if prints_only or paired else Languages(name, self._rows)
        self._classes = Classes(self._rows, asked.several) if labelled and not prints_only else None
        self._sides = Sides(self._rows, asked.task is TRANSLATE) if paired and not prints_only else None

    def go_through(self, sources: Sequence[str]) -> None:
        """Read the whole corpus; raises CorpusError where there is no text."""
        self._sources = sources
        rows = read_placed(
            sources,
            self._kind.fields,
            columns=self._asked.columns,
            encoding_errors="replace",
            encoding=self._asked.encoding,
            report=self._report,
            watch_lines=self._asked.task.prose,
        )
        for where, cells in rows:
            self._rows.add(where)
            self._take(where, cells)
            self._number += 1
        if self._classes is not None:
            self._classes.settle()
        if not self.examples:
            raise CorpusError(f"{', '.join(sources)} holds no text.", "give a file with one text per line")

    def _take(self, where: str, cells: Mapping[str, str]) -> None:
        number, (main, *others) = self._number, self._kind.sides
        text, beside = cells[main], cells[self._kind.beside] if self._kind.beside else ""
        for side, faults in self._texts.items():
            faults.add(number, cells[side])
        if not all(cells[side].strip() for side in (main, *others)):
            return
        self.examples += 1
        if not self._kind.repeats:
            self._filled.add(where)
            self._prints.add(text, beside)
        if self._languages is not None:
            self._languages.add(number, text)
        if self._classes is not None:
            self._classes.add(number, beside, text)
        if self._sides is not None:
            self._sides.add(number, text, beside)

    def findings(self, remove: str) -> Iterator[Finding]:
        """Yield all findings.

        If the labels are none, nothing else can be said of the corpus.
        """
        yield from _of_reading(self._report, self._number, self._asked.encoding_errors == "strict")
        yield from unread_files(self._report)
        yield from wrapped_lines(self._report, self.examples)
        if self.other_columns is not None and self._classes is not None:
            yield from self._classes.findings()
            return
        if not self._kind.repeats:
            noun = "source" if self._sides is not None else "text"
            repeated = duplicates(self._prints, self._filled, noun, self._kind.beside, remove)
            yield from repeated if self._kind.beside else map(_milder, repeated)
        for faults in self._texts.values():
            yield from faults.findings("" if self._kind.blank else "leaves it out")
            yield from faults.sizes(self._asked.task, "base", self._kind.long, self._asked.max_length)
        for checker in (self._classes, self._sides, self._languages):
            if checker is not None:
                yield from checker.findings()

    @property
    def other_columns(self) -> dict[str, str] | None:
        """Suggest the columns to name where the labels are none.

        None where they are labels; empty where the columns are unknown.
        """
        classes = self._classes
        if classes is None or not classes.look_like_columns:
            return None
        first = format_of(self._sources[0]).by_line and not self._asked.columns
        return {"label": "2", "text": "1"} if first and classes.are_longer_than_texts else {}

    @property
    def joined(self) -> bool:
        """Tell whether cells seem to join several labels in one."""
        return self._classes is not None and bool(self._classes.joined)

    def overlap_with(self, held: "_Reading") -> Iterator[Finding]:
        """Report held-out texts that occur in this corpus, too."""
        if held.examples and not self._kind.repeats:
            noun = "source" if self._sides is not None else "text"
            yield from overlap(self._prints, held._prints, self._filled, held._filled, noun)


def _milder(finding: Finding) -> Finding:
    """Lower a finding about few repeated lines to a note; running text has some."""
    return replace(finding, severity="note") if finding.share < 0.01 else finding


def _of_reading(report: Report, total: int, refused: bool) -> Iterator[Finding]:
    """Report bytes that cannot be decoded and text that was normalised in reading.

    refused: whether training stops at such bytes
    """
    if count := report.replaced_in:
        message = f"{counted(count, 'row', total)} {verb(count, 'hold')} bytes that are "
        message += "not UTF-8" + (", on which training stops" if refused else "")
        places = tuple(Place(*split_place(where)) for where in report.replaced_at)
        hint = encoding_hint(places[0].file) if places else ""
        yield Finding("encoding", "error" if refused else "warning", count, count / total, message, places, hint)
    for note in (note for note in report.notes if not note.startswith((LEFT_OUT_NOTE, NOTED))):  # findings of their own
        yield Finding("recognized", "note", total, 1.0, note)
    for what, count in report.mended.items():
        places = tuple(Place(*split_place(where)) for where in report.places.get(what, ()))
        yield Finding("mended", "note", count, min(1.0, count / total), f"{count:,} × {what}", places)
    for what in ("header row", "header row again"):
        if count := report.skipped.get(what, 0):
            places = tuple(Place(*split_place(where)) for where in report.places.get(what, ()))
            yield Finding("header", "note", count, count / total, f"{count:,} × {what}, which is left out", places)


def _check_questions(names: Sequence[str], held_names: Sequence[str], how: Mapping[str, Any]) -> CheckReport:
    """Check questions for repetition, equal options and a predictable answer."""
    places, prints, held_places, held = Places(), Fingerprints(), Places(), Fingerprints()
    answers: dict[int, int] = {}
    equal: list[int] = []
    total = 0
    for total, question in enumerate(read_questions(names, **how), 1):
        _note_question(question, places, prints)
        answers[question.answer] = answers.get(question.answer, 0) + 1
        if len({option.strip().lower() for option in question.options}) < len(question.options):
            equal.append(total - 1)
    for question in read_questions(held_names, **how) if held_names else ():
        _note_question(question, held_places, held)
    findings = list(duplicates(prints, places, "question", "answer", ""))
    if equal:
        message = f"{counted(len(equal), 'question', total)} {verb(len(equal), 'have')} the same option twice"
        hint = "correct them: no answer to them is right"
        findings.append(
            Finding("equal-options", "error", len(equal), len(equal) / total, message, places.of(equal), hint)
        )
    usual = max(answers, key=lambda index: answers[index])
    share = answers[usual] / total
    if total >= 20 and share > 2 / max(2, len(answers)) * 0.9:
        message = f"the answer is option {usual} in {percent(share)} of the questions"
        findings.append(Finding("one-answer", "warning", answers[usual], share, message, (), "shuffle the options"))
    if held_names:
        findings += overlap(prints, held, places, held_places, "question")
    step = f"seqtext evaluate fill-en {quote_all(names)}"
    return CheckReport(tuple(names), FILL.name, total, by_severity(findings), step)


def _note_question(question: Question, places: Places, prints: Fingerprints) -> None:
    places.add(question.place)
    prints.add(question.text, question.options[question.answer])


def _mended(names: Sequence[str], findings: Sequence[Finding]) -> Sequence[str]:
    """Return the sources to train on; none where training is certain to stop.

    It may be the file that a finding's hint writes.
    """
    stops = {finding.kind for finding in findings if finding.severity == "error"} & {"encoding", "one-label"}
    if stops == {"encoding"} and len(names) == 1 and os.path.isfile(names[0]):
        return (converted(names[0]),)
    return () if stops else names


def _remover(names: Sequence[str]) -> str:
    """Return a command that removes repeated lines; "" where lines are not rows."""
    if len(names) != 1 or is_pipe(names[0]) or not format_of(names[0]).by_line or Path(names[0]).is_dir():
        return ""
    path = Path(names[0])
    if path.suffix in (".gz", ".xz", ".zst"):
        return ""
    clean = path.with_name(f"{path.stem}.clean{path.suffix}")
    return f"awk {quote('!seen[$0]++')} {quote(str(path))} > {quote(str(clean))}"


def _next_step(
    asked: CheckRequest, names: Sequence[str], held: Sequence[str], other: Mapping[str, str] | None, joined: bool
) -> str:
    """Return the command that trains on the corpus or checks other columns of it."""
    stem = Path(names[0].removeprefix("hf:").partition(":")[0]).name.split(".")[0].strip("-") or "mine"
    words = ["seqtext", "check", *names] if other is not None else ["seqtext", "train", asked.task.name, *names]
    for name in held:
        words += ["--valid", name]
    columns = asked.columns if other is None else other or {"label": "COLUMN", "text": "COLUMN"}
    if columns:
        words += ["--columns", join_columns(columns)]
    if asked.encoding_errors != "strict":
        words += ["--encoding-errors", asked.encoding_errors]
    if asked.encoding is not None:
        words += ["--encoding", asked.encoding]
    if asked.several or joined:
        words += ["--multi-label"]
    return quote_all(words if other is not None else [*words, "--run", f"runs/{stem}", "--minutes", "5"])
