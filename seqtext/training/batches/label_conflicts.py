"""What is odd about labels and texts together: labels with a single row, texts that have two labels."""

from collections import Counter
from collections.abc import Mapping, Sequence

_SHOWN = 5  # labels of a note
_MANY = 0.02  # of the texts
_WIDTH = 60  # characters of a text


def single_rows(rows: Mapping[str, int]) -> list[str]:
    """Say which labels have a single row; rows: how many each label has.

    >>> single_rows({"good": 2, "bad": 1})
    ['1 of 2 labels has a single row, which is learnt from and cannot be measured: bad']
    """
    single = sorted(label for label, count in rows.items() if count == 1)
    if not single:
        return []
    have = "has" if len(single) == 1 else "have"
    some = ", ".join(f"{label:.40}" for label in single[:_SHOWN]) + ", …" * (len(single) > _SHOWN)
    of = f"{len(single):,} of {len(rows):,} labels {have} a single row"
    return [f"{of}, which is learnt from and cannot be measured: {some}"]


def header_notes(cells: Mapping[str, int]) -> list[str]:
    """Say that the first row may be a header row; cells: how many rows have each label, the first row's first.

    >>> header_notes({"mood": 1, "good": 3, "bad": 2}), header_notes({"good": 3, "mood": 1})
    (["the first row alone has the label 'mood': if it is a header row, leave it out, or name its columns"], [])
    """
    first = next(iter(cells), "")
    alone = len(cells) > 1 and cells[first] == 1 and min([*cells.values()][1:]) > 1
    said = f"the first row alone has the label {first!r:.60}: if it is a header row, leave it out, or name its columns"
    return [said] * alone


class Conflicts:
    """Counts the texts that have different labels in different rows.

    keys: of the texts of each label, of which texts that differ may share one
    """

    def __init__(self, keys: Mapping[str, Sequence[int]]) -> None:
        labels = Counter(key for own in keys.values() for key in set(own))
        self._suspects = {key for key, count in labels.items() if count > 1}
        self._different = len(labels)
        self._first: dict[int, str] = {}  # by the text's own hash: its first label
        self._found: dict[int, str] = {}  # by the same: the text, for a person
        self._second = ""

    def see(self, key: int, text: str, label: str) -> None:
        """Take note of a row."""
        if key not in self._suspects:
            return
        place = hash(text.strip())
        first = self._first.setdefault(place, label)
        if first != label and place not in self._found:
            self._found[place] = "" if self._found else text.strip()
            self._second = self._second or label

    def notes(self) -> list[str]:
        """Say how many texts have two labels, with the first of them."""
        if not self._found:
            return []
        place, text = next(iter(self._found.items()))
        start = " ".join(text.split())
        start = start if len(start) <= _WIDTH else f"{start[:_WIDTH]} …"
        example = f"{start!r} ({self._first[place]:.40}, {self._second:.40})"
        count = len(self._found)
        have = "1 text has two labels" if count == 1 else f"{count:,} texts have two labels or more"
        joined = count > _MANY * self._different
        advice = "; where a text may have several, write them in one row, with --multi-label" if joined else ""
        return [f"{have} in different rows, such as {example}: no answer is right for all of them{advice}"]
