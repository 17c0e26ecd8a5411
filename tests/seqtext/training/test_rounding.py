"""Rounding of matrices for given inputs."""

import numpy as np
import pytest

from seqtext.storage.packing import CODEWORDS, quantize
from seqtext.training.rounding import fitted_codes

DRAW = np.random.default_rng(1)
MATRIX = DRAW.standard_normal((300, 24)).astype(np.float32)
INPUTS = (DRAW.standard_normal((500, 6)) @ DRAW.standard_normal((6, 24))).astype(np.float32)
INPUTS += 0.1 * DRAW.standard_normal(INPUTS.shape).astype(np.float32)


def error(matrix: np.ndarray, inputs: np.ndarray) -> float:
    return float(((inputs @ (matrix - MATRIX).T) ** 2).sum() / ((inputs @ MATRIX.T) ** 2).sum())


@pytest.mark.parametrize("width", [2, 3])
def test_products_with_the_inputs_change_less(width: int) -> None:
    plain, fitted = quantize(MATRIX, width, shared=True).matrix(), fitted_codes(MATRIX, INPUTS[:400], width)
    assert error(fitted, INPUTS[400:]) < 0.5 * error(plain, INPUTS[400:])


@pytest.mark.parametrize("inputs", [INPUTS, np.zeros((1, 24), np.float32)])
def test_what_is_found_is_stored_as_it_is(inputs: np.ndarray) -> None:
    found = fitted_codes(MATRIX, inputs, 3)
    assert len(np.unique(found.reshape(-1, 3), axis=0)) <= CODEWORDS
    codes = quantize(found, 3, shared=True)
    assert np.array_equal(codes._replace(codebook=codes.codebook.astype(np.float16)).matrix(), found)
