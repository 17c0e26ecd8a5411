"""The blank filler as a user calls it, on a small model with fixed random weights, and on the bundled one."""

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import seqtext
from builders import random_weights, unsaved_model
from seqtext.avoided_words import AvoidedWords, masked
from seqtext.config import FillConfig, TokenizerConfig
from seqtext.errors import InputError, ModelError
from seqtext.models.blank_filler import BlankFiller, split_blanks
from seqtext.networks.blank_filler import expected_shapes
from seqtext.storage.catalog import bundled
from seqtext.storage.model_folder import ModelFolder
from seqtext.tokenizer import Tokenizer

TEXTS = ["the old dog sat by the door", "a café is open", "The fox ran over the hill", "he said no, not me"]
GOLDEN = Path(__file__).parents[2] / "golden" / "everyday.jsonl"
needs_bundled = pytest.mark.skipif("fill-en" not in bundled(), reason="no fill-en is bundled in this tree")


def small(
    kind: str = "word", evidence: dict[str, float] | None = None, texts: list[str] = TEXTS, **changes: object
) -> BlankFiller:
    tokenizer = Tokenizer.train(texts * 3, TokenizerConfig(kind, 700, 1))
    config = FillConfig(**{"hidden": 24, "embedding": 16, **changes})  # type: ignore[arg-type]
    weights = random_weights(expected_shapes(config, tokenizer.size))
    if kind == "word":
        weights["bias"][tokenizer.wordlike & ~np.char.isalpha(tokenizer.texts)] -= 4.0  # lone bytes form no characters
    settings = {} if evidence is None else {"evidence": evidence}
    return BlankFiller(unsaved_model("fill", config, tokenizer, weights, **settings))


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
@pytest.mark.parametrize("text", [
    "The ___ ran.", "___", "___ ran", "ran ___", '"___," he said.', "(___)", "a____b", "😀 ___ 😀", "אני ___ פה",
    "e\u0301 ___ \u0000 x", "___ ___", "The ___ and the ___ ran to the ___.", "  ___  ", "line\n___\nline",
    "___" + " ___" * 20,
])  # fmt: skip
def test_any_text_with_blanks_is_answered(kind: str, text: str) -> None:
    for fill in small(kind).fill(text, top=3):
        assert len(fill.blanks) == len(split_blanks(text)) - 1
        rebuilt = split_blanks(text)
        assert fill.text == rebuilt[0] + "".join(a + b for a, b in zip(fill.blanks, rebuilt[1:], strict=True))
        assert 0 < fill.probability <= 1
        assert all(word.strip() and len(word.split()) == 1 for word in fill.blanks)


SEVERAL = [
    "The ___ ran.", "___", "the old ___ sat by the ___", "no, ___ ___ ___ me", "a caf\u00e9 ___", "___" + " ___" * 9,
    "the old dog " * 400 + "___ by the door", "\U0001f600 ___ \U0001f600", "The ___ ran.", "He said ___.",
]  # fmt: skip


