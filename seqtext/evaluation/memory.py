"""Measure the training lines and word runs that a model recites.

A model that knows lines by heart completes them from their beginnings; lines of the same corpus that it never learnt
show how many would be completed anyway. Extraction by prefix follows Carlini et al. 2021 (arXiv:2012.07805) and 2022
(arXiv:2202.07646), copied runs beside those of held-out text McCoy et al. 2021 (arXiv:2111.09509).
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any, NamedTuple

import numpy as np

from seqtext.characters import WORD, compared_words, compiled
from seqtext.config import SamplingConfig
from seqtext.data.corpus import read_rows, read_texts
from seqtext.data.formats.registry import kind_of
from seqtext.data.lines import place as place_of
from seqtext.data.sampling import Reservoir
from seqtext.data.sources import Corpora, corpus_names
from seqtext.errors import CorpusError, ModelError, argument
from seqtext.evaluation.copied_runs import SHORTEST, CopiedRuns
from seqtext.fields import check_count
from seqtext.masks import NO_MASKS, Masks
from seqtext.models.base import Model
from seqtext.models.language_model import LanguageModel
from seqtext.models.seq2seq import Seq2Seq
from seqtext.storage.learnt import LearntTexts, read_learnt, text_hash
from seqtext.storage.recital import Recital
from seqtext.tasks import TASKS, resolve

SAMPLES = 200  # texts written freely, and lines of each kind that are continued
_LENGTH = 300  # characters of a text written freely
_BEFORE = 25  # words of a line that are given, at most half of it
_AFTER = 25  # words that are to come back, at most; with those given, about the 50 tokens of Carlini et al.
_FEWEST = 4  # words of each half, at least
_TARGET = 8  # words of a target, at least
_DRAWN = SamplingConfig()
_ROOM = 20  # characters more than are to come back


class CutLine(NamedTuple):
    """Hold a line cut into a prefix and a continuation to recite.

    text: the line, to the end of the continuation; start: the character at which the continuation begins; place: where
    the line stands
    """

    text: str
    start: int
    place: str = ""


class CopiedRun(NamedTuple):
    """Hold a run of words that is copied from the learnt text.

    how: "free" where nothing was given, "continued" after the beginning of a line; place: where it stands
    """

    words: int
    characters: int
    how: str
    place: str
    text: str


@dataclass(frozen=True)
class MemoryReport:
    """Hold the measurements of a model's memorization.

    recital:  of the lines that were continued greedily, or, of pairs, the targets that came of half their sources
    drawn:    the same with tokens drawn at temperature 0.8; of pairs, the targets that came of their sources
    known:    whether the run knows which lines it has learnt; otherwise all of the corpus counts as learnt
    copied:   the share of the runs of 12 words of texts written freely that stand in the corpus; None for pairs
    usual:    the same of lines never learnt, None where there are none
    runs:     the longest runs of 12 words and more, the longest first
    """

    task: str
    recital: Recital
    drawn: Recital
    known: bool
    copied: float | None
    usual: float | None
    runs: list[CopiedRun]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        names = "recites", "verdict", "task", "known"
        facts = dict(zip(names, (self.recital.recites, self.recital.verdict, self.task, self.known), strict=True))
        shares = {name: _shares(recital) for name, recital in (("recital", self.recital), ("drawn", self.drawn))}
        return {
            **facts, **shares, "copied": self.copied, "usual": self.usual, "runs": [run._asdict() for run in self.runs],
        }  # fmt: skip


def _shares(recital: Recital) -> dict[str, Any]:
    return {**recital.to_dict(), "share": recital.share, "unlearnt_share": recital.unlearnt_share}


def cut_line(text: str, place: str = "") -> CutLine | None:
    """Cut a line into a prefix and a continuation to recite.

    Each has at most 25 words; shorter lines are cut in the middle. None where either would have fewer than 4 words.

    >>> cut_line("one two three four five six seven eight").start
    18
    """
    spans = [word.span() for word in compiled(WORD).finditer(text)]
    given = min(len(spans) // 2, _BEFORE)
    if given < _FEWEST:
        return None
    last = min(len(spans), given + _AFTER) - 1
    return CutLine(text[: spans[last][1]], spans[given - 1][1], place)


def measure_memory(
    model: Model,
    corpora: Corpora,
    *,
    valid: Corpora | None = None,
    columns: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    encoding: str | None = None,
    samples: int = SAMPLES,
    seed: int = 1,
    top: int = 5,
) -> MemoryReport:
    """Measure the training text that a generative model recites.

    corpora: what it has learnt from, read as a stream; lines of it that its run held out count as never learnt
    valid:   more text of the same kind that it never learnt
    samples: texts that are written freely, and lines of each kind that are continued; top: runs that are listed

    Raises ModelError for a model of a task that writes no text of its own, CorpusError for text that it never learnt,
    InputError for a number out of range.
    """
    check_count("samples", samples, high=10_000, good=SAMPLES)
    check_count("top", top, low=0, high=1000, good=5)
    check_count("seed", seed, low=0, good=1)
    task = TASKS.get(getattr(model, "task", ""))
    if task is None or not task.memory:
        *others, last = (record.name for record in TASKS.values() if record.memory)
        raise ModelError(
            f"A model of {getattr(model, 'task', None)!r} writes no text of its own that could be recited; one of "
            f"{', '.join(others)} or {last} does.",
            "seqtext inspect memory generate-en CORPUS",
        )
    with ExitStack() as stack:
        masks = getattr(model, "masks", NO_MASKS)
        sources = Sources(corpora, valid, columns, encoding_errors, stack, masks, encoding)
        learnt = read_learnt(model.folder) if model.folder is not None else None
        return resolve(task.memory)(model, _Lines(sources, learnt, samples, seed), top)  # type: ignore[no-any-return]


class Sources:
    """Reread the rows of a corpus with their positions and held-out flags.

    What comes through a pipe is kept in a temporary file until the stack is closed. masks: those of the model
    """

    def __init__(
        self,
        corpora: Corpora,
        valid: Corpora | None,
        columns: Mapping[str, str] | None,
        encoding_errors: str,
        stack: ExitStack,
        masks: Masks = NO_MASKS,
        encoding: str | None = None,
    ) -> None:
        self.names = corpus_names(corpora)
        self._valid = corpus_names(valid)
        self._how: dict[str, Any] = {"columns": columns, "encoding_errors": encoding_errors, "encoding": encoding}
        self._masks, self._stack, self._kept = masks, stack, dict[tuple[str, ...], Any]()

    def texts(self) -> Iterator[tuple[str, tuple[str, ...], bool]]:
        """Read one-column rows: (place, (text,), whether it is held out)."""
        return self._rows(lambda name: ((text,) for text in read_texts(name, blank_lines=True, **self._how)))

    def pairs(self) -> Iterator[tuple[str, tuple[str, ...], bool]]:
        """Read two-column rows: (place, (source, target), whether it is held out).

        The files of each corpus are read together, and their rows numbered as those of one.
        """
        fields = ("source", "target")

        def read(name: Corpora) -> Iterator[tuple[str, ...]]:
            rows = read_rows(name, fields, blank_rows=True, **self._how)
            return ((row["source"], row["target"]) for row in rows)

        return self._rows(read, together=True)

    def _rows(
        self, read: Callable[[Corpora], Iterable[tuple[str, ...]]], *, together: bool = False
    ) -> Iterator[tuple[str, tuple[str, ...], bool]]:
        for names, held_out in ((self.names, False), (self._valid, True)):
            groups = [names] if together else [(name,) for name in names]
            for group in groups if names else ():
                shown, unit = ", ".join(group), "line" if len(group) == 1 and kind_of(group[0]) == "text" else "text"
                for number, row in enumerate(self._again(group, read), 1):
                    yield place_of(shown, number, unit), tuple(map(self._masks, row)), held_out

    def _again(
        self, names: tuple[str, ...], read: Callable[[Corpora], Iterable[tuple[str, ...]]]
    ) -> Iterable[tuple[str, ...]]:
        if all(kind_of(name) == "hf" or os.path.isdir(name) or os.path.isfile(name) for name in names):
            return read(names)
        if names not in self._kept:
            self._kept[names] = self._stack.enter_context(TemporaryFile("w+", encoding="utf-8"))  # noqa: SIM115
            self._kept[names].writelines(f"{json.dumps(row)}\n" for row in read(names))
        self._kept[names].seek(0)
        return (tuple(json.loads(line)) for line in self._kept[names])


class _Lines:
    """Tell learnt rows of a corpus from rows never learnt, and sample each."""

    def __init__(self, sources: Sources, learnt: LearntTexts | None, samples: int, seed: int) -> None:
        self._sources, self._learnt = sources, learnt
        self.samples, self.seed = samples, seed
        self.known = learnt is not None

    def rows(self, *, pairs: bool = False) -> Iterator[tuple[str, tuple[str, ...], bool]]:
        """Yield each row with its location and whether it was learnt."""
        rows = self._sources.pairs() if pairs else self._sources.texts()
        for location, row, held_out in rows:
            if self._learnt is None:
                yield location, row, not held_out
            else:
                yield location, row, bool(row[0].strip()) and self._learnt.count([text_hash(row[0])]) > 0

    def draw(self, asked_of: Callable[[str, tuple[str, ...]], Any], *, pairs: bool = False) -> tuple[Any, Any]:
        """Sample questions about learnt rows and about rows never learnt.

        asked_of: makes a question, None where a row gives none. Raises CorpusError where no row was learnt.
        """
        kinds = [Reservoir[Any](self.samples, np.random.default_rng([self.seed, kind])) for kind in (0, 1)]
        any_learnt = False
        for location, row, learnt in self.rows(pairs=pairs):
            any_learnt = any_learnt or learnt
            question = asked_of(location, row)
            if question is not None:
                kinds[0 if learnt else 1].add(question)
        if not any_learnt:
            raise CorpusError(
                f"{', '.join(self._sources.names)} holds no text that the model has learnt; what it was trained on is "
                "expected, to be found again in what it writes.",
                f"give the corpus of the training; text that it never learnt is {argument('valid')}",
            )
        return kinds[0].items(), kinds[1].items()


def lines_back(model: LanguageModel, asked: Sequence[CutLine]) -> list[int]:
    """Count the characters of each line that greedy decoding recites."""
    return model.given_back([line.text for line in asked], [line.start for line in asked])


def _are_back(asked: Sequence[CutLine], characters: Iterable[int]) -> list[bool]:
    return [count >= len(line.text) - line.start for line, count in zip(asked, characters, strict=True)]


def recital_of(model: LanguageModel, learnt: Sequence[CutLine], unlearnt: Sequence[CutLine]) -> Recital:
    """Count learnt and unlearnt lines that greedy decoding completes from their prefixes."""
    back = [_are_back(asked, lines_back(model, asked)) if asked else [] for asked in (learnt, unlearnt)]
    return _counted(*back)


def _counted(learnt: Sequence[bool], unlearnt: Sequence[bool]) -> Recital:
    return Recital(len(learnt), sum(learnt), len(unlearnt), sum(unlearnt))


def measure_lines(model: LanguageModel, lines: _Lines, top: int) -> MemoryReport:
    """Measure a language model's recital: completed lines, runs in free text.

    Raises CorpusError where no line was learnt.
    """
    learnt, unlearnt = lines.draw(lambda place, row: cut_line(row[0], place))
    back = [lines_back(model, asked) if asked else [] for asked in (learnt, unlearnt)]
    drawn = [_are_back_drawn(model, asked, lines.seed) if asked else [] for asked in (learnt, unlearnt)]
    free = model.samples(lines.samples, _LENGTH, _DRAWN, lines.seed)
    copies, places = _copied(lines, [*free, *(line.text for line in unlearnt)])
    runs = [
        _run(free[text], run.start, run.words, "free", places[run.line])
        for text, run in copies.longest().items()
        if text < len(free)
    ]
    runs += [run for line, count in zip(learnt, back[0], strict=True) if (run := _continued(line, count))]
    return MemoryReport(
        model.task,
        _counted(*map(_are_back, (learnt, unlearnt), back)),
        _counted(*drawn),
        lines.known,
        copies.share(range(len(free))),
        copies.share(range(len(free), len(free) + len(unlearnt))),
        sorted(runs, key=lambda run: -run.words)[:top],
    )


def _are_back_drawn(model: LanguageModel, asked: Sequence[CutLine], seed: int) -> list[bool]:
    """Tell which lines come back when tokens are sampled once.

    Only words are compared.
    """
    length = max(len(line.text) - line.start for line in asked) + _ROOM
    continuations = model.generate([line.text[: line.start] for line in asked], length, _DRAWN, seed=seed)
    wanted = [compared_words(line.text[line.start :]) for line in asked]
    return [compared_words(text)[: len(words)] == words for text, words in zip(continuations, wanted, strict=True)]


def _copied(lines: _Lines, texts: Sequence[str]) -> tuple[CopiedRuns, dict[int, str]]:
    """Search the learnt text for runs of some texts.

    Returns the runs, and the places of the lines in which the longest begin.
    """
    copies = CopiedRuns(map(compared_words, texts))
    for number, (_, row, learnt) in enumerate(lines.rows()):
        if learnt:
            copies.add(row[0], number)
        elif row[0].strip():
            copies.end()
    copies.close()
    wanted = {run.line for run in copies.longest().values()}
    return copies, {number: location for number, (location, _, _) in enumerate(lines.rows()) if number in wanted}


def _run(text: str, start: int, words: int, how: str, place: str) -> CopiedRun:
    spans = [word.span() for word in compiled(WORD).finditer(text)][start : start + words]
    copied = text[spans[0][0] : spans[-1][1]]
    return CopiedRun(words, len(copied), how, place, copied)


def _continued(line: CutLine, characters: int) -> CopiedRun | None:
    """Return the run recited after a prefix; None if it is too short to count."""
    copied = line.text[line.start : line.start + characters]
    words = len(compiled(WORD).findall(copied))
    return _run(copied, 0, words, "continued", line.place) if words >= SHORTEST else None


class _Pair(NamedTuple):
    """Hold a source, its first half, and its target."""

    source: str
    half: str
    target: str
    place: str


def _ask_pair(location: str, row: tuple[str, ...]) -> _Pair | None:
    source, target = row
    half = cut_line(source)
    if half is None or len(compared_words(target)) < _TARGET:
        return None
    spans = [word.end() for word in compiled(WORD).finditer(source)]
    return _Pair(source, source[: spans[len(spans) // 2 - 1]], target, location)


def measure_pairs(model: Seq2Seq, lines: _Lines, top: int) -> MemoryReport:
    """Measure which targets a translator or summarizer recites from half their sources.

    Where the target follows from the whole source, it may be well translated; from half a source, it can only be
    remembered. Raises CorpusError where no pair was learnt.
    """
    learnt, unlearnt = lines.draw(_ask_pair, pairs=True)
    halves = [_targets_back(model, pairs, half=True) for pairs in (learnt, unlearnt)]
    wholes = [_targets_back(model, pairs, half=False) for pairs in (learnt, unlearnt)]
    runs = [
        CopiedRun(len(compared_words(pair.target)), len(pair.target), "continued", pair.place, pair.target)
        for pair, back in zip(learnt, halves[0], strict=True)
        if back and len(compared_words(pair.target)) >= SHORTEST
    ]
    best = sorted(runs, key=lambda run: -run.words)[:top]
    return MemoryReport(model.task, _counted(*halves), _counted(*wholes), lines.known, None, None, best)


def _targets_back(model: Seq2Seq, pairs: Sequence[_Pair], *, half: bool) -> list[bool]:
    """Tell whether the best answer to each source, or to its first half, is the target.

    Only words are compared.
    """
    answers = getattr(model, model.task)([pair.half if half else pair.source for pair in pairs]) if pairs else []
    words = [compared_words(best[0].text) for best in answers]
    return [answer == compared_words(pair.target) for answer, pair in zip(words, pairs, strict=True)]
