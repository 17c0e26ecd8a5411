"""Prepare labelled texts as ids on disk, and read them."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.config import ClassifyConfig
from seqtext.data.guesses import guess_of_source
from seqtext.data.labels import label_notes, label_reader, listed, why_no_labels
from seqtext.data.lines import Report
from seqtext.data.sampling import Reservoir, batched
from seqtext.data.split import stable_hash
from seqtext.data.wanted import Wanted
from seqtext.errors import ConfigError, CorpusError, argument, arguments
from seqtext.networks.classifier import expected_shapes
from seqtext.networks.hashing import Speller, TermCounts, ngram_buckets, votes
from seqtext.storage.model_folder import ModelFolder
from seqtext.tasks import CLASSIFY
from seqtext.tokenizer import BOS, EOS, PAD, Tokenizer
from seqtext.training.batches.label_conflicts import Conflicts, header_notes, single_rows
from seqtext.training.batches.prepare import describe_split, open_learnt, share_to_hold_out
from seqtext.training.batches.token_file import TokenFile, TokenWriter
from seqtext.training.prepared import Prepared
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run
from seqtext.training.size import check_size, tokens_for

_MOST_HELD_OUT = 5_000  # texts
_AT_ONCE = 1_000  # texts
_COUNTED = 10  # times the tokens that an encoder reads are counted, so that more of a long review counts than 400
_UNCUT = 1 << 30
MOST_LABELS = 100_000
MOST_VOTES = 200_000_000  # scores of hashed n-grams, see `seqtext.networks.hashing.votes`
_MOST_OF_SEVERAL = 10_000  # labels of multi-label texts


class LabelBatch(NamedTuple):
    """Hold texts as padded rows, with their labels.

    shares: the weight of each bucket of `votes`
    """

    ids: Tensor  # (rows, time): BOS, the ids, EOS, then PAD
    mask: Tensor  # (rows, time), True at real tokens
    labels: Tensor  # (rows,) indices; multi-label (rows, labels), 1 at each label of a text, else 0
    pairs: Tensor | None = None  # (rows, time, runs) buckets, see `ngram_buckets`
    votes: Tensor | None = None  # (rows, places) buckets, see `seqtext.networks.hashing.votes`
    shares: Tensor | None = None  # (rows, places)

    def rows(self, rows: Tensor) -> "LabelBatch":
        """Select rows.

        rows: indices, (selected,)
        """
        return LabelBatch(*(None if tensor is None else tensor[rows] for tensor in self))  # type: ignore[arg-type]

    def to(self, device: torch.device) -> "LabelBatch":
        """Copy the batch to a device."""
        return LabelBatch(*(None if tensor is None else tensor.to(device) for tensor in self))  # type: ignore[arg-type]


def label_batch(
    ids: NDArray[np.int64], mask: NDArray[np.bool_], labels: NDArray[Any], config: ClassifyConfig, tokenizer: Tokenizer,
    counted: Sequence[NDArray[np.integer]] = (),
) -> LabelBatch:  # fmt: skip
    """Assemble a batch with the n-gram buckets that the network looks up.

    ids, mask: (rows, time); labels: see `LabelBatch`
    counted: the ids whose terms are counted where these have an idf, without BOS and EOS; else those of the rows
    """
    pairs = ngram_buckets(ids, config.pairs, config.ngrams) if config.pairs else None
    wide: tuple[NDArray[np.int64] | None, NDArray[np.float32] | None] = (None, None)
    if config.has_idf:
        texts = counted or [row[real][1:-1] for row, real in zip(ids, mask, strict=True)]
        wide = Speller(tokenizer, config).terms(texts).padded()
    elif config.wide:
        wide = votes(ids, mask, config.wide, config.ngrams, tokenizer.folded)
    arrays = (ids, mask, labels, pairs, *wide)
    return LabelBatch(*(None if array is None else torch.from_numpy(array) for array in arrays))  # type: ignore[arg-type]


def counted_tokens(longest: int) -> int:
    """Return the number of tokens of a text counted as n-grams.

    They are more than the `longest` that an encoder reads, because counting costs little.
    """
    return _COUNTED * longest


def tokens_read(texts: TokenFile, longest: int) -> int:
    """Count the tokens that an encoder reads, at most `longest` per text."""
    return int(np.minimum(texts.lengths(np.arange(texts.segments)), longest).sum())


class LabelFile:
    """Read whole texts from a TokenFile, and labels from `labels.npy`.

    Multi-label: `ends.npy` says where in `labels.npy` the labels of each text end. An encoder reads the first `longest`
    tokens of a text; n-grams are counted in all that is stored, see `counted_tokens`.

    tokens: those that an encoder reads; counted: all
    """

    def __init__(self, folder: Path, config: ClassifyConfig, tokenizer: Tokenizer, longest: int) -> None:
        self._texts, self._config, self._tokenizer, self._longest = TokenFile(folder), config, tokenizer, longest
        self.labels: NDArray[np.int32] = np.load(folder / "labels.npy")
        self.counted, self.segments = self._texts.tokens, self._texts.segments
        self.tokens = tokens_read(self._texts, longest)
        self._starts: NDArray[np.int64] | None = None
        if (folder / "ends.npy").is_file():
            self._starts = np.concatenate([np.zeros(1, np.int64), np.load(folder / "ends.npy")])
            self._count = len(json.loads((folder.parent / "labels.json").read_text(encoding="utf-8")))

    def lengths(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count the tokens of each text that an encoder reads, (n,)."""
        return np.minimum(self._texts.lengths(segments), self._longest)

    def sides(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count the tokens of each text that an encoder reads, (n, 1)."""
        return self.lengths(segments)[:, None]

    def segment(self, number: int) -> NDArray[np.int64]:
        """Read the first `longest` token ids of a text, (time,)."""
        return self._texts.segment(number)[: self._longest]

    def batch(self, segments: NDArray[np.int64]) -> LabelBatch:
        """Read texts as padded rows; segments: indices, (rows,)."""
        ids, lengths = self._texts.batch(segments, self._longest)
        ids = np.pad(ids, ((0, 0), (1, 1)), constant_values=PAD)
        ids[:, 0], ids[np.arange(len(ids)), lengths + 1] = BOS, EOS
        mask = np.arange(ids.shape[1]) < lengths[:, None] + 2
        counted = [self._texts.segment(number) for number in segments.tolist()] if self._config.has_idf else ()
        return label_batch(ids, mask, self.targets(segments), self._config, self._tokenizer, counted)

    def terms(self, speller: Speller, letters: bool) -> TermCounts:
        """Count the word n-grams of all texts.

        letters: count character n-grams, too
        """
        chunks = []
        for numbers in batched(range(self.segments), _AT_ONCE):
            chunks.append(speller.terms([self._texts.segment(number) for number in numbers], letters=letters))
        sizes = np.concatenate([np.diff(chunk.starts) for chunk in chunks])
        buckets, counts = (np.concatenate(numbers) for numbers in zip(*(chunk[1:] for chunk in chunks), strict=True))
        return TermCounts(np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]), buckets, counts)

    def targets(self, segments: NDArray[np.int64]) -> NDArray[Any]:
        """Return the labels of texts, (n,).

        Multi-label: (n, labels), 1 at each label of a text, else 0.
        """
        if self._starts is None:
            return self.labels[segments].astype(np.int64)
        result = np.zeros((len(segments), self._count), np.float32)
        for row, segment in zip(result, segments, strict=True):
            row[self.labels[self._starts[segment] : self._starts[segment + 1]]] = 1.0
        return result


class _LabelWriter:
    """Writer of a LabelFile."""

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


def prepare_labelled(run: Run, request: Request, config: RunConfig) -> None:
    """Write tokenizer, ids, labels and a report of a run.

    The same share of each label is held out, chosen by a hash of the text, so that equal texts stay together and a
    corpus sorted by label makes no difference; multi-label, that share of all texts. Of a long text, the first
    --max-length tokens are read, and n-grams are counted in ten times as many.

    Raises CorpusError, and ConfigError for a large --wide.
    """
    network, training, source = config.network, config.training, request.start_model()
    corpus = _Corpus(request, network.several, training.seed, known_labels(source))
    tokenizer = _tokenizer(corpus.texts(), config, source, run.tokenizer)
    most = _MOST_OF_SEVERAL if network.several else MOST_LABELS
    labels = _check_labels(corpus.keys, corpus.known, request.names, most)
    check_room(network.buckets, len(labels))
    check_size(network.size, expected_shapes(network, tokenizer.size, len(labels)), tokenizer.to_json())
    corpus.refuse_no_labels()
    number = {label: index for index, label in enumerate(labels)}
    valid = corpus.sample_valid(labels)
    run.write_data("tokenizer.json", tokenizer.to_json())
    run.write_data("labels.json", labels)
    learnt, held = (_LabelWriter(run.data / part_name, tokenizer, network.several) for part_name in ("train", "valid"))
    report = Report()
    held_out_keys = corpus.held_out_keys(share_to_hold_out(request, training, corpus.read()))
    hashes = open_learnt(run, request)
    conflicts = Conflicts({} if network.several else corpus.keys)
    for label, text, ids in _encoded(corpus.read(report), tokenizer, counted_tokens(training.max_length), report):
        key = corpus.key(text)
        names = corpus.names(label)
        conflicts.see(key, text, "|".join(names))
        is_held = key in held_out_keys
        (held if is_held else learnt).add([number[name] for name in names], ids)
        if not is_held:
            hashes.add(text)
    hashes.close()
    for label, _, ids in _encoded(valid.pairs, tokenizer, counted_tokens(training.max_length), Report()):
        held.add([number[name] for name in corpus.valid_names(label)], ids)
    learnt.close()
    held.close()
    of = " of them" if network.several else " of each label"
    note = describe_split(len(held.ends), request, training, of=of, total=valid.total)
    rows = {label: len(label_keys) for label, label_keys in corpus.keys.items()}
    notes = [*header_notes(corpus.cells), *single_rows(rows), *conflicts.notes()]
    if not held.ends:  # too little to spare any
        run.validate_on_training_data()
    notes = [*report.told(), *corpus.notes(), *notes]
    run.write_report(Prepared(len(learnt.ends) + len(held.ends), report.skipped, note, notes=notes))


def split_texts(run: Run) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Read training and held-out texts with their labels.

    They are in the order of the run's data, and have a single label each. Raises CorpusError where the corpus cannot be
    read again.
    """
    request, config = run.read_settings()
    training, tokenizer = config.training, Tokenizer.from_json(run.read_tokenizer(), config.tokenizer.tokens, "read")
    corpus = _Corpus(request, False, training.seed, known_labels(request.start_model()))
    for _ in corpus.texts():
        pass
    valid = corpus.sample_valid(run.read_data("labels.json"))
    held_out_keys = corpus.held_out_keys(share_to_hold_out(request, training, corpus.read()))
    learnt: list[tuple[str, str]] = []
    held: list[tuple[str, str]] = []
    for label, text, _ in _encoded(corpus.read(), tokenizer, counted_tokens(training.max_length), Report()):
        (held if corpus.key(text) in held_out_keys else learnt).append((corpus.names(label)[0], text))
    for label, text, _ in _encoded(valid.pairs, tokenizer, counted_tokens(training.max_length), Report()):
        held.append((corpus.valid_names(label)[0], text))
    return learnt, held


class _Corpus:
    """Labelled corpus, read once for its labels and once for its ids.

    keys: hashes of the texts of each label; cells: how many rows have each label cell, as written
    """

    def __init__(self, request: Request, several: bool, seed: int, known: Sequence[str]) -> None:
        self._request, self._several, self._seed, self.known = request, several, seed, known
        self.keys: defaultdict[str, list[int]] = defaultdict(list)
        self.cells: dict[str, int] = {}
        self._all: list[int] = []
        self.names = self.valid_names = label_reader((), several)

    def key(self, text: str) -> int:
        """Hash a text; the hash decides whether it is held out."""
        return stable_hash(text.strip(), self._seed)

    def read(self, report: Report | None = None) -> Iterator[tuple[str, str]]:
        """Read labels and texts."""
        return iter(self._request.labelled(self._request.corpora, report, several=self._several))

    def texts(self) -> Iterator[str]:
        """Read the texts, collecting label cells and each label's hashes.

        How labels are read is decided at the end, when all cells are known.
        """
        report, by_cell = Report(), defaultdict(list)
        for cell, text in self.read(report):
            key = self.key(text)
            self._all.extend([key] * self._several)
            by_cell[cell].append(key)
            yield text
        self.cells, self.names = report.labels, label_reader(report.labels, self._several, self.known)
        for cell, keys in by_cell.items():
            for name in self.names(cell):
                self.keys[name].extend(keys)

    def sample_valid(self, known: Sequence[str]) -> "_Sample":
        """Sample labels and texts of the held-out corpora.

        Raises CorpusError for a label that is not known.
        """
        valid, report, total = self._request.valid, Report(), 0
        reservoir = Reservoir[tuple[str, str]](_MOST_HELD_OUT, np.random.default_rng(self._seed))
        for pair in self._request.labelled(valid, report, several=self._several) if valid else ():
            total += 1
            reservoir.add(pair)
        self.valid_names = label_reader(report.labels, self._several, known)
        for cell in report.labels:
            if new := [name for name in self.valid_names(cell) if name not in known]:
                raise CorpusError(
                    f"{', '.join(self._request.valid or ())} has the label {new[0]!r:.40}, "
                    "which the texts to learn from never have.",
                    f"remove those texts, or leave {argument('valid')} out",
                )
        return _Sample(iter(reservoir.items()), total if total > _MOST_HELD_OUT else 0)

    def notes(self) -> list[str]:
        """Describe joined and recognized labels, and unusual findings."""
        doubt = self._doubt()
        return [doubt] * bool(doubt) + label_notes(self.cells, self.names)

    def _doubt(self) -> str:
        """Return why the labels may not be labels, "" where they are."""
        reason = why_no_labels({label: len(keys) for label, keys in self.keys.items()})
        return reason and f"{len(self.keys):,} labels, such as {listed(sorted(self.keys))}: {reason}"

    def refuse_no_labels(self) -> None:
        """Raise CorpusError where the guessed label column holds no labels.

        Only where the user named no column and another one seems to hold labels.
        """
        request, doubt = self._request, self._doubt()
        if not doubt or "label" in (request.columns or {}):
            return
        wanted = Wanted(
            ("label", "text"), request.columns or {}, request.encoding_errors, Report(), encoding=request.encoding
        )
        guess = guess_of_source(request.corpora[0], wanted)
        if guess is not None and guess.columns["label"] not in ("label", "1"):
            raise CorpusError(f"{request.names} has {doubt}.", guess.typed(self._several))

    def held_out_keys(self, share: float) -> set[int]:
        """Choose the hashes of the texts to hold out.

        They are a share of all, but never all texts of a label.
        """
        if not share:
            return set()
        held_out = stratified_split({"": self._all} if self._several else self.keys, share)
        for label_keys in self.keys.values():
            if held_out.issuperset(label_keys):  # its texts were chosen for the other labels that they have
                held_out.remove(max(label_keys))
        return held_out


class _Sample(NamedTuple):
    """Labelled texts, and how many they were sampled from; 0 where they are all."""

    pairs: Iterator[tuple[str, str]]
    total: int


def _tokenizer(texts: Iterator[str], run: RunConfig, source: ModelFolder | None, known: str | None) -> Tokenizer:
    """Train a tokenizer, or take and extend that of the model to start from; read all texts.

    known: the text of the tokenizer to take as it is
    """
    config = run.tokenizer
    if source is None and known is None:
        return Tokenizer.train(texts, config, "read")
    tokenizer = Tokenizer.from_json(source.tokenizer if known is None and source else str(known), config.tokens, "read")
    tokenizer = tokenizer.masking(config.masks)
    if known is None and source and source.config["task"] != CLASSIFY.name:
        most = tokens_for(run.network)
        tokenizer = tokenizer.narrowed(texts, config, most) if most else tokenizer.extended(texts, config)
    for _ in texts:
        pass
    return tokenizer


def check_room(buckets: int, labels: int) -> None:
    """Raise ConfigError for more hashing buckets than memory holds."""
    room = MOST_VOTES // labels
    if buckets > room:
        raise ConfigError(
            f"{buckets:,} buckets of hashed words and runs were asked for, each with a score for every label; of "
            f"{labels:,} labels, at most {room:,} are accepted, or the scores alone would fill a gigabyte.",
            arguments(wide=room),
        )


def known_labels(start: ModelFolder | None) -> list[str]:
    """Return the labels of the classifier that training starts from, if any."""
    if start is None or start.config["task"] != CLASSIFY.name:
        return []
    labels: list[str] = start.config["labels"]
    return labels


def _check_labels(keys: dict[str, list[int]], known: Sequence[str], names: str, most: int) -> list[str]:
    """Return the labels in order; those of the classifier that training starts from, if any.

    Raises CorpusError for less than two labels, for too many, and for a label that this classifier does not have.
    """
    if len(keys) < 2:
        shown = f"only the label {next(iter(keys))!r:.40}" if keys else "no label"
        raise CorpusError(
            f"{names} has {shown}; two or more are expected.",
            f"give texts of another label too, or {arguments(columns={'label': '...'})}",
        )
    if len(keys) > most:
        raise CorpusError(
            f"{names} has {len(keys):,} labels; at most {most:,} are accepted.",
            arguments(columns={"label": "...", "text": "..."}),
        )
    if known and (new := sorted(set(keys) - set(known))):
        raise CorpusError(
            f"{names} has the label {new[0]!r:.40}, which the model to start from does not know.",
            f"leave {argument('start')} out, or start from a fill or language model",
        )
    return list(known) or sorted(keys)


def stratified_split(keys: dict[str, list[int]], share: float) -> set[int]:
    """Choose hashes of texts to hold out, a share of each label.

    Those with the lowest hashes are chosen, but never all texts of a label. Fractions of a text (0.4 of one, say) are
    rounded up for some labels and down for others, so that of 10,000 labels with four texts each the share is held out,
    too.
    """
    total = sum(map(len, keys.values()))
    share = min(share, _MOST_HELD_OUT / max(1, total))
    held_out: set[int] = set()
    for label, label_keys in keys.items():
        wanted = share * len(label_keys)
        count = int(wanted + stable_hash(label) / 2**32)
        rows = Counter(label_keys)
        taken = 0
        for key in sorted(rows)[:-1]:
            if taken + rows[key] > count:
                break
            taken += rows[key]
            held_out.add(key)
    return held_out


def _encoded(
    labelled: Iterator[tuple[str, str]], tokenizer: Tokenizer, longest: int, report: Report
) -> Iterator[tuple[str, str, NDArray[np.int32]]]:
    """Encode labelled texts in batches, cut to the longest length that is read."""
    for batch in batched(labelled, _AT_ONCE):
        starts = (tokenizer.beginning(text, longest) for _, text in batch)
        for (label, text), ids in zip(batch, tokenizer.stream(starts), strict=True):
            if len(ids):
                yield label.strip(), text, ids[:longest]
            else:
                report.skip("text without a token")
