"""Dropout that does not depend on how rows are shared out, and the softmax over all or some of the vocabulary."""

import pytest
import torch
from torch.nn import functional

from seqtext.config import CELLS, READERS
from seqtext.networks import recurrent
from seqtext.training.batches.order import Moment
from seqtext.training.networks.cells import MinGRU
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.recurrent import RecurrentStack
from seqtext.training.networks.softmax import Candidates, VocabularyLoss, draw_candidates


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# Dropout


def test_dropout_does_not_depend_on_how_rows_are_split() -> None:
    states = torch.ones(6, 3, 50)
    whole = Dropper(0.4, 7, 11, torch.arange(6), 6)
    expected = [whole(states), whole(states)]  # two places of the network
    for split in ([0, 1, 2, 3, 4, 5], [5, 0, 3], [2]):
        rows = torch.tensor(split)
        part = Dropper(0.4, 7, 11, rows, 6)
        for one in expected:
            assert torch.equal(part(states[rows]), one[rows])
    assert not torch.equal(*expected)


def test_dropout_is_locked_scaled_and_drawn_anew_each_step() -> None:
    states = torch.ones(40, 5, 100)
    found = Dropper(0.3, 1, 0, torch.arange(40), 40)(states)
    assert torch.equal(found, found[:, :1].expand_as(found))  # the same units at every time step
    assert found.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert found.mean().item() == pytest.approx(1, abs=0.05)  # 4000 masks: a standard deviation of 0.01
    assert not torch.equal(found[0], found[1])
    for seed, step in ((1, 1), (2, 0)):
        assert not torch.equal(found, Dropper(0.3, seed, step, torch.arange(40), 40)(states))


def test_no_dropout_is_the_identity() -> None:
    states = torch.randn(2, 3, 4, generator=generator())
    assert Dropper(0.0, 1, 1, torch.arange(2), 2)(states) is states


def test_dropout_begins_with_the_second_pass_and_rises() -> None:
    rates = [Dropper.at(Moment(0, 0.5, passes), 0.4, 1, torch.arange(2), 2).rate for passes in (0, 0.9, 1.5, 3, 9, 50)]
    assert rates[:2] == [0.0, 0.0]
    assert rates[2:] == sorted(set(rates[2:]))
    assert 0.0 < rates[2] < 0.1
    assert rates[-1] == pytest.approx(0.4, abs=1e-6)


# The recurrent stack


@pytest.mark.parametrize("cell", CELLS)
def test_the_stack_starts_as_it_says(cell: str) -> None:
    stack = RecurrentStack(cell, 5, 8, 2)
    for layer in stack.layers:
        for gate in layer.weight_hh_l0.detach().chunk({"rnn": 1, "gru": 3, "lstm": 4}[cell]):
            torch.testing.assert_close(gate @ gate.T, torch.eye(8), atol=1e-5, rtol=0)
        total = layer.bias_ih_l0 + layer.bias_hh_l0
        assert total.sum().item() == (8 if cell == "lstm" else 0)
        if cell == "lstm":
            assert (total[8:16] == 1).all()  # the forget gate


@pytest.mark.parametrize("cell", READERS)
def test_dropout_falls_on_the_outputs_only(cell: str) -> None:
    stack = RecurrentStack(cell, 5, 8, 1, 3)
    inputs = torch.randn(3, 4, 5, generator=generator())
    plain, dropped = stack(inputs), stack(inputs, Dropper(0.5, 1, 1, torch.arange(3), 3))
    kept = dropped != 0
    torch.testing.assert_close(dropped[kept], 2 * plain[kept])
    assert 0 < kept.float().mean() < 1


def beginnings(rows: int, time: int) -> torch.Tensor:
    """(rows, time) ids from 2 on, of which the first one is 2 or 3."""
    ids = torch.randint(2, 9, (rows, time), generator=generator(time))
    ids[:, 0] = 2 + torch.arange(rows) % 2
    return ids


