"""Find English salutations of letters, and write them in other languages.

Translators leave them in English, or make Herr Anna of Dear Anna.
"""

import re
from collections.abc import Iterator, Mapping

from seqtext.characters import APOSTROPHES
from seqtext.models.given_names import ALSO_WORDS, GIVEN
from seqtext.models.things import Found, one_thing

_NAME = rf"[A-Z][\w{APOSTROPHES}-]{{1,30}}"
_SALUTATION = re.compile(
    r"\A(?P<word>Dear|Hello|Hi|Hey) (?:(?P<title>Mr|Mrs|Ms|Miss)\b\.? (?P<surname>" + _NAME + ")"
    rf"|(?P<given>{_NAME})(?: {_NAME})?)(?=[,:!.]|\s*\Z)"
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


def salutations(text: str, language: str) -> Iterator[Found]:
    """Find a text's opening salutation, and write it in another language.

    A given name tells nobody's gender: Dear Anna is Hallo Anna. language: the code of the target language; nothing is
    found for an unknown one
    """
    if language not in _WRITTEN:
        return
    anybody, given, man, woman, spoken_man, spoken_woman = _WRITTEN[language]
    if match := _ANYBODY.match(text):
        yield one_thing(match, text, "name", anybody)
    if match := _ADDRESSEE.match(text):
        yield one_thing(match, text, "name", _ADDRESSEES[language][match["addressee"].lower()])
        return
    match = _SALUTATION.match(text)
    if match is None:
        return
    letter, is_man = match["word"] == "Dear", match["title"] == "Mr"
    if match["title"]:
        titled = (man if is_man else woman) if letter else (spoken_man if is_man else spoken_woman)
        yield one_thing(match, text, "name", f"{titled} {match['surname']}")
    elif match["given"] in GIVEN | ALSO_WORDS:
        yield one_thing(match, text, "name", f"{given} {text[match.start('given') : match.end()]}")
