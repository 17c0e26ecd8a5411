"""Vectors of words, and which words are alike."""

import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest

from seqtext.avoided_words import AvoidedWords, masked
from seqtext.config import TokenizerConfig
from seqtext.errors import InputError, ModelError
from seqtext.models.base import Model
from seqtext.models.word_vectors import Similar, WordSpace, WordVectors
from seqtext.storage.catalog import bundled, load
from seqtext.storage.model_folder import ModelFolder
from seqtext.tokenizer import Tokenizer

#: Words that belong together, a line each: common ones, then rarer ones.
COMMON = """
kettle teapot saucepan jug basin pan pot tray bowl ladle
Paris London Berlin Rome Vienna Madrid Boston Chicago Dublin Venice
Monday Tuesday Wednesday Thursday Friday Saturday Sunday
January February March April June July August September October November December
red blue green yellow white black brown purple pink grey
dog cat horse cow sheep pig goat wolf fox rabbit
apple pear plum cherry peach orange grape lemon
father mother brother sister uncle aunt cousin son daughter nephew
doctor lawyer teacher nurse baker farmer soldier sailor butcher tailor
run walk jump climb swim crawl gallop march
said asked replied answered cried whispered shouted exclaimed
he she they we you
one two three four five six seven eight nine ten
happy sad angry glad cheerful miserable merry gloomy
big large huge small tiny little enormous
bread butter cheese meat soup cake pudding milk
coat hat shirt trousers gloves boots shoes scarf dress cloak
arm leg hand foot finger knee elbow shoulder neck
rain snow wind storm fog thunder hail frost
piano violin flute guitar drum trumpet harp fiddle
gold silver iron copper lead brass steel tin
France Germany Spain Italy Russia England Austria Sweden
sword gun pistol rifle dagger spear cannon knife
quickly slowly hastily rapidly swiftly gradually
chair table sofa bench desk stool cupboard wardrobe
ship boat vessel yacht canoe steamer schooner
oak elm pine birch willow beech maple
John Mary Tom William Henry George Jane Alice
eat drink swallow chew bite sip devour
husband wife bride groom widow
"""
RARE = """
thrush lark wren sparrow finch robin blackbird starling swallow linnet nightingale
zebra giraffe leopard panther hyena jackal antelope gazelle koala kangaroo
trout salmon herring cod mackerel pike perch eel haddock sardine
velvet satin muslin calico linen flannel damask brocade alpaca taffeta
emerald ruby sapphire topaz amethyst pearl opal amethysts rubies emeralds
carnation tulip daisy violet lily primrose hyacinth daffodil asters bluebells marigold
carpenter mason plumber bricklayer blacksmith cobbler joiner stationer caulker wheelwright
measles fever smallpox cholera typhus diphtheria tuberculosis pneumonia lymphoma malaria
schooner brig sloop cutter barge lugger frigate whaler galleon
pudding custard tart gravy sauce broth pottage porridge stew
Picardy Normandy Brittany Burgundy Gascony Provence Champagne Lorraine
Kenya Uganda Nigeria Ghana Egypt Morocco Sudan Ethiopia
Chelsea Arsenal Liverpool Everton Tottenham Barcelona
soprano tenor contralto baritone alto bass
cornet trombone bassoon clarinet oboe bugle fife
hammer chisel saw pincers anvil auger gimlet
bodice petticoat corset pinafore apron bonnet shawl pinafores
sorrow grief anguish misery despair woe dejection
clever shrewd cunning astute sagacious crafty wily
stubborn obstinate headstrong wilful willful pigheaded
Beethoven Mozart Chopin Wagner Bach Liszt
Shakespeare Milton Byron Keats Shelley Tennyson Whitman Poe
oats barley rye maize wheat alfalfa millet
turnip carrot cabbage onion radish celery parsnip spinach
"""
TEXTS = [
    "The cat sat and the dog sat.",
    "The Cat and a dog ran; we ran 12 times.",
    "The naïve cat’s the one, and the rest of the day don't.",
]


def model_of(kind: str, config: dict[str, Any] | None = None, texts: list[str] = TEXTS) -> Model:
    """A model with a vector for each token, drawn with a seed."""
    tokenizer = Tokenizer.train(texts, TokenizerConfig(kind, 700, 1))
    settings = {"format": 1, "task": "fill", "tokenizer": {"tokens": kind}, **(config or {})}
    table = np.random.default_rng(1).normal(size=(tokenizer.size, 5)).astype(np.float32) + 1
    return Model(ModelFolder(settings, tokenizer.to_json(), {"embedding.weight": table}, [], ""))