@pytest.mark.parametrize("cell", READERS)
@pytest.mark.parametrize(("layers", "time"), [(1, 1), (1, 2), (2, 5)])
def test_rows_that_begin_alike_are_read_once_and_nothing_changes(cell: str, layers: int, time: int) -> None:
    stack, ids = RecurrentStack(cell, 5, 8, layers, 3), beginnings(7, time)
    table = torch.randn(9, 5, generator=generator(), requires_grad=True)
    weight = torch.randn(time + 1, 7, 8, generator=generator(1))
    learnt, read = [table, *stack.parameters()], []
    stack.layers[0].register_forward_pre_hook(lambda layer, inputs: read.append(tuple(inputs[0].shape[:2])))
    found = stack.read_texts(table, 1, ids)
    assert read == [(2, 2), (7, time - 1)][: 1 + (time > 1)]
    expected = stack(table[functional.pad(ids, (1, 0), value=1)]).transpose(0, 1)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    gradients = (torch.autograd.grad((states * weight).sum(), learnt) for states in (found, expected))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_rows_are_read_alone_where_dropout_differs(rate: float) -> None:
    stack, ids, table = RecurrentStack("lstm", 5, 8, 2), beginnings(7, 4), torch.randn(9, 5, generator=generator())
    first, again = (Dropper(rate, 1, 1, torch.arange(7), 7) for _ in range(2))
    expected = stack(first(table[functional.pad(ids, (1, 0), value=1)]), first).transpose(0, 1)
    torch.testing.assert_close(stack.read_texts(table, 1, ids, again), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("cell", READERS)
@pytest.mark.parametrize(("depth", "width"), [(1, 1), (1, 4), (3, 3), (6, 2)])
def test_a_stack_equals_its_steps_in_numpy(cell: str, depth: int, width: int) -> None:
    torch.manual_seed(2)
    stack, inputs = RecurrentStack(cell, 5, 8, depth, width), torch.randn(3, 20, 5)
    for parameter in stack.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    weights = {f"left.{name}": value.detach().numpy() for name, value in stack.state_dict().items()}
    shapes = recurrent.stack_shapes("left", cell, 5, 8, depth, window=width)
    assert {name: value.shape for name, value in weights.items()} == shapes
    plain = recurrent.load_stack(weights, "left", cell, depth)
    with torch.no_grad():
        expected = stack(inputs).numpy()
        first, middle = stack.read(inputs[:, :3], [None] * depth)
        second, _ = stack.read(inputs[:, 3:], middle)
    state = plain.zero(3)
    for time in range(20):
        output, state = recurrent.step(plain, inputs[:, time].numpy(), state)
        assert abs(output - expected[:, time]).max() <= 1e-5
    assert abs(torch.cat([first, second], 1).numpy() - expected).max() <= 1e-5


def test_a_shared_beginning_learns_from_all_its_rows_in_bfloat16() -> None:
    """Summed in bfloat16, slopes would cease to count once the sum is 256 times as large as each of them."""
    torch.manual_seed(4)
    stack, ids = RecurrentStack("lstm", 16, 16, 1), torch.full((3000, 2), 2)
    gradients = []
    for low in (False, True):
        table = torch.ones(3, 16, requires_grad=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            stack.read_texts(table, 1, ids).float().sum().backward()
        gradients.append(table.grad[1])
    assert (gradients[1] - gradients[0]).norm() < 0.05 * gradients[0].norm()


# The loss


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


@pytest.mark.parametrize("time", [1, 7])
def test_mingru_blends_as_its_equation_says(time: int) -> None:
    torch.manual_seed(2)
    layer = MinGRU(5, 4)
    torch.nn.init.normal_(layer.weight_ih_l0)
    torch.nn.init.normal_(layer.bias_ih_l0)
    inputs, start = torch.randn(3, time, 5, requires_grad=True), torch.randn(1, 3, 4, requires_grad=True)
    weight = torch.randn(3, time, 4)
    found, last = layer(inputs, start)
    (found * weight).sum().backward()
    gradients = [part.grad.clone() for part in (inputs, start, layer.weight_ih_l0, layer.bias_ih_l0)]
    for part in (inputs, start, layer.weight_ih_l0, layer.bias_ih_l0):
        part.grad = None
    state, steps = start[0], []
    for step in range(time):
        read = inputs[:, step] @ layer.weight_ih_l0.T + layer.bias_ih_l0
        update, candidate = torch.sigmoid(read[:, :4]), read[:, 4:]
        state = (1 - update) * state + update * candidate
        steps.append(state)
    expected = torch.stack(steps, 1)
    (expected * weight).sum().backward()
    assert torch.allclose(found, expected, atol=1e-6)
    assert torch.allclose(last[0], expected[:, -1], atol=1e-6)
    for gradient, part in zip(gradients, (inputs, start, layer.weight_ih_l0, layer.bias_ih_l0), strict=True):
        assert torch.allclose(gradient, part.grad, atol=1e-5)
