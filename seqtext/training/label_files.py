"""Labelled texts as ids on disk, and how a labelled corpus becomes them."""

import json
import shutil
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.config import ClassifyConfig, TokenizerConfig, TrainingConfig, to_dict
from seqtext.corpus import Report, read_labelled
from seqtext.encoders import pair_buckets
from seqtext.errors import CorpusError
from seqtext.files import write_atomically
from seqtext.folder import find, read_folder
from seqtext.text import BOS, EOS, PAD, Tokenizer
from seqtext.training.batches import TokenFile, TokenWriter
from seqtext.training.prepare import kept

_MOST_HELD_OUT = 5_000  # texts
_AT_ONCE = 1_000  # texts
_UNCUT = 1 << 30
MOST_LABELS = 100_000


class LabelBatch(NamedTuple):
    """Texts as padded rows, and their labels."""

    ids: Tensor  # (rows, time): BOS, the ids, EOS, then PAD
    mask: Tensor  # (rows, time), True at real tokens
    labels: Tensor  # (rows,)
    pairs: Tensor | None  # (rows, time) buckets

    def rows(self, rows: Tensor) -> "LabelBatch":
        """Some of the rows."""
        return LabelBatch(*(None if part is None else part[rows] for part in self))  # type: ignore[arg-type]

    def to(self, device: torch.device) -> "LabelBatch":
        """On a device."""
        return LabelBatch(*(None if part is None else part.to(device) for part in self))  # type: ignore[arg-type]


class LabelFile:
    """A TokenFile whose segments are whole texts, and the label of each in `labels.npy`."""

    def __init__(self, folder: Path, pairs: int) -> None:
        self.texts, self._pairs = TokenFile(folder), pairs
        self.labels: NDArray[np.int32] = np.load(folder / "labels.npy")
        self.tokens, self.segments = self.texts.tokens, self.texts.segments

    def lengths(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) tokens of each text."""
        return self.texts.lengths(segments)

    def sides(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n, 1) tokens of each text."""
        return self.texts.sides(segments)

    def batch(self, segments: NDArray[np.int64]) -> LabelBatch:
        """Some texts as padded rows."""
        ids, lengths = self.texts.batch(segments)
        ids = np.pad(ids, ((0, 0), (1, 1)), constant_values=PAD)
        ids[:, 0], ids[np.arange(len(ids)), lengths + 1] = BOS, EOS
        mask = np.arange(ids.shape[1]) < lengths[:, None] + 2
        pairs = torch.from_numpy(pair_buckets(ids, self._pairs)) if self._pairs else None
        labels = torch.from_numpy(self.labels[segments].astype(np.int64))
        return LabelBatch(torch.from_numpy(ids), torch.from_numpy(mask), labels, pairs)


class _LabelWriter:
    """Writes a LabelFile."""

    def __init__(self, folder: Path, tokenizer: Tokenizer) -> None:
        self.folder, self._texts = folder, TokenWriter(folder, tokenizer, _UNCUT)
        self.labels: list[int] = []

    def add(self, label: int, ids: NDArray[np.int32]) -> None:
        self._texts.add(ids)
        self.labels.append(label)

    def close(self) -> None:
        self._texts.close()
        np.save(self.folder / "labels.npy", np.array(self.labels, np.int32))


