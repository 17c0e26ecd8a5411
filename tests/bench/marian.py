"""A Transformer encoder–decoder (Marian's layers from `transformers`), trained from scratch on a run's pairs.

It gets what the recurrent network gets: the same pieces, batches of about equal length, optimizer, linear warm-up and
decay over the time given, output loss with its label smoothing, precision; and what is usual for it: one table of
vectors for both sides and the output, vectors drawn with a deviation of 1/√width (Vaswani et al. 2017), dropout on
every pass, fused attention.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from fitting import Size, fitting_form
from numpy.typing import NDArray
from torch import Tensor, nn
from transformer import Place
from transformers import GenerationConfig, MarianConfig, MarianMTModel

from seqtext.config import TrainingConfig
from seqtext.models.pair_text import plain
from seqtext.tokenizer import BOS, EOS, PAD, Tokenizer
from seqtext.training.batches.pair_files import PairBatch, PairFile
from seqtext.training.networks.deferred import vocabulary_scores
from seqtext.training.optimizer import make_optimizer
from seqtext.training.schedule import learning_rate

Ids = NDArray[np.int32]
_POSITIONS = 512
_POOL = 48  # batches are sorted by length together


class Answer(NamedTuple):
    """A translation, and how many tokens it took with its EOS."""

    text: str
    tokens: int


@dataclass(frozen=True)
class Trained:
    """A trained network, and what it took."""

    network: MarianMTModel
    tokens: int
    updates: int
    seconds: float
    loss: float  # smoothed nats per target token, of the last 50 updates


def fitting_config(parameters: int, vocabulary: int, size: Size) -> MarianConfig:
    """The settings with as many parameters as asked for; raises SystemExit where 5 % are missed.

    The encoder and the decoder have size.layers each. Its sines of positions are not learnt and do not count.
    """

    def config(hidden: int, inner: int) -> MarianConfig:
        return MarianConfig(
            vocab_size=vocabulary, d_model=hidden, encoder_layers=size.layers, decoder_layers=size.layers,
            encoder_attention_heads=size.heads, decoder_attention_heads=size.heads, encoder_ffn_dim=inner,
            decoder_ffn_dim=inner, activation_function="swish", dropout=size.dropout, init_std=hidden**-0.5,
            max_position_embeddings=_POSITIONS, scale_embedding=True, pad_token_id=PAD, bos_token_id=BOS,
            eos_token_id=EOS, forced_eos_token_id=EOS, decoder_start_token_id=BOS, attn_implementation="sdpa",
        )  # fmt: skip

    def count(hidden: int, inner: int) -> int:
        with torch.device("meta"):
            return parameters_of(MarianMTModel(config(hidden, inner)))

    return config(*fitting_form(count, parameters, replace(size, layers=2 * size.layers), 0.05))


def parameters_of(network: MarianMTModel) -> int:
    """How many numbers it learns; the tables of positions are sines, but a loaded network lists them, too."""
    return sum(one.numel() for name, one in network.named_parameters() if "embed_positions" not in name)


def make(config: MarianConfig, seed: int) -> MarianMTModel:
    """A network that has learnt nothing."""
    torch.manual_seed(seed)
    return MarianMTModel(config)


def load(folder: Path) -> MarianMTModel:
    """The network that `save_pretrained` left in a folder."""
    return MarianMTModel.from_pretrained(folder, attn_implementation="sdpa", local_files_only=True).eval()


def train(
    config: MarianConfig, pairs: PairFile, training: TrainingConfig, minutes: float, smoothing: float, place: Place
) -> Trained:
    """Train for some minutes; of the settings, learning rate, warm-up, tokens of a batch and seed count."""
    network = make(config, training.seed).to(place.device).train()
    optimizer = make_optimizer(network, training)
    turns = batches(pairs, training.batch_size, training.seed)
    begun, fraction, tokens, losses = time.monotonic(), 0.0, 0, []
    while fraction < 1.0:
        batch = pairs.batch(next(turns))
        tokens += int(batch.source_lengths.sum() + batch.target_lengths.sum())
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(fraction, training)
        with torch.autocast(place.device.type, torch.bfloat16, enabled=place.low):
            nats = _nats(network, batch.to(place.device), smoothing)
        nats.backward()
        nn.utils.clip_grad_norm_(network.parameters(), training.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(nats.detach())
        fraction = (time.monotonic() - begun) / (60.0 * minutes)
    seconds, loss = time.monotonic() - begun, float(torch.stack(losses[-50:]).mean())
    return Trained(network.eval(), tokens, len(losses), seconds, loss)


def ids_of(texts: Sequence[str], tokenizer: Tokenizer) -> list[Ids]:
    """The ids of some texts, as our encoder–decoder would read them."""
    return [one.ids for one in tokenizer.encode_batch([plain(text, tokenizer.tokens) for text in texts])]


def batches(pairs: PairFile, batch_size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Pairs for one update after the other, for ever: shuffled pools, sorted by the lengths of both sides.

    batch_size is about how many tokens an update has, those of both sides, each with its EOS.
    """
    generator, every = np.random.default_rng(seed), np.arange(pairs.segments)
    lengths = np.stack([pairs.source.lengths(every), pairs.target.lengths(every)]) + 1
    pool = max(1, int(_POOL * batch_size / lengths.sum(0).mean()))
    while True:
        shuffled = generator.permutation(every)
        for first in range(0, len(shuffled), pool):
            part = shuffled[first : first + pool]
            part = part[np.lexsort(lengths[:, part])]  # by target, then by source
            number = (lengths[:, part].sum(0).cumsum() - 1) // batch_size
            groups = np.split(part, np.flatnonzero(np.diff(number)) + 1)
            yield from (groups[k] for k in generator.permutation(len(groups)))


