"""Read gettext message catalogs (PO): messages and plurals with their translations."""

import gettext
import re
from collections.abc import Iterator
from typing import Any

from seqtext.data.encodings import refuse_packed
from seqtext.data.formats.units import SOURCE, TARGET, Unit
from seqtext.data.lines import place
from seqtext.data.unpacking import cannot_open
from seqtext.data.wanted import Wanted
from seqtext.errors import CorpusError, arguments
from seqtext.extras import needed
from seqtext.shell import quote

_PLURAL = re.compile(r"plural\s*=\s*([^;]+)")
_MANY = 100  # a number that has the general form of a plural, in all languages with one


def read_catalog(source: str, wanted: Wanted) -> Iterator[Unit]:
    """Read the translation units of a PO file.

    Fuzzy, untranslated and obsolete entries come with the reason to skip them. A context is not part of a text. The
    plural form for 1 translates the singular, the form for many the plural.

    wanted.encoding: the file's, where its header names another or none
    Raises CorpusError for a file that is damaged or compressed.
    """
    catalog = _opened(source, wanted.encoding)
    language = catalog.metadata.get("Language", "").strip() or TARGET
    form_of = _plural_rule(catalog.metadata.get("Plural-Forms", ""))
    for entry in catalog:
        reason = "obsolete" if entry.obsolete else "fuzzy translation" if entry.fuzzy else ""
        for message, translation in _pairs(entry, form_of):
            missing = "" if translation.strip() else "untranslated"
            texts = {SOURCE: message.strip(), language: translation.strip()}
            yield Unit(place(source, entry.linenum), texts, SOURCE, reason or missing)


def _opened(source: str, encoding: str | None) -> Any:
    with needed("A PO file"):
        import polib

    refuse_packed(source, "a PO file")
    _refuse_open_ends(source)
    try:
        return polib.pofile(source, **({} if encoding is None else {"encoding": encoding}))
    except Exception as error:  # a damaged catalog fails in many ways
        line = re.search(r"\(line (\d+)\)", str(error))
        where = place(source, int(line[1])) if line else source
        if isinstance(error, UnicodeError):
            reason, hint = "a byte is not of its encoding", arguments(encoding="cp1252")
        else:
            reason, hint = "a line is no part of a message", f"msgfmt --check {quote(source)}"
        raise CorpusError(f"{where}: not readable as PO ({reason}).", hint) from error


def _refuse_open_ends(source: str) -> None:
    """Raise CorpusError for a text without a closing quote, as in a truncated file, which polib would truncate more."""
    try:
        with open(source, "rb") as file:
            for number, line in enumerate(file, 1):
                text = line.removeprefix(b"#~").strip()
                if text.startswith((b'"', b"msg")) and not (text.endswith(b'"') and text.count(b'"') > 1):
                    message = f"{place(source, number)}: not readable as PO (a text has no quote at its end)."
                    raise CorpusError(message, f"msgfmt --check {quote(source)}, or copy the file again")
    except (OSError, ValueError) as error:
        raise cannot_open(source, error) from error


def _plural_rule(header: str) -> tuple[int, int]:
    """Find the indices of the plural forms for 1 and for many."""
    match = _PLURAL.search(header)
    try:
        rule = gettext.c2py(match[1]) if match else None
        return (rule(1), rule(_MANY)) if rule else (0, 1)
    except (ValueError, ZeroDivisionError, RecursionError):
        return 0, 1


def _pairs(entry: Any, form_of: tuple[int, int]) -> Iterator[tuple[str, str]]:
    if not entry.msgid_plural:
        yield entry.msgid, entry.msgstr
        return
    singular, plural = form_of
    if singular != plural:
        yield entry.msgid, entry.msgstr_plural.get(singular, "")
    yield entry.msgid_plural, entry.msgstr_plural.get(plural, "")
