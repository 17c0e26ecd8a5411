"""Write names of persons as typed where a translator writes another form.

A translator writes Maria for Mary, and what it says of her stays. A search with a stand-in knows nothing of the person,
and may lose what the sentence says.
"""

import re
import unicodedata

_CAPITALISED = re.compile(r"(?<!\w)[^\W\d_a-z]\w+")
_LIKE = 3, 0.6  # letters of a name, and the share of letters in common (2 M / T) of forms of it, at least
#: What stands before a word that was taken for none of a person: das Christ, la Tine.
_ARTICLE = re.compile(
    r"(?:\A|\s)(?:d(?:er|ie|as|e[mns])|(?:[mdsk]?ein|ihr|unser|euer)(?:e[mnrs]?)?|l(?:a|es?)|une?|du|aux?|ces?|"
    r"cette|[mst](?:on|a|es)|[nv]o(?:tre|s)|leurs?)\s\Z|\bl['’]\Z",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r",\s(?:\w+\s)?\w+\s\Z")  # das Buch, von dem Maria sprach
_NEAR = 24  # characters before a word that are looked at
_NAMED = re.compile(r" ([^\W\d_a-z]\w+)")
_INITIALS = str.maketrans("kyg", "cjj")  # of forms of a name: Klara, Jurij, Julia of Giulia


def as_typed(name: str, source: str, answer: str, language: str) -> str:
    """Write a person's name in an answer as it was typed.

    A translator makes Maria of Mary, and Hannas of Hannah's. A word of a name that the answer lacks takes the place of
    capitalised words like it, if there is one form of it as often as the name, and the source has no such word.
    language: the code of the answer's; returns the answer as it is where no form is certain
    """
    ending = "" if language == "fr" else "s"  # of a genitive
    known = {form for word in re.findall(r"\w+", source) for form in (word, word + ending)}
    for word in name.split():
        if len(word) < _LIKE[0] or re.search(rf"(?<!\w){re.escape(word)}(?:{ending})?(?!\w)", answer):
            continue
        typed = rf"(?<!\w){re.escape(word)}(?!\w)"
        genitive = bool(ending) and re.search(rf"{typed}['’]s", source) is not None
        matches = [match for match in _CAPITALISED.finditer(answer) if match[0] not in known]
        alike = [(match, form) for match in matches if (form := _form(word, match[0], genitive))]
        certain = len({form for _, form in alike}) == 1 and len(alike) == len(re.findall(typed, source))
        if certain and not any(_is_no_person(match, form, known) for match, form in alike):
            for match, form in reversed(alike):
                answer = answer[: match.start()] + word + match[0][len(form) :] + answer[match.end() :]
    return answer


def _form(name: str, word: str, genitive: bool) -> str:
    """Return a word if it is like a name, "" otherwise; genitive: whether an s may be its ending, which is left out."""
    from difflib import SequenceMatcher  # few answers lack a name: 4 ms of a cold one

    bare = word[:-1]
    if genitive and word.endswith("s") and not name.endswith("s") and (name.endswith("e") or not bare.endswith("e")):
        word = bare  # Marias, Annes; but Johannes of John
    typed, read = _folded(name), _folded(word)
    alike = typed[0].translate(_INITIALS) == read[0].translate(_INITIALS)
    return word if alike and SequenceMatcher(None, typed, read).ratio() >= _LIKE[1] else ""


def _folded(word: str) -> str:
    """Write a word in small letters without accents."""
    return "".join(letter for letter in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(letter))


def _is_no_person(match: re.Match[str], form: str, known: set[str]) -> bool:
    """Tell whether a word of an answer is a noun with an article, or begins the answer with another name behind it."""
    named = _NAMED.match(match.string, match.end())
    begins = match.start() == 0 and match[0] == form and named is not None and named[1] not in known
    near = max(0, match.start() - _NEAR), match.start()
    article = _ARTICLE.search(match.string, *near) is not None and not _RELATIVE.search(match.string, *near)
    return begins or article
