"""Prepare pairs of texts as ids on disk, and read them."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.config import TokenizerConfig
from seqtext.data.lines import Report
from seqtext.data.sampling import Reservoir, batched
from seqtext.data.split import HashSplit, LowestHashes, stable_hash
from seqtext.errors import CorpusError, arguments
from seqtext.models.pair_text import SIDES, join_tokenizers, plain, tokenizers_from
from seqtext.tokenizer import BOS, EOS, PAD, Tokenizer
from seqtext.training.batches.prepare import describe_split, open_learnt, share_to_hold_out
from seqtext.training.batches.token_file import Batch, TokenFile, TokenWriter
from seqtext.training.prepared import Prepared
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run

_MOST_HELD_OUT = 5_000  # pairs
_AT_ONCE = 1_000  # pairs
_UNCUT = 1 << 30

Pair = tuple[str, str]
PairIds = tuple[NDArray[np.int32], NDArray[np.int32]]


class PairBatch(NamedTuple):
    """Hold sources and targets as padded rows."""

    source: Tensor  # (rows, source time) ids and EOS, then PAD
    source_lengths: Tensor  # (rows,) with EOS
    before: Tensor  # (rows, target time) inputs of the decoder: BOS and the ids
    target: Tensor  # (rows, target time) the ids and EOS, then PAD
    target_lengths: Tensor  # (rows,) with EOS

    def rows(self, rows: Tensor) -> "PairBatch":
        """Select rows.

        rows: indices, (selected,)
        """
        return PairBatch(*(tensor[rows] for tensor in self))

    def to(self, device: torch.device) -> "PairBatch":
        """Copy the batch to a device."""
        return PairBatch(*(tensor.to(device) for tensor in self))


class PairFile:
    """Read sources and targets from two TokenFiles of the same order.

    For `bucketing.order`, a pair is one segment.
    """

    def __init__(self, folder: Path) -> None:
        self.source, self.target = TokenFile(folder / "source"), TokenFile(folder / "target")
        self.tokens = self.source.tokens + self.target.tokens
        self.segments = self.target.segments

    def sides(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count the tokens of source and target, (n, 2)."""
        return np.stack([self.source.lengths(segments), self.target.lengths(segments)], 1)

    def batch(self, segments: NDArray[np.int64]) -> PairBatch:
        """Read pairs as padded rows.

        segments: indices of pairs, (rows,)
        """
        source, target = self.source.batch(segments), self.target.batch(segments)
        before = np.pad(target.ids, ((0, 0), (1, 0)), constant_values=BOS)
        return PairBatch(*(torch.from_numpy(array) for array in (*_closed(source), before, *_closed(target))))


