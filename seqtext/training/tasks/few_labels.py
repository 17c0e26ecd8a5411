"""Fit a linear probe: logistic regression on a frozen encoder's pooled states.

For few labelled texts. The states of a fill or language model, and its words' vectors, are pooled over a text and
classified by regularized logistic regression (Alain and Bengio 2016, arXiv:1610.01644). Each feature is standardized
to mean 0 and a variance of 1 over the number of features, which is folded into the output layer.

States are pooled by maximum and mean: of TREC with 64 texts a class that gives 74 % from fill-en, the last state 60 and
the vectors alone 66.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from seqtext.training.batches.label_files import LabelFile
from seqtext.training.linear import DENSE, Floats, cross_validate, fit_logistic, gram_of, try_strengths, weights_of
from seqtext.training.networks.classifier import ClassifyNetwork
from seqtext.training.ngrams import Labelled

_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # C
_TOLERANCE = 1e-4  # of the last fit, see `fit_logistic`
_AT_ONCE = 64  # texts of a batch


class OutputLayer(NamedTuple):
    """Hold a fitted output layer, with the regularization strengths that were tried."""

    weight: NDArray[np.float32]  # (labels, features)
    bias: NDArray[np.float32]  # (labels,)
    tried: list[dict[str, Any]]
    out_of_fold: Floats | None = None  # (texts, labels) cross-validated scores, if any


def fit_output(network: ClassifyNetwork, data: Labelled, device: torch.device) -> OutputLayer:
    """Fit the output layer by logistic regression on the frozen features.

    For up to 3,000 texts, the regularization strength is chosen by cross-validation, for more on the held-out texts.

    network: the features are its pooled states, (texts, features · poolings)
    """
    pooled, out_of_fold = pooled_texts(network, data.texts, device), None
    mean, scale = pooled.mean(0), (pooled.std(0) + 1e-6) * np.sqrt(pooled.shape[1])
    features = (pooled - mean) / scale
    if len(features) <= DENSE:
        gram = (features @ features.T).astype(np.float64)
        folds = cross_validate(gram, data.targets, data.seed, several=data.several, strengths=_STRENGTHS)
        tried = [trial for trial, _ in folds]
        out_of_fold = min(folds, key=lambda trial: trial[0].loss)[1]
    else:
        held_out = (pooled_texts(network, data.held_out, device) - mean) / scale
        measured = try_strengths(
            features, data.targets, (held_out, data.held_out_targets), several=data.several, weights=data.weights,
            strengths=_STRENGTHS,
        )  # fmt: skip
        tried = [trial for trial, _ in measured]
    best = min(tried, key=lambda trial: trial.loss)
    fit = fit_logistic(
        gram_of(features), data.targets, best.strength, several=data.several, weights=data.weights, tolerance=_TOLERANCE
    )
    weight = (weights_of(features, fit) / scale[:, None]).T  # (labels, features)
    bias = fit.bias - weight @ mean
    return OutputLayer(
        weight.astype(np.float32), bias.astype(np.float32), [trial._asdict() for trial in tried], out_of_fold
    )


@torch.no_grad()
def pooled_texts(network: ClassifyNetwork, texts: LabelFile, device: torch.device) -> NDArray[np.float32]:
    """Compute the inputs of the output layer, (texts, features · poolings)."""
    network.eval()
    pooled = np.zeros((texts.segments, network.output.in_features), np.float32)
    ranked = np.argsort(texts.lengths(np.arange(texts.segments)), kind="stable")
    for start in range(0, len(ranked), _AT_ONCE):
        chosen = ranked[start : start + _AT_ONCE]
        pooled[chosen] = network.pooled(texts.batch(chosen).to(device)).float().cpu().numpy()
    return pooled
