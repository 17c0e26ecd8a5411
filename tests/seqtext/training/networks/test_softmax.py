"""The softmax over the whole vocabulary and over sampled candidates."""

import pytest
import torch
from torch.nn import functional

from seqtext.training.networks.softmax import Candidates, VocabularyLoss, draw_candidates


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def problem(examples: int, words: int, size: int = 6, kind: torch.dtype = torch.float32) -> list[torch.Tensor]:
    source = generator(examples + words)
    query, vectors = torch.randn(examples, size, generator=source), torch.randn(words, size, generator=source)
    bias, labels = torch.randn(words, generator=source), torch.randint(words, (examples,), generator=source)
    return [*(part.to(kind).requires_grad_() for part in (query, vectors, bias)), labels]


def reference(query, vectors, bias, labels, correction) -> torch.Tensor:
    """log(e^{s_y} + Σ_{w≠y} e^{s_w + c_w}) − s_y as cross-entropy of scores whose target has no correction."""
    own = functional.one_hot(labels, len(bias)).bool()
    scores = query @ vectors.T + bias + torch.where(own, 0.0, correction)
    return functional.cross_entropy(scores, labels, reduction="sum")


@pytest.mark.parametrize(("examples", "words"), [(1, 1), (5, 3), (70, 9), (33, 40_000), (0, 4)])
@pytest.mark.parametrize("corrected", [False, True])
def test_value_and_gradients_equal_cross_entropy(examples: int, words: int, corrected: bool) -> None:
    """40,000 words make the slices shorter (32 rows) than the examples."""
    query, vectors, bias, labels = problem(examples, words)
    correction = torch.rand(words, generator=generator(1)) * 3 if corrected else torch.zeros(words)
    scale = 0.37  # of the gradient that comes from above
    found = VocabularyLoss.apply(query, vectors, bias, correction, labels, False)
    gradients = torch.autograd.grad(found * scale, (query, vectors, bias))
    if corrected:
        expected = reference(query, vectors, bias, labels, correction)
    else:
        expected = functional.cross_entropy(query @ vectors.T + bias, labels, reduction="sum")
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-4)
    for one, other in zip(gradients, torch.autograd.grad(expected * scale, (query, vectors, bias)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_bfloat16_is_near() -> None:
    query, vectors, bias, labels = problem(200, 50)
    correction = torch.zeros(50)
    exact, low = (VocabularyLoss.apply(query, vectors, bias, correction, labels, kind) for kind in (False, True))
    assert low.dtype == torch.float32
    assert low.item() == pytest.approx(exact.item(), rel=0.01)
    fine, coarse = (torch.autograd.grad(loss, (query, vectors, bias)) for loss in (exact, low))
    for one, other in zip(fine, coarse, strict=True):
        assert other.dtype == torch.float32
        assert functional.cosine_similarity(one.flatten(), other.flatten(), dim=0) > 0.999


def test_extreme_scores_stay_finite() -> None:
    query = torch.tensor([[1e4]], requires_grad=True)
    loss = VocabularyLoss.apply(
        query, torch.tensor([[1.0], [-1.0]]), torch.zeros(2), torch.zeros(2), torch.tensor([1]), False
    )
    assert loss.item() == pytest.approx(69.08, abs=0.01)  # −log 1e−30: what is impossible costs so much
    (gradient,) = torch.autograd.grad(loss, query)
    assert torch.isfinite(gradient).all()


# Candidates


FREQUENCIES = torch.tensor([1 / (rank + 1) for rank in range(200)])

FREQUENCIES /= FREQUENCIES.sum()


def test_all_targets_are_candidates() -> None:
    for seed in range(20):
        targets = torch.multinomial(FREQUENCIES, 30, True, generator=generator(seed))
        found = draw_candidates(targets, FREQUENCIES, 10, generator(seed))
        assert isinstance(found, Candidates)
        assert found.ids[found.labels].tolist() == targets.tolist()
        assert found.ids.tolist() == sorted(set(found.ids.tolist()))
        assert len(set(targets.tolist())) <= len(found.ids) < 30 + 30
        assert (found.correction >= 0).all()
        assert torch.isfinite(found.correction).all()


@pytest.mark.parametrize("samples", [200, 1000])
def test_enough_samples_take_the_whole_vocabulary(samples: int) -> None:
    targets = torch.tensor([3, 199, 3])
    found = draw_candidates(targets, FREQUENCIES, samples, generator())
    assert found.ids.tolist() == list(range(200))
    assert found.labels.tolist() == [3, 199, 3]
    assert found.correction.abs().max() < 1e-6


def test_a_word_that_cannot_be_drawn_has_a_finite_correction() -> None:
    found = draw_candidates(torch.tensor([0]), torch.tensor([0.0, 1.0]), 0, generator())
    assert found.ids.tolist() == [0]
    assert torch.isfinite(found.correction).all()
    assert torch.isfinite(draw_candidates(torch.tensor([1]), torch.tensor([0.0, 1.0]), 0, generator()).correction).all()


@pytest.mark.parametrize("samples", [0, 20])
def test_the_denominator_is_unbiased(samples: int) -> None:
    """Over many batches the mean of Σ e^{s_w + c_w} is Σ e^{s_w}, within five standard errors of the mean."""
    common = FREQUENCIES[:40] / FREQUENCIES[:40].sum()  # without draws only words that do occur can be reached
    scores = torch.randn(40, generator=generator(9))
    true, source, sums, plain = scores.exp().sum().item(), generator(4), [], []
    for _ in range(3000):
        targets = torch.multinomial(common, 25, True, generator=source)
        found = draw_candidates(targets, common, samples, source)
        sums.append((scores[found.ids] + found.correction).exp().sum())
        plain.append(scores[found.ids].exp().sum())
    estimates = torch.stack(sums)
    error = (estimates.std() / len(sums) ** 0.5).item()
    assert error < 0.02 * true
    assert abs(estimates.mean().item() - true) < 5 * error
    assert abs(torch.stack(plain).mean().item() - true) > 10 * error  # without the correction it is far too small


def test_each_word_is_a_candidate_as_often_as_the_correction_says() -> None:
    common = FREQUENCIES[:40] / FREQUENCIES[:40].sum()
    source, counts, claimed = generator(5), torch.zeros(40), torch.zeros(40)
    for _ in range(3000):
        found = draw_candidates(torch.multinomial(common, 25, True, generator=source), common, 8, source)
        counts[found.ids] += 1
        claimed[found.ids] = (-found.correction).exp()
    deviation = (claimed * (1 - claimed) / 3000).sqrt()
    assert ((counts / 3000 - claimed).abs() < 5 * deviation + 1e-4).all()
