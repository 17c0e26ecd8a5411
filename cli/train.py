"""`seqtext train`: learns a task from corpora and writes a run, a folder that answers and can be resumed."""

from typing import Any

import click

from seqtext.config import (
    AnomalyConfig,
    ClassifyConfig,
    FillConfig,
    LanguageConfig,
    LogTokenizerConfig,
    Seq2SeqConfig,
    TokenizerConfig,
    TrainingConfig,
)

from . import options
from .progress import follow

FILL = (TokenizerConfig, FillConfig, TrainingConfig)
GENERATE = (TokenizerConfig, LanguageConfig, TrainingConfig)
SEQ2SEQ = (TokenizerConfig, Seq2SeqConfig, TrainingConfig)
CLASSIFY = (TokenizerConfig, ClassifyConfig, TrainingConfig)
ANOMALY = (LogTokenizerConfig, AnomalyConfig, TrainingConfig)


@click.group(cls=options.Commands, no_args_is_help=False)
def train() -> None:
    """Learn a task from your own text and write a model folder.

    \b
    seqtext train fill corpus.txt --run runs/mine --minutes 10
    """


@train.command("fill", cls=options.Sections)
@options.training("fill", *FILL)
def train_fill(**typed: Any) -> None:
    """Learn to fill blanks from text that has one sentence or paragraph per line.

    \b
    seqtext train fill corpus.txt --run runs/mine --minutes 10
    seqtext train fill corpus.txt --run runs/other --encoder convolution --layers 3 --window 3
    seqtext train fill --run runs/mine --resume
    seqtext fill --model runs/mine "The ___ is open."

    It takes 10 minutes unless --minutes, --epochs or --steps says otherwise. Ctrl-C saves, --resume goes on.

    \b
    With several processes:
    torchrun --standalone --nproc-per-node 2 -m seqtext -- train fill corpus.txt --run runs/mine
    """
    _learn("fill", FILL, '"The ___ is open."', **typed)


@train.command("generate", cls=options.Sections)
@options.training("generate", *GENERATE)
def train_generate(**typed: Any) -> None:
    """Learn to go on with text: to generate it, to forecast the next word, to say where it surprises.

    \b
    seqtext train generate novel.txt --run runs/novel --minutes 10
    seqtext train generate --run runs/novel --resume
    seqtext generate --model runs/novel "It was"

    Tokens are characters unless --tokens says otherwise. It takes 10 minutes unless --minutes, --epochs or --steps says
    otherwise. Ctrl-C saves, --resume goes on.
    """
    _learn("generate", GENERATE, '"It was"', **typed)


@train.command("anomaly", cls=options.Sections)
@options.training("anomaly", *ANOMALY)
def train_anomaly(**typed: Any) -> None:
    """Learn what normal lines look like, so that lines which do not belong can be found.

    \b
    seqtext train anomaly normal.log --run runs/log --false-alarms 0.01
    seqtext anomaly --file today.log --model runs/log
    seqtext evaluate runs/log labelled.tsv

    A line is a line of a log, or a session: its events, with spaces between them. CORPUS must hold normal lines only;
    a few odd ones do little harm. The threshold is chosen on lines held out of it, or on those of --valid, so that at
    most the named share of them would raise an alarm. It takes 3 minutes unless --minutes, --epochs or --steps says
    otherwise. Ctrl-C saves, --resume goes on.
    """
    _learn("anomaly", ANOMALY, "--file today.log", **typed)


@train.command("translate", cls=options.Sections)
@options.training("translate", *SEQ2SEQ)
def train_translate(**typed: Any) -> None:
    """Learn to translate from pairs of sentences.

    \b
    seqtext train translate pairs.tsv --run runs/mine --minutes 30
    seqtext train translate corpus.en corpus.de --valid valid.en --valid valid.de --run runs/en-de
    seqtext translate --model runs/mine "A man rides a horse."

    A line of pairs.tsv is source<TAB>target; CSV, JSONL and Parquet have columns source and target, or other ones that
    --columns names. Two files such as corpus.en and corpus.de are read line by line. It takes 10 minutes unless
    --minutes, --epochs or --steps says otherwise. Ctrl-C saves, --resume goes on.
    """
    _learn("translate", SEQ2SEQ, '"..."', **typed)


@train.command("summarize", cls=options.Sections)
@options.training("summarize", *SEQ2SEQ)
def train_summarize(**typed: Any) -> None:
    """Learn to summarize from texts and their summaries.

    \b
    seqtext train summarize news.jsonl --columns source=article,target=headline --run runs/mine --minutes 45
    seqtext summarize --file article.txt --whole --model runs/mine

    The corpus holds pairs of source and target, as for translate. Of a long text, the first --max-length tokens are
    read. It takes 10 minutes unless --minutes, --epochs or --steps says otherwise. Ctrl-C saves, --resume goes on.
    """
    _learn("summarize", SEQ2SEQ, "--file article.txt --whole", **typed)


@train.command("classify", cls=options.Sections)
@options.training("classify", *CLASSIFY)
def train_classify(**typed: Any) -> None:
    """Learn to label texts from texts that have labels.

    \b
    seqtext train classify reviews.tsv --run runs/mine --minutes 3
    seqtext train classify reviews.csv --columns text=review,label=stars --encoder convolution --run runs/mine
    seqtext train classify reviews.tsv --from fill-en --run runs/mine
    seqtext classify --model runs/mine "A lovely film."

    A line of reviews.tsv is label<TAB>text; CSV, JSONL and Parquet have columns label and text, or other ones that
    --columns names. --from takes over the tokens and vectors of a fill or language model, and its readers, whose states
    stand beside the vectors; with its own kind of --encoder, the readers learn on. It takes 3 minutes unless --minutes,
    --epochs or --steps says otherwise. Ctrl-C saves, --resume goes on.
    """
    _learn("classify", CLASSIFY, '"..."', **typed)


def _learn(
    task: str,
    configs: tuple[type, ...],
    question: str,
    *,
    run: str,
    corpora: tuple[str, ...],
    valid: tuple[str, ...],
    preset: str,
    start: str | None,
    resume: bool,
    columns: dict[str, str] | None,
    encoding_errors: str,
    config: str | None,
    as_json: bool,
    **typed: Any,
) -> None:
    """Check what was typed, train, show the events; question is a text that the trained command can answer."""
    settings = options.chosen(configs, typed, config)
    options.check_corpora(corpora, resume, f"seqtext train {task}", run)
    sources = list(corpora) or None

    def events() -> Any:
        from seqtext.training.train import train

        return train(
            task, sources, run, valid=list(valid) or None, columns=columns, preset=preset, start=start, resume=resume,
            encoding_errors=encoding_errors, **settings,
        )  # fmt: skip

    follow(events, task, run, question, as_json, reading=f"Reading   {', '.join(corpora)}" if corpora else "")