def _nats(network: MarianMTModel, batch: PairBatch, smoothing: float) -> Tensor:
    """Mean smoothed nats of the real target tokens."""
    seen = (batch.source != PAD).long()
    states = network.model(batch.source, attention_mask=seen, decoder_input_ids=batch.before)[0]
    real = batch.target != PAD
    query, table, labels = states[real].float(), network.lm_head.weight, batch.target[real]
    bias, low = network.final_logits_bias[0], torch.is_autocast_enabled(batch.source.device.type)  # always zeros
    with torch.autocast(batch.source.device.type, enabled=False):
        own, mean = vocabulary_scores(query, table, bias, labels, low)
    return -((1.0 - smoothing) * own + smoothing * mean).mean()


@torch.inference_mode()
def translate(
    network: MarianMTModel,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    beam: int,
    batch: int,
    lengths: NDArray[np.int64] | None = None,
) -> list[Answer]:
    """The best translation of each text by `generate`, in order; `batch` texts of about equal length at once.

    lengths: (texts,) tokens wanted of each with its EOS; the answers of a batch then get their mean. Without it, an
    answer ends by itself, or at twice its source's length and ten more.
    """
    sources = [ids[: network.config.max_position_embeddings - 1] for ids in ids_of(texts, tokenizer)]
    order, found = np.argsort([len(ids) for ids in sources], kind="stable"), {}
    for first in range(0, len(order), batch):
        part = order[first : first + batch]
        ids = _padded([sources[k] for k in part], network.device)
        most = min(network.config.max_position_embeddings - 1, 2 * ids.shape[1] + 10)
        least = 0
        if lengths is not None:
            least = most = max(1, round(float(lengths[part].mean())))
        settings = GenerationConfig(
            num_beams=beam, do_sample=False, min_new_tokens=least, max_new_tokens=most, bos_token_id=BOS,
            eos_token_id=EOS, forced_eos_token_id=EOS, pad_token_id=PAD, decoder_start_token_id=BOS,
        )  # fmt: skip
        rows = network.generate(ids, attention_mask=(ids != PAD).long(), generation_config=settings)
        for k, row in zip(part.tolist(), rows[:, 1:].cpu().numpy(), strict=True):  # the first one is BOS
            taken = list(itertools.takewhile(EOS.__ne__, row.tolist()))
            found[k] = Answer(tokenizer.decode(taken).strip(), len(taken) + 1)
    return [found[k] for k in range(len(texts))]


def _padded(rows: Sequence[Ids], device: torch.device) -> Tensor:
    """(rows, time) ids with EOS after each row and PAD after that."""
    ids = np.full((len(rows), max(map(len, rows)) + 1), PAD, np.int64)
    for row, found in zip(ids, rows, strict=True):
        row[: len(found)], row[len(found)] = found, EOS
    return torch.from_numpy(ids).to(device)
