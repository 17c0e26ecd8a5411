"""Products whose weights' gradient waits: the same numbers as autograd's own."""

import pytest
import torch
from torch import nn

from seqtext.training.networks.deferred import DotAttention, Product, vocabulary_scores


def test_a_product_has_autograds_gradients() -> None:
    torch.manual_seed(1)
    weight, first = torch.randn(5, 5, requires_grad=True), torch.randn(3, 5, requires_grad=True)

    def run(apply) -> list[torch.Tensor]:
        state = first
        for _ in range(4):
            state = torch.tanh(apply(state))
        return list(torch.autograd.grad(state.square().sum(), [weight, first]))

    product = Product(weight, low=False)
    for mine, theirs in zip(run(product), run(lambda state: state @ weight.T), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-5)


def test_rounding_to_bfloat16_is_what_low_means() -> None:
    torch.manual_seed(1)
    weight, inputs = torch.randn(6, 8, requires_grad=True), torch.randn(3, 8, requires_grad=True)
    result = Product(weight, low=True)(inputs)
    expected = inputs @ weight.T
    assert result.dtype == torch.float32
    assert not torch.equal(result, expected)
    assert torch.allclose(result, expected, atol=0.1)
    result.sum().backward()
    assert weight.grad is not None
    assert weight.grad.dtype == torch.float32


def test_attention_has_autograds_gradients() -> None:
    torch.manual_seed(2)
    parts = [torch.randn(2, 4, 3, requires_grad=True), torch.randn(2, 4, 3, requires_grad=True)]
    start = torch.randn(2, 3, requires_grad=True)
    shift = torch.tensor([[0.0, 0, 0, 0], [0, 0, -1e9, -1e9]])

    def plain(asked: torch.Tensor, by: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        attention = torch.softmax((parts[0] * asked[:, None]).sum(2) + by, 1)
        return attention, (attention[:, :, None] * parts[1]).sum(1)

    def run(look) -> list[torch.Tensor]:
        asked, cover, total = start, torch.zeros(2, 4), torch.zeros(())
        for _ in range(3):
            attention, asked = look(asked, shift - cover)
            cover = cover + attention
            total = total + (attention * torch.arange(4.0)).sum() + asked.square().sum()
        return [total.detach(), *torch.autograd.grad(total, [*parts, start])]

    for mine, theirs in zip(run(DotAttention(*parts)), run(plain), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-5)


@pytest.mark.parametrize("examples", [1, 70])
def test_vocabulary_scores_are_those_of_log_softmax(examples: int) -> None:
    torch.manual_seed(3)
    query = torch.randn(examples, 6, requires_grad=True)
    vectors, bias = torch.randn(20_000 if examples > 1 else 9, 6, requires_grad=True), None
    bias = torch.randn(len(vectors), requires_grad=True)
    labels = torch.randint(len(vectors), (examples,))
    weights = torch.rand(2, examples)
    whole = torch.log_softmax(nn.functional.linear(query, vectors, bias), 1)
    expected = whole[torch.arange(examples), labels], whole.mean(1)
    found = vocabulary_scores(query, vectors, bias, labels, low=False)
    for mine, theirs in zip(found, expected, strict=True):
        assert torch.allclose(mine, theirs, atol=1e-4)

    def gradients(parts) -> tuple[torch.Tensor, ...]:
        return torch.autograd.grad((parts[0] * weights[0] + parts[1] * weights[1]).sum(), [query, vectors, bias])

    for mine, theirs in zip(gradients(found), gradients(expected), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-4)
