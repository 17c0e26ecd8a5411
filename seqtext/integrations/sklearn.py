"""Classify texts in scikit-learn: pipelines, cross-validation and grid search.

    from sklearn.model_selection import GridSearchCV
    from seqtext.integrations.sklearn import SeqtextClassifier

    search = GridSearchCV(SeqtextClassifier(steps=500, random_state=0), {"encoder": ["bag", "lstm"]}, n_jobs=2)
    search.fit(frame["text"], frame["label"])
    search.best_estimator_.predict(["Where is my parcel?"])

Texts and labels stay in memory, but for a folder of the training that is removed.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.data.labels import read_as
from seqtext.errors import ConfigError, InputError
from seqtext.extras import needed
from seqtext.integrations.columns import is_null
from seqtext.models.classifier import BATCH, Classifier
from seqtext.networks.threads import threads_if_alone
from seqtext.normalization import is_blank
from seqtext.storage.model_folder import FILES, copy_folder, read_folder
from seqtext.storage.snapshot import existing_folder

with needed("SeqtextClassifier"):
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted

_ROWS = "rows.jsonl"
_STRANGE = frozenset("|;,[]'\"<#")  # in labels that are several, or none
_ACCEPTED = "a list, an array, a Series or a DataFrame of one column, of str"
#: Parameters that are settings of `seqtext.train`, which decides where one is None.
_SETTINGS = (
    "minutes", "epochs", "steps", "rung", "size", "start", "encoder", "pooling", "pairs", "wide", "layers", "embedding",
    "hidden", "dropout", "learning_rate", "vocab_size", "balance",
)  # fmt: skip
# PyTorch has one generator of random numbers and one number of threads for the whole process.
_TRAINING = Lock()


class ArrayError(InputError, ValueError):
    """Report an X or y that cannot be learnt or answered.

    It is a ValueError as well, as scikit-learn's own errors are.
    """


class SeqtextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Classify texts by networks that `seqtext.train("classify")` trains.

    minutes, epochs, steps: how long it trains, one of them at most; 3 minutes without any. A fit of so many epochs or
        steps with a `random_state` gives the same model each time
    preset: "tiny", "small" or "base"; start: a model to start from, such as "fill-en"
    rung, size, encoder, pooling, pairs, wide, layers, embedding, hidden, dropout, learning_rate, vocab_size, balance:
        settings of `seqtext.train`, which decides where one is None; settings: a dict of any others
    threads: of the processor, 1 so that fits side by side (`n_jobs`) share out the cores; 0 tries how many learn
        fastest. Fits in threads of one process wait for each other
    random_state: None, a number, or a RandomState of NumPy
    run:    a new folder for the training, kept with the training rows; a temporary one is removed without a trace

    Parameters are checked by `fit`. A fitted estimator holds its model, so that it can be pickled and answers where no
    folder is. There is no `partial_fit` and no `sample_weight`: `balance` favours rare labels.

    classes_: (classes,) the labels, sorted, of y's type: the order of the columns of `predict_proba`
    model_:   the `seqtext.models.classifier.Classifier`; `model_.save(folder)` writes it for the command line
    scores_:  what was measured on rows held out of X: accuracy, macro_f1 and others; n_iter_: updates made
    feature_names_in_: (1,) the name of the column, where X was a DataFrame; n_features_in_: 1

    >>> classifier = SeqtextClassifier(minutes=1).fit(texts, labels)  # doctest: +SKIP
    >>> classifier.predict(["A lovely film."])  # doctest: +SKIP
    array(['positive'], dtype='<U8')
    """

    def __init__(
        self,
        *,
        minutes: float | None = None,
        epochs: float | None = None,
        steps: int | None = None,
        preset: str = "base",
        rung: str | None = None,
        size: str | None = None,
        start: str | None = None,
        encoder: str | None = None,
        pooling: str | None = None,
        pairs: int | None = None,
        wide: int | None = None,
        layers: int | None = None,
        embedding: int | None = None,
        hidden: int | None = None,
        dropout: float | None = None,
        learning_rate: float | None = None,
        vocab_size: int | None = None,
        balance: float | None = None,
        threads: int = 1,
        random_state: Any = None,
        run: str | Path | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.minutes, self.epochs, self.steps = minutes, epochs, steps
        self.preset, self.rung, self.size, self.start = preset, rung, size, start
        self.encoder, self.pooling, self.pairs, self.wide = encoder, pooling, pairs, wide
        self.layers, self.embedding, self.hidden, self.dropout = layers, embedding, hidden, dropout
        self.learning_rate, self.vocab_size, self.balance = learning_rate, vocab_size, balance
        self.threads, self.random_state = threads, random_state
        self.run, self.settings = run, settings

    def fit(self, X: Any, y: Any) -> "SeqtextClassifier":
        """Learn labels from texts.

        A row whose text is blank is left out.

        X: (rows,) texts: a list, an array, a Series, or a DataFrame of one column; y: (rows,) str, int or bool

        Raises ArrayError for invalid X or y, ConfigError for a parameter, and other errors of `seqtext.train`.
        """
        labels = _labels(y)
        name, texts = _column(X)
        classes, targets = _classes(labels, texts)
        names = _names(classes)
        settings = self._given()
        with _TRAINING, self._folder() as folder:
            rows = ({"label": names[k], "text": text} for k, text in zip(targets, texts, strict=True))
            finished = _train(rows, folder, self.preset, settings)
            files = _files_of(folder)
        self.classes_, self.n_features_in_ = classes, 1
        if name is not None:
            self.feature_names_in_ = np.array([name], object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self.n_iter_, self.scores_ = finished.step, finished.metrics
        self.class_prior_ = np.bincount(targets, minlength=len(classes)) / len(targets)
        self._names, self._files, self.model_ = names, files, _model_of(files)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the likeliest label of each text, (rows,).

        X and the errors raised are those of `predict_proba`.
        """
        best = self.predict_proba(X).argmax(1)
        return np.asarray(self.classes_[best])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the calibrated probability of each label, (rows, classes).

        X: (rows,) texts. They are calibrated on the rows held out in training. A blank text says nothing: its
        probabilities are the shares of the labels in y. Raises ArrayError for what is not text, NotFittedError before
        `fit`.
        """
        check_is_fitted(self, "model_")
        name, texts = _column(X)
        self._check_name(name)
        shares = np.tile(self.class_prior_, (len(texts), 1))
        asked = [index for index, text in enumerate(texts) if not is_blank(text)]
        forms = list(map(_form, self._names))
        columns = [forms.index(_form(label)) for label in self.model_.labels]
        for start in range(0, len(asked), BATCH):
            batch = asked[start : start + BATCH]
            with threads_if_alone():
                log_probs = self.model_.log_probs([texts[index] for index in batch])
            probabilities = np.zeros((len(batch), len(self.classes_)))
            probabilities[:, columns] = np.exp(log_probs.astype(np.float64))
            shares[batch] = probabilities / probabilities.sum(1, keepdims=True)
        return shares

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the log-probability of each label, (rows, classes).

        X and the errors raised are those of `predict_proba`.
        """
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def _given(self) -> dict[str, Any]:
        """The settings for `seqtext.train`: those that are not None, numbers as Python's own."""
        if self.settings is not None and not isinstance(self.settings, Mapping):
            raise ConfigError(f"settings received {self.settings!r:.80}; a dict is expected.", 'settings={"window": 5}')
        more = dict(self.settings or {})
        several = next((name for name in ("several", "multi_label") if more.get(name)), None)
        if several is not None:
            raise ConfigError(f"settings received {several}=True; a text has one label here.", f"leave {several} out")
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(2**31 - 1)
        given = {name: getattr(self, name) for name in _SETTINGS if getattr(self, name) is not None}
        # Which precision is quicker is found by a measurement, which may come out otherwise the next time.
        given = {**given, "seed": seed, "threads": self.threads, "precision": "fp32", **more}
        return {name: value.item() if isinstance(value, np.generic) else value for name, value in given.items()}

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """The folder of the training: `run`, or one that is removed."""
        if self.run is not None:
            yield Path(self.run)
            return
        with TemporaryDirectory(prefix="seqtext-") as scratch:
            yield Path(scratch) / "classifier"

    def _check_name(self, name: str | None) -> None:
        """Raise ArrayError for a column that is not called as the one learnt from."""
        learnt = getattr(self, "feature_names_in_", None)
        if name is not None and learnt is not None and name != learnt[0]:
            raise ArrayError(
                f"X has the column {name!r}, but {learnt[0]!r} was learnt from.", f"frame[[{str(learnt[0])!r}]]"
            )

    def __getstate__(self) -> dict[str, Any]:
        """Give all but the loaded model, whose files stand beside it."""
        return {name: value for name, value in super().__getstate__().items() if name != "model_"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what `__getstate__` gave, and load the model."""
        super().__setstate__(state)
        if "_files" in state:
            self.model_ = _model_of(self._files)

    def __sklearn_tags__(self) -> Any:
        """Say what X is: texts, not numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, True, False
        tags.non_deterministic = self.steps is None and self.epochs is None
        return tags


def _train(rows: Iterable[Mapping[str, str]], folder: Path, preset: str, settings: Mapping[str, Any]) -> Any:
    """Train on rows, which are written into the folder; returns the last event."""
    with needed("SeqtextClassifier.fit"):
        from seqtext.training.device import keep_small_numbers
        from seqtext.training.run import Run
        from seqtext.training.train import train
    run, path = Run(folder), folder / _ROWS
    run.make()
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{json.dumps(row)}\n" for row in rows)
        *_, finished = train("classify", path, folder, preset=preset, **settings)
    except BaseException:
        if not run.is_begun():
            path.unlink(missing_ok=True)
            with suppress(OSError):  # something else is in it
                folder.rmdir()
        raise
    finally:
        keep_small_numbers()  # the program around it may want them
    return finished


def _files_of(folder: Path) -> dict[str, bytes]:
    """The files of a model, by name."""
    with TemporaryDirectory(prefix="seqtext-") as copy:  # of one save, and none of a run's other files
        copy_folder(existing_folder(folder), copy)
        return {name: path.read_bytes() for name in FILES if (path := Path(copy) / name).exists()}


def _model_of(files: Mapping[str, bytes]) -> Classifier:
    """Load a model from its files."""
    with TemporaryDirectory(prefix="seqtext-") as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        return Classifier.from_folder(read_folder(folder))


def _column(X: Any) -> tuple[str | None, list[str]]:
    """The name of a DataFrame's column, None for anything else, and the texts; raises ArrayError for other values."""
    name = None
    if hasattr(X, "columns"):
        names = list(X.columns)
        if len(names) != 1:
            listed = ", ".join(map(str, names[:5]))
            raise ArrayError(
                f"X is a table of {len(names)} columns ({listed}); {_ACCEPTED} is expected.",
                f"X = table[{names[0] if names else 'text'!r}]",
            )
        name, X = names[0] if isinstance(names[0], str) else None, X[names[0]]
    elif getattr(X, "ndim", 1) == 2 and X.shape[1] == 1 and not hasattr(X, "tocsr"):
        X = X[:, 0]
    return name, _texts(X)


def _texts(X: Any) -> list[str]:
    kind = type(X).__name__
    shape, dtype, is_sparse = getattr(X, "shape", None), getattr(X, "dtype", None), hasattr(X, "tocsr")
    if shape is not None and (is_sparse or len(shape) != 1 or getattr(dtype, "kind", "O") in "biufc"):
        raise ArrayError(
            f"X is {'a sparse ' * is_sparse}{kind} of {dtype} with shape {shape}; {_ACCEPTED} is expected.",
            'fit(frame["text"], frame["label"]), with no vectorizer before it',
        )
    if isinstance(X, str | bytes | bytearray | Mapping | AbstractSet) or not isinstance(X, Iterable):
        raise ArrayError(f"X is {X!r:.80} ({kind}); {_ACCEPTED} is expected.", 'fit(["A text."], ["label"])')
    texts = _items(X)
    fault = next((index for index, text in enumerate(texts) if not isinstance(text, str)), None)
    if fault is not None:
        text_at_fault = texts[fault]
        hint = 'frame["text"].fillna("")' if is_null(text_at_fault) else 'frame["text"].astype(str)'
        raise ArrayError(
            f"X[{fault}] is {text_at_fault!r:.80} ({type(text_at_fault).__name__}); {_ACCEPTED} is expected.", hint
        )
    if not texts:
        raise ArrayError("X holds 0 sample(s); at least one text is expected.", 'fit(["A text."], ["label"])')
    return texts


def _items(column: Any) -> list[Any]:
    """Convert a column to a list of Python values."""
    for name in ("to_pylist", "tolist", "to_list"):  # of Arrow; of NumPy and pandas; of polars
        if hasattr(column, name):
            return list(getattr(column, name)())
    return list(column)


def _classes(labels: NDArray[Any], texts: list[str]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the sorted classes and each row's class number.

    Raises ArrayError for what y may not hold.
    """
    if len(labels) != len(texts):
        raise ArrayError(
            f"X has {len(texts):,} texts and y {len(labels):,} labels; as many are expected.", "fit(X[:n], y[:n])"
        )
    try:
        check_classification_targets(labels)
        classes, targets = np.unique(labels, return_inverse=True)
    except (TypeError, ValueError) as error:  # str beside int cannot be sorted; numbers with fractions are not labels
        kinds = ", ".join(sorted({type(label).__name__ for label in labels.tolist()}))
        raise ArrayError(f"y holds {kinds}, which are no labels together: {error}.", "y.astype(str)") from error
    told = np.unique(targets[[not is_blank(text) for text in texts]])
    if len(told) < 2:
        what = f"of one class only, {classes[told[0]]!r}" if len(told) else "of no class"
        raise ArrayError(
            f"y has labels {what}, where X has a text that is not blank; two classes or more are expected.",
            "fit(X, y) with rows of another label",
        )
    return classes, targets


def _labels(y: Any) -> NDArray[Any]:
    """Convert y to a one-dimensional array without nulls."""
    if y is None:
        raise ArrayError("SeqtextClassifier requires y to be passed, but the target y is None.", "fit(texts, labels)")
    items = _items(y) if isinstance(y, Iterable) and not isinstance(y, str | bytes | Mapping) else []
    fault = next((index for index, label in enumerate(items) if is_null(label)), None)
    if fault is not None:
        raise ArrayError(
            f"y[{fault}] is {items[fault]!r}: NaN and null are no labels.", 'frame.dropna(subset=["label"])'
        )
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        from sklearn.utils import column_or_1d

        labels = column_or_1d(labels, warn=True)
    if labels.ndim != 1 or labels.dtype.kind == "c":
        raise ArrayError(
            f"y has shape {labels.shape} and holds {labels.dtype}; y should be a 1d array, a label for each text.",
            'y = frame["label"]',
        )
    return labels


def _names(classes: NDArray[Any]) -> list[str]:
    """Name the classes in the model, by number where a name is ambiguous.

    Labels of a corpus are one form of what may be written in several ways; here each is another.
    """
    names = [str(class_label) for class_label in classes.tolist()]
    read = read_as(names)
    forms = set(map(_form, names))
    plain = all(name.isprintable() and read[name] == name and not set(name) & _STRANGE for name in names)
    kept = plain and "" not in names and len(forms) == len(names) and classes.dtype.kind != "f"
    return names if kept else [str(number) for number in range(len(names))]


def _form(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
