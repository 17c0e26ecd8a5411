"""How pairs become ids: spaces, tokenizers of one or two sides, words made of pieces."""

import json

import pytest

from seqtext.config import TokenizerConfig
from seqtext.errors import ModelError
from seqtext.models.pair_text import join_tokenizers, plain, side_ids, tokenizers_from, words_of_pieces
from seqtext.tokenizer import Tokenizer

TEXTS = ["The boat left at nine.", "A boat, a red one, came back at night!", "Le bateau est parti."]


def tokenizer_of(tokens: str) -> Tokenizer:
    return Tokenizer.train(TEXTS * 3, TokenizerConfig(tokens, 600, 2))


def test_white_space_becomes_single_spaces() -> None:
    assert plain(" a\t b\n\nc ", "bpe") == " a b c"
    assert plain(" a\t b ", "word") == "a b"
    assert plain("  ", "bpe") == ""


@pytest.mark.parametrize("tokens", ["bpe", "word", "char"])
@pytest.mark.parametrize("text", [*TEXTS, "Zürich 1871 — 東京", "boat"])
def test_ids_spell_the_text(tokens: str, text: str) -> None:
    tokenizer = tokenizer_of(tokens)
    assert " ".join(tokenizer.decode(side_ids(text, tokenizer)).split()) == text
    assert len(side_ids("  ", tokenizer)) == 0


def test_a_word_is_cut_alike_at_the_start_and_in_the_middle() -> None:
    tokenizer = tokenizer_of("bpe")
    first, inside = side_ids("Quixbury went home", tokenizer), side_ids("we saw Quixbury", tokenizer)
    count = len(side_ids("Quixbury", tokenizer))
    assert first[:count].tolist() == inside[-count:].tolist()


def test_two_tokenizers_fit_into_one_file() -> None:
    source, target = tokenizer_of("bpe"), Tokenizer.train(["autre chose"] * 3, TokenizerConfig("bpe", 400, 2))
    again = tokenizers_from(join_tokenizers(source, target), "bpe")
    assert [one.size for one in again] == [source.size, target.size]
    shared = tokenizers_from(join_tokenizers(source, source), "bpe")
    assert shared[0] is shared[1]
    with pytest.raises(ModelError, match=r"not JSON"):
        tokenizers_from("{", "bpe")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"source": {}, "target": ' + "[" * 100_000, "nested too deeply"),
        ('{"source": "' + "[" * 100_000 + '", "target": "{}"}', "nested too deeply"),
        ('{"source": "{}"}', "holds 'source': \"{}\"; two tokenizers are written as texts named source and target"),
        ('{"source": "{}", "target": null}', "holds 'source': \"{}\", 'target': null; two"),
        ('{"source": {"model": 1}, "target": {}}', "holds 'source': an object, 'target': {}; two"),
        ('{"source": "{}", "target": "{}", "model": {}}', "holds .*'model': {}; two"),
        ('{"source": "{}", "target": "{}"}', "it has null as 'model'"),
        ("3", "it holds 3, where an object"),
        ("{}", "it has null as 'model'"),
        ('"text"', 'it holds "text", where an object'),
    ],
    ids=lambda value: value[:40],
)
def test_what_holds_no_two_tokenizers_is_refused(data: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        tokenizers_from(data, "bpe")


@pytest.mark.parametrize("side", ["source", "target"])
def test_both_tokenizers_are_checked(side: str) -> None:
    fine, other = tokenizer_of("bpe").to_json(), tokenizer_of("word").to_json()
    for bad, words in [
        (fine.replace('"truncation":null', '"truncation":{}'), "sets 'truncation' to {}; seqtext writes null"),
        (fine.replace('"dropout":null', '"dropout":1'), "sets 'model.dropout' to 1; seqtext writes null there"),
        (other, "of the kind 'word'; the settings of the model say 'bpe'"),
        (json.dumps({"source": fine, "target": fine}), "it has null as 'model'"),
    ]:
        with pytest.raises(ModelError, match=words):
            tokenizers_from(json.dumps({"source": fine, "target": fine, side: bad}), "bpe")


@pytest.mark.parametrize("tokens", ["bpe", "word", "char"])
def test_words_are_put_together_again(tokens: str) -> None:
    tokenizer = tokenizer_of(tokens)
    ids = side_ids("The Quixbury boat left, twice.", tokenizer)
    words, starts = words_of_pieces(ids, tokenizer)
    assert words == ["The", "Quixbury", "boat", "left", ",", "twice", "."]
    assert starts[0] == 0
    assert (starts[1:] > starts[:-1]).all()
    assert words_of_pieces([], tokenizer)[0] == []
