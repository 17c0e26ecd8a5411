"""Classifier as a user calls it, on small models with fixed random weights."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqtext
from builders import random_weights, unsaved_model
from seqtext.characters import WORD_OR_PUNCTUATION, compiled
from seqtext.config import ClassifyConfig, TokenizerConfig
from seqtext.errors import InputError, ModelError
from seqtext.models.classifier import Classification, Classifier, Label
from seqtext.networks.classifier import expected_shapes
from seqtext.tokenizer import Tokenizer

TEXTS = [
    "A lovely, lovely film.",
    "Dull from end to end!",
    "",
    "The film ends.",
    "Nobody knows why it was made, or for whom.",
]


def small(kind: str = "word", settings: dict[str, Any] | None = None, **changes: Any) -> Classifier:
    tokenizer = Tokenizer.train(TEXTS * 3, TokenizerConfig(kind, 600, 2))
    config = ClassifyConfig(**{"hidden": 8, "embedding": 6, **changes})
    weights = random_weights(expected_shapes(config, tokenizer.size, 3), 0.6)
    facts = {"longest": 20, "labels": ["bad", "good", "odd"], **(settings or {})}
    return Classifier(unsaved_model("classify", config, tokenizer, weights, **facts))


@pytest.mark.parametrize("kind", ["word", "bpe", "char"])
@pytest.mark.parametrize("encoder", ["bag", "convolution", "lstm"])
def test_probabilities_sum_to_one_and_fall(kind: str, encoder: str) -> None:
    for labels in small(kind, encoder=encoder).classify([text for text in TEXTS if text]):
        shares = [one.probability for one in labels]
        assert sum(shares) == pytest.approx(1.0, abs=1e-5)
        assert shares == sorted(shares, reverse=True)
        assert {one.label for one in labels} == {"bad", "good", "odd"}


def test_order_is_kept_and_neighbours_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small(encoder="bag", pairs=30)
    together = model.classify(TEXTS)
    assert together[2] == []
    monkeypatch.setattr("seqtext.models.classifier._AT_ONCE", {False: 1, True: 1})
    for own, alone in zip(together, model.classify(TEXTS), strict=True):
        assert [one.label for one in own] == [one.label for one in alone]
        assert [one.probability for one in own] == pytest.approx([one.probability for one in alone], abs=1e-5)


def test_a_text_has_one_answer_and_a_stream_an_iterator(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small()
    monkeypatch.setattr("seqtext.models.classifier.BATCH", 1)  # so that answers are the same to the last bit
    many = model.classify(TEXTS)
    assert isinstance(many, list)
    assert [model.classify(text) for text in TEXTS] == many
    assert model.classify(tuple(TEXTS)) == model.classify(np.array(TEXTS)) == many
    read: list[str] = []
    stream = model.classify(read.append(text) or text for text in [*TEXTS, None])  # type: ignore[func-returns-value]
    assert read == []
    assert next(stream) == many[0]
    assert read == TEXTS[:1]
    assert [next(stream) for _ in TEXTS[1:]] == many[1:]
    with pytest.raises(InputError, match=r"texts\[5\]: None was received"):
        next(stream)


def test_settings_are_checked_before_an_answer_is_asked_for() -> None:
    with pytest.raises(InputError, match="top received"):
        small().classify(iter(TEXTS), top=0)
    with pytest.raises(ModelError, match="cannot tell which texts are unusual"):
        small().classify(iter(TEXTS), reject=True)


def test_top_gives_the_first() -> None:
    model = small()
    assert model.classify(TEXTS[:1], top=1)[0] == model.classify(TEXTS[:1])[0][:1]
    assert model.classify([]) == []
    assert model.classify(["  \t"]) == [[]]
    for top in (0, True, 1.5):
        with pytest.raises(InputError, match="top received"):
            model.classify(TEXTS, top=top)


def test_a_label_that_is_a_language_has_its_code() -> None:
    assert {one.code for one in small().classify(TEXTS[:1])[0]} == {None}
    own = {"labels": ["Danish", "Swedish", "?"], "languages": {"Danish": "da"}, "unknown": "?"}
    for several in (False, True):
        found = small(settings=own, several=several).classify(TEXTS[:1])[0]
        assert {one.label: one.code for one in found} == {"Danish": "da", "Swedish": None, "?": "und"}


def test_a_text_of_too_few_letters_is_unknown() -> None:
    model = small(settings={"unknown": "odd", "fewest_letters": 3})
    for labels in model.classify(["12 345!", "so"]):
        assert labels[0] == ("odd", pytest.approx(1.0, abs=1e-6), None, None)
        assert labels.unusual
    assert model.classify(["so", TEXTS[0]], reject=True)[0] == []
    assert model.classify(TEXTS[:1]) == small().classify(TEXTS[:1])
    assert [one.weight for one in model.explain("so 1")] == [0.0, 0.0]


@pytest.mark.parametrize("kind", ["char", "word"])
def test_letters_that_were_never_learnt_do_not_count(kind: str) -> None:
    model = small(kind, settings={"unknown": "odd", "fewest_letters": 3})
    ruled = {
        "漢字だけ": True,
        "A film 漢字": False,
        "film 漢字漢字漢字漢字漢字": True,
        "lovely " * 9 + "漢 " * 90: False,
    }
    found = {text: model.classify([text])[0][0].probability > 0.9999 for text in ruled}
    assert found == ruled


def test_a_higher_temperature_is_less_sure() -> None:
    sure = small().classify(TEXTS[:1])[0][0].probability
    assert small(settings={"temperature": 5.0}).classify(TEXTS[:1])[0][0].probability < sure


def test_what_comes_after_the_longest_is_not_read() -> None:
    model = small("char")
    text = "A lovely film, and it"
    assert model.classify([text[:20]]) == model.classify([text[:20] + "x" * 50])


def test_reasons_are_what_leaving_a_word_out_does() -> None:
    model = small()
    reasons = model.explain(TEXTS[0])
    assert [one.text for one in reasons] == ["A", "lovely", ",", "lovely", "film", "."]
    assert all(TEXTS[0][one.start : one.end] == one.text for one in reasons)
    best = model.classify([TEXTS[0]])[0][0].label

    def odds(text: str) -> float:
        share = next(one.probability for one in model.classify([text])[0] if one.label == best)
        return float(np.log(share / (1 - share)))

    assert reasons[4].weight == pytest.approx(odds(TEXTS[0]) - odds("A lovely, lovely ."), abs=1e-3)
    assert model.explain(TEXTS[0], best) == reasons
    assert model.explain(" ") == []
    with pytest.raises(InputError, match="known are bad, good, odd"):
        model.explain("A film.", "fine")


def test_bad_input() -> None:
    for texts, message in (
        (None, "a list of texts, is expected"),
        ([1], r"texts\[0\]: 1 was received; a text is expected"),
        ([*TEXTS, np.nan], r"texts\[5\]: nan was received; a text is expected"),
    ):
        with pytest.raises(InputError, match=message):
            small().classify(texts)  # type: ignore[call-overload]
    with pytest.raises(InputError, match=r"texts\[1\]: The text holds U\+D800"):
        small().classify(["A film.", "\ud800"])
    with pytest.raises(InputError, match="surrogate"):
        small().classify(["\ud800"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"labels": []}, "labels"), ({"labels": None}, "labels"), ({"labels": ["a", "b"]}, "shape"),
     ({"longest": 0}, "longest"), ({"temperature": -1}, "temperature"), ({"threshold": "x"}, "threshold")],
)  # fmt: skip
def test_an_edited_config_is_reported(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        small(settings=settings)


def test_scores_that_are_no_numbers_are_reported() -> None:
    model = small()
    model.contents.weights["output.bias"][:] = np.nan
    with pytest.raises(ModelError, match="not finite numbers"):
        model.classify(["A film."])


def test_each_of_several_labels_is_a_question_of_its_own() -> None:
    one, model = small(), small(several=True, settings={"threshold": 0.3})
    one.contents.weights["output.bias"][:] = model.contents.weights["output.bias"][:] = [-30, -0.5, 0.5]
    scores = model.log_probs(TEXTS)
    odds = scores - np.log(-np.expm1(scores.astype(np.float64)))
    assert odds[:, 2] - odds[:, 1] == pytest.approx(one.log_probs(TEXTS)[:, 2] - one.log_probs(TEXTS)[:, 1], abs=1e-3)
    found = model.classify(TEXTS, top=1)
    assert found[2] == []
    for own, row in zip(found, np.exp(scores), strict=True):
        assert [label.chosen for label in own] == [label.probability >= 0.3 for label in own]
        assert len(own) == max(1, (row >= 0.3).sum()) or not own
    assert model.classify(TEXTS[:1])[0][-1] == ("bad", pytest.approx(0.0, abs=1e-6), False, None)
    assert model.explain(TEXTS[0], "odd")
    assert one.classify(TEXTS[:1])[0][0].chosen is None


@pytest.mark.parametrize("encoder", ["convolution", "lstm"])
def test_what_is_kept_of_a_vocabulary_changes_nothing(encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = small(encoder=encoder)
    before = [model.log_probs([text]) for text in TEXTS]
    monkeypatch.setattr("seqtext.models.classifier._TOKENS", 12)
    assert np.allclose(model.log_probs(TEXTS), np.concatenate(before), atol=1e-5)
    monkeypatch.setattr("seqtext.models.classifier._KEPT", 10)
    assert np.allclose(small(encoder=encoder).log_probs(TEXTS), np.concatenate(before), atol=1e-5)


def test_a_saved_model_answers_alike(tmp_path: Path) -> None:
    model = small(encoder="convolution")
    model.save(tmp_path / "m", "fp32")
    assert seqtext.load(tmp_path / "m").classify(TEXTS) == model.classify(TEXTS)


@pytest.mark.parametrize("kind", ["word", "bpe", "char"])
def test_only_words_that_are_read_are_weighed(kind: str) -> None:
    """A text a thousand times as long has the same reasons: those of its first 20 tokens."""
    model = small(kind)
    text = "A lovely film. Dull, from end to end! Nobody knows why it was made, or for whom. The film ends. "
    short, long = model.explain(text * 3), model.explain(text * 3000)
    read = model.extent(text)
    assert 0 < read < len(text)
    assert model.classify([text[:read]]) == model.classify([text])
    assert long == short
    words = compiled(WORD_OR_PUNCTUATION).finditer(text)
    assert [one.start for one in long] == [word.start() for word in words if word.start() < read]


@pytest.mark.parametrize("kind", ["word", "bpe", "char"])
def test_words_with_marks_and_letters_without_spaces_are_weighed(kind: str) -> None:
    found = small(kind, settings={"longest": 400}).explain("हिन्दी iPhone 的价❤\ufe0f")
    assert [one.text for one in found] == ["हिन्दी", "iPhone", "的", "价", "❤\ufe0f"]


@pytest.mark.parametrize("kind", ["word", "bpe", "char"])
@pytest.mark.parametrize("unit", ["a ", " ", "\n", "a", "🙂", "...", "\u3000"])
def test_reasons_of_strange_texts_are_quick(kind: str, unit: str) -> None:
    model = small(kind)
    begun = time.process_time()
    model.explain("A film" + unit * 300_000 + " ends.")
    assert time.process_time() - begun < 4.0


def test_words_read_and_cut_are_all_words() -> None:
    model = small()
    text = "A lovely film, a dull end. " * 40
    read, cut = model.words_read(text)
    assert read + cut == len(text.split())
    assert text[: model.extent(text)].split()[:read] == text.split()[:read]
    assert cut > 0
    assert model.words_read("A film.") == (2, 0)
    assert model.words_read("") == (0, 0)
    assert small("char").words_read("x" * 50) == (0, 1)
    read, cut = small("char").words_read("价" * 50)
    assert 0 < read < 20
    assert read + cut == 50


def test_an_answer_shows_whether_its_text_is_unusual() -> None:
    label = Label("ham", 0.5)
    assert repr(Classification([label], unusual=True)) == f"Classification([{label!r}], unusual=True)"
