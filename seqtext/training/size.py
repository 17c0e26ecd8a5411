"""Bound the size of stored models by coarser numbers and fewer n-grams.

The form with the lowest held-out loss within the bound is chosen.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.config import ClassifyConfig, bytes_of
from seqtext.errors import ConfigError, argument, arguments
from seqtext.storage.model_folder import ModelFolder, read_folder, write_folder
from seqtext.storage.packing import CODEWORDS
from seqtext.storage.weights import SHARED_CODES, SPARSE, StoredWeights, pack_weights
from seqtext.training.rounding import fitted_codes

Weights = dict[str, NDArray[np.float32]]
Shapes = Mapping[str, tuple[int, ...]]
#: Measures a network with some weights: its held-out nats per text and its scores.
Measure = Callable[[Weights], tuple[float, dict[str, float]]]

_BESIDE = 20_000  # bytes of config.json and of the names of arrays, at most
_FEWEST_RUNS = 1000  # hashed n-grams below which a table is not worth having
_TRIED = 3  # forms that are measured, the finest that fit
_VOCABULARY = 0.25  # of the size, for words and their vectors
WORD_BYTES = 22  # bytes of a word in tokenizer.json
_FINE = 4  # numbers of a vector that share a byte
_FEW_LABELS = 64
_MATRIX = 64  # columns of a matrix that four bits suit
_LARGE = 1 << 18  # numbers of a matrix beside which codewords of its own take little
_CODES = "codes"  # eight bits for two or three numbers of a matrix
_FOR_BLEND = 0.06  # of the size, for the linear part that a blend may add
_DOUBT_SHARE, _DOUBT_LEAST = 0.03, 15_000  # of the size, and bytes: small tables tell unusual texts nearly as well

#: Forms from fine to coarse: precision of all arrays, that of the layers' matrices, and how many columns of a vector
#: share a code, of a token's or a hashed n-gram's.
_LADDER: tuple[tuple[str, str, int], ...] = (
    ("fp16", "fp16", 0), ("int8", "int8", 0), ("int8", "int8", 2), ("int8", "int8", 4), ("int8", "int4", 4),
    ("int8", _CODES, 4), ("int8", "int4", 8), ("int8", _CODES, 8), ("int8", "int4", 16), ("int8", _CODES, 16),
)  # fmt: skip


class TriedForm(NamedTuple):
    """Hold a measured storage form: bytes, held-out nats per text, scores."""

    size: int
    loss: float
    scores: dict[str, float]


@dataclass(frozen=True)
class StorageForm:
    """Hold the storage form of a model's weights.

    precision, arrays: see `seqtext.storage.weights.pack_weights`; runs: maximal number of rows of each table in SPARSE
    """

    precision: str = "fp16"
    arrays: Mapping[str, str | int] | None = None
    runs: Mapping[str, int] | None = None

    @property
    def is_whole(self) -> bool:
        """Return whether this is the default form, with all rows."""
        return self.precision == "fp16" and not self.arrays and not self.runs

    def write(self, path: Path, contents: ModelFolder) -> None:
        """Write a model folder in this form; raises ModelError."""
        write_folder(path, contents, self.precision, self.arrays)

    def pruned(self, weights: Weights) -> Weights:
        """Keep the rows with the largest norms in tables with a limit.

        The other rows become zero, and so does the idf of their n-grams: they are no longer counted in texts.
        """
        pruned = {name: _largest(array, (self.runs or {}).get(name)) for name, array in weights.items()}
        if "idf" in pruned and "wide.weight" in (self.runs or {}):
            pruned["idf"] = pruned["idf"] * pruned["wide.weight"].any(1)
        return pruned


def _largest(table: NDArray[np.float32], most: int | None) -> NDArray[np.float32]:
    if most is None or most >= len(table):
        return table
    kept = np.argsort(-(table.astype(np.float64) ** 2).sum(1), kind="stable")[:most]
    result = np.zeros_like(table)
    result[kept] = table[kept]
    return result


def model_bytes(folder: Path) -> int:
    """Count the bytes of a model folder without history and card.

    An answer reads neither.
    """
    return sum((folder / name).stat().st_size for name in ("weights.safetensors", "tokenizer.json", "config.json"))


def shrink(contents: ModelFolder, limit: int, measure: Measure) -> tuple[ModelFolder, StorageForm, list[TriedForm]]:
    """Shrink a model to `limit` bytes with the lowest held-out loss.

    Of a ladder from half precision over eight bits to codes for the tokens' vectors (product quantization) and four
    bits for the layers, the finest that fit are measured. Tables of hashed n-grams keep the rows with the largest
    norms, as many as there is room for (Joulin et al. 2016, arXiv:1612.03651). A model that fits as it was trained
    stays so.

    returns the model, its form, and what was measured: the model as it was trained, then each form
    raises ConfigError where no form is small enough
    """
    beside = len(contents.tokenizer.encode()) + _BESIDE
    rows = {
        name: int(table.reshape(len(table), -1).any(1).sum())
        for name, table in contents.weights.items()
        if name in SPARSE
    }
    fitting = list(storage_forms({name: array.shape for name, array in contents.weights.items()}, beside, limit, rows))[
        :_TRIED
    ]
    if not fitting:
        raise too_small(limit, smallest({name: array.shape for name, array in contents.weights.items()}, beside))
    tried, best = [_measured(contents, StorageForm(), measure)], math.inf
    if fitting[0].is_whole:
        return contents, StorageForm(), [tried[0], tried[0]]
    for form in fitting:
        pruned = replace(contents, weights=form.pruned(contents.weights))
        tried.append(_measured(pruned, form, measure))
        if form is fitting[0] or tried[-1].loss < best:  # the first also where its loss is not a number
            best, chosen = tried[-1].loss, (pruned, form)
    return *chosen, tried


def _measured(contents: ModelFolder, form: StorageForm, measure: Measure) -> TriedForm:
    with TemporaryDirectory() as folder:
        form.write(Path(folder) / "model", contents)
        loss, scores = measure(read_folder(Path(folder) / "model").weights)
        return TriedForm(model_bytes(Path(folder) / "model"), loss, scores)


def frozen_form(config: ClassifyConfig, shapes: Shapes, tokenizer: str) -> StorageForm:
    """Return the form in which frozen weights will be stored.

    It is the finest that leaves room for a linear part that may be blended in, else the finest that fits.
    """
    limit, beside = without_doubt(bytes_of(config.size)), len(tokenizer.encode()) + _BESIDE
    limits = [int((1 - _FOR_BLEND) * limit)] * config.blend + [limit]
    return next((form for bytes_left in limits for form in storage_forms(shapes, beside, bytes_left)), StorageForm())


def rounded(weights: Weights, form: StorageForm, inputs: Callable[[], Weights]) -> Weights:
    """Round frozen weights as they will be stored.

    What learns is then fitted to the rounded weights: of 100 new texts, a probe on readers of 4.6 MB has 93 right, one
    fitted before the readers are rounded 59.

    inputs: returns, for some matrices, what they are multiplied with, (any number, columns), see `fitted_codes`
    """
    coded = {name: str(form.arrays[name]) for name in weights if name in form.arrays} if form.arrays else {}
    widths = {
        name: int(form_name.removeprefix(SHARED_CODES))
        for name, form_name in coded.items()
        if form_name.startswith(SHARED_CODES)
    }
    known = inputs() if widths else {}
    fitted = {name: fitted_codes(weights[name], known[name], widths[name]) for name in widths if name in known}
    weights = {**weights, **fitted}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "weights"
        path.write_bytes(pack_weights(weights, form.precision, form.arrays))
        with FileIO(path) as file:
            return StoredWeights(file, path).whole()


def storage_forms(
    shapes: Shapes, beside: int, limit: int, rows: Mapping[str, int] | None = None
) -> Iterator[StorageForm]:
    """Yield the forms of at most `limit` bytes, finest first.

    beside: bytes of all but the weights; rows: of the tables in SPARSE, how many are not zeros, all unless given
    """
    tables = {name: (rows or {}).get(name, shapes[name][0]) for name in SPARSE if name in shapes and name != "idf"}
    before: StorageForm | None = None
    for precision, matrix, width in _LADDER:
        arrays = {name: form for name, shape in shapes.items() if (form := _form(name, shape, matrix, width))}
        if before == (before := StorageForm(precision, arrays)):
            continue
        fixed = beside + sum(_codewords(shapes[name], form) for name, form in arrays.items())
        fixed += sum(_size(shape, arrays.get(name, precision)) for name, shape in shapes.items() if name not in SPARSE)
        per_row = {name: _size((1, shapes[name][1]), arrays.get(name, precision)) for name in tables}
        if "idf" in shapes:
            per_row["wide.weight"] += 2
        bitmaps = sum(shapes[name][0] // 8 for name in SPARSE if name in shapes)
        wanted = sum(tables[name] * per_row[name] for name in tables)
        share = (limit - fixed - bitmaps) / wanted if wanted else float(fixed <= limit)
        if share >= 1:
            yield StorageForm(precision, arrays)
        elif wanted and all(share * count >= min(_FEWEST_RUNS, count) for count in tables.values()):
            yield StorageForm(precision, arrays, {name: int(share * count) for name, count in tables.items()})


def _form(name: str, shape: tuple[int, ...], matrix: str, width: int) -> str | int:
    """Return an array's own storage form, "" for the precision of all."""
    if name == "idf":
        return "fp16"
    if matrix == "fp16":
        return ""
    if len(shape) != 2:
        return _coarse(shape, matrix)
    if name in SPARSE and width and (name == "wide.weight" or not shape[1] % width):
        return f"{SHARED_CODES}{2 - shape[1] % 2}" if name == "wide.weight" else width
    if name in SPARSE:
        return "fp16" if shape[1] <= 4 else ""  # a scale a row takes as much as two numbers save
    if name == "output.weight" and shape[0] <= _FEW_LABELS:
        return "fp16"  # features that vary little have large weights, for which a scale of the row is too coarse
    if name == "embedding.weight":
        return width if width and not shape[1] % width and shape[0] > 2 * CODEWORDS else ""
    return _coarse(shape, matrix)


