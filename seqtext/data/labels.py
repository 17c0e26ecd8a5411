"""Normalize labels as people write them, split multi-label cells, note irregularities.

All functions depend only on the cells of a column of labels.
"""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from seqtext.characters import SURROGATE

#: The usual separator of a text's labels in a string.
SEPARATOR = "|"
#: The result of `label_separator` for cells such as ['late', 'rude'].
LIST = "[]"
#: Possible separators of labels, and their names; commas and slashes occur within single labels, too.
LABEL_SEPARATORS = {SEPARATOR: "|", LIST: "list brackets", ";": "semicolons", ",": "commas", "/": "slashes"}

_UNSEEN = re.compile("[\ufeff\u200b\u2060\u00ad\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WHOLE = re.compile(r"([+-]?)(0|[1-9][0-9]*)(\.0+)?")
_NUMBER = re.compile(r"[+-]?[0-9]*[.,]?[0-9]+(?:[eE][+-]?[0-9]+)?")
_LATIN_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[\s_-]+(?=[^\W\d_])")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_TRUTHS = ("true", "false")
_MARKS = {**dict.fromkeys(("1", "1.0", "true", "yes", "y", "x", "t"), True),
          **dict.fromkeys(("", "0", "0.0", "false", "no", "n", "f", "-"), False)}  # fmt: skip
_NULLS = ("nan", "null", "<na>", "nat", "#n/a", "n/a")
#: What programs write for an empty text.
NULL_WORDS = frozenset(("nan", "NaN", "null", "NULL", "None", "<NA>", "NaT", "#N/A", "N/A", "n/a"))
_SPACING, _ACCENTS, _MARKS_UNSEEN = "white space", "how accents are typed", "marks that nobody sees"
_NOT_SEEN = (_SPACING, _ACCENTS, _MARKS_UNSEEN)  # differences that examples in a sentence cannot show
_SHOWN = 3  # examples in a sentence
_FEWEST = 20  # least labels that may be too many
_NUMBERS = 50  # least numeric labels that look like measurements


class Alike(NamedTuple):
    """Hold spellings read as the same label, and their difference.

    label: as which they are read; spellings: in alphabetical order
    difference: in what they differ, such as "white space"
    """

    label: str
    spellings: tuple[str, ...]
    difference: str


def normal_label(written: str) -> str:
    """Normalize a label: NFC, single spaces, no invisible characters.

    >>> normal_label(" tre\u0300s\u00a0 bien")
    'très bien'
    """
    if not written.isascii():
        written = unicodedata.normalize("NFC", _UNSEEN.sub("", written))
    return " ".join(written.split())


def read_as(written: Iterable[str], known: Sequence[str] = ()) -> dict[str, str]:
    """Map every spelling of a label to its normalized label.

    written: labels as in the cells; known: the labels of a model, whose spelling takes precedence. Spellings with the
    same normal form are the same label. If a corpus has both 1 and 1.0, or both True and true, whole numbers or truth
    values are normalized to 1 and true; 01 remains different from 1.

    >>> read_as(["1", "1.0", "2.0", "01"])
    {'1': '1', '1.0': '1', '2.0': '2', '01': '01'}
    >>> read_as(["1.0", "1.5"]), read_as(["1.0"], known=["0", "1"])
    ({'1.0': '1.0', '1.5': '1.5'}, {'1.0': '1'})
    """
    normal = {spelling: normal_label(spelling) for spelling in written}
    if known:
        known_as = {_meaning(label): label for label in reversed(known)} | {label: label for label in known}
        return {
            spelling: known_as.get(label, known_as.get(_meaning(label), label)) for spelling, label in normal.items()
        }
    meanings = {label: _meaning(label) for label in normal.values()}
    spelled = Counter(meanings.values())
    joined = {_is_truth(meaning) for meaning, count in spelled.items() if count > 1}
    return {
        spelling: meanings[label] if _is_plain(meanings[label]) and _is_truth(meanings[label]) in joined else label
        for spelling, label in normal.items()
    }


def label_key(written: str) -> str:
    """Return a key that all spellings of a label share, ignoring case.

    >>> label_key("0.0") == label_key("0"), label_key(" Normal") == label_key("normal")
    (True, True)
    """
    return _meaning(normal_label(written).lower())


def _meaning(label: str) -> str:
    """Return the value that all spellings of a number or truth value share; other labels are unchanged."""
    if whole := _WHOLE.fullmatch(label):
        return whole[2] if whole[1] != "-" or whole[2] == "0" else f"-{whole[2]}"
    return label.lower() if _is_truth(label) else label


def _is_truth(label: str) -> bool:
    return label.lower() in _TRUTHS


def _is_plain(meaning: str) -> bool:
    return _is_truth(meaning) or _WHOLE.fullmatch(meaning) is not None


def alike(labels: Mapping[str, str]) -> list[Alike]:
    """Find the labels with several spellings.

    labels: the label of each spelling, see `read_as`

    >>> alike({"1": "1", "1.0": "1", "2": "2"})
    [Alike(label='1', spellings=('1', '1.0'), difference='how a number is written')]
    """
    spellings = defaultdict(list)
    for written, label in labels.items():
        spellings[label].append(written)
    several = ((label, tuple(sorted(forms))) for label, forms in sorted(spellings.items()) if len(forms) > 1)
    return [Alike(label, forms, _difference(forms)) for label, forms in several]


def _difference(spellings: Sequence[str]) -> str:
    tests: dict[str, Callable[[str], str]] = {
        _SPACING: lambda label: " ".join(label.split()),
        _ACCENTS: lambda label: unicodedata.normalize("NFC", " ".join(label.split())),
        _MARKS_UNSEEN: normal_label,
    }
    for difference, form in tests.items():
        if len({form(spelling) for spelling in spellings}) == 1:
            return difference
    return "how true and false are written" if _is_truth(spellings[0]) else "how a number is written"


def look_alike(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Find different labels that look alike.

    They differ only in case, in accents on Latin letters, in spaces, hyphens and underscores between letters, or in
    punctuation around them.

    >>> look_alike(["Bug", "bug", "e-mail", "E mail", "1.1", "1.10"])
    [('Bug', 'bug'), ('E mail', 'e-mail')]
    """
    groups = defaultdict(set)
    for label in labels:
        groups[_bare(label)].add(label)
    return [tuple(sorted(similar)) for _, similar in sorted(groups.items()) if len(similar) > 1]


def _bare(label: str) -> str:
    """Return a key that similar labels share."""
    plain = _LATIN_ACCENTS.sub("", unicodedata.normalize("NFKD", label).casefold())
    return _BETWEEN_LETTERS.sub("", _meaning(" ".join(plain.split()).strip(" .,;:!'\""))) or label


def split_labels(written: str, separator: str = SEPARATOR) -> tuple[str, ...]:
    """Split a cell into distinct normalized labels, in alphabetical order.

    separator: a key of LABEL_SEPARATORS

    >>> split_labels("late | rude|late"), split_labels(" "), split_labels("['late', 'rude']", LIST)
    (('late', 'rude'), (), ('late', 'rude'))
    """
    return tuple(sorted({name for label in _parts(written, separator) if (name := normal_label(label))}))


def _parts(written: str, separator: str) -> list[str]:
    return _list_items(written) if separator == LIST else written.split(separator)


def _list_items(written: str) -> list[str]:
    """Parse a list in the notation of Python, JSON or NumPy, without evaluating it; another text is the only item."""
    if not is_list(written):
        return [written]
    text = written.strip()
    try:
        parsed = json.loads(text)
        items = [item if isinstance(item, str) else json.dumps(item) for item in parsed if item is not None]
        return [SURROGATE.sub("\ufffd", item) for item in items]
    except (ValueError, RecursionError, TypeError):
        inner = text[1:-1]
    quoted = [re.sub(r"\\(.)", r"\1", single or double) for single, double in _QUOTED.findall(inner)]
    return quoted or inner.split(",")


def is_list(written: str) -> bool:
    """Tell whether a cell looks like a list or set.

    The notation is that of Python, JSON or NumPy.

    >>> is_list("['cold', 'late']"), is_list("[]"), is_list("cold")
    (True, True, False)
    """
    text = written.strip()
    return len(text) > 1 and text[0] + text[-1] in ("[]", "()", "{}")


def label_separator(cells: Iterable[str], known: Sequence[str] = ()) -> str:
    """Recognize the separator of labels in multi-label cells; "" for none.

    Returns a key of LABEL_SEPARATORS: | if any cell has it, LIST if most cells are lists, a semicolon if any cell has
    it, and a comma or slash only if most parts are known labels or occur in other cells, too, unlike those of "Paris,
    France".

    >>> label_separator(["late", "late; rude"]), label_separator(["['late']", "[]"])
    (';', '[]')
    >>> label_separator(["late", "late, rude", "rude"]), label_separator(["Paris, France", "Rome, Italy"])
    (',', '')
    """
    different = {cell for cell in cells if cell.strip()}
    if any(SEPARATOR in cell for cell in different):
        return SEPARATOR
    if different and 2 * sum(map(is_list, different)) > len(different):
        return LIST
    if any(";" in cell.strip("; ") for cell in different):
        return ";"
    return next((mark for mark in (",", "/") if _parts_recur(different, mark, known)), "")


def joined_labels(cells: Iterable[str]) -> str:
    """Recognize a separator of labels in single-label cells; "" for none.

    Returns a key of LABEL_SEPARATORS whose parts occur in other cells, too, or LIST; see `label_separator`.

    >>> joined_labels(["late", "rude", "late|rude"]), joined_labels(["sport/golf", "sport/tennis"])
    ('|', '')
    """
    different = {cell for cell in cells if cell.strip()}
    if any(is_list(cell) and _QUOTED.search(cell) for cell in different):
        return LIST
    return next((mark for mark in (SEPARATOR, ";", ",", "/") if _parts_recur(different, mark)), "")


def _parts_recur(cells: Iterable[str], separator: str, known: Sequence[str] = ()) -> bool:
    """Tell whether most parts of the cells with a separator are known or occur in other cells, too."""
    split = [split_labels(cell, separator) for cell in cells]
    counts = Counter(label for parts in split for label in parts)
    parts = {label for parts in split if len(parts) > 1 for label in parts}
    recurring = sum(counts[label] > 1 or label in known for label in parts)
    return bool(parts) and recurring >= 2 / 3 * len(parts)


def why_no_labels(counts: Mapping[str, int]) -> str:
    """Explain why a column cannot be labels; "" if it can.

    It may hold texts, names or measurements instead.

    counts: how many rows have each label

    >>> why_no_labels({f"ticket {number}": 1 for number in range(300)})
    'nearly every row has a label of its own'
    >>> why_no_labels({"good": 20, "bad": 30})
    ''
    """
    rows = sum(counts.values())
    if len(counts) >= _FEWEST and 2 * len(counts) > rows:
        return "nearly every row has a label of its own"
    if len(counts) >= _NUMBERS and 10 * len(counts) > rows and all(map(_NUMBER.fullmatch, counts)):
        return "the labels are numbers, nearly each on few rows"
    return ""


def null_labels(labels: Iterable[str]) -> list[str]:
    """Find labels that stand for an empty cell, such as nan.

    >>> null_labels(["good", "NaN"])
    ['NaN']
    """
    return sorted(label for label in labels if label.lower() in _NULLS or label in NULL_WORDS)


def read_indicator(cell: object) -> bool | None:
    """Read a cell of an indicator column as yes or no.

    Returns None if neither.

    >>> read_indicator("1"), read_indicator(""), read_indicator("late")
    (True, False, None)
    """
    if cell is None:
        return False
    if isinstance(cell, float) and cell != cell:
        return False
    return _MARKS.get(str(cell).strip().lower())


class LabelReader(NamedTuple):
    """Read the labels of the cells of a corpus.

    several: whether cells are multi-label; separator: a key of LABEL_SEPARATORS
    labels: the label of each spelling, see `read_as`
    """

    several: bool
    separator: str
    labels: Mapping[str, str]

    def __call__(self, cell: str) -> tuple[str, ...]:
        """Read the distinct labels of a cell, in alphabetical order."""
        if self.several:
            labels = {self._label(written) for written in _parts(cell, self.separator)}
            return tuple(sorted(labels - {""}))
        return (self._label(cell),)

    def _label(self, written: str) -> str:
        return self.labels.get(written.strip()) or normal_label(written)


def label_reader(cells: Iterable[str], several: bool, known: Sequence[str] = ()) -> LabelReader:
    """Make a reader of labels, recognizing separator and spellings from cells.

    known: the labels of a model, whose spelling takes precedence; a cell that equals one of them does not count for the
    separator
    """
    different = sorted({cell.strip() for cell in cells})
    separator = SEPARATOR
    if several:
        known_forms = {normal_label(label) for label in known}
        others = (cell for cell in different if normal_label(cell) not in known_forms)
        separator = label_separator(others, known) or SEPARATOR
        different = sorted({label.strip() for cell in different for label in _parts(cell, separator) if label.strip()})
    return LabelReader(several, separator, read_as(different, known))


def recognition_notes(cells: Iterable[str], reader: LabelReader) -> list[str]:
    """Describe the recognized separator and spellings, a sentence each.

    cells: as they are written.
    """
    different = dict.fromkeys(cells)
    return (separator_notes(different, reader) if reader.several else []) + spelling_notes(reader)


def label_notes(cells: Iterable[str], reader: LabelReader) -> list[str]:
    """Describe recognition and irregularities of labels, a sentence each.

    The first notes are those of `recognition_notes`.
    """
    cells = list(cells)
    labels = sorted({label for cell in cells for label in reader(cell)})
    notes = recognition_notes(cells, reader) + ([] if reader.several else _notes_of_joined(cells))
    if groups := look_alike(labels):
        some = listed(", ".join(similar) for similar in groups)
        notes.append(f"{sum(map(len, groups))} labels look alike ({some}): read as different ones")
    if nulls := null_labels(labels):
        notes.append(f"{listed(nulls)} is read as a label; where it stands for an empty cell, leave the cell empty")
    return notes


def spelling_notes(reader: LabelReader) -> list[str]:
    """Describe merged spellings, a sentence for each kind of difference."""
    notes, merged = [], alike(reader.labels)
    for difference in dict.fromkeys(label.difference for label in merged):
        some = [label for label in merged if label.difference == difference]
        count = sum(len(label.spellings) for label in some)
        looks = (label.label if difference in _NOT_SEEN else ", ".join(label.spellings) for label in some)
        notes.append(f"{count} labels differ only in {difference} ({listed(looks)}): read as {len(some)}")
    return notes


def separator_notes(cells: Collection[str], reader: LabelReader) -> list[str]:
    """Describe the separator of multi-label cells, unless it is the usual."""
    mark = reader.separator
    if mark == SEPARATOR:
        some = [cell for cell in cells if any(other in cell for other in (";", ",", "/")) and SEPARATOR not in cell]
        if not some or any(SEPARATOR in cell for cell in cells):
            return []
        return [f"no cell has {SEPARATOR}, which stands between labels: {sorted(some)[0]!r:.40} is read as one label"]
    example = min(cells, key=lambda cell: (-len(reader(cell)), cell))
    labels = listed(reader(example))
    between = "lists" if mark == LIST else f"{LABEL_SEPARATORS[mark]} between labels"
    return [f"{between} recognized: {example!r:.40} is read as {labels}"]


def _notes_of_joined(cells: Iterable[str]) -> list[str]:
    mark = joined_labels(cells)
    if not mark:
        return []
    example = min(cells, key=lambda cell: (-len(split_labels(cell, mark)), cell))
    return [f"{example!r:.40} is read as one label; --multi-label (multi_label=True) reads several in a cell"]


def listed(words: Iterable[str]) -> str:
    """List a few words, and count the others.

    >>> listed(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    every = list(words)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(word if len(word) <= 40 else f"{word[:39]}…" for word in every[:_SHOWN]) + more
