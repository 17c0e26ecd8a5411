"""Detect unusual lines and the words that make them unusual.

It has two models of normal lines, both trained on the same lines: a language model, and counts of words, which alone
are hard to beat on logs. The score of a line x is

    S(x) = Σ_i (−w_i log10 p_i(x) + v_i x_i) + t(x_1),    p_i(x) = (1 + #{held-out lines ≥ x_i}) / (n + 1)

over three kinds of evidence x_i: the largest surprisal of a token; the distance of the line's bag of words from the
nearest normal bag; the rarity of that bag. p_i is a conformal p-value (Vovk et al. 2005); the logarithms are summed as
by Fisher (1925), and the small term v_i x_i ranks lines beyond all held-out lines. Only normal lines are needed.

p_1 is at least 1 / (n + 1). For a surprisal above m, the largest of held-out lines, t extrapolates with an exponential
tail (peaks over threshold, Pickands 1975, of shape 0): t(x_1) = min(4, log10 e · (x_1 − m) / s), where s is the mean
excess of the top tenth of held-out lines over its lower end.
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

_WEIGHTS = (1.0, 1.0, 0.5)  # of surprisal, distance, rarity; the last two overlap, for both judge the bag
_BEYOND = (0.01, 1.0, 0.0)
_TAIL, _MOST_BEYOND, _LEAST_SCALE = 0.9, 4.0, 1.0  # quantile at which the tail begins; largest t; least s in bits
_REMEMBERED = 20_000  # most lines in the cache of evidence
_BATCH, _AT_ONCE = 64, 65_536  # lines, and tokens, read side by side
_EXAMPLE = 'model.detect("disk full")'


class Span(NamedTuple):
    """Hold a surprising span of a text, and its surprisal in bits.

    start, end: in characters
    """

    start: int
    end: int
    bits: float


class Anomaly(NamedTuple):
    """Hold a detector's result for a text, anomalous above the threshold.

    score: S of the module's docstring, 0 for a blank text; spans: the surprising ones
    """

    text: str
    score: float
    anomalous: bool
    spans: list[Span]


class Taught(NamedTuple):
    """Hold whether a text was accepted or already normal; masked: as read."""

    text: str
    accepted: bool
    masked: str


class Evidence(NamedTuple):
    """Hold the evidence against a line.

    surprisal, distance, rarity: see the module's docstring; bits: surprisal of each field, separated by white space.
    """

    surprisal: float
    distance: float
    rarity: float
    bits: tuple[float, ...]


class AnomalyDetector(Model):
    """Score lines by their distance from the normal lines in training.

    Safe to share between threads; a lock guards the cache of lines.

    >>> import seqtext
    >>> detector = seqtext.load("runs/log")  # doctest: +SKIP
    >>> detector.detect("disk full on /dev/sda1").anomalous  # doctest: +SKIP
    True
    """

    task = "anomaly"

    def __init__(self, contents: Contents) -> None:
        #: How lines are grouped, see `seqtext.data.sessions`.
        self.grouping, cut = read_grouping(contents.config)
        lines = replace(contents, config=cut)
        super().__init__(lines)
        self._contents, self.settings = contents, contents.config
        network: Any = without(contents.weights, NORMAL)
        self.language = LanguageModel(replace(lines, weights=network))
        self.language.tokenizer = self.language.tokenizer.for_masked  # because `read` masks lines already
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
        # Older models, without "largest", score as before: without a tail.
        self._scale = _tail_scale(self._sorted[:, 0]) if "largest" in counted else math.inf
        folder = contents.folder if isinstance(contents, SavedModel) else Path()
        accepted = read_accepted(contents.accepted or "", folder / ACCEPTED)
        self._state = AcceptedLines(accepted, self.language.tokenizer.tokens == "word"), _new_cache()
        self._unsaved: tuple[Accepted, ...] = ()
        settings = self.settings.get("anomaly")
        learnt = settings if isinstance(settings, dict) else {}
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
        """Score a text's distance from normal and mark surprising spans.

        An empty text is not anomalous. texts: one, a list of them or a stream in constant memory, see
        `seqtext.models.many`; threshold: replaces the one from training; batch: how many texts of a stream are read
        before the first answer, 1 for live input. Of a longer text, the language model reads only the first 10,000
        tokens; the word counts use all of it. Raises ConfigError, and InputError for an input that is not text.

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
        anomalies = []
        for text, against, score in zip(texts, evidence, self.scores(evidence_rows(evidence)).tolist(), strict=True):
            blank = not text.strip()
            anomalous = score > limit and not blank
            anomalies.append(Anomaly(text, 0.0 if blank else score, anomalous, self._spans(text, against, anomalous)))
        return anomalies

    @property
    def mask(self) -> LogMask | DigitMask:
        """Return the mask for variable parts of a line. It is unused with word tokens."""
        return self._mask

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """Return the lines that were accepted as false alarms."""
        return self._state[0].entries

    @property
    def _known(self) -> Recent[Evidence]:
        return self._state[1]

    def accept(self, texts: Iterable[str], threshold: float | None = None) -> list[Taught]:
        """Accept texts, and similar ones, as false alarms.

        Similar texts are those with other ids, for example; similar sessions have the same events in the same order.
        Texts that raise no alarm are ignored. Accepted texts are stored with the model by `save`, or by `save_accepted`
        in the folder it was loaded from. threshold: see `detect`. Raises ConfigError; InputError for an input that is
        not text, a text too long to be stored, and a session with an unseen kind of line; ModelError for more than
        10,000 different lines.

        >>> detector = seqtext.load("runs/log")  # doctest: +SKIP
        >>> detector.accept(open("false-alarms.log"))  # doctest: +SKIP
        >>> detector.save_accepted()  # doctest: +SKIP
        """
        judged = list(self.detect(iter(texts), threshold))
        taught = [Taught(anomaly.text, anomaly.anomalous, self.read(anomaly.text)) for anomaly in judged]
        for number, line in enumerate(taught, 1):
            if line.accepted and len(line.masked) > LONGEST:
                raise InputError(
                    f"line {number} has {len(line.masked):,} characters; at most {LONGEST:,} can be accepted.",
                    "leave it out",
                )
            if line.accepted and self.templates and UNSEEN in line.masked.split():
                joins = arguments(**{name: value for name, value in self.grouping._asdict().items() if value})
                raise InputError(
                    f"session {number} has a line of a kind that no normal one had, and all such lines are one word.",
                    f"seqtext train anomaly normal.log alarms.log --run runs/new {joins}, so that it has its own",
                )
        times = Counter(line.masked for line in taught if line.accepted)
        when = datetime.now(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds")
        new = tuple(Accepted(masked, count, when) for masked, count in times.items())
        self._state = self._state[0].plus(new), _new_cache()  # one assignment, so that threads see both or neither
        self._unsaved += new
        return taught

    def save(self, folder: str | Path, precision: str = "fp16") -> None:
        """Save the model folder with the accepted lines; see `Model.save`."""
        text = accepted_text(self.accepted) if self.accepted else ""
        write_folder(folder, replace(self.contents, accepted=text), precision)

    def save_accepted(self, folder: str | Path | None = None) -> None:
        """Add newly accepted lines to the model's folder, or another one.

        Nothing else is written. Raises ModelError without a folder, or if it cannot be written.
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
        """Group log lines into sessions, as in training, and score each.

        Lines are numbered from 1. A session is scored at the end of the log, or earlier if it has 1,000 lines or too
        many sessions are open. batch: sessions scored at once; report: counts the lines outside of sessions, and notes
        the effects of these limits. Raises ConfigError for a model trained on single lines, and the errors of `detect`.

        >>> detector = seqtext.load("runs/hdfs")  # doctest: +SKIP
        >>> [one.group for one in detector.detect_sessions(open("hdfs.log")) if one.anomalous]  # doctest: +SKIP
        ['blk_-3544583377289625738']
        """
        limit = self.threshold if threshold is None else check_threshold(threshold)
        check_count("batch", batch, good=256, error=ConfigError)
        return judged(self, lines, limit, batch, Report() if report is None else report)

    def evidence(self, texts: Sequence[str]) -> list[Evidence]:
        """Collect the evidence that texts are anomalous.

        Lines that differ only in masked numbers are read once. Raises InputError for an input that is not text.
        """
        for text in texts:
            check_text(text, _EXAMPLE)
        return self.evidence_of([self.read(text) for text in texts])

    def evidence_of(self, lines: Sequence[str]) -> list[Evidence]:
        """Collect the evidence against lines that are masked already."""
        accepted, known = self._state
        evidence = known.find(set(lines))
        new = sorted({line for line in lines if line not in evidence}, key=len)
        for start in range(0, len(new), _BATCH):
            for batch in _of_bounded_size(new[start : start + _BATCH]):
                evidence |= {
                    line: self._excused(line, against, accepted)
                    for line, against in zip(batch, self._judge(batch), strict=True)
                }
        known.keep({line: evidence[line] for line in new})
        return [evidence[line] for line in lines]

    def read(self, text: str) -> str:
        """Mask a text as the model reads it.

        Numbers and other variable parts become stand-ins, unless the tokens are words. With the masks of older models,
        characters keep their positions.
        """
        if self.templates:
            return self.templates.words("\n".join(map(self.masks, text.splitlines())) if self.masks else text)
        line = one_line(text)
        line = self.masks(line) if self.masks else line
        return line if self.language.tokenizer.tokens == "word" else self._mask(line)

    def words_read(self, text: str) -> tuple[int, int]:
        """Count the words within the language model's limit, and the others.

        See `seqtext.data.sentences.count_words`.
        """
        words = count_words(text)
        # A token has at least one byte, but a masked part may be shorter than its stand-in.
        if not self.masks and 4 * len(text.encode("utf-8", "replace")) <= LONGEST_READ:
            return words, 0
        line = self.read(text)
        read = count_words(line, self.language.tokenizer.extent(line, LONGEST_READ))
        return read, count_words(line) - read

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        """Compute the scores S of evidence, (lines,); see the module's docstring.

        rows: (lines, 3)
        """
        total, rows = np.zeros(len(rows)), np.round(rows, 4)  # as held-out lines are stored: equal evidence stays equal
        for column, (weight, beyond) in enumerate(zip(_WEIGHTS, _BEYOND, strict=True)):
            held, values = self._sorted[:, column], rows[:, column]
            above = len(held) - np.searchsorted(held, values)
            total += beyond * values - weight * np.log10((1 + above) / (1 + len(held)))
        excess = np.maximum(0.0, rows[:, 0] - self._sorted[-1, 0])
        scores: NDArray[np.float64] = total + np.minimum(_MOST_BEYOND, math.log10(math.e) * excess / self._scale)
        return scores

    def scores_of(self, evidence: Iterable[Evidence]) -> list[float]:
        """Compute the scores S of evidence, as plain numbers."""
        scores: list[float] = self.scores(evidence_rows(evidence)).tolist()
        return scores

    def counted(self, rows: Rows) -> NDArray[np.float64]:
        """Compute the baseline score of counts alone, (lines,).

        It is the distance, with ties broken by the rarity. rows: (lines, 3)
        """
        known = np.round(rows, 4)  # as held-out lines are stored, so that equal evidence stays equal
        scores: NDArray[np.float64] = known[:, 1] + 1e-3 * known[:, 2]
        return scores

    def _judge(self, lines: Sequence[str]) -> list[Evidence]:
        words = self.language.tokenizer.tokens == "word"
        evidence = []
        for line, (highest, bits) in zip(lines, field_bits(self.language, lines), strict=True):
            odd = self.counting.measure(line.split() if words else self._mask.words(line))
            evidence.append(Evidence(highest, odd.distance, odd.rarity, bits))
        return evidence

    def _excused(self, line: str, evidence: Evidence, accepted: AcceptedLines) -> Evidence:
        """Reduce the evidence against a line to the fields that no similar accepted line has."""
        unlike = accepted.unlike(line) if accepted else None
        if unlike is None:
            return evidence
        if not unlike:
            return Evidence(0.0, 0.0, 0.0, tuple(0.0 for _ in evidence.bits))
        kept = set(unlike)
        bits = tuple(bits if field in kept else 0.0 for field, bits in enumerate(evidence.bits))
        fields = len(line.split())
        return Evidence(
            min(evidence.surprisal, max(bits)), min(evidence.distance, len(kept) / fields), evidence.rarity, bits
        )

    def surprises(self, bits: Sequence[float], anomalous: bool) -> list[tuple[int, float]]:
        """List the surprising fields with their bits, at least one if anomalous."""
        least = min(self._span_bits, max(bits, default=0.0)) if anomalous else self._span_bits
        return [(number, value) for number, value in enumerate(bits) if value >= least and value > 0]

    def _spans(self, text: str, evidence: Evidence, anomalous: bool) -> list[Span]:
        """Locate the surprising fields, and join neighbours; for an anomalous line, at least the most surprising."""
        spans: list[Span] = []
        last = -2
        fields = list(self._fields(text))
        for number, bits in self.surprises(evidence.bits[: len(fields)], anomalous):
            start, end = fields[number]
            if number == last + 1 and spans and not self.templates:
                spans[-1] = Span(spans[-1].start, end, spans[-1].bits + bits)
            else:
                spans.append(Span(start, end, bits))
            last = number
        return spans

    def _fields(self, text: str) -> Iterator[tuple[int, int]]:
        """Map the fields of the masked text, or the lines of a session, to spans of the text itself."""
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
    """Compute the mean excess, in bits, of the top tenth of surprisals over its lower end."""
    start = np.quantile(surprisals, _TAIL)
    top = surprisals[surprisals > start]
    return max(_LEAST_SCALE, float((top - start).mean())) if len(top) else _LEAST_SCALE


def _new_cache() -> Recent[Evidence]:
    return Recent[Evidence](_REMEMBERED)


def evidence_rows(evidence: Iterable[Evidence]) -> Rows:
    """Stack the three kinds of evidence, (lines, 3)."""
    return np.array([against[:3] for against in evidence], np.float64).reshape(-1, 3)


def _of_bounded_size(lines: Sequence[str]) -> Iterator[list[str]]:
    """Split lines, shortest first, into batches whose padded size is bounded."""
    batch: list[str] = []
    for line in lines:
        if batch and min(len(line), LONGEST_READ) * (len(batch) + 1) > _AT_ONCE:
            yield batch
            batch = []
        batch.append(line)
    if batch:
        yield batch
