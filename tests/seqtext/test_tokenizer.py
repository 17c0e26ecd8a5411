"""The tokenizer: every text comes back exactly, no text makes a special id, every offset points into the text."""

from typing import NoReturn

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, models, pre_tokenizers
from tokenizers import Tokenizer as Backend

from seqtext import spelling
from seqtext.config import TOKENS, TokenizerConfig
from seqtext.errors import InputError, ModelError
from seqtext.models.pair_text import tokenizers_from
from seqtext.storage.catalog import bundled
from seqtext.storage.model_folder import read_folder
from seqtext.tokenizer import BLANK, BOS, END, EOS, GLUE, PAD, SPECIALS, UNK, Tokenizer
from seqtext.vocabulary import _in_pieces

CORPUS = [
    "The quick brown fox jumped over the lazy dog.",
    "He said: \"I don't know (yet), Mr. Smith's dog isn't here!\"",
    "naïve café – 3.14 costs $20, 100% sure…  two  spaces\tand\na line",
    "日本語のテキスト 😀 Привет, мир!",
] * 3
#: Enough room for every one-byte token of any kind and some words.
SETTINGS = {kind: TokenizerConfig(kind, 900, 1) for kind in TOKENS}
TOKENIZERS = {kind: Tokenizer.train(CORPUS, config) for kind, config in SETTINGS.items()}
#: Texts that come from other alphabets, odd white space, marks, and what could be taken for syntax.
AWKWARD = st.text(
    st.one_of(
        st.sampled_from(" \t\n\r\u00a0\u3000\u2028.,!?'’\"()[]-_–##Ġ<>0123456789abcXYZéß中😀\u0301\u200d\ufffd\0"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)
every_kind = pytest.mark.parametrize("kind", TOKENS)


@every_kind
@settings(max_examples=150, deadline=None)
@example("")
@example(" ")
@example("a  b")
@example(" a b ")
@example("##a ## b")
@example("don't Don'T o'clock dogs' 's x's")
@example("word" * 40)
@example("a" + " " * 50 + "b")
@given(text=AWKWARD)
def test_any_text_comes_back(kind: str, text: str) -> None:
    tokenizer = TOKENIZERS[kind]
    ids, offsets = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert ids.dtype == np.int32
    assert offsets.shape == (len(ids), 2)
    assert set(ids[ids < len(SPECIALS)].tolist()) <= {GLUE}  # the only special id that a text can have
    assert (ids < tokenizer.size).all()


@settings(max_examples=200, deadline=None)
@example(["", "\U0010ffff\0", "€"])
@given(texts=st.lists(AWKWARD, max_size=3))
def test_the_quick_way_through_characters_gives_the_same_ids(texts: list[str]) -> None:
    tokenizer = TOKENIZERS["char"]
    for text, ids in zip(texts, tokenizer.stream(texts), strict=True):
        assert ids.tolist() == tokenizer.encode(text).ids.tolist()
        assert ids.dtype == np.int32


@every_kind
@settings(max_examples=100, deadline=None)
@given(text=AWKWARD)
def test_offsets_point_into_the_text(kind: str, text: str) -> None:
    tokenizer = TOKENIZERS[kind]
    for spacing in (True, False):
        ids, offsets = tokenizer.encode(text, spacing=spacing)
        assert (np.diff(offsets, axis=0) >= 0).all()  # in order, and none goes back
        assert ((offsets >= 0) & (offsets <= len(text))).all()
        for token, (start, end) in zip(ids.tolist(), offsets.tolist(), strict=True):
            spelled = tokenizer.text_of(token)
            if token == GLUE:
                assert start == end
            elif "\ufffd" not in spelled:  # a byte of a character covers the whole character
                assert text[start:end] == spelled
            else:
                assert end - start >= 1
        covered = {place for start, end in offsets.tolist() for place in range(start, end)}
        left_out = "".join(letter for place, letter in enumerate(text) if place not in covered)
        assert not left_out.strip()  # only white space is ever left out
        if kind != "word":
            assert left_out == ""


@every_kind
@pytest.mark.parametrize("name", SPECIALS)
def test_the_name_of_a_special_id_is_plain_text(kind: str, name: str) -> None:
    for tokenizer in (TOKENIZERS[kind], Tokenizer.train([name] * 9, SETTINGS[kind])):
        for text in (name, f"a {name} b", name * 2):
            ids = tokenizer.encode(text).ids
            assert not set(ids.tolist()) & {PAD, UNK, BOS, EOS, BLANK, END}
            assert tokenizer.decode(ids) == text
        restored = Tokenizer.from_json(tokenizer.to_json(), kind)
        assert restored.encode(name).ids.tolist() == tokenizer.encode(name).ids.tolist()


@every_kind
def test_special_ids_are_left_out_of_texts(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]
    ids = tokenizer.encode("the dog").ids.tolist()
    assert tokenizer.decode([BOS, *ids, EOS, PAD, PAD]) == "the dog"
    assert tokenizer.decode([]) == tokenizer.decode([BLANK]) == ""
    assert [tokenizer.text_of(number) for number in range(len(SPECIALS))] == [""] * len(SPECIALS)
    assert tokenizer.texts == [tokenizer.text_of(number) for number in range(tokenizer.size)]


def check_spelling(tokenizer: Tokenizer) -> None:
    """Hold all that is found for a whole vocabulary at once to what the backend's decoder says token by token."""
    texts = [tokenizer.text_of(number) for number in range(tokenizer.size)]
    assert tokenizer.texts == texts
    marks = [any(c.isalnum() or c == "\ufffd" for c in text) for text in texts]
    assert tokenizer.wordlike.tolist() == marks
    pieces = tokenizer.pieces()
    assert [piece.decode(errors="replace") for piece in pieces] == texts
    assert tokenizer.pieces([300, 7, 300]) == [pieces[300], pieces[7], pieces[300]]
    left, right, both = (set(spelling.__dict__[f"_ATTACH_{side}"]) for side in ("LEFT", "RIGHT", "BOTH"))
    assert tokenizer.spacing.white.tolist() == [text.isspace() for text in texts]
    assert tokenizer.spacing.left.tolist() == [text in left | both for text in texts]
    assert tokenizer.spacing.right.tolist() == [text in right | both for text in texts]
    if tokenizer.tokens == "word":
        names = [str(tokenizer._backend.id_to_token(number)) for number in range(tokenizer.size)]
        assert tokenizer.continues.tolist() == [len(name) > 2 and name.startswith("##") for name in names]
        assert tokenizer.spacing.continues is tokenizer.continues


@every_kind
def test_a_vocabulary_is_spelled_as_its_tokens_are(kind: str) -> None:
    spaces = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
    odd = [f"a{space}b {space * 3}" for space in spaces] + [f"x{sign}y {sign} 's ’S" for sign in "-–…«»“¿¡£€##<0xC3>"]
    tokenizer = Tokenizer.train([*CORPUS, *odd * 3], TokenizerConfig(kind, 2000, 1))
    check_spelling(tokenizer)
    check_spelling(Tokenizer.from_json(tokenizer.to_json(), kind))


@pytest.mark.parametrize("name", sorted(bundled()))
def test_a_bundled_vocabulary_is_spelled_as_its_tokens_are(name: str) -> None:
    contents = read_folder(bundled()[name])
    for tokenizer in tokenizers_from(contents.tokenizer, contents.config["tokenizer"]["tokens"]):
        check_spelling(tokenizer)


@every_kind
def test_json_is_read_as_the_backend_reads_it(kind: str) -> None:
    data = TOKENIZERS[kind].to_json()
    ours, theirs = Tokenizer.from_json(data, kind), Tokenizer(Backend.from_str(data), kind)
    assert ours.to_json() == theirs.to_json() == data
    assert ours._names == theirs._names
    for text in CORPUS:
        assert ours.encode(text).ids.tolist() == theirs.encode(text).ids.tolist()
        assert ours.encode(text, spacing=False).ids.tolist() == theirs.encode(text, spacing=False).ids.tolist()


def test_a_tokenizer_of_special_ids_alone_spells_nothing() -> None:
    backend = Backend(models.BPE({name: number for number, name in enumerate(SPECIALS)}, []))
    tokenizer = Tokenizer(backend, "bpe")
    assert tokenizer.pieces() == [b""] * len(SPECIALS)
    assert not tokenizer.wordlike.any()


@every_kind
def test_symbols_never_seen_are_spelled(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]
    for text in ("Ω", "𓀀𓀁", "zyzzyva", "Ωmega 中国"):
        ids = tokenizer.encode(text).ids
        assert UNK not in ids
        assert tokenizer.decode(ids) == text
    first_byte = tokenizer.encode("Ω").ids[:1]
    assert tokenizer.decode(first_byte) == "\ufffd"


@every_kind
@pytest.mark.parametrize(("text", "place", "code"), [("\ud800", 1, "D800"), ("ab\udcff", 3, "DCFF")])
def test_half_a_surrogate_pair(kind: str, text: str, place: int, code: str) -> None:
    tokenizer = TOKENIZERS[kind]
    many = [lambda one: tokenizer.encode_batch(["fine", one]), lambda one: list(tokenizer.stream(["fine", one]))]
    for encode in (tokenizer.encode, *many):
        with pytest.raises(InputError) as caught:
            encode(text)
        assert caught.value.message == (
            f"The text holds U+{code} at character {place}, half of a surrogate pair; whole Unicode characters are "
            "expected."
        )
        assert caught.value.hint == "remove that character, or read the file with encoding_errors='replace'"


def test_what_is_no_text() -> None:
    with pytest.raises(InputError, match=r"The texts could not be read: \[3\]; strings are expected\."):
        TOKENIZERS["word"].encode(3)  # type: ignore[arg-type]


# Spacing of the word kind


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("the dog", ["the", "dog"]),
        ("the  dog", ["the", "  ", "dog"]),
        ("dog.", ["dog", "."]),
        ("dog .", ["dog", " ", "."]),
        ("(the dog)", ["(", "the", "dog", ")"]),
        ("dog-dog", ["dog", "-", "dog"]),
        ("dog - dog", ["dog", " ", "-", " ", "dog"]),
        ("dog's", ["dog", "'s"]),
        ("don't know", ["don't", "know"]),
        ("dog.the", ["dog", ".", "GLUE", "the"]),
        ("dog. the", ["dog", ".", "the"]),
        (" the", [" ", "the"]),
        ("the ", ["the", " "]),
    ],
)
def test_spacing(text: str, names: list[str]) -> None:
    tokenizer = Tokenizer.train(["the dog don't know's ( ) . - "] * 2, TokenizerConfig("word", 900, 1))
    found = tokenizer.encode(text).ids.tolist()
    joined: list[str] = []
    for token in found:
        spelled = "GLUE" if token == GLUE else tokenizer.text_of(token)
        if joined and (tokenizer.continues[token]):
            joined[-1] += spelled
        else:
            joined.append(spelled)
    assert joined == names
    assert tokenizer.decode(found) == text


