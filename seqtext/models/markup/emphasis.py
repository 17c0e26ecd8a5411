"""Find emphasis by CommonMark's delimiter runs. Marks are *, _, ~~ and ==; the time is linear in the text."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

Delimiters = tuple[int, int, int, int]  # start and end of an opening delimiter, then of a closing one

_RUN = re.compile(r"\*+|_+|~+|=+")
_ONLY_TWO = "~="  # delimit only in runs of two
_INTRAWORD = "_"  # delimits nothing inside a word, as in snake_case


@dataclass
class Run:
    """Hold a delimiter run: equal marks side by side.

    start, end: of the marks that are left; they come together as marks are used
    opens, closes: whether the run is left-flanking, right-flanking
    """

    mark: str
    start: int
    end: int
    opens: bool
    closes: bool

    @property
    def count(self) -> int:
        """Count the marks that are left."""
        return self.end - self.start


def run_at(text: str, position: int, strict: bool) -> Run:
    """Read the delimiter run at a position; tell whether it flanks.

    position: where a mark stands
    strict: whether a mark between two letters or digits is text, as in 2*3*4
    """
    match = _RUN.match(text, position)
    assert match is not None
    end = match.end()
    before, after = text[position - 1 : position] or " ", text[end : end + 1] or " "
    left = not after.isspace() and (not _is_sign(after) or before.isspace() or _is_sign(before))
    right = not before.isspace() and (not _is_sign(before) or after.isspace() or _is_sign(after))
    mark = text[position]
    if mark == _INTRAWORD or strict:
        left, right = left and not before.isalnum(), right and not after.isalnum()
    if mark in _ONLY_TWO and end - position != 2:
        left = right = False
    return Run(mark, position, end, left, right)


def _is_sign(char: str) -> bool:
    """Tell whether a character is punctuation or a symbol (Unicode's categories P and S)."""
    return unicodedata.category(char)[0] in "PS"


def matched(runs: Sequence[Run]) -> list[Delimiters]:
    """Match opening and closing delimiters of runs.

    runs: in the order of the text; their marks are used up
    returns the pairs, each inside or beside the others of its kind, in the order of their closing delimiters
    """
    delimiters: list[Delimiters] = []
    openers: list[Run] = []
    bottom: dict[tuple[str, bool, int], int] = {}  # kind of closer → index below which no opener fits it
    for run in runs:
        key = (run.mark, run.opens, run.count % 3)
        while run.closes and run.count:
            index = _opener(openers, run, bottom.get(key, 0))
            if index < 0:
                bottom[key] = len(openers)
                break
            delimiters.append(_used(openers[index], run))
            del openers[index + (openers[index].count > 0) :]
            bottom = {kind: min(depth, len(openers)) for kind, depth in bottom.items()}
        if run.opens and run.count:
            openers.append(run)
    return delimiters


def _opener(openers: Sequence[Run], closer: Run, bottom: int) -> int:
    """Find the index of the last opener that fits a closer, −1 for none.

    Where one of the two both opens and closes, their lengths may not add up to a multiple of three, unless both are
    multiples of three (CommonMark's rules 9 and 10).
    """
    for index in range(len(openers) - 1, bottom - 1, -1):
        opener = openers[index]
        both = opener.closes or closer.opens
        third = (opener.count + closer.count) % 3 == 0 and opener.count % 3 != 0
        if opener.mark == closer.mark and not (both and third):
            return index
    return -1


def _used(opener: Run, closer: Run) -> Delimiters:
    """Take marks from both runs: two (strong emphasis) where both have two, else one."""
    count = 2 if min(opener.count, closer.count) > 1 else 1
    opener.end -= count
    closer.start += count
    return opener.end, opener.end + count, closer.start - count, closer.start