def _coarse(shape: tuple[int, ...], matrix: str) -> str:
    """Return the form of a layer's array in four bits and fewer; "" where it is stored in the precision of all."""
    if matrix == "int8":
        return ""
    if len(shape) < 2:
        return "fp16"
    if matrix == _CODES and len(shape) == 2 and math.prod(shape) >= _LARGE and (width := _width(shape[1])) > 1:
        return f"{SHARED_CODES}{width}"
    return "int4" if shape[1] >= _MATRIX and not shape[1] % 2 else ""


def _width(columns: int) -> int:
    """Return how many columns share a code, where all have the same codewords."""
    return next((width for width in (3, 2) if not columns % width), 1)


def _size(shape: tuple[int, ...], form: str | int) -> int:
    """Count the bytes of an array in a form, without codewords."""
    count, row = math.prod(shape), 4 * (shape[0] if shape else 1)
    if isinstance(form, int) or form.startswith(SHARED_CODES):
        return count // int(str(form).removeprefix(SHARED_CODES))
    if len(shape) < 2 and form != "fp16":
        return 4 * count
    return {"fp32": 4 * count, "fp16": 2 * count, "int8": count + row, "int4": count // 2 + row}[form]


def _codewords(shape: tuple[int, ...], form: str | int) -> int:
    """Count the bytes of an array's codewords; 0 where it has none."""
    if isinstance(form, int):
        return 2 * CODEWORDS * shape[1]
    return 2 * CODEWORDS * int(form.removeprefix(SHARED_CODES)) if form.startswith(SHARED_CODES) else 0


def smallest(shapes: Shapes, beside: int) -> int:
    """Compute the minimal bytes of a model, to within 1,000.

    beside: bytes of all but the weights
    """
    low, high = 0, 1 << 40
    while high - low > 1000:
        middle = (low + high) // 2
        low, high = (low, middle) if any(storage_forms(shapes, beside, middle)) else (middle, high)
    return high


def too_small(limit: int, least: int) -> ConfigError:
    """Make the error for a size limit that a model cannot keep.

    limit: bytes that were asked for; least: bytes that the model takes
    """
    enough = f"{math.ceil(least / 1e5) / 10:g}MB"
    return ConfigError(
        f"{argument('size')} received {limit / 1e6:g} MB; this network, with its tokenizer, takes {enough} at least.",
        f"{arguments(size=enough)}, or a smaller {argument('vocab_size')}",
    )


def fits(written: str, shapes: Shapes, tokenizer: int) -> bool:
    """Return whether any storage form of a network's weights fits a size.

    written: the value of --size; tokenizer: its bytes
    """
    return any(storage_forms(shapes, tokenizer + _BESIDE, without_doubt(bytes_of(written))))


def check_size(written: str, shapes: Shapes, tokenizer: str) -> None:
    """Raise ConfigError where no storage form of a network's weights fits.

    written: the value of --size
    """
    if written and not fits(written, shapes, len(tokenizer.encode())):
        least = smallest(shapes, len(tokenizer.encode()) + _BESIDE)
        raise too_small(bytes_of(written), max(math.ceil(least / (1 - _DOUBT_SHARE)), least + _DOUBT_LEAST))


def tokens_for(network: ClassifyConfig) -> int:
    """Compute the number of tokens of a start model for a size.

    They take a quarter of it.
    """
    return int(_VOCABULARY * bytes_of(network.size) / (WORD_BYTES + network.embedding / _FINE))


def without_doubt(limit: int) -> int:
    """Subtract from a size limit the bytes reserved for a doubt."""
    return limit - doubt_bytes(limit)


def doubt_bytes(limit: int) -> int:
    """Compute the bytes of a size limit reserved for a doubt."""
    return max(int(_DOUBT_SHARE * limit), _DOUBT_LEAST)


def costs(tried: list[TriedForm], limit: int, score: str) -> str:
    """Describe the score at each size that was measured.

    For instance "31.2 MB: accuracy 0.934, loss 0.212; 4.9 MB: accuracy 0.931, loss 0.215; 4.9 MB is kept". Where the
    model is small enough as it was trained, only that is said.
    """
    best = min(tried[1:], key=lambda trial: trial.loss)
    if best == tried[0]:
        return f"{best.size / 1e6:.1f} MB, within {limit / 1e6:g} MB as it was trained"
    parts = [f"{form.size / 1e6:.1f} MB: {score} {form.scores[score]:.4g}, loss {form.loss:.4g}" for form in tried]
    return f"{'; '.join(dict.fromkeys(parts))}; {best.size / 1e6:.1f} MB is kept"


def facts(tried: list[TriedForm], limit: int, score: str) -> dict[str, Any]:
    """Return the facts of config.json on the size.

    They are the limit, and size, loss and score of each form that was measured.
    """
    return {
        "limit": limit,
        "tried": [{"bytes": form.size, "loss": form.loss, score: form.scores[score]} for form in tried],
    }
