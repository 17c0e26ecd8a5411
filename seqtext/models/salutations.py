"""Find English salutations of letters, and write them in other languages.

Translators leave them in English, or make Herr Anna of Dear Anna. A placeholder may stand in place of the name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from seqtext.characters import APOSTROPHES
from seqtext.models.given_names import ALSO_WORDS, GIVEN, PARTICLES
from seqtext.models.things import Found, Thing, one_thing

_NAME = rf"[^\W\d_a-z][\w{APOSTROPHES}-]{{1,30}}"
_FAMILY = (  # a surname without given names
    rf"(?:(?:{'|'.join(PARTICLES)}) ){{0,3}}(?:(?:al|el|d)[{APOSTROPHES}-])?(?!(?:M[rx]s?|Ms|Miss|Dr|Prof)\b){_NAME}"
)
_SURNAME = rf"(?:[^\W\d_a-z]\. ?){{0,4}}{_FAMILY}(?: {_NAME}){{0,2}}"
_TITLE = r"(?P<title>Mr|Mrs|Ms|Miss|Dr|Doctor|Prof|Professor)\b\.?(?: (?P<degree>Dr|Doctor|Prof|Professor)\b\.?)?"
_SALUTATION = re.compile(
    rf"\A(?P<word>Dear|Hello|Hi|Hey) (?:{_TITLE} (?P<surname>{_SURNAME})|(?P<given>{_NAME})(?: {_NAME})?)"
    r"(?=[,:!.]|\s*\Z)"
)
#: What a program writes a name in place of: {name}, {{ user.name }}, %s, %(name)s, <name>, [Name], @anna.
_PLACEHOLDER = (
    r"(?:[$#%]?\{{1,3}[^{}\n]{1,60}\}{1,3}|%(?:\d\$)?[s@]|%\(\w{1,40}\)s|</?[^<>\n]{1,60}>|\[[^\[\]\n]{1,40}\]"
    r"|[@$][A-Za-z]\w{0,40}|%[A-Z_]{2,40}%|[\ue000-\uf8ff])"
)
_BEFORE_PLACEHOLDER = re.compile(
    rf"\A(?P<word>Dear|Hello|Hi|Hey)(?: {_TITLE})?(?=(?P<names>(?: ?{_PLACEHOLDER}){{1,4}})"
    r"(?:\s?[,:;!.–—]|\s-|\s*\Z|\s(?:and|&)\s))"
)
#: Of the names of a couple, the last is that of both: Mr. and Mrs. John Smith.
_COUPLE = re.compile(
    r"\ADear (?:Mr\.? (?:and|&) Mrs|Mrs\.? (?:and|&) Mr)\b\.? "
    rf"(?:(?:[^\W\d_a-z]\.|{_NAME}) ?){{0,4}}?(?<= )(?P<surname>{_FAMILY})(?=[,:!.]|\s*\Z)"
)
_ANYBODY = re.compile(r"\ADear Sirs?(?:(?:/| or | and )Madam)?(?=[,:!.]|\s*\Z)")
#: By language: to people named by what they are, in small letters.
_ADDRESSEES: Mapping[str, Mapping[str, str]] = {
    "de": {
        "customer": "Sehr geehrte Kundin, sehr geehrter Kunde", "customers": "Sehr geehrte Kundinnen und Kunden",
        "colleague": "Liebe Kollegin, lieber Kollege", "colleagues": "Liebe Kolleginnen und Kollegen",
        "reader": "Liebe Leserin, lieber Leser", "readers": "Liebe Leserinnen und Leser", "friends": "Liebe Freunde",
        "all": "Hallo zusammen", "team": "Liebes Team",
    },
    "fr": {
        "customer": "Chère cliente, cher client", "customers": "Chers clients",
        "colleague": "Chère collègue, cher collègue", "colleagues": "Chers collègues",
        "reader": "Chère lectrice, cher lecteur", "readers": "Chers lecteurs", "friends": "Chers amis",
        "all": "Bonjour à tous", "team": "Chère équipe",
    },
}  # fmt: skip
_ADDRESSEE = re.compile(rf"\ADear (?P<addressee>{'|'.join(_ADDRESSEES['de'])})(?=[,:!.]|\s*\Z)", re.IGNORECASE)
#: By language: to anybody; to a given name; to a man and a woman in a letter; to both in speech.
_WRITTEN: Mapping[str, tuple[str, str, str, str, str, str]] = {
    "de": (
        "Sehr geehrte Damen und Herren", "Hallo", "Sehr geehrter Herr", "Sehr geehrte Frau", "Guten Tag Herr",
        "Guten Tag Frau",
    ),
    "fr": ("Madame, Monsieur", "Bonjour", "Cher Monsieur", "Chère Madame", "Bonjour Monsieur", "Bonjour Madame"),
}  # fmt: skip
#: By language: to a couple.
_TO_COUPLES: Mapping[str, str] = {
    "de": "Sehr geehrte Frau {0}, sehr geehrter Herr {0}", "fr": "Chère Madame, cher Monsieur {0}",
}  # fmt: skip
#: By language: to a doctor and a professor, whose gender nobody knows.
_TO_DEGREES: Mapping[str, tuple[str, str]] = {
    "de": ("Guten Tag Dr.", "Guten Tag Prof."), "fr": ("Bonjour Docteur", "Bonjour Professeur"),
}  # fmt: skip
#: By language: a second title, that of a doctor and of a professor; French writes one.
_DEGREES: Mapping[str, tuple[str, str]] = {"de": (" Dr.", " Prof."), "fr": ("", "")}


def salutations(text: str, language: str) -> Iterator[Found]:
    """Find a text's opening salutation, and write it in another language.

    A given name tells nobody's gender, and neither does a placeholder: Dear Anna is Hallo Anna. Of a salutation with a
    placeholder, what is before that is found, see `joined_to_placeholder`. language: the code of the target language;
    nothing is found for an unknown one
    """
    if language not in _WRITTEN:
        return
    if match := _ANYBODY.match(text):
        yield one_thing(match, text, "name", _WRITTEN[language][0])
    if match := _ADDRESSEE.match(text):
        yield one_thing(match, text, "name", _ADDRESSEES[language][match["addressee"].lower()])
    elif match := _COUPLE.match(text):
        yield one_thing(match, text, "name", _TO_COUPLES[language].format(match["surname"]))
    elif match := _BEFORE_PLACEHOLDER.match(text):
        yield one_thing(match, text, "name", _opening(match, language))
    elif (match := _SALUTATION.match(text)) and (match["title"] or match["given"] in GIVEN | ALSO_WORDS):
        name = text[match.start("surname" if match["title"] else "given") : match.end()]
        yield one_thing(match, text, "name", f"{_opening(match, language)} {name}")


def joined_to_placeholder(text: str, stretches: Sequence[Found], language: str) -> list[Found]:
    """Make one thing of a salutation and the placeholder behind it, for German.

    Its translator makes a subject of two things before a comma: Hallo %s ist Ihre Bestellung fertig. The French one
    does not, and translates what follows two things better.
    stretches: of a text, in order; language: the code of the target language
    """
    match = _BEFORE_PLACEHOLDER.match(text)
    if language != "de" or match is None or not stretches or (stretches[0].start, stretches[0].end) != match.span():
        return list(stretches)
    end, greeting = match.end("names"), stretches[0].parts[0]
    inside = [stretch for stretch in stretches if stretch.start < end]
    things = [part for stretch in inside for part in stretch.parts if isinstance(part, Thing)]
    strange = any(thing.kind == "character" for thing in things)  # has a stand-in of its own
    if not isinstance(greeting, Thing) or greeting.kind != "name" or strange or inside[-1].end > end:
        return list(stretches)
    return [one_thing((0, end), text, "name", greeting.back + match["names"]), *stretches[len(inside) :]]


def _opening(salutation: re.Match[str], language: str) -> str:
    """Write what is before the name."""
    word, title, degree = salutation.group("word", "title", "degree")
    _, anyone, man, woman, spoken_man, spoken_woman = _WRITTEN[language]
    if title is None:
        return anyone
    if title.startswith(("D", "P")):
        opening = _TO_DEGREES[language][title.startswith("P")]
    elif title == "Mr":
        opening = man if word == "Dear" else spoken_man
    else:
        opening = woman if word == "Dear" else spoken_woman
    return opening + (_DEGREES[language][degree.startswith("P")] if degree else "")
