"""Products made step by step whose share of the weights' gradient is made once, after the last step.

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
        part = inputs.to(owner.table.dtype)
        ctx.owner, ctx.kind, ctx.part = owner, inputs.dtype, part
        return torch.mm(part, owner.table.T).float()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        owner, part = ctx.owner, gradient.to(ctx.part.dtype)
        owner.aside.append((ctx.part, part))
        return torch.mm(part, owner.table).to(ctx.kind), gradient.new_zeros(()), None


class Product:
    """x W^T for one step after another. weight: (out, in); with `low`, products are made in bfloat16."""

    def __init__(self, weight: Tensor, low: bool) -> None:
        self.table = weight.detach().to(torch.bfloat16 if low else weight.dtype)
        self.aside: list[tuple[Tensor, Tensor]] = []  # of each step: (rows, in), (rows, out)
        apply: Any = _Collect.apply
        self._token: Tensor = apply(self, weight)

    def __call__(self, inputs: Tensor) -> Tensor:
        """inputs: (rows, in); returns (rows, out) in float32."""
        apply: Any = _Product.apply
        result: Tensor = apply(inputs, self._token, self)
        return result

    def gradients(self) -> tuple[Tensor]:
        """Of the weight, (out, in), all steps together."""
        inputs, slopes = (torch.cat(parts) for parts in zip(*self.aside, strict=True))
        self.aside = []
        return (torch.mm(slopes.T, inputs).float(),)


class _Look(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, asked: Tensor, shift: Tensor, token: Tensor, owner: "DotAttention") -> tuple[Tensor, Tensor]:
        scores = torch.bmm(asked[:, None], owner.keys_turned)[:, 0] + shift
        attention = torch.softmax(scores, 1)
        ctx.owner = owner
        ctx.save_for_backward(asked, attention)
        return attention, torch.bmm(attention[:, None], owner.values)[:, 0]

    @staticmethod
    def backward(ctx: Any, by_attention: Tensor, by_context: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        owner = ctx.owner
        asked, attention = ctx.saved_tensors
        total = torch.bmm(by_context[:, None], owner.values_turned)[:, 0] + by_attention
        scores = attention * (total - (attention * total).sum(1, keepdim=True))
        owner.aside.append((asked, scores, attention, by_context))
        return torch.bmm(scores[:, None], owner.keys)[:, 0], scores, scores.new_zeros(()), None


class DotAttention:
    """softmax(K s + shift) and the mean of the values under it, for one step after another.

    keys, values: (rows, time, size)
    """

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        self.keys, self.values = keys.detach(), values.detach()
        # A row times a matrix takes a tenth of the time of a matrix times a column (MKL, batches of small ones).
        self.keys_turned, self.values_turned = (one.transpose(1, 2).contiguous() for one in (self.keys, self.values))
        self.aside: list[tuple[Tensor, ...]] = []
        apply: Any = _Collect.apply
        self._token: Tensor = apply(self, keys, values)

    def __call__(self, asked: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
        """asked: (rows, size); shift: (rows, time). Returns attention, (rows, time), and what is seen, (rows, size)."""
        apply: Any = _Look.apply
        attention, context = apply(asked, shift, self._token, self)
        return attention, context

    def gradients(self) -> tuple[Tensor, Tensor]:
        """Of keys and values, (rows, time, size), all steps together."""
        asked, scores, attention, context = (torch.stack(parts, 1) for parts in zip(*self.aside, strict=True))
        self.aside = []
        return torch.bmm(scores.transpose(1, 2), asked), torch.bmm(attention.transpose(1, 2), context)


class _VocabularyScores(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query: Tensor, vectors: Tensor, bias: Tensor, labels: Tensor, low: bool
    ) -> tuple[Tensor, Tensor]:
        kind = torch.bfloat16 if low else query.dtype
        table, part = vectors.to(kind), query.to(kind)
        words, count = vectors.shape[0], query.shape[0]
        shares = torch.empty(count, words, dtype=kind, device=query.device)
        shift, own = bias.to(kind), labels[:, None]
        mean_vector = vectors.mean(0)
        mean = query @ mean_vector + bias.mean()
        chosen = torch.empty(count, device=query.device)
        # A slice of so many scores stays in the processor's cache.
        rows = max(32, 1_000_000 // words) if query.device.type == "cpu" else max(1, count)
        for start in range(0, count, rows):
            scores = torch.addmm(shift, part[start : start + rows], table.T)
            found = shares[start : start + rows]
            torch.softmax(scores, 1, out=found)
            place = own[start : start + rows]
            log_prob = found.gather(1, place)[:, 0].float().clamp_min(1e-30).log()
            chosen[start : start + rows] = log_prob
            mean[start : start + rows] -= scores.gather(1, place)[:, 0].float() - log_prob  # the log of the sum
        ctx.save_for_backward(part, table, shares, labels, mean_vector)
        return chosen, mean

    @staticmethod
    def backward(ctx: Any, by_own: Tensor, by_mean: Tensor) -> tuple[Tensor | None, ...]:
        part, table, shares, labels, mean_vector = ctx.saved_tensors
        words = shares.shape[1]
        slopes = shares.mul_(-(by_own + by_mean).to(shares.dtype)[:, None])
        cells = torch.arange(len(labels), device=labels.device) * words + labels
        slopes.view(-1).index_add_(0, cells, by_own.to(slopes.dtype))
        query = torch.mm(slopes, table).float() + by_mean[:, None] * mean_vector
        columns = torch.mm(slopes.T, torch.cat([part, part.new_ones(len(part), 1)], 1)).float()
        vectors = columns[:, :-1] + (by_mean @ part.float()) / words
        return query, vectors, columns[:, -1] + by_mean.sum() / words, None, None


def vocabulary_scores(query: Tensor, vectors: Tensor, bias: Tensor, labels: Tensor, low: bool) -> tuple[Tensor, Tensor]:
    """Of log softmax(V q + b), the score of each label, and the mean over the vocabulary, which smoothing asks for.

    query: (examples, size); vectors: (vocabulary, size); labels: (examples,). Returns two of (examples,). The softmax
    is computed once, slice by slice, and kept for the way back, which may be gone once only.
    """
    apply: Any = _VocabularyScores.apply
    chosen, mean = apply(query, vectors, bias, labels, low)
    return chosen, mean