def assert_alike(together: list, alone: list) -> None:
    """The same words with probabilities within 1e-5, but for swaps between candidates nearer than that."""
    for ours, theirs in zip(together, alone, strict=True):
        assert [one[-1] for one in ours] == pytest.approx([one[-1] for one in theirs], abs=1e-5)
        for one, other in zip(ours, theirs, strict=True):
            assert one[:-1] == other[:-1] or one[-1] == pytest.approx(theirs[-1][-1], abs=1e-5)


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize(
    ("kind", "cell"), [("char", "gru"), ("word", "lstm"), ("bpe", "convolution"), ("word", "mingru")]
)
def test_a_list_is_answered_as_its_texts_alone(kind: str, cell: str, direction: str) -> None:
    model = small(kind, cell=cell, layers=2, direction=direction)
    for top, max_words in ((5, 1), (3, 2)):
        together = model.fill(SEVERAL, top=top, max_words=max_words)
        assert_alike(together, [model.fill(text, top=top, max_words=max_words) for text in SEVERAL])
    questions = [text for text in SEVERAL if len(split_blanks(text)) == 2]
    options = [["dog", "old fox", "do", "dogs"], ["the", "a cafe"]] * (len(questions) // 2)
    questions = questions[: len(options)]
    alone = [model.choose(text, own) for text, own in zip(questions, options, strict=True)]
    assert_alike(model.choose(questions, options), alone)
    assert_alike(model.choose(questions, options[0]), [model.choose(text, options[0]) for text in questions])


def test_a_stream_is_answered_as_it_comes() -> None:
    model = small()
    assert list(model.fill(text for text in SEVERAL)) == model.fill(tuple(SEVERAL))
    answers = model.fill(iter(["The ___ ran.", "No blank."]))
    with pytest.raises(InputError, match=r"texts\[1\]: 'No blank.' has no blank"):
        list(answers)
    with pytest.raises(InputError, match="top received 0"):
        model.fill(iter(["The ___ ran."]), top=0)  # at once, not when the first answer is asked for


def test_as_many_lists_of_options_as_texts_are_expected() -> None:
    with pytest.raises(InputError, match="2 texts and 1 lists of options"):
        small().choose(["The ___ ran.", "A ___."], [["dog", "fox"]])
    with pytest.raises(InputError, match=r"texts\[1\]: The options are \[\]"):
        small().choose(["The ___ ran.", "A ___."], [["dog", "fox"], []])


@pytest.mark.parametrize("text", ["", "no blank", "one _ only", "a\nb"])
def test_a_text_without_blanks_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="has no blank; at least one ___"):
        small().fill(text)


def test_half_a_surrogate_pair_is_named() -> None:
    with pytest.raises(InputError, match=r"U\+D83D at character 1"):
        small().fill("\ud83d ___")


def test_long_texts_are_read_in_stretches() -> None:
    model = small(bag=False)  # of so many words, a bag of random vectors drowns all else
    text = "the old dog " * 1500
    near = model.fill(f"{text}___ by the door", top=2)
    assert near[0].text.startswith(text)


def test_top_and_max_words_mean_what_they_say() -> None:
    model = small()
    assert len(model.fill("The ___ ran.", top=7)) == 7
    several = model.fill("The ___ ran.", top=5, max_words=3)
    assert all(1 <= len(fill.blanks[0].split()) <= 3 for fill in several)
    model.readers.bias[model.tokenizer.encode("fox").ids[0]] += 8.0  # likely to come after anything, itself included
    assert any(len(fill.blanks[0].split()) > 1 for fill in model.fill("The ___ ran.", top=40, max_words=3))
    for bad in (0, -1, True, 2.0):
        with pytest.raises(InputError, match="top received"):
            model.fill("The ___ ran.", top=bad)  # type: ignore[arg-type]


def test_answers_are_ranked_and_distinct() -> None:
    fills = small().fill("The ___ ran.", top=9)
    assert [f.probability for f in fills] == sorted((f.probability for f in fills), reverse=True)
    assert len({f.blanks for f in fills}) == len(fills)


def test_a_sentence_starts_with_a_capital() -> None:
    model = small()
    for text in ("___ ran.", "He ran. ___ ran.", 'He ran. "___ ran."'):
        assert all(fill.blanks[0][0] == fill.blanks[0][0].upper() for fill in model.fill(text))
    assert any(fill.blanks[0][0].islower() for fill in model.fill("the ___ ran."))