def test_without_spacing_white_space_is_left_out() -> None:
    tokenizer = TOKENIZERS["word"]
    plain, wide = (tokenizer.encode(text, spacing=False).ids.tolist() for text in ("the dog.", " the\t\n  dog ."))
    assert plain == wide
    assert tokenizer.encode("the dog.").ids.tolist() == plain
    assert GLUE not in tokenizer.encode("dog.the", spacing=False).ids


@every_kind
def test_batches_and_streams_equal_single_texts(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]
    texts = ["", "the dog", *CORPUS, "\n"]
    for spacing in (True, False):
        for one, text in zip(tokenizer.encode_batch(texts, spacing=spacing), texts, strict=True):
            assert one.ids.tolist() == tokenizer.encode(text, spacing=spacing).ids.tolist()
    for batch in (1, 3, 1024):
        streamed = [ids.tolist() for ids in tokenizer.stream(iter(texts), batch)]
        assert streamed == [tokenizer.encode(text, spacing=False).ids.tolist() for text in texts]
    assert tokenizer.decode(tokenizer.encode("the  dog").ids) == "the  dog"  # a stream leaves no trace


# Vocabularies


@every_kind
@pytest.mark.parametrize("room", [0, 300, 600, 700])
def test_the_vocabulary_keeps_its_limit(kind: str, room: int) -> None:
    """Bytes and special ids are always there, so the smallest vocabulary is larger than 300 for words."""
    needed = {"char": 263, "word": 519, "bpe": 263}[kind]
    letters = "".join(chr(0x4E00 + number) for number in range(500))
    words = " ".join(f"w{chr(97 + a)}{chr(97 + b)}" for a in range(20) for b in range(20))
    tokenizer = Tokenizer.train([letters, words], TokenizerConfig(kind, max(300, room), 1))
    assert needed <= tokenizer.size <= max(needed, room, 300)
    assert tokenizer.size == max(needed, room, 300)  # the room is used


