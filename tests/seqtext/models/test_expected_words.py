"""What words are expected in gaps: as `fill` and `evidence` tell it, for every kind of model."""

import numpy as np
import pytest

from builders import random_weights, tokenizer_of, unsaved_model
from seqtext.config import DIRECTIONS, READERS, FillConfig
from seqtext.models.blank_filler import BlankFiller
from seqtext.models.expected_words import ExpectedWords, GapContext
from seqtext.models.searched_words import SearchedWords
from seqtext.networks.blank_filler import expected_shapes
from seqtext.networks.evidence import read_around

PIECES = ["", "the", " ", "old", " ", "dog", " ", "sat", " ", "by", " the ", "door", "."]
OTHER = ["", "the", " ", "fox", " ", "ran", ""]


def small(kind: str, **changes: object) -> BlankFiller:
    tokenizer, settings = tokenizer_of(kind), {"hidden": 16, "embedding": 12, **changes}
    config = FillConfig(**settings)
    weights = random_weights(expected_shapes(config, tokenizer.size))
    return BlankFiller(unsaved_model("fill", config, tokenizer, weights, temperature=1.5))


def expected(model: BlankFiller) -> ExpectedWords:
    return ExpectedWords(model.readers, model.tokenizer, model.config.direction == "backward", model.temperature)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("cell", READERS)
def test_a_gap_is_read_as_a_blank_is(cell, direction) -> None:
    model = small("word", cell=cell, direction=direction, bag=direction == "both" and cell != "feedforward")
    contexts = [GapContext(PIECES, 5), GapContext(PIECES, 11), GapContext(OTHER, 3)]
    found = expected(model)
    queries, bag = found.queries(contexts)
    assert queries.shape == bag.shape == (3, 12)
    log_probs = found.log_probs(queries)
    for row, context in zip(log_probs, contexts, strict=True):
        segments = model.segments(["".join(context.sides[:1]), context.sides[1]])
        around = read_around(model.readers, *[[one] for one in segments])
        asked = model.readers.query(around.state.hidden[:, -1], around.state.bag, around.right)
        np.testing.assert_allclose(row, found.log_probs(asked)[0], atol=2e-5)
        assert np.exp(row).sum() == pytest.approx(1.0, abs=1e-4)


def test_answers_are_those_of_the_words_in_the_gaps() -> None:
    found = expected(small("word"))
    contexts = [GapContext(OTHER, 5), GapContext(PIECES, 3)]
    answers, read = found.answers(contexts)
    rows = found.log_probs(read)
    assert answers.tolist() == [rows[0][found.ids["ran"]], rows[1][found.ids["old"]]]
    assert found.answers([])[0].shape == (0,)


def test_an_outlook_begins_with_the_answer() -> None:
    found = expected(small("word"))
    context, wide = GapContext(OTHER, 3), GapContext([*OTHER[:-1], " . ", *PIECES[1:]], 3)
    _, read = found.answers([context])
    (outlook,) = found.outlooks([context], read, [wide])
    assert outlook.words[0] == "fox"
    assert len(set(outlook.words)) == len(outlook.words)
    for gap, row in ((context.within(2), outlook.narrow), (context, outlook.sentence), (wide, outlook.wide)):
        log_probs = found.log_probs(found.queries([gap])[0])[0]
        np.testing.assert_allclose(row, log_probs[[found.ids[word] for word in outlook.words]], atol=1e-5)


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_searched_words_are_weighed_by_evidence(kind) -> None:
    model = small(kind)
    found = SearchedWords(model)
    context, wide = GapContext(OTHER, 3), GapContext([*OTHER[:-1], " . ", *PIECES[1:]], 3)
    (answer,), read = found.answers([context])
    assert answer == pytest.approx(model.evidence("the ___ ran", "fox")["span"], abs=1e-4)
    (outlook,) = found.outlooks([context], read, [wide])
    assert outlook.words[0] == "fox"
    assert len(outlook.words) > 5
    for column, text in ((outlook.sentence, "the ___ ran"), (outlook.frequency, "___")):
        for word, value in zip(outlook.words[:4], column[:4], strict=True):
            assert value == pytest.approx(model.evidence(text, word)["span"], abs=1e-4)


def test_likeness_is_a_cosine_with_the_answer() -> None:
    model = small("word")
    found = expected(model)
    context = GapContext(OTHER, 3)
    (outlook,) = found.outlooks([context], found.answers([context])[1], [context])
    vectors = model.readers.embedding - model.readers.embedding.mean(0)
    fox, other = (vectors[found.ids[word]] for word in ("fox", outlook.words[5]))
    assert outlook.likeness[0] == pytest.approx(1.0)
    assert outlook.likeness[5] == pytest.approx(fox @ other / np.linalg.norm(fox) / np.linalg.norm(other), abs=1e-5)


def test_without_a_bag_the_answer_alone_belongs_to_the_topic() -> None:
    found = SearchedWords(small("bpe", bag=False))
    context = GapContext(OTHER, 3)
    (outlook,) = found.outlooks([context], np.zeros(1), [context])
    assert (outlook.bag - outlook.frequency).tolist() == pytest.approx([1.0] + [-1.0] * (len(outlook.words) - 1))


def test_a_window_has_so_many_words_on_each_side() -> None:
    assert GapContext(PIECES, 7).within(1) == GapContext(["dog", " ", "sat", " ", "by"], 2)
    assert GapContext(PIECES, 1).within(1) == GapContext(["", "the", " ", "old"], 1)
    assert GapContext(PIECES, 5).sides == ("the old ", " sat by the door.")
