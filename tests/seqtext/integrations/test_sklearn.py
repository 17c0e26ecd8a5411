"""SeqtextClassifier: scikit-learn's conventions, what it accepts, what it leaves behind."""

import inspect
import json
import pickle
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import seqtext
from seqtext.errors import ConfigError, InputError, TrainingError
from seqtext.extras import EXTRAS
from seqtext.training.train import train

sklearn = pytest.importorskip("sklearn", minversion="1.6")
pandas = pytest.importorskip("pandas")
joblib = pytest.importorskip("joblib")

from sklearn.base import clone, is_classifier  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402
from sklearn.utils import estimator_checks  # noqa: E402

from seqtext.integrations import sklearn as module  # noqa: E402
from seqtext.integrations.sklearn import ArrayError, SeqtextClassifier  # noqa: E402

WORDS = ["a", "the", "film", "it", "was", "of", "and", "story"]
MARKS = {"praise": "great", "blame": "awful", "doubt": "perhaps"}


def table(rows: int = 45, seed: int = 1) -> tuple[list[str], NDArray[Any]]:
    """Texts of which one word tells the label, and the labels."""
    chance = random.Random(seed)
    labels = [chance.choice(list(MARKS)) for _ in range(rows)]
    texts = [" ".join([*chance.choices(WORDS, k=3), MARKS[label], *chance.choices(WORDS, k=2)]) for label in labels]
    return texts, np.array(labels)


TEXTS, LABELS = table()


def small(**parameters: Any) -> SeqtextClassifier:
    """One that learns `table` in a second."""
    usual = {
        "steps": 30, "encoder": "bag", "hidden": 8, "embedding": 16, "learning_rate": 0.05, "dropout": 0.0,
        "random_state": 0, "settings": {"evaluations": 1, "max_length": 16, "average": 0.0},
    }  # fmt: skip
    return SeqtextClassifier(**{**usual, **parameters})


@pytest.fixture(scope="module")
def fitted() -> SeqtextClassifier:
    return small().fit(TEXTS, LABELS)


def test_it_learns(fitted: SeqtextClassifier) -> None:
    texts, labels = table(100, seed=2)
    assert fitted.score(texts, labels) >= 0.95
    assert fitted.n_iter_ == 30
    assert 0.0 <= fitted.scores_["accuracy"] <= 1.0
    assert is_classifier(fitted)


def test_clone(fitted: SeqtextClassifier) -> None:
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "classes_")
    assert not [name for name in vars(copy) if name not in copy.get_params()]
    assert (copy.fit(TEXTS, LABELS).predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()


def test_get_and_set_params() -> None:
    classifier = SeqtextClassifier(hidden=5)
    assert classifier.get_params()["hidden"] == 5
    assert classifier.set_params(hidden=7, encoder="gru") is classifier
    assert (classifier.hidden, classifier.encoder) == (7, "gru")
    with pytest.raises(ValueError, match="Invalid parameter 'hiden'"):
        classifier.set_params(hiden=7)
    assert "hidden=7" in repr(classifier)


def test_init_sets_nothing_but_parameters() -> None:
    values = {name: object() for name in inspect.signature(SeqtextClassifier).parameters}
    classifier = SeqtextClassifier(**values)
    assert vars(classifier) == values  # as they are, whatever they are
    assert sorted(classifier.get_params()) == sorted(values)


def test_every_parameter_reaches_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    received: dict[str, Any] = {}

    def stop(rows: Any, folder: Path, preset: str, settings: dict[str, Any]) -> None:
        received.update(settings, preset=preset)
        raise InterruptedError

    monkeypatch.setattr(module, "_train", stop)
    own = {"random_state", "run", "settings"}
    values = {name: f"{name}?" for name in inspect.signature(SeqtextClassifier).parameters if name not in own}
    with pytest.raises(InterruptedError):
        SeqtextClassifier(**values, random_state=np.int64(3), settings={"window": np.int32(7)}).fit(TEXTS, LABELS)
    assert received == {**values, "seed": 3, "precision": "fp32", "window": 7}
    assert {type(received[name]) for name in ("seed", "window")} == {int}


def test_not_fitted() -> None:
    for method in (small().predict, small().predict_proba, small().predict_log_proba):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            method(TEXTS)


def test_parameters_are_checked_by_fit() -> None:
    for wrong in ({"encoder": "grue"}, {"hidden": -1}, {"preset": "huge"}, {"settings": 5}, {"steps": 5, "epochs": 1}):
        classifier = small(**{"steps": None, **wrong})
        with pytest.raises(ConfigError):
            classifier.fit(TEXTS, LABELS)
    with pytest.raises(ConfigError, match="nowhere"):
        small(settings={"nowhere": 1}).fit(TEXTS, LABELS)
    for name in ("several", "multi_label"):
        with pytest.raises(ConfigError, match=f"{name}=True; a text has one label"):
            small(settings={name: True}).fit(TEXTS, LABELS)


def test_classes_are_the_columns_of_predict_proba(fitted: SeqtextClassifier) -> None:
    assert fitted.classes_.tolist() == ["blame", "doubt", "praise"]
    found = fitted.predict_proba(["it was awful", "it was perhaps", "it was great"])
    assert found.shape == (3, 3)
    assert found.argmax(1).tolist() == [0, 1, 2]
    assert found.sum(1) == pytest.approx(np.ones(3))
    assert fitted.predict_log_proba(["it was awful"]) == pytest.approx(np.log(found[:1]))
    for text, row in zip(["it was awful", "it was great"], found[[0, 2]], strict=True):
        own = {one.label: one.probability for one in fitted.model_.classify(text)}
        assert dict(zip(fitted.classes_.tolist(), row.tolist(), strict=True)) == pytest.approx(own, rel=1e-5)


def test_columns_do_not_depend_on_the_order_of_the_models_labels(fitted: SeqtextClassifier) -> None:
    turned = pickle.loads(pickle.dumps(fitted))
    texts = ["it was awful", "it was great"]
    before = turned.predict_proba(texts)
    turned.model_.labels = turned.model_.labels[::-1]
    assert turned.predict_proba(texts) == pytest.approx(before[:, ::-1])


def test_pickle_without_the_run_folder(tmp_path: Path) -> None:
    classifier = small(run=tmp_path / "run").fit(TEXTS, LABELS)
    expected = classifier.predict_proba(TEXTS)
    (tmp_path / "pickled").write_bytes(pickle.dumps(classifier))
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    code = (
        "import pickle, sys, json; from pathlib import Path\n"
        "found = pickle.loads(Path(sys.argv[1]).read_bytes())\n"
        "print(json.dumps(found.predict_proba(json.loads(sys.argv[2])).tolist()))\n"
        "assert 'torch' not in sys.modules"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "pickled"), json.dumps(TEXTS)]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == expected.tolist()