def by_hand(model: Model, query: str, kind: str) -> list[Similar]:
    """The same by the definition: no mean, no first principal component, then cosines."""
    table: Any = model.contents.weights["embedding.weight"].astype(np.float64)
    centred = table - table.mean(0)
    first = np.linalg.svd(centred, full_matrices=False)[2][0]
    left = centred - np.outer(centred @ first, first)
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    places = {text.strip(): number for number, text in enumerate(model.tokenizer.texts) if number > 6}
    row = left @ left[places[query]]
    spelt: dict[str, str] = {}
    for word in model.vectors.words:
        if kind == "word" and len(word) == 1:  # a byte
            continue
        spelt.setdefault(word.casefold(), word)
    del spelt[query.casefold()]
    return sorted((Similar(word, row[places[word]]) for word in spelt.values()), key=lambda one: -one.similarity)


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_similar_is_as_defined(kind: str) -> None:
    model = model_of(kind)
    for query in ("cat", "dog"):
        wanted = by_hand(model, query, kind)
        found = model.similar(query, len(wanted) + 5)
        assert [one.word for one in found] == [one.word for one in wanted]
        assert [one.similarity for one in found] == pytest.approx([one.similarity for one in wanted], abs=1e-5)
        assert model.similar(query, 2) == found[:2]


def test_words_are_whole_words() -> None:
    words = model_of("word").vectors.words
    assert {"cat", "The", "the", "Cat", "don't", "naïve", "a"} <= set(words)
    assert not {"12", ".", ";", "<pad>", "", "##a", "ï"} & set(words)
    assert len(set(words)) == len(words)
    assert "sat" in model_of("bpe").vectors.words


def test_vectors_are_rows_of_the_table_and_read_only() -> None:
    model = model_of("word")
    words, matrix = model.vectors
    assert matrix.shape == (len(words), 5)
    place = model.tokenizer.encode("dog").ids[0]
    assert (matrix[words.index("dog")] == model.contents.weights["embedding.weight"][place]).all()
    with pytest.raises(ValueError, match="read-only"):
        matrix[0, 0] = 1
    assert model.vectors.matrix is matrix


def test_capitals() -> None:
    """A word is found under other capitals, and its own other spellings are not offered."""
    model = model_of("word")
    assert model.similar("WE") == model.similar("we")
    assert model.similar("The") != model.similar("the")
    for query in ("The", "the", "Cat"):
        offered = [one.word for one in model.similar(query, 100)]
        assert query.casefold() not in [word.casefold() for word in offered]
        assert len({word.casefold() for word in offered}) == len(offered)
    assert "the" in [one.word for one in model.similar("cat", 100)]
    assert "The" not in [one.word for one in model.similar("cat", 100)]  # which is rarer


def same(found: list[Similar]) -> list[tuple[str, float]]:
    """Without the last digits, in which a batch differs."""
    return [(one.word, round(one.similarity, 5)) for one in found]


def test_one_a_list_a_stream() -> None:
    model = model_of("word")
    alone = [same(model.similar(word, 3)) for word in ("cat", "dog")]
    assert list(map(same, model.similar(["cat", "dog"], 3))) == alone
    assert list(map(same, model.similar(np.array(["cat", "dog"]), 3))) == alone
    stream = model.similar(iter(["cat", "dog", "cart"]), 3)
    assert [same(next(stream)), same(next(stream))] == alone
    with pytest.raises(InputError, match=r"texts\[2\]: 'cart' is none of the \d+ words .*; the nearest is 'cat'"):
        next(stream)


def test_what_has_no_vector() -> None:
    model = model_of("word")
    for word, near in (("catt", "cat"), ("DOGG", "dog")):
        with pytest.raises(InputError, match=f"{word}.*the nearest is '{near}'") as caught:
            model.similar(word)
        assert caught.value.hint == near
    for odd in ("", "  ", "the cat", "qqqqqqqq", "12"):
        with pytest.raises(InputError, match="is none of the"):
            model.similar(odd)
    with pytest.raises(InputError, match="3 was received"):
        model.similar(3)  # type: ignore[call-overload]
    with pytest.raises(InputError, match="None is none of the"):
        model.similar([None])
    with pytest.raises(InputError, match="received 0"):
        model.similar("cat", top=0)


