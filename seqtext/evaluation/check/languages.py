"""Identify the languages and scripts of a sample of texts."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from seqtext.data.sampling import Reservoir
from seqtext.evaluation.check.findings import Finding, Places, counted, percent, verb
from seqtext.models.classifier import Classifier
from seqtext.storage.catalog import load

_SAMPLE = 2_000  # texts
_LENGTH = 1_000  # characters of each
_FEWEST_LETTERS = 25  # in a text whose language is told
_SURE = 0.98
_MAIN = 0.5  # share of the texts that are sure from which a language is the main one


class Languages:
    """Sample texts and report their languages and scripts."""

    def __init__(self, name: str, places: Places, seed: int = 1) -> None:
        self._name, self._places = name, places
        self._sample: Reservoir[tuple[int, str]] = Reservoir(_SAMPLE, np.random.default_rng(seed))

    def add(self, number: int, text: str) -> None:
        """Offer a text to the sample."""
        self._sample.add((number, text[:_LENGTH]))

    @property
    def looked_at(self) -> str:
        """Describe the sample's size in a sentence; "" for all texts."""
        seen = self._sample.seen
        return f" (looked at: {_SAMPLE:,} of {seen:,} {self._name}s)" if seen > _SAMPLE else ""

    def told(self) -> dict[str, list[int]]:
        """Group the sampled texts' numbers by language, the most frequent first.

        Texts without a confident language are left out.
        """
        sample = [(number, text) for number, text in self._sample.items() if _letters(text) >= _FEWEST_LETTERS]
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for (number, _), language in zip(sample, languages([text for _, text in sample]), strict=True):
            if language:
                rows[language].append(number)
        return dict(sorted(rows.items(), key=lambda item: -len(item[1])))

    def findings(self) -> Iterator[Finding]:
        """Report texts in other languages or scripts than most."""
        told = self.told()
        sure = sum(map(len, told.values()))
        if sure:
            main, *others = told
            if others and len(told[main]) >= _MAIN * sure:
                yield self._mixed(main, others, told, sure)
            elif others:
                listed = ", ".join(f"{name} {percent(len(rows) / sure)}" for name, rows in list(told.items())[:4])
                message = f"no language is that of most {self._name}s: {listed}{self.looked_at}"
                yield Finding("languages", "note", sure - len(told[main]), 1 - len(told[main]) / sure, message)
        yield from self._scripts()

    def _mixed(self, main: str, others: list[str], told: dict[str, list[int]], sure: int) -> Finding:
        rows = sorted(number for name in others for number in told[name])
        listed = ", ".join(f"{len(told[name]):,} {name}" for name in others[:4])
        message = (
            f"{counted(len(rows), self._name, sure)} of {sure:,} whose language is sure "
            f"{verb(len(rows), 'are')} not {main}: {listed}{self.looked_at}"
        )
        hint = "seqtext classify --model language-id --file FILE tells it of every line"
        severity = "warning" if len(rows) >= max(2, 0.002 * sure) else "note"
        return Finding("languages", severity, len(rows), len(rows) / sure, message, self._places.of(rows), hint)

    def _scripts(self) -> Iterator[Finding]:
        by_script: defaultdict[str, list[int]] = defaultdict(list)
        for number, text in self._sample.items():
            if script := script_of(text):
                by_script[script].append(number)
        total = sum(map(len, by_script.values()))
        main = max(by_script, key=lambda name: len(by_script[name]), default="")
        rows = sorted(number for name, numbers in by_script.items() if name != main for number in numbers)
        if rows:
            names = ", ".join(sorted(name for name in by_script if name != main))
            message = (
                f"{counted(len(rows), self._name, total)} of {total:,} with letters "
                f"{verb(len(rows), 'are')} written in another script than {main}: {names}{self.looked_at}"
            )
            yield Finding("scripts", "note", len(rows), len(rows) / total, message, self._places.of(rows))


def languages(texts: list[str]) -> list[str]:
    """Identify the language of each text by the bundled `language-id`.

    "" where the classifier is not confident.
    """
    if not texts:
        return []
    reader = load("language-id")
    if not isinstance(reader, Classifier):
        raise AssertionError("language-id is a classifier")
    answers = reader.classify(texts, top=1)
    sure = [bool(answer) and answer[0].probability >= _SURE and answer.unusual is not True for answer in answers]
    names = [answer[0].label if answer and answer[0].code != "und" else "" for answer in answers]
    return [name if is_sure else "" for name, is_sure in zip(names, sure, strict=True)]


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def script_of(text: str) -> str:
    """Return the script of most letters of a text.

    The Unicode names of the first letters tell it; "" without letters.

    >>> script_of("Привет!"), script_of("naïve"), script_of("猫 3"), script_of("12")
    ('Cyrillic', 'Latin', 'CJK', '')
    """
    letters = [character for character in text[:200] if character.isalpha()][:50]
    if not letters:
        return ""
    if all(map(str.isascii, letters)):
        return "Latin"
    names = Counter(unicodedata.name(letter, "?").split()[0] for letter in letters)
    script = max(names, key=lambda name: names[name])
    return script if script == "CJK" else script.capitalize()
