"""Find pairs whose sides do not match.

They are equal, of unlikely lengths, or in the wrong language.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from seqtext.evaluation.check.findings import Finding, NumberColumn, Places, counted, verb
from seqtext.evaluation.check.languages import Languages

_FEWEST = 20  # characters of both sides together, from which their lengths are compared
_FACTOR = 4.0  # times the usual proportion of the lengths
_MAIN = 0.8  # share of a side in one language, from which others are wrong there


class Sides:
    """Compare the two sides of pairs, pair by pair.

    translated: whether the sides are in two languages, not a text and its summary
    """

    def __init__(self, places: Places, translated: bool) -> None:
        self._places, self._translated = places, translated
        self._equal: list[int] = []
        self._equals = 0
        self._lengths = NumberColumn(np.int32), NumberColumn(np.int32)
        self._languages = Languages("source", places), Languages("target", places)

    def add(self, number: int, source: str, target: str) -> None:
        """Record a pair."""
        for column, side in zip(self._lengths, (source, target), strict=True):
            column.add(len(side))
        if source.strip() and source.split() == target.split() and any(map(str.isalpha, source)):
            self._equals += 1
            self._equal += [number] * (len(self._equal) < 3)
        for language, side in zip(self._languages, (source, target), strict=True):
            language.add(number, side)

    def findings(self) -> Iterator[Finding]:
        """Report pairs whose two sides do not match.

        Their texts are equal, their lengths out of proportion, or a side is in the wrong language.
        """
        source, target = (column.values().astype(np.float64) for column in self._lengths)
        total = len(source)
        if self._equals:
            message = f"{counted(self._equals, 'pair', total)} {verb(self._equals, 'have')} the same text on both sides"
            hint = "remove them: a model learns from them to copy" if self._translated else "remove them"
            yield self._of("equal-sides", "warning", self._equals, message, self._equal, hint)
        yield from self._unfit(source, target)
        if self._translated:
            yield from self._wrong_language()
        else:
            yield from self._languages[0].findings()

    def _of(self, kind: str, severity: str, count: int, message: str, rows: list[int], hint: str) -> Finding:
        share = count / max(1, len(self._lengths[0].values()))
        return Finding(kind, severity, count, share, message, self._places.of(rows), hint)

    def _unfit(self, source: np.ndarray, target: np.ndarray) -> Iterator[Finding]:
        filled = (source > 0) & (target > 0) & (source + target >= _FEWEST)
        if not filled.any():
            return
        ratio = np.log(target[filled] / source[filled])
        usual = float(np.median(ratio))
        rows = np.flatnonzero(filled)
        if self._translated:
            off = rows[abs(ratio - usual) > np.log(_FACTOR)]
            message = (
                f"{counted(len(off), 'pair', len(source))} {verb(len(off), 'have')} sides whose lengths do not fit: "
                f"targets have {np.exp(usual):.2g} times as many characters as sources, these {_FACTOR:g} times "
                "more or fewer than that"
            )
        else:
            off = rows[ratio > 0]
            message = f"{counted(len(off), 'summary', len(source))} {verb(len(off), 'are')} longer than the text"
        if len(off):
            hint = "check whether the lines are shifted there, and remove what does not belong together"
            yield self._of("unfit-lengths", "warning", len(off), message, off.tolist(), hint)

    def _wrong_language(self) -> Iterator[Finding]:
        for side, language in zip(("source", "target"), self._languages, strict=True):
            told = language.told()
            sure = sum(map(len, told.values()))
            if not sure or len(next(iter(told.values()))) < _MAIN * sure:
                continue
            main, *others = told
            rows = sorted(number for name in others for number in told[name])
            if rows:
                counts = Counter({name: len(told[name]) for name in others}).most_common(3)
                listed = ", ".join(f"{count:,} {name}" for name, count in counts)
                message = (
                    f"{counted(len(rows), side, sure)} of {sure:,} whose language is sure are not {main}: {listed}"
                    f"{language.looked_at}"
                )
                hint = "remove the pairs, or swap their sides"
                places = self._places.of(rows)
                yield Finding("wrong-language", "warning", len(rows), len(rows) / sure, message, places, hint)
