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

from seqtext.config import ClassifyConfig, TokenizerConfig, TrainingConfig
from seqtext.data.corpus import read_labelled
from seqtext.data.labels import split_labels
from seqtext.data.lines import Report
from seqtext.errors import ConfigError, CorpusError
from seqtext.networks.hashing import ngram_buckets, votes
from seqtext.storage.atomic import write_atomically
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import read_folder
from seqtext.tokenizer import BOS, EOS, PAD, Tokenizer
from seqtext.training.batches.prepare import begin
from seqtext.training.batches.token_file import TokenFile, TokenWriter

_MOST_HELD_OUT = 5_000  # texts
_AT_ONCE = 1_000  # texts
_UNCUT = 1 << 30
MOST_LABELS = 100_000
_MOST_VOTES = 200_000_000  # scores of hashed runs, see `seqtext.networks.hashing.votes`
_MOST_OF_SEVERAL = 10_000  # labels, where each text has a yes or no for each


class LabelBatch(NamedTuple):
    """Texts as padded rows, and their labels."""

    ids: Tensor  # (rows, time): BOS, the ids, EOS, then PAD
    mask: Tensor  # (rows, time), True at real tokens
    labels: Tensor  # (rows,) numbers; of texts that may have several (rows, labels), 1 at each of a text's, else 0
    pairs: Tensor | None = None  # (rows, time, runs) buckets, see `ngram_buckets`
    votes: Tensor | None = None  # (rows, places) buckets, see `seqtext.networks.hashing.votes`
    shares: Tensor | None = None  # (rows, places)

    def rows(self, rows: Tensor) -> "LabelBatch":
        """Some of the rows."""
        return LabelBatch(*(None if part is None else part[rows] for part in self))  # type: ignore[arg-type]

    def to(self, device: torch.device) -> "LabelBatch":
        """On a device."""
        return LabelBatch(*(None if part is None else part.to(device) for part in self))  # type: ignore[arg-type]


def label_batch(
    ids: NDArray[np.int64], mask: NDArray[np.bool_], labels: NDArray[Any], config: ClassifyConfig, tokenizer: Tokenizer
) -> LabelBatch:
    """Padded rows, (rows, time), with the buckets that the network of a config looks up."""
    pairs = ngram_buckets(ids, config.pairs, config.ngrams) if config.pairs else None
    wide = votes(ids, mask, config.wide, config.ngrams, tokenizer.folded) if config.wide else (None, None)
    parts = (ids, mask, labels, pairs, *wide)
    return LabelBatch(*(None if part is None else torch.from_numpy(part) for part in parts))  # type: ignore[arg-type]


class LabelFile:
    """A TokenFile whose segments are whole texts, and the label of each in `labels.npy`.

    Where a text may have several, `ends.npy` says where in `labels.npy` its own end.
    """

    def __init__(self, folder: Path, config: ClassifyConfig, tokenizer: Tokenizer) -> None:
        self.texts, self._config, self._tokenizer = TokenFile(folder), config, tokenizer
        self.labels: NDArray[np.int32] = np.load(folder / "labels.npy")
        self.tokens, self.segments = self.texts.tokens, self.texts.segments
        self._starts: NDArray[np.int64] | None = None
        if (folder / "ends.npy").is_file():
            self._starts = np.concatenate([np.zeros(1, np.int64), np.load(folder / "ends.npy")])
            self._count = len(json.loads((folder.parent / "labels.json").read_text(encoding="utf-8")))

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
        return label_batch(ids, mask, self.targets(segments), self._config, self._tokenizer)

    def targets(self, segments: NDArray[np.int64]) -> NDArray[Any]:
        """(n,) the label of some texts; where they may have several, (n, labels) 1 at each of a text's, else 0."""
        if self._starts is None:
            return self.labels[segments].astype(np.int64)
        result = np.zeros((len(segments), self._count), np.float32)
        for row, segment in zip(result, segments, strict=True):
            row[self.labels[self._starts[segment] : self._starts[segment + 1]]] = 1.0
        return result


class _LabelWriter:
    """Writes a LabelFile."""

    def __init__(self, folder: Path, tokenizer: Tokenizer, several: bool) -> None:
        self.folder, self._texts, self._several = folder, TokenWriter(folder, tokenizer, _UNCUT), several
        self.labels: list[int] = []
        self.ends: list[int] = []

    def add(self, labels: list[int], ids: NDArray[np.int32]) -> None:
        self._texts.add(ids)
        self.labels += labels
        self.ends.append(len(self.labels))

    def close(self) -> None:
        self._texts.close()
        np.save(self.folder / "labels.npy", np.array(self.labels, np.int32))
        if self._several:
            np.save(self.folder / "ends.npy", np.array(self.ends, np.int64))


