"""Fit logistic regression over tf-idf of hashed word and character n-grams.

This linear classifier does what scikit-learn's TfidfVectorizer(sublinear_tf=True) and LogisticRegression do, with
hashed terms. The inverse document frequency of each bucket is stored beside its scores; where it is 0, the bucket is
unused.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from scipy import sparse

from seqtext.config import ClassifyConfig
from seqtext.networks.hashing import Speller, TermCounts, tfidf
from seqtext.storage.atomic import write_atomically
from seqtext.training.batches.label_files import LabelFile
from seqtext.training.blend import Blend
from seqtext.training.linear import (
    DENSE,
    Fit,
    Floats,
    TriedStrength,
    cross_validate,
    fit_logistic,
    gram_of,
    try_strengths,
)
from seqtext.training.linear import weights_of as weights_of_features
from seqtext.training.run import LINEAR

_LETTERS = 0.35  # factor of a character n-gram's inverse document frequency: there are more of them than words
_LAST_TOLERANCE = 1e-5  # where few texts are fitted a last time, see `fit_logistic`
# Up to so many tokens, character n-grams are counted, some eight a token; they helped on all of five data sets.
_MOST_TOKENS = 3_000_000
LETTERS = 5  # characters of the longest character n-gram
_COMMON = 1_000_000  # terms in the texts from which on a term must occur in two of them


class Linear(NamedTuple):
    """Hold a fitted linear classifier, with the regularization strengths that were tried."""

    weights: NDArray[np.float32]  # (buckets, labels)
    bias: NDArray[np.float32]  # (labels,)
    idf: NDArray[np.float32]  # (buckets,)
    tried: list[dict[str, Any]]
    out_of_fold: Floats | None = None  # (texts, labels) cross-validated scores, if any

    def write(self, folder: Path, config: ClassifyConfig) -> None:
        """Store the classifier in a run's folder, its weights in half precision.

        Unused buckets, and what was tried, are left out.
        """
        used = np.flatnonzero(self.idf)
        arrays: dict[str, NDArray[Any]] = {
            "buckets": used, "weights": self.weights[used].astype(np.float16), "bias": self.bias, "idf": self.idf[used],
            "terms": _terms_of(config),
        }  # fmt: skip
        if self.out_of_fold is not None:
            arrays["out_of_fold"] = self.out_of_fold.astype(np.float32)
        write_atomically(folder / LINEAR, save(arrays))

    @classmethod
    def read(cls, folder: Path, config: ClassifyConfig, labels: int) -> "Linear | None":
        """Read the classifier of a run; None without a usable one.

        That is where there is none for such terms and labels, or the file is damaged.
        """
        try:
            arrays = load((folder / LINEAR).read_bytes())
            used, used_weights, bias, used_idf = (arrays[name] for name in ("buckets", "weights", "bias", "idf"))
            same_terms = np.array_equal(arrays["terms"], _terms_of(config))
        except (OSError, SafetensorError, KeyError):
            return None
        shapes = used_weights.shape, bias.shape, used_idf.shape
        if not same_terms or shapes != ((len(used), labels), (labels,), (len(used),)):
            return None
        weights, idf = np.zeros((config.buckets, labels), np.float32), np.zeros(config.buckets, np.float32)
        weights[used], idf[used] = used_weights, used_idf
        return cls(weights, bias, idf, [], arrays.get("out_of_fold"))


def kept_buckets(folder: Path) -> int | None:
    """Read the number of buckets of a run's linear classifier, if any."""
    try:
        buckets = int(load((folder / LINEAR).read_bytes())["terms"][0])
    except (OSError, SafetensorError, KeyError, IndexError):
        return None
    return buckets if 0 < buckets <= 10_000_000 else None


def _terms_of(config: ClassifyConfig) -> NDArray[np.int64]:
    """Return the settings that decide the bucket of a term."""
    return np.array([config.buckets, config.ngrams, config.letters], np.int64)


class _Candidate(NamedTuple):
    """Strength that was tried; fit: where it need not be fitted again; out_of_fold: see `Linear`."""

    tried: TriedStrength
    fit: Fit | None
    out_of_fold: Floats | None


class Labelled(NamedTuple):
    """Hold labelled training texts and held-out texts.

    Where few texts are fitted, the held-out ones are not used.

    targets: (texts, labels) 0 and 1; weights: (texts, labels) of each, if they are not all 1
    """

    texts: LabelFile
    targets: Floats
    held_out: LabelFile
    held_out_targets: Floats
    weights: Floats | None = None
    several: bool = False
    seed: int = 0


