"""Detect texts in another language than a model reads.

The bundled language identifier tells.
"""

from collections.abc import Sequence
from typing import Any

from seqtext.data.sentences import count_words
from seqtext.storage.catalog import bundled, load

_IDENTIFIER = "language-id"
_SURE = 0.95  # a probability; names and loans in short English texts are below it
_LEAST_WORDS = 4


class SourceLanguage:
    """Detect texts in languages other than the source language.

    The identifier is loaded when a text is first long enough.

    language: a code, as "en"; for "", and for one that the identifier does not know, nothing is detected
    """

    def __init__(self, language: str) -> None:
        self._language = language.lower().partition("-")[0]
        self._identifier: Any = None

    def others(self, texts: Sequence[str]) -> list[str]:
        """Name the other language of each text, such as "German".

        returns "" for a text that is in the language read, shorter than four words or not clearly in another language
        """
        languages = [""] * len(texts)
        long = [k for k, text in enumerate(texts) if self._language and count_words(text) >= _LEAST_WORDS]
        if not long or _IDENTIFIER not in bundled():
            return languages
        if self._identifier is None:
            self._identifier = load(_IDENTIFIER, "classify")
            names = self._identifier.names
            if self._language not in map(names.code, self._identifier.labels):
                self._language = ""  # of which it would be sure that it is another one
                return languages
        for k, labels in zip(long, self._identifier.classify([texts[k] for k in long], 1), strict=True):
            if labels and not labels.unusual and labels[0].code and labels[0].probability >= _SURE:
                languages[k] = "" if labels[0].code == self._language else labels[0].label
        return languages
