"""Defer the weights' gradient of step-by-step products to the last step.

A decoder that is fed its own last answer multiplies one step at a time. Left to autograd, every step would add a whole
matrix to the gradient of the weights: for a few rows that costs as much as the product itself. Here each step only puts
aside what it read and the gradient that came back; one product over all steps makes the gradient of the weights.
"""

from typing import Any

import torch
from torch import Tensor


class _Collect(torch.autograd.Function):
    """Hands out a token that every step's result depends on; called back when the last of them is done."""

    @staticmethod
    def forward(ctx: Any, owner: Any, *weights: Tensor) -> Tensor:
        ctx.owner = owner
        return weights[0].new_zeros(())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.owner.gradients()


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, token: Tensor, owner: "Product") -> Tensor:
        rounded = inputs.to(owner.table.dtype)  # (rows, in)
        ctx.owner, ctx.kind, ctx.inputs = owner, inputs.dtype, rounded
        return torch.mm(rounded, owner.table.T).float()  # (rows, out)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        owner, rounded = ctx.owner, gradient.to(ctx.inputs.dtype)  # (rows, out)
        owner.aside.append((ctx.inputs, rounded))
        return torch.mm(rounded, owner.table).to(ctx.kind), gradient.new_zeros(()), None


class Product:
    """Multiply by a weight, x W^T, step by step.

    weight: (out, in); low: products are made in bfloat16
    """

    def __init__(self, weight: Tensor, low: bool) -> None:
        self.table = weight.detach().to(torch.bfloat16 if low else weight.dtype)
        self.aside: list[tuple[Tensor, Tensor]] = []  # of each step: (rows, in), (rows, out)
        apply: Any = _Collect.apply
        self._token: Tensor = apply(self, weight)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Multiply the inputs of a step: (rows, in) → (rows, out) in float32."""
        apply: Any = _Product.apply
        product: Tensor = apply(inputs, self._token, self)
        return product

    def gradients(self) -> tuple[Tensor]:
        """Sum the gradient of the weight over all steps, (out, in), and forget these."""
        inputs, gradients = (torch.cat(steps) for steps in zip(*self.aside, strict=True))  # (steps · rows, …)
        self.aside = []
        return (torch.mm(gradients.T, inputs).float(),)


class _Look(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, asked: Tensor, shift: Tensor, token: Tensor, owner: "DotAttention") -> tuple[Tensor, Tensor]:
        scores = torch.bmm(asked[:, None], owner.keys_turned)[:, 0] + shift  # (rows, time)
        attention = torch.softmax(scores, 1)  # (rows, time)
        ctx.owner = owner
        ctx.save_for_backward(asked, attention)
        return attention, torch.bmm(attention[:, None], owner.values)[:, 0]

    @staticmethod
    def backward(ctx: Any, by_attention: Tensor, by_context: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        owner = ctx.owner
        asked, attention = ctx.saved_tensors

        # through the mean of the values, then through the softmax
        total = torch.bmm(by_context[:, None], owner.values_turned)[:, 0] + by_attention  # (rows, time)
        scores = attention * (total - (attention * total).sum(1, keepdim=True))  # (rows, time)

        owner.aside.append((asked, scores, attention, by_context))
        return torch.bmm(scores[:, None], owner.keys)[:, 0], scores, scores.new_zeros(()), None


class DotAttention:
    """Attend by dot products, step by step.

    a = softmax(K s + shift), and Σ a_i m_i over the values m (Luong et al. 2015, arXiv:1508.04025)
    keys, values: (rows, time, size)
    """

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        self.keys, self.values = keys.detach(), values.detach()
        # A row times a matrix takes a tenth of the time of a matrix times a column (MKL, batches of small ones).
        self.keys_turned = self.keys.transpose(1, 2).contiguous()  # (rows, size, time)
        self.values_turned = self.values.transpose(1, 2).contiguous()  # (rows, size, time)
        self.aside: list[tuple[Tensor, ...]] = []
        apply: Any = _Collect.apply
        self._token: Tensor = apply(self, keys, values)

    def __call__(self, asked: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
        """Attend with the states of a step: attention, (rows, time), and context, (rows, size).

        asked: (rows, size), s of each row; shift: (rows, time), added to the scores
        """
        apply: Any = _Look.apply
        attention, context = apply(asked, shift, self._token, self)
        return attention, context

    def gradients(self) -> tuple[Tensor, Tensor]:
        """Sum all steps' gradients of keys and values, (rows, time, size), and forget these."""
        asked, scores, attention, context = (torch.stack(steps, 1) for steps in zip(*self.aside, strict=True))
        self.aside = []
        return torch.bmm(scores.transpose(1, 2), asked), torch.bmm(attention.transpose(1, 2), context)


