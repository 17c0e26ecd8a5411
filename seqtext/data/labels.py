"""Labels as people write them: one form for each, several in one cell, and what is odd about them.

All here are pure functions of what stands in the cells of a column of labels.
"""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from seqtext.characters import SURROGATE

#: What stands between the labels of a text, where they are one string.
SEPARATOR = "|"
#: What `label_separator` says of cells such as ['late', 'rude'].
LIST = "[]"
#: What may stand between labels, and how it is called; commas and slashes stand in many a single label, too.
SEPARATORS = {SEPARATOR: "|", LIST: "list brackets", ";": "semicolons", ",": "commas", "/": "slashes"}

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
#: What programs write in the place of an empty text.
NULL_WORDS = frozenset(("nan", "NaN", "null", "NULL", "None", "<NA>", "NaT", "#N/A", "N/A", "n/a"))
_SPACING, _ACCENTS, _MARKS_UNSEEN = "white space", "how accents are typed", "marks that nobody sees"
_NOT_SEEN = (_SPACING, _ACCENTS, _MARKS_UNSEEN)  # differences of which a sentence shows nothing
_SHOWN = 3  # examples in a sentence
_FEWEST = 20  # labels of which can be said that they are too many
_NUMBERS = 50  # labels that are all numbers, from which on they look like measurements


class Alike(NamedTuple):
    """Spellings that are read as one label, and in what they differ."""

    label: str
    spellings: tuple[str, ...]
    difference: str


def normal_label(written: str) -> str:
    """Bring a label to its normal form: composed (NFC), single spaces, nothing unseen.

    >>> normal_label(" tre\u0300s\u00a0 bien")
    'très bien'
    """
    if not written.isascii():
        written = unicodedata.normalize("NFC", _UNSEEN.sub("", written))
    return " ".join(written.split())


def read_as(written: Iterable[str], known: Sequence[str] = ()) -> dict[str, str]:
    """Map every spelling of a label to the label that it is read as.

    written: labels as they stand in cells; known: the labels of a model, whose spelling wins. Spellings of one normal
    form are one label. Where a corpus has both 1 and 1.0, or both True and true, its whole numbers or truth values are
    written as 1 and true; 01 stays another label than 1.

    >>> read_as(["1", "1.0", "2.0", "01"])
    {'1': '1', '1.0': '1', '2.0': '2', '01': '01'}
    >>> read_as(["1.0", "1.5"]), read_as(["1.0"], known=["0", "1"])
    ({'1.0': '1.0', '1.5': '1.5'}, {'1.0': '1'})
    """
    normal = {one: normal_label(one) for one in written}
    if known:
        own = {_meaning(label): label for label in reversed(known)} | {label: label for label in known}
        return {one: own.get(label, own.get(_meaning(label), label)) for one, label in normal.items()}
    meanings = {label: _meaning(label) for label in normal.values()}
    spelled = Counter(meanings.values())
    joined = {_is_truth(meaning) for meaning, count in spelled.items() if count > 1}
    return {
        one: meanings[label] if _is_plain(meanings[label]) and _is_truth(meanings[label]) in joined else label
        for one, label in normal.items()
    }


def label_key(written: str) -> str:
    """Return what all spellings of one label have in common, capitals aside.

    >>> label_key("0.0") == label_key("0"), label_key(" Normal") == label_key("normal")
    (True, True)
    """
    return _meaning(normal_label(written).lower())


def _meaning(label: str) -> str:
    """Return what spellings of a number or a truth value have in common; of other labels the label."""
    if whole := _WHOLE.fullmatch(label):
        return whole[2] if whole[1] != "-" or whole[2] == "0" else f"-{whole[2]}"
    return label.lower() if _is_truth(label) else label


def _is_truth(label: str) -> bool:
    return label.lower() in _TRUTHS


def _is_plain(meaning: str) -> bool:
    return _is_truth(meaning) or _WHOLE.fullmatch(meaning) is not None


def alike(labels: Mapping[str, str]) -> list[Alike]:
    """Find the labels that have several spellings.

    labels: the label that each spelling is read as, see `read_as`

    >>> alike({"1": "1", "1.0": "1", "2": "2"})
    [Alike(label='1', spellings=('1', '1.0'), difference='how a number is written')]
    """
    spellings = defaultdict(list)
    for written, label in labels.items():
        spellings[label].append(written)
    found = ((label, tuple(sorted(own))) for label, own in sorted(spellings.items()) if len(own) > 1)
    return [Alike(label, own, _difference(own)) for label, own in found]


