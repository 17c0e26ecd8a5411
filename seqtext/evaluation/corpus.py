"""Read the corpus that a model is evaluated on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, TypeVar

from seqtext.data.corpus import read_labelled, read_rows, read_texts
from seqtext.data.lines import Report
from seqtext.data.sources import Corpora, corpus_names
from seqtext.evaluation.learnt import LearntShare
from seqtext.masks import NO_MASKS, Masks

E = TypeVar("E")

#: Examples that are measured where a task draws some and no limit is given.
DEFAULT_LIMIT = 2000


@dataclass(frozen=True)
class Corpus:
    """Hold the corpus to evaluate on and how it is read.

    sources: files, folders or hf:NAME
    columns: names of columns by field; encoding: of text that is not UTF-8
    limit: measure at most so many examples, drawn by seed
    reports: of every reading of the corpus
    masks: what the model's training wrote stand-ins for, which are written here, too
    remembered: the columns that the model was trained with, taken where `columns` names none and a table has them
    encoding_errors, on_error, paragraphs: as for `seqtext.data.corpus.read_texts`
    learnt: counts the texts to measure on, and those that were learnt, as they are read; None to count none
    """

    sources: Sequence[str]
    columns: Mapping[str, str] | None = None
    encoding_errors: str = "strict"
    limit: int | None = None
    seed: int = 1
    learnt: LearntShare | None = None
    remembered: Mapping[str, str] = field(default_factory=dict)
    masks: Masks = NO_MASKS
    on_error: str = ""
    paragraphs: bool | None = None
    encoding: str | None = None
    reports: list[Report] = field(default_factory=list, compare=False)

    @property
    def notes(self) -> list[str]:
        """Return notes on text skipped or normalised in reading.

        They are those of the reading that went furthest.
        """
        return max(self.reports, key=lambda report: report.examples, default=Report()).told()

    def _report(self) -> Report:
        self.reports.append(Report())
        return self.reports[-1]

    @property
    def drawn(self) -> int:
        """Return the sample size where a task always draws a sample."""
        return self.limit or DEFAULT_LIMIT

    @property
    def _how(self) -> dict[str, Any]:
        return {
            "columns": self.columns, "encoding_errors": self.encoding_errors, "encoding": self.encoding,
            "remembered": self.remembered, "on_error": self.on_error,
        }  # fmt: skip

    def texts(self, sources: Corpora | None = None, *, blank_lines: bool = False) -> Iterator[str]:
        """Read texts from these sources or from others.

        blank_lines: whether blank lines are read. For the rest see `seqtext.data.corpus.read_texts`.
        """
        if sources is not None:
            return self._masked(read_texts(corpus_names(sources), blank_lines=blank_lines, **self._how))
        texts = read_texts(
            self.sources, blank_lines=blank_lines, paragraphs=self.paragraphs, report=self._report(), **self._how
        )
        return self._watched(self._masked(texts), str)

    def pairs(self) -> Iterator[dict[str, str]]:
        """Read rows of source and target; blank rows keep their positions."""
        rows = read_rows(self.sources, ("source", "target"), blank_rows=True, report=self._report(), **self._how)
        masked = ({name: self.masks(text) for name, text in row.items()} for row in rows) if self.masks else rows
        return self._watched(masked, itemgetter("source"))

    def labelled(
        self, sources: Corpora | None = None, *, unlabelled: bool = False, several: bool = False
    ) -> Iterator[tuple[str, str]]:
        """Read labels and texts from these sources or from others.

        For the rest see `seqtext.data.corpus.read_labelled`.
        """
        chosen = self.sources if sources is None else corpus_names(sources)
        report = self._report() if sources is None else Report()
        read = read_labelled(chosen, unlabelled=unlabelled, several=several, report=report, **self._how)
        rows = ((label, self.masks(text)) for label, text in read) if self.masks else read
        return iter(rows) if sources is not None else self._watched(rows, itemgetter(1))

    def _masked(self, texts: Iterable[str]) -> Iterator[str]:
        return map(self.masks, texts) if self.masks else iter(texts)

    def _watched(self, items: Iterator[E], text_of: Callable[[E], str]) -> Iterator[E]:
        return items if self.learnt is None else self.learnt.watch(items, text_of)