@every_kind
def test_frequent_tokens_get_low_ids(kind: str) -> None:
    tokenizer = Tokenizer.train(["zz " * 30 + "yy " * 20 + "xx " * 10], TokenizerConfig(kind, 900, 1))
    names = {"char": "zyx", "word": ["zz", "yy", "xx"], "bpe": ["zz", "yy", "xx"]}[kind]
    ids = [next(n for n in range(tokenizer.size - 1, 0, -1) if tokenizer.texts[n].strip() == name) for name in names]
    assert ids == sorted(ids)


def test_rare_words_are_spelled() -> None:
    texts = ["often often often rare"]
    kept = Tokenizer.train(texts, TokenizerConfig("word", 900, 3))
    assert len(kept.encode("often").ids) == 1
    assert len(kept.encode("rare").ids) == 4
    assert len(Tokenizer.train(texts, TokenizerConfig("word", 900, 1)).encode("rare").ids) == 1


def test_wordlike_and_continues() -> None:
    tokenizer = TOKENIZERS["word"]
    (word,), (dot,) = tokenizer.encode("dog").ids, tokenizer.encode(".").ids
    assert tokenizer.wordlike[word]
    assert not tokenizer.wordlike[dot]
    assert not tokenizer.wordlike[: len(SPECIALS)].any()
    assert not tokenizer.continues[: len(SPECIALS)].any()
    spelled = tokenizer.encode("zyzzyva").ids
    assert tokenizer.continues[spelled].tolist() == [False] + [True] * (len(spelled) - 1)


