"""Rate by rules how informative a sentence is by itself.

Speech tags, headings and captions say nothing. The words are English, with verbs of speech in German and French; what
is told by signs holds for all languages.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import APOSTROPHES
from seqtext.data.sentences import count_words
from seqtext.models.function_words import FUNCTION_WORDS

_SHORT = 8  # words of a line without a stop that is a heading
_LONGEST_TAG = 12  # words beside a quotation that only tell who spoke, and how
_CALL = 14  # words of a sentence that asks readers to do something
_FEWEST, _ENOUGH = 2, 4  # words that say something: fewer than the first say nothing, as many as the second much
_WEIGHTS = {"question": 0.5, "refers": 0.8, "open": 0.6, "begun": 0.5}
_LEAD = 0.6  # of the first sentence, beside 1; of the second half as much

_QUOTE = '"“”„«»'
_STOPPED = re.compile(rf"[.!?…:;。！？।؟։።][{_QUOTE}'’)\]}}»”]*$|[ก-๿຀-໿ក-៿က-႟]$")
_WORD = re.compile(rf"[^\W_]+(?:[{APOSTROPHES}][^\W_]+)*")
_QUOTED = re.compile(r"[\"“„«»][^\"“”„«»]*[\"“”»«]")
_SPEECH = (
    "say says said saying tell tells told ask asks asked reply replied answer answered cry cried shout shouted "
    "whisper whispered murmur murmured mutter muttered exclaim exclaimed explain explained add added continue "
    "continued agree agreed admit admitted insist insisted remark remarked observe observed repeat repeated return "
    "returned sigh sighed laugh laughed nod nodded smile smiled call called wonder wondered think thought went "
    "sagte sagt sagten fragte antwortete rief meinte erwiderte flüsterte dit dirent disait demanda répondit répondait "
    "cria murmura s'écria reprit ajouta"
)
_EMPTY = (
    "don't didn't isn't wasn't it's i'm that's he'd she'd i'd you're he's she's can't won't all no mr mrs miss "
    "es er sie ich du wir ihr war ist sind nicht ja nein und oder aber der die das ein eine il elle je tu nous vous "
    "était est sont pas oui non et ou mais le la les un une des ce c'est c'était"
)
_NOTHING = FUNCTION_WORDS.union(_SPEECH.split(), _EMPTY.split())
_TAG = re.compile(rf"\b(?:{'|'.join(_SPEECH.split())})\b", re.IGNORECASE)
_CAPTION = re.compile(
    r"(?:fig(?:ure|\.)?|table|tab\.|photo(?:graph)?s?|images?|pictures?|video|caption|source|credits?|chart|listing|"
    r"abbildung|abb\.|tabelle|foto|bild|quelle|tableau|illustration)\b[^.:!?]{0,25}[:.](?:\s|$)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\W*(?:read (?:more|also|the full|our|on)|click|tap here|see also|see (?:more|below|above)|sign (?:up|in)|log in|"
    r"subscribe|share (?:this|on)|follow us|learn more|find out more|continue reading|skip to|back to top|scroll|"
    r"download (?:the|this|our) (?:app|pdf)|advertisement|related(?: articles| stories)?:|all rights reserved|"
    r"copyright|©|table of contents|contents$|weiterlesen|mehr dazu|lire (?:aussi|la suite)|this "
    r"(?:article|post|page|story) was)",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"\W*(?:he|she|it|they|this|that|these|those|his|her|its|their|but|and|or|so|however|then|also|yet|too|such|er|sie|"
    r"es|aber|und|il|elle|ils|elles|mais|et|cela|ceci)\b",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")


def worths(sentences: Sequence[str]) -> NDArray[np.float64]:
    """Rate how informative each sentence of a text is by itself.

    returns (sentences,): from 0 for nothing to 1, and up to 1.6 for the first ones
    """
    ended = sum(map(_is_stopped, sentences)) * 2 > len(sentences)
    cased = sum(map(_begins_small, sentences)) * 2 < len(sentences)
    worth = np.array([_worth(sentence, ended=ended, cased=cased) for sentence in sentences])
    first = np.arange(len(sentences)) == 0
    refers = np.array([_REFERS.match(sentence) is not None for sentence in sentences])
    worth[refers & ~first] *= _WEIGHTS["refers"]
    result: NDArray[np.float64] = worth * (1.0 + _LEAD / (1.0 + np.arange(len(sentences))))
    return result


def _worth(sentence: str, *, ended: bool, cased: bool) -> float:
    """Rate a sentence; ended, cased: whether the sentences of the text end with stops, and begin with capitals."""
    words = count_words(sentence)
    telling = _telling(sentence)
    if telling < _FEWEST or _CAPTION.match(sentence) or (words <= _CALL and _ASKS.match(sentence)):
        return 0.0
    if ended and not _is_stopped(sentence) and words <= _SHORT:
        return 0.0
    worth = min(1.0, (1 + telling) / (1 + _ENOUGH))
    if sentence.rstrip(_QUOTE + "'’) ").endswith(("?", "？", "؟")):
        worth *= _WEIGHTS["question"]
    if sum(sentence.count(sign) for sign in _QUOTE) % 2 or (ended and not _is_stopped(sentence)):
        worth *= _WEIGHTS["open"]
    if cased and _begins_small(sentence):
        worth *= _WEIGHTS["begun"]
    return worth


def _telling(sentence: str) -> int:
    """Count the words that say something: neither function words nor those that only tell who spoke."""
    outside = _QUOTED.sub(" ", sentence)
    if outside != sentence and _TAG.search(outside) and count_words(outside) <= _LONGEST_TAG:
        sentence = " ".join(_QUOTED.findall(sentence))
    if not sentence.isascii() and count_words(sentence) > len(sentence.split()) + 1:  # a script without spaces
        return count_words(sentence) // 2
    words = (word.lower().replace("’", "'") for word in _WORD.findall(sentence) if _LETTER.search(word))
    return sum(word not in _NOTHING for word in words)


def _is_stopped(sentence: str) -> bool:
    return _STOPPED.search(sentence.rstrip()) is not None


def _begins_small(sentence: str) -> bool:
    first = _LETTER.search(sentence)
    return first is not None and first[0].islower()
