"""Answer a column of batches for other engines.

Ray Data, Hugging Face datasets and Spark call it on their workers.

Ray Data streams a table of any size through models on all machines of a cluster, in constant memory, and asks anew what
a lost worker had not answered:

    import ray
    from seqtext.integrations.batch import Answer

    answer = Answer("classify", "language-id", "body")
    (
        ray.data.read_parquet("s3://bucket/comments/")
        .map_batches(
            Answer, fn_constructor_kwargs=answer.arguments, batch_format="pyarrow", batch_size=4096,
            num_cpus=1, compute=ray.data.ActorPoolStrategy(min_size=1, max_size=64),
        )
        .write_parquet("s3://bucket/labelled/")
    )

Each worker loads the model once, by name: seqtext is installed there, and a model of one's own lies in a folder that
all machines see, or on the Hugging Face Hub. The same with datasets and with Spark:

    table.with_format("arrow").map(answer, batched=True, batch_size=4096)
    frame.mapInPandas(answer.frames, answer.schema(frame.schema))

A batch is a dict of lists or arrays, an Arrow table, or a pandas DataFrame, and comes back as what it was. Best is
Arrow, which has a null and knows the type of a column that holds nothing else; in a DataFrame, and in a dict of arrays,
a missing number is NaN.
"""

import inspect
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import ConfigError, InputError, ModelError, nearest
from seqtext.integrations.columns import Columns, columns_of, free_names
from seqtext.networks.threads import one_thread
from seqtext.storage.catalog import bundled, find, load
from seqtext.storage.model_folder import fingerprint
from seqtext.tasks import TASKS, resolve

_ON_ERROR = ("stop", "skip", "null")
_DDL = {str: "string", float: "double", bool: "boolean"}
_DDL_PART = re.compile(r"`(?:[^`]|``)+`|[^\s,:<>()`]+|[,<>()]")
_PANDAS = {str: "string", float: "float64", bool: "boolean"}