def fit_linear(data: Labelled, speller: Speller) -> Linear:
    """Fit the linear classifier with the lowest held-out loss.

    For up to 3,000 texts strengths are compared by cross-validation, beyond that on the held-out texts. Terms are word
    n-grams; where the speller has them, character n-grams, too, which helped wherever they were measured, unless there
    is so much text that they would take minutes.
    """
    letters = bool(speller.letters) and data.texts.counted <= _MOST_TOKENS
    features = _Features(data, speller, letters)
    candidates = list(_candidates(data, features))
    best = min(candidates, key=lambda candidate: candidate.tried.loss)
    fit = best.fit
    if fit is None:
        fit = fit_logistic(
            gram_of(features.matrix),
            data.targets,
            best.tried.strength,
            several=data.several,
            weights=data.weights,
            tolerance=_LAST_TOLERANCE,
        )
    weights = np.zeros((speller.buckets, data.targets.shape[1]), np.float32)
    weights[features.columns] = weights_of_features(features.matrix, fit)
    tried = [{"letters": speller.letters * letters, **candidate.tried._asdict()} for candidate in candidates]
    return Linear(weights, fit.bias.astype(np.float32), features.idf, tried, best.out_of_fold)


class _Features:
    """Sparse tf-idf matrix of some texts' terms; columns: the buckets in use."""

    def __init__(self, data: Labelled, speller: Speller, letters: bool) -> None:
        terms = data.texts.terms(speller, letters)
        self.letters, self.speller = letters, speller
        self.idf = idf_of(terms, speller)
        self.columns = np.flatnonzero(self.idf)
        self._place = np.full(speller.buckets, -1, np.int32)
        self._place[self.columns] = np.arange(len(self.columns))
        self.matrix = self.of(terms)

    def of(self, terms: TermCounts) -> Any:
        """Compute the matrix of other texts' terms, (texts, columns)."""
        places, weights = self._place[terms.buckets], tfidf(terms, self.idf)
        starts = np.concatenate([[0], np.cumsum(places >= 0)])[terms.starts]
        shape = (len(starts) - 1, len(self.columns))
        return sparse.csr_matrix((weights[places >= 0], places[places >= 0], starts), shape)


def idf_of(terms: TermCounts, speller: Speller) -> NDArray[np.float32]:
    """Compute the inverse document frequency of each bucket, (buckets,).

    log((1 + texts) / (1 + texts with it)) + 1, less for character n-grams; 0 of what is left out.
    """
    texts = len(terms.starts) - 1
    counts = np.bincount(terms.buckets, minlength=speller.buckets)
    fewest = 1 if len(terms.buckets) < _COMMON else 2
    idf = np.where(counts >= fewest, np.log((1 + texts) / (1 + counts)) + 1, 0.0)
    if speller.letters:
        idf[speller.words :] *= _LETTERS
    return idf.astype(np.float32)


def _candidates(data: Labelled, features: _Features) -> Iterator[_Candidate]:
    if features.matrix.shape[0] <= DENSE:
        gram = np.asarray((features.matrix @ features.matrix.T).toarray(), np.float64)
        for tried, scores in cross_validate(gram, data.targets, data.seed, several=data.several):
            yield _Candidate(tried, None, scores)
        return
    others = (features.of(data.held_out.terms(features.speller, features.letters)), data.held_out_targets)
    for tried, fit in try_strengths(features.matrix, data.targets, others, several=data.several, weights=data.weights):
        yield _Candidate(tried, fit, None)


def seconds_to_fit(tokens: int, labels: int) -> float:
    """Estimate the seconds that a fit takes.

    It makes some 150 iterations, each of a nanosecond per term and label.
    """
    return 1.0 + tokens * (8 if tokens <= _MOST_TOKENS else 2) * labels * 150e-9


def scores_of(linear: Linear, texts: LabelFile, speller: Speller) -> Floats:
    """Score texts with a linear classifier, (texts, labels)."""
    terms = texts.terms(speller, bool(speller.letters and linear.idf[speller.words :].any()))
    matrix = sparse.csr_matrix(
        (tfidf(terms, linear.idf), terms.buckets, terms.starts), (texts.segments, len(linear.idf))
    )
    return np.asarray(matrix @ linear.weights + linear.bias, np.float64)


def alone(linear: Linear, factor: float) -> dict[str, NDArray[np.float32]]:
    """Name a linear classifier's weights as a network's, times a factor."""
    by = np.float32(factor)
    return {"wide.weight": by * linear.weights, "idf": linear.idf, "output.bias": by * linear.bias}


def joined(network: dict[str, NDArray[np.float32]], linear: Linear, factors: Blend) -> dict[str, NDArray[np.float32]]:
    """Join a network's weights with a linear classifier's.

    Their scores are added, each times its factor.
    """
    first, second = np.float32(factors.first), np.float32(factors.second)
    return {
        **network,
        "output.weight": first * network["output.weight"],
        "output.bias": first * network["output.bias"] + second * linear.bias,
        "wide.weight": second * linear.weights,
        "idf": linear.idf,
    }
