"""Read tokenizer.json without trusting it: only its vocabulary is used.

The pipeline around the vocabulary is always ours. The file holds all that `tokenizers` can be told to do: patterns,
normalizers, truncation, padding, dropout. In a stranger's file any of them may cut texts short, change the answer at
every call or take forever. So only a file that says what seqtext would have written is accepted. And json
takes a third of the time of `tokenizers` to parse a vocabulary of 41,000 words and give their names.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, decoders, models, pre_tokenizers
from tokenizers import Tokenizer as Backend

from seqtext.characters import TOKEN_REST, TOKEN_SPACE, TOKEN_WORD
from seqtext.errors import ModelError, SeqtextError
from seqtext.masks import NO_MASKS, Masks
from seqtext.normalization import VERSION

#: Names of the special ids 0, 1, 2 … . No text is ever cut into one of them: no kind of token can spell "<pad>" whole.
SPECIALS = ("<pad>", "<unk>", "<bos>", "<eos>", "<blank>", "<end>", "<glue>")
#: The most tokens of a vocabulary: as many as `--vocab-size` accepts.
MOST_TOKENS = 1_000_000
#: The most letters of a token's name. A word has at most 64 letters and a contraction, of at most 4 bytes each.
_LONGEST = 300
#: The most commas and opening brackets: one for a token with its id, three for the merge that makes it.
_MOST_VALUES = 4 * MOST_TOKENS + 1000
_AGAIN = "fetch or train the model again"
#: Defaults of the library, any of which one of its versions may leave out.
_OFF: tuple[Any, ...] = (None, False, [])
_ABSENT = object()
_NORMALIZER = {"type": "Sequence", "normalizers": []}


@contextmanager
def no_panic(fault: Callable[[BaseException], SeqtextError]) -> Iterator[None]:
    """Turn a panic of `tokenizers` into a fault.

    A PanicException is a BaseException alone and would end the program.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # its class cannot be imported
            raise
        raise fault(error) from error


# The pipelines