class Answer:
    """Answer the texts in a column of each batch, adding columns.

    task:     the command that answers: fill, choose, cloze, generate, next, score, anomaly, classify, translate or
              summarize; `seqtext.integrations.columns.COLUMNS` has the columns that each adds
    model:    a bundled name, a model folder, or a Hugging Face Hub id
    column:   where the texts stand; "text" unless it is named, of translate and summarize "source"
    on_error: what a text that cannot be answered does: "stop" raises InputError, "skip" leaves its row out, "null" its
              cells null; both warn. A null, or nothing but white space, is no error: its row stays
    weights:  the hash of weights, tokenizer and config that are meant; of those there now unless it is given
    options:  of the method that answers, as in `Answer("fill", "fill-en", "text", max_words=2)`

    Pickled, it is these settings and never the model, which is loaded with the first batch and kept for the process.
    Raises ConfigError and ModelError. A worker that finds another model under the name raises a ModelError with both
    hashes. It computes with one thread of BLAS: how many answer side by side is for the engine to say.

    >>> answer = Answer("classify", "language-id", "text")
    >>> answer({"id": [7], "text": ["Where is the station?"]})["label"]
    ['English']
    """

    def __init__(
        self,
        task: str,
        model: str | os.PathLike[str],
        column: str | None = None,
        *,
        on_error: str = "stop",
        weights: str | None = None,
        **options: Any,
    ) -> None:
        if on_error not in _ON_ERROR:
            raise ConfigError(
                f"on_error received {on_error!r:.80}; accepted are {', '.join(_ON_ERROR)}.", 'on_error="null"'
            )
        self.task, self.on_error, self.options = task, on_error, options
        _check_options(task, self._columns, options)
        self.column = self._columns.text if column is None else column
        self.model = _lasting_name(os.fspath(model))
        self.weights = fingerprint(find(self.model)) if weights is None else weights

    @property
    def _columns(self) -> Columns:
        return columns_of(self.task)

    @property
    def arguments(self) -> dict[str, Any]:
        """Return the constructor's arguments, for Ray's `fn_constructor_kwargs`."""
        known = {name: getattr(self, name) for name in ("task", "model", "column", "on_error", "weights")}
        return {**known, **self.options}

    def __call__(self, batch: Any) -> Any:
        """Add the answers to a batch.

        Raises InputError for a text at fault, ModelError for another model.
        """
        names = _names_of(batch)
        if self.column not in names:
            raise InputError(
                f"The batch has no column {self.column!r}; its columns are {', '.join(map(str, names))}.",
                f"column={nearest(self.column, map(str, names))!r}",
            )
        cells = _cells_of(batch, self.column)
        with one_thread():
            answers = self._columns.answers(_loaded(self._columns.task, self.model, self.weights), cells, self.options)
        kept = self._kept(answers)
        if len(kept) < len(cells):
            batch, answers = _rows_of(batch, kept), [answers[index] for index in kept]
        return _with_columns(batch, self._added(answers, names))

    def frames(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Answer pandas DataFrames one after another, for Spark's `mapInPandas`."""
        return map(self, frames)

    def schema(self, kept: Any = "") -> str:
        """Describe the answered table's columns as DDL, for Spark's `mapInPandas`.

        kept: the columns that are there before, as DDL or as the `schema` of a Spark DataFrame

        >>> Answer("score", "generate-en").schema("id bigint, text string")
        'id bigint, text string, `bits` double, `bits_per_character` double'
        """
        if not isinstance(kept, str):
            kept = ", ".join(f"{_quoted(field.name)} {field.dataType.simpleString()}" for field in kept.fields)
        types = self._columns.added
        names = free_names(types, _names_in(kept))
        added = [f"{_quoted(names[name])} {_DDL[kind]}" for name, kind in types.items()]
        return ", ".join([*([kept] if kept.strip() else []), *added])

    def _kept(self, answers: list[Any]) -> list[int]:
        """Return the indices of the rows that stay.

        Raises the first error, or warns of the rows at fault.
        """
        faults = [index for index, answer in enumerate(answers) if isinstance(answer, InputError)]
        if not faults:
            return list(range(len(answers)))
        first: InputError = answers[faults[0]]
        if self.on_error == "stop":
            raise InputError(f"Column {self.column!r}, row {faults[0]} of a batch: {first.message}", first.hint)
        done = "left out" if self.on_error == "skip" else "null"
        warnings.warn(
            f"{len(faults):,} of {len(answers):,} rows of a batch could not be answered and are {done}; the first is "
            f"row {faults[0]}: {first.message}",
            stacklevel=3,
        )
        out = set(faults) if self.on_error == "skip" else ()
        return [index for index in range(len(answers)) if index not in out]

    def _added(self, answers: list[Any], taken: Iterable[str]) -> dict[str, tuple[type, list[Any]]]:
        """Return the type and cells of each added column, by its free name."""
        types = self._columns.added
        names, rows = free_names(types, taken), [self._columns.cells(answer) for answer in answers]
        return {names[name]: (kind, [row[index] for row in rows]) for index, (name, kind) in enumerate(types.items())}


def _check_options(command: str, columns: Columns, options: Mapping[str, Any]) -> None:
    """Raise ConfigError for options that the method does not accept, or lacks."""
    signature = inspect.signature(getattr(resolve(TASKS[columns.task].model), columns.method))
    _self, _texts, *known = signature.parameters
    for name in options:
        if name not in known:
            raise ConfigError(
                f"{name!r} was received; the options of {command} are {', '.join(known)}.", f"{nearest(name, known)}="
            )
    missing = [
        option
        for option in known
        if signature.parameters[option].default is inspect.Parameter.empty and option not in options
    ]
    if missing:
        raise ConfigError(f"{command} needs {missing[0]}, which was not given.", f"{missing[0]}=")


def _lasting_name(model: str) -> str:
    """Name a model so that it is valid from any folder.

    A model folder is named by its absolute path.
    """
    return os.path.abspath(model) if model not in bundled() and os.path.exists(model) else model


@lru_cache(maxsize=4)
def _loaded(task: str, name: str, weights: str) -> Any:
    """Load the model with a hash, once a process."""
    model = load(name, task)
    hash_found = fingerprint(find(name))  # after it was loaded: what is saved from now on does not matter
    if hash_found != weights:
        raise ModelError(
            f"The model {name} has the hash {hash_found} here; the one with the hash {weights} is asked for.",
            "give all machines the same model, or make the Answer anew",
        )
    return model


def _names_of(batch: Any) -> list[str]:
    if isinstance(batch, Mapping):
        return list(batch)
    if _is_arrow(batch):
        return list(batch.column_names)
    if hasattr(batch, "iloc"):
        return list(batch.columns)
    raise InputError(
        f"{type(batch).__name__} was received; a dict of lists, an Arrow table or a pandas DataFrame is expected.",
        'Answer(...)({"text": ["..."]})',
    )


def _is_arrow(batch: Any) -> bool:
    return hasattr(batch, "column_names") and hasattr(batch, "append_column")


def _cells_of(batch: Any, column: str) -> list[Any]:
    """Convert a column to a list of Python values."""
    cells = batch[column]
    for name in ("to_pylist", "tolist"):  # of Arrow; of NumPy and pandas
        if hasattr(cells, name):
            return list(getattr(cells, name)())
    return list(cells)


def _rows_of(batch: Any, indices: list[int]) -> Any:
    """Select rows of a batch by their indices."""
    if isinstance(batch, Mapping):
        return {
            name: column[indices] if isinstance(column, np.ndarray) else [column[index] for index in indices]
            for name, column in batch.items()
        }
    return batch.take(indices) if _is_arrow(batch) else batch.iloc[indices]


def _with_columns(batch: Any, added: Mapping[str, tuple[type, list[Any]]]) -> Any:
    """Return a copy of a batch with more columns."""
    if isinstance(batch, Mapping):
        arrays = any(isinstance(column, np.ndarray) for column in batch.values())
        new = {name: _array(*column_added) if arrays else column_added[1] for name, column_added in added.items()}
        return {**batch, **new}
    if _is_arrow(batch):
        import pyarrow

        types = {str: pyarrow.string(), float: pyarrow.float64(), bool: pyarrow.bool_()}
        for name, (kind, cells) in added.items():
            batch = batch.append_column(name, pyarrow.array(cells, types[kind]))
        return batch
    plain = {name: cells for name, (_, cells) in added.items()}
    return batch.assign(**plain).astype({name: _PANDAS[kind] for name, (kind, _) in added.items()})


def _array(kind: type, cells: list[Any]) -> NDArray[Any]:
    """Convert the cells of a column to an array.

    Numbers become float64, null NaN; other cells are objects, null None.
    """
    return np.array(cells, np.float64 if kind is float else object)


def _quoted(name: str) -> str:
    """Quote a name for DDL."""
    return "`" + name.replace("`", "``") + "`"


def _names_in(ddl: str) -> list[str]:
    """Extract the column names from DDL.

    It is like "id bigint, `my text` string, pair struct<a: int, b: int>".
    """
    names, depth, start = [], 0, True
    for piece in _DDL_PART.findall(ddl):
        if start:
            names.append(piece[1:-1].replace("``", "`") if piece[0] == "`" else piece)
            start = False
        depth += (piece in "<(") - (piece in ">)")
        start = start or (piece == "," and depth == 0)
    return names