def test_blanks_are_filled_jointly() -> None:
    """P(first, second) is P(second | first) times the same for every second word, and P(second | first) varies."""
    model = small(bag=False)  # a bag does not hold the first answer, but would hold the first word of a text
    joint = {fill.blanks: fill.probability for fill in model.fill("The ___ ___ ran.", top=1000)}
    assert 0.1 < sum(joint.values()) <= 1 + 1e-4
    given = {}
    for first in ("the", "dog"):
        alone = {fill.blanks[0]: fill.probability for fill in model.fill(f"The {first} ___ ran.", top=1000)}
        given[first] = {second: alone[second] for second in alone if (first, second) in joint}
        shares = [joint[first, second] / chance for second, chance in given[first].items()]
        assert len(shares) > 20
        assert np.ptp(np.log(shares)) < 0.05  # the odds of closing differ a little
    both = [(given["the"][second], given["dog"][second]) for second in given["the"].keys() & given["dog"].keys()]
    assert len(both) > 20
    assert np.ptp(np.log([one / other for one, other in both])) > 0.5  # 0 if the first answer did not count


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_choices_are_a_distribution(kind: str, direction: str) -> None:
    model = small(kind, direction=direction)
    options = ["dog", "old dog", "xylophone"]
    chosen = model.choose("The ___ ran.", options)
    assert sorted(choice.option for choice in chosen) == sorted(options)
    assert sum(choice.probability for choice in chosen) == pytest.approx(1)
    again = model.choose("The ___ ran.", options[::-1])
    assert {c.option: round(c.probability, 6) for c in chosen} == {c.option: round(c.probability, 6) for c in again}


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize("text", ["the old ___ sat by the door", "the ___", "a ___ is", "he said no, not ___"])
def test_options_are_ranked_by_the_weighted_evidence(text: str, direction: str) -> None:
    weights = {"span": 1.0, "nearby": 1.5, "word": -0.5}
    model = small(direction=direction, evidence=weights)
    options = ["dog", "fox", "door", "café", "no"]
    evidence = model.weigh([split_blanks(text)], [options])[0]
    scores = np.array([sum(weights[kind] * found.get(kind, 0.0) for kind in weights) for found in evidence])
    expected = np.exp(scores - scores.max())
    chances = dict(model.choose(text, options))
    np.testing.assert_allclose([chances[word] for word in options], expected / expected.sum(), atol=1e-5)


@pytest.mark.parametrize("text", ["no blank", "the ___ sat by the ___"])
def test_evidence_is_that_for_one_blank(text: str) -> None:
    with pytest.raises(InputError, match="blank"):
        small().evidence(text, "dog")


@needs_bundled
def test_an_option_does_not_win_by_its_length() -> None:
    model = seqtext.load("fill-en", "fill")
    for long in (
        "supercalifragilisticexpialidocious",
        "very " * 20 + "very",
        "of a man of a man",
        "antidisestablishmentarian",
    ):
        assert model.choose("She poured a cup of ___ for him.", [long, "tea"])[0].option == "tea"


def test_the_best_of_many_options_are_also_ranked_by_the_words_nearby(monkeypatch: pytest.MonkeyPatch) -> None:
    text, options = "the old ___ sat by the door", ["dog", "fox", "door", "café", "hill", "no"]
    model = small(evidence={"span": 1.0, "nearby": 1.0})
    evidence = model.weigh([split_blanks(text)], [options])[0]
    best = sorted(range(len(options)), key=lambda k: -evidence[k]["span"])[:3]
    least = min(evidence[k]["nearby"] for k in best)
    scores = [found["span"] + (found["nearby"] if k in best else least) for k, found in enumerate(evidence)]
    monkeypatch.setattr("seqtext.models.blank_filler._RESCORED", 3)
    chances = dict(model.choose(text, options))
    expected = np.exp(np.array(scores) - max(scores))
    np.testing.assert_allclose([chances[word] for word in options], expected / expected.sum(), atol=1e-5)


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_an_option_given_twice_counts_once(kind: str) -> None:
    model = small(kind)
    once = model.choose("The ___ ran.", ["dog", "fox"])
    assert model.choose("The ___ ran.", ["dog", "dog", " dog ", "fox", "dog"]) == once
    opening = model.choose("___ ran.", ["dog", "Dog", "fox"])  # all have a capital there
    assert [choice.option for choice in opening].count("Dog") == 0
    assert sum(choice.probability for choice in opening) == pytest.approx(1)
    assert len(model.choose("The ___ ran.", ["dog", "Dog", "fox"])) == 3
    assert model.choose("The ___ ran.", ["dog", "dog\t"]) == [("dog", 1.0)]


def test_bad_options_are_refused() -> None:
    model = small()
    with pytest.raises(InputError, match="2 blanks; with options, one is accepted"):
        model.choose("___ ___", ["a", "b"])
    for bad in ([], ["a", " "], "dog", [1]):
        with pytest.raises(InputError, match="a list of words is expected"):
            model.choose("The ___.", bad)  # type: ignore[arg-type]


