"""A masked language model (BERT's layers from `transformers`), trained from scratch on a run's token files.

It gets what the recurrent network gets: the same batches of about equal length, optimizer, schedule, output loss and
precision. All chosen tokens are shown as the mask, since it is asked about masks only.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from fitting import Size, fitting_form
from numpy.typing import NDArray
from settings import Run
from torch import Tensor, nn
from transformers import BertConfig, BertForMaskedLM

from seqtext.models.blank_filler import split_blanks
from seqtext.models.blank_text import cased
from seqtext.tokenizer import BLANK, BOS, EOS, PAD, SPECIALS
from seqtext.training.batches.bucketing import order
from seqtext.training.networks.softmax import VocabularyLoss, draw_candidates
from seqtext.training.optimizer import make_optimizer
from seqtext.training.progress import Position
from seqtext.training.schedule import learning_rate

MASK = BLANK
_SHARE = 0.15  # of the tokens are masked (Devlin et al. 2019)


def fitting_config(parameters: int, vocabulary: int, positions: int, size: Size) -> BertConfig:
    """The settings with as many parameters as asked for; raises SystemExit where 10 % are missed."""

    def config(hidden: int, inner: int) -> BertConfig:
        return BertConfig(
            vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=size.layers, num_attention_heads=size.heads,
            intermediate_size=inner, max_position_embeddings=positions, type_vocab_size=1, pad_token_id=PAD,
            hidden_dropout_prob=size.dropout, attention_probs_dropout_prob=size.dropout,
        )  # fmt: skip

    def count(hidden: int, inner: int) -> int:
        with torch.device("meta"):
            return BertForMaskedLM(config(hidden, inner)).num_parameters()

    hidden, inner = fitting_form(count, parameters, size, 0.1)
    return config(hidden, inner)


@dataclass(frozen=True)
class Trained:
    """A trained network, and what it took."""

    network: BertForMaskedLM
    tokens: int
    updates: int
    seconds: float
    loss: float  # nats per masked token, of the last 50 updates


def train(config: BertConfig, run: Run, minutes: float, peak: float, device: torch.device, low: bool) -> Trained:
    """Train for some minutes; peak is the highest learning rate of a linear warm-up and decay over them."""
    training = replace(run.training, learning_rate=peak)
    torch.manual_seed(training.seed)
    generator, draws = np.random.default_rng(training.seed), torch.Generator().manual_seed(training.seed)
    network = BertForMaskedLM(config).to(device).train()
    optimizer = make_optimizer(network, training)
    counts = torch.from_numpy(run.data.counts).double()
    frequencies = (counts / counts.sum()).float()
    batches = order(run.data, training.batch_size, training.seed, Position())
    begun, fraction, tokens, losses = time.monotonic(), 0.0, 0, []
    while fraction < 1.0:
        _, segments = next(batches)
        rows = run.data.batch(segments)
        ids, chosen = _masked(rows.ids, rows.lengths, generator)
        tokens += int(rows.lengths.sum())
        targets = ids[chosen]
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(fraction, training)
        with torch.autocast(device.type, torch.bfloat16, enabled=low):
            shown = ids.masked_fill(chosen, MASK).to(device)
            states = network.bert(shown, attention_mask=(shown != PAD).long()).last_hidden_state
            head = network.cls.predictions
            query = head.transform(states[chosen.to(device)]).float()
            table, bias = head.decoder.weight, head.decoder.bias
            correction, labels = torch.zeros_like(bias), targets
            if run.sampled:
                part = draw_candidates(targets, frequencies, training.samples, draws)
                table, bias = table[part.ids.to(device)], bias[part.ids.to(device)]
                correction, labels = part.correction.to(device), part.labels
            nats = VocabularyLoss.apply(query, table, bias, correction, labels.to(device), low) / len(targets)
        nats.backward()
        nn.utils.clip_grad_norm_(network.parameters(), training.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(nats.detach())
        fraction = (time.monotonic() - begun) / (60.0 * minutes)
    seconds, loss = time.monotonic() - begun, float(torch.stack(losses[-50:]).mean())
    return Trained(network.eval(), tokens, len(losses), seconds, loss)


def _masked(
    ids: NDArray[np.int64], lengths: NDArray[np.int64], generator: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Rows between BOS and EOS, and where they are masked, at one place at least; both (rows, time + 2)."""
    rows, width = ids.shape
    framed = np.full((rows, width + 2), PAD, np.int64)
    framed[:, 0], framed[:, 1:-1] = BOS, ids
    framed[np.arange(rows), lengths + 1] = EOS
    chosen = np.zeros(framed.shape, np.bool_)
    chosen[:, 1:-1] = (generator.random(ids.shape) < _SHARE) & (np.arange(width) < lengths[:, None])
    chosen[0, 1] |= not chosen.any()
    return torch.from_numpy(framed), torch.from_numpy(chosen)


@torch.no_grad()
def answers(network: BertForMaskedLM, run: Run, texts: Sequence[str], device: torch.device) -> list[str]:
    """The likeliest word for the one blank of each text, by a single mask; letters at a sentence's start as ours."""
    wordlike = torch.from_numpy(run.tokenizer.wordlike & ~run.tokenizer.continues)
    wordlike[: len(SPECIALS)] = False
    room, found = network.config.max_position_embeddings, []
    for text in texts:
        parts = split_blanks(text)
        before, after = (run.tokenizer.encode(part, spacing=False).ids for part in parts)
        ids = np.concatenate([[BOS], before, [MASK], after, [EOS]]).astype(np.int64)
        first = max(0, min(len(before) + 1 - room // 2, len(ids) - room))
        row = torch.from_numpy(ids[first : first + room])[None].to(device)
        logits = network(row).logits[0, len(before) + 1 - first].float().cpu()
        best = logits.masked_fill(~wordlike, -torch.inf).softmax(0).topk(min(50, len(logits)))
        words: dict[str, float] = {}
        for token, probability in zip(best.indices.tolist(), best.values.tolist(), strict=True):
            word = cased(run.tokenizer.text_of(token), parts, 0)
            words[word] = words.get(word, 0.0) + probability
        found.append(max(words, key=words.__getitem__))
    return found
