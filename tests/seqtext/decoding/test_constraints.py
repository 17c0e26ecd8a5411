"""What tokens spell: legal tokens agree with the tokenizer and never get stuck."""

import itertools

import numpy as np
import pytest

from seqtext.config import TokenizerConfig
from seqtext.decoding.constraints import Spelling, whole
from seqtext.errors import ModelError
from seqtext.tokenizer import BOS, GLUE, SPECIALS, Tokenizer

TEXTS = ["the old dog sat by the door\n", "a café is open\n", "he said no, not (me)\n", "l’été 日本語\n", "I don't\n"]


@pytest.fixture(scope="module", params=["char", "word", "bpe"])
def tokenizer(request) -> Tokenizer:
    return Tokenizer.train(TEXTS * 3, TokenizerConfig(request.param, 700, 1))


def test_legal_tokens_spell_what_they_decode_to(tokenizer) -> None:
    """Random walks over legal tokens, biased to bytes, agree with the tokenizer and never get stuck."""
    spelling, random = Spelling(tokenizer), np.random.default_rng(1)
    rare = np.array([not one.isascii() or one == "" for one in tokenizer.texts])
    for _ in range(12):
        ids, text, pending, previous = [], "", b"", BOS
        for _ in range(60):
            legal = np.flatnonzero(spelling.legal(previous, pending) & (rare | (random.random(tokenizer.size) < 0.1)))
            token = int(random.choice(legal if len(legal) else np.flatnonzero(spelling.legal(previous, pending))))
            added, pending = whole(pending + spelling.added(previous, token))
            assert len(pending) < 4
            barrier = spelling.barrier(token, pending)
            assert barrier.dtype == np.float32
            assert np.array_equal(np.where(spelling.legal(token, pending), 0, -np.inf), barrier)
            text, previous = text + added, token
            ids.append(token)
            if not pending:
                assert text == tokenizer.decode(ids)
        assert "\ufffd" not in text
        assert not set(ids) & (set(range(len(SPECIALS))) - {GLUE})
        assert tokenizer.tokens == "word" or GLUE not in ids


def test_the_tokens_of_a_text_are_legal(tokenizer) -> None:
    spelling = Spelling(tokenizer)
    for text in [*TEXTS, "x\u0000\U0010ffff\ud7ff\ue000 ~~ \u0300", "a  b\t\n\n  c(d)e", "🙂🙂 ß! 12345"]:
        previous, data = BOS, b""
        for token in tokenizer.encode(text).ids.tolist():
            pending = whole(data)[1]
            assert spelling.legal(previous, pending)[token]
            data, previous = data + spelling.added(previous, token), token
        assert data.decode() == text


def can_be_whole(data: bytes) -> bool:
    tails = [bytes(tail) for count in range(4) for tail in itertools.product([0x80, 0x90, 0xA0], repeat=count)]
    for tail in tails:
        try:
            (data + tail).decode()
        except UnicodeDecodeError:
            continue
        return True
    return False


def test_bytes_that_may_follow_are_those_of_utf_8() -> None:
    """No overlong forms, no halves of surrogate pairs, nothing beyond U+10FFFF: whatever some character has there."""
    tokenizer = Tokenizer.train(["a"], TokenizerConfig("char", 300, 1))
    spelling = Spelling(tokenizer)
    byte_tokens = np.arange(256) + len(SPECIALS)
    assert [spelling.pieces[token][0] for token in byte_tokens] == list(range(256))
    leads = [bytes([lead]) for lead in range(0xC2, 0xF5)]
    seconds = [bytes(two) for two in itertools.product([0xE0, 0xE7, 0xED, 0xF0, 0xF3, 0xF4], [0x80, 0x8F, 0x9F, 0xBF])]
    thirds = [two + b"\x80" for two in seconds if two[0] >= 0xF0]
    for pending in [b"", *leads, *filter(can_be_whole, seconds + thirds)]:
        legal = spelling.legal(BOS, pending)[byte_tokens]
        assert legal.tolist() == [can_be_whole(pending + bytes([byte])) for byte in range(256)]


def test_what_fits(tokenizer) -> None:
    spelling = Spelling(tokenizer)
    previous = int(tokenizer.encode("the old").ids[-1])
    for wanted in (" ", "d", " do", " dog", " dogged", "é", " 日", "\n"):
        found = spelling.fits(previous, wanted.encode())
        for token in range(len(SPECIALS), tokenizer.size):
            added, data = spelling.added(previous, token), wanted.encode()
            assert found[token] == (data.startswith(added) or added.startswith(data))
    assert not spelling.fits(previous, b" ")[: len(SPECIALS)].any()


def test_a_foreign_tokenizer_is_named() -> None:
    tokenizer = Tokenizer.train(["日"], TokenizerConfig("char", 300, 1))
    tokenizer.tokens = "bpe"
    with pytest.raises(ModelError, match="has a token '日', which is not ours"):
        Spelling(tokenizer)