def test_saving_and_loading_changes_nothing(tmp_path: Path) -> None:
    model = small()
    model.save(tmp_path / "model", "fp32")
    again = seqtext.load(tmp_path / "model")
    assert again.fill("The ___ ran.") == model.fill("The ___ ran.")
    model.save(tmp_path / "small", "int8")
    assert seqtext.load(tmp_path / "small").fill("The ___ ran.")


@pytest.mark.parametrize(("part", "value", "match"), [
    ("network", None, "no settings of the network"), ("temperature", "hot", "temperature = 'hot'"),
    ("temperature", 0, "temperature = 0"), ("network", {"cell": "lstm", "wings": 2}, "'wings', which is not a setting"),
    ("network", {"hidden": 23}, "do not fit the config"), ("evidence", {"span": "much"}, "evidence = {'span': 'much'}"),
    ("evidence", {"gut": 1.0}, "evidence = {'gut': 1.0}; a number for each of span, left, right, nearby, bag, word"),
])  # fmt: skip
def test_an_edited_config_is_named(part: str, value: object, match: str) -> None:
    contents = small().contents
    config = {**contents.config, part: value}
    if value is None:
        del config[part]
    with pytest.raises(seqtext.SeqtextError, match=match) as caught:
        BlankFiller(ModelFolder(config, contents.tokenizer, contents.weights, [], ""))
    assert isinstance(caught.value, ModelError) or part == "network"


@needs_bundled
def test_the_bundled_model_knows_the_fox() -> None:
    model = seqtext.load("fill-en")
    assert model.fill("The quick brown ___ jumped over the lazy dog.")[0].blanks == ("fox",)


@needs_bundled
def test_everyday_sentences_get_a_sensible_word() -> None:
    """40 sentences of our own, 37 of them in no training text; at least 38 must have a sensible word among five."""
    model = seqtext.load("fill-en")
    questions = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
    assert len(questions) == 40
    good = 0
    for question in questions:
        words = {fill.blanks[0] for fill in model.fill(question["text"], top=5)}
        good += bool(words & set(question["sensible"]))
    assert good >= 38


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_only_so_much_is_read_as_training_read_at_once(kind: str, direction: str) -> None:
    contents = small(kind, direction=direction).contents
    config = {**contents.config, "training": {"max_length": 12}}
    model = BlankFiller(ModelFolder(config, contents.tokenizer, contents.weights, [], ""))
    near = ("fox ran by the old dog ", " and the old dog ran")
    if kind == "char":
        near = (near[0][-6:], near[1][:6])
    far = "the fox sat on the door. " * 40
    segments = model.segments([far + near[0], near[1] + far])
    assert sum(map(len, segments)) == 12
    middle = [f"{far}{near[0]}___{near[1]} {far}", f"a {far}{near[0]}___{near[1]} {far} a"]
    assert model.fill(middle)[0][0].probability == pytest.approx(model.fill(middle)[1][0].probability, rel=1e-5)
    assert model.choose(middle[0], ["dog", "fox"]) == model.choose(middle[1], ["dog", "fox"])
    assert sum(map(len, model.segments(["", far]))) == sum(map(len, model.segments([far, ""]))) == 12
    between = model.segments(["the ", far, " dog"])[1]
    assert len(between) == 12
    assert small(kind, direction=direction).fill("The ___ ran.") == model.fill("The ___ ran.")[:5]


def test_a_word_is_not_only_written_onto_the_one_before() -> None:
    model = small(texts=[*TEXTS, "The dog's door, the fox's door", "’s ’s"])
    model.readers.bias[model.tokenizer.texts.index("’s")] += 15.0
    token = model.tokenizer.encode("dog's", spacing=False).ids
    assert [model.tokenizer.text_of(one) for one in token] == ["dog", "'s"]
    model.readers.bias[token[1]] += 20.0
    assert model.fill("The dog___ door")[0].blanks == ("'s",)
    assert model.fill("The dog ___ door")[0].blanks != ("'s",)
    assert not {"'s", "’s"} & {fill.blanks[0] for fill in model.fill("The dog ___ door", top=50)}
    assert {choice.option for choice in model.choose("The dog ___ door", ["'s", "or"])} == {"'s", "or"}


