"""Strategies: a case of each target as plain data, which JSON can hold and `targets` can do again."""

import json
from dataclasses import Field, fields
from functools import cache
from typing import Any

import seeds
from answers import METHODS
from edits import KINDS_OF_FILE, Edit, document, value_at
from hypothesis import strategies as st

from seqtext.config import SamplingConfig, SearchConfig

Case = dict[str, Any]
Draw = Any

# Texts: a list of [stretch, times]

_STRETCHES = (
    "goose", "The grey goose ___ by the mill.", "The ___ and the ___.", "____", "_", "__", " ", "  ", "\n", "\r\n",
    "\t", "\x00", "\x1b[31m", "\x7f", "\u200b", "\u200d", "\ufeff", "\u2028", "\u2029", "\x85", "\xa0", "\u3000",
    "\u202e", "e\u0301", "\u0301", "\u0301" * 40, "Ǆ", "ß", "İ", "ŉ", "ﬁ", "ａ", "Ⅷ", "½", "٣", "३", "1e400", "-0",
    "0x1F", "12.5%", "1,234,567.89", "3/4", "10:32:11", "192.168.0.1", "三只鹅", "。", "ไทย", "한국어", "עברית",
    "العربية", "हिन्दी", "👩‍👩‍👧‍👦", "🇫🇷", "🏳️‍🌈", "🦢", "\U0010ffff", "\ud800", "\udfff", "\ufffd", "\ufffe", "<pad>",
    "<unk>", "<bos>", "<eos>", "<blank>", "<end>", "<glue>", "##goose", "##", "Ġgoose", "<0xC3>", "[UNK]", "'s", "’s",
    "...", "…", "—", "(", "((((", "\"", "“", "n't", "isn't", "A.B.C.", "e.g.", "Mr.", "?!?!", "?", ". ", ".\n",
    "\n\n", "- ", "http://a.b/c?d=e#f", "C:\\a\\b", "{}", "%s", "a" * 30, "aé" * 15, "Aa", "AAAA", "\\", "\\n",
    "\"\"", ",", ";", "|", "null", "NaN",
)  # fmt: skip
_ALPHABET = st.characters(codec="utf-8")
_stretch = st.one_of(st.sampled_from(_STRETCHES), st.sampled_from(_STRETCHES), st.text(_ALPHABET, max_size=12))
_times = st.sampled_from((1,) * 60 + (2, 3, 7, 40, 40, 300, 300, 2_000))
_chunks = st.lists(st.tuples(_stretch, _times), max_size=7)


def text_of(chunks: list[Any]) -> str:
    """The text of stretches and how often each comes."""
    return "".join(stretch * times for stretch, times in chunks)


# Values that JSON can hold

