"""Find labels that do not help: rare, misspelled, or from another column."""

import re
from collections import Counter
from collections.abc import Iterator

from seqtext.characters import compared_words
from seqtext.data.labels import (
    LIST,
    is_list,
    joined_labels,
    label_reader,
    look_alike,
    null_labels,
    separator_notes,
    spelling_notes,
    split_labels,
    why_no_labels,
)
from seqtext.errors import arguments
from seqtext.evaluation.check.findings import Finding, Places, counted, named, percent, verb
from seqtext.fields import is_number

_FEW = 10  # texts of a label
_MOST = 100_000  # labels that are looked at
_OWN = 0.5  # labels for each text, from which they are no classes
_FEWEST = 20  # texts on which that is told
_NAMED = 0.5  # share of a label's texts that hold its name
_SWAPPED = arguments(columns={"label": "2", "text": "1"})
_HEADER = re.compile(r"[^\W\d]\w*(?:[ _.-]\w+){0,2}")
_HEADER_WORD = re.compile(
    "texts?|labels?|category|class|sentiment|review|body|title|message|comment|content|source|target|sentence|question|"
    "answer|stars|rating|queue|topic|tag|intent|subject|description|summary",
    re.I,
)


class Classes:
    """Collect the labels of a corpus, row by row.

    several: whether a text may have several
    """

    def __init__(self, places: Places, several: bool = False) -> None:
        self._places, self._several = places, several
        self._first: dict[str, int] = {}  # the number of a label's first text
        self._counts: Counter[str] = Counter()
        self._cells: Counter[str] = Counter()  # as they are written
        self._inside: Counter[tuple[str, str]] = Counter()  # label, name of a label inside its text
        self._words: dict[str, str] = {}  # a label that is one word, in small letters
        self._lengths = [0, 0]  # characters of labels, of texts
        self._head = ("", "")
        self._texts = self._unlabelled = 0
        self._bare: list[int] = []
        self._looked = 0
        self._reader = label_reader((), several)

    def add(self, number: int, label: str, text: str) -> None:
        """Note the label of a text."""
        if not label.strip():
            self._unlabelled += 1
            self._bare += [number] * (len(self._bare) < 3)
            return
        if not self._texts:
            self._head = (label.strip(), text.strip())
        self._texts += 1
        self._lengths[0] += len(label)
        self._lengths[1] += len(text)
        cell = label.strip()
        if cell in self._first or len(self._first) < _MOST:
            self._first.setdefault(cell, number)
            self._cells[cell] += 1
            self._counts[cell] += 1
        self._look_inside(label.strip(), text)

    def _look_inside(self, label: str, text: str) -> None:
        """Count labels named inside texts, while there are few labels."""
        if len(self._counts) <= 50 and self._looked < 20_000 and not self._several:
            self._looked += 1
            words = set(compared_words(text[:2_000]))
            for name in self._counts:
                if self._words.setdefault(name, _only_word(name)) in words:
                    self._inside[label, name] += 1

    @property
    def usual(self) -> tuple[str, float]:
        """Return the most frequent label and its share of labelled texts."""
        name, count = self._counts.most_common(1)[0]
        return name, count / self._texts

    @property
    def look_like_columns(self) -> bool:
        """Tell whether the labels are a column of texts, identifiers or numbers."""
        many = len(self._counts) > _OWN * self._texts
        return self._texts >= _FEWEST and (many or bool(why_no_labels(self._counts)))

    @property
    def are_longer_than_texts(self) -> bool:
        """Tell whether labels and texts seem to be swapped."""
        return self._lengths[0] > self._lengths[1]

    def findings(self) -> Iterator[Finding]:
        """Report faults of the labels, and their distribution."""
        if self._unlabelled:
            total = self._texts + self._unlabelled
            message = f"{counted(self._unlabelled, 'row', total)} {verb(self._unlabelled, 'have')} no label"
            hint = "give each a label, or remove it: training skips it"
            severity = "warning"
            if self._several:
                severity, hint = "note", "nothing, if none fits them: training learns that they have none"
            share = self._unlabelled / total
            yield Finding("unlabelled", severity, self._unlabelled, share, message, self._places.of(self._bare), hint)
        if not self._texts:
            return
        if self.look_like_columns:
            yield self._no_classes()
            return
        yield from self._recognized()
        yield from self._swapped()
        yield from self._few()
        yield from self._alike()
        yield from self._header()
        yield from self._leaks()
        yield self._balance()

    def settle(self) -> None:
        """Count the labels as training reads them, once all cells are there."""
        self._reader, first = label_reader(self._cells, self._several), self._first
        self._counts, self._first = Counter(), {}
        for cell, count in self._cells.items():
            for name in self._reader(cell):
                self._counts[name] += count
                self._first[name] = min(first[cell], self._first.get(name, first[cell]))

    @property
    def joined(self) -> str:
        """Return the separator between labels in cells read as one label.

        "" where there is none.
        """
        return "" if self._several else joined_labels(self._cells)

    def _recognized(self) -> Iterator[Finding]:
        """Report how labels are read, and cells that seem to hold several."""
        for told in separator_notes(self._cells, self._reader) if self._several else ():
            yield Finding("separator", "note", self._texts, 1.0, told)
        for told in spelling_notes(self._reader):
            yield Finding("spellings", "note", 0, 0.0, told)
        if mark := self.joined:
            cells = [
                cell for cell in self._cells if (is_list(cell) if mark == LIST else len(split_labels(cell, mark)) > 1)
            ]
            count = sum(self._cells[cell] for cell in cells)
            message = (
                f"{counted(count, 'text', self._texts)} {verb(count, 'have')} several labels in a cell, read as "
                f"one: {named(cells, 3)}"
            )
            places = self._places.of(self._first[cell] for cell in cells)
            hint = f"{arguments(multi_label=True)} reads each by itself"
            yield Finding("joined-labels", "warning", count, count / self._texts, message, places, hint)
        if nulls := null_labels(self._counts):
            count = sum(self._counts[name] for name in nulls)
            message = f"{counted(count, 'text', self._texts)} {verb(count, 'have')} {named(nulls)} for a label"
            places = self._places.of(self._first[name] for name in nulls)
            hint = "where it stands for an empty cell, leave the cell empty"
            yield Finding("null-labels", "warning", count, count / self._texts, message, places, hint)

    def _no_classes(self) -> Finding:
        names = list(self._counts)
        kind = "identifiers"
        if all(_is_numeral(name) for name in names[:1_000]):
            kind = "numbers"
        elif self._lengths[0] > 15 * self._texts:
            kind = "texts"
        message = (
            f"{counted(len(names), 'label')} of {counted(self._texts, 'text')}, as many as a column of {kind} has: "
            f"{named(names, 3)}"
        )
        hint = f"name the column of the labels with {arguments(columns={'label': 'COLUMN', 'text': 'COLUMN'})}"
        if kind == "texts" and self.are_longer_than_texts:
            hint = f"{_SWAPPED}, since the first column is longer than the second"
        places = self._places.of(self._first.values())
        return Finding("no-classes", "error", self._texts, 1.0, message, places, hint)

    def _swapped(self) -> Iterator[Finding]:
        if len(self._counts) > 2 and self._lengths[0] > 2 * self._lengths[1]:
            message = "the labels are longer than the texts: the two columns may have changed places"
            places = self._places.of([0])
            yield Finding("swapped", "error", self._texts, 1.0, message, places, _SWAPPED)

    def _few(self) -> Iterator[Finding]:
        if len(self._counts) == 1:
            message = f"all texts have the label {named(list(self._counts))}; two labels or more are needed"
            yield Finding("one-label", "error", self._texts, 1.0, message, (), "add texts that have another label")
            return
        for kind, low, high, said in (("single-rows", 1, 1, "one text only"), ("rare-labels", 2, _FEW - 1, "")):
            rare = [name for name, count in self._counts.items() if low <= count <= high]
            if rare:
                said = said or f"fewer than {_FEW} texts"
                count = sum(self._counts[name] for name in rare)
                message = f"{counted(len(rare), 'label')} {verb(len(rare), 'have')} {said}: {named(rare)}"
                hint = "add texts, or merge it with another label: so few can hardly be learnt or measured"
                places = self._places.of(self._first[name] for name in rare)
                yield Finding(kind, "warning", count, count / self._texts, message, places, hint)

    def _alike(self) -> Iterator[Finding]:
        groups = look_alike(self._counts)
        if groups:
            ranked = [sorted(names, key=lambda name: (-self._counts[name], self._first[name])) for names in groups]
            count = sum(self._counts[name] for names in ranked for name in names[1:])
            shown = "; ".join(named(names, 3) for names in ranked[:3])
            shown += f"; {len(ranked) - 3:,} more" * (len(ranked) > 3)
            message = f"{counted(len(ranked), 'label')} {verb(len(ranked), 'are')} spelled in several ways: {shown}"
            places = self._places.of(self._first[names[-1]] for names in ranked)
            hint = "spell each in one way; each spelling is a label of its own to a model"
            yield Finding("alike", "error", count, count / self._texts, message, places, hint)

    def _header(self) -> Iterator[Finding]:
        label, text = self._head
        if self._counts[label] != 1 or self._texts < 3 or not (_HEADER.fullmatch(label) and _HEADER.fullmatch(text)):
            return
        if len(text) * 3 < self._lengths[1] / self._texts or (
            _HEADER_WORD.fullmatch(label) or _HEADER_WORD.fullmatch(text)
        ):
            message = f"the first row looks like a header: {named([label, text])}"
            hint = "remove the row, or name it label<TAB>text"
            yield Finding("header", "error", 1, 1 / self._texts, message, self._places.of([self._first[label]]), hint)

    def _leaks(self) -> Iterator[Finding]:
        for name, count in self._counts.items():
            inside_own = self._inside[name, name]
            elsewhere = sum(
                count_inside for (label, inside), count_inside in self._inside.items() if inside == name != label
            )
            if count >= _FEW and inside_own > _NAMED * min(count, self._looked) and inside_own > 10 * elsewhere:
                message = (
                    f"the name of the label {named([name])} stands in {percent(inside_own / count)} of its own texts"
                )
                message += f" and in {counted(elsewhere, 'other text')}: a model will look for the word alone"
                places = self._places.of([self._first[name]])
                hint = "take it out of the texts, unless new texts have it as well"
                yield Finding("leak", "warning", inside_own, inside_own / self._texts, message, places, hint)

    def _balance(self) -> Finding:
        name, share = self.usual
        fewest = min(self._counts, key=lambda label: self._counts[label])
        message = (
            f"{counted(len(self._counts), 'label')}, from {self._counts[fewest]:,} ({named([fewest])}) to "
            f"{self._counts[name]:,} texts; always answering {named([name])} is right in {percent(share)}, so a model "
            "must be better than that"
        )
        return Finding("balance", "note", self._counts[name], share, message)


def _only_word(name: str) -> str:
    words = compared_words(name)
    return words[0] if len(words) == 1 and len(words[0]) > 2 else ""


def _is_numeral(name: str) -> bool:
    try:
        return is_number(float(name.replace(",", ".")))
    except ValueError:
        return False
