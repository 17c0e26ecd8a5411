"""What tokens spell: legal tokens agree with the tokenizer and never get stuck."""

import itertools

import numpy as np
import pytest

from seqtext.avoided_words import AvoidedWords, TrieState
from seqtext.config import SearchConfig, TokenizerConfig
from seqtext.decoding.beam import beam_search
from seqtext.decoding.constraints import Completing, Spelling, WholeText, whole
from seqtext.errors import ModelError
from seqtext.tokenizer import BOS, EOS, GLUE, SPECIALS, Tokenizer

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


class Rows:
    """A state without anything in it."""

    def take(self, rows: np.ndarray) -> "Rows":
        return self


def answers(tokenizer: Tokenizer, seed: int, longest: int, search: SearchConfig, rule: WholeText | None) -> list[str]:
    """What a beam search finds that likes parts of characters, white space and U+FFFD best."""
    random = np.random.default_rng(seed)
    liked = np.array(["\ufffd" in one or one.isspace() for one in tokenizer.texts])

    def step(tokens: np.ndarray, state: Rows) -> tuple[np.ndarray, Rows]:
        scores = random.normal(0, 2, (len(tokens), tokenizer.size)) + np.where(liked, 6.0, 0.0)
        scores[:, EOS] += 9.0
        return (scores - np.logaddexp.reduce(scores, 1, keepdims=True)).astype(np.float32), state

    found = beam_search(step, Rows(), np.array([longest] * 3), search, first=BOS, end=EOS, rule=rule)
    assert all(found)  # never at a loss
    assert all(len(one.tokens) <= longest for each in found for one in each)
    return [tokenizer.decode(one.tokens) for each in found for one in each]


@pytest.mark.parametrize("search", [SearchConfig(beam=1), SearchConfig(beam=4, n_best=4), SearchConfig(no_repeat=1)])
def test_a_beam_writes_whole_characters(tokenizer, search) -> None:
    rule = WholeText(tokenizer, EOS)
    for longest in (1, 2, 3, 4, 12):
        texts = [text for seed in range(6) for text in answers(tokenizer, seed, longest, search, rule)]
        assert not any("\ufffd" in text for text in texts)
        assert all(text.strip() for text in texts)
        assert longest < 4 or not all(text.isascii() for text in texts)
        free = [text for seed in range(6) for text in answers(tokenizer, seed, longest, search, None)]
        assert any("\ufffd" in text for text in free)


def test_an_answer_may_be_blank_where_that_is_asked_for(tokenizer) -> None:
    rule = WholeText(tokenizer, EOS)
    search = SearchConfig(n_best=5, min_length=0)
    texts = [text for seed in range(6) for text in answers(tokenizer, seed, 3, search, rule)]
    assert not all(text.strip() for text in texts)
    assert not any("\ufffd" in text for text in texts)


def test_a_replacement_character_is_not_written_in_parts(tokenizer) -> None:
    """Of three bytes, each legal after the last."""
    rule, written, wanted = WholeText(tokenizer, EOS), WholeText(tokenizer, EOS).begin(1, 1), "\ufffd".encode()
    bytewise = {piece: token for token, piece in reversed(list(enumerate(tokenizer.pieces()))) if len(piece) == 1}
    for number, byte in enumerate(wanted):
        log_probs = np.zeros((1, tokenizer.size), np.float32)
        rule.forbid(log_probs, written, np.array([50]))
        token = bytewise[bytes([byte])]
        if tokenizer.tokens == "word" and number:
            token = int(np.flatnonzero(tokenizer.continues & [one == bytes([byte]) for one in tokenizer.pieces()])[0])
        assert np.isfinite(log_probs[0, token]) == (number < 2)
        written = rule.follow(written, [0], np.array([token])) if number < 2 else written


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


@pytest.mark.parametrize("pending", [b"", *(part.encode()[:-1] for part in "é—Ж日")])
@pytest.mark.parametrize("before", ["so sad", "so sa", "so ", ""])
def test_what_completes_an_avoided_word(tokenizer, pending: bytes, before: str) -> None:
    words = AvoidedWords(["sad", "sa日", "caf*"])
    spelling = Spelling(tokenizer)
    place, previous = words.read(TrieState(), before), EOS if tokenizer.tokens == "word" else BOS
    completing = Completing(spelling, words)(place, previous, pending)
    legal = np.flatnonzero(spelling.legal(previous, pending)).tolist()
    spelt = {token: whole(pending + spelling.added(previous, token)) for token in legal}
    ended = {token: text for token, (text, rest) in spelt.items() if text and (pending or not rest)}
    assert completing[[*ended]].tolist() == [words.read(place, text) is None for text in ended.values()]
    if pending and before != "so sa":  # there "日本" may be one token
        assert completing.sum() == completing[[*ended]].sum()
        assert completing.any() == (
            before == "so sad" and pending[0] in "é—日".encode()
        )  # what is half a Ж is a letter


def test_a_foreign_tokenizer_is_named() -> None:
    tokenizer = Tokenizer.train(["日"], TokenizerConfig("char", 300, 1))
    tokenizer.tokens = "bpe"
    with pytest.raises(ModelError, match="has a token '日', which is not ours"):
        Spelling(tokenizer)
