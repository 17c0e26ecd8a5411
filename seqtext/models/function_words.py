"""Define English function words, number words, inflections, and words unfit for classrooms.

Function words belong to the closed classes: articles, pronouns, prepositions, conjunctions, auxiliaries, and adverbs
and interjections with little meaning of their own.
"""

import re


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CLOSED = _set("""
    last a an the this that these those such some any no every each either neither both all half much many more most few
    fewer fewest less least little several enough other another others own same i me my mine myself you your yours
    yourself yourselves he him his himself she her hers herself it its itself we us our ours ourselves they them
    their theirs themselves thou thee thy thine thyself ye who whom whose which what whoever whomever whichever
    whatever whatsoever one ones oneself someone somebody something anyone anybody anything everyone everybody
    everything nobody nothing none somewhere anywhere everywhere nowhere somehow anyhow about above across after
    against along alongside amid amidst among amongst around as at atop before behind below beneath beside besides
    between betwixt beyond but by concerning despite down during except for from in inside into like near nearer
    nearest next of off on onto opposite out outside over past per regarding round since than through throughout
    till to toward towards under underneath unlike until unto up upon versus via with within without and or nor so
    yet if unless although though because while whilst whereas whether lest when whenever where wherever
    whereby wherein whereupon how however why hence thence whence therefore thus moreover nevertheless nonetheless
    otherwise else instead meanwhile furthermore accordingly be am is are was were been being have has had having do
    does did doing done can could may might must shall should will would ought need dare used cannot let lets not
    never ever always often sometimes seldom rarely usually already still again also too even only just merely
    simply quite rather very really almost nearly hardly scarcely barely perhaps maybe indeed certainly surely
    probably possibly actually especially particularly mostly mainly now then here there today tomorrow yesterday
    tonight soon later afterwards afterward ago away back forth forward backward apart aside together alone
    altogether ahead further farther far well better best worse worst abroad aboard thereof thereby therein herein
    hereby oh ah eh ha hey hi ho hello hullo alas aye yes yeah yea nay ay okay ok please bye goodbye thanks sir
    madam ma gonna wanna gotta ain till twas tis etc ie eg vs mr mrs ms dr st am pm
""")

#: Prefixes of compounds, which are words only before a hyphen.
_FRAGMENTS = _set("con pre dis non anti semi mid sub ultra inter multi post pro neo quasi vice self")

FUNCTION_WORDS = _CLOSED | _FRAGMENTS

#: Words never offered to learners: their subjects are unfit for a classroom.
UNFIT = _set("""
    sex sexes sexual naked nude murder murdered murderer rape raped suicide breast breasts bosom corpse corpses whisky
    drunk hell damn damned devil slave slaves torture tortured
""")

NUMBER_WORDS = _set("""
    zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions
    billion billions trillion dozen dozens score nought nil once twice thrice double triple first second third fourth
    fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth
    eighteenth nineteenth twentieth thirtieth fortieth fiftieth hundredth thousandth firstly secondly thirdly
    ii iii iv vi vii viii ix x xi xii
""")

#: Irregular past forms and plurals, mapped below to the regular ending that they replace.
_PAST = _set("""
    arose awoke beat became began bent bit bled blew bound bore bred broke brought built burnt bought came caught
    chose clung crept cut dealt dreamt drank drew drove dug ate fell fed felt fought found fled flew flung forbade
    forgave forgot froze gave got went grew ground heard held hid hung hurt kept knelt knew laid lay lent led leant
    leapt learnt left lost made meant met paid ran rang read rode rose said sang sank sat saw sent set shone shook
    shot shut slept slid slung smelt sold sought sowed spat sped spelt spent spilt split spoke sprang spread spun
    stole stood strode struck stuck stung swam swept swore swung taught thought threw told took tore trod understood
    wept withdrew woke won wore wove wound wrote wrung beaten begun bitten blown borne broken chosen done drawn
    driven drunk eaten fallen flown forgiven forgotten frozen given gone grown hidden known ridden risen rung seen
    shaken shown spoken stolen sung sunk sworn taken thrown torn worn woven written
""")
_PLURAL = _set("men women children feet teeth mice geese people oxen lice sheep fish police")
_IRREGULAR = dict.fromkeys(_PAST, "ed") | dict.fromkeys(_PLURAL, "s")
#: Words whose last letters look like an inflection but are none.
_BARE = _set("""
    morning evening king thing spring string wing ring sing bring sling swing sting cling ceiling lightning wedding
    building meeting feeling pudding darling sibling viking shilling herring
    family belly lily jelly fly reply supply assembly butterfly ally bully rally folly holly rely apply ugly holy lovely
    lonely friendly silly early elderly lively likely deadly daily costly cowardly curly jolly
    hundred sacred naked wicked rugged ragged wretched steed speed breed indeed shed sled bleed creed exceed proceed
    succeed kindred hatred
    forest interest request guest priest harvest honest chest west modest protest tempest quest contest arrest nest vest
    test pest rest best invest suggest digest earnest
    gas bus yes news lens christmas canvas atlas alas chaos pancreas
""")
_ENDINGS = ("ing", "ed", "ly", "est", "s")
_NO_PLURAL = ("ss", "us", "is", "ous")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def is_numeral(word: str) -> bool:
    """Tell whether a word is a number, in digits or English words."""
    return word[:1].isdigit() or word.lower() in NUMBER_WORDS


def ending(word: str) -> str:
    """Name an English word's inflection by its ending; "" for none.

    >>> [ending(word) for word in ("dogs", "glass", "walked", "walking", "red", "went", "men")]
    ['s', '', 'ed', 'ing', '', 'ed', 's']
    """
    word = word.lower()
    if word in _IRREGULAR or word in _BARE:
        return _IRREGULAR.get(word, "")
    for suffix in _ENDINGS:
        if (
            word.endswith(suffix)
            and len(word) >= len(suffix) + (2 if suffix == "s" else 3)
            and not word.endswith(_NO_PLURAL)
        ):
            return suffix
    return ""


def is_akin(word: str, other: str) -> bool:
    """Tell whether two words may be related forms or spelling variants.

    >>> is_akin("happy", "happiness"), is_akin("colour", "color"), is_akin("man", "men"), is_akin("bark", "milk")
    (True, True, True, False)
    """
    word, other = sorted((word.lower(), other.lower()), key=len)
    shared = next((k for k, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), len(word))
    if shared >= max(3, min(5, len(word) - 1)) or (len(word) >= 4 and word in other):
        return True
    rest = len(word) - shared
    same_end = word[shared + 1 :] == other[shared + 1 :] or word[shared:] == other[shared + 1 :]
    return rest <= 3 and same_end and shared > 0
