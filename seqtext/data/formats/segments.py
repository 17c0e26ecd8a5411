"""Read translation memories (TMX) and XLIFF 1.2 and 2 without formatting codes."""

import re
from collections.abc import Iterator
from typing import Any

from seqtext.data.formats.safe_xml import BlockFile, forget, local, read_xml
from seqtext.data.formats.units import SOURCE, TARGET, Unit
from seqtext.data.lines import Report, place, shown
from seqtext.data.unpacking import unpacked_blocks
from seqtext.data.wanted import Wanted
from seqtext.errors import CorpusError

_CODES = {"bpt", "ept", "it", "ph", "ut", "x", "bx", "ex", "sc", "ec", "sm", "em", "cp"}
_JOINING = {"bpt", "ept", "bx", "ex", "sc", "ec", "sm", "em"}  # may begin and end inside a word
_CODE = "\0"  # never occurs in XML
_SPACE, _LANG = ("{http://www.w3.org/XML/1998/namespace}" + name for name in ("space", "lang"))
_ALL = "*all*"
_TRANSLATED = "translate"  # the attribute that says whether a text is to be translated at all
#: States of a translation that nobody has accepted.
_UNFINISHED = re.compile("new|initial|needs-.*")


def read_memory(source: str, wanted: Wanted) -> Iterator[Unit]:
    """Read the units of a TMX file, a text for each language.

    The report counts further texts in the same language, which are skipped. Raises CorpusError for a file that is not
    TMX, or cannot be read.
    """
    header, number = "", 0
    for event, element in read_xml(source, BlockFile(unpacked_blocks(source)), "TMX", ("start", "end")):
        name = local(element)
        if event == "start":
            _check_root(source, element, "tmx", "TMX")
            header = element.get("srclang", "") if name == "header" else header
        elif name == "tu":
            number += 1
            language = element.get("srclang", header)
            texts = _texts_of_languages(element, wanted.report)
            forget(element)
            yield Unit(place(source, number, "unit"), texts, "" if language == _ALL else language)


def _texts_of_languages(unit: Any, report: Report) -> dict[str, str]:
    texts: dict[str, str] = {}
    for variant in unit:
        if local(variant) == "tuv":
            code = variant.get(_LANG) or variant.get("lang", "")
            segment = next((child for child in variant if local(child) == "seg"), None)
            if code in texts:
                report.skip("second text in one language")
            elif segment is not None:
                texts[code] = segment_text(segment)
    return texts


def read_xliff(source: str, _: Wanted) -> Iterator[Unit]:
    """Read the segments of an XLIFF file.

    Segments that are not to be translated, untranslated or not accepted have a reason to skip them. Raises CorpusError
    for a file that is not XLIFF, or cannot be read.
    """
    first, second, number = SOURCE, TARGET, 0
    for event, element in read_xml(source, BlockFile(unpacked_blocks(source)), "XLIFF", ("start", "end")):
        name = local(element)
        if event == "start":
            _check_root(source, element, "xliff", "XLIFF")
            if name in ("xliff", "file"):
                first = element.get("srcLang") or element.get("source-language") or first
                second = element.get("trgLang") or element.get("target-language") or second
        elif name in ("trans-unit", "unit"):
            for segment in [element] if name == "trans-unit" else element.iterchildren("{*}segment"):
                number += 1
                yield _unit_of(place(source, number, "unit"), segment, (first, second))
            forget(element)


def _unit_of(where: str, segment: Any, languages: tuple[str, str]) -> Unit:
    parts = {local(child): child for child in segment if local(child) in (SOURCE, TARGET)}
    texts = {
        code: segment_text(parts[name]) for code, name in zip(languages, (SOURCE, TARGET), strict=True) if name in parts
    }
    state = segment.get("state") or (parts[TARGET].get("state", "") if TARGET in parts else "")
    reason = ""
    if _inherited(segment, _TRANSLATED) == "no":
        reason = "not to be translated"
    elif not texts.get(languages[1], "").strip():
        reason = "untranslated"
    elif _UNFINISHED.fullmatch(state):
        reason = "fuzzy translation"
    return Unit(where, texts, languages[0], reason)


def _inherited(element: Any, name: str) -> str:
    """An attribute of an element, or of the nearest around it that has it."""
    found = (one.get(name) for one in (element, *element.iterancestors()))
    return next((value for value in found if value is not None), "")


def _check_root(source: str, element: Any, root: str, kind: str) -> None:
    """Raise CorpusError for a file whose outermost element is another."""
    if element.getparent() is None and local(element) != root:
        message = (
            f"{shown(source)} is not {kind}, although its name says so: its first element is <{local(element)[:40]}>."
        )
        raise CorpusError(message, "give it the suffix that it should have")


def segment_text(segment: Any) -> str:
    """Return the text of a segment without codes of formatting.

    A line break in the XML is a space, unless space is preserved.
    """
    text = "".join(_text_parts(segment))
    text = re.sub(rf"(?<=\w){_CODE}+(?=\w)", " ", text).replace(_CODE, "")
    return (text if _inherited(segment, _SPACE) == "preserve" else re.sub(r"[ \t]*[\r\n]\s*", " ", text)).strip()


def _text_parts(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        name = local(child)
        if name in _CODES:
            yield "" if name in _JOINING else _CODE
        elif name:
            yield from _text_parts(child)
        yield child.tail or ""
