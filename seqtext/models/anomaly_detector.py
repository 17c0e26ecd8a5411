"""The anomaly detector: finds the lines that do not belong, and the words in them at fault.

It knows normal lines in two ways, both learnt from the same lines: a language model, and counts of words. A line is

    S(x) = Σ_i (−w_i log10 p_i(x) + v_i x_i) + t(x_1),    p_i(x) = (1 + #{held-out lines ≥ x_i}) / (n + 1)

over three kinds of evidence x_i: the largest surprisal of a token; the distance of the line's bag of words from the
nearest normal bag; how rare that bag is. p_i is a conformal p-value (Vovk et al. 2005), its logarithms are added up as
Fisher (1925) does, and v_i x_i, which is small, tells apart lines beyond all that were held out. Only normal lines are
needed.

p_1 is no less than 1 / (n + 1). How much rarer a surprisal is that exceeds m, the largest of held-out lines, t says by
an exponential tail (peaks over threshold, Pickands 1975, of shape 0): t(x_1) = min(4, log10 e · (x_1 − m) / s), where s
is the mean by which the top tenth of held-out lines exceeds its beginning.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from seqtext.data.lines import Report
from seqtext.data.sentences import count_words
from seqtext.errors import ConfigError, InputError, ModelError, arguments
from seqtext.fields import check_count, is_number
from seqtext.models.accepted_lines import AcceptedLines, add_to_folder
from seqtext.models.alarm_threshold import check_threshold
from seqtext.models.base import Model
from seqtext.models.field_bits import FIELD, field_bits
from seqtext.models.field_bits import LONGEST as LONGEST_READ
from seqtext.models.language_model import LanguageModel
from seqtext.models.log_lines import Counting, DigitMask, one_line
from seqtext.models.log_masks import LogMask
from seqtext.models.log_sessions import UNSEEN, SessionAnomaly, Templates, judged, read_grouping, templates_from
from seqtext.models.many import Texts, answer_each, check_text
from seqtext.models.normal_lines import NORMAL, Rows, counted_in, mask_of, rows_from
from seqtext.models.recent import Recent
from seqtext.storage.accepted import ACCEPTED, LONGEST, Accepted, accepted_text, read_accepted
from seqtext.storage.atomic import damaged
from seqtext.storage.model_folder import Contents, SavedModel, write_folder
from seqtext.storage.weights import without

_WEIGHTS = (1.0, 1.0, 0.5)  # of surprisal, distance, rarity; the last two judge the same bag
_BEYOND = (0.01, 1.0, 0.0)
_TAIL, _MOST_BEYOND, _LEAST_SCALE = 0.9, 4.0, 1.0  # where the tail begins; the largest t; bits
_REMEMBERED = 20_000  # lines whose evidence is kept
_BATCH, _AT_ONCE = 64, 65_536  # lines, and tokens, read side by side
_EXAMPLE = 'model.detect("disk full")'


class Span(NamedTuple):
    """A stretch of a text that surprised, and by how many bits."""

    start: int
    end: int
    bits: float


class Anomaly(NamedTuple):
    """What a detector says of a text; it is anomalous if its score is above the threshold."""

    text: str
    score: float
    anomalous: bool
    spans: list[Span]


class Taught(NamedTuple):
    """Whether a text was accepted, or was normal already; masked: as the model reads it."""

    text: str
    accepted: bool
    masked: str


class Evidence(NamedTuple):
    """What speaks against a line; bits: of each of its fields, the words between white space."""

    surprisal: float
    distance: float
    rarity: float
    bits: tuple[float, ...]


class AnomalyDetector(Model):
    """Scores lines by how far they are from the normal lines of its training.

    Many threads may ask one model at once; what it remembers of lines has a lock.

    >>> import seqtext
    >>> detector = seqtext.load("runs/log")  # doctest: +SKIP
    >>> detector.detect("disk full on /dev/sda1").anomalous  # doctest: +SKIP
    True
    """

    task = "anomaly"

    def __init__(self, contents: Contents) -> None:
        #: How lines belong together, see `seqtext.data.sessions`.
        self.grouping, cut = read_grouping(contents.config)
        lines = replace(contents, config=cut)
        super().__init__(lines)
        self._contents, self.settings = contents, contents.config
        network: Any = without(contents.weights, NORMAL)
        self.language = LanguageModel(replace(lines, weights=network))
        self.language.tokenizer = self.language.tokenizer.for_masked  # lines come from `read`
        counted = counted_in(contents.weights)
        words = counted.get("counting")
        if not isinstance(words, dict):
            raise damaged("The counts of normal lines in the weights are damaged.")
        self._mask = mask_of(counted)
        self.templates = None
        if self.grouping.sessions:
            templates = templates_from(counted.get("templates"))
            self.templates = Templates(self.grouping, LogMask.from_facts(counted), templates)
        self.counting = Counting.from_dict(words)
        self.held_out: Rows = rows_from(counted.get("held_out"))
        self._sorted: Rows = np.sort(self.held_out, axis=0)
        self._scale = _tail_scale(self._sorted[:, 0]) if "largest" in counted else math.inf  # others: as they did
        folder = contents.folder if isinstance(contents, SavedModel) else Path()
        accepted = read_accepted(contents.accepted or "", folder / ACCEPTED)
        self._state = AcceptedLines(accepted, self.language.tokenizer.tokens == "word"), _new_cache()
        self._unsaved: tuple[Accepted, ...] = ()
        found = self.settings.get("anomaly")
        learnt = found if isinstance(found, dict) else {}
        for name, low, high in (("threshold", -1e9, 1e9), ("false_alarms", 0.0, 1.0), ("span_bits", 0.0, 1e9)):
            value = learnt.get(name)
            if not is_number(value, low, high):
                raise ModelError(
                    f"config.json has anomaly.{name} = {value!r}; a number from {low:g} to {high:g} is expected.",
                    "train the model again",
                )
        self.threshold, self.false_alarms = float(learnt["threshold"]), float(learnt["false_alarms"])
        self._span_bits = float(learnt["span_bits"])

    @overload
    def detect(self, texts: str, threshold: float | None = None, batch: int = 256) -> Anomaly: ...

    @overload
    def detect(self, texts: Texts, threshold: float | None = None, batch: int = 256) -> list[Anomaly]: ...

    @overload
    def detect(self, texts: Iterable[str], threshold: float | None = None, batch: int = 256) -> Iterator[Anomaly]: ...

    def detect(
        self, texts: str | Texts | Iterable[str], threshold: float | None = None, batch: int = 256
    ) -> Anomaly | list[Anomaly] | Iterator[Anomaly]:
        """How far a text is from normal, and which of its parts surprise; an empty text is not anomalous.

        texts: one, a list of them or a stream, see `seqtext.models.many`, whose memory does not grow; threshold: in
        place of the one learnt in training; batch: how many of a stream are taken before the first is answered, 1 for
        lines that are still to come. Of a text of more than 10,000 tokens, the first are read for surprises; all of it
        is counted. Raises ConfigError, and InputError for what is no text.

        >>> detector = seqtext.load("runs/log")  # doctest: +SKIP
        >>> [one.text for one in detector.detect(open("today.log")) if one.anomalous]  # doctest: +SKIP
        ['disk full on /dev/sda1']
        """
        limit = self.threshold if threshold is None else check_threshold(threshold)
        check_count("batch", batch, good=256, error=ConfigError)
        return answer_each(
            texts, lambda some: self._detect(some, limit), batch, _EXAMPLE, lambda text: check_text(text, _EXAMPLE)
        )

    def _detect(self, texts: list[str], limit: float) -> list[Anomaly]:
        evidence = self.evidence(texts)
        found = []
        for text, one, score in zip(texts, evidence, self.scores(rows_of(evidence)).tolist(), strict=True):
            blank = not text.strip()
            anomalous = score > limit and not blank
            found.append(Anomaly(text, 0.0 if blank else score, anomalous, self._spans(text, one, anomalous)))
        return found

    @property
    def mask(self) -> LogMask | DigitMask:
        """What is hidden of a line before it is read, where its tokens are no words."""
        return self._mask

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """The lines that were accepted as false alarms."""
        return self._state[0].entries

    @property
    def _known(self) -> Recent[Evidence]:
        return self._state[1]

    def accept(self, texts: Iterable[str], threshold: float | None = None) -> list[Taught]:
        """Accept texts as false alarms, and with them their like, such as those with other ids.

        Of sessions, those of the same events in the same order are no alarms either. Texts that are no alarm are left
        alone. What was accepted is kept with the model by `save`, or by `save_accepted` in the folder from which it was
        loaded. threshold: see `detect`. Raises ConfigError; InputError for what is no text, is too long to be kept, or
        is a session with a line of a new kind; ModelError for more than 10,000 different lines.

        >>> detector = seqtext.load("runs/log")  # doctest: +SKIP
        >>> detector.accept(open("false-alarms.log"))  # doctest: +SKIP
        >>> detector.save_accepted()  # doctest: +SKIP
        """
        judged = list(self.detect(iter(texts), threshold))
        taught = [Taught(one.text, one.anomalous, self.read(one.text)) for one in judged]
        for number, one in enumerate(taught, 1):
            if one.accepted and len(one.masked) > LONGEST:
                raise InputError(
                    f"line {number} has {len(one.masked):,} characters; at most {LONGEST:,} can be accepted.",
                    "leave it out",
                )
            if one.accepted and self.templates and UNSEEN in one.masked.split():
                joins = arguments(**{name: value for name, value in self.grouping._asdict().items() if value})
                raise InputError(
                    f"session {number} has a line of a kind that no normal one had, and all such lines are one word.",
                    f"seqtext train anomaly normal.log alarms.log --run runs/new {joins}, so that it has its own",
                )
        times = Counter(one.masked for one in taught if one.accepted)
        when = datetime.now(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds")
        new = tuple(Accepted(line, count, when) for line, count in times.items())
        self._state = self._state[0].plus(new), _new_cache()  # in one: no thread judges by half of it
        self._unsaved += new
        return taught

    def save(self, folder: str | Path, precision: str = "fp16") -> None:
        """Write the model folder, with what was accepted; see `Model.save`."""
        text = accepted_text(self.accepted) if self.accepted else ""
        write_folder(folder, replace(self.contents, accepted=text), precision)

    def save_accepted(self, folder: str | Path | None = None) -> None:
        """Add what was accepted since loading to the model's folder, or another one.

        Nothing else is written.

        Raises ModelError where that is not possible.
        """
        target = self.folder if folder is None else Path(folder)
        if target is None:
            raise ModelError("The model was not read from a folder.", "save_accepted('runs/log')")
        add_to_folder(target, self._unsaved)
        self._unsaved = ()

    def detect_sessions(
        self,
        lines: Iterable[str],
        threshold: float | None = None,
        batch: int = 256,
        report: Report | None = None,
    ) -> Iterator[SessionAnomaly]:
        """Group lines of a log into sessions, as in training, and judge each.

        Places are numbers of lines, from 1. A session is judged at the end, or earlier where it has 1,000 lines or too
        many are open. batch: how many are judged at once; report: counts the lines that are in no session, and notes
        what the bounds did. Raises ConfigError for a model that has learnt single lines, and as `detect` does.

        >>> detector = seqtext.load("runs/hdfs")  # doctest: +SKIP
        >>> [one.group for one in detector.detect_sessions(open("hdfs.log")) if one.anomalous]  # doctest: +SKIP
        ['blk_-3544583377289625738']
        """
        limit = self.threshold if threshold is None else check_threshold(threshold)
        check_count("batch", batch, good=256, error=ConfigError)
        return judged(self, lines, limit, batch, Report() if report is None else report)

    def evidence(self, texts: Sequence[str]) -> list[Evidence]:
        """What speaks against each of some texts. Lines that are equal but for masked numbers are read once."""
        for text in texts:
            check_text(text, _EXAMPLE)
        return self.evidence_of([self.read(text) for text in texts])

    def evidence_of(self, lines: Sequence[str]) -> list[Evidence]:
        """What speaks against each of some lines that are masked already."""
        accepted, known = self._state
        found = known.find(set(lines))
        new = sorted({line for line in lines if line not in found}, key=len)
        for start in range(0, len(new), _BATCH):
            for part in _of_bounded_size(new[start : start + _BATCH]):
                found |= {
                    line: self._excused(line, one, accepted) for line, one in zip(part, self._judge(part), strict=True)
                }
        known.keep({line: found[line] for line in new})
        return [found[line] for line in lines]

    def read(self, text: str) -> str:
        """A text as the model reads it, with its stand-ins, and numbers masked, unless its tokens are words.

        Without stand-ins, what is kept stays in its place.
        """
        if self.templates:
            return self.templates.words("\n".join(map(self.masks, text.splitlines())) if self.masks else text)
        line = one_line(text)
        line = self.masks(line) if self.masks else line
        return line if self.language.tokenizer.tokens == "word" else self._mask(line)

    def words_read(self, text: str) -> tuple[int, int]:
        """Count the words of a text that are read for surprises, and the others; see `count_words`."""
        words = count_words(text)
        # No token is less than a byte, but what is masked may be shorter than its stand-in.
        if not self.masks and 4 * len(text.encode("utf-8", "replace")) <= LONGEST_READ:
            return words, 0
        line = self.read(text)
        read = count_words(line, self.language.tokenizer.extent(line, LONGEST_READ))
        return read, count_words(line) - read

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        """(lines,) S of some evidence; see the module's docstring."""
        total, rows = np.zeros(len(rows)), np.round(rows, 4)  # as held-out lines are stored: equal evidence stays equal
        for column, (weight, beyond) in enumerate(zip(_WEIGHTS, _BEYOND, strict=True)):
            held, values = self._sorted[:, column], rows[:, column]
            above = len(held) - np.searchsorted(held, values)
            total += beyond * values - weight * np.log10((1 + above) / (1 + len(held)))
        excess = np.maximum(0.0, rows[:, 0] - self._sorted[-1, 0])
        found: NDArray[np.float64] = total + np.minimum(_MOST_BEYOND, math.log10(math.e) * excess / self._scale)
        return found

    def scores_of(self, evidence: Iterable[Evidence]) -> list[float]:
        """S of some evidence as plain numbers."""
        found: list[float] = self.scores(rows_of(evidence)).tolist()
        return found

    def counted(self, rows: Rows) -> NDArray[np.float64]:
        """(lines,) the score of counting alone, the baseline: the distance, and among equals the rarity."""
        known = np.round(rows, 4)  # as held-out lines are stored, so that equal evidence stays equal
        found: NDArray[np.float64] = known[:, 1] + 1e-3 * known[:, 2]
        return found

    def _judge(self, lines: Sequence[str]) -> list[Evidence]:
        words = self.language.tokenizer.tokens == "word"
        found = []
        for line, (highest, bits) in zip(lines, field_bits(self.language, lines), strict=True):
            odd = self.counting.measure(line.split() if words else self._mask.words(line))
            found.append(Evidence(highest, odd.distance, odd.rarity, bits))
        return found

    def _excused(self, line: str, one: Evidence, accepted: AcceptedLines) -> Evidence:
        """What speaks against a line besides what it shares with an accepted one."""
        unlike = accepted.unlike(line) if accepted else None
        if unlike is None:
            return one
        if not unlike:
            return Evidence(0.0, 0.0, 0.0, tuple(0.0 for _ in one.bits))
        kept = set(unlike)
        bits = tuple(bits if place in kept else 0.0 for place, bits in enumerate(one.bits))
        fields = len(line.split())
        return Evidence(min(one.surprisal, max(bits)), min(one.distance, len(kept) / fields), one.rarity, bits)

    def surprises(self, bits: Sequence[float], anomalous: bool) -> list[tuple[int, float]]:
        """Which fields surprise, and by how many bits; of an anomalous line, one at least."""
        least = min(self._span_bits, max(bits, default=0.0)) if anomalous else self._span_bits
        return [(number, own) for number, own in enumerate(bits) if own >= least and own > 0]

    def _spans(self, text: str, one: Evidence, anomalous: bool) -> list[Span]:
        """The fields that surprise, neighbours joined; of an anomalous line, at least the one that surprises most."""
        spans: list[Span] = []
        last = -2
        fields = list(self._fields(text))
        for number, bits in self.surprises(one.bits[: len(fields)], anomalous):
            start, end = fields[number]
            if number == last + 1 and spans and not self.templates:
                spans[-1] = Span(spans[-1].start, end, spans[-1].bits + bits)
            else:
                spans.append(Span(start, end, bits))
            last = number
        return spans

    def _fields(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the fields of a text as it is read stand in the text itself; of a session, its lines."""
        if self.templates:
            yield from self.templates.places(text)
            return
        line = one_line(text)
        origins = [(start, start + 1) for start in range(len(line))]
        if self.masks:
            masked = self.masks.masked(line)
            line, origins = masked.text, masked.origins(len(line))
        if self.language.tokenizer.tokens != "word":
            inner = self._mask.origins(line)
            line, origins = self._mask(line), [(origins[start][0], origins[end - 1][1]) for start, end in inner]
        for field in FIELD.finditer(line):
            yield origins[field.start()][0], origins[field.end() - 1][1]


def _tail_scale(surprisals: NDArray[np.float64]) -> float:
    """Return the mean by which the top tenth of some surprisals exceeds its beginning, in bits."""
    start = np.quantile(surprisals, _TAIL)
    top = surprisals[surprisals > start]
    return max(_LEAST_SCALE, float((top - start).mean())) if len(top) else _LEAST_SCALE


def _new_cache() -> Recent[Evidence]:
    return Recent[Evidence](_REMEMBERED)


def rows_of(evidence: Iterable[Evidence]) -> Rows:
    """(lines, 3) the three kinds of evidence, without the bits of fields."""
    return np.array([one[:3] for one in evidence], np.float64).reshape(-1, 3)


def _of_bounded_size(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines, shortest first, in parts of which the longest times their number is bounded."""
    part: list[str] = []
    for line in lines:
        if part and min(len(line), LONGEST_READ) * (len(part) + 1) > _AT_ONCE:
            yield part
            part = []
        part.append(line)
    if part:
        yield part