def prepare_labelled(
    run: Path, request: dict[str, Any], configs: tuple[TokenizerConfig, ClassifyConfig, TrainingConfig]
) -> None:
    """Leave tokenizer, ids, labels and a report in RUN/data; raises CorpusError.

    Of each label the same share is held out, chosen by a key of the text, so that equal texts stay together and a
    corpus sorted by label makes no difference. Of a long text, the first --max-length tokens are read.
    """
    data = run / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    cut, _, training = configs
    request = {**request, "corpora": [kept(source, data) for source in request["corpora"]]}
    write_atomically(
        run / "settings.json",
        json.dumps({"request": request, "settings": [to_dict(config) for config in configs]}, indent=1).encode(),
    )
    how = {"columns": request["columns"], "encoding_errors": request["encoding_errors"]}
    start = None if request["start"] is None else read_folder(find(request["start"]))
    keys: defaultdict[str, list[int]] = defaultdict(list)

    def texts() -> Iterator[str]:
        for label, text in read_labelled(request["corpora"], **how):
            keys[label.strip()].append(_key(text, training.seed))
            yield text

    if start is None:
        tokenizer = Tokenizer.train(texts(), cut)
    else:
        tokenizer = Tokenizer.from_json(start.tokenizer, cut.tokens)
        for _ in texts():
            pass
    labels = _check_labels(keys, None if start is None else start.config, ", ".join(request["corpora"]))
    number = {label: place for place, label in enumerate(labels)}
    for label, _ in islice(read_labelled(request["valid"], **how), _MOST_HELD_OUT) if request["valid"] else ():
        if label.strip() not in number:
            raise CorpusError(
                f"{', '.join(request['valid'])} has the label {label!r:.40}, which the texts to learn from never have.",
                "remove those texts, or leave --valid out",
            )
    write_atomically(data / "tokenizer.json", tokenizer.to_json().encode())
    write_atomically(data / "labels.json", json.dumps(labels).encode())
    aside = set() if request["valid"] else held_out(keys, training.valid_share)
    report = Report()
    learnt, held = _LabelWriter(data / "train", tokenizer), _LabelWriter(data / "valid", tokenizer)
    found = read_labelled(request["corpora"], report=report, **how)
    for label, text, ids in _encoded(found, tokenizer, training.max_length, report):
        (held if _key(text, training.seed) in aside else learnt).add(number[label], ids)
    note = f"{len(held.labels):,} texts, {training.valid_share:.1%} of each label chosen by seed {training.seed}"
    if request["valid"]:
        found = islice(read_labelled(request["valid"], **how), _MOST_HELD_OUT)
        for label, _, ids in _encoded(found, tokenizer, training.max_length, Report()):
            held.add(number[label], ids)
        note = f"{len(held.labels):,} texts of {', '.join(request['valid'])}"
    learnt.close()
    held.close()
    if not held.labels:  # too little to spare any
        note = "none: the corpus is too small, scores are measured on what is learnt from"
        shutil.rmtree(data / "valid")
        shutil.copytree(data / "train", data / "valid")
    facts = {"texts": len(learnt.labels) + len(held.labels), "skipped": report.skipped, "held_out": note}
    write_atomically(data / "report.json", json.dumps(facts).encode())


def _check_labels(keys: dict[str, list[int]], start: dict[str, Any] | None, place: str) -> list[str]:
    """The labels in order, those of the classifier that training starts from where it starts from one."""
    if len(keys) < 2:
        shown = f"only the label {next(iter(keys))!r:.40}" if keys else "no label"
        raise CorpusError(
            f"{place} has {shown}; two or more are expected.", "give texts of another label too, or --columns label=..."
        )
    if len(keys) > MOST_LABELS:
        raise CorpusError(
            f"{place} has {len(keys):,} labels; at most {MOST_LABELS:,} are accepted.", "--columns label=...,text=..."
        )
    known = None if start is None or start["task"] != "classify" else start["labels"]
    new = [] if known is None else sorted(set(keys) - set(known))
    if new:
        raise CorpusError(
            f"{place} has the label {new[0]!r:.40}, which the model to start from does not know.",
            "leave --from out, or start from a fill or language model",
        )
    return sorted(keys) if known is None else known


def _key(text: str, seed: int) -> int:
    return zlib.crc32(text.strip().encode("utf-8", "replace"), seed)


def held_out(keys: dict[str, list[int]], share: float) -> set[int]:
    """The keys of the texts to hold out: of each label the share with the lowest keys, but never all of its texts.

    What is left of a text (0.4 of one, say) is rounded up for some labels and down for others, so that of 10,000 labels
    with four texts each the share is held out, too.
    """
    total = sum(map(len, keys.values()))
    share = min(share, _MOST_HELD_OUT / max(1, total))
    aside: set[int] = set()
    for label, own in keys.items():
        wanted = share * len(own)
        count = int(wanted + zlib.crc32(label.encode("utf-8", "replace")) / 2**32)
        different = Counter(own)
        taken = 0
        for key in sorted(different)[:-1]:
            if taken + different[key] > count:
                break
            taken += different[key]
            aside.add(key)
    return aside


def _encoded(
    labelled: Iterator[tuple[str, str]], tokenizer: Tokenizer, longest: int, report: Report
) -> Iterator[tuple[str, str, NDArray[np.int32]]]:
    """Labels and texts with their ids; what comes after the longest that is read is left out."""
    while some := list(islice(labelled, _AT_ONCE)):
        for (label, text), ids in zip(some, tokenizer.stream([text for _, text in some]), strict=True):
            if len(ids):
                yield label.strip(), text, ids[:longest]
            else:
                report.skip("text without a token")