def word_cutter(*, keep_space: bool, masks: Masks = NO_MASKS) -> pre_tokenizers.PreTokenizer:
    """Make the cutter of texts into words, stand-ins, punctuation and white space.

    Each is written in the byte-level alphabet. keep_space: whether white space is kept or dropped
    """
    word = f"{masks.stand_ins}|{TOKEN_WORD}" if masks else TOKEN_WORD
    if keep_space:
        cuts = [pre_tokenizers.Split(Regex(f"{word}|{TOKEN_REST}|{TOKEN_SPACE}"), "isolated")]
    else:
        cuts = [
            pre_tokenizers.Split(Regex(r"\s+"), "removed"),
            pre_tokenizers.Split(Regex(f"{word}|{TOKEN_REST}"), "isolated"),
        ]
    return pre_tokenizers.Sequence([*cuts, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def _cut_pieces(masks: Masks) -> pre_tokenizers.PreTokenizer:
    """Make a cutter like `word_cutter`, but a single space stays with the word after it."""
    whole = f" ?{masks.stand_ins}|" if masks else ""
    cut = pre_tokenizers.Split(Regex(f"{whole} ?{TOKEN_WORD}| ?(?:{TOKEN_REST})|{TOKEN_SPACE}"), "isolated")
    return pre_tokenizers.Sequence([cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


_MODELS: dict[str, Callable[[dict[str, int], list[tuple[str, str]]], Any]] = {
    "word": lambda ids, _: models.WordPiece(ids, unk_token="<unk>", max_input_chars_per_word=10_000),
    "bpe": models.BPE,
    "char": partial(models.BPE, unk_token="<unk>", byte_fallback=True),
}


def empty_backend(tokens: str, masks: Masks = NO_MASKS) -> Backend:
    """Make the pipeline of a kind of token, without its vocabulary.

    masks: those whose stand-ins are not cut
    """
    backend = Backend(_MODELS[tokens]({}, []))
    if tokens == "char":
        backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    else:
        backend.pre_tokenizer = word_cutter(keep_space=True, masks=masks) if tokens == "word" else _cut_pieces(masks)
        backend.decoder = decoders.ByteLevel()
    return backend


def make_backend(tokens: str, ids: dict[str, int], masks: Masks = NO_MASKS) -> Backend:
    """Make the pipeline of a kind of token, with its vocabulary.

    masks: as for `empty_backend`
    """
    return _filled(empty_backend(tokens, masks), tokens, ids, ())


def with_words_cut(backend: Backend, *, keep_space: bool, masks: Masks = NO_MASKS) -> Backend:
    """Make another word-level pipeline with the same vocabulary and decoder.

    keep_space, masks: as for `word_cutter`
    """
    other = Backend(backend.model)
    other.pre_tokenizer, other.decoder = word_cutter(keep_space=keep_space, masks=masks), backend.decoder
    return other


def with_masks(backend: Backend, tokens: str, masks: Masks) -> Backend:
    """Make another pipeline with the same vocabulary and other masks.

    masks: those whose stand-ins are not cut
    """
    other = empty_backend(tokens, masks)
    other.model = backend.model
    return other


def _filled(backend: Backend, tokens: str, ids: dict[str, int], merges: Sequence[tuple[str, str]]) -> Backend:
    with no_panic(lambda error: _unreadable(str(error))):
        backend.model = _MODELS[tokens](ids, list(merges))
    return backend


def first_names(tokens: str) -> list[str]:
    """Name the first tokens of every vocabulary: special ones, then each byte's."""
    if tokens == "char":
        return [*SPECIALS, *(f"<0x{byte:02X}>" for byte in range(256))]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    return [*SPECIALS, *alphabet, *(f"##{letter}" for letter in alphabet if tokens == "word")]


def _byte_alphabet() -> NDArray[np.int16]:
    """Return the byte of each letter of the byte-level alphabet, by code point.

    It is −1 for other letters; the last entry is such, for all code points beyond the table.
    """
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    table = np.full(256 + len(others) + 1, -1, np.int16)
    table[plain] = plain
    table[256:-1] = others
    return table


_BYTES = _byte_alphabet()


def bytes_of_letters(letters: str) -> NDArray[np.int16]:
    """Decode letters of the byte-level alphabet to their bytes: (letters,).

    Every other character is −1; one beyond U+FFFF is two, one for each half of its surrogate pair.
    """
    points = np.frombuffer(letters.encode("utf-16-le", "surrogatepass"), "<u2")
    return _BYTES.take(points, mode="clip")


# Reading


def parse(data: str, tokenizers: int = 1) -> dict[str, Any]:
    """Parse the JSON of one or two tokenizers. Raises ModelError.

    tokenizers: how many the file holds
    """
    if len(data) > MOST_TOKENS and _is_crowded(data, tokenizers):
        raise _unreadable(f"it has more values than a vocabulary of {MOST_TOKENS:,} tokens")
    try:
        whole = _DECODER.decode(data)
    except RecursionError as error:
        raise _unreadable("its values are nested too deeply") from error
    except ValueError as error:
        raise _unreadable(f"it is not JSON ({error})") from error
    if not isinstance(whole, dict):
        raise _unreadable(f"it holds {shown(whole)}, where an object {{...}} is expected")
    return whole


def _is_crowded(data: str, tokenizers: int) -> bool:
    """Tell whether a file has more values than any vocabulary; one of 3 bytes takes 70 in Python."""
    values = sum(map(data.count, ",[{"))
    return values > _MOST_VALUES or data.count(":") > tokenizers * (MOST_TOKENS + 1000)


def _refuse_number(text: str) -> NoReturn:
    raise _unreadable(f"it holds {text:.40}, where all numbers are whole")


_DECODER = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number)


def with_version(data: str, version: int, masks: Masks = NO_MASKS) -> str:
    """Write the normal form's version and the masks into a file's text.

    Without either, the text stays as it is. They stand where `tokenizers` reads them without an error, and they do
    nothing there: see `Tokenizer.normal`.
    """
    facts = {"version": version} if version else {}
    named = json.dumps({**_NORMALIZER, **facts, **({"masks": masks.facts} if masks else {})}, separators=(",", ":"))
    return data.replace('"normalizer":null', f'"normalizer":{named}', 1) if version or masks else data


def read_masks(whole: dict[str, Any]) -> Masks:
    """Remove the masks from a parsed file and return them. Raises ModelError.

    A file that names none has `NO_MASKS`.
    """
    normalizer = whole.get("normalizer")
    if not isinstance(normalizer, dict) or "masks" not in normalizer:
        return NO_MASKS
    masks = Masks.of(normalizer.pop("masks"), "tokenizer.json")
    if normalizer == _NORMALIZER:
        whole["normalizer"] = None
    return masks


def read_version(whole: dict[str, Any]) -> int:
    """Remove the normal form's version from a parsed file, and return it.

    It is 0 where the file names none. Raises ModelError for one that seqtext does not know.
    """
    normalizer = whole.get("normalizer")
    if (
        not isinstance(normalizer, dict)
        or normalizer.keys() != {*_NORMALIZER, "version"}
        or normalizer | _NORMALIZER != normalizer
    ):
        return 0
    version: Any = normalizer["version"]
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ModelError(
            f"tokenizer.json sets 'normalizer.version' to {shown(version)}; seqtext writes {VERSION} there.",
            f"update seqtext, or {_AGAIN}",
        )
    whole["normalizer"] = None
    return version


def read_backend(whole: dict[str, Any], tokens: str, masks: Masks = NO_MASKS) -> tuple[Backend, list[str]]:
    """Build the pipeline of a parsed file; list its tokens by id.

    masks: as `read_masks` returned them. The parsed file is consumed. Raises ModelError, which names whatever seqtext
    would not have written.
    """
    model = whole.get("model")
    if not isinstance(model, dict):
        raise _unreadable(f"it has {shown(model)} as 'model', where an object {{...}} is expected")
    vocabulary, merges = (model.pop(key, None) for key in ("vocab", "merges"))
    _check_kind(model, vocabulary, tokens)
    backend = empty_backend(tokens, masks)
    wanted = json.loads(backend.to_str())
    for key in ("vocab", "merges"):
        wanted["model"].pop(key, None)
    for path, value, ours in _differences(whole, wanted):
        raise _foreign_setting(path, value, ours)
    ids = _check_ids(vocabulary)
    names = list(ids)
    _check_names(names, tokens)
    return _filled(backend, tokens, ids, _check_merges(merges, names, tokens)), names


def _check_kind(model: Mapping[str, Any], ids: Any, tokens: str) -> None:
    """Raise ModelError unless the tokens are of the kind in the model's settings."""
    kind = tokens
    if model.get("type") == "WordPiece":
        kind = "word"
    elif model.get("type") == "BPE" and isinstance(ids, dict) and ids:
        kind = "char" if "<0x00>" in ids else "bpe"
    if kind != tokens:
        raise ModelError(
            f"tokenizer.json holds tokens of the kind {kind!r}; the settings of the model say {tokens!r}.",
            f'write "tokens": "{kind}" in config.json, or {_AGAIN}',
        )


def _differences(found: Any, wanted: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield where a file differs from ours: the setting's path, its value there and our value."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        pairs = [(key, found.get(key, _ABSENT), wanted.get(key, _ABSENT)) for key in {**wanted, **found}]
    elif isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        pairs = [(str(k), value, other) for k, (value, other) in enumerate(zip(found, wanted, strict=True))]
    else:
        if not _alike(found, wanted):
            yield place, found, wanted
        return
    for key, value, other in pairs:
        yield from _differences(value, other, f"{place}.{key}" if place else key)


def _alike(found: Any, wanted: Any) -> bool:
    if found is _ABSENT or wanted is _ABSENT:
        other = wanted if found is _ABSENT else found
        return any(type(other) is type(off) and other == off for off in _OFF)
    return type(found) is type(wanted) and not isinstance(found, dict | list) and found == wanted


def _foreign_setting(place: str, found: Any, ours: Any) -> ModelError:
    name = repr(place[:80])
    if ours is _ABSENT:
        return ModelError(f"tokenizer.json sets {name} to {shown(found)}; seqtext writes no such name.", _AGAIN)
    if found is _ABSENT:
        return ModelError(f"tokenizer.json has no {name}; seqtext writes {shown(ours)} there.", _AGAIN)
    simple = not isinstance(ours, dict | list | str)
    return ModelError(
        f"tokenizer.json sets {name} to {shown(found)}; seqtext writes {shown(ours)} there.",
        f"set {name} to {shown(ours)} in tokenizer.json, or {_AGAIN}" if simple else _AGAIN,
    )


def shown(value: Any) -> str:
    """Describe a value for a message, however large or deep it is."""
    if value and isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else f"a list of {len(value):,}"
    text = json.dumps(value[:70] if isinstance(value, str) else value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _check_ids(found: Any) -> dict[str, int]:
    """Return the vocabulary sorted by id; raises ModelError unless the ids are 0 to n − 1, and n is accepted."""
    if not isinstance(found, dict):
        raise _unreadable(f"it has {shown(found)} as 'model.vocab', where an object of ids is expected")
    ids: dict[str, int] = found
    if len(ids) > MOST_TOKENS:
        raise _unreadable(f"it has {len(ids):,} tokens; at most {MOST_TOKENS:,} are accepted")
    numbers, wanted = list(ids.values()), list(range(len(ids)))
    if numbers != wanted and set(map(type, numbers)) == {int}:  # another order of the same ids
        ids = dict(sorted(ids.items(), key=itemgetter(1)))
        numbers = list(ids.values())
    if numbers != wanted or bool in map(type, numbers[:2]):  # True is 1, too
        name, number = next((n, k) for (n, k), w in zip(ids.items(), wanted, strict=True) if type(k) is bool or k != w)
        raise ModelError(
            f"tokenizer.json gives {_name(name)} the id {shown(number)}; the ids of {len(ids):,} tokens are 0 to "
            f"{len(ids) - 1}, each of them once.",
            _AGAIN,
        )
    return ids


def _check_names(names: Sequence[str], tokens: str) -> None:
    """Raise ModelError unless training would have named the tokens so."""
    first = first_names(tokens)
    for number, name in enumerate(first):
        if number >= len(names) or names[number] != name:
            received = _name(names[number]) if number < len(names) else "nothing"
            raise ModelError(f"tokenizer.json has {received} as token {number}; {name!r} is expected there.", _AGAIN)
    rest = names[len(first) :]
    well_named = _are_characters if tokens == "char" else _are_spelled
    if rest and not well_named(rest):
        raise foreign_token(next(name for name in rest if not well_named([name])))


def _are_characters(names: Sequence[str]) -> bool:
    try:
        "".join(names).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return set(map(len, names)) == {1}


def _are_spelled(names: Sequence[str]) -> bool:
    """Tell whether names are spelled in the byte-level alphabet.

    None may be empty, too long, or marked as a word's continuation.
    """
    joined = "\n".join(("", *names, ""))
    between = np.flatnonzero(bytes_of_letters(joined) < 0)  # the line breaks, unless a name holds another character
    if len(between) != len(names) + 1 or "\n##" in joined:
        return False
    lengths = np.diff(between)
    return bool(lengths.min() > 1 and lengths.max() <= _LONGEST + 1)


def _check_merges(merges: Any, names: Sequence[str], tokens: str) -> Sequence[tuple[str, str]]:
    """Return the merges of bpe, at least one for each token; raises ModelError."""
    if tokens != "bpe":
        if merges or (merges is not None and tokens == "word"):
            raise _unreadable(f"it has {shown(merges)} as 'model.merges'; tokens of the kind {tokens!r} have none")
        return ()
    pairs = _pairs(merges)
    parts, made = set(names).difference(SPECIALS), list(map("".join, pairs))
    if not (parts.issuperset(chain.from_iterable(pairs)) and parts.issuperset(made)):
        odd = next(pair for pair in pairs if not parts.issuperset([*pair, "".join(pair)]))
        raise ModelError(
            f"tokenizer.json merges {_name(odd[0])} with {_name(odd[1])}; they, or what they make, are no tokens.",
            _AGAIN,
        )
    unmade = set(names[len(first_names(tokens)) :]).difference(made)
    if unmade:
        raise ModelError(f"tokenizer.json has a token {_name(min(unmade))}, which no merge makes.", _AGAIN)
    return pairs


def _pairs(merges: Any) -> list[tuple[str, str]]:
    """Return merges as pairs of pieces; older files join a pair by a space. Raises ModelError."""
    kinds = set(map(type, merges)) if isinstance(merges, list) else {None}
    if kinds <= {list, str} and len(merges) <= MOST_TOKENS:
        cut = (merge.split(" ", 2) if isinstance(merge, str) else merge for merge in merges)
        pairs = list(map(tuple, cut if str in kinds else merges))
        if set(map(len, pairs)) <= {2} and set(map(type, chain.from_iterable(pairs))) <= {str}:
            return pairs
    raise _unreadable(f"it has {shown(merges)} as 'model.merges', where a list of pairs of pieces is expected")


def _name(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:60] + "…")


def foreign_token(name: str) -> ModelError:
    """Return the error for a token's name that no training gives."""
    return ModelError(f"tokenizer.json has a token {_name(name)}, which is not ours.", _AGAIN)


def _unreadable(reason: str) -> ModelError:
    return ModelError(f"tokenizer.json cannot be read: {reason}.", _AGAIN)