# tokenizer.json


@every_kind
def test_saved_and_restored(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]
    list(tokenizer.stream(["the dog"]))  # what was done before saving changes nothing
    saved = tokenizer.to_json()
    restored = Tokenizer.from_json(saved, kind)
    assert (restored.to_json(), restored.size, restored.tokens) == (saved, tokenizer.size, kind)
    for text in [*CORPUS, "Ω  zyzzyva's"]:
        assert restored.encode(text).ids.tolist() == tokenizer.encode(text).ids.tolist()
        assert restored.encode(text, spacing=False).ids.tolist() == tokenizer.encode(text, spacing=False).ids.tolist()
        assert restored.decode(restored.encode(text).ids) == text


@pytest.mark.parametrize("data", ["", "{}", "[1]", "null", '{"model": 3}', "\ufeff{}"])
def test_a_damaged_tokenizer_file(data: str) -> None:
    with pytest.raises(ModelError, match=r"tokenizer\.json cannot be read: .*Try: fetch or train the model again"):
        Tokenizer.from_json(data, "word")


class Panicking:
    """A backend, or a part of one, that panics as code in Rust does: with what is no Exception."""

    class PanicException(BaseException):
        """Named as that of pyo3, which cannot be imported."""

    def __getattr__(self, name: str) -> NoReturn:
        raise self.PanicException("index out of bounds")


