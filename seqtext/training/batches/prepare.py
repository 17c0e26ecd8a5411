"""Prepare texts: read once for the vocabulary and once for the ids, some of it held out."""

import itertools
from collections.abc import Iterator

from seqtext.config import TokenizerConfig, TrainingConfig
from seqtext.data.lines import Report
from seqtext.data.split import HashSplit
from seqtext.errors import CorpusError
from seqtext.normalization import Form
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.streams import StreamWriter, write_stream, write_streams
from seqtext.training.batches.token_file import TokenWriter
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Prepared, Run

_MOST_HELD_OUT = 300_000  # tokens

Writers = tuple[TokenWriter, TokenWriter] | tuple[StreamWriter, StreamWriter]


def prepare_texts(run: Run, request: Request, config: RunConfig) -> None:
    """Leave tokenizer, ids of each text and a report in the data of a run; raises CorpusError."""
    training = config.training
    tokenizer = make_tokenizer(run, request, config.tokenizer, iter(request.texts(request.corpora)), "read")
    run.write_data("tokenizer.json", tokenizer.to_json())
    learnt, held = (TokenWriter(run.data / part, tokenizer, training.max_length) for part in ("train", "valid"))
    split, report = HashSplit(share_to_hold_out(request, training), training.seed), Report()
    first, second = itertools.tee(request.texts(request.corpora, report))
    for text, ids in zip(first, tokenizer.stream(second), strict=True):
        aside = split.takes(text) and learnt.tokens > 0 and held.tokens < _MOST_HELD_OUT
        (held if aside else learnt).add(ids)
    for ids in tokenizer.stream(request.texts(request.valid)) if request.valid else ():
        held.add(ids)
    _finish(run, request, training, (learnt, held), report)


def prepare_stream(run: Run, request: Request, config: RunConfig) -> None:
    """Leave tokenizer, ids of the whole text and a report in the data of a run; raises CorpusError."""
    training, report = config.training, Report()
    lines = (f"{text}\n" for text in request.texts(request.corpora, blank_lines=True))
    tokenizer = make_tokenizer(run, request, config.tokenizer, lines, "written")
    run.write_data("tokenizer.json", tokenizer.to_json())
    learnt, held = (StreamWriter(run.data / part, tokenizer.size, tokenizer.newline) for part in ("train", "valid"))
    texts = request.texts(request.corpora, report, blank_lines=True)
    split = HashSplit(share_to_hold_out(request, training), training.seed)
    write_streams(texts, tokenizer, (learnt, held), split, _MOST_HELD_OUT)
    if request.valid:
        write_stream(request.texts(request.valid, blank_lines=True), tokenizer, held)
    _finish(run, request, training, (learnt, held), report)


def share_to_hold_out(request: Request, training: TrainingConfig) -> float:
    """Return the share of the corpora that is held out: none where there are held-out corpora."""
    return 0.0 if request.valid else training.valid_share


def describe_split(held_out: str, request: Request, training: TrainingConfig, of: str = "") -> str:
    """Say where held-out texts come from: "24 texts, 2.0% chosen by seed 1", or "24 texts of valid.txt".

    of: what the share is a share of, as " of each label"
    """
    if request.valid:
        return f"{held_out} of {', '.join(request.valid)}"
    return f"{held_out}, {training.valid_share:.1%}{of} chosen by seed {training.seed}"


def make_tokenizer(run: Run, request: Request, config: TokenizerConfig, texts: Iterator[str], form: Form) -> Tokenizer:
    """Take the tokenizer of checkpoint or start model, or train one; form: the one to which it brings texts."""
    source = request.start_model()
    known = run.tokenizer if source is None or run.tokenizer is not None else source.tokenizer
    return Tokenizer.train(texts, config, form) if known is None else Tokenizer.from_json(known, config.tokens, form)


def _finish(run: Run, request: Request, training: TrainingConfig, writers: Writers, report: Report) -> None:
    """Close the files and write the report; raises CorpusError where there is nothing to learn from."""
    learnt, held = writers
    if learnt.tokens < (2 if isinstance(learnt, StreamWriter) else 1):  # a language model needs a token and the next
        raise CorpusError(f"{request.names} hold no words; some text is expected.", "give another corpus")
    learnt.close()
    held.close()
    note = describe_split(f"{held.texts:,} texts", request, training)
    if held.tokens == 0:  # too little text to spare any
        note = "none: the corpus is too small, scores are measured on the training text itself"
        run.validate_on_training_data()
    run.write_report(Prepared(learnt.texts + held.texts, report.skipped, note))