def _closed(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Append EOS to the ids, (rows, time + 1); return them with their lengths."""
    ids = np.pad(batch.ids, ((0, 0), (0, 1)), constant_values=PAD)
    ids[np.arange(len(ids)), batch.lengths] = EOS
    return ids, batch.lengths + 1


class _PairWriter:
    """Writer of a PairFile."""

    def __init__(self, folder: Path, tokenizers: tuple[Tokenizer, Tokenizer]) -> None:
        self._parts = [
            TokenWriter(folder / side, tokenizer, _UNCUT)
            for side, tokenizer in zip(("source", "target"), tokenizers, strict=True)
        ]
        self.pairs = 0
        self.longest = [1, 1]  # tokens of each side, with its end

    def add(self, ids: PairIds) -> None:
        for writer, side in zip(self._parts, ids, strict=True):
            writer.add(side)
        self.longest = [max(before, len(side) + 1) for before, side in zip(self.longest, ids, strict=True)]
        self.pairs += 1

    def close(self) -> None:
        for writer in self._parts:
            writer.close()


def prepare_pairs(run: Run, request: Request, config: RunConfig) -> None:
    """Write tokenizers, ids, held-out pairs and a report of a run.

    A pair with a side longer than --max-length is skipped. Pairs with the same source are held out together.

    Raises CorpusError where there is no pair to learn from.
    """
    _prepare(run, request, config, cut_sources=False)


def prepare_documents(run: Run, request: Request, config: RunConfig) -> None:
    """Prepare documents and their summaries like pairs; truncate long documents."""
    _prepare(run, request, config, cut_sources=True)


def _prepare(run: Run, request: Request, config: RunConfig, *, cut_sources: bool) -> None:
    training, tokens = config.training, config.tokenizer.tokens
    known = _known_tokenizers(run, request, config.tokenizer)
    forms = SIDES if known is None or known[0].version else ("typed", "typed")

    def pairs(sources: Iterable[str], report: Report | None = None) -> Iterator[Pair]:
        for source, target in request.pairs(sources, report):
            yield plain(source, tokens, forms[0]), plain(target, tokens, forms[1])

    tokenizers = known or _train_tokenizers(config, lambda: pairs(request.corpora))
    run.write_data("tokenizer.json", join_tokenizers(*tokenizers))
    encoder, report = PairEncoder(tokenizers, training.max_length, cut_sources), Report()
    learnt, held = _PairWriter(run.data / "train", tokenizers), _PairWriter(run.data / "valid", tokenizers)
    split = HashSplit(share_to_hold_out(request, training, pairs(request.corpora)), training.seed)
    hashes, held_out = open_learnt(run, request), LowestHashes[tuple[Pair, PairIds]](_MOST_HELD_OUT)
    for pair, ids in encoder(pairs(request.corpora, report), report):
        kept = [(pair, ids)]
        if split.takes(pair[0]) and learnt.pairs > 0:
            kept = held_out.add(stable_hash(pair[0], training.seed), 1, (pair, ids))
        for (source, _), own_ids in kept:
            learnt.add(own_ids)
            hashes.add(source)
    hashes.close()
    valid = Reservoir[Pair](_MOST_HELD_OUT, np.random.default_rng(training.seed))
    for pair in pairs(request.valid) if request.valid else ():
        valid.add(pair)
    measured = [*held_out.items(), *encoder(valid.items(), Report())]
    sample = [pair for pair, _ in measured]
    for _, ids in measured:
        held.add(ids)
    learnt.close()
    held.close()
    if learnt.pairs == 0:
        skipped = ", ".join(f"{count} × {reason}" for reason, count in report.skipped.items())
        raise CorpusError(
            f"{request.names} hold no pair to learn from (skipped: {skipped}).", arguments(max_length=400)
        )
    note = describe_split(
        held.pairs, request, training, noun="pairs", total=valid.seen if valid.seen > _MOST_HELD_OUT else 0
    )
    if held.pairs == 0:  # too little to spare any
        run.validate_on_training_data()
        sample = list(islice(pairs(request.corpora), _AT_ONCE))
    run.write_data("sample.json", sample)
    longest = dict(zip(("source", "target"), learnt.longest, strict=True))
    run.write_report(Prepared(learnt.pairs + held.pairs, report.skipped, note, longest, notes=report.told()))


def _known_tokenizers(run: Run, request: Request, config: TokenizerConfig) -> tuple[Tokenizer, Tokenizer] | None:
    """Return the tokenizers of the checkpoint or of the model to start from, if there is one."""
    source = request.start_model()
    known = run.tokenizer if run.tokenizer is not None or source is None else source.tokenizer
    if known is None:
        return None
    source_side, target_side = tokenizers_from(known, config.tokens)
    first = source_side.masking(config.masks)
    return first, first if target_side is source_side else target_side.masking(config.masks)


def _train_tokenizers(config: RunConfig, pairs: Callable[[], Iterable[Pair]]) -> tuple[Tokenizer, Tokenizer]:
    """Train a joint tokenizer, or one for each side; texts are already in the form of their side."""
    tokenizer = config.tokenizer
    if config.network.vocabulary == "joint":
        joint = Tokenizer.train((side for pair in pairs() for side in pair), tokenizer, "written")
        return joint, joint
    first, second = (Tokenizer.train((pair[side] for pair in pairs()), tokenizer, "written") for side in (0, 1))
    return first, second


class PairEncoder(NamedTuple):
    """Encode pairs as ids. A pair that is too long is skipped, or its source is cut."""

    tokenizers: tuple[Tokenizer, Tokenizer]
    longest: int  # tokens of a side, with its end
    cut_sources: bool

    def __call__(self, pairs: Iterable[Pair], report: Report) -> Iterator[tuple[Pair, PairIds]]:
        """Encode pairs in batches; report those that are skipped."""
        longest = self.longest
        for batch in batched(pairs, _AT_ONCE):
            sides = [
                [
                    encoding.ids
                    for encoding in tokenizer.encode_batch([tokenizer.beginning(pair[side], longest) for pair in batch])
                ]
                for side, tokenizer in enumerate(self.tokenizers)
            ]
            for pair, source, target in zip(batch, *sides, strict=True):
                if len(target) >= longest:
                    report.skip(f"target of {longest} tokens or more")
                elif len(source) >= longest and not self.cut_sources:
                    report.skip(f"source of {longest} tokens or more")
                else:
                    yield pair, (source[: longest - 1], target)
