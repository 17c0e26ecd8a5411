"""The transformer of the league: as large as the rung beside it, the same with the same seed, blind to padding."""

import pytest
import torch

from seqtext.training.transformer import Size, Transformer, rate, size_for


@pytest.mark.parametrize(("parameters", "vocabulary", "labels"), [
    (40_000, 1_000, 2), (4_000_000, 30_000, 6), (12_000_000, 30_000, 20), (300_000, 200, 2),
])  # fmt: skip
def test_it_is_as_large_as_it_should_be(parameters: int, vocabulary: int, labels: int) -> None:
    size = size_for(parameters, vocabulary, labels)
    network = Transformer(vocabulary, labels, size)
    assert sum(one.numel() for one in network.parameters()) == size.parameters(vocabulary, labels)
    assert size.parameters(vocabulary, labels) == pytest.approx(parameters, rel=0.01)


def test_the_nearest_where_none_is_near() -> None:
    assert size_for(10, 1_000, 2) == Size(8, 8)


def test_padding_changes_nothing_and_places_do() -> None:
    torch.manual_seed(1)
    network = Transformer(50, 3, Size(16, 32)).eval()
    ids = torch.tensor([[5, 6, 7, 8]])
    whole = torch.ones_like(ids, dtype=torch.bool)
    padded, mask = torch.tensor([[5, 6, 7, 8, 0, 0]]), torch.tensor([[True] * 4 + [False] * 2])
    assert torch.allclose(network(ids, whole), network(padded, mask), atol=1e-5)
    assert not torch.allclose(network(ids, whole), network(ids.flip(1), whole), atol=1e-4)


def test_the_rate_warms_up_and_falls_as_a_cosine() -> None:
    assert [rate(fraction) for fraction in (0.05, 0.1, 0.55, 1.0)] == pytest.approx([0.5, 1.0, 0.5, 0.0], abs=1e-9)
    assert 0 < rate(0.0) < 0.02
