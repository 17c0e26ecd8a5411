"""A linear layer over what frozen readers say of a text: what few labels can teach.

The states of a fill or language model, and its words' vectors, pooled over a text, under regularized logistic
regression (a linear probe, Alain and Bengio 2016, arXiv:1610.01644). Each feature is brought to mean 0 and variance 1,
which is folded into the output layer.
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
_AT_ONCE = 64  # texts


class OutputLayer(NamedTuple):
    """A fitted output layer, and what was tried for it."""

    weight: NDArray[np.float32]  # (labels, features)
    bias: NDArray[np.float32]  # (labels,)
    tried: list[dict[str, Any]]
    out_of_fold: Floats | None = None  # (texts, labels) scores by fits that have not seen a text, where such were made


def fit_output(network: ClassifyNetwork, data: Labelled, device: torch.device) -> OutputLayer:
    """Fit the output layer to what the rest of the network, as it is, makes of the texts.

    The strength is judged by cross-validation of up to 3,000 texts, of more by the held-out texts.
    """
    pooled, out_of_fold = pooled_texts(network, data.texts, device), None
    mean, scale = pooled.mean(0), (pooled.std(0) + 1e-6) * np.sqrt(pooled.shape[1])
    features = (pooled - mean) / scale
    if len(features) <= DENSE:
        gram = (features @ features.T).astype(np.float64)
        found = cross_validate(gram, data.targets, data.seed, several=data.several, strengths=_STRENGTHS)
        tried = [one for one, _ in found]
        out_of_fold = min(found, key=lambda one: one[0].loss)[1]
    else:
        others = (pooled_texts(network, data.held_out, device) - mean) / scale
        found_there = try_strengths(
            features, data.targets, (others, data.held_out_targets), several=data.several, weights=data.weights,
            strengths=_STRENGTHS,
        )  # fmt: skip
        tried = [one for one, _ in found_there]
    best = min(tried, key=lambda one: one.loss)
    fit = fit_logistic(
        gram_of(features), data.targets, best.strength, several=data.several, weights=data.weights, tolerance=_TOLERANCE
    )
    weight = (weights_of(features, fit) / scale[:, None]).T  # (labels, features)
    bias = fit.bias - weight @ mean
    return OutputLayer(
        weight.astype(np.float32), bias.astype(np.float32), [one._asdict() for one in tried], out_of_fold
    )


@torch.no_grad()
def pooled_texts(network: ClassifyNetwork, texts: LabelFile, device: torch.device) -> NDArray[np.float32]:
    """(texts, features · poolings) what the output layer is given of each text."""
    network.eval()
    result = np.zeros((texts.segments, network.output.in_features), np.float32)
    ranked = np.argsort(texts.lengths(np.arange(texts.segments)), kind="stable")
    for start in range(0, len(ranked), _AT_ONCE):
        some = ranked[start : start + _AT_ONCE]
        result[some] = network.pooled(texts.batch(some).to(device)).float().cpu().numpy()
    return result
