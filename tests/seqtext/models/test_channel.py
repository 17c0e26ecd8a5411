"""A channel ranks answers by how likely each makes its source, and is saved with its translator."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqtext
from builders import random_weights, unsaved_model
from seqtext.avoided_words import AvoidedWords
from seqtext.config import SearchConfig, Seq2SeqConfig, TokenizerConfig
from seqtext.decoding.beam import Hypothesis
from seqtext.errors import ConfigError, ModelError
from seqtext.models import channel
from seqtext.models.channel import PREFIX, Channel
from seqtext.models.pair_text import join_tokenizers
from seqtext.models.translator import Translator
from seqtext.networks.seq2seq import expected_shapes
from seqtext.storage.model_folder import ModelFolder, describe
from seqtext.tokenizer import Tokenizer

TEXTS = ["The boat left at nine.", "A red boat came back!", "Le bateau est parti.", "Was it late? No, it was not."]
TOKENIZER = Tokenizer.train(TEXTS * 3, TokenizerConfig("bpe", 600, 2))
BEAM = SearchConfig(beam=4, n_best=4, max_length=6)


def contents(seed: int = 0, texts: list[str] = TEXTS, **changes: Any) -> ModelFolder:
    tokenizer = TOKENIZER if texts is TEXTS else Tokenizer.train(texts * 3, TokenizerConfig("bpe", 600, 2))
    config = Seq2SeqConfig(**{"hidden": 16, "embedding": 12, "copy": True, **changes})
    shapes = expected_shapes(config, tokenizer.size, tokenizer.size)
    weights = {
        name: np.random.default_rng([seed, number]).normal(0, 0.4, array.shape).astype(np.float32)
        for number, (name, array) in enumerate(random_weights(shapes, 0.4).items())
    }
    made = unsaved_model("translate", config, tokenizer, weights, longest_source=30, longest_target=12)
    return replace(made, tokenizer=join_tokenizers(tokenizer, tokenizer))


def ranked(model: Translator, text: str, search: SearchConfig = BEAM) -> list[str]:
    return [one.text for one in model.translate(text, search)]


class Told:
    """A network that has been told how likely each target makes its source."""

    def __init__(self, back: dict[int, float]) -> None:
        self.back = back

    def log_prob(self, targets: list[Any], sources: list[Any]) -> Any:
        assert all(source.tolist() == [7, 8] for source in sources), "it writes the source"
        return np.array([self.back[int(target[0])] for target in targets])


def answers(*scores: float) -> list[Hypothesis]:
    return [Hypothesis((10 + number,), score, score) for number, score in enumerate(scores)]


@pytest.mark.parametrize(("weight", "first"), [(0.0, 10), (0.5, 10), (0.9, 10), (1.1, 11), (2.0, 11)])
def test_what_makes_its_source_likely_comes_first_where_it_counts_enough(weight: float, first: int) -> None:
    told: Any = Told({10: -3.0, 11: -2.5, 12: -9.0})
    found = answers(-1.0, -1.5, -1.6)
    best = Channel(told, weight).best([np.array([7, 8])], [found], replace(BEAM, length_penalty=0.0))
    assert best == [[found[first - 10]]], "scores stay what they were"


def test_what_is_far_from_the_likeliest_is_not_read_back() -> None:
    told: Any = Told({10: -30.0, 11: -1.0})
    found = answers(-1.0, -1.6, -1.8, -9.0)
    assert Channel(told, 1.0).best([np.array([7, 8])], [found], BEAM) == [[found[1]]]


def test_a_longer_answer_is_not_charged_more_for_the_same_source() -> None:
    told: Any = Told({10: -4.0, 11: -4.0})
    short, long = Hypothesis((10,), -2.0, -2.0), Hypothesis((11, 5, 5, 5, 5, 5), -2.1, -2.1)
    best = Channel(told, 1.0).best([np.array([7, 8])], [[short, long]], replace(BEAM, n_best=1))
    assert best == [[long]], "both log-probabilities are divided by what the search divides its own by"


def test_one_answer_or_none_is_not_read_back() -> None:
    told: Any = Told({})
    assert Channel(told, 1.0).best([np.array([7, 8])] * 2, [answers(-1.0), []], BEAM) == [answers(-1.0), []]


def test_of_all_that_the_beam_has_the_best_is_given() -> None:
    forth, back = contents(), contents(5, layers=2, hidden=20)
    with_both = Translator(forth).with_channel(Translator(back), 10.0)
    texts = [*TEXTS[:3], "Quixbury left.", "The boat was red, no?"]  # of several sentences, ranks are joined
    whole, one = (with_both.translate(texts, replace(BEAM, n_best=count)) for count in (4, 1))
    assert [best[:1] for best in whole] == one
    alone = Translator(forth).translate(texts, BEAM)
    assert [{answer.text for answer in best} for best in whole] == [{answer.text for answer in best} for best in alone]
    assert whole != alone, "so large a weight changes the order of random answers"
    assert with_both.translate(texts, SearchConfig(beam=1)) == Translator(forth).translate(texts, SearchConfig(beam=1))


def test_without_weight_the_first_answer_stays() -> None:
    forth, search = Translator(contents()), replace(BEAM, n_best=1)
    beside = forth.with_channel(Translator(contents(5)), 0.0)
    assert [ranked(beside, text, search) for text in TEXTS] == [ranked(forth, text, search) for text in TEXTS]


def test_it_ranks_by_both_log_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "_FAR", 99.0)
    forth, back = Translator(contents()), Translator(contents(5))
    source, search = np.array([9, 12, 11, 8]), replace(BEAM, length_penalty=0.0)
    sums = {
        one.tokens: one.log_prob + 0.7 * float(back.network.log_prob([np.array(one.tokens)], [source])[0])
        for one in forth.answer([source], search)[0]
    }
    first = forth.with_channel(back, 0.7).answer([source], search)[0][0]
    assert len(sums) == 4
    assert first.tokens == max(sums, key=lambda tokens: sums[tokens])


def test_words_to_avoid_in_answers_that_are_not_given_change_nothing() -> None:
    model = Translator(contents()).with_channel(Translator(contents(5)), 2.0)
    text = "A red boat came back!"
    best, *others = ranked(model, text)
    for word in {word for other in others for word in other.split() if word.isalpha()} - set(best.split()):
        if not AvoidedWords([word]).is_in(best):
            assert model.translate(text, replace(BEAM, n_best=1), avoid=[word])[0].text == best


def test_neighbours_change_nothing() -> None:
    model = Translator(contents()).with_channel(Translator(contents(5)), 1.0)
    texts = ["Late.", "A red boat came back at nine!", "", "It was not late, no.", "Le bateau"]
    together = model.translate(texts, BEAM)
    assert [[one.text for one in best] for best in together] == [ranked(model, text) for text in texts]


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_it_is_saved_with_the_translator(tmp_path: Path, precision: str) -> None:
    model = Translator(contents()).with_channel(Translator(contents(5, layers=2)), 2.0)
    model.save(tmp_path / "both", precision)
    again = seqtext.load(tmp_path / "both")
    assert isinstance(again, Translator)
    assert again.channel is not None
    assert again.channel.weight == 2.0
    if precision == "fp32":
        assert [ranked(again, text) for text in TEXTS] == [ranked(model, text) for text in TEXTS]
    parts = sum(array.size for made in (contents(), contents(5, layers=2)) for array in made.weights.values())
    assert again.parameters == describe(tmp_path / "both")["parameters"] == parts


def test_with_eight_bits_its_matrices_take_four(tmp_path: Path) -> None:
    model = Translator(contents()).with_channel(Translator(contents(5)), 2.0)
    model.save(tmp_path / "both", "int8")
    again = seqtext.load(tmp_path / "both").contents.weights
    for name, array in contents(5).weights.items():
        levels = {len(np.unique(row)) for row in again[PREFIX + name]} if array.ndim > 1 else {0}
        assert max(levels) <= (15 if len(array) > 1 else 255), name
        assert np.linalg.norm(again[PREFIX + name] - array) < 0.15 * np.linalg.norm(array), name
    assert max(len(np.unique(row)) for row in again["embedding.weight"]) <= 255
    Translator(contents()).save(tmp_path / "alone", "int8")
    both, alone = (describe(tmp_path / name)["files"]["weights.safetensors"] for name in ("both", "alone"))
    assert both < 1.8 * alone, "of a channel of the same shapes"
    seqtext.load(tmp_path / "both").save(tmp_path / "twice", "int8")
    twice = seqtext.load(tmp_path / "twice").contents.weights
    assert all(np.allclose(twice[name], again[name]) for name in again), "what was rounded once stays"


def test_both_translators_data_and_licences_are_named() -> None:
    told = {"data": ["a.tsv", "b.tsv"], "licence": "Apache-2.0", "scores": {"bleu": 3.0}, "measured_on": "held out"}
    forth, back = contents(), contents(5)
    forth = replace(forth, config={**forth.config, **told}, card="# Mine\n")
    back = replace(back, config={**back.config, "data": ["b.tsv", "c.tsv"], "licence": "GPL-3.0"})
    both = Translator(forth).with_channel(Translator(back), 0.5)
    assert both.settings["data"] == ["a.tsv", "b.tsv", "c.tsv"]
    assert both.settings["licence"] == "Apache-2.0; channel: GPL-3.0"
    assert not {"scores", "measured_on"} & set(both.settings), "they were measured without the channel"
    assert both.contents.card.startswith("# Mine\n\n## Channel\n")
    third = replace(contents(7), config={**contents(7).config, "data": "d.tsv", "licence": "MIT"})
    again = both.with_channel(Translator(third), 1.0)
    assert again.contents.card == both.contents.card
    assert again.settings["data"] == ["a.tsv", "b.tsv", "d.tsv"], "those of the channel that it replaces are gone"
    assert again.settings["licence"] == "Apache-2.0; channel: MIT"
    assert Translator(third).with_channel(both, 1.0).settings["data"] == ["d.tsv", "a.tsv", "b.tsv"]
    assert Translator(third).with_channel(both, 1.0).settings["licence"] == "MIT; channel: Apache-2.0"
    bare = both.with_channel(Translator(contents(7)), 1.0)
    assert bare.settings["licence"] == "Apache-2.0"
    assert bare.settings["data"] == ["a.tsv", "b.tsv"]
    assert Translator(contents()).with_channel(Translator(back), 1.0).settings["licence"] == "channel: GPL-3.0"
    assert Translator(forth).with_channel(Translator(forth), 1.0).settings["licence"] == "Apache-2.0"


def test_another_channel_replaces_the_first() -> None:
    first = Translator(contents()).with_channel(Translator(contents(5)), 1.0)
    second = first.with_channel(first, 3.0)
    assert second.channel is not None
    assert second.channel.weight == 3.0
    back = {name for name in second.contents.weights if name.startswith(PREFIX)}
    assert back == {PREFIX + name for name in contents().weights}, "that of the reverse translator is left out"


@pytest.mark.parametrize("weight", [-0.1, 11, float("nan"), "1", None, True])
def test_other_weights_are_refused(weight: Any) -> None:
    with pytest.raises(ConfigError, match=f"weight received {re.escape(repr(weight))}"):
        Translator(contents()).with_channel(Translator(contents(5)), weight)


def test_what_is_no_translator_is_refused() -> None:
    with pytest.raises(ConfigError, match="a translator is expected"):
        Translator(contents()).with_channel("runs/back", 1.0)  # type: ignore[arg-type]


def test_a_translator_with_other_tokens_is_refused() -> None:
    other = Translator(contents(5, ["Gone with the wind, they said.", "So it goes."]))
    with pytest.raises(ConfigError, match="--from FIRST"):
        Translator(contents()).with_channel(other, 1.0)


@pytest.mark.parametrize(
    "facts", [3, {}, {"weight": 1.0}, {"weight": -1, "network": {}}, {"weight": 1.0, "network": 3},
              {"weight": 1.0, "network": {"hidden": 16, "embedding": 12, "vocabulary": "separate"}},
              {"weight": 1.0, "network": {"hidden": 18, "embedding": 12}}]
)  # fmt: skip
def test_damaged_facts_are_told(facts: Any) -> None:
    whole = Translator(contents()).with_channel(Translator(contents(5)), 1.0).contents
    with pytest.raises(ModelError):
        Translator(replace(whole, config={**whole.config, "channel": facts}))


def test_a_translator_with_two_vocabularies_has_none() -> None:
    whole = Translator(contents()).with_channel(Translator(contents(5)), 1.0).contents
    network = {**whole.config["network"], "vocabulary": "separate", "copy": False}
    with pytest.raises(ModelError, match="of both networks"):
        Translator(replace(whole, config={**whole.config, "network": network}))


def test_one_in_the_same_direction_is_refused() -> None:
    forth, back = contents(), contents(5)
    told = [replace(one, config={**one.config, "language": "en-fr"}) for one in (forth, back)]
    with pytest.raises(ConfigError, match="from en into fr and en into fr"):
        Translator(told[0]).with_channel(Translator(told[1]), 1.0)
    turned = replace(back, config={**back.config, "language": "fr-en"})
    assert Translator(told[0]).with_channel(Translator(turned), 1.0).channel is not None


def test_weights_without_facts_are_told() -> None:
    whole = Translator(contents()).with_channel(Translator(contents(5)), 1.0).contents
    with pytest.raises(ModelError, match="channel"):
        Translator(replace(whole, config={k: v for k, v in whole.config.items() if k != "channel"}))


def test_more_answers_than_the_beam_has_finished_are_searched_for() -> None:
    forth = Translator(contents())
    model = forth.with_channel(Translator(contents(5)), 2.0)
    for text in (*TEXTS, "Quixbury left.", "The boat was red, no?"):
        for count in (1, 2, 4):
            found = ranked(model, text, replace(BEAM, n_best=count))
            assert found[:1] == ranked(model, text, replace(BEAM, n_best=1))
            assert len(found) == len(set(found)) == len(ranked(forth, text, replace(BEAM, n_best=count)))


def test_how_many_are_read_back_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Translator(contents()).with_channel(Translator(contents(5)), 2.0)
    together = [ranked(model, text) for text in TEXTS]
    monkeypatch.setattr(channel, "_AT_ONCE", 1)
    assert [ranked(model, text) for text in TEXTS] == together