def test_characters_have_no_word_vectors() -> None:
    model = model_of("char")
    for ask in (lambda: model.vectors, lambda: model.similar("cat")):
        with pytest.raises(ModelError, match="the tokens of this one are characters"):
            ask()
    bare = dataclasses.replace(model_of("word").contents, weights={})
    with pytest.raises(ModelError, match="words without vectors"):
        _ = Model(bare).vectors


def test_avoided_words_are_never_offered() -> None:
    model = model_of("word", {"avoid": masked(["dog"])})
    assert "dog" not in model.vectors.words
    everything = [one.word for one in model.similar("cat", 100)]
    assert "dog" not in everything
    assert "sat" in everything
    assert "sat" not in [one.word for one in model.similar("cat", 100, avoid=["SAT"])]
    with pytest.raises(InputError) as caught:
        model.similar("dogg")
    assert "'dog'" not in caught.value.message


def test_a_model_can_be_sent_after_it_was_asked() -> None:
    model = model_of("word")
    found = model.similar("cat")
    assert pickle.loads(pickle.dumps(model)).similar("cat") == found


def test_vectors_that_are_all_alike_have_no_likeness() -> None:
    tokenizer = model_of("word").tokenizer
    space = WordSpace(tokenizer, {"embedding.weight": np.ones((tokenizer.size, 3), np.float32)}, AvoidedWords([]))
    assert {one.similarity for one in space.similar(["cat"], 5, AvoidedWords([]))[0]} == {0.0}


def average_precision(table: Any, labels: Any) -> float:
    """Mean over words: how far ahead the other words of its line stand when all are ranked by cosine."""
    table = table / np.linalg.norm(table, axis=1, keepdims=True)
    cosines = table @ table.T
    found = []
    for place, row in enumerate(cosines):
        order = [other for other in np.argsort(-row) if other != place]
        right = labels[order] == labels[place]
        found.append((np.cumsum(right)[right] / (np.flatnonzero(right) + 1)).mean())
    return float(np.mean(found))


@pytest.mark.skipif("fill-en" not in bundled(), reason="fill-en is not bundled")
@pytest.mark.parametrize(("lines", "bare", "likeness"), [(COMMON, 0.855, 0.865), (RARE, 0.620, 0.695)])
def test_what_is_told_of_fill_en(lines: str, bare: float, likeness: float) -> None:
    model = load("fill-en")
    words, matrix = model.vectors
    places = {word: place for place, word in enumerate(words)}
    rows = [(places[word], n) for n, line in enumerate(lines.split("\n")) for word in line.split() if word in places]
    chosen, labels = np.array(rows).T
    assert average_precision(matrix[chosen], labels) == pytest.approx(bare, abs=6e-4)
    mean, component, _ = model._space._shared
    left = matrix[chosen] - mean
    left -= (left @ component)[:, None] * component
    assert average_precision(left, labels) == pytest.approx(likeness, abs=6e-4)


@pytest.mark.parametrize("name", bundled())
def test_bundled_models(name: str) -> None:
    """Those of words and pieces have vectors, of words that they may write."""
    model = load(name)
    if model.tokenizer.tokens == "char":
        with pytest.raises(ModelError, match="characters"):
            model.similar("house")
        return
    words, matrix = model.vectors
    assert matrix.shape == (len(words), model.config.embedding)
    assert not any(model.never.is_in(word) for word in words)
    assert {one.word for one in model.similar(words[0], 5)} < set(words)


@pytest.mark.skipif("fill-en" not in bundled(), reason="fill-en is not bundled")
def test_fill_en_knows_what_is_alike() -> None:
    model = load("fill-en")
    found = {word: [one.word for one in answer] for word, answer in
             zip(ASKED, model.similar(list(ASKED)), strict=True)}  # fmt: skip
    for word, wanted in ASKED.items():
        assert wanted <= set(found[word]), word


ASKED = {
    "kettle": {"saucepan", "pot", "cauldron"},
    "paris": {"London", "France", "Rome", "Vienna"},
    "Monday": {"Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
    "run": {"ran", "running", "runs"},
    "he": {"she", "they", "we"},
    "I": {"we", "I've", "you"},
}


def test_all_words_and_numbers_are_not_shown() -> None:
    words = tuple(f"word{number}" for number in range(2_000))
    shown = repr(WordVectors(words, np.zeros((2_000, 7), np.float32)))
    assert shown == "<WordVectors of 2,000 words, 7 numbers each: word0, word1, word2, word3, word4 …>"
