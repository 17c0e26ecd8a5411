"""Correct the words around dates, times and amounts that were put back into a translation.

A translator reads all of them as figures, beside which other prepositions stand: on 5 May is am 5. Mai, on 5 is auf 5.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from seqtext.models.written_forms import MONTHS, NUMERIC_DATE

_MONTHS_OF = {language: {names[language] for names in MONTHS.values()} for language in ("de", "fr")}
#: By language, what a preposition becomes before a date with its day, and before a time.
_BEFORE: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "de": (
        {
            **dict.fromkeys(("auf dem ", "an dem ", "auf ", "an ", "in ", "im ", "um ", "zu ", "bei ", "on "), "am "),
            **{f"{one} ": f"{one} dem " for one in ("vor", "nach", "seit", "ab", "zwischen")},
            **{f"{one} ": f"{one} den " for one in ("für", "gegen")},
            "bis ": "bis zum ", "bis zu ": "bis zum ", "von ": "vom ",
        },
        dict.fromkeys(("auf ", "an ", "am ", "zu ", "bei ", "at "), "um "),
    ),
    "fr": (
        {
            **dict.fromkeys(("sur le ", "sur ", "en ", "dans ", "à ", "au ", "on "), "le "),
            **{f"{one} ": f"{one} le " for one in ("avant", "après", "depuis", "dès", "pour", "est", "était", "entre")},
            "avant de ": "avant le ", "avant d'": "avant le ", "jusqu'à ": "jusqu'au ", "jusqu'en ": "jusqu'au ",
            "de ": "du ", "d'": "du ", "par ": "d'ici le ",
        },
        dict.fromkeys(("sur ", "au ", "at "), "à "),
    ),
}  # fmt: skip
_NUMERIC_DATE = re.compile(NUMERIC_DATE)
_TIME = re.compile(r"\d{1,2}(?::\d\d)?(?:\u00a0(?:Uhr|h)\b.*| du .*| de l.*)?")
_IS_AMOUNT = re.compile(r"^[-−+]?\d(?!\d*(?:er?|re)$).*(?:[^\W\d_]|[°%$€£¥₹₩₽])")  # 3e is none
#: What a range of dates begins with: a day, a date, or a month.
_GERMAN_DAY = (
    rf"(?:(?:\d{{1,2}}\.? )?(?:{'|'.join(_MONTHS_OF['de'])})(?: \d{{4}})?|{NUMERIC_DATE}|\d{{1,2}}\.?"
    "|Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag|heute|gestern)"
)
_WEEKDAYS = "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_FRENCH_DAY = (
    rf"(?:(?:\d{{1,2}}(?:er)? )?(?:{'|'.join(_MONTHS_OF['fr'])})(?: \d{{4}})?|{NUMERIC_DATE}|\d{{1,2}}(?:er)?"
    rf"|{_WEEKDAYS}|hier|aujourd'hui)"
)
_GERMAN_TIME = r"\d{1,2}(?:[:.]\d\d)?(?:[ \u00a0]Uhr)?(?: (?:nachts|morgens|nachmittags|abends))?"


class _Range(NamedTuple):
    """Hold how a language writes ranges, whose second date or time a translator takes for one that stands alone.

    begun: what stands before a preposition where a range has begun; wrong: prepositions before its end; right: the one
    that should be there
    """

    begun: re.Pattern[str]
    wrong: tuple[str, ...]
    right: str


#: What stands in place of bis zum where a translator did not see that a range ends.
_NOT_UNTIL = ("auf", "auf dem", "auf den", "an", "an dem", "in", "im", "um", "zu", "zum", "zu dem", "bei", "to")
_DATE_RANGES: Mapping[str, _Range] = {
    "de": _Range(
        re.compile(rf"\b(?:von|vom|ab|seit)(?: dem)? {_GERMAN_DAY} $", re.IGNORECASE),
        tuple(f"{word} " for word in _NOT_UNTIL),
        "bis zum ",
    ),
    "fr": _Range(
        re.compile(rf"\b(?:(?:de|du|depuis|dès)(?: le)? |d['’]){_FRENCH_DAY} $", re.IGNORECASE),
        ("sur le ", "sur ", "en ", "dans ", "à ", "au ", "to "),
        "au ",
    ),
}
_TIME_RANGES: Mapping[str, _Range] = {
    "de": _Range(
        re.compile(rf"\b(?:von|ab|seit) {_GERMAN_TIME} $", re.IGNORECASE),
        ("bis zu ", "auf ", "an ", "in ", "um ", "zu ", "to "),
        "bis ",
    )
}
#: By language, what stands before a word for and between two dates, and that word as it should be.
_BETWEEN: Mapping[str, tuple[re.Pattern[str], str, str]] = {
    "de": (re.compile(rf"\bzwischen (?:dem )?{_GERMAN_DAY} $", re.IGNORECASE), "und ", "und dem "),
    "fr": (re.compile(rf"\b(?:entre(?: le)?|le) {_FRENCH_DAY} $", re.IGNORECASE), "et ", "et le "),
}
#: By language, the first day of a range that is a mere figure, before its end: von 1 bis zum 10. August.
_FIRST_DAYS: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "de": (
        (re.compile(r"\b(v)o[nm] (\d{1,2})\.? (?=bis zum $)", re.IGNORECASE), r"\1om \2. "),
        (re.compile(r"\b(zwischen )(?:dem )?(\d{1,2})\.? (?=und dem $)", re.IGNORECASE), r"\1dem \2. "),
    ),
    "fr": (
        (re.compile(r"\b(d)(?:e|u) (\d{1,2})(?:er)? (?=au $)", re.IGNORECASE), r"\1u \2 "),
        (re.compile(r"\b(entre )(?:le )?(\d{1,2})(?:er)? (?=et le $)", re.IGNORECASE), r"\1le \2 "),
        (re.compile(r"(?<=\b[dlDL][ue] )1 (?=(?:au|et le) $)"), "1er "),
        (re.compile(rf"\b(d)e ({_WEEKDAYS}) (?=au $)", re.IGNORECASE), r"\1u \2 "),
    ),
}


def _ending(words: Iterable[str]) -> re.Pattern[str]:
    """Make a pattern of a text that ends with one of several words."""
    ways = "|".join(sorted(map(re.escape, set(words)), key=len, reverse=True))
    return re.compile(rf"(?<![\w'’])({ways})$", re.IGNORECASE)


_BEFORE_DATE = {
    language: _ending((*dates, *_DATE_RANGES[language].wrong, _BETWEEN[language][1]))
    for language, (dates, _) in _BEFORE.items()
}
_BEFORE_TIME = {
    language: _ending((*times, *(_TIME_RANGES[language].wrong if language in _TIME_RANGES else ())))
    for language, (_, times) in _BEFORE.items()
}
#: Verbs with auf and the accusative: one waits auf den 5. Mai.
_WITH_AUF = re.compile(
    r"\b(?:(?:ge)?wart(?:e\w*)?|verschob\w*|verschieb\w*|(?:vor)?verleg\w*|vertag\w*|(?:zurück)?datier\w*|fällt|"
    r"fiel\w*|gefallen|(?:ge)?freu(?:e|en|t|te|ten|st)?|(?:ge)?hoff(?:e|en|t|te|ten|st)?)\b",
    re.IGNORECASE,
)
#: Verbs beside which vom … auf den or zum … is no range: something is moved, or ends.
_MOVED = re.compile(
    r"verschob|verschieb|verleg|vertag|\b(?:vor|um)?(?:zu)?z(?:ieh|og)|gezogen|(?<![blr])änder|kündig|wechsel|"
    r"verlänger|datier|umbuch|umgebucht",
    re.IGNORECASE,
)
_NIGHT = re.compile(r"\bNacht\b")
_MOVED_TO = ("auf ", "auf den ", "zum ", "zu ", "zu dem ")
#: By language, verbs that set a clock or move an appointment to a time: stell den Wecker auf 6:30.
_SET_TO = {
    "de": re.compile(rf"{_WITH_AUF.pattern}|{_MOVED.pattern}|stell|setz|leg(?:t|te|en)\b|anberaum", re.IGNORECASE),
    "fr": re.compile(r"\b(?:r[éè]gl|programm|cal[eé]|mets\b|met\b|mett|mis|recul|retard|avanc)", re.IGNORECASE),
}
#: French verbs with à: reportée au 5 mai, cela remonte au 5 mai.
_WITH_A = re.compile(
    r"\b(?:report|fix|remont|prolong|avanc|étend|étal|repouss|déplac|décal|recul|ajourn|renvo)", re.IGNORECASE
)
_CLAUSE_END = re.compile(r",|(?<!\d)[.;:!?](?!\S)")
_NEAR = 200  # characters before a date in which a word may belong to it
_BEING = re.compile(r"\b(?:ist|war) $")
_ENDS = re.compile(r"\s*(?:[.,;:!?]|$|(?:und|oder)\b)")
#: A French word after which a date needs an article: j'ai attendu le 5 mai.
_WITHOUT_ARTICLE = re.compile(
    rf"(?<![\w-])(?!(?:matin|soir|nuit|prochain|dernier|premier|seul|{_WEEKDAYS}|{'|'.join(_MONTHS_OF['fr'])}) )"
    r"(?:[cdjlmnst]['’])?[a-zà-öø-ÿœ]{3,} $"
)
#: What has a French determiner needs no article: un autre 11 septembre.
_DETERMINED = re.compile(
    r"(?:\b(?:l[ae]s?|une?|d[eu]s?|aux?|ce(?:t|tte|s)?|[mts](?:on|a|es)|[nv]o(?:s|tre)|leurs?|quel(?:le)?s?|chaque|"
    r"plusieurs|quelques?|aucune?|certaine?s?|tou(?:te?s?|s)|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|vingt|cent|"
    r"\d+) |\b[dl]['’])(?:(?:très|si|plus|trop|tout|bien|aussi) )?(?:[\w'’-]+ )?$",
    re.IGNORECASE,
)
#: By language, a word for hours that a translator adds to what it took for a time.
_HOURS_AFTER = {
    "de": re.compile(r"[ \u00a0]Uhr(?!\w)"),
    "fr": re.compile(r"[ \u00a0](?:heures?|h)(?!\w|[ \u00a0](?:locale|d['’]|de |GMT|UTC))"),
}
#: What shows that a figure in minutes is no time of day: in 10:30 Minuten.
_NO_TIME = re.compile(r"-|[ \u00a0](?:Minuten|Sekunden|Stunden|minutes|secondes)\b")
#: A word that stands before one thing, not before an amount of stuff, as keine 20 kg Mehl has it.
_A = re.compile(r"\b(?:ein(?:e[mnrs]?)?|(?:kein|mein|dein|sein|unser)(?:e[mrs])?|ihre[mrs]) $", re.IGNORECASE)
_BEFORE_CLOCK = re.compile(
    r"\b(?:(?:k?ein|mein|dein|sein|ihr|unser|dies|jed)er?e?|die|der) (?:\w+e[nr]? )?$", re.IGNORECASE
)
_NOUN_AFTER = re.compile(r"^[ \u00a0](?=[A-ZÄÖÜ])(?!Sie\b|Ihnen\b|Ihr)")
_STRAY_SPACE = re.compile(r"^- (?=[A-ZÄÖÜ])")
#: A French unit of some stuff, beside which that has no article: 2 kg de sucre.
_STUFF = re.compile(
    r"\d[ \u00a0]?(?:[kmµμ]?g|t|[cdhmµμ]?l|[kcdm]?m[²³]|pt|lb|[kKMGTP]i?o|[kMGT]?Wh|kcal|(?:fl )?oz|"
    r"onces?|gallons?|quarts?|pintes?|cuillères? à (?:café|soupe)|ha|hectares?|acres?)$"
)
_ARTICLE = re.compile(r"^ (?:du |des |de la |de l'(?=\w))")
_IS_JOINED = re.compile(r"\d\.?-[^\W\d_]")
_IS_COMPOUND = re.compile(r"-(?:[A-ZÄÖÜ]| (?:und|oder|bis) )")


def mend(text: str, written: str, language: str, is_stuff: bool = False) -> str:
    """Correct the words around a date, a time, or an amount that was put back.

    A translator reads all of them as figures. Beside these stand other prepositions, and hours where it takes them for
    times.

    written: as `write_date` or `write_time` gives it, an amount with its unit, or a figure, around which nothing is
    changed
    is_stuff: whether it is an amount of some stuff that has no article in the source: 2 kg of sugar

    >>> mend("Auf Mai 4, 1999 regnete es.", "4. Mai 1999", "de"), mend("Wir gehen auf 10:30.", "10:30", "de")
    ('Am 4. Mai 1999 regnete es.', 'Wir gehen um 10:30.')
    >>> mend("du 3 mars à 5 mai", "5 mai", "fr"), mend("Es fiel auf 3\xa0$ Uhr.", "3\xa0$", "de")
    ('du 3 mars au 5 mai', 'Es fiel auf 3\xa0$.')
    """
    if language not in _BEFORE or not written:
        return text
    around: Callable[[str, str, str, str], tuple[str, str, str]]
    if _is_date(written, language):
        text, around = _with_date_as_written(text, written), _around_date
    elif _TIME.fullmatch(written) and not written.isdigit():
        text = _with_time_as_written(text, written)
        around = _around_time if written[-1].isdigit() else _around_time_of_day
    elif _IS_AMOUNT.search(written):
        around = _around_stuff if is_stuff and language == "fr" and _STUFF.search(written) else _around_amount
    else:
        return text
    goes_on = r"[.,:/_]" if around == _around_amount else r"[.,:/_-]"  # only an amount is joined to a word
    before, *rest = re.split(rf"(?<!\w)(?<!\w[.,:/_-]){re.escape(written)}(?!\w|{goes_on}\w)", text)
    mended = []
    for after in rest:
        mended.append(before[:-_NEAR])  # so that the time is linear in the length of the text
        before = "".join(around(before[-_NEAR:], written, after, language))
    return "".join([*mended, before])


def _of(article: re.Match[str]) -> str:
    return " d'" if article[0].endswith("'") else " de "


def _is_date(written: str, language: str) -> bool:
    day, _, rest = written.partition(" ")
    return _NUMERIC_DATE.fullmatch(written) is not None or (
        day[:1].isdigit() and rest.partition(" ")[0] in _MONTHS_OF[language]
    )


def _with_date_as_written(text: str, written: str) -> str:
    """Put a date whose parts were put back one by one into its form: Mai 4, 1999."""
    day, _, rest = written.partition(" ")
    number, (month, *year) = day.rstrip(".er"), rest.split(" ")
    if not number.isdigit():
        return text
    typed = "".join(rf",? {digits}" for digits in year)
    return re.sub(rf"(?<!\d)(?:{number}(?:\.|er)? {month}|{month} {number}){typed}(?!\d)", written, text)


def _with_time_as_written(text: str, written: str) -> str:
    """Write an English time that a translator has copied: 3:45 p.m."""
    hour, minutes = re.findall(r"\d+", written) + [""] * (":" not in written)
    half = "a" if written.endswith(("nachts", "morgens", "matin")) else "p"
    if written[-1:].isdigit() or f"{half}m" not in text.lower().replace(".", "").replace(" ", ""):
        return text
    stop = r"(?:\.(?! *$))?"
    # am is German: 7 am Ende
    half = rf"a(?:\. ?m\b{stop}| ?m(?= *(?:[.,;:!?)]|$)))" if half == "a" else rf"p\.? ?m\b{stop}"
    typed = rf"(?<![\w.:,]){hour}{minutes and '[:.]'}{minutes}(?: Uhr)? ?{half}"
    return re.sub(typed, written, text, flags=re.IGNORECASE)


def _around_date(before: str, written: str, after: str, language: str) -> tuple[str, str, str]:
    """Correct what stands before and after a date."""
    after = _without_hours(after, language)
    is_numeric = _NUMERIC_DATE.fullmatch(written) is not None  # it may be a label: le fichier 2024-05-03
    if found := _BEFORE_DATE[language].search(before):
        first = before[: found.start()]
        if not (is_numeric and found[1].lower() in ("est ", "était ")):
            before = first + _cased(_before_date(first, found[1], after, language), found[1])
    elif is_numeric:
        pass
    elif language == "de" and _BEING.search(before):
        before += "der " if _ENDS.match(after) else "am "
    elif language == "fr" and _WITHOUT_ARTICLE.search(before) and not _DETERMINED.search(before):
        before += "le "
    for pattern, right in _FIRST_DAYS[language]:
        before = pattern.sub(right, before)
    return before, written, after


def _before_date(first: str, typed: str, after: str, language: str) -> str:
    """Find the preposition that belongs before a date.

    first: what stands before the one that was typed; after: what stands behind the date
    """
    word, clause = typed.lower(), _clause(first, after)
    pattern, both, second = _BETWEEN[language]
    if word == both:
        return second if pattern.search(first) else word
    if word in _DATE_RANGES[language].wrong and _DATE_RANGES[language].begun.search(first):
        if language == "de" and word in _MOVED_TO and _MOVED.search(clause):
            return "auf den " if word == "auf " else word
        return (
            word if language == "de" and word in _MOVED_TO and _NIGHT.search(clause) else _DATE_RANGES[language].right
        )
    if typed == "auf " and _WITH_AUF.search(clause):
        return "auf den "
    if language == "fr" and word in ("à ", "au ") and _WITH_A.search(clause):
        return "au "
    return _BEFORE[language][0].get(word, word)


def _clause(first: str, after: str) -> str:
    """Find the clause that holds a date or a time."""
    return f"{_CLAUSE_END.split(first)[-1]} {_CLAUSE_END.split(after, 1)[0]}"


def _around_time(before: str, written: str, after: str, language: str) -> tuple[str, str, str]:
    """Correct the preposition before a time, and the hyphen after it: der 10:30-Zug."""
    after = _STRAY_SPACE.sub("-", after, 1) if language == "de" else after
    found = _BEFORE_TIME[language].search(before)
    if not found or _NO_TIME.match(after):
        return before, written, after
    first, word = before[: found.start()], found[1].lower()
    right, ranges = _BEFORE[language][1].get(word, word), _TIME_RANGES.get(language)
    if word in ("auf ", "sur ") and _SET_TO[language].search(_clause(first, after)):
        right = word
    elif ranges and word in ranges.wrong and ranges.begun.search(first):
        right = ranges.right
    return first + _cased(right, found[1]), written, after


def _around_time_of_day(before: str, written: str, after: str, language: str) -> tuple[str, str, str]:
    """Correct what stands around a time that has its hours already: 3:45 Uhr nachmittags."""
    before, written, after = _around_time(before, written, after, language)
    return before, written, _without_hours(after, language)


def _without_hours(after: str, language: str) -> str:
    hours = _HOURS_AFTER[language].match(after)
    return after[hours.end() :] if hours else after


def _around_amount(before: str, written: str, after: str, language: str) -> tuple[str, str, str]:
    """Remove hours after an amount that was taken for a time, and join a German noun to its amount: ein 5-$-Buch."""
    hours = _HOURS_AFTER[language].match(after)
    if hours and language == "de" and _BEFORE_CLOCK.search(before):
        return before, _hyphenated(written), f"-{after[1:]}"  # a clock: eine 5-$-Uhr
    if hours:
        at = re.search(r"\b([Uu])m $", before) if language == "de" else None
        before = before[: at.start()] + _cased("bei ", at[1]) if at else before
        return before, written, after[hours.end() :]
    if language == "de":
        after = _STRAY_SPACE.sub("-", after, 1)
        if _IS_JOINED.search(written) or _A.search(before):
            after = _NOUN_AFTER.sub("-", after, 1)
        written = _hyphenated(written) if _IS_COMPOUND.match(after) else written
    return before, written, after


def _hyphenated(written: str) -> str:
    """Write an amount as a part of a German compound: 20-kg-Tasche."""
    return re.sub(r"(?<!\d)[ \u00a0]|[ \u00a0](?!\d)", "-", written)


def _around_stuff(before: str, written: str, after: str, language: str) -> tuple[str, str, str]:
    """Remove the French article of some stuff: 2 kg de sucre."""
    before, written, after = _around_amount(before, written, after, language)
    return before, written, _ARTICLE.sub(_of, after, 1)


def _cased(word: str, like: str) -> str:
    """Begin words as another began; À alone is no shouting."""
    return word[0].upper() + word[1:] if like[0].isupper() else word
