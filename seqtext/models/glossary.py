"""Check glossaries, terms with their translations, and find terms in sentences."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from seqtext.errors import InputError, either
from seqtext.models.things import Finder, Found, Thing
from seqtext.normalization import normalize

_LONGEST = 200  # characters of a term or its translation
_HINT = ('glossary={"invoice": "Rechnung"}', "invoice<TAB>Rechnung, one term a line")

Terms = tuple[tuple[str, str], ...]


def checked(glossary: object) -> Terms:
    """Check a glossary: a mapping of terms to translations, or pairs.

    Raises InputError for anything else, for a side that `checked_side` refuses and for a term with two translations.
    """
    pairs: Any = tuple(glossary.items()) if isinstance(glossary, Mapping) else glossary
    if not isinstance(pairs, tuple) or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        raise InputError(
            f"glossary received {glossary!r:.80}; a mapping from terms to their translations is expected.",
            either(*_HINT),
        )
    terms: dict[str, str] = {}
    for source, target in pairs:
        add_term(terms, checked_side(source), checked_side(target))
    return tuple(terms.items())


def checked_side(text: object) -> str:
    """Check one side of a term; white space becomes single spaces.

    Raises InputError unless it is a text of 1 to 200 characters without private-use characters.
    """
    shown = " ".join(text.split()) if isinstance(text, str) else ""
    if not shown or len(shown) > _LONGEST or any("\ue000" <= char <= "\uf8ff" for char in shown):
        raise InputError(
            f"A term of the glossary, or its translation, is {text!r:.80}; a text of 1 to {_LONGEST} characters "
            "without private-use characters is expected.",
            either(*_HINT),
        )
    return shown


def add_term(terms: dict[str, str], source: str, target: str) -> None:
    """Add a term in the form in which texts are read.

    Terms that differ only in the shape of a quote, or in how an accent is typed, become the same.
    Raises InputError where it has another translation already.
    """
    source = normalize(source)
    if terms.get(source, target) != target:
        raise InputError(
            f"The term {source!r:.80} is twice in the glossary, as {terms[source]!r:.80} and as {target!r:.80}; "
            "one translation is expected.",
            either('glossary={"invoice": "Rechnung"}', "leave one of them out"),
        )
    terms[source] = target


def terms_of_lines(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Read terms from lines of a file, source<TAB>target; blank lines are skipped.

    Raises InputError for a line without exactly two columns, or with one that `checked_side` refuses.
    """
    for line in lines:
        columns = line.rstrip("\r\n").split("\t")
        if not line.strip():
            continue
        if len(columns) != 2:
            raise InputError(
                f'{line.strip()!r:.80} has {len(columns)} column{"s" * (len(columns) > 1)}; "source<TAB>target" is '
                "expected.",
                "put one tab between the term and its translation",
            )
        yield checked_side(columns[0]), checked_side(columns[1])


def finder(terms: Terms) -> Finder | None:
    """Make a finder of checked terms as whole words; None without terms.

    Of terms that overlap, the longest is found. One in small letters is found in any letters, others as typed.

    >>> [(found.start, found.parts[0].back) for found in finder((("invoice", "Rechnung"),))("Invoice? The invoices.")]
    [(0, 'Rechnung')]
    """
    return _finder(terms) if terms else None


@lru_cache(16)
def _finder(terms: Terms) -> Finder:
    normal = sorted(terms, key=lambda pair: -len(pair[0]))
    exact = dict(normal)
    ways = "|".join(
        (f"(?i:{form})" if source == source.lower() else form)
        for source, _ in normal
        for form in [re.escape(source).replace(r"\ ", " +")]
    )
    pattern = re.compile(rf"(?<!\w)(?:{ways})(?!\w)")

    def find(text: str) -> Iterator[Found]:
        for match in pattern.finditer(text):
            term = " ".join(match[0].split())
            back = exact.get(term) or exact.get(term.lower(), term)
            yield Found(*match.span(), (Thing("term", match[0], back),))

    return find