@every_kind
def test_a_panic_over_a_text_is_a_fault(kind: str) -> None:
    tokenizer = Tokenizer.from_json(TOKENIZERS[kind].to_json(), kind)
    tokenizer._backend = Panicking()
    quick = [] if kind == "char" else [lambda text: list(tokenizer.stream([text]))]
    tokenizer._tight = tokenizer._backend
    for encode in (lambda text: tokenizer.encode(text, spacing=False), *quick):
        with pytest.raises(
            InputError, match=r"could not be cut into tokens: index out of bounds\. Try: leave that text"
        ):
            encode("the dog")


def test_a_panic_of_the_library_itself_is_a_fault() -> None:
    backend = Backend.from_str(TOKENIZERS["bpe"].to_json())
    backend.pre_tokenizer = pre_tokenizers.Split(Regex("(a|aa)+$"), "isolated")
    with pytest.raises(InputError, match="could not be cut into tokens"):
        Tokenizer(backend, "bpe").encode("a" * 60 + "!")


def test_a_vocabulary_is_extended_by_the_words_that_it_would_spell() -> None:
    old = TOKENIZERS["word"]
    texts = ["a zebra and a zebra saw a zebu, the zebu saw it", "okapi fox"]
    new = old.extended(texts, TokenizerConfig("word", old.size + 5, 2))
    assert new.texts[: old.size] == old.texts
    assert {"zebra", "zebu"} <= set(new.texts[old.size :]) <= {"zebra", "zebu", "saw", "a"}  # the others came once
    assert old.extended(texts, TokenizerConfig("word", old.size + 1, 1)).size == old.size + 1
    assert len(new.encode("zebra").ids) == 1
    assert len(old.encode("zebra").ids) > 1
    assert new.decode(new.encode("A zebra, don't you see?").ids) == "A zebra, don't you see?"
    full = old.extended(["zebra zebra"], TokenizerConfig("word", 300, 1))
    assert full.size == old.size
    for kind in ("char", "bpe"):
        assert TOKENIZERS[kind].extended(["zebra zebra"], SETTINGS[kind]) is TOKENIZERS[kind]


