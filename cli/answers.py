"""Batch texts and show answers and notes for commands that answer texts."""

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from seqtext.errors import InputError, SeqtextError

from . import output
from .inputs import faults_at

BATCH = 64  # texts that are answered side by side

_SHOWN = 5  # things that were lost

InputLine = tuple[str, str]  # the place that an error names, and the text
AnswerFunction = Callable[[Any], Sequence[Any]]  # to a list of texts the answers in order; to a text its own


def answered(
    lines: Iterator[InputLine], file: str | None, answer: AnswerFunction, batch_size: int = BATCH, *, blank: bool = True
) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield every text with its answers, in order.

    A blank text has none, and the model never sees it, unless `blank` is False.

    A file is read in batches of `batch_size` texts. Lines from a pipe or keyboard are answered one by one, because
    the sender may wait for an answer before sending more.
    """
    from seqtext.data.sampling import batched_until_fault

    size = 1 if file == "-" and not _is_file() else batch_size
    for batch in batched_until_fault(lines, size, SeqtextError):
        yield from _answered(batch, answer, blank)


def _is_file() -> bool:
    """Tell whether standard input is a file, which ends without waiting for anyone."""
    with suppress(OSError, ValueError, AttributeError):  # without standard input, sys.stdin is None
        return stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode)
    return False


def _answered(batch: list[InputLine], answer: AnswerFunction, blank: bool) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield the texts of a batch with their answers; after an error, one by one, so that it names the text's line."""
    from seqtext.normalization import is_blank

    blanks = [blank and is_blank(text) for _, text in batch]
    texts = [text for (_, text), skipped in zip(batch, blanks, strict=True) if not skipped]
    try:
        answers = iter(answer(texts) if texts else [])
    except InputError:
        if len(batch) == 1:
            with faults_at(batch[0][0]):
                answer(texts[0])  # the fault of a text by itself names no index in a list
                raise
        for line in batch:
            yield from _answered([line], answer, blank)
        return
    for (_, text), skipped in zip(batch, blanks, strict=True):
        yield text, [] if skipped else next(answers)


class Unread:
    """Count texts that were read only in part, and their words.

    kind: what a text is called
    """

    def __init__(self, kind: str) -> None:
        self._kind, self._texts, self._long, self._words, self._unread = kind, 0, 0, 0, 0

    def add(self, read: int, cut: int) -> None:
        """Count a text, its words read and its words cut."""
        self._texts += 1
        if cut:
            self._long, self._words, self._unread = self._long + 1, self._words + read + cut, self._unread + cut

    def say(self) -> None:
        """Print a note of how many words were read, unless all were."""
        if self._long:
            which = f"{self._long:,} of {self._texts:,} {self._kind}s" if self._texts > 1 else f"the {self._kind}"
            read = self._words - self._unread
            output.note(f"Of {which}, only the beginning was read: {read:,} of {self._words:,} words.")


class Lost:
    """Count the answers that have lost details of their source.

    kind: the noun for an answer in notes
    """

    def __init__(self, kind: str) -> None:
        self._kind, self._all, self._count, self._flags = kind, 0, 0, list[Any]()

    def add(self, flags: Sequence[Any]) -> None:
        """Count an answer by its flags."""
        self._all += 1
        self._count += bool(flags)
        self._flags += flags[: max(0, _SHOWN + 1 - len(self._flags))]

    def say(self) -> None:
        """Print a note of the answers that lost details, unless none did."""
        say_lost(self._count, self._all, self._flags, self._kind)


def say_lost(count: int, every: int, flags: Sequence[Any], kind: str) -> None:
    """Print a note of the answers that lost details, unless none did."""
    if not count:
        return
    from seqtext.models.flags import in_words

    which = f"{count:,} of {every:,} {kind}s" if every > 1 else f"The {kind}"
    told = f"{which} lost {in_words(flags, _SHOWN)}"
    output.note(told if told.endswith("…") else f"{told}.")


class Unusual:
    """Count the texts that are unlike all training texts of a model.

    kind: what a text is called
    """

    def __init__(self, kind: str) -> None:
        self._kind, self._texts, self._odd = kind, 0, 0

    def add(self, found: Sequence[Any]) -> None:
        """Count a text by its answers."""
        self.add_several(1, any(one.unusual for one in found))

    def add_several(self, texts: int, odd: int) -> None:
        """Count several texts at once.

        odd: how many are unlike all training texts
        """
        self._texts, self._odd = self._texts + texts, self._odd + odd

    def say(self, one: str, several: str) -> None:
        """Print a note of their number, unless there were none.

        one, several: the predicate of the note for one text and for several
        """
        if not self._odd:
            return
        verb = "is" if self._odd == 1 else "are"
        which = f"{self._odd:,} of {self._texts:,} {self._kind}s {verb}" if self._texts > 1 else f"The {self._kind} is"
        output.note(f"{which} unlike all that the model has learnt: {one if self._odd == 1 else several}.")


def show(found: Sequence[Any], number: int, several: bool, one_line: bool) -> None:
    """Print the best answer, or several with their scores.

    Several stand below each other, with a blank line between texts.

    number:   of the text, from 0
    one_line: keep the answer on one line, so that line n answers line n
    """
    if several:
        rows = [[f"{answer.score:.2f}", output.one_line(answer.text)] for answer in found]
        output.say_apart(output.table(rows, right=[0]), number)
    else:
        text = found[0].text if found else ""
        output.say(output.one_line(text) if one_line else text)