class _VocabularyScores(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query: Tensor, vectors: Tensor, bias: Tensor, labels: Tensor, low: bool
    ) -> tuple[Tensor, Tensor]:
        kind = torch.bfloat16 if low else query.dtype
        table, rounded_query = vectors.to(kind), query.to(kind)  # (vocabulary, size), (examples, size)
        words, count = vectors.shape[0], query.shape[0]
        probs = torch.empty(count, words, dtype=kind, device=query.device)
        shift, targets = bias.to(kind), labels[:, None]
        mean_vector = vectors.mean(0)  # (size,)
        mean = query @ mean_vector + bias.mean()  # (examples,): of the scores, then of their log-probabilities
        chosen = torch.empty(count, device=query.device)

        # A slice of so many scores stays in the processor's cache.
        rows = max(32, 1_000_000 // words) if query.device.type == "cpu" else max(1, count)
        for start in range(0, count, rows):
            scores = torch.addmm(shift, rounded_query[start : start + rows], table.T)  # (rows, vocabulary)
            probs_of_slice = probs[start : start + rows]
            torch.softmax(scores, 1, out=probs_of_slice)
            target = targets[start : start + rows]  # (rows, 1)
            log_prob = probs_of_slice.gather(1, target)[:, 0].float().clamp_min(1e-30).log()  # (rows,)
            chosen[start : start + rows] = log_prob
            mean[start : start + rows] -= scores.gather(1, target)[:, 0].float() - log_prob  # the log of the sum
        ctx.save_for_backward(rounded_query, table, probs, labels, mean_vector)
        return chosen, mean

    @staticmethod
    def backward(ctx: Any, by_chosen: Tensor, by_mean: Tensor) -> tuple[Tensor | None, ...]:
        query, table, probs, labels, mean_vector = ctx.saved_tensors
        words = probs.shape[1]

        # dL/ds but for the mean's even share: −(u + w) p, and u at the label
        slopes = probs.mul_(-(by_chosen + by_mean).to(probs.dtype)[:, None])  # (examples, vocabulary)
        cells = torch.arange(len(labels), device=labels.device) * words + labels
        slopes.view(-1).index_add_(0, cells, by_chosen.to(slopes.dtype))

        by_query = torch.mm(slopes, table).float() + by_mean[:, None] * mean_vector  # (examples, size)
        columns = torch.mm(slopes.T, torch.cat([query, query.new_ones(len(query), 1)], 1)).float()
        by_vectors = columns[:, :-1] + (by_mean @ query.float()) / words  # (vocabulary, size)
        return by_query, by_vectors, columns[:, -1] + by_mean.sum() / words, None, None


def vocabulary_scores(query: Tensor, vectors: Tensor, bias: Tensor, labels: Tensor, low: bool) -> tuple[Tensor, Tensor]:
    """Score labels: log softmax(V q + b), and its mean over the vocabulary.

    Label smoothing needs the mean. The softmax is computed once, slice by slice, and kept for the backward pass, which
    can run only once.

    query: (examples, size); vectors: (vocabulary, size); bias: (vocabulary,); labels: (examples,); low: products are
    made in bfloat16. Returns two of (examples,), in nats
    """
    apply: Any = _VocabularyScores.apply
    chosen, mean = apply(query, vectors, bias, labels, low)
    return chosen, mean
