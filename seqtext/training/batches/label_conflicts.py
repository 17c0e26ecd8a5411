"""Check labels against texts. Labels with a single row are found, and texts with two labels."""

from collections import Counter
from collections.abc import Mapping, Sequence

_SHOWN = 5  # labels of a note
_MANY = 0.02  # share of the texts with conflicts from which on --multi-label is suggested
_WIDTH = 60  # characters of a text that are shown


def single_rows(rows: Mapping[str, int]) -> list[str]:
    """Report labels with a single row; rows: how many each label has.

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
    """Report a first row that may be a header row.

    cells: how many rows have each label, the first row's first

    >>> header_notes({"mood": 1, "good": 3, "bad": 2}), header_notes({"good": 3, "mood": 1})
    (["the first row alone has the label 'mood': if it is a header row, leave it out, or name its columns"], [])
    """
    first = next(iter(cells), "")
    alone = len(cells) > 1 and cells[first] == 1 and min([*cells.values()][1:]) > 1
    note = f"the first row alone has the label {first!r:.60}: if it is a header row, leave it out, or name its columns"
    return [note] * alone


class Conflicts:
    """Count texts with different labels in different rows.

    keys: hashes of the texts of each label; different texts may share one
    """

    def __init__(self, keys: Mapping[str, Sequence[int]]) -> None:
        labels = Counter(key for label_keys in keys.values() for key in set(label_keys))
        self._suspects = {key for key, count in labels.items() if count > 1}
        self._different = len(labels)
        self._first: dict[int, str] = {}  # by a second hash of the text: its first label
        self._found: dict[int, str] = {}  # by the same hash: the text of the first conflict, to be shown
        self._second = ""

    def see(self, key: int, text: str, label: str) -> None:
        """Record the label of a row."""
        if key not in self._suspects:
            return
        text_hash = hash(text.strip())
        first = self._first.setdefault(text_hash, label)
        if first != label and text_hash not in self._found:
            self._found[text_hash] = "" if self._found else text.strip()
            self._second = self._second or label

    def notes(self) -> list[str]:
        """Report the number of texts with two labels, with an example."""
        if not self._found:
            return []
        text_hash, text = next(iter(self._found.items()))
        start = " ".join(text.split())
        start = start if len(start) <= _WIDTH else f"{start[:_WIDTH]} …"
        example = f"{start!r} ({self._first[text_hash]:.40}, {self._second:.40})"
        count = len(self._found)
        have = "1 text has two labels" if count == 1 else f"{count:,} texts have two labels or more"
        is_frequent = count > _MANY * self._different
        advice = "; where a text may have several, write them in one row, with --multi-label" if is_frequent else ""
        return [f"{have} in different rows, such as {example}: no answer is right for all of them{advice}"]
