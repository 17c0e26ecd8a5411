"""Find faulty texts. They are empty, damaged, full of markup, or longer than a model reads."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from seqtext.config import TokenizerConfig, TrainingConfig
from seqtext.data.sampling import Reservoir
from seqtext.errors import arguments
from seqtext.evaluation.check.findings import Finding, NumberColumn, Places, counted, verb
from seqtext.fields import from_dict
from seqtext.tasks import Task
from seqtext.tokenizer import Tokenizer

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_ENTITY = r"&(?:[a-z]{2,6}\d?|#\d{1,6}|#x[0-9a-f]{1,5});"
_TAG = (
    r"</?(?:a|abbr|article|b|body|br|code|div|em|font|h[1-6]|head|hr|html|i|img|li|link|meta|ol|p|pre|s|script|section|"
    r"small|span|strong|style|sub|sup|table|tbody|td|th|title|tr|tt|u|ul)(?:\s[^<>]{0,500})?/?>"
)
_MARKUP = re.compile(f"{_TAG}|{_ENTITY}", re.I)
_URL = re.compile(r"(?:https?://|www\.)\S+")
_LETTER = re.compile(r"[^\W\d_]")

# UTF-8 read as Windows-1252: two to four bytes of one character became as many characters.
_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_FOLLOWS = f"[\x80-\xbf{_CP1252}]"
_MOJIBAKE = re.compile(
    rf"Ã(?![»«]){_FOLLOWS}|Â[\x80-\x9f\xa1-\xaa\xac-\xba\xbc-\xbf{_CP1252}]|â[€„…†‡ˆ‰]{_FOLLOWS}|ðŸ{_FOLLOWS}{{2}}|"
    rf"(?:[ÐÑ]{_FOLLOWS}){{2}}"
)

_SAMPLE = 2_000  # texts from which a vocabulary is guessed
_SAMPLE_LENGTH = 20_000  # characters of each
_MUCH_LONGER = 20  # times the median
_LONG = 1_000  # characters


def _is_wordless(text: str) -> bool:
    return not _LETTER.search(_URL.sub(" ", text) if "://" in text or "www." in text else text)


def _is_broken_utf8(text: str) -> bool:
    return not text.isascii() and _MOJIBAKE.search(text) is not None


#: kind, severity, what tells it, how it is said of one and of several, what to do
_TELLS: tuple[tuple[str, str, Any, str, str], ...] = (
    ("wordless", "warning", _is_wordless, "nothing but digits, signs or links", "remove what says nothing"),
    (
        "mojibake", "warning", _is_broken_utf8, "letters of UTF-8 that were read in another encoding, such as Ã© for é",
        "save the file from its source again as UTF-8, or mend it: pip install ftfy; ftfy FILE",
    ),
    (
        "replacement-characters", "warning", lambda text: "\ufffd" in text, "� where a letter could not be read",
        "save the file from its source again as UTF-8",
    ),
    (
        "control-characters", "warning", lambda text: not text.isprintable() and _CONTROL.search(text) is not None,
        "control characters", "tr -d '\\000-\\010\\013\\014\\016-\\037' < FILE > clean.txt",
    ),
    (
        "markup", "warning", lambda text: ("<" in text or "&" in text) and _MARKUP.search(text) is not None,
        "HTML tags or entities, which are learnt as words", "take the text out of the HTML first",
    ),
)  # fmt: skip


class TextFaults:
    """Find faults of single texts in a corpus.

    name: what a text is called; seed: of the sample from which their length in tokens is estimated
    """

    def __init__(self, name: str, places: Places, seed: int = 1) -> None:
        self._name, self._places = name, places
        self._rows: dict[str, list[int]] = {kind: [] for kind, *_ in _TELLS}
        self._counts = dict.fromkeys([*self._rows, "empty"], 0)
        self._rows["empty"] = []
        self._lengths = NumberColumn(np.int32)
        self._sample: Reservoir[str] = Reservoir(_SAMPLE, np.random.default_rng(seed))

    def add(self, number: int, text: str) -> None:
        """Check the text of an example."""
        self._lengths.add(min(len(text), 2**31 - 1))
        if not text.strip():
            self._note("empty", number)
            return
        self._sample.add(text[:_SAMPLE_LENGTH])
        for kind, _, tells, _, _ in _TELLS:
            if tells(text):
                self._note(kind, number)

    def _note(self, kind: str, number: int) -> None:
        self._counts[kind] += 1
        if len(self._rows[kind]) < 3:
            self._rows[kind].append(number)

    def findings(self, skipped: str = "") -> Iterator[Finding]:
        """Report the faults found.

        skipped: a clause on how training treats an empty text
        """
        lengths = self._lengths.values()
        total = len(lengths)
        if self._counts["empty"]:
            hint = f"nothing, if that is meant: training {skipped}" if skipped else ""
            yield self._finding("empty", "note" if skipped else "warning", "", hint, total)
        for kind, severity, _, what, hint in _TELLS:
            if self._counts[kind]:
                yield self._finding(kind, severity, what, hint, total)
        filled = lengths[lengths > 0]
        if len(filled):
            yield from self._much_longer(lengths, float(np.median(filled)))

    def _finding(self, kind: str, severity: str, what: str, hint: str, total: int) -> Finding:
        count = self._counts[kind]
        said = f"{verb(count, 'have')} {what}" if what else f"{verb(count, 'are')} empty"
        message = f"{counted(count, self._name, total)} {said}"
        return Finding(kind, severity, count, count / total, message, self._places.of(self._rows[kind]), hint)

    def _much_longer(self, lengths: Any, median: float) -> Iterator[Finding]:
        bound = max(_LONG, _MUCH_LONGER * median)
        rows = np.flatnonzero(lengths > bound)
        if len(rows) and len(rows) <= len(lengths) / 100:
            rows = rows[np.argsort(-lengths[rows], kind="stable")]
            message = (
                f"{counted(len(rows), self._name, len(lengths))} {verb(len(rows), 'are')} much longer than "
                f"the others: {lengths[rows[0]]:,} characters, where half have at most {median:,.0f}"
            )
            hint = "check whether quotes or line ends are missing there"
            yield Finding("long", "warning", len(rows), len(rows) / len(lengths), message, self._places.of(rows), hint)

    def sizes(self, task: Task, preset: str, consequence: str, most: int | None = None) -> Iterator[Finding]:
        """Report texts longer than a model of the task reads.

        Lengths are estimated in tokens of a vocabulary learnt from a sample. Without such texts, a note tells the usual
        lengths in characters.

        consequence: a clause on how a longer text is treated, "" where nothing is lost
        most: number of tokens that are read; None for the preset's
        """
        lengths = self._lengths.values()
        most = most or int(task.presets[preset].get("max_length", TrainingConfig().max_length))
        per_character = _tokens_per_character(self._sample.items(), task, preset) if consequence else 1.0
        filled = np.flatnonzero(lengths)
        if not len(filled) or not per_character:
            return
        low, middle, high = np.quantile(lengths[filled], [0.05, 0.5, 0.95])
        quantiles = f"half have up to {middle:,.0f} characters, 90 % have {low:,.0f} to {high:,.0f}"
        tokens = lengths[filled] * per_character
        rows = filled[tokens > most] if consequence else filled[:0]
        if not len(rows):
            fit = f"the {most:,} tokens that a model reads hold nearly all of them: " if consequence else ""
            yield Finding("lengths", "note", 0, 0.0, f"of the {self._name}s, {fit}{quantiles}")
            return
        share = len(rows) / len(lengths)
        message = (
            f"about {counted(len(rows), self._name, len(lengths))} {verb(len(rows), 'are')} longer than the "
            f"{most:,} tokens that a model reads, and {consequence}; {quantiles}"
        )
        longest = int(np.quantile(tokens[tokens > most], 0.9) // 100 + 1) * 100
        hint = f"{arguments(max_length=longest)}, if what matters stands that far back"
        places = self._places.of(rows)
        yield Finding("lengths", "warning" if share >= 0.05 else "note", len(rows), share, message, places, hint)


def _tokens_per_character(texts: list[str], task: Task, preset: str) -> float:
    settings = {name: value for name, value in task.presets[preset].items() if name in ("tokens", "vocab_size")}
    if settings.get("tokens") == "char":
        return 1.0
    characters = sum(map(len, texts))
    if not characters:
        return 0.0
    settings["vocab_size"] = min(int(settings.get("vocab_size", 8_000)), 8_000)
    tokenizer = Tokenizer.train(texts, from_dict(TokenizerConfig, {**settings, "min_count": 1}), "read")
    return sum(len(ids) for ids in tokenizer.stream(texts)) / characters
