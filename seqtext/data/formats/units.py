"""Read units of translation files. They come from any program; the wanted languages are the source and target."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from seqtext.data.lines import shown
from seqtext.data.wanted import Values, Wanted
from seqtext.errors import CorpusError, arguments

SOURCE, TARGET = "source", "target"


class Unit(NamedTuple):
    """Hold a text in several languages.

    place:  where it stands
    texts:  language code -> text; a language without a code is called source or target
    source: the code of the language that is translated, "" where nothing tells
    reason: why it is left out, "" where it is not
    """

    place: str
    texts: dict[str, str]
    source: str
    reason: str = ""


def rows_of_units(source: str, units: Iterable[Unit], wanted: Wanted) -> Iterator[Values]:
    """Yield the rows of units: the texts in the wanted languages.

    What is left out is counted. Raises CorpusError where it is not clear which languages those are, or no unit has
    them.
    """
    languages = _Languages(source, wanted)
    for unit in units:
        languages.meet(unit)
        texts = [unit.texts.get(code, "") for code in languages.codes(unit)]
        reason = unit.reason or _lacking(texts, wanted)
        if reason:
            wanted.report.skip(reason)
        else:
            yield unit.place, texts
    languages.refuse_unknown()


def _lacking(texts: list[str], wanted: Wanted) -> str:
    lacking = next((name for name, text in zip(wanted.names, texts, strict=True) if not text.strip()), "")
    return "" if not lacking else "untranslated" if lacking in (SOURCE, TARGET) else f"no text in {lacking}"


class _Languages:
    """The languages of a file, as far as it was read, and those of the fields."""

    def __init__(self, source: str, wanted: Wanted) -> None:
        self._source, self._wanted, self._names = source, wanted, wanted.names
        self._seen: dict[str, None] = {}
        self._first = ""
        self._found = {name: name in (SOURCE, TARGET) for name in self._names}

    def meet(self, unit: Unit) -> None:
        """Learn the languages of a unit; raises CorpusError where they are more than two, and none was named."""
        for code in unit.texts:
            self._seen.setdefault(code)
        self._first = self._first or alike(unit.source, unit.texts) or next(iter(unit.texts), "")
        if "text" in self._names or "label" in self._names:
            raise self._unclear()
        if TARGET in self._names and len(self._seen) > 2:
            raise self._unclear()

    def codes(self, unit: Unit) -> list[str]:
        """Give the codes of the wanted languages in a unit; "" for one that it lacks."""
        codes = []
        for name in self._names:
            if name == SOURCE:
                codes.append(alike(self._first, unit.texts))
            elif name == TARGET:
                codes.append(next((code for code in unit.texts if code != alike(self._first, unit.texts)), ""))
            else:
                codes.append(alike(name, unit.texts))
                self._found[name] |= bool(codes[-1])
        return codes

    def _unclear(self) -> CorpusError:
        """Make the error for fields that are not languages, or for too many languages to guess from."""
        codes = list(self._seen)
        first, other = self._first, next((code for code in codes if code != self._first), TARGET)
        listed = ", ".join(codes[:12]) + ", …" * (len(codes) > 12)
        if "label" in self._wanted.fields:
            message = f"{shown(self._source)} holds translations ({listed}) and no labels."
            return CorpusError(message, "give a table with a column of labels, such as .csv")
        fields = self._wanted.fields
        chosen = {SOURCE: first, TARGET: other} if fields != ("text",) else {"text": first}
        message = f"{shown(self._source)} holds texts in {listed}; which of them is the {' and the '.join(fields)}?"
        return CorpusError(message, arguments(columns=chosen))

    def refuse_unknown(self) -> None:
        """Raise CorpusError for a named language that no unit has."""
        missing = next((name for name, code in self._found.items() if not code), "")
        if missing and self._seen:
            codes = list(self._seen)
            message = (
                f"{shown(self._source)} holds no text in {missing!r:.40}; its languages are {', '.join(codes[:12])}."
            )
            columns = dict(zip(self._wanted.fields, codes, strict=False))
            raise CorpusError(message, arguments(columns=columns))


def alike(name: str, codes: Iterable[str]) -> str:
    """Match a language to a code; "" for none.

    The match is exact, or the only code of the language.

    >>> alike("en", ["de-DE", "EN_us"]), alike("en-GB", ["en-US"])
    ('EN_us', '')
    """
    spelled = {code.lower().replace("_", "-"): code for code in codes}
    name = name.lower().replace("_", "-")
    if not name or name in spelled:
        return spelled.get(name, "")
    near = [code for key, code in spelled.items() if key.partition("-")[0] == name]
    return near[0] if len(near) == 1 else ""