def prepare_labelled(
    run: Path, request: dict[str, Any], configs: tuple[TokenizerConfig, ClassifyConfig, TrainingConfig]
) -> None:
    """Leave tokenizer, ids, labels and a report in RUN/data; raises CorpusError, and ConfigError for a large --wide.

    Of each label the same share is held out, chosen by a key of the text, so that equal texts stay together and a
    corpus sorted by label makes no difference; where texts may have several labels, that share of all texts. Of a long
    text, the first --max-length tokens are read.
    """
    data, request = begin(run, request, configs)
    cut, network, training = configs
    how = {"columns": request["columns"], "encoding_errors": request["encoding_errors"], "several": network.several}
    start = None if request["start"] is None else read_folder(find(request["start"]))
    keys: defaultdict[str, list[int]] = defaultdict(list)
    everything: list[int] = []

    def names(written: str) -> tuple[str, ...]:
        return split_labels(written) if network.several else (written.strip(),)

    def texts() -> Iterator[str]:
        for label, text in read_labelled(request["corpora"], **how):
            key = _key(text, training.seed)
            everything.extend([key] * network.several)
            for name in names(label):
                keys[name].append(key)
            yield text

    if start is None:
        tokenizer = Tokenizer.train(texts(), cut)
    else:
        tokenizer = Tokenizer.from_json(start.tokenizer, cut.tokens)
        read = texts()
        if start.config["task"] != "classify":
            tokenizer = tokenizer.extended(read, cut)
        for _ in read:
            pass
    most = MOST_LABELS if not network.several else _MOST_OF_SEVERAL
    labels = _check_labels(keys, None if start is None else start.config, ", ".join(request["corpora"]), most)
    room = _MOST_VOTES // len(labels)
    if network.wide > room:
        raise ConfigError(
            f"--wide received {network.wide:,}; of {len(labels):,} labels, at most {room:,} is accepted, or the scores "
            "alone would fill a gigabyte.",
            f"--wide {room}",
        )
    number = {label: place for place, label in enumerate(labels)}
    for label, _ in islice(read_labelled(request["valid"], **how), _MOST_HELD_OUT) if request["valid"] else ():
        if new := [name for name in names(label) if name not in number]:
            raise CorpusError(
                f"{', '.join(request['valid'])} has the label {new[0]!r:.40}, "
                "which the texts to learn from never have.",
                "remove those texts, or leave --valid out",
            )
    write_atomically(data / "tokenizer.json", tokenizer.to_json().encode())
    write_atomically(data / "labels.json", json.dumps(labels).encode())
    groups = {"": everything} if network.several else keys
    aside = set() if request["valid"] else held_out(groups, training.valid_share)
    report = Report()
    learnt, held = (_LabelWriter(data / name, tokenizer, network.several) for name in ("train", "valid"))
    found = read_labelled(request["corpora"], report=report, **how)
    for label, text, ids in _encoded(found, tokenizer, training.max_length, report):
        (held if _key(text, training.seed) in aside else learnt).add([number[name] for name in names(label)], ids)
    of = "them" if network.several else "each label"
    note = f"{len(held.ends):,} texts, {training.valid_share:.1%} of {of} chosen by seed {training.seed}"
    if request["valid"]:
        found = islice(read_labelled(request["valid"], **how), _MOST_HELD_OUT)
        for label, _, ids in _encoded(found, tokenizer, training.max_length, Report()):
            held.add([number[name] for name in names(label)], ids)
        note = f"{len(held.ends):,} texts of {', '.join(request['valid'])}"
    learnt.close()
    held.close()
    if not held.ends:  # too little to spare any
        note = "none: the corpus is too small, scores are measured on what is learnt from"
        shutil.rmtree(data / "valid")
        shutil.copytree(data / "train", data / "valid")
    facts = {"texts": len(learnt.ends) + len(held.ends), "skipped": report.skipped, "held_out": note}
    write_atomically(data / "report.json", json.dumps(facts).encode())


def _check_labels(keys: dict[str, list[int]], start: dict[str, Any] | None, place: str, most: int) -> list[str]:
    """The labels in order, those of the classifier that training starts from where it starts from one."""
    if len(keys) < 2:
        shown = f"only the label {next(iter(keys))!r:.40}" if keys else "no label"
        raise CorpusError(
            f"{place} has {shown}; two or more are expected.", "give texts of another label too, or --columns label=..."
        )
    if len(keys) > most:
        raise CorpusError(
            f"{place} has {len(keys):,} labels; at most {most:,} are accepted.", "--columns label=...,text=..."
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
