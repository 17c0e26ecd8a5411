"""tokenizer.json: what seqtext has ever written is read, all else is refused by name, in little time and memory."""

import copy
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Backend

from seqtext import tokenizer_file
from seqtext.config import TOKENS, TokenizerConfig
from seqtext.errors import ModelError
from seqtext.models.pair_text import tokenizers_from
from seqtext.storage.catalog import bundled, load
from seqtext.storage.model_folder import FILES
from seqtext.tokenizer import SPECIALS, Tokenizer
from seqtext.tokenizer_file import MOST_TOKENS, no_panic, parse

CORPUS = ["The quick brown fox jumped over the lazy dog, and the dog slept on.", "naïve café – 3.14 日本 😀 don't"] * 3
TOKENIZERS = {kind: Tokenizer.train(CORPUS, TokenizerConfig(kind, 600, 1)) for kind in TOKENS}
WHOLE: dict[str, dict[str, Any]] = {kind: json.loads(one.to_json()) for kind, one in TOKENIZERS.items()}
BEGIN = {"char": 263, "word": 519, "bpe": 263}
every_kind = pytest.mark.parametrize("kind", TOKENS)
Change = Callable[[dict[str, Any]], object]


def changed(kind: str, change: Change) -> str:
    """The text of a tokenizer of a kind, changed."""
    whole = copy.deepcopy(WHOLE[kind])
    change(whole)
    return json.dumps(whole)


def refused(data: str, kind: str) -> ModelError:
    with pytest.raises(ModelError) as caught:
        Tokenizer.from_json(data, kind)
    assert len(str(caught.value)) < 500
    return caught.value


# What is read


@every_kind
@settings(max_examples=100, deadline=None)
@example("a  b\t##a <pad> <0xC3> Ġ don't…")
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_round_trip_changes_no_id_and_no_text(kind: str, text: str) -> None:
    before = TOKENIZERS[kind]
    after = Tokenizer.from_json(before.to_json(), kind)
    for spacing in (True, False):
        found, wanted = after.encode(text, spacing=spacing), before.encode(text, spacing=spacing)
        assert found.ids.tolist() == wanted.ids.tolist()
        assert found.offsets.tolist() == wanted.offsets.tolist()
    assert [ids.tolist() for ids in after.stream([text])] == [ids.tolist() for ids in before.stream([text])]
    assert after.decode(after.encode(text).ids) == text == before.decode(before.encode(text).ids)
    assert after.to_json() == before.to_json()


@pytest.mark.parametrize("name", sorted(bundled()))
def test_a_bundled_file_is_read_as_the_library_reads_it(name: str) -> None:
    folder = bundled()[name]
    data = (folder / "tokenizer.json").read_text(encoding="utf-8")
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["tokenizer"]["tokens"]
    for ours in tokenizers_from(data, kind):
        backend = Backend.from_str(data)
        backend.normalizer = None  # which does nothing, and only names a version
        theirs = Tokenizer(backend, kind, ours.version)
        assert ours.to_json() == theirs.to_json()
        assert ours._names == theirs._names
        for text in CORPUS:
            assert ours.encode(text).ids.tolist() == theirs.encode(text).ids.tolist()


