"""Train outside opponents of `seqtext compare classify`.

They are fastText, tf-idf with logistic regression, and a transformer. Each learns from the same rows for the same
minutes with the same threads and seed, in a process of its own, and answers the same held-out texts. fastText tunes on
the held-out texts, by which our own weights are chosen, too; the strength of the logistic regression is chosen by
cross-validation on the rows to learn from; the transformer has as many parameters as the rung that it stands beside,
and the ids of its tokenizer.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqtext.evaluation.confusion import macro_f1
from seqtext.evaluation.intervals import label_intervals
from seqtext.evaluation.league import Row
from seqtext.evaluation.outcomes import Outcomes
from seqtext.training.batches.label_files import split_texts
from seqtext.training.run import Run

_TIMED = 30  # answers
_STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # C
_FOLDS = 3
_CHARACTER_NGRAMS = 4  # lengths that fastText's autotune makes of characters, at most
_BUCKETS = 2_000_000  # fastText's own where it is not tuned
_APART = 180.0  # seconds: fastText sometimes misses the end of its time, and ends a long trial first
_LATE = 3.0  # times the minutes after which an opponent is stopped

#: Threads of fastText on however few cores: each initialises a tenth of the weights. With fewer, the others stay as the
#: memory was, learn less, and are sometimes NaN.
FASTTEXT_THREADS = 10


class Opponent(NamedTuple):
    """Hold an outside opponent.

    module: that it needs installed; play: trains it and answers, as `_fasttext`
    """

    module: str
    play: Callable[[dict[str, Any], Path], dict[str, Any]]

    @property
    def is_installed(self) -> bool:
        """Return whether its module is installed."""
        return find_spec(self.module) is not None


def meet_opponent(
    name: str, run: Run, folder: Path, *, minutes: float, threads: int, seed: int, parameters: int = 0
) -> Row | str:
    """Let an opponent learn and answer; return its row, or why not.

    run: a run of the league, whose rows it learns from; folder: where its scores of each held-out text are stored
    parameters: of the run, for an opponent that is to be as large
    """
    learnt, held = split_texts(run)
    labels = sorted({label for label, _ in [*learnt, *held]})
    asked: dict[str, Any] = {
        "minutes": minutes, "threads": threads, "seed": seed, "labels": labels, "run": str(run.folder.absolute()),
        "beside": run.folder.name, "parameters": parameters,
        "learnt": [(labels.index(label), text) for label, text in learnt],
        "held": [(labels.index(label), text) for label, text in held],
    }  # fmt: skip
    played = _play_apart(name, asked)
    if isinstance(played, str):
        return played
    true, answered = np.array([label for label, _ in asked["held"]]), np.array(played["answers"], np.int64)
    outcomes = Outcomes.of("accuracy", len(true), np.arange(len(true)), true == answered)
    folder.mkdir(exist_ok=True)
    outcomes.write(folder)
    metrics = {"accuracy": float((true == answered).mean()), "macro_f1": macro_f1(true, answered)}
    seconds = played["seconds"]
    return Row(
        name, played["settings"], metrics["accuracy"], metrics, played["parameters"], None, played["bytes"],
        played["milliseconds"], seconds, 0, "it is an outside opponent", [(seconds, metrics["accuracy"])],
        label_intervals(true, answered).get("accuracy"), outside=True,
    )  # fmt: skip


def _play_apart(name: str, asked: dict[str, Any]) -> dict[str, Any] | str:
    """Play in a process of its own, limited to so many threads; return the result, or why there is none."""
    threads = {f"{kind}_NUM_THREADS": str(asked["threads"]) for kind in ("OMP", "OPENBLAS", "MKL")}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "asked.json").write_text(json.dumps(asked), encoding="utf-8", newline="\n")
        try:
            ended = subprocess.run(
                [sys.executable, "-m", __name__, name, folder], capture_output=True, encoding="utf-8", errors="replace",
                env={**os.environ, **threads, "PYTHONIOENCODING": "utf-8"},
                timeout=_APART + _LATE * 60 * asked["minutes"], check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as late:
            return f"it was stopped after {late.timeout:.0f} seconds"
        played = Path(folder) / "played.json"
        if ended.returncode or not played.is_file():
            said = ended.stderr.strip().splitlines() or ["it said nothing"]
            return f"it ended with status {ended.returncode}: {said[-1]:.200}"
        result: dict[str, Any] = json.loads(played.read_text(encoding="utf-8"))
        return result


def _milliseconds(answer: Callable[[str], Any], texts: Sequence[str]) -> float:
    """Measure the median milliseconds of one answer."""
    times = []
    for text in texts[:_TIMED]:
        begun = time.perf_counter()
        answer(text)
        times.append(1e3 * (time.perf_counter() - begun))
    return float(np.median(times))


@contextmanager
def keep_to_cores(count: int) -> Iterator[None]:
    """Limit this thread and those it starts to some processor cores.

    The cores are drawn at random. Where the system cannot be told, nothing changes.
    """
    if hasattr(os, "sched_getaffinity") and hasattr(os, "sched_setaffinity"):  # not on macOS and Windows
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, random.SystemRandom().sample(sorted(before), min(count, len(before))))
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)
    else:
        yield


def _fasttext(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Train fastText on words and their pairs with autotune for the minutes (arXiv:1607.01759)."""
    import fasttext

    for rows in ("learnt", "held"):
        lines = (f"__label__{label} {' '.join(text.split())}\n" for label, text in asked[rows])
        (folder / f"{rows}.txt").write_text("".join(lines), encoding="utf-8", newline="\n")

    # Autotune would draw up to ten million buckets for a hundred texts, too, and initialises their gigabytes without a
    # look at the clock. Pairs of words, as in the paper, are given as well: for single words its binding sets buckets
    # to 0, and a trial with n-grams of characters then divides by that.
    grams = sum(2 * len(text.split()) + _CHARACTER_NGRAMS * len(text) for _, text in asked["learnt"])
    begun = time.perf_counter()
    with keep_to_cores(asked["threads"]):
        model = fasttext.train_supervised(
            input=str(folder / "learnt.txt"), autotuneValidationFile=str(folder / "held.txt"),
            autotuneDuration=max(1, round(60 * asked["minutes"])), thread=FASTTEXT_THREADS, seed=asked["seed"],
            bucket=min(_BUCKETS, grams), wordNgrams=2, verbose=0,
        )  # fmt: skip
    seconds = time.perf_counter() - begun
    model.save_model(str(folder / "model.bin"))
    texts = [" ".join(text.split()) for _, text in asked["held"]]

    def answer(text: str) -> int:
        # The binding of Python asks the library itself: its wrapper fails with NumPy 2.
        predictions = model.f.predict(f"{text}\n", 1, 0.0, "strict")
        return int(predictions[0][1].removeprefix("__label__")) if predictions else -1

    chosen = model.f.getArgs()
    return {
        "answers": [answer(text) for text in texts],
        "seconds": seconds,
        "bytes": (folder / "model.bin").stat().st_size,
        "parameters": int(np.prod(model.get_input_matrix().shape) + np.prod(model.get_output_matrix().shape)),
        "milliseconds": _milliseconds(answer, texts),
        "settings": {name: getattr(chosen, name) for name in ("dim", "epoch", "lr", "wordNgrams", "minn", "maxn")},
    }


