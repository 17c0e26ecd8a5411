"""Write the French elision, which translators forget: de Ontario, d'Ontario.

They forget it most before names. The rule is that of Grevisse, Le bon usage, §§ 44 to 50. Words with h are
left, since only a dictionary tells whether it is aspirated.
"""

import re

_VOWEL = "[aàâæeéèêëiîïoôœuùûüAÀÂÆEÉÈÊËIÎÏOÔŒUÙÛÜ]"
_ELIDED = re.compile(
    r"(?<![^\s([«\"“„—–])"  # not dis-le avec moi, nor example.de avant
    r"(?i:de |ne |que |je |me |te |se |jusque |lorsque |puisque |quoique "
    r"|l[ea] (?!une?s?\b|unième|et\b|ou\b)"  # à la une, le ou les
    r"|ce (?=est\b|étai)"  # ce à quoi
    r"|si (?=ils?\b))"
    # Neither letters (de A à Z) nor abbreviations, in which letters may be read one by one; nor le onze, le oui.
    rf"(?P<next>y\b|(?!(?i:onz|oui|oua|uhlan|ulul)){_VOWEL}[^\W\d_]*[^\W\d_A-Z][^\W_]*)(?!\w|[.@/:+]\w)"
)


def elide(text: str, source: str) -> str:
    """Elide French words before vowels, except where the source has them.

    text: the French answer, with names and figures put back; source: the text that it translates, as typed

    >>> elide("Je en viens, que Anna le sache: la augmentation de Ontario.", "")
    "J'en viens, qu'Anna le sache: l'augmentation d'Ontario."
    >>> elide("De A à Z, le onze, à la une de La Isla Bonita, dis-le à Anna.", "La Isla Bonita")
    'De A à Z, le onze, à la une de La Isla Bonita, dis-le à Anna.'
    """

    def written(match: re.Match[str]) -> str:
        if match[0] in source:
            return match[0]
        return f"{match[0][: -len(match['next'])].rstrip()[:-1]}'{match['next']}"

    return _ELIDED.sub(written, text)
