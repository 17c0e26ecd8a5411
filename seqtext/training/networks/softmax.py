"""Learn with a softmax over the vocabulary: full, or sampled."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

FULL_SOFTMAX = 8_000  # up to this vocabulary the whole softmax costs less than choosing a part of it
_CACHED = 1_000_000  # scores that stay in the processor's cache


class Candidates(NamedTuple):
    """Hold the part of the vocabulary that a sampled softmax looks at."""

    ids: Tensor  # (candidates,) token ids, ascending
    correction: Tensor  # (candidates,) −log of the probability of being a candidate
    labels: Tensor  # (examples,) number of each example's target among the candidates


def draw_candidates(targets: Tensor, frequencies: Tensor, samples: int, generator: torch.Generator) -> Candidates:
    """Draw the candidates of a sampled softmax for a batch.

    They are its own targets and some words drawn at random, and share the denominator of all its examples. A word of
    relative frequency p is among n targets with probability 1 − (1 − p)^n, and drawn with u = samples / vocabulary.
    Weighing each candidate but the target by 1 / inclusion probability gives an unbiased estimate of the sum over the
    whole vocabulary (Horvitz and Thompson 1952), exact for the frequent words, which are always in.

    targets: (examples,) ids of the whole batch; frequencies: (vocabulary,), summing to 1
    """
    size = frequencies.shape[0]
    share = min(1.0, samples / size)
    chosen = torch.rand(size, generator=generator) < share  # (vocabulary,)
    chosen[targets] = True
    ids = chosen.nonzero().squeeze(1)  # (candidates,)

    # 1 − (1 − p)^n (1 − u): neither a target nor drawn, or else it is in
    absent = torch.log1p(-frequencies[ids].clamp(max=0.999999)) * targets.shape[0]
    inclusion = 1.0 - absent.exp() * (1.0 - share)  # (candidates,)
    number_of = torch.cumsum(chosen, 0) - 1  # (vocabulary,)
    return Candidates(ids, -inclusion.clamp(min=1e-9).log(), number_of[targets])


class Sampler:
    """Draw the same candidates of each batch in every process.

    counts: (vocabulary,) of the training text; softmax: auto, full or sampled
    """

    def __init__(self, counts: Tensor, softmax: str, samples: int, seed: int) -> None:
        self.sampled = softmax == "sampled" or (softmax == "auto" and len(counts) > FULL_SOFTMAX)
        self._frequencies = (counts.double() / counts.sum()).float()
        self._samples, self._seed = samples, seed

    def draw(self, targets: Tensor, step: int) -> Candidates | None:
        """Draw the candidates of an update, None for a full softmax.

        targets: (examples,) of the whole batch, all processes together
        """
        if not self.sampled:
            return None
        draws = torch.Generator().manual_seed((self._seed * 7_368_787 + step) % 2**63)
        return draw_candidates(targets, self._frequencies, self._samples, draws)


class VocabularyLoss(torch.autograd.Function):
    """Sum a linear output layer's cross-entropy and gradients in one pass.

        loss_i = log(e^{s_iy} + Σ_{w≠y} e^{s_iw + c_w}) − s_iy,  s_iw = q_i · v_w + b_w

    The softmax is computed once for both directions, slice by slice of the examples.

    query: (examples, embedding), q; vectors: (words, embedding), v; bias: (words,), b; correction: (words,), c of the
    candidates, zeros for a full softmax; labels: (examples,), y; low: products are made in bfloat16
    """

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any, query: Tensor, vectors: Tensor, bias: Tensor, correction: Tensor, labels: Tensor, low: bool
    ) -> Tensor:
        kind = torch.bfloat16 if low else query.dtype
        table, rounded_query = vectors.to(kind), query.to(kind)  # (words, embedding), (examples, embedding)
        words, count = vectors.shape[0], query.shape[0]
        probs = torch.empty(count, words, dtype=kind, device=query.device)  # then dL/ds, in the same memory
        shift, undo = (bias + correction).float(), -correction.to(kind)[labels]  # (words,), (examples,)

        # The product adds what belongs to each word as well, in two parts that together are exact in bfloat16; so the
        # scores are written once, and once more as their softmax.
        high = shift.to(kind)
        extra = torch.stack([high, (shift - high.float()).to(kind)] if low else [high])
        columns = torch.cat([table.T, extra])  # (embedding + 1 or 2, words)
        rows_in = torch.cat([rounded_query, query.new_ones(count, len(extra), dtype=kind)], 1)  # (examples, …)
        total = torch.zeros((), dtype=torch.float32, device=query.device)
        targets = labels[:, None]
        cells = torch.arange(count, device=labels.device) * words + labels  # of the target among all scores

        # A slice of so many scores stays in the processor's cache.
        rows = max(32, _CACHED // words) if query.device.type == "cpu" else count
        scores = torch.empty(min(rows, count), words, dtype=kind, device=query.device)
        for start in range(0, count, rows):
            target, probs_of_slice = targets[start : start + rows], probs[start : start + rows]
            slice_scores = scores[: len(target)]  # (rows, words)
            torch.mm(rows_in[start : start + rows], columns, out=slice_scores)
            corrected = cells[start : start + rows] - start * words
            slice_scores.view(-1).index_add_(0, corrected, undo[start : start + rows])
            torch.softmax(slice_scores, 1, out=probs_of_slice)
            total -= probs_of_slice.gather(1, target).float().clamp_min(1e-30).log().sum()

        # dL/ds = p − 1 at the target, p elsewhere
        slopes = probs
        slopes.view(-1).index_add_(0, cells, slopes.new_full((count,), -1.0))
        query_gradient = torch.mm(slopes, table)  # (examples, embedding)
        columns_gradient = torch.mm(slopes.T, rows_in)  # (words, embedding + 1 or 2)
        vectors_gradient, bias_gradient = columns_gradient[:, : table.shape[1]], columns_gradient[:, table.shape[1]]
        ctx.save_for_backward(
            query_gradient.to(query.dtype), vectors_gradient.to(vectors.dtype), bias_gradient.to(bias.dtype)
        )
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: D102
        query, vectors, bias = ctx.saved_tensors
        return query * gradient, vectors * gradient, bias * gradient, None, None, None