def _tfidf(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Train logistic regression on tf-idf of words and word pairs; C by cross-validation within the minutes."""
    import pickle

    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline

    texts, labels = [text for _, text in asked["learnt"]], np.array([label for label, _ in asked["learnt"]])
    begun, tried = time.perf_counter(), {}
    budget = 60 * asked["minutes"]

    def pipeline(strength: float) -> Any:
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        return make_pipeline(words, LogisticRegression(C=strength, max_iter=1000))

    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=asked["seed"])
    took = 0.0
    if min(np.bincount(labels)[np.unique(labels)]) >= _FOLDS:
        for strength in sorted(_STRENGTHS, key=lambda value: abs(np.log(value / 10.0))):  # likely ones first
            since = time.perf_counter()
            if since - begun + 2 * took > budget:
                break
            tried[strength] = float(cross_val_score(pipeline(strength), texts, labels, cv=folds).mean())
            took = time.perf_counter() - since
    best = max(tried, key=lambda value: tried[value], default=10.0)
    model = pipeline(best).fit(texts, labels)
    held = [text for _, text in asked["held"]]
    return {
        "answers": model.predict(held).tolist(),
        "seconds": time.perf_counter() - begun,
        "bytes": len(pickle.dumps(model)),
        "parameters": int(model[-1].coef_.size + model[-1].intercept_.size),
        "milliseconds": _milliseconds(lambda text: model.predict([text]), held),
        "settings": {"C": best},
    }


def _transformer(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Train a transformer from scratch, as large as the rung it is paired with."""
    from seqtext.training.transformer import play

    return play(asked, _milliseconds)


#: The opponent that is paired with a rung.
TRANSFORMER = "transformer"
#: The opponents by their names.
OPPONENTS = {
    "fasttext": Opponent("fasttext", _fasttext), "tf-idf": Opponent("sklearn", _tfidf),
    TRANSFORMER: Opponent("torch", _transformer),
}  # fmt: skip


def main(name: str, place: Path) -> None:
    """Play as the process of an opponent.

    place: a folder with asked.json, to which played.json is added
    """
    asked = json.loads((place / "asked.json").read_text(encoding="utf-8"))
    played = OPPONENTS[name].play(asked, place)
    (place / "played.json").write_text(json.dumps(played), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