_EXTREMES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 7, 16, 255, 256, 1000, 2**31 - 1, 2**31, 2**32, 2**53, 2**63, 2**64, 10**400,
    -(2**63), 0.0, -0.0, 0.5, 1.5, 1e-300, 1e300, -1e300, 5e-324, float("nan"), float("inf"), float("-inf"), "", " ",
    "\x00", "\n", "1", "a\nb", "é", "\ud800", "\u2028", "x" * 3000, "word", "char", "bpe", "gru", "lstm", "both",
    "max", "nan", [], [[]], [None], {}, {"": ""}, [0, 0], [1, 2, 3], {"a": 1}, {"$raw": "[", "times": 100_000},
    {"$raw": "[", "times": 900, "close": "]"}, {"$raw": '{"a":', "times": 100_000}, {"$raw": "9", "times": 5_000},
    {"$raw": "1e999"}, {"$raw": "-"}, {"$raw": ""}, {"$raw": "NaN"}, {"$raw": '"\\ud800"'}, {"$raw": "1 1"},
)  # fmt: skip
_value = st.one_of(
    st.sampled_from(_EXTREMES), st.sampled_from(_EXTREMES), st.integers(-3, 40), st.floats(), st.text(max_size=8)
)
_SPLIT = {"type": "Split", "pattern": {"Regex": "(a|aa)+$"}, "behavior": "Isolated", "invert": False}
#: What the library of tokenizers would read beside our own settings, or instead of them.
_FOREIGN: tuple[tuple[list[Any], Any], ...] = (
    (["truncation"], {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}),
    (["truncation"], {"direction": "Left", "max_length": 2, "strategy": "LongestFirst", "stride": 5}),
    (["padding"], {"strategy": {"Fixed": 50}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                   "pad_type_id": 0, "pad_token": "<pad>"}),
    (["padding"], {"strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": 16, "pad_id": 4_000_000_000,
                   "pad_type_id": 0, "pad_token": "x"}),
    (["normalizer"], {"type": "Lowercase"}), (["normalizer"], {"type": "NFKD"}), (["normalizer"],
    {"type": "StripAccents"}),
    (["normalizer"], {"type": "Strip", "strip_left": True, "strip_right": True}), (["normalizer"], {"type": "Nmt"}),
    (["normalizer"], {"type": "Prepend", "prepend": "▁"}), (["normalizer"], {"type": "ByteLevel"}),
    (["normalizer"], {"type": "Replace", "pattern": {"String": "a"}, "content": "aaaa"}),
    (["normalizer"], {"type": "Replace", "pattern": {"Regex": "(a|aa)+$"}, "content": "x"}),
    (["normalizer"], {"type": "Replace", "pattern": {"Regex": "("}, "content": "x"}),
    (["normalizer"], {"type": "Precompiled", "precompiled_charsmap": "AAAA"}),
    (["pre_tokenizer"], None), (["pre_tokenizer"], _SPLIT), (["pre_tokenizer"], {"type": "Whitespace"}),
    (["pre_tokenizer"], {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}),
    (["pre_tokenizer"], {"type": "Digits", "individual_digits": True}), (["pre_tokenizer"], {"type": "Bert"}),
    (["decoder"], None), (["decoder"], {"type": "WordPiece", "prefix": "##", "cleanup": True}), (["decoder"],
    {"type": "Fuse"}),
    (["decoder"], {"type": "Replace", "pattern": {"String": "a"}, "content": "b"}),
    (["decoder"], {"type": "Strip", "content": "a", "start": 9, "stop": 9}), (["decoder"], {"type": "CTC",
    "pad_token": "a",
     "word_delimiter_token": "b", "cleanup": True}),
    (["post_processor"], {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}),
    (["post_processor"], {"type": "BertProcessing", "sep": ["x", 4_000_000_000], "cls": ["y", 1]}),
    (["post_processor"], {"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}),
    (["added_tokens"], [{"id": 5, "content": "goose", "single_word": False, "lstrip": True, "rstrip": True,
                         "normalized": False, "special": True}]),
    (["added_tokens"], [{"id": 4_000_000, "content": "goose", "single_word": False, "lstrip": False, "rstrip": False,
                         "normalized": True, "special": False}]),
    (["model", "dropout"], 0.5), (["model", "dropout"], 1.0), (["model", "fuse_unk"], True), (["model",
    "byte_fallback"], True),
    (["model", "ignore_merges"], True), (["model", "unk_token"], None), (["model", "unk_token"], "nothing"),
    (["model", "continuing_subword_prefix"], "@@"), (["model", "end_of_word_suffix"], "</w>"),
    (["model", "max_input_chars_per_word"], 1), (["model", "max_input_chars_per_word"], 2**63),
    (["model", "merges"], [["a", "b"]]), (["model", "merges"], [["Ġ", "t"], ["Ġ", "t"]]), (["model", "merges"],
    ["a b c"]),
    (["model", "merges"], []), (["model", "vocab"], {}), (["model", "vocab"], []), (["model", "type"], "Unigram"),
    (["model", "type"], "WordLevel"), (["model", "type"], "BPE"), (["model", "type"], "WordPiece"),
    (["model"], {"type": "Unigram", "unk_id": 1, "vocab": [["<pad>", 0.0], ["<unk>", -1e308]], "byte_fallback": False}),
)  # fmt: skip
#: Settings of config.json that answers depend on, and that a folder may lack.
_SETTINGS = (
    "temperature", "choice_temperature", "words_per_token", "evidence", "longest", "longest_source", "longest_target",
    "labels", "threshold", "anomaly", "format", "task", "language", "network", "tokenizer", "scores", "training",
    "data", "licence", "learnt_kinds", "stand_ins", "spelling",
)  # fmt: skip
_COUNTS = ("usual", "counting", "held_out")


@cache
def _document(seed: str, precision: str, name: str) -> Any:
    return document(name, seeds.folder_files(seed, precision)[name])[0]


def _path(draw: Draw, root: Any) -> list[Any]:
    """A path into plain data: it goes down at every level, or stays there."""
    path: list[Any] = []
    while draw(st.integers(0, 7)) or not path:
        if isinstance(root, str) and root[:1] == "{":
            key: Any = "$json"
        elif isinstance(root, dict) and root:
            key = draw(st.sampled_from(list(root)))
        elif isinstance(root, list) and root:
            key = draw(st.integers(0, len(root) - 1))
        else:
            break
        path.append(key)
        root = value_at(root, [key])
    return path


def _json_edit(draw: Draw, name: str, root: Any) -> Edit:
    path = _path(draw, root)
    do = draw(st.sampled_from(("set", "set", "set", "set", "drop", "twice", "copy", "copy")))
    if do == "drop" and path:
        return {"on": name, "do": "drop", "path": path}
    if do == "copy":
        return {"on": name, "do": "set", "path": path, "to": value_at(root, _path(draw, root))}
    return {"on": name, "do": "twice" if do == "twice" and path else "set", "path": path, "to": draw(_value)}


def _byte_edit(draw: Draw, name: str) -> Edit:
    do = draw(st.sampled_from(("flip", "flip", "cut", "insert", "insert")))
    place = draw(st.one_of(st.integers(0, 64), st.integers(0, 20_000), st.integers(-64, -1)))
    if do == "flip":
        return {"on": name, "do": do, "at": place, "with": draw(st.sampled_from((1, 2, 4, 8, 16, 32, 64, 128, 255)))}
    if do == "cut":
        return {"on": name, "do": do, "at": place}
    over, times = draw(st.sampled_from((0, 0, 1, 8, 64))), draw(st.sampled_from((1, 1, 1, 2, 100, 20_000)))
    data = draw(
        st.one_of(st.binary(max_size=9), st.sampled_from((b"\x00", b"\xff" * 8, b"[", b"}", b"\xef\xbb\xbf", b"\xc3")))
    )
    return {"on": name, "do": do, "at": place, "hex": data.hex(), "over": over, "times": times}


def _file_edit(draw: Draw, name: str) -> Edit:
    if draw(st.integers(0, 3)) == 0:
        other = draw(st.sampled_from((f".{name}.new", ".config.json.new", "config.json", name.upper(), "README.md")))
        return {"on": name, "do": "copy", "to": other}
    return {"on": name, "do": "become", "what": draw(st.sampled_from(KINDS_OF_FILE))}


_FILLS = (0.0, -0.0, 1000.0, -1000.0, 6.5e4, -6.5e4, 3e38, -3e38, 1e-30, 1e-45, float("nan"), float("inf"), 1.0, 127.0)


def _weights_edit(draw: Draw, seed: str, precision: str) -> Edit:
    name = "weights.safetensors"
    which = draw(st.integers(0, 9))
    if which < 5:
        place = draw(st.one_of(st.none(), st.integers(0, 9_000)))
        number = draw(st.one_of(st.sampled_from(_FILLS), st.sampled_from(_FILLS), st.floats(width=32)))
        return {"on": name, "do": "fill", "array": draw(st.integers(0, 30)), "at": place, "to": number}
    if which < 8:
        return _json_edit(draw, name, _document(seed, precision, name))
    if which == 8 and seed.startswith("anomaly"):
        key = draw(st.sampled_from(_COUNTS))
        deeper = draw(st.lists(st.sampled_from(("words", "bags", "kinds", 0, 1, 2)), max_size=2))
        return {"on": name, "do": "set", "path": ["$packed", key, *deeper], "to": draw(_value)}
    return _byte_edit(draw, name)


def _other_edit(draw: Draw, name: str, root: Any) -> Edit:
    """An edit of JSON that is not found in it: a setting that it lacks, or one of another library."""
    if name == "tokenizer.json":
        path, value = draw(st.sampled_from(_FOREIGN))
        if isinstance(root.get("source"), str):
            path = [draw(st.sampled_from(("source", "target"))), "$json", *path]
        return {"on": name, "do": "set", "path": path, "to": value}
    if name == "config.json":
        return {"on": name, "do": "set", "path": [draw(st.sampled_from(_SETTINGS))], "to": draw(_value)}
    return _json_edit(draw, name, root)


@st.composite
def folder_cases(draw: Draw) -> Case:
    """A model folder with some damage, and what it is asked."""
    seed, precision = draw(st.sampled_from(seeds.names())), draw(st.sampled_from(seeds.PRECISIONS))
    edits = []
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        name = draw(st.sampled_from(("config.json", "tokenizer.json", "tokenizer.json", "weights.safetensors",
                                     "weights.safetensors", "history.jsonl", "README.md")))  # fmt: skip
        which = draw(st.integers(0, 19))
        if which < 4:
            edits.append(_byte_edit(draw, name))
        elif which == 4:
            edits.append(_file_edit(draw, name))
        elif which == 5:
            edits.append({"on": name, "do": "take", "from": [draw(st.sampled_from(seeds.names())), precision]})
        elif name == "weights.safetensors":
            edits.append(_weights_edit(draw, seed, precision))
        elif name == "README.md":
            edits.append(_byte_edit(draw, name))
        elif which < 10:
            edits.append(_other_edit(draw, name, _document(seed, precision, name)))
        else:
            edits.append(_json_edit(draw, name, _document(seed, precision, name)))
    method = draw(st.sampled_from(list(METHODS[seed.split("-")[0]])))
    text = draw(st.sampled_from(QUESTIONS))
    return {"target": "folder", "seed": seed, "precision": precision, "edits": edits, "method": method, "text": text}


QUESTIONS = (
    "The grey goose ___ by the mill.", "The café – naïve, isn't it? ___", "A ___ \U0001f9a2 goose;  the 12.5 kg  ___.",
    "___ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
)  # fmt: skip

# What a model is asked

_count = st.sampled_from((1, 1, 2, 3, 5, 50, 1000, 0, -1, 2**63, True, None, 1.5, "3"))
_few = st.sampled_from((1, 1, 1, 2, 3, 0, 7, -1, None))


def _settings(config: type, **values: tuple[float, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Some fields of a config, with these values, or such as lie at the borders of what is accepted and beside them."""

    def borders(item: Field[Any]) -> tuple[float, ...]:
        low, high = item.metadata["low"], item.metadata.get("high")
        return (low, low + 1, low - 1) if high is None else (low, high, (low + high) / 2, low - 1)

    given = {item.name: values.get(item.name) or borders(item) for item in fields(config)}
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in given.items()})


_sampling = _settings(
    SamplingConfig, temperature=(0.0, 1e-9, 0.5, 1.0, 100.0, -1.0, float("nan")), top_k=(1, 2, 1000, 0, 2**40),
    top_p=(0.0001, 0.5, 1.0, 0.0), min_p=(0.0, 0.5, 1.0, 2.0), repetition_penalty=(1.0, 1.3, 100.0, 0.0),
)  # fmt: skip
_search = _settings(
    SearchConfig, beam=(1, 2, 5, 20, 0), n_best=(1, 2, 5, 0), max_length=(1, 3, 12, 0), min_length=(0, 1, 9),
    no_repeat=(0, 1, 2, 3), length_penalty=(0.0, 1.0, -1.0), coverage_penalty=(0.0, 0.5, -1.0),
)  # fmt: skip
_short = st.one_of(st.sampled_from(_STRETCHES), st.text(_ALPHABET, max_size=6))
_OPTIONS: dict[str, Any] = {
    "fill": {"top": _count, "words": _few},
    "choose": {"options": st.lists(_short, min_size=1, max_size=4)},
    "generate": {"length": st.sampled_from((1, 5, 20, 60, 0, -1)), "sampling": _sampling,
    "seed": st.sampled_from((1, 2, 2**31 - 1, 0, -1, 2**63, True, 1.5)), "adapt": st.booleans(),
                 "stop": st.one_of(_short, st.lists(_short, max_size=2))},
    "next": {"top": _count, "complete": st.booleans()},
    "score": {"adapt": st.booleans()},
    "detect": {"threshold": st.sampled_from((None, 0.0, -1e300, 1e300, float("nan"), float("inf"), "1", True))},
    "translate": {"search": _search},
    "align": {"target": _short},
    "summarize": {"search": _search, "most": _few},
    "sentences": {"top": st.sampled_from((1, 2, 5, 0, -1)), "most": _few},
    "classify": {"top": _count},
    "explain": {"label": st.one_of(st.none(), st.sampled_from(("calm", "loud", "neither nor", "", "Calm")))},
    "tokens": {"side": st.sampled_from(("source", "target"))},
}  # fmt: skip
#: Characters that a method is asked with at most; a translation takes a step of the network for each.
_LONGEST = {"translate": 1_500, "align": 1_500, "explain": 30_000, "generate": 30_000, "next": 30_000}


@st.composite
def text_cases(draw: Draw) -> Case:
    """A text and options for a method of a sound model."""
    seed = draw(st.sampled_from(seeds.names()))
    method = draw(st.sampled_from(list(METHODS[seed.split("-")[0]])))
    options = draw(st.fixed_dictionaries({}, optional=_OPTIONS[method]))
    chunks = [list(chunk) for chunk in draw(_chunks)]
    if method in ("fill", "choose"):
        chunks.insert(draw(st.integers(0, len(chunks))), ["___", 1])
    while len(text_of(chunks)) > _LONGEST.get(method, 200_000):
        chunks = [[stretch, max(1, times // 4)] for stretch, times in chunks]
        if all(times == 1 for _, times in chunks):
            break
    return {"target": "text", "seed": seed, "method": method, "text": chunks, "options": options}


# Corpora

_SUFFIXES = (".txt", ".tsv", ".csv", ".jsonl", ".json", ".ndjson", ".log", "", ".parquet")
_PACKINGS = ("", "", "", "", ".gz", ".xz", ".zst")
_ENCODINGS = ("utf-8",) * 40 + ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7", "cp500")
_cell = st.one_of(
    st.lists(st.tuples(_stretch, st.sampled_from((1,) * 30 + (2, 50, 3_000))), max_size=3), st.just([["goose", 1]])
)
_JSON_CELLS = st.one_of(_value, st.sampled_from(_STRETCHES), st.lists(st.sampled_from(_STRETCHES), max_size=3))
_ENDS = ("\n",) * 9 + ("\r\n", "\r\n", "\r", "\n\n", "\x00", "\u2028")
_COLUMNS = ("text", "label", "source", "target", "question", "options", "answer", "id", "Text", "", "é", "1")
#: How a corpus is read, and the fields that this needs.
_READS = {
    "texts": ("text",), "blank lines": ("text",), "labelled": ("label", "text"), "several": ("label", "text"),
    "pairs": ("source", "target"), "questions": ("question", "options", "answer"),
}  # fmt: skip
_columns_option = st.sampled_from((None,) * 60 + (
    "text=1", "text=2,label=1", "label=1,text=2", "source=1,target=2", "text=text", "text=label,label=text", "text=0",
    "text=99", "text=id", "nothing=1", "text=", "=1", "text=1,text=2", "source=text,target=label", "text=-1",
    "text=99999999999999999999",
))  # fmt: skip


def _lines(draw: Draw, kind: str, fields: tuple[str, ...]) -> Case:
    """What stands in a file of lines: cells, and what stands between them."""
    width = draw(st.sampled_from((len(fields),) * 5 + (1, 2, 3)))
    rows = draw(st.lists(st.lists(_cell, min_size=width, max_size=width), max_size=6))
    between = {".tsv": "\t", ".csv": ","}.get(kind) or draw(st.sampled_from(("\t", "\t", ",", ";", " ")))
    return {
        "rows": rows, "between": between, "end": draw(st.sampled_from(_ENDS)),
        "quote": draw(st.booleans()) if kind == ".csv" else False, "last": draw(st.booleans()),
        "header": draw(_header(width, fields)),
    }  # fmt: skip


def _header(width: int, fields: tuple[str, ...]) -> Any:
    names = st.lists(st.sampled_from(_COLUMNS), min_size=width, max_size=width)
    return st.one_of(st.none(), st.just(list(fields)) if width == len(fields) else names, names)


def _objects(draw: Draw, fields: tuple[str, ...]) -> Case:
    some = st.lists(st.sampled_from(_COLUMNS), min_size=1, max_size=4, unique=True)
    names = draw(st.one_of(st.permutations(fields), st.permutations(fields), some))
    objects = [{name: draw(_JSON_CELLS) for name in names} for _ in range(draw(st.integers(0, 4)))]
    if "question" in names and draw(st.booleans()):
        objects.append({"question": "The ___ sat.", "options": ["goose", "mill"], "answer": draw(_value)})
    return {"objects": objects}


@st.composite
def corpus_cases(draw: Draw) -> Case:
    """A file of a corpus, and how it is read."""
    kind, packing = draw(st.sampled_from(_SUFFIXES)), draw(st.sampled_from(_PACKINGS))
    objects = kind in (".jsonl", ".json", ".ndjson", ".parquet") and draw(st.integers(0, 9)) > 0
    read = draw(st.sampled_from([one for one in _READS if "json" in kind or one != "questions"]))
    content = _objects(draw, _READS[read]) if objects else _lines(draw, kind, _READS[read])
    edits = [_byte_edit(draw, "corpus") for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2))))]
    return {
        "target": "corpus", "name": f"corpus{kind}{packing}", "content": content,
        "encoding": draw(st.sampled_from(_ENCODINGS)),
        "long": draw(st.sampled_from((0,) * 400 + (22, 25))), "edits": edits, "packed": draw(st.booleans()),
        "read": read, "columns": draw(_columns_option),
        "errors": draw(st.sampled_from(("strict", "strict", "replace"))),
    }  # fmt: skip


# States of a run

_STATE_VALUES = st.sampled_from([
    one for one in _EXTREMES if not (isinstance(one, str) and one in ("both", "max"))
])  # fmt: skip


class Documents(dict[str, dict[str, Any]]):
    """Of each task, the files of its run and what the JSON of each holds, or None."""

    def __repr__(self) -> str:
        return "Documents(…)"  # hypothesis shows what a strategy is made from


@st.composite
def state_cases(draw: Draw, documents: Documents) -> Case:
    """Damage to the files of a run."""
    task = draw(st.sampled_from(sorted(documents)))
    files, edits = documents[task], []
    ours = [name for name, root in files.items() if root is not None]
    for _ in range(draw(st.sampled_from((1, 1, 1, 2)))):
        which = draw(st.integers(0, 19))
        if which < 12:
            name = draw(st.sampled_from(ours))
            edit = _json_edit(draw, name, files[name])
            edits.append({**edit, "to": draw(_STATE_VALUES)} if "to" in edit and draw(st.booleans()) else edit)
        elif which < 17:
            edits.append(_byte_edit(draw, draw(st.sampled_from(sorted(files)))))
        else:
            name = draw(st.sampled_from(sorted(files)))
            edits.append({"on": name, "do": "become", "what": draw(st.sampled_from(KINDS_OF_FILE))})
    return {"target": "state", "task": task, "edits": edits}


def to_json(case: Case) -> str:
    """One line of ASCII for a case."""
    return json.dumps(case)
