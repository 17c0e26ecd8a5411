"""Pairs of texts as ids on disk, and how a corpus of pairs becomes them."""

import json
import shutil
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.config import Seq2SeqConfig, TokenizerConfig, TrainingConfig
from seqtext.data.corpus import read_rows
from seqtext.data.lines import Report
from seqtext.errors import CorpusError
from seqtext.models.pair_text import join_tokenizers, plain, tokenizers_from
from seqtext.storage.atomic import write_atomically
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import read_folder
from seqtext.tokenizer import BOS, EOS, PAD, Tokenizer
from seqtext.training.batches.prepare import begin
from seqtext.training.batches.token_file import TokenFile, TokenWriter

_MOST_HELD_OUT = 5_000  # pairs
_AT_ONCE = 1_000  # pairs
_UNCUT = 1 << 30

Pair = tuple[str, str]


class PairBatch(NamedTuple):
    """Sources and targets as padded rows."""

    source: Tensor  # (rows, source time) ids and EOS, then PAD
    source_lengths: Tensor  # (rows,) with EOS
    before: Tensor  # (rows, target time) BOS and the ids
    target: Tensor  # (rows, target time) the ids and EOS, then PAD
    target_lengths: Tensor  # (rows,) with EOS

    def rows(self, rows: Tensor) -> "PairBatch":
        """Some of the rows."""
        return PairBatch(*(part[rows] for part in self))

    def to(self, device: torch.device) -> "PairBatch":
        """On a device."""
        return PairBatch(*(part.to(device) for part in self))


class PairFile:
    """Two TokenFiles, of sources and of targets in one order. For `batches.order`, a pair is one segment."""

    def __init__(self, folder: Path) -> None:
        self.source, self.target = TokenFile(folder / "source"), TokenFile(folder / "target")
        self.tokens = self.source.tokens + self.target.tokens
        self.segments = self.texts = self.target.segments

    def sides(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n, 2) tokens of source and target."""
        return np.stack([self.source.lengths(segments), self.target.lengths(segments)], 1)

    def batch(self, segments: NDArray[np.int64]) -> PairBatch:
        """Some pairs as padded rows."""
        source, target = self.source.batch(segments), self.target.batch(segments)
        before = np.pad(target.ids, ((0, 0), (1, 0)), constant_values=BOS)
        return PairBatch(*(torch.from_numpy(part) for part in (*_closed(source), before, *_closed(target))))


def _closed(batch: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids with EOS after the last, (rows, time + 1), and lengths with it."""
    ids = np.pad(batch.ids, ((0, 0), (0, 1)), constant_values=PAD)
    ids[np.arange(len(ids)), batch.lengths] = EOS
    return ids, batch.lengths + 1


class _PairWriter:
    """Writes a PairFile."""

    def __init__(self, folder: Path, tokenizers: tuple[Tokenizer, Tokenizer]) -> None:
        self._parts = [
            TokenWriter(folder / side, tokenizer, _UNCUT)
            for side, tokenizer in zip(("source", "target"), tokenizers, strict=True)
        ]
        self.pairs = 0

    def add(self, ids: tuple[NDArray[np.int32], NDArray[np.int32]]) -> None:
        for part, one in zip(self._parts, ids, strict=True):
            part.add(one)
        self.pairs += 1

    def close(self) -> None:
        for part in self._parts:
            part.close()