def shuffled(value: Any) -> Any:
    """The same JSON, the keys of every object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random.Random(3).shuffle(keys)
        return {key: shuffled(value[key]) for key in keys}
    return [shuffled(one) for one in value] if isinstance(value, list) else value


@every_kind
def test_the_order_of_keys_means_nothing(kind: str) -> None:
    data = json.dumps(shuffled(WHOLE[kind]), indent=2)
    assert data != TOKENIZERS[kind].to_json()
    tokenizer = Tokenizer.from_json(data, kind)
    assert tokenizer.to_json() == TOKENIZERS[kind].to_json()
    assert tokenizer._names == TOKENIZERS[kind]._names


@every_kind
def test_what_other_versions_of_the_library_leave_out_or_add_is_read(kind: str) -> None:
    def shorten(whole: dict[str, Any]) -> None:
        for part in (whole, whole["model"]):
            for key in [key for key, value in part.items() if value in (None, False, []) and key != "merges"]:
                del part[key]
        whole["model"]["dropout_of_a_later_version"] = None

    assert Tokenizer.from_json(changed(kind, shorten), kind).to_json() == TOKENIZERS[kind].to_json()


def test_merges_are_read_as_texts_too() -> None:
    def join(whole: dict[str, Any]) -> None:
        whole["model"]["merges"] = [" ".join(pair) for pair in whole["model"]["merges"]]

    assert Tokenizer.from_json(changed("bpe", join), "bpe").to_json() == TOKENIZERS["bpe"].to_json()


def test_an_extended_vocabulary_is_read() -> None:
    grown = TOKENIZERS["word"].extended(["a zebra", "a zebra"], TokenizerConfig("word", 900, 2))
    again = Tokenizer.from_json(grown.to_json(), "word")
    assert again.size == grown.size == TOKENIZERS["word"].size + 1
    assert again.to_json() == grown.to_json()


@every_kind
def test_vocabularies_begin_alike(kind: str) -> None:
    first = tokenizer_file.first_names(kind)
    assert len(first) == len(set(first)) == BEGIN[kind]
    assert tuple(first[: len(SPECIALS)]) == SPECIALS
    assert TOKENIZERS[kind]._names[: len(first)] == first


def test_the_limit_is_that_of_the_setting() -> None:
    assert TokenizerConfig.__dataclass_fields__["vocab_size"].metadata["high"] == MOST_TOKENS


# What is refused

WORDS = {"type": "WhitespaceSplit"}
EVIL = {"type": "Split", "pattern": {"Regex": "(a|aa)+$"}, "behavior": "Isolated", "invert": False}
GROWING = {"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaa"}
CUT = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
PADDED = {"strategy": {"Fixed": 100}, "direction": "Right", "pad_id": 0, "pad_type_id": 0, "pad_token": "<pad>"}
ADDED = {"id": 0, "content": "the", "special": True}
#: Whatever the kind of token, these are not as seqtext writes them: the path of a value, and the value.
SETTINGS: list[tuple[str, Any]] = [
    ("version", "2.0"), ("version", 1), ("truncation", CUT), ("truncation", {}), ("truncation", False),
    ("padding", PADDED), ("added_tokens", [ADDED]), ("added_tokens", None), ("normalizer", GROWING),
    ("normalizer", {"type": "Sequence", "normalizers": []}), ("normalizer", {"version": 1}),
    *(("normalizer", {"type": "Sequence", "normalizers": [], "version": one}) for one in (0, 2, True, "1", None)),
    ("normalizer", {"type": "Sequence", "normalizers": [GROWING], "version": 1}),
    ("normalizer", {"type": "Lowercase"}), ("post_processor", {"type": "ByteLevel"}), ("decoder", None),
    ("pre_tokenizer", WORDS), ("pre_tokenizer", EVIL), ("decoder.type", "WordPiece"), ("unheard_of", 1),
    ("model.unheard_of", {"a": [1]}), ("model.type", "Unigram"), ("model.type", None), ("model.type", []),
    ("model.unk_token", "the"), ("model.continuing_subword_prefix", "@@"),
]  # fmt: skip
#: Of one kind.
SETTINGS_OF: list[tuple[str, str, Any]] = [
    *(("word", f"model.{name}", value) for name, value in [
        ("unk_token", None), ("continuing_subword_prefix", ""), ("max_input_chars_per_word", 10**9),
        ("max_input_chars_per_word", True), ("dropout", 0), ("fuse_unk", True),
    ]),
    *((kind, f"model.{name}", value) for kind in ("char", "bpe") for name, value in [
        ("dropout", 1), ("end_of_word_suffix", "</w>"), ("fuse_unk", True), ("fuse_unk", 0), ("fuse_unk", None),
        ("ignore_merges", True),
    ]),
    ("bpe", "model.byte_fallback", True), ("char", "model.byte_fallback", False), ("bpe", "model.unk_token", "<unk>"),
    *((kind, f"pre_tokenizer.pretokenizers.{name}", value) for kind in ("word", "bpe") for name, value in [
        ("0.pattern.Regex", "(a|aa)+$"), ("0.invert", True), ("0.behavior", "Removed"), ("1.add_prefix_space", True),
        ("1.use_regex", True), ("1.trim_offsets", 1), ("0", None), ("1.extra", 2),
    ]),
    ("char", "decoder.decoders.0.type", "ByteLevel"), ("word", "pre_tokenizer.pretokenizers", [EVIL]),
    ("word", "decoder.use_regex", False),
]  # fmt: skip


def put(whole: Any, path: str, value: Any) -> None:
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    for part in parents:
        whole = whole[part]
    whole[last] = value


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [*((kind, *one) for one in SETTINGS for kind in TOKENS), *SETTINGS_OF],
    ids=lambda value: str(value)[:30],
)
def test_a_setting_of_another_is_refused_by_name(kind: str, path: str, value: Any) -> None:
    fault = refused(changed(kind, lambda whole: put(whole, path, value)), kind)
    assert re.match(rf"tokenizer\.json sets '{path}[\w.]*' to |tokenizer\.json has no '{path}\.", fault.message)
    assert "; seqtext writes " in fault.message
    assert fault.hint.endswith("fetch or train the model again")


@every_kind
@pytest.mark.parametrize("path", ["decoder", "version", "model", "model.type", "model.vocab", "decoder.type"])
def test_what_is_missing_is_named(kind: str, path: str) -> None:
    parent, _, name = path.rpartition(".")
    fault = refused(changed(kind, lambda whole: (whole[parent] if parent else whole).pop(name)), kind)
    assert re.match(rf"tokenizer\.json (has no|cannot be read: it has null as) '{path}'", fault.message)


def test_a_setting_is_shown_with_what_seqtext_writes() -> None:
    fault = refused(changed("bpe", lambda whole: whole.update(truncation=CUT)), "bpe")
    assert fault.message == "tokenizer.json sets 'truncation' to an object; seqtext writes null there."
    assert fault.hint == "set 'truncation' to null in tokenizer.json, or fetch or train the model again"
    mended = changed("bpe", lambda whole: whole.update(truncation=None))
    assert Tokenizer.from_json(mended, "bpe").to_json() == TOKENIZERS["bpe"].to_json()
    fault = refused(changed("bpe", lambda whole: whole.update({"a\x1b[31m" * 99: "b\x1b" * 99})), "bpe")
    assert "\x1b" not in fault.message


def names(change: Callable[[list[str]], object]) -> Change:
    """A change of the names of tokens, in the order of ids."""

    def rename(whole: dict[str, Any]) -> None:
        found = list(whole["model"]["vocab"])
        change(found)
        whole["model"]["vocab"] = {name: number for number, name in enumerate(found)}

    return rename


def an_id(value: Any, place: int = -1) -> Change:
    """A change of an id."""

    def renumber(whole: dict[str, Any]) -> None:
        vocabulary = whole["model"]["vocab"]
        vocabulary[list(vocabulary)[place]] = value

    return renumber


def swap(found: list[str], first: int, second: int) -> None:
    found[first], found[second] = found[second], found[first]


@every_kind
@pytest.mark.parametrize(
    ("change", "words"),
    [
        *((an_id(value), "the ids of .* tokens are 0 to .*, each of them once")
          for value in (10**6, -1, 2**40, 10**4000, 5, "5", None, [], {}, True)),
        *((an_id(value, 1), "gives '<unk>' the id .*; the ids") for value in (0, True, "1")),
        (an_id(False, 0), "gives '<pad>' the id false"),
        (an_id(1.5), "it holds 1.5, where all numbers are whole"),
        (an_id(1.0, 1), "it holds 1.0, where all numbers are whole"),
        (an_id(float("nan")), "it holds NaN, where"), (an_id(float("-inf")), "it holds -Infinity, where"),
        *((lambda whole, value=value: whole["model"].update(vocab=value), "as 'model.vocab', where an object of ids")
          for value in (["<pad>"], None, 3, "the")),
        (lambda whole: whole["model"].update(vocab={}), "has nothing as token 0; '<pad>' is expected"),
        (names(lambda found: swap(found, 0, 1)), "has '<unk>' as token 0; '<pad>' is expected there"),
        (names(lambda found: swap(found, 6, 7)), "as token 6; '<glue>' is expected"),
        (names(lambda found: swap(found, 100, 101)), "as token 100; "),
        (names(lambda found: found.__delitem__(slice(100, None))), "has nothing as token 100; "),
        (names(lambda found: found.append("")), "has a token '', which is not ours"),
        (names(lambda found: found.append("a b")), "has a token 'a b', which is not ours"),
        (names(lambda found: found.append("ab\n")), r"has a token 'ab\\n', which is not ours"),
        (names(lambda found: found.append("\ud800")), r"has a token '\\ud800', which is not ours"),
        (names(lambda found: found.append("日本")), "has a token '日本', which is not ours"),
        (names(lambda found: found.append("x" * 301)), "has a token 'x{60}…', which is not ours"),
    ],
)  # fmt: skip
def test_a_vocabulary_that_is_not_ours_is_refused(kind: str, change: Change, words: str) -> None:
    fault = refused(changed(kind, change), kind)
    assert re.search(words, fault.message)
    assert fault.message.startswith("tokenizer.json ")
    assert fault.hint.endswith("fetch or train the model again")


def test_a_word_that_goes_on_with_another_is_refused() -> None:
    for name in ("##", "##ing"):
        fault = refused(changed("word", names(lambda found, name=name: found.append(name))), "word")
        assert fault.message == f"tokenizer.json has a token '{name}', which is not ours."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        *((lambda merges, one=one: merges.append(one), "as 'model.merges', where a list of pairs of pieces is expected")
          for one in ("ab", "a b c", "", ["a"], ["a", "b", "c"], [["a"], "b"], {"a": 1}, None, 3, ["a", None])),
        (lambda merges: merges.append(["q", "qq"]), "merges 'q' with 'qq'; they, or what they make, are no tokens"),
        (lambda merges: merges.append(["x", "zz"]), "merges 'x' with 'zz'"),
        (lambda merges: merges.append(["<", "pad>"]), "merges '<' with 'pad>'"),
        (lambda merges: merges.insert(0, ["<pad>", "a"]), "merges '<pad>' with 'a'"),
        (lambda merges: merges.pop(), "has a token .*, which no merge makes"),
        (lambda merges: merges.clear(), "has a token .*, which no merge makes"),
    ],
)  # fmt: skip
def test_merges_that_are_not_ours_are_refused(change: Callable[[list[Any]], object], words: str) -> None:
    fault = refused(changed("bpe", lambda whole: change(whole["model"]["merges"])), "bpe")
    assert re.search(words, fault.message)
    assert fault.hint == "fetch or train the model again"


def test_no_merges_make_a_special_token_of_a_text() -> None:
    def build(whole: dict[str, Any]) -> None:
        for pair in (["p", "ad"], ["a", "d"], ["pad", ">"], ["<", "pad>"]):
            whole["model"]["merges"].append(pair)
            whole["model"]["vocab"].setdefault("".join(pair), len(whole["model"]["vocab"]))

    fault = refused(changed("bpe", build), "bpe")
    assert "merges '<' with 'pad>'; they, or what they make, are no tokens" in fault.message


@pytest.mark.parametrize(
    ("kind", "merges"),
    [
        ("word", []), ("word", [["a", "b"]]), ("char", [["a", "b"]]), ("char", {"a": 1}),
        ("bpe", None), ("bpe", {}), ("bpe", "a b"),
    ],
)  # fmt: skip
def test_merges_where_there_are_none_and_none_where_there_are(kind: str, merges: Any) -> None:
    fault = refused(changed(kind, lambda whole: whole["model"].update(merges=merges)), kind)
    assert "as 'model.merges'" in fault.message


@pytest.mark.parametrize("held", TOKENS)
@pytest.mark.parametrize("said", TOKENS)
def test_another_kind_than_the_settings_name_is_refused(held: str, said: str) -> None:
    if held != said:
        fault = refused(TOKENIZERS[held].to_json(), said)
        assert fault.message == (
            f"tokenizer.json holds tokens of the kind {held!r}; the settings of the model say {said!r}."
        )
        assert fault.hint.startswith(f'write "tokens": "{held}" in config.json')


def test_a_model_whose_settings_name_another_kind_is_refused_and_mended_by_the_hint(tmp_path: Path) -> None:
    for file in bundled()["generate-en"].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    config["tokenizer"]["tokens"] = "word"
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match=r"of the kind 'char'.*say 'word'.*write \"tokens\": \"char\" in config\.json"):
        load(tmp_path)
    config["tokenizer"]["tokens"] = "char"
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert load(tmp_path).tokenizer.tokens == "char"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "it is not JSON (Expecting value: line 1 column 1 (char 0))"),
        ("{", "it is not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))"),
        ("[]", "it holds [], where an object {...} is expected"),
        ("3", "it holds 3, where an object {...} is expected"),
        ("[" * 100_000, "its values are nested too deeply"),
        ('{"a":' * 100_000, "its values are nested too deeply"),
        ("{}", "it has null as 'model', where an object {...} is expected"),
        ('{"model": [{}]}', "it has a list of 1 as 'model', where an object {...} is expected"),
        ('{"model": {"vocab": Infinity}}', "it holds Infinity, where all numbers are whole"),
    ],
)
def test_what_is_no_tokenizer(data: str, reason: str) -> None:
    for kind in TOKENS:
        assert refused(data, kind).message == f"tokenizer.json cannot be read: {reason}."


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_json_anywhere_is_refused_or_means_the_same(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(TOKENS))
    path = data.draw(
        st.sampled_from(["model", "decoder", "pre_tokenizer", "model.vocab", "model.merges", "model.type"])
    )
    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
    value = data.draw(leaf | st.lists(leaf, max_size=3) | st.dictionaries(st.text(max_size=4), leaf, max_size=3))
    text = changed(kind, lambda whole: put(whole, path, value))
    try:
        assert Tokenizer.from_json(text, kind).to_json() == TOKENIZERS[kind].to_json()
    except ModelError as fault:
        assert fault.message.startswith("tokenizer.json ")  # noqa: PT017


# Time and memory


@pytest.mark.parametrize(
    "data",
    ['{"model": [' + "[]," * 3_000_000, '{"model": [' + "{}," * 3_000_000, '{"model": [' + "1," * 5_000_000,
     '{"model": {"vocab": {' + '"a":1,' * 2_000_000, "[" * 9_000_000],
    ids=lambda data: data[:30],
)  # fmt: skip
def test_more_values_than_a_vocabulary_has_are_not_read(data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer_file, "_DECODER", None)
    for tokenizers in (1, 2):
        if tokenizers == 1 or data.count(":") <= 1:
            with pytest.raises(ModelError, match="it has more values than a vocabulary of 1,000,000 tokens"):
                parse(data, tokenizers)


def test_too_many_tokens_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer_file, "MOST_TOKENS", 500)
    assert (
        "it has 519 tokens; at most 500 are accepted"
        in refused(changed("word", names(lambda found: found.__delitem__(slice(519, None)))), "word").message
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_a_file_as_large_as_is_accepted_takes_little_memory() -> None:
    """The worst that was found: a token of 64 MB, of which every character takes four bytes in Python."""
    program = f"""if True:
        from pathlib import Path
        from seqtext.errors import ModelError
        from seqtext.tokenizer import Tokenizer
        data = '{{"model": {{"vocab": {{"😀' + "a" * {FILES["tokenizer.json"] - 100} + '": 0}}}}}}'
        try:
            Tokenizer.from_json(data, "word")
        except ModelError:
            print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    # Not ru_maxrss, which counts what the parent had as it started this process.
    assert int(done.stdout) * 1024 < 700_000_000  # the text itself and the token, 256 MB each


def test_only_a_panic_is_turned_into_a_fault() -> None:
    class PanicException(BaseException):
        """Named as that of pyo3, which cannot be imported."""

    with pytest.raises(ModelError, match="out of bounds"), no_panic(lambda error: ModelError(str(error), "x")):
        raise PanicException("out of bounds")
    for other in (KeyboardInterrupt, SystemExit, ValueError):
        with pytest.raises(other), no_panic(lambda error: ModelError(str(error), "x")):
            raise other