@needs_bundled
def test_a_text_in_capitals_is_read_in_small_letters() -> None:
    model = seqtext.load("fill-en")
    small_letters = model.fill("Please ___ the door.", top=3)
    capitals = model.fill("PLEASE ___ THE DOOR.", top=3)
    assert [fill.blanks[0] for fill in capitals] == [fill.blanks[0].upper() for fill in small_letters]
    assert capitals[0].text == f"PLEASE {capitals[0].blanks[0]} THE DOOR."
    assert model.choose("PLEASE ___ THE DOOR.", ["EAT", "OPEN"])[0].option == "OPEN"


@needs_bundled
def test_far_words_do_not_drown_the_near_ones() -> None:
    model = seqtext.load("fill-en")
    around = " ".join(
        (Path(__file__).parents[3] / "corpora" / "everyday.txt").read_text(encoding="utf-8").split()[:3000]
    )
    for text in (f"{around} We had to wait at the bus ___. {around}", f"{around} We had to wait at the bus ___."):
        assert model.fill(text)[0].blanks == ("stop",)


def test_line_breaks_before_a_blank_take_no_time_of_their_own() -> None:
    model, begun = small(), time.process_time()
    assert model.fill("\n" * 100_000 + "the ___ sat")
    assert model.choose("\n" * 100_000 + "the ___ sat", ["dog", "fox"])
    assert time.process_time() - begun < 4.0


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
@pytest.mark.parametrize("direction", ["both", "backward"])
def test_avoided_words_are_not_offered(kind: str, direction: str) -> None:
    model = small(kind, direction=direction, bag=direction == "both")
    usual = model.fill("The ___ ran.", top=20)
    words = AvoidedWords([fill.blanks[0].upper() for fill in usual[:6:2]])
    found = model.fill("The ___ ran.", top=20, avoid=words.entries)
    assert len(found) == 20  # of a wider search, where there are too few
    assert not [fill for fill in found if words.is_in(fill.blanks[0])]


def test_others_keep_their_probabilities() -> None:
    model = small()
    usual = model.fill("The ___ ran.", top=5)
    assert usual[2].blanks[0].lower() not in [fill.blanks[0].lower() for fill in usual[:2] + usual[3:]]
    assert model.fill("The ___ ran.", top=5, avoid=[usual[2].blanks[0]])[:4] == usual[:2] + usual[3:]
    assert model.fill("The ___ ran.", avoid=["nowhere"]) == usual


def test_the_search_goes_wider_where_many_are_avoided() -> None:
    model = small()
    usual = model.fill("The ___ ran.", top=60)
    avoid = tuple(fill.blanks[0] for fill in usual[:40])
    words = AvoidedWords(avoid)
    left = [fill.blanks for fill in usual if not words.is_in(fill.blanks[0])]
    assert [fill.blanks for fill in model.fill("The ___ ran.", top=5, avoid=avoid)] == left[:5]


def test_a_phrase_is_avoided_wherever_the_blank_stands_in_it() -> None:
    model = small()
    first = model.fill("The ___ ran.")[0].blanks[0]
    for avoid in ([f"the {first}"], [f"{first} ran"], [f"The {first} ran"], [f"{first[:2]}*"]):
        assert first not in [fill.blanks[0] for fill in model.fill("The ___ ran.", avoid=avoid)]
    # Words of the text that are avoided are no reason to offer nothing.
    usual = [fill for fill in model.fill("He can ___ well.", top=5) if fill.blanks[0].lower() not in ("can", "well")]
    assert usual
    assert model.fill("He can ___ well.", top=5, avoid=["can", "well"])[: len(usual)] == usual


def test_options_are_ranked_whatever_is_avoided() -> None:
    model = small()
    word = model.fill("The ___ ran.")[0].blanks[0]
    kept = BlankFiller(replace(model.contents, config={**model.settings, "avoid": masked([word])}))
    assert word not in [fill.blanks[0] for fill in kept.fill("The ___ ran.", top=20)]
    assert kept.choose("The ___ ran.", [word, "dog"]) == model.choose("The ___ ran.", [word, "dog"])