def prepare_pairs(
    run: Path, request: dict[str, Any], configs: tuple[TokenizerConfig, Seq2SeqConfig, TrainingConfig]
) -> None:
    """Leave tokenizer, ids, held-out texts and a report in RUN/data; raises CorpusError.

    Of a pair to translate, neither side may be longer than --max-length, else it is skipped; of a document to
    summarize, the start is read. Pairs of one source are held out together.
    """
    data, request = begin(run, request, configs)
    cut, network, training = configs

    def pairs(sources: list[str], report: Report | None = None) -> Iterator[Pair]:
        how = {"columns": request["columns"], "encoding_errors": request["encoding_errors"]}
        for row in read_rows(sources, ("source", "target"), report=report, **how):
            yield plain(row["source"], cut.tokens), plain(row["target"], cut.tokens)

    if request["start"] is not None:
        tokenizers = tokenizers_from(read_folder(find(request["start"])).tokenizer, cut.tokens)
    elif network.vocabulary == "joint":
        tokenizer = Tokenizer.train((side for pair in pairs(request["corpora"]) for side in pair), cut)
        tokenizers = (tokenizer, tokenizer)
    else:
        source, target = (Tokenizer.train((p[k] for p in pairs(request["corpora"])), cut) for k in (0, 1))
        tokenizers = (source, target)
    write_atomically(data / "tokenizer.json", join_tokenizers(*tokenizers).encode())
    report = Report()
    learnt, held = _PairWriter(data / "train", tokenizers), _PairWriter(data / "valid", tokenizers)
    share = 0.0 if request["valid"] else training.valid_share
    sample: list[Pair] = []
    longest = [1, 1]
    found = pairs(request["corpora"], report)
    for pair, ids in _encoded(found, tokenizers, training.max_length, request["task"], report):
        aside = zlib.crc32(pair[0].encode("utf-8", "replace"), training.seed) / 2**32 < share
        if aside and learnt.pairs > 0 and held.pairs < _MOST_HELD_OUT:
            held.add(ids)
            sample.append(pair)
        else:
            learnt.add(ids)
            longest = [max(before, len(one) + 1) for before, one in zip(longest, ids, strict=True)]
    note = f"{held.pairs:,} pairs, {share:.1%} chosen by seed {training.seed}"
    if request["valid"]:
        found = islice(pairs(request["valid"]), _MOST_HELD_OUT)
        for pair, ids in _encoded(found, tokenizers, training.max_length, request["task"], Report()):
            held.add(ids)
            sample.append(pair)
        note = f"{held.pairs:,} pairs of {', '.join(request['valid'])}"
    learnt.close()
    held.close()
    if learnt.pairs == 0:
        skipped = ", ".join(f"{count} × {reason}" for reason, count in report.skipped.items())
        raise CorpusError(
            f"{', '.join(request['corpora'])} hold no pair to learn from (skipped: {skipped}).", "--max-length 400"
        )
    if held.pairs == 0:  # too little to spare any
        note = "none: the corpus is too small, scores are measured on what is learnt from"
        shutil.rmtree(data / "valid")
        shutil.copytree(data / "train", data / "valid")
        sample = list(islice(pairs(request["corpora"]), _AT_ONCE))
    facts = {
        "texts": learnt.pairs + held.pairs, "skipped": report.skipped, "held_out": note,
        "longest": {"source": longest[0], "target": longest[1]},
    }  # fmt: skip
    write_atomically(data / "sample.json", json.dumps(sample).encode())
    write_atomically(data / "report.json", json.dumps(facts).encode())


def _encoded(
    pairs: Iterator[Pair], tokenizers: tuple[Tokenizer, Tokenizer], longest: int, task: str, report: Report
) -> Iterator[tuple[Pair, tuple[NDArray[np.int32], NDArray[np.int32]]]]:
    """Pairs with their ids; those that are too long are skipped, or the source is cut."""
    while some := list(islice(pairs, _AT_ONCE)):
        sides = [
            [found.ids for found in tokenizer.encode_batch([pair[side] for pair in some])]
            for side, tokenizer in enumerate(tokenizers)
        ]
        for pair, source, target in zip(some, *sides, strict=True):
            if len(target) >= longest:
                report.skip(f"target of {longest} tokens or more")
            elif len(source) >= longest and task == "translate":
                report.skip(f"source of {longest} tokens or more")
            else:
                yield pair, (source[: longest - 1], target)