def _difference(spellings: Sequence[str]) -> str:
    tests: dict[str, Callable[[str], str]] = {
        _SPACING: lambda one: " ".join(one.split()),
        _ACCENTS: lambda one: unicodedata.normalize("NFC", " ".join(one.split())),
        _MARKS_UNSEEN: normal_label,
    }
    for difference, form in tests.items():
        if len({form(one) for one in spellings}) == 1:
            return difference
    return "how true and false are written" if _is_truth(spellings[0]) else "how a number is written"


def look_alike(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Find labels that people take for one, and that are read as different ones.

    They differ only in capitals, in accents on Latin letters, in spaces, hyphens and underscores between letters, or in
    signs around them.

    >>> look_alike(["Bug", "bug", "e-mail", "E mail", "1.1", "1.10"])
    [('Bug', 'bug'), ('E mail', 'e-mail')]
    """
    groups = defaultdict(set)
    for label in labels:
        groups[_bare(label)].add(label)
    return [tuple(sorted(own)) for _, own in sorted(groups.items()) if len(own) > 1]


def _bare(label: str) -> str:
    """Return what labels have in common that look alike."""
    plain = _LATIN_ACCENTS.sub("", unicodedata.normalize("NFKD", label).casefold())
    return _BETWEEN_LETTERS.sub("", _meaning(" ".join(plain.split()).strip(" .,;:!'\""))) or label


def split_labels(written: str, separator: str = SEPARATOR) -> tuple[str, ...]:
    """Split a cell into labels in their normal form, each once, in order.

    separator: a key of SEPARATORS

    >>> split_labels("late | rude|late"), split_labels(" "), split_labels("['late', 'rude']", LIST)
    (('late', 'rude'), (), ('late', 'rude'))
    """
    return tuple(sorted({name for part in _parts(written, separator) if (name := normal_label(part))}))


def _parts(written: str, separator: str) -> list[str]:
    return _list_items(written) if separator == LIST else written.split(separator)


def _list_items(written: str) -> list[str]:
    """Read the items of a list as Python, JSON or NumPy show it, without evaluating it; of another text, itself."""
    if not is_list(written):
        return [written]
    text = written.strip()
    try:
        found = json.loads(text)
        items = [one if isinstance(one, str) else json.dumps(one) for one in found if one is not None]
        return [SURROGATE.sub("\ufffd", one) for one in items]
    except (ValueError, RecursionError, TypeError):
        inner = text[1:-1]
    quoted = [re.sub(r"\\(.)", r"\1", single or double) for single, double in _QUOTED.findall(inner)]
    return quoted or inner.split(",")


def is_list(written: str) -> bool:
    """Tell whether a cell looks like a list or set of Python, JSON or NumPy.

    >>> is_list("['cold', 'late']"), is_list("[]"), is_list("cold")
    (True, True, False)
    """
    text = written.strip()
    return len(text) > 1 and text[0] + text[-1] in ("[]", "()", "{}")


def label_separator(cells: Iterable[str], known: Sequence[str] = ()) -> str:
    """Recognize what stands between the labels of cells that may hold several; "" where nothing does.

    returns a key of SEPARATORS: the first that some cell has, | above all; LIST where most cells are lists; a comma or
    a slash only where most parts are known labels or stand in other cells, too, as those of "Paris, France" do not

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
    """Tell what seems to stand between several labels, where a cell should have one; "" where nothing does.

    returns a key of SEPARATORS whose parts stand in other cells, too, or LIST; see `label_separator`

    >>> joined_labels(["late", "rude", "late|rude"]), joined_labels(["sport/golf", "sport/tennis"])
    ('|', '')
    """
    different = {cell for cell in cells if cell.strip()}
    if any(is_list(cell) and _QUOTED.search(cell) for cell in different):
        return LIST
    return next((mark for mark in (SEPARATOR, ";", ",", "/") if _parts_recur(different, mark)), "")


def _parts_recur(cells: Iterable[str], separator: str, known: Sequence[str] = ()) -> bool:
    """Tell whether most parts of the cells that hold a separator are known or stand in other cells, too."""
    split = [split_labels(cell, separator) for cell in cells]
    counts = Counter(part for parts in split for part in parts)
    parts = {part for parts in split if len(parts) > 1 for part in parts}
    recurring = sum(counts[part] > 1 or part in known for part in parts)
    return bool(parts) and recurring >= 2 / 3 * len(parts)


def why_no_labels(counts: Mapping[str, int]) -> str:
    """Tell why a column holds texts, names or measurements rather than labels; "" where it may hold labels.

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
    """Find labels that some program writes where a cell is empty, such as nan.

    >>> null_labels(["good", "NaN"])
    ['NaN']
    """
    return sorted(label for label in labels if label.lower() in _NULLS or label in NULL_WORDS)


def is_marked(cell: object) -> bool | None:
    """Tell whether a cell of a column that stands for one label says yes; None where it says neither yes nor no.

    >>> is_marked("1"), is_marked(""), is_marked("late")
    (True, False, None)
    """
    if cell is None:
        return False
    if isinstance(cell, float) and cell != cell:
        return False
    return _MARKS.get(str(cell).strip().lower())


class LabelReader(NamedTuple):
    """Reads the labels of the cells of a corpus.

    several: whether a cell may hold several labels; separator: what stands between them, a key of SEPARATORS
    labels: the label that each spelling is read as, see `read_as`
    """

    several: bool
    separator: str
    labels: Mapping[str, str]

    def __call__(self, cell: str) -> tuple[str, ...]:
        """Read the labels of a cell, each once, in order."""
        if self.several:
            found = {self._label(part) for part in _parts(cell, self.separator)}
            return tuple(sorted(found - {""}))
        return (self._label(cell),)

    def _label(self, written: str) -> str:
        return self.labels.get(written.strip()) or normal_label(written)


def label_reader(cells: Iterable[str], several: bool, known: Sequence[str] = ()) -> LabelReader:
    """Make what reads the labels of some cells, which tell what stands between several and how they are spelled.

    known: the labels of a model, whose spelling wins; a cell that is one of them is split by |, as those of a model
    """
    different = sorted({cell.strip() for cell in cells})
    separator = SEPARATOR
    if several:
        known_forms = {normal_label(one) for one in known}
        others = (cell for cell in different if normal_label(cell) not in known_forms)
        separator = label_separator(others, known) or SEPARATOR
        different = sorted({part.strip() for cell in different for part in _parts(cell, separator) if part.strip()})
    return LabelReader(several, separator, read_as(different, known))


def recognition_notes(cells: Iterable[str], reader: LabelReader) -> list[str]:
    """Say what was joined or recognized in a column of labels, a sentence each; cells: as they are written."""
    different = dict.fromkeys(cells)
    return (separator_notes(different, reader) if reader.several else []) + spelling_notes(reader)


def label_notes(cells: Iterable[str], reader: LabelReader) -> list[str]:
    """Say what `recognition_notes` does, and what is odd about the labels, a sentence each."""
    cells = list(cells)
    labels = sorted({label for cell in cells for label in reader(cell)})
    notes = recognition_notes(cells, reader) + ([] if reader.several else _notes_of_joined(cells))
    if groups := look_alike(labels):
        some = listed(", ".join(one) for one in groups)
        notes.append(f"{sum(map(len, groups))} labels look alike ({some}): read as different ones")
    if found := null_labels(labels):
        notes.append(f"{listed(found)} is read as a label; where it stands for an empty cell, leave the cell empty")
    return notes


def spelling_notes(reader: LabelReader) -> list[str]:
    """Say which spellings are read as one label, a sentence for each way in which they differ."""
    notes, found = [], alike(reader.labels)
    for difference in dict.fromkeys(one.difference for one in found):
        own = [one for one in found if one.difference == difference]
        count = sum(len(one.spellings) for one in own)
        looks = (one.label if difference in _NOT_SEEN else ", ".join(one.spellings) for one in own)
        notes.append(f"{count} labels differ only in {difference} ({listed(looks)}): read as {len(own)}")
    return notes


def separator_notes(cells: Collection[str], reader: LabelReader) -> list[str]:
    """Say what stands between the labels of cells that may hold several, unless it is the usual."""
    mark = reader.separator
    if mark == SEPARATOR:
        some = [cell for cell in cells if any(other in cell for other in (";", ",", "/")) and SEPARATOR not in cell]
        if not some or any(SEPARATOR in cell for cell in cells):
            return []
        return [f"no cell has {SEPARATOR}, which stands between labels: {sorted(some)[0]!r:.40} is read as one label"]
    example = min(cells, key=lambda cell: (-len(reader(cell)), cell))
    labels = listed(reader(example))
    between = "lists" if mark == LIST else f"{SEPARATORS[mark]} between labels"
    return [f"{between} recognized: {example!r:.40} is read as {labels}"]


def _notes_of_joined(cells: Iterable[str]) -> list[str]:
    mark = joined_labels(cells)
    if not mark:
        return []
    example = min(cells, key=lambda cell: (-len(split_labels(cell, mark)), cell))
    return [f"{example!r:.40} is read as one label; --multi-label (multi_label=True) reads several in a cell"]


def listed(words: Iterable[str]) -> str:
    """List a few words, and how many more there are.

    >>> listed(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    found = list(words)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(one if len(one) <= 40 else f"{one[:39]}…" for one in found[:_SHOWN]) + more
