"""Train the tokenizer, encode texts, and hold out a share."""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from seqtext.config import TokenizerConfig, TrainingConfig
from seqtext.data.lines import Report
from seqtext.data.split import NOTHING_HELD_OUT, HashSplit, LowestHashes, stable_hash
from seqtext.errors import CorpusError
from seqtext.normalization import Form
from seqtext.storage.catalog import find
from seqtext.storage.learnt import PATH as LEARNT
from seqtext.storage.learnt import LearntWriter
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.streams import StreamWriter, write_stream, write_streams
from seqtext.training.batches.token_file import TokenWriter
from seqtext.training.prepared import Prepared
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run

_MOST_HELD_OUT = 300_000  # tokens
_FEWEST = 25  # texts from which on some are held out: a score of one text in twenty says nothing
_FEW = 10  # held-out texts below which scores are rough

Writers = tuple[TokenWriter, TokenWriter] | tuple[StreamWriter, StreamWriter]


def prepare_texts(run: Run, request: Request, config: RunConfig) -> None:
    """Write tokenizer, ids of each text and a report of a run.

    Raises CorpusError where there is no text to learn from.
    """
    training = config.training
    report, texts = Report(), iter(request.texts(request.corpora))
    tokenizer = make_tokenizer(run, request, config.tokenizer, texts, "read", report)
    run.write_data("tokenizer.json", tokenizer.to_json())
    learnt, held = (TokenWriter(run.data / name, tokenizer, training.max_length) for name in ("train", "valid"))
    share = share_to_hold_out(request, training, request.texts(request.corpora))
    split, hashes = HashSplit(share, training.seed), open_learnt(run, request)
    held_out = LowestHashes[tuple[str, NDArray[np.int32]]](_MOST_HELD_OUT)
    first, second = itertools.tee(request.texts(request.corpora, report))
    for text, ids in zip(first, tokenizer.stream(second), strict=True):
        kept = [(text, ids)]
        if split.takes(text) and learnt.tokens > 0:
            kept = held_out.add(stable_hash(text, training.seed), len(ids), (text, ids))
        for learnt_text, learnt_ids in kept:
            learnt.add(learnt_ids)
            if len(learnt_ids):
                hashes.add(learnt_text)
    hashes.close()
    for _, ids in held_out.items():
        held.add(ids)
    for ids in tokenizer.stream(request.texts(request.valid)) if request.valid else ():
        held.add(ids)
    _finish(run, request, training, (learnt, held), report)


def prepare_stream(run: Run, request: Request, config: RunConfig) -> None:
    """Write tokenizer, ids of a stream and a report of a run.

    Raises CorpusError where there is no text to learn from.
    """
    training, report = config.training, Report()
    lines = (f"{text}\n" for text in request.texts(request.corpora, blank_lines=True))
    tokenizer = make_tokenizer(run, request, config.tokenizer, lines, "written", report)
    run.write_data("tokenizer.json", tokenizer.to_json())
    learnt, held = (StreamWriter(run.data / name, tokenizer.size, tokenizer.newline) for name in ("train", "valid"))
    texts = request.texts(request.corpora, report, blank_lines=True)
    split = HashSplit(share_to_hold_out(request, training), training.seed)
    hashes = open_learnt(run, request)
    write_streams(texts, tokenizer, (learnt, held), split, _MOST_HELD_OUT, hashes.add)
    hashes.close()
    if request.valid:
        write_stream(request.texts(request.valid, blank_lines=True), tokenizer, held)
    _finish(run, request, training, (learnt, held), report)


def share_to_hold_out(request: Request, training: TrainingConfig, texts: Iterable[object] = ()) -> float:
    """Return the share of the corpora to hold out.

    It is 0 where there are held-out corpora, or few texts.

    texts: those of the corpora, of which the first are counted; where none are given, they are taken to be enough
    """
    count = sum(1 for _ in itertools.islice(texts, _FEWEST))
    return 0.0 if request.valid or 0 < count < _FEWEST else training.valid_share


def open_learnt(run: Run, request: Request) -> LearntWriter:
    """Open the hashes of the texts that a run learns.

    Those that its network has learnt before are among them. A model of another task, which saw no answers to these
    texts, counts as one that has learnt none.
    """
    writer = LearntWriter(run.data / LEARNT.name)
    if run.checkpoint.exists():  # it learnt from a corpus that has changed since
        writer.add_all_of(run.folder)
    source = request.start_model()
    if source is not None and source.config["task"] == request.task:
        start = str(request.start)
        if not writer.add_all_of(find(start)):
            writer.before = start
    return writer


def describe_split(
    count: int, request: Request, training: TrainingConfig, *, noun: str = "texts", of: str = "", total: int = 0
) -> str:
    """Describe the source of held-out texts, or the reason for none.

    For instance "24 texts, 2.0% chosen by seed 1", or "24 texts of valid.txt".

    of: what the share is a share of, as " of each label"; total: of how many in held-out corpora, 0 for all
    """
    if not count:
        return f"{NOTHING_HELD_OUT}: {_why_none(request, training)}, scores are measured on what is learnt from"
    by_seed = f", chosen by seed {training.seed}"
    few = f" (so few {noun} that their scores are rough)" if count < _FEW else ""
    if request.valid:
        chosen = f" of the {total:,}" if total else ""
        return f"{count:,}{chosen} {noun} of {', '.join(request.valid)}{chosen and by_seed}{few}"
    return f"{count:,} {noun}, {training.valid_share:.1%}{of} chosen by seed {training.seed}{few}"


def _why_none(request: Request, training: TrainingConfig) -> str:
    if request.valid:
        return f"nothing in {', '.join(request.valid)} can be measured"
    return "the corpus is too small" if training.valid_share else "--valid-share is 0"


def make_tokenizer(
    run: Run, request: Request, config: TokenizerConfig, texts: Iterator[str], form: Form, report: Report
) -> Tokenizer:
    """Return the tokenizer of checkpoint or start model, or train one.

    That of a start model is extended by words of the texts where a larger vocabulary is asked for than it was made for,
    which is noted in the report.

    form: normalization of the texts
    """
    source = request.start_model()
    known = run.tokenizer if source is None or run.tokenizer is not None else source.tokenizer
    if known is None:
        return Tokenizer.train(texts, config, form)
    tokenizer = Tokenizer.from_json(known, config.tokens, form).masking(config.masks)
    made_for = config.vocab_size if source is None else source.config["tokenizer"].get("vocab_size", config.vocab_size)
    if run.tokenizer is not None or made_for == config.vocab_size:
        return tokenizer
    extended = tokenizer.extended(texts, config)
    report.note(
        f"{extended.size - tokenizer.size:,} words were added to the {tokenizer.size:,} tokens of {request.start}"
    )
    return extended


def _finish(run: Run, request: Request, training: TrainingConfig, writers: Writers, report: Report) -> None:
    """Close the files and write the report; raise CorpusError where there is nothing to learn from."""
    learnt, held = writers
    if learnt.tokens < (2 if isinstance(learnt, StreamWriter) else 1):  # a language model needs a token and the next
        raise CorpusError(f"{request.names} hold no words; some text is expected.", "give another corpus")
    learnt.close()
    held.close()
    note = describe_split(held.texts if held.tokens else 0, request, training)
    if held.tokens == 0:  # too little text to spare any
        run.validate_on_training_data()
    run.write_report(Prepared(learnt.texts + held.texts, report.skipped, note, notes=report.told()))
