"""Emphasis by CommonMark's rules of flanking: which *, _, ~~ and == belong together, in time linear in the text."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

Delimiters = tuple[int, int, int, int]  # where an opening mark begins and ends, and a closing one

_RUN = re.compile(r"\*+|_+|~+|=+")
_ONLY_TWO = "~="  # are marks where two of them stand together
_INTRAWORD = "_"  # may not stand inside a word


@dataclass
class Run:
    """A run of one mark; start, end shrink as marks of it are used."""

    mark: str
    start: int
    end: int
    opens: bool
    closes: bool

    @property
    def count(self) -> int:
        """How many marks are left."""
        return self.end - self.start


def run_at(text: str, place: int, strict: bool) -> Run:
    """Read the run of marks at a place, where one stands, and whether it may open and close.

    strict: whether no mark may stand between two letters or digits, as in 2*3*4
    """
    found = _RUN.match(text, place)
    assert found is not None
    end = found.end()
    before, after = text[place - 1 : place] or " ", text[end : end + 1] or " "
    left = not after.isspace() and (not _is_sign(after) or before.isspace() or _is_sign(before))
    right = not before.isspace() and (not _is_sign(before) or after.isspace() or _is_sign(after))
    mark = text[place]
    if mark == _INTRAWORD or strict:
        left, right = left and not before.isalnum(), right and not after.isalnum()
    if mark in _ONLY_TWO and end - place != 2:
        left = right = False
    return Run(mark, place, end, left, right)


def _is_sign(char: str) -> bool:
    """Whether a character is punctuation or a symbol."""
    return unicodedata.category(char)[0] in "PS"


def matched(runs: Sequence[Run]) -> list[Delimiters]:
    """Match the marks of runs, in the order in which they stand."""
    found: list[Delimiters] = []
    openers: list[Run] = []
    bottom: dict[tuple[str, bool, int], int] = {}  # below which there is no opener for such a closer
    for run in runs:
        key = (run.mark, run.opens, run.count % 3)
        while run.closes and run.count:
            place = _opener(openers, run, bottom.get(key, 0))
            if place < 0:
                bottom[key] = len(openers)
                break
            found.append(_used(openers[place], run))
            del openers[place + (openers[place].count > 0) :]
            bottom = {one: min(depth, len(openers)) for one, depth in bottom.items()}
        if run.opens and run.count:
            openers.append(run)
    return found


def _opener(openers: Sequence[Run], closer: Run, bottom: int) -> int:
    """The place of the last opener that fits a closer, −1 for none.

    Where a run may both open and close, the lengths of the two may not add up to a multiple of three, unless both are.
    """
    for place in range(len(openers) - 1, bottom - 1, -1):
        one = openers[place]
        both = one.closes or closer.opens
        third = (one.count + closer.count) % 3 == 0 and one.count % 3 != 0
        if one.mark == closer.mark and not (both and third):
            return place
    return -1


def _used(opener: Run, closer: Run) -> Delimiters:
    """Take marks from both: two where there are two."""
    count = 2 if min(opener.count, closer.count) > 1 else 1
    opener.end -= count
    closer.start += count
    return opener.end, opener.end + count, closer.start - count, closer.start
