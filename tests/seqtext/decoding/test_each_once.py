"""An answer holds each stand-in of its source exactly once."""

from functools import cache

import numpy as np
import pytest

from seqtext.config import SearchConfig, TokenizerConfig
from seqtext.decoding.beam import beam_search
from seqtext.decoding.each_once import EachOnce
from seqtext.tokenizer import BOS, EOS, Tokenizer

STAND_INS = ("\ue001", "\ue002", "\ue011")


@cache
def tokenizer() -> Tokenizer:
    texts = ["a \ue001 b", "a\ue001 \ue002 b\ue002", " \ue011 c\ue011"] * 9
    return Tokenizer.train(texts, TokenizerConfig("bpe", 300, 2))


def ids(text: str) -> list[int]:
    return [int(one) for one in tokenizer().encode(text).ids]


def test_what_a_source_needs() -> None:
    once = EachOnce(tokenizer(), STAND_INS, EOS)
    assert once.needed(ids(" a \ue001 b\ue002")) == {"\ue001", "\ue002"}
    assert once.needed(ids(" a b")) == frozenset()


def test_what_may_follow() -> None:
    once = EachOnce(tokenizer(), STAND_INS, EOS)
    needed = once.needed(ids(" a \ue001 b\ue002"))
    (first,), second = ids(" \ue001"), ids("b\ue002")[-1]
    assert not once(needed, ())[[first, second]].any()
    assert once(needed, ())[EOS]
    assert once(needed, (first,))[first]
    assert not once(needed, (first,))[second]
    assert not once(needed, (first, second))[EOS]
    assert once(needed, ())[ids(" \ue011")].all()  # of another source
    assert once(frozenset(), ())[tokenizer().pieces().index(b"\xee")]  # the first byte of them all, alone


@pytest.mark.parametrize("wanted", ["", "\ue001", "\ue001\ue002", "\ue001\ue002\ue011"])
def test_the_best_answer_holds_each_once_whatever_a_network_likes(wanted: str) -> None:
    once = EachOnce(tokenizer(), STAND_INS, EOS)
    draw = np.random.default_rng(len(wanted))
    table = draw.standard_normal((tokenizer().size, tokenizer().size)).astype(np.float32)
    table[:, ids(" \ue001") + ids(" \ue002") + ids(" \ue011") + [EOS]] += 4.0  # again and again, and an early end
    table -= np.log(np.exp(table).sum(1, keepdims=True))

    class State:
        def take(self, rows: object) -> "State":
            return self

    found = beam_search(
        lambda tokens, state: (table[tokens].copy(), state), State(), np.array([12]), SearchConfig(beam=3),
        first=BOS, end=EOS, barred=lambda number, tokens: once(frozenset(wanted), tokens),
    )  # fmt: skip
    text = tokenizer().decode(found[0][0].tokens)
    assert {one: text.count(one) for one in STAND_INS} == {one: int(one in wanted) for one in STAND_INS}