@every_kind
def test_capitals_have_small_letters(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]
    folded = tokenizer.folded
    assert folded.shape == (tokenizer.size,)
    assert (folded[folded] == folded).all()
    for text, small in zip(tokenizer.texts, folded, strict=True):
        assert tokenizer.texts[small] in (text, text.lower())
    (large,) = tokenizer.encode("H").ids
    assert tokenizer.text_of(int(folded[large])) == "h"


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
@pytest.mark.parametrize("unit", ["the cat sat. ", "a", " ", "\n", "e\u0301", "🙂", "don't", "1-", "Qü "])
def test_a_beginning_has_the_same_first_tokens(kind: str, unit: str) -> None:
    """Whatever a text is made of; and the rest is not looked at."""
    tokenizer = Tokenizer.train(["the cat sat.", "the dog sat."] * 3, TokenizerConfig(kind, 600, 1))
    text = (unit * 20_000)[:60_000] + "the end"
    start = tokenizer.beginning(text, 50)
    assert text.startswith(start)
    assert len(start) < 10_000 or (kind == "word" and unit.isspace())
    whole = tokenizer.encode(text, spacing=False)
    assert tokenizer.encode(start, spacing=False).ids[:50].tolist() == whole.ids[:50].tolist()
    assert tokenizer.encode(start).ids[:50].tolist() == tokenizer.encode(text).ids[:50].tolist()
    assert tokenizer.extent(text, 50) == (whole.offsets[49, 1] if len(whole.ids) > 50 else len(text))
    assert tokenizer.beginning("the cat", 50) == "the cat"
    assert tokenizer.extent("the cat", 50) == 7


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_a_trainer_is_given_a_long_text_in_pieces(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They count no token twice and cut none, so that the vocabulary is that of the whole text."""
    lines = [f"the {word} sat, «{word}»; don't {word}-{word}.  Then... " for word in ("cat", "dog", "bird", "très")]
    whole = "".join(lines * 400)
    assert max(map(len, _in_pieces([whole]))) < 17_000 < len(whole)
    one = Tokenizer.train([whole], TokenizerConfig(kind, 700, 1)).to_json()
    monkeypatch.setattr("seqtext.vocabulary._PIECE", len(whole))
    assert one == Tokenizer.train([whole], TokenizerConfig(kind, 700, 1)).to_json()
    monkeypatch.setattr("seqtext.vocabulary._PIECE", 1)
    assert one == Tokenizer.train([whole], TokenizerConfig(kind, 700, 1)).to_json()


@every_kind
def test_texts_are_brought_to_a_form_on_both_ways_into_tokens(kind: str) -> None:
    tokenizer = Tokenizer.train(CORPUS, SETTINGS[kind], "read")
    plain, typed = "don't find café 3", "\ufeffdon’t\u00a0ﬁnd cafe\u0301 ３"
    ids, offsets = tokenizer.encode(typed)
    assert ids.tolist() == tokenizer.encode(plain).ids.tolist()
    assert [one.tolist() for one in tokenizer.stream([typed])] == [one.tolist() for one in tokenizer.stream([plain])]
    assert typed[offsets[0, 0] : offsets[-1, 1]] == typed[1:]  # offsets point into the text as typed
    for count in range(1, len(ids) + 2):
        assert typed[: tokenizer.extent(typed, count)] in (typed, *(typed[:end] for end in range(2, len(typed))))


def test_offsets_of_a_changed_text_point_into_it_as_typed() -> None:
    tokenizer = Tokenizer.train(CORPUS, SETTINGS["word"], "read")
    typed = "\u200bdon’t cafe\u0301 \ufeffdog"
    words = [typed[start:end] for start, end in tokenizer.encode(typed, spacing=False).offsets.tolist()]
    assert words[0] == "don’t"
    assert words[-1] == "dog"
    assert "e\u0301" in words[-2]


def test_the_form_is_kept_with_the_vocabulary() -> None:
    tokenizer = Tokenizer.train(CORPUS, SETTINGS["char"], "read")
    data = tokenizer.to_json()
    assert '"version":1' in data
    assert Tokenizer.from_json(data, "char", "read").encode("’").ids.tolist() == tokenizer.encode("'").ids.tolist()
    assert Tokenizer.from_json(data, "char", "read").to_json() == data
    assert Backend.from_str(data).get_vocab_size() == tokenizer.size  # the library reads it, too
    typed = Tokenizer.from_json(data, "char")
    assert typed.version == 1
    assert typed.normal("’") == "’"
    assert typed.normal("’", "read") == "'"


def test_a_vocabulary_without_a_version_takes_texts_as_typed() -> None:
    old = Tokenizer.from_json(TOKENIZERS["char"].to_json(), "char", "read")
    assert old.version == 0
    assert old.normal("cafe\u0301’", "read") == "cafe\u0301’"
    assert old.decode(old.encode("cafe\u0301’").ids) == "cafe\u0301’"


def test_new_words_are_counted_in_the_form_of_the_vocabulary() -> None:
    tokenizer = Tokenizer.train(CORPUS, TokenizerConfig("word", 560, 1), "read")
    wider = tokenizer.extended(["zoﬁ’s zofi zoﬁ"], TokenizerConfig("word", 900, 2))
    assert wider.version == 1
    assert [wider.text_of(one) for one in wider.encode("zoﬁ", spacing=False).ids] == ["zofi"]


def test_narrowed_keeps_words_of_the_texts_then_the_most_frequent() -> None:
    config = TokenizerConfig(min_count=1)
    whole = Tokenizer.train(["one one one one two two two three three four"], config)
    first = whole.size - 4
    texts = ["four five five"]
    small = whole.narrowed(texts, config, first + 3)
    assert small.texts[first:] == ["one", "four", "five"]
    assert small.known_to(whole).tolist() == [*range(first), first, first + 3]
    assert whole.narrowed(texts, config, 10**6).texts[first:] == ["one", "two", "three", "four", "five"]
    assert small.decode(small.encode("three four").ids) == "three four"


MASKED = ["Mail <email> or call <phone>, <number> <number>", "<email>: <number>", "a <b> c"] * 3


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_what_is_masked_is_cut_as_its_stand_in(kind: str) -> None:
    tokenizer = Tokenizer.train(MASKED, TokenizerConfig(kind, 900, 1, "email,number,phone"), "read")
    again = Tokenizer.from_json(tokenizer.to_json(), kind, "read")
    assert again.masks == tokenizer.masks
    for text in ("Mail ann@x.org or call +49 30 123456, 1 2", "ﬁn “é” ann@x.org: １２\u00ad３ a"):
        ids, offsets = again.encode(text)
        assert again.decode(ids) == again.normal(text) == again.masks(tokenizer.normal(text))
        assert "<email>" in again.normal(text)
        assert text[offsets[0, 0] : offsets[-1, 1]] == text
        hidden = {text[start:end].strip() for start, end in offsets.tolist()}
        assert "ann@x.org" in hidden
        traced = again.trace(text)
        assert traced.text == again.normal(text)
        assert len(traced.starts) == len(traced.ends) == len(traced.text)
        assert next(again.stream([text])).tolist() == next(tokenizer.stream([text])).tolist()
    if kind != "char":
        assert sum(again.text_of(k).strip() == "<email>" for k in again.encode("an ann@x.org b").ids) == 1
        assert len(again.encode("an <url> b").ids) > 3  # of a kind that is not masked


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_a_text_is_not_cut_where_something_is_masked(kind: str) -> None:
    tokenizer = Tokenizer.train(MASKED, TokenizerConfig(kind, 900, 1, "email"), "read")
    for shift in (0, 7, 12, 20, 23):
        text = "x" * shift + " ann.lee@mail.example.org" * 1500
        start = tokenizer.beginning(text, 20)
        assert len(start) < len(text)
        assert next(tokenizer.stream([start]))[:20].tolist() == next(tokenizer.stream([text]))[:20].tolist()
        assert "@" not in tokenizer.normal(start)


def test_a_vocabulary_can_be_masked_otherwise() -> None:
    tokenizer = Tokenizer.train(MASKED, TokenizerConfig("word", 900, 1), "read")
    masked = tokenizer.masking(TokenizerConfig(mask="email").masks)
    assert masked.size == tokenizer.size
    assert masked.decode(masked.encode("to ann@x.org").ids) == "to <email>"
    assert masked.masking(masked.masks) is masked
    assert masked.for_masked.decode(masked.for_masked.encode("to ann@x.org").ids) == "to ann@x.org"
    assert Tokenizer.from_json(masked.masking(tokenizer.masks).to_json(), "word", "read").to_json() == (
        tokenizer.to_json()
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"kinds":["email"]', '"kinds":["mail"]'),
        ('"kinds":["email"]', '"kinds":["email","email"]'),
        ('"kinds":["email"]', '"kinds":["url"]'),  # the pattern knows another
        ('"version":1}}', '"version":2}}'),
        ('"version":1}}', '"version":0}}'),
        (',"masks":{"kinds":["email"],"version":1}', ""),
    ],
)
def test_masks_of_a_file_are_read_strictly(old: str, new: str) -> None:
    data = Tokenizer.train(MASKED, TokenizerConfig("word", 900, 1, "email"), "read").to_json()
    assert data.count(old) == 1
    with pytest.raises(ModelError):
        Tokenizer.from_json(data.replace(old, new), "word", "read")


def test_a_tokenizer_shows_its_kind_and_size() -> None:
    tokenizer = Tokenizer.train(["the cat sat"], TokenizerConfig("char"))
    assert repr(tokenizer) == f"<Tokenizer char: {tokenizer.size} tokens>"
