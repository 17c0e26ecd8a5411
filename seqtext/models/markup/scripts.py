"""Read subscripts and superscripts of HTML. They stand in formulas such as H<sub>2</sub>O, or mark footnotes."""

import re

_SCRIPT = re.compile(r"<(su[bp])\b[^<>]*>((?:<[^<>]*>|[^<>\s]){1,60}?)</\1>", re.IGNORECASE)
_FORMULA = re.compile(r"(?:<(su[bp])\b[^<>]*>[^<>\s]{1,12}</\1>[^\W_]*)+", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"[^\W_]+$")  # _ may be a mark
_LONGEST_FORMULA = 20  # characters before its first subscript
_FORMULA_WORD = 4  # letters; of a word as long, a superscript is a footnote


def script_at(text: str, position: int, least: int) -> tuple[str, int, int] | None:
    """Read a subscript or superscript that begins at a position.

    least: where the mark before it ends, from which on letters may belong to a formula
    returns its kind, carried (a formula with its letters) or point (a footnote), start and end; None for another tag
    """
    match = _SCRIPT.match(text, position)
    if match is None:
        return None
    before = _WORD_BEFORE.search(text, max(least, position - _LONGEST_FORMULA), position)
    word = before[0] if before else ""
    whole = _FORMULA.match(text, position) if word else None
    if whole and (whole.end() > match.end() or len(word) < _FORMULA_WORD or word[-1].isdigit()):
        return "carried", position - len(word), whole.end()
    shown = re.sub("<[^<>]*>", "", match[2])
    return None if any(map(str.isalpha, shown)) else ("point", position, match.end())
