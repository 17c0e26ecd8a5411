"""Measure gradient norms of the last step's loss, at each earlier step.

The state s_t is all that step t passes to step t + 1: h_t of every layer, of an lstm c_t as well; of a window, which
has no recurrence, the inputs it still sees. The loss at the last step T sends back

    δ_T = ∂loss_T/∂s_T,  δ_t = (∂s_{t+1}/∂s_t)ᵀ δ_{t+1}

and every weight's gradient is a sum of contributions of the δ_t. Where the factors shrink what they are given, ‖δ_t‖
falls exponentially with T − t, and long dependencies are not learnt: Hochreiter 1991; Bengio et al. 1994; Pascanu et
al. 2013, arXiv:1211.5063. Clipping (there, section 3.2) multiplies the gradient of all weights g by min(1, clip/‖g‖):
one number for all steps, so that it tames an exploding gradient but cannot mend a vanishing one.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqtext.config import READERS, RECURRENT_CELLS, LanguageConfig, TokenizerConfig, TrainingConfig
from seqtext.data.corpus import read_texts
from seqtext.errors import ConfigError, CorpusError, ModelError, argument, arguments
from seqtext.models.language_model import LanguageModel
from seqtext.models.normal_lines import NORMAL
from seqtext.networks.cells import CELLS
from seqtext.networks.overflow import check_finite
from seqtext.plots.gradients import STARTS, GradientFlow
from seqtext.storage.catalog import find, load
from seqtext.storage.model_folder import describe
from seqtext.tasks import TASKS
from seqtext.tokenizer import Tokenizer
from seqtext.training.networks.language_model import LanguageNetwork, State
from seqtext.training.optimizer import make_optimizer
from seqtext.training.schedule import learning_rate

_MOST = 1_000_000  # characters of the text that are read
_ROWS = 16  # windows in one update
_EMBEDDING = 64


def gradient_flows(
    sources: str | Path | Sequence[str | Path],
    *,
    cells: Sequence[str] = RECURRENT_CELLS,
    starts: Sequence[str] = STARTS,
    hidden: int = 128,
    window_length: int = 100,
    windows: int = 16,
    clip: float = 1.0,
    steps: int = 0,
    seed: int = 1,
    threads: int = 0,
    encoding_errors: str = "strict",
) -> Iterator[GradientFlow]:
    """Measure gradient norms through time in character language models.

    Each cell is measured with each initialisation, then after training.

    starts:  "orthogonal", as seqtext trains: recurrent weights that preserve norms, zero biases; or "usual", as
             `torch.nn` initialises: everything uniform within ±1/√hidden. The lstm's forget gates have a bias of 1 in
             both
    window_length: steps of a window; windows: how many, drawn by seed, the norms are averaged over
    clip:    the largest norm of the gradient of all weights, in training and as shown; 0 clips nothing
    steps:   updates of training, after which each network is measured again; 0 for none
    yields a GradientFlow per network and stage as it is measured, in that order
    raises ConfigError; CorpusError for a text that cannot be read or is too short
    """
    _check(cells, starts, {"hidden": hidden, "window_length": window_length, "windows": windows})
    text = _text(sources, encoding_errors)
    tokenizer = Tokenizer.train([text], TokenizerConfig("char", 1000, 1))
    ids = _ids(text, tokenizer, window_length)
    _use_threads(threads)
    shown = _windows(ids, window_length, windows, np.random.default_rng([seed, 1]))
    for start in starts:
        for cell in cells:
            torch.manual_seed(seed)
            network = LanguageNetwork(LanguageConfig(cell, 1, hidden, _EMBEDDING, 0.0), tokenizer.size)
            if start == "usual":
                start_as_usual(network)
            yield measure(network, shown, start, clip)
            if steps:
                clipped, largest = _train(network, ids, window_length, steps, clip, seed)
                yield replace(measure(network, shown, start, clip), steps=steps, clipped=clipped, largest=largest)


def model_flows(
    model: str | Path,
    sources: str | Path | Sequence[str | Path],
    *,
    window_length: int = 100,
    windows: int = 16,
    clip: float = 1.0,
    seed: int = 1,
    threads: int = 0,
    encoding_errors: str = "strict",
) -> Iterator[GradientFlow]:
    """Measure a model's gradient norms through time, before and after training.

    The model is a language model or an anomaly detector; a step is one of its tokens. "Before" is a network of the same
    sizes, initialised by this seed. The other arguments are those of `gradient_flows`. Raises ModelError for
    a model of another task, ConfigError for arguments out of range, and CorpusError as `gradient_flows`.
    """
    _check((), (), {"window_length": window_length, "windows": windows})
    task = describe(find(model))["task"]
    if not issubclass(TASKS[task].network, LanguageConfig):
        raise ModelError(
            f"{model} is a model for {task!r}; one for 'generate' or 'anomaly' is needed.",
            arguments(model="generate-en"),
        )
    contents = load(model).contents
    learnt = {name: array for name, array in contents.weights.items() if name != NORMAL}
    language = LanguageModel(replace(contents, weights=learnt))  # which checks all of it
    tokenizer = language.tokenizer
    ids = _ids(_text(sources, encoding_errors), tokenizer, window_length)
    _use_threads(threads)
    shown = _windows(ids, window_length, windows, np.random.default_rng([seed, 1]))
    torch.manual_seed(seed)
    network = LanguageNetwork(language.config, tokenizer.size)
    yield measure(network, shown, "orthogonal", clip)
    network.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in learnt.items()})
    steps = contents.history[-1].get("step") if contents.history else None
    after = measure(network, shown, "orthogonal", clip)
    check_finite([after.loss, *after.norms])
    yield replace(after, steps=steps if isinstance(steps, int) else 1)


def measure(network: LanguageNetwork, windows: Tensor, start: str = "orthogonal", clip: float = 1.0) -> GradientFlow:
    """Measure a network's gradient norms through time, averaged over windows.

    The result holds the norm of the gradient of all weights, too.

    windows: (windows, length + 1) ids; the last of each is the target of the loss at step `length`
    """
    network.eval()
    norms = state_gradients(network, windows).mean(0)
    network.zero_grad(set_to_none=True)
    scores, _ = network(windows[:, :-1], network.zero())
    loss = nn.functional.cross_entropy(scores[:, -1], windows[:, -1])
    loss.backward()  # type: ignore[no-untyped-call]
    whole = float(nn.utils.get_total_norm([weight.grad for weight in network.parameters() if weight.grad is not None]))
    network.zero_grad(set_to_none=True)
    return GradientFlow(network.config.cell, start, norms, float(loss.detach()), whole, clip)


def state_gradients(network: LanguageNetwork, windows: Tensor) -> NDArray[np.float64]:
    """Compute ‖δ_t‖ of every window and step, (windows, length).

    See the module's docstring. Each δ_t is scaled to norm 1 and its norm kept as a logarithm: no power of a small
    number underflows.

    windows: as for `measure`
    """
    length = windows.shape[1] - 1
    state, states = network.zero(), []
    with torch.no_grad():
        vectors = network.embedding(windows[:, :-1])
        for time in range(length):
            _, state = network.left.read(vectors[:, time : time + 1], state)
            states.append(state)
    here = _leaves(states[-1])
    query = network.output(_parts(here[-1:])[0][0])  # of h_T of the last layer, (windows, embedding)
    scores = nn.functional.linear(query, network.embedding.weight, network.bias)
    loss = nn.functional.cross_entropy(scores, windows[:, -1], reduction="sum")
    # materialize_grads: the loss does not look at c_T, which gives zeros
    deltas = torch.autograd.grad(loss, _parts(here), allow_unused=True, materialize_grads=True)
    norms = np.empty((len(windows), length))
    logs = torch.zeros(len(windows), dtype=torch.float64)
    for time in reversed(range(length)):
        sizes = torch.stack([delta.double().square().sum((0, 2)) for delta in deltas]).sum(0).sqrt()  # (windows,)
        logs += sizes.log()
        norms[:, time] = logs.exp().numpy()
        if time:
            units = [delta / torch.where(sizes > 0, sizes, 1.0)[None, :, None].float() for delta in deltas]
            before = _leaves(states[time - 1])
            _, after = network.left.read(vectors[:, time : time + 1], before)
            # a window hands its inputs on, not its output, to which zeros come back
            deltas = torch.autograd.grad(
                _parts(after), _parts(before), units, allow_unused=True, materialize_grads=True
            )
    return norms


def start_as_usual(network: LanguageNetwork) -> None:
    """Initialise the layers as `torch.nn` does, uniform within ±1/√hidden.

    The bias of an lstm's forget gates is 1.
    """
    hidden, bound = network.config.hidden, 1.0 / math.sqrt(network.config.hidden)
    forget_gate = CELLS[network.config.cell].forget_gate
    for layer in network.left.layers:
        for name, parameter in layer.named_parameters():
            nn.init.uniform_(parameter, -bound, bound)
            if forget_gate is not None and name.startswith("bias"):  # two biases, added
                begin = forget_gate * hidden
                parameter.data[begin : begin + hidden] = float(name.startswith("bias_ih"))


def _train(
    network: LanguageNetwork, ids: NDArray[np.int64], length: int, steps: int, clip: float, seed: int
) -> tuple[int, float]:
    """Train a network; return how many updates were clipped, and the largest norm of a gradient before clipping."""
    config = TrainingConfig(steps=steps)
    optimizer, generator = make_optimizer(network, config), np.random.default_rng([seed, 2])
    parameters, clipped, largest = list(network.parameters()), 0, 0.0
    network.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step / steps, config)
        batch = _windows(ids, length, _ROWS, generator)
        nats, _ = network.loss(batch[:, :-1], batch[:, 1:], network.zero(), None, None)
        torch.autograd.backward(nats / (len(batch) * length))
        size = float(nn.utils.clip_grad_norm_(parameters, clip or math.inf))
        clipped, largest = clipped + (0 < clip < size), max(largest, size)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return clipped, largest


def _text(sources: str | Path | Sequence[str | Path], encoding_errors: str) -> str:
    """Read the beginning of a corpus, one text per line."""
    lines = (f"{text}\n" for text in read_texts(sources, encoding_errors=encoding_errors, blank_lines=True))
    kept, size = [], 0
    for text in lines:
        kept.append(text)
        size += len(text)
        if size >= _MOST:
            break
    return "".join(kept)[:_MOST]


def _ids(text: str, tokenizer: Tokenizer, length: int) -> NDArray[np.int64]:
    ids = tokenizer.encode(text).ids.astype(np.int64)
    if len(ids) <= length:
        raise CorpusError(
            f"The text has {len(ids):,} tokens; a window of {length:,} steps and what comes next need {length + 1:,}.",
            f"{arguments(window_length=max(2, len(ids) // 2))}, or a longer text",
        )
    return ids


def _windows(ids: NDArray[np.int64], length: int, count: int, generator: np.random.Generator) -> Tensor:
    """Sample windows of the text, (count, length + 1), or as many as it has."""
    places = len(ids) - length
    starts = generator.choice(places, min(count, places), replace=False)
    return torch.from_numpy(ids[starts[:, None] + np.arange(length + 1)])


def _parts(state: State) -> list[Tensor]:
    """List the tensors of a state, (1, windows, hidden) each; of a layer h before c."""
    return [tensor for layer in state for tensor in (layer if isinstance(layer, tuple) else (layer,))]


def _leaves(state: State) -> State:
    """Detach a state into leaf tensors that require gradients."""

    def leaf(part: Tensor) -> Tensor:
        return part.detach().clone().requires_grad_()

    return [tuple(map(leaf, layer)) if isinstance(layer, tuple) else leaf(layer) for layer in state]


def _use_threads(threads: int) -> None:
    if threads:
        torch.set_num_threads(threads)


def _check(cells: Sequence[str], starts: Sequence[str], counts: dict[str, int]) -> None:
    for name, values, known in (("cells", cells, READERS), ("starts", starts, STARTS)):
        for value in values:
            if value not in known:
                message = f"{argument(name)} received {value!r}; accepted are {', '.join(known)}."
                raise ConfigError(message, arguments(**{name: [known[0]]}))
    for name, count in counts.items():
        low = 2 if name == "window_length" else 1
        if count < low:
            message = f"{argument(name)} received {count}; at least {low} is accepted."
            raise ConfigError(message, arguments(**{name: low}))