def test_pickle_before_fit() -> None:
    copy = pickle.loads(pickle.dumps(small(hidden=9)))
    assert copy.get_params() == small(hidden=9).get_params()


def test_joblib(fitted: SeqtextClassifier, tmp_path: Path) -> None:
    joblib.dump(fitted, tmp_path / "fitted.joblib")
    assert (joblib.load(tmp_path / "fitted.joblib").predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()


def test_the_model_can_be_written_after_its_folder_is_gone(fitted: SeqtextClassifier, tmp_path: Path) -> None:
    fitted.model_.save(tmp_path / "model")
    labels = seqtext.load(tmp_path / "model").classify(TEXTS, top=1)
    assert [one[0].label for one in labels] == fitted.predict(TEXTS).tolist()


def test_pipeline(fitted: SeqtextClassifier) -> None:
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = make_pipeline(lower, small()).fit([text.upper() for text in TEXTS], LABELS)
    assert (pipeline.predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()
    assert pipeline.classes_.tolist() == fitted.classes_.tolist()


def test_cross_val_score() -> None:
    assert cross_val_score(small(), np.array(TEXTS, object), LABELS, cv=2, error_score="raise").min() >= 0.8


@pytest.mark.parametrize("backend", [pytest.param("loky", marks=pytest.mark.learning), "threading"])
def test_grid_search_with_two_jobs(backend: str) -> None:
    grid = {"steps": [1, 30]}
    with joblib.parallel_backend(backend):
        search = GridSearchCV(small(), grid, cv=2, n_jobs=2, error_score="raise").fit(TEXTS, LABELS)
    assert search.best_params_ == {"steps": 30}
    scores = search.cv_results_["mean_test_score"]
    alone = GridSearchCV(small(), grid, cv=2, error_score="raise").fit(TEXTS, LABELS)
    assert scores.tolist() == alone.cv_results_["mean_test_score"].tolist()
    assert (search.predict_proba(TEXTS) == alone.predict_proba(TEXTS)).all()


def test_a_fit_takes_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    seen = []
    before = torch.get_num_threads()
    real = torch.set_num_threads
    monkeypatch.setattr(torch, "set_num_threads", lambda number: seen.append(number) or real(number))
    small(steps=1).fit(TEXTS, LABELS)
    assert set(seen) == {1}
    real(before)


def test_random_state() -> None:
    def fit(state: Any) -> NDArray[Any]:
        found: NDArray[Any] = small(random_state=state, steps=2).fit(TEXTS, LABELS).predict_proba(TEXTS)
        return found

    first = fit(np.random.RandomState(4))
    assert (first == fit(np.random.RandomState(4))).all()
    assert not (first == fit(5)).all()
    np.random.seed(1)
    unlike = fit(None)
    assert not (unlike == fit(None)).all()
    np.random.seed(1)
    assert (unlike == fit(None)).all()


@pytest.mark.parametrize(
    "values",
    [
        np.array(["a", "b"]),
        np.array(["a", "b"], object),
        np.array([3, -1]),
        np.array([1, 0], np.int8),
        np.array([True, False]),
        np.array([2.0, 1.0]),
        np.array(["a|b", "b, c"]),
        np.array(["no", "No "]),
        np.array(["1", "1.0"]),
        np.array(["nan", "null"]),
        np.array(["", "x"]),
    ],
    ids=lambda values: f"{values.dtype}-{values[0]}",
)
def test_labels_come_back_as_they_were(values: NDArray[Any]) -> None:
    texts, labels = table(24)
    y = (
        np.where(labels == "praise", values[0], values[1])
        if values.dtype != object
        else values[(labels != "praise") * 1]
    )
    classifier = small().fit(texts, y)
    assert classifier.classes_.dtype == y.dtype
    assert classifier.classes_.tolist() == sorted(values.tolist())
    found = classifier.predict(texts)
    assert found.dtype == y.dtype
    assert (found == y).mean() > 0.9


@pytest.mark.parametrize("dtype", ["category", "string", "Int64", "boolean", "object", "str"])
def test_labels_of_pandas(dtype: str) -> None:
    values = {"Int64": [1, 2], "boolean": [True, False]}.get(dtype, ["a", "b"])
    y = pandas.Series([values[label == "praise"] for label in LABELS], dtype=dtype, index=range(7, 7 + len(LABELS)))
    classifier = small(steps=40).fit(pandas.Series(TEXTS), y)
    assert classifier.classes_.tolist() == sorted(values)
    assert (classifier.predict(TEXTS) == y.to_numpy()).mean() > 0.9


FORMS = {
    "list": list,
    "tuple": tuple,
    "array": np.array,
    "objects": lambda texts: np.array(texts, object),
    "column": lambda texts: np.array(texts, object)[:, None],
    "series": lambda texts: pandas.Series(texts, index=range(100, 100 + len(texts))),
    "strings": lambda texts: pandas.Series(texts, dtype="string"),
    "frame": lambda texts: pandas.DataFrame({"body": texts}),
    "generator": iter,
}


@pytest.mark.parametrize("form", FORMS)
def test_texts_of_every_form(form: str, fitted: SeqtextClassifier) -> None:
    assert (fitted.predict_proba(FORMS[form](TEXTS)) == fitted.predict_proba(TEXTS)).all()


def test_feature_names() -> None:
    frame = pandas.DataFrame({"body": TEXTS})
    classifier = small(steps=1).fit(frame, LABELS)
    assert (classifier.feature_names_in_.tolist(), classifier.n_features_in_) == (["body"], 1)
    assert len(classifier.predict(frame)) == len(classifier.predict(TEXTS)) == len(TEXTS)
    with pytest.raises(ArrayError, match="'body' was learnt from"):
        classifier.predict(frame.rename(columns={"body": "title"}))
    assert not hasattr(classifier.fit(TEXTS, LABELS), "feature_names_in_")


def sparse(rows: int) -> Any:
    return pytest.importorskip("scipy.sparse").csr_matrix(np.eye(rows))


COUNT = len(TEXTS)
REFUSED = {
    "numbers": (np.ones((COUNT, 4)), "ndarray of float64 with shape"),
    "one column of numbers": (np.ones((COUNT, 1)), "ndarray of float64"),
    "ints": (np.arange(COUNT), "ndarray of int64"),
    "sparse": (sparse(COUNT), r"a sparse csr_matrix of float64 with shape"),
    "sparse column": (sparse(COUNT)[:, :1], r"a sparse csr_matrix of float64 with shape"),
    "two columns": (pandas.DataFrame({"a": TEXTS, "b": TEXTS}), r"table of 2 columns \(a, b\)"),
    "no column": (pandas.DataFrame(), "table of 0 columns"),
    "a text": ("a text", r"'a text' \(str\)"),
    "bytes": (b"a", r"\(bytes\)"),
    "a set": (set(TEXTS), r"\(set\)"),
    "a dict": ({"text": TEXTS}, r"\(dict\)"),
    "a number": (5, r"5 \(int\)"),
    "nothing": (None, "NoneType"),
    "no row": ([], r"0 sample\(s\)"),
    "NaN": ([*TEXTS[1:], float("nan")], rf"X\[{COUNT - 1}\] is nan \(float\)"),
    "None": ([None, *TEXTS[1:]], r"X\[0\] is None"),
    "NA": (pandas.Series([*TEXTS[1:], pandas.NA], dtype="string"), rf"X\[{COUNT - 1}\] is <NA>"),
    "a list in a list": ([[text] for text in TEXTS], r"X\[0\] is \['.*'\] \(list\)"),
    "bytes in a list": ([b"a", *TEXTS[1:]], r"X\[0\] is b'a' \(bytes\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_texts_is_refused(case: str, fitted: SeqtextClassifier) -> None:
    X, message = REFUSED[case]
    for method in (lambda X: small().fit(X, LABELS), fitted.predict):
        with pytest.raises(ArrayError, match=f"(?s){message}.*expected") as caught:
            method(X)
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, InputError)


REFUSED_LABELS = {
    "shorter": (LABELS[1:], f"{COUNT} texts and y {COUNT - 1} labels"),
    "one class": (["a"] * COUNT, r"one class only, .*'a'"),
    "nothing": (None, "target y is None"),
    "a text": ("a", "1d array"),
    "NaN": ([float("nan"), *[1.0] * (COUNT - 1)], r"y\[0\] is nan"),
    "None": ([*LABELS.tolist()[1:], None], rf"y\[{COUNT - 1}\] is None"),
    "NA": (pandas.Series([pandas.NA, *LABELS[1:]], dtype="string"), r"y\[0\] is <NA>"),
    "two columns": (np.stack([LABELS, LABELS], 1), "1d array"),
    "lists": ([["a", "b"]] * COUNT, "1d array"),
    "fractions": (np.linspace(0, 1, COUNT), "Unknown label type: continuous"),
    "mixed": (np.array([1, "a"] * COUNT, object)[:COUNT], "y holds int, str"),
}


@pytest.mark.parametrize("case", REFUSED_LABELS)
def test_what_is_no_labels_is_refused(case: str) -> None:
    y, message = REFUSED_LABELS[case]
    with pytest.raises(ArrayError, match=f"(?s){message}"):
        small().fit(TEXTS, y)


def test_blank_texts(fitted: SeqtextClassifier) -> None:
    classifier = small(steps=2).fit([*TEXTS, " ", ""], [*LABELS, "praise", "praise"])
    found = classifier.predict_proba(["", "it was great", "\n"])
    assert (found[0] == classifier.class_prior_).all()
    assert (found[2] == found[0]).all()
    assert not (found[1] == found[0]).all()
    with pytest.raises(ArrayError, match="no class"):
        small().fit([" "] * COUNT, LABELS)
    with pytest.raises(ArrayError, match="one class only"):
        small().fit(["a", "b", ""], ["x", "x", "y"])


def test_sample_weight_is_not_accepted() -> None:
    with pytest.raises(TypeError, match="sample_weight"):
        small().fit(TEXTS, LABELS, sample_weight=np.ones(COUNT))  # type: ignore[call-arg]


@pytest.mark.parametrize("end", ["whole", "fails", "interrupted"])
def test_no_text_is_left_behind(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if end == "whole":
        small(steps=1).fit(TEXTS, LABELS)
    elif end == "fails":
        with pytest.raises(ConfigError):
            small(encoder="grue").fit(TEXTS, LABELS)
    else:
        monkeypatch.setattr("seqtext.training.loop.Loop.events", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            small().fit(TEXTS, LABELS)
    assert not list(tmp_path.iterdir())


def test_a_run_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "mine"
    classifier = small(steps=2, run=str(folder)).fit(TEXTS, LABELS)
    assert seqtext.load(folder).labels == sorted(MARKS)
    assert len((folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()) == COUNT
    list(train("classify", None, folder, resume=True, steps=1))
    with pytest.raises(TrainingError, match="holds a run already"):
        classifier.fit(TEXTS, LABELS)
    assert len(classifier.predict(TEXTS)) == COUNT


def test_a_run_that_does_not_begin_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        small(encoder="grue", run=tmp_path / "run").fit(TEXTS, LABELS)
    assert not (tmp_path / "run").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError):
        small(encoder="grue", run=tmp_path / "other").fit(TEXTS, LABELS)
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["note.txt"]


CHECKS = [
    "check_no_attributes_set_in_init",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_mixin_order",
    "check_valid_tag_types",
    "check_estimator_tags_renamed",
    "check_estimators_unfitted",
    "check_requires_y_none",
    "check_estimator_sparse_tag",
    "check_non_transformer_estimators_n_iter",
]


@pytest.mark.parametrize("name", CHECKS)
def test_checks_of_scikit_learn(name: str) -> None:
    check = getattr(estimator_checks, name, None)
    if check is None:
        pytest.skip(f"this scikit-learn has no {name}")
    check("SeqtextClassifier", small())


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"import sys; sys.modules.update(dict.fromkeys({sorted(EXTRAS)!r})); import seqtext.integrations.sklearn"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'scikit-learn, which is not installed. Try: pip install "seqtext[sklearn]"' in found.stderr
