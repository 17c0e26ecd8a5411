"""A causal Transformer (GPT-2's layers from `transformers`), trained from scratch on a run's stream of tokens.

It gets what is usual for it and quick on a processor: windows from random places, AdamW with the settings that nanoGPT
takes for characters, warm-up and cosine decay over the time given, fused attention and activation, and as many tokens
an update as make good use of the processor.
"""

import math
import statistics
import time
from dataclasses import dataclass

import numpy as np
import torch
from fitting import Size, fitting_form
from table import say
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

from seqtext.training.batches.streams import Stream

_BATCHES = (1024, 2048, 4096, 8192)  # tokens
_NEARLY = 0.9  # of the highest speed is good use of the processor
_TIMED = 1.5  # seconds for each
_WARMUP = 0.05  # share of the time
_SCORED = 8192  # held-out tokens read at once


@dataclass(frozen=True)
class Setting:
    """What may be tried: the highest learning rate, tokens that a window holds, tokens of an update."""

    rate: float
    context: int
    batch: int

    def __str__(self) -> str:
        return f"rate {self.rate:g}, context {self.context}, batch {self.batch}"


@dataclass(frozen=True)
class Place:
    """Where products are made: the device, and whether in bfloat16."""

    device: torch.device
    low: bool


@dataclass(frozen=True)
class Trained:
    """A trained network, and what it took."""

    network: GPT2LMHeadModel
    tokens: int
    updates: int
    seconds: float
    loss: float  # nats per token, of the last 50 updates


def fitting_config(parameters: int, vocabulary: int, context: int, size: Size) -> GPT2Config:
    """The settings with as many parameters as asked for; raises SystemExit where 5 % are missed."""

    def config(hidden: int, inner: int) -> GPT2Config:
        # The activation is GPT-2's own by the name of its fused form, which is quicker.
        return GPT2Config(
            vocab_size=vocabulary, n_positions=context, n_embd=hidden, n_layer=size.layers, n_head=size.heads,
            n_inner=inner, activation_function="gelu_pytorch_tanh", resid_pdrop=size.dropout, embd_pdrop=size.dropout,
            attn_pdrop=size.dropout, bos_token_id=None, eos_token_id=None, use_cache=False, attn_implementation="sdpa",
        )  # fmt: skip

    def count(hidden: int, inner: int) -> int:
        with torch.device("meta"):
            return GPT2LMHeadModel(config(hidden, inner)).num_parameters()

    return config(*fitting_form(count, parameters, size, 0.05))


def train(config: GPT2Config, stream: Stream, setting: Setting, minutes: float, seed: int, place: Place) -> Trained:
    """Train for some minutes: linear warm-up, then half a cosine down to zero."""
    torch.manual_seed(seed)
    network = GPT2LMHeadModel(config).to(place.device).train()
    learner = _Learner(network, stream, setting, seed, place)
    begun, fraction, losses = time.monotonic(), 0.0, []
    while fraction < 1.0:
        rising = max(fraction, 1e-3) / _WARMUP
        falling = 0.5 + 0.5 * math.cos(math.pi * (fraction - _WARMUP) / (1.0 - _WARMUP))
        losses.append(learner.update(setting.rate * (rising if fraction < _WARMUP else falling)))
        fraction = (time.monotonic() - begun) / (60.0 * minutes)
    seconds, loss = time.monotonic() - begun, float(torch.stack(losses[-50:]).mean())
    return Trained(network.eval(), len(losses) * learner.tokens, len(losses), seconds, loss)


def good_batch(config: GPT2Config, stream: Stream, place: Place) -> int:
    """The fewest tokens of an update at which nearly as many are learnt in a second as at best: more updates so."""
    network = GPT2LMHeadModel(config).to(place.device).train()
    speeds = {}
    for batch in _BATCHES:
        learner = _Learner(network, stream, Setting(0.0, config.n_positions, batch), 1, place)
        learner.update(0.0)
        times: list[float] = []
        while sum(times) < _TIMED or len(times) < 3:
            begun = time.monotonic()
            float(learner.update(0.0))  # a number waits for a device to be done
            times.append(time.monotonic() - begun)
        speeds[batch] = learner.tokens / statistics.median(times)
    say("GPT, tokens/s by batch: " + ", ".join(f"{batch} {speed:,.0f}" for batch, speed in speeds.items()))
    return next(batch for batch in _BATCHES if speeds[batch] >= _NEARLY * max(speeds.values()))


class _Learner:
    """Updates a network from random windows of a stream."""

    def __init__(self, network: GPT2LMHeadModel, stream: Stream, setting: Setting, seed: int, place: Place) -> None:
        self._network, self._stream, self._place = network, stream, place
        self._time = min(setting.context, stream.tokens - 1)
        self._rows = max(1, setting.batch // self._time)
        self.tokens = self._rows * self._time  # of an update
        self._generator = np.random.default_rng(seed)
        matrices = [parameter for parameter in network.parameters() if parameter.ndim > 1]
        vectors = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
        self._optimizer = torch.optim.AdamW(groups, lr=setting.rate, betas=(0.9, 0.99), fused=True)

    def update(self, rate: float) -> Tensor:
        """One update at a learning rate; returns the mean nats per token."""
        starts = self._generator.integers(self._stream.tokens - self._time, size=self._rows)
        ids = torch.from_numpy(self._stream.rows(starts, self._time + 1)).to(self._place.device)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(self._place.device.type, torch.bfloat16, enabled=self._place.low):
            logits = self._network(ids[:, :-1]).logits
            nats = nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        nats.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return nats.detach()


@torch.no_grad()
def held_out_bits(network: nn.Module, stream: Stream, context: int, device: torch.device) -> float:
    """Bits per character over a whole stream, every token scored once, the first after the end of a line.

    Windows move on by half of what they hold, so that all but the first one's tokens have that much before them.
    """
    stride, count = max(1, context // 2), stream.tokens
    starts = np.arange(0, max(1, count - stride), stride)
    group = max(1, _SCORED // context)
    nats = 0.0
    for first in range(0, len(starts), group):
        begins = starts[first : first + group, None]
        places = begins + np.arange(context)
        scored = (places < count) & ((np.arange(context) >= context - stride) | (begins == 0))
        ids, targets = (torch.from_numpy(stream.at(np.minimum(places + k, count))).to(device) for k in (0, 1))
        scores = torch.log_softmax(network(ids).logits.float(), 2).gather(2, targets[:, :, None])[:, :, 0]
        nats -= float(scores[torch.from_numpy(scored).to(device)].double().sum())
    return nats / math.log(2) / max(1, stream.characters)
