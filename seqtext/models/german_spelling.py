"""Write German in the spelling of 1996.

A translator that has read older books does not always do so.

Three changes are made: ss in place of ß after a short vowel (Amtliches Regelwerk, § 2 and § 25), capitals of the times
of day (§ 55), and what the conference of 1901 decided: th, -niß, giebt, seyn. Only stems in which nothing else can be
meant are known; other old words stay as they are.
"""

import re
from collections.abc import Mapping
from typing import Any

from seqtext.errors import ModelError

# Spaß, Schoß, Floß, Gefäß and groß have a long vowel.
_SHORT = re.compile(
    r"\b(?:so)?daß\b|\b(?:ge)?muß(?:t|te|ten|test|tet)?\b|\bmüß(?:t|te|ten|test|tet)\b|w[uü]ßt|\bwißt\b|wißbe|gewiß"
    r"|läß[tl]|(?:g?r|h)äßl|(?<!g)laß(?:t|\b)|bläßl|(?<!ge)fäß(?:chen|lein)|[gn]äß(?:chen|lein|t)|(?:h|f|n)aß(?![aeiouäöü])"
    r"|(?<!s)paß(?![aeiouäöü])|päßl|küß(?:t|chen)|[kn]uß|nüßchen|schl?uß|fluß|guß|druß|schloß(?!e)|schlößchen"
    r"|(?-i:\b(?:zer|ver|ab|ein|über|zusammen)?floß\b)|(?-i:\b(?:er|ver|ab|be|zer|hervor)?schoß\b)|geschoß|goß\b|genoß"
    r"|[dp]roß|[bmr]iß(?![aeiouäöü])|\b(?:auf|mit)?ißt?\b|(?:fr|verg)ißt?\b|narziß|\beß(?:bar|zimmer|waren|löffel|tisch)"
    r"|[mp]r?eß(?![aeiouäöü])|\b(?:wal)?roß\b|rößlein|amboß|kongreß|prozeß|exzeß|streß|mistreß|\brußland|elsaß|seßhaft"
    r"|wäßrig",
    re.IGNORECASE,
)
# Goethe's Werther, Thüringen, Mathematik, posthum, Rathenau, Nothilfe and Heimathafen keep their h.
_WITH_H = re.compile(
    r"\bgethan\b|\bthu(?:n|t|st|e)\b|\bthats(?=ach|äch)|thäti|\bthäter|\bthaten\b|thür(?:e|en|chen)?\b|thränen?\b"
    r"|\bthier(?:e[ns]?|s|isch\w*)?\b|\b(?:ver|zer|er|mit|vor|nach|ur|an|be|ab|ein|aus|ge|zu|gegen|haupt)*theil"
    r"|nöth(?=ig|en)|nothw|\bnoth\b|\b(?:un|ver|ar|hoch|de)?muth(?:ig\w*|en|e|et|ete\w*)?\b"
    r"|\b(?:un)?werth(?:e|es|en|los\w*|voll\w*)?\b|\b(?:ver|er|ge|be)?rathen\b|räth(?=er|st|sel|\b)"
    r"|(?-i:\broth(?:e[mnrs]?)?\b)|heimath(?:en|lich\w*|los\w*)?\b|heirath|\bathem|\bathme|wuth\b|wüthe|blüthen?\b"
    r"|(?<=[nrhg])thum(?:s|es|e)?\b|wachsthum|(?<=[nrhg])thüm(?=er|lich)|thorheit|thöricht|thurm\b|thürme?n?\b|theuer"
    r"|\bmiethe(?:n|r|t|te)?\b|[fg]luth(?:en)?\b",
    re.IGNORECASE,
)
_FORMS = (
    (re.compile(r"(?<=[a-zäöü])niß(?=\b|[vlfr])"), "nis"),
    (re.compile(r"(?<=[dwDW])eßhalb\b"), "eshalb"),
    (re.compile(r"(?<=nde|rde)ß\b"), "s"),
    (re.compile(r"(?<=\b[dD]ie)ß\b"), "s"),
    (re.compile(r"(?<=\b[sS])ey(?=n?\b|d\b)"), "ei"),
    (re.compile(r"(?<=[gG])ieb(?=s?t\b|\b)"), "ib"),
    (re.compile(r"(?<=[sS]ch)ooß"), "oß"),
)  # fmt: skip
_TIMES = "morgen|vormittag|mittag|nachmittag|abend|nacht"
_TODAY = re.compile(rf"\b((?:vor)?gestern|heute|(?:über)?morgen) ({_TIMES})\b", re.IGNORECASE)
_DAY = re.compile(rf"\b((?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch|Sonnabend) ({_TIMES})\b")


def has_spelling_of_today(settings: Mapping[str, Any]) -> bool:
    """Read from config.json whether answers use the spelling of 1996.

    Raises ModelError for another spelling.
    """
    spelling = settings.get("spelling")
    if spelling not in (None, "de-1996"):
        raise ModelError(
            f'config.json has spelling = {spelling!r:.80}; "de-1996" is expected, or none.',
            "edit it, or fetch or train the model again",
        )
    return spelling is not None


def modern_german(text: str) -> str:
    """Replace former German spellings by those of today.

    >>> modern_german("Daß er muß, wußte er gestern abend: Thatsachen, Verständniß, Spaß und Gefäße.")
    'Dass er muss, wusste er gestern Abend: Tatsachen, Verständnis, Spaß und Gefäße.'
    >>> modern_german("Am Montag morgen las er Werther in Thüringen, ein Floß auf dem Schoß.")
    'Am Montagmorgen las er Werther in Thüringen, ein Floß auf dem Schoß.'
    """
    for form, today in _FORMS:
        text = form.sub(today, text)
    text = _SHORT.sub(lambda found: found[0].replace("ß", "ss"), text)
    text = _WITH_H.sub(lambda found: re.sub("(?i)(?<=t)h", "", found[0]), text)
    text = _TODAY.sub(lambda found: f"{found[1]} {found[2].capitalize()}", text)
    return _DAY.sub(r"\1\2", text)
