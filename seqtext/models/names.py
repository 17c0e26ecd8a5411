"""Find names that a translator carries over.

Its vocabulary hardly knows these words. Germany is Deutschland and London is Londres: a name that the vocabulary knows,
or that other languages are known to spell otherwise, is translated. A rare name falls into pieces of a letter or two,
and would be spelt by guess. A person keeps a known name, too: it is read as text and carried only where the translation
lacks it, since Anna tells more about a sentence's grammar than a stand-in does. Behind Mr. any word is a person's name,
and particles and initials before a surname belong to it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from seqtext.characters import APOSTROPHES
from seqtext.models.function_words import FUNCTION_WORDS
from seqtext.models.given_names import (
    ADDRESSING_TITLES,
    ALSO_ENGLISH,
    ALSO_WORDS,
    COUNTED,
    GIVEN,
    LEARNED_TITLES,
    MONTHS,
    PARTICLES,
    SURNAMES,
)
from seqtext.models.pair_text import side_ids
from seqtext.models.things import Found, Thing
from seqtext.tokenizer import Tokenizer

_WORD = re.compile(rf"(?<![\w@/.\\-])[^\W\d_]{{1,40}}(?:[{APOSTROPHES}-][^\W\d_]{{1,40}}){{0,4}}(?![\w@/\\]|\.\w)")
_POSSESSIVE = re.compile(rf"(?<=\w)[{APOSTROPHES}][sS]?$")
#: Titles of persons that stand before other words as well, and before names of which there are other forms.
_RANKS = (
    "Professor", "Doctor", "Captain", "Capt", "President", "Senator", "Sen", "Inspector", "Detective", "Sergeant",
    "Sgt", "Colonel", "Col", "Lieutenant", "Lt", "Judge", "Chancellor", "Rev", "Sir", "Lady",
)  # fmt: skip
_PARTICLE = rf"(?:{'|'.join(PARTICLES)}) "
_INITIAL = r"[^\W\d_a-z]\.[ -]?"
#: What before a capitalised word may make a name of it, and belongs to it, but for the title: Mr. van, J. R. R., W.
_LEAD = re.compile(
    rf"(?<![\w.])(?:(?P<title>{'|'.join((*ADDRESSING_TITLES, *LEARNED_TITLES, *_RANKS))})\.? )?"
    rf"(?P<before>(?P<initials>(?:{_INITIAL}){{0,5}})(?:{_PARTICLE}){{0,3}})\Z"
)
_MS = re.compile(rf"(?<!\w)Ms\.?(?= (?:{_PARTICLE}){{0,3}}(?:[^\W\d_a-z]|[{{%<$\ue000-\uf8ff]))")
#: What between two capitalised words makes one name of them.
_JOINS = re.compile(rf" (?P<initials>(?:{_INITIAL}){{0,3}})(?P<particles>(?:{_PARTICLE}){{0,3}})")
#: What before a letter makes no initial of it: vitamin C. Young people need it.
_LETTERED = re.compile(
    r"(?i:\b(?:vitamin|hepatitis|plan|section|part|point|type|grade|group|class|option|appendix|annex|exhibit|"
    r"schedule|article|level|team|room|block|building|unit|chapter|figure|table|version|model|step|question|letter|"
    r"side)) [^\W\d_a-z]\. \Z"
)
#: Dr. in the name of a street: on Park Dr. Continue there.
_STREET = re.compile(r"[\w,] [^\W\d_a-z]\w* Dr\. \Z")
#: A word that begins with a particle: al-Assad, d'Estaing.
_PREFIXED = re.compile(rf"(?:al|el|ad|as|ash|at|ul|d)[{APOSTROPHES}-][^\W\d_a-z]")
#: Particles that are English nouns.
_NOUNS = ("van", "bin", "ben", "den")
#: What initials are not.
_LETTERS = ("US", "UK", "UN", "EU", "PS", "DC", "AD", "BC", "AM", "PM", "LA", "NY", "TV", "FBI", "CIA")
#: What stands behind Mr. and is no name.
_OFFICES = frozenset(
    ["President", "Vice", "Speaker", "Chairman", "Chair", "Secretary", "Minister", "Prime", "Ambassador", "Mayor",
     "Chancellor", "Governor", "Senator", "Commissioner", "Director", "Attorney"]
)  # fmt: skip
_OPENS = re.compile(r"""(?:[.!?:…]["')\]]?\s|(?:^|\s)["'(\[]+)$""")
#: Endings of peoples, faiths, fields and lands, which are translated.
_TRANSLATED_END = re.compile(
    r"(?:ian|ean|ish|ese|ican|ist|ism|ity|logy|graphy|ics|ical|ic|land|stan|mas|ia|ans|ists|ities)$"
)
#: Endings of usual words, which a family's name may have as well.
_USUAL_END = re.compile(
    r"(?:ment|tion|sion|ness|ern|days?|ing|ed|ers|ous|ful|less|able|ible|ive|ally|ly|ship|hood|wards?|ments|tions|"
    r"[bdfgklmnprtvwy]s)$"
)
_FEWEST, _SHORT = 3, 2.4  # pieces of a rare name, and letters of each, at most
_FEWEST_FIRST, _SHORT_FIRST = 4, 2.0  # where a sentence begins, and any word has a capital

#: Names and titles that other languages spell otherwise.
_ENGLISH = """
January February March April May June July August September October November December Easter Passover Hanukkah Ramadan
Halloween Pentecost Thanksgiving Advent Lent Sabbath God Lord Christ Jesus Virgin Bible Koran Quran Torah Gospel
Genesis Exodus Leviticus Deuteronomy Ecclesiastes Isaiah Jeremiah Ezekiel Matthew Zechariah Solomon Moses Noah Job
Jonah Eve Pharaoh Nebuchadnezzar Pilate Judas Peter Paul Plato Aristotle Socrates Homer Virgil Horace Ovid Livy Pliny
Seneca Plutarch Pythagoras Euclid Archimedes Herodotus Thucydides Sophocles Euripides Aeschylus Aristophanes Epicurus
Ptolemy Hippocrates Confucius Buddha Muhammad Avicenna Averroes Genghis Khan Caesar Augustus Nero Hadrian Cleopatra
Charlemagne Columbus Copernicus Michelangelo Raphael Zeus Jupiter Juno Neptune Pluto Mercury Mars Venus Saturn Uranus
Apollo Hercules Ulysses Odysseus Achilles Aphrodite Albania Algeria Antarctica Arabia Armenia Asia Africa America
Europe Australia Austria Azerbaijan Bahamas Bangladesh Belarus Belgium Bolivia Bosnia Herzegovina Brazil Britain
Bulgaria Burma Cambodia Cameroon Canada Chad Chile China Colombia Comoros Congo Croatia Cuba Cyprus Czechia Denmark
Djibouti Ecuador Egypt England Eritrea Estonia Ethiopia Fiji Finland France Gabon Georgia Germany Ghana Greece
Greenland Grenada Guatemala Guinea Guyana Haiti Honduras Hungary Iceland India Indonesia Iran Iraq Ireland Israel
Italy Jamaica Japan Jordan Kazakhstan Kenya Korea Kuwait Kyrgyzstan Laos Latvia Lebanon Libya Lithuania Luxembourg
Macedonia Madagascar Malaysia Maldives Malta Mauritania Mauritius Mexico Moldova Mongolia Montenegro Morocco
Mozambique Namibia Nepal Netherlands Nicaragua Nigeria Norway Palestine Panama Peru Philippines Poland Portugal
Romania Russia Rwanda Scotland Senegal Serbia Seychelles Singapore Slovakia Slovenia Somalia Spain Sudan Sweden
Switzerland Syria Tajikistan Tanzania Tunisia Turkey Turkmenistan Uganda Ukraine Uruguay Uzbekistan Venezuela Vietnam
Wales Yemen Zambia Zimbabwe Algiers Alexandria Aleppo Antwerp Athens Baghdad Barcelona Basel Basle Beijing Beirut
Belgrade Berne Bethlehem Bologna Brussels Bucharest Budapest Cairo Canterbury Cologne Constantinople Copenhagen
Corinth Cracow Krakow Damascus Delhi Dresden Dublin Dunkirk Edinburgh Florence Frankfurt Geneva Genoa Ghent Gothenburg
Hague Hamburg Hanover Havana Helsinki Istanbul Jericho Jerusalem Kabul Kiev Kyiv Lisbon London Lucerne Lyons Madrid
Marseilles Mecca Medina Milan Moscow Munich Naples Nazareth Nice Nuremberg Odessa Padua Paris Peking Philadelphia
Prague Pyongyang Riga Rome Salzburg Saragossa Seoul Seville Sofia Stockholm Strasbourg Tehran Thessalonica Tokyo
Tripoli Troy Turin Venice Versailles Vienna Vilnius Warsaw Zurich Alps Andes Apennines Bavaria Brittany Burgundy
Catalonia Carinthia Caucasus Cornwall Corsica Crete Crimea Dalmatia Flanders Franconia Galilee Gaul Hesse Himalayas
Holland Judea Lapland Lombardy Lorraine Mesopotamia Moravia Normandy Palatinate Patagonia Persia Piedmont Pomerania
Prussia Pyrenees Rhineland Sardinia Savoy Saxony Scandinavia Siberia Sicily Silesia Styria Swabia Thuringia
Transylvania Tuscany Tyrol Urals Wallachia Westphalia Amazon Danube Euphrates Ganges Meuse Moselle Nile Rhine Rhone
Scheldt Seine Thames Tiber Tigris Vistula Volga Adriatic Aegean Arctic Atlantic Baltic Caribbean Mediterranean Pacific
Suez Arab Arabs Celt Celts Czech Czechs Dane Danes Dutch Dutchman English Englishman Englishmen French Frenchman
Frenchmen German Germans Greek Greeks Gypsy Hindu Hindus Jew Jews Jewish Muslim Muslims Christian Christians Catholics
Protestant Protestants Norman Normans Pole Poles Roman Romans Saxon Saxons Scot Scots Swede Swedes Swiss Turk Turks
Viking Vikings Welsh Zulu President Minister Senator Governor Secretary Chancellor Ambassador Professor Doctor Captain
Colonel General Admiral Sergeant Lieutenant Major Commander Inspector Detective Bishop Archbishop Cardinal Pope
Reverend Father Mother Sister Brother Uncle Aunt Cousin Grandma Grandpa Granny King Queen Prince Princess Duke Duchess
Earl Count Countess Baron Baroness Marquis Viscount Emperor Empress Sultan Sheikh Chief Judge Justice Sir Lady Madam
Madame Monsieur Mademoiselle Miss Mr Mrs Ms Dr Herr Frau St Saint Mount Mountain Lake River Street Road Avenue Square
Bridge Castle Church Cathedral Palace Tower Museum University College School Institute Academy Hospital Hotel Airport
Station Park Garden Gardens Island Islands Sea Ocean Bay Gulf Cape Valley Forest Desert North South East West Northern
Southern Eastern Western Central Upper Lower Great New Old Republic Kingdom Empire Union States State County District
Province Parliament Congress Senate Court Ministry Department Committee Council Commission Bank Company Party Army
Navy Internet Web Wikipedia Olympic Olympics Renaissance Reformation Enlightenment Revolution Ottoman Treaty Vatican
Latin Alpine Delta Agency Crisis Democrat Royal National International Liberal Conservative Honorary Hebrew Soviet
Hawaii Quebec Embassy Peninsula Temple Theater Theatre Cabinet Dynasty Prize Peace Santa Claus Same-sex Cup League
Championship World Games Festival Award Press News Times Post Club Center Centre Foundation Trust Society Association
Federation Alliance Agreement Convention Declaration Constitution Act Bill Law Chapel Abbey Monastery Mosque Synagogue
Fort Port Harbour Harbor Beach Coast Canal Creek Falls Hill Hills Heights Springs Plaza Building House Hall Library
Gallery Zoo Stadium Bronze Iron Stone Golden Age Tsar Czar Mughal Mongol Mongols Persian Byzantine Gothic Baroque
Celtic Slavic Slav Semitic Sanskrit Esperanto Catalan Basque Breton Flemish Gaelic Icelander Filipino Thai Hurricane
Miscellaneous Chapter Section Figure Table Appendix Volume Part Lesson Exercise Note Warning Example Hello Hi Hey
Please Thank Thanks Sorry Welcome Five-Year Old-fashioned Middle Cold Civil Angeles Francisco Diego Vegas York
Southeast Southwest Northeast Northwest
"""
_USUAL = frozenset(_ENGLISH.split())


#: Titles before a given name: whoever bears one has another name in another language.
_CROWNED = frozenset(
    ["King", "Queen", "Prince", "Princess", "Emperor", "Empress", "Pope", "Saint", "St", "Tsar", "Czar", "Duke",
     "Apostle", "Archangel", "Virgin", "Prophet"]
)  # fmt: skip
#: What tells the same after a given name: John the Baptist, Elizabeth II.
_NUMBERED = re.compile(r"(?: [A-Z]\w+)? (?:the [A-Z]|of [A-Z]|[IVX]+\b(?!'))")
_LISTED = re.compile(r",? (?:and|or|&) |, ")
_LISTED_BEFORE = re.compile(r"(?:,? (?:and|or|&) |, )\Z")
_AND = re.compile(r" (?:and|or|&) ")
#: What stands before a name inside a sentence: a word in small letters, but not as in "the Dean" or "in Summer".
_AMID = re.compile(
    r"(?<![\w'])(?!(?:the|an?|this|that|these|those|my|your|his|her|our|their|its|in|of|no|any|every|each)\b)[a-z]+"
    r",? \Z"
)
#: What stands before a name where a sentence begins: Hi Rose; No, Mark.
_GREETED = re.compile(
    r"(?:\A|[.!?] )(?:Hi|Hello|Hey|Dear|Thanks|Thank you|Bye|Goodbye|Sorry|Congratulations|Welcome|Yes|No|Oh|Well|OK|"
    r"Okay|Please|Look|Listen),? \Z"
)
_ENDS = re.compile(r"[,.!?:]|\s*\Z| (?:and|or|&) ")
#: What follows a name where a sentence begins, but neither a verb nor a noun without an article: Mark told me.
_ACTS = re.compile(
    r"(?:'s)? (?:said|says|told|asked|asks|thinks|thought|knows|knew|wants|wanted|likes|loves|loved|went|lives|lived|"
    r"works|worked|wrote|bought|paid|plays|played|smiled|laughed|and I|isn't|wasn't|doesn't|didn't|hasn't)\b"
)
_IS = re.compile(r" (?:is|was|has|had|will|can|does|did|came|comes|got|gets|made|makes|met|left|took|gave|saw)\b")
_NEAR = 24  # characters before a name that are looked at
_NEAR_LEAD = 40  # the same, for a title, initials and particles


class _Word(NamedTuple):
    text: str
    start: int  # with initials and particles
    end: int
    usual: bool  # no name, or one that is translated
    rare: bool
    named: bool = False  # whether a title or initials before it make a person's name of it


class Names:
    """Find rare names in English sentences by the pieces that spell them.

    tokenizer: of what the translator reads; a name that it cuts into many short pieces is rare
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._word = lru_cache(20_000)(self._judged)

    def __reduce__(self) -> tuple[type["Names"], tuple[Tokenizer]]:
        """Pickle the tokenizer alone, because a cache cannot be sent to another process."""
        return Names, (self._tokenizer,)

    def __call__(self, text: str) -> Iterator[Found]:
        """Find runs of names that hold a rare one, and names of persons.

        Where a text is nothing but names, all are carried: without a sentence, a translator takes them for words.
        """
        runs = [run for run in self._runs(text) if run]
        heads = _heads(text, runs)
        names = [name for run in runs for name in _names(run, heads)]
        spans = [(words[0].start, words[-1].end) for words, _ in names]
        alone = not any(map(str.isalpha, _outside(text, spans)))
        # Translators have read little of Ms., which is Frau and Madame as Mrs. is.
        yield from (Found(*title.span(), ("Mrs.",)) for title in _MS.finditer(text))
        for (start, end), (_, rare) in zip(spans, names, strict=True):
            thing = Thing("name", text[start:end], text[start:end])
            yield Found(start, end, (thing,)) if rare or alone else Found(start, end, (thing.text,), thing, thing)

    def _runs(self, text: str) -> Iterator[list[_Word]]:
        """Yield runs of capitalised words with spaces, initials, or particles such as van, between them."""
        run: list[_Word] = []
        for match in _WORD.finditer(text):
            prefixed = _PREFIXED.match(match[0]) is not None
            if not (match[0][0].isupper() or prefixed) or _is_initial(text, match):
                continue
            between = bool(run) and self._joins(text, run[-1], match)
            lead = _LEAD.search(text, max(0, match.start() - _NEAR_LEAD), match.start())
            titled = lead is not None and lead["title"] is not None
            if prefixed and not (between or titled):
                continue
            if run and (titled or not between):
                yield run
                run = []
            run.append(self._read(text, match, lead, run[-1] if run else None))
        yield run

    def _joins(self, text: str, before: _Word, match: re.Match[str]) -> bool:
        """Tell whether a capitalised word belongs to the name that the word before it is of."""
        between = _JOINS.fullmatch(text, before.end, match.start())
        if between is None:
            return False
        if between["particles"].strip() in _NOUNS and before.text.lower() in FUNCTION_WORDS:
            return False  # The van Tom hired is here.
        if between["initials"] or ALSO_ENGLISH.isdisjoint(between["particles"].split()):
            return True
        return before.rare and self._word(match[0], False, False)[1]

    def _read(self, text: str, match: re.Match[str], lead: re.Match[str] | None, joined: _Word | None) -> _Word:
        """Read a capitalised word; lead: what is before it; joined: the word before it in its run."""
        name, start = _POSSESSIVE.sub("", match[0]), match.start()
        near = max(0, start - _NEAR_LEAD)
        title, initials = (lead["title"], re.sub("[ .-]", "", lead["initials"])) if lead else (None, "")
        several = len(initials) > 1  # one letter may end a sentence: He took vitamin C. Mary did not.
        first = _opens(text, start) and not (title or several)
        usual, rare = (True, False) if title and name in _OFFICES else self._word(name, first, name != match[0])
        named = False
        if title:
            named = _is_titled(name, title) and not (
                usual and name not in SURNAMES and _STREET.search(text, near, start)
            )
        elif joined:
            named = initials != "" and (not joined.usual or joined.text in GIVEN | ALSO_WORDS)
        elif initials and not initials.startswith(_LETTERS):
            named = name in SURNAMES or (several if name in GIVEN else not usual)
            named = named and (several or not _LETTERED.search(text, near, start))
        if lead and (named or joined or title):
            start = lead.start("before")
        return _Word(name, start, match.start() + len(name), usual, rare, named)

    def _judged(self, word: str, first: bool, possessive: bool) -> tuple[bool, bool]:
        """Tell whether a capitalised word is not a name to carry, and whether it is a rare one.

        first: whether it begins a sentence
        """
        if word in _USUAL or (len(word) > 1 and word.removesuffix("s").isupper()):
            return True, False
        small, pieces = self._pieces(word.lower()), self._pieces(word)
        if not word.isascii() and pieces >= _FEWEST:
            return False, True
        if small == 1 or (first and small < _FEWEST) or _TRANSLATED_END.search(word):
            return True, False
        fewest, longest = (_FEWEST_FIRST, _SHORT_FIRST) if first and not possessive else (_FEWEST, _SHORT)
        rare = pieces >= fewest and len(word) <= longest * pieces
        if _USUAL_END.search(word) and not (rare and word.endswith(("ly", "ing"))):
            return first, False
        return False, rare

    def _pieces(self, word: str) -> int:
        return len(side_ids(word, self._tokenizer))


def _heads(text: str, runs: list[list[_Word]]) -> set[int]:
    """Find where names of persons begin: given names, and words that are names beside another one."""
    sure, perhaps = set[int](), list[_Word]()
    for run in runs:
        for before, word, after in zip([None, *run], run, [*run[1:], None], strict=False):
            if word.named:
                sure.add(word.start)
                continue
            if word.text not in GIVEN and word.text not in ALSO_WORDS:
                continue
            near = max(0, word.start - _NEAR)
            crowned = before is not None and before.text in _CROWNED
            translated = after is not None and after.text in _USUAL - SURNAMES  # Columbus, Caesar
            if crowned or translated or _NUMBERED.match(text, word.end):
                continue
            if (
                word.text in GIVEN
                or _is_surname(after, text)
                or (len(run) == 1 and word.text not in MONTHS and _AMID.search(text, near, word.start))
                or (_GREETED.search(text, near, word.start) and _ENDS.match(text, word.end))
                or (_opens(text, word.start) and _is_subject(text, word))
            ):
                sure.add(word.start)
            else:
                perhaps.append(word)
    ends = {run[-1].end for run in runs if run[-1].rare or any(word.start in sure for word in run)}
    starts = sure | {run[0].start for run in runs if run[0].rare}
    if not perhaps or not _AND.search(text):  # Art, Anna said, is long: no list
        return sure
    return sure | {word.start for word in perhaps if _is_listed(text, word, starts, ends)}


def _is_subject(text: str, word: _Word) -> bool:
    """Tell whether what follows a word makes a person of it: Mark told me; Bill is here, not Hope is lost."""
    return _ACTS.match(text, word.end) is not None or (word.text in COUNTED and _IS.match(text, word.end) is not None)


def _is_surname(word: _Word | None, text: str) -> bool:
    """Tell whether a word makes a given name of the word before it; not in "Will Young come?"."""
    return word is not None and (word.text in SURNAMES or (word.rare and word.text not in GIVEN)) and text[-1:] != "?"


def _is_listed(text: str, word: _Word, starts: set[int], ends: set[int]) -> bool:
    """Tell whether a word is joined by "and" or a comma to where another name begins or ends."""
    behind = _LISTED.match(text, word.end)
    before = _LISTED_BEFORE.search(text, max(0, word.start - _NEAR), word.start)
    return (behind is not None and behind.end() in starts) or (before is not None and before.start() in ends)


def _names(run: list[_Word], heads: set[int]) -> Iterator[tuple[list[_Word], bool]]:
    """Split a run into names, each with whether it is rare; what is neither rare nor a person's is left out."""
    inside: list[bool] = []  # whether each word belongs to a person's name
    for word in run:
        goes_on = bool(inside) and inside[-1] and (not word.usual or word.named or word.text in SURNAMES)
        inside.append(word.start in heads or goes_on)
    for usual, group in groupby(zip(run, inside, strict=True), lambda pair: pair[0].usual and not pair[1]):
        pairs = list(group)
        words = [word for word, _ in pairs]
        persons = [word for word, person in pairs if person]
        if not usual and any(word.rare for word in words):
            yield words, True
        elif persons:
            yield persons, False


def _outside(text: str, spans: list[tuple[int, int]]) -> str:
    """Cut spans from a text."""
    borders = [0, *(index for span in spans for index in span), len(text)]
    return "".join(text[start:end] for start, end in zip(borders[::2], borders[1::2], strict=True)) if spans else "a"


def _opens(text: str, index: int) -> bool:
    """Tell whether a sentence or a quotation begins at an index, where any word has a capital."""
    return index == 0 or _OPENS.search(text[max(0, index - 3) : index]) is not None


def _is_initial(text: str, match: re.Match[str]) -> bool:
    """Tell whether a capitalised word is a letter with a full stop behind it."""
    return len(match[0]) == 1 and text.startswith(".", match.end())


def _is_titled(word: str, title: str) -> bool:
    """Tell whether a word behind a title is a name.

    It is no office, as in Mr. President, nor does it begin a sentence: Call a Dr. Please come.
    """
    if title in ADDRESSING_TITLES:
        return word not in _OFFICES
    learned = title in LEARNED_TITLES and word not in _USUAL and word.lower() not in FUNCTION_WORDS
    return word in SURNAMES or learned
