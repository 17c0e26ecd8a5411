"""Define each task by a frozen record of its differences.

A new task is a record here, a config in `seqtext.config` and files of its own; no other module is edited. A record
names classes and functions as the text "module:name", because their modules stand in rows below this one; only
`resolve` imports them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from seqtext.config import (
    READERS,
    SEQ2SEQ_CELLS,
    AnomalyConfig,
    ClassifyConfig,
    FillConfig,
    LanguageConfig,
    LogTokenizerConfig,
    Seq2SeqConfig,
    TokenizerConfig,
    TrainingConfig,
)
from seqtext.errors import ConfigError, argument

Settings = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """Hold everything that seqtext knows about a task.

    name:      as typed: `seqtext train NAME`, "task" in config.json
    does:      what a model of it does, as in "A seqtext model that translates"
    noun:      what such a model is called in a message, as in "only a classifier takes it"
    model:     the class that answers, a `seqtext.models.base.Model`
    training:  the class that learns, a `seqtext.training.tasks.base.TrainingTask`
    prepare:   the function that turns corpora into the data of a run
    evaluate:  the function that measures a model on a corpus
    memory:    the function that measures what a model recites; "" where it writes no text of its own
    network:   the config of its network; tokenizer: that of its tokenizer
    known_by:  the scores that its models are known by: the first that one has
    presets:   settings that go together, by name
    rungs:     the settings that `seqtext compare` tries, by name; "start" is the model to start from
    candidates: the rungs among which a training chooses where no encoder is named, those first that are tried even in
               little time; none where it never chooses
    expected:  the first of these scores that preset tiny reached on new text, by the number of tokens it learnt from
    modest:    the preset for little text; "" where a smaller one has done worse on it
    minutes:   how long a training takes unless something else is said
    pipeline_tag: what the Hugging Face Hub calls the task; "" where it has no such
    commands:  the commands that answer with its models
    answers:   what those tell as JSON, a mapping from command to `seqtext.models.answers.Answering`; "" where nothing
               beside the command line asks them
    question:  what the trained command may be asked, as typed
    help:      the help text of `seqtext train NAME`
    prose:     whether it learns from running text, whose wrapped lines may be joined
    """

    name: str
    does: str
    noun: str
    model: str
    training: str
    prepare: str
    evaluate: str
    network: type
    known_by: tuple[str, ...]
    presets: Mapping[str, Settings]
    rungs: Mapping[str, Settings]
    commands: tuple[str, ...]
    question: str
    help: str
    tokenizer: type[TokenizerConfig] = TokenizerConfig
    candidates: tuple[str, ...] = ()
    expected: Mapping[int, float] = field(default_factory=dict)
    modest: str = "tiny"
    minutes: float = 10.0
    pipeline_tag: str = ""
    memory: str = ""
    answers: str = ""
    prose: bool = False

    @property
    def configs(self) -> tuple[type, type, type]:
        """Return the configs of a run: of tokenizer, network and training."""
        return self.tokenizer, self.network, TrainingConfig

    def score(self, scores: Iterable[str]) -> str:
        """Name the score that a model is known by.

        scores: the names of those that it has; "" where the task prefers none of them
        """
        present = set(scores)
        return next((name for name in self.known_by if name in present), "")


def resolve(name: str) -> Any:
    """Import the object that a record names as "module:name"."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


_READER_RUNGS: dict[str, Settings] = {cell: {"cell": cell} for cell in READERS}
_SEQ2SEQ_RUNGS: dict[str, Settings] = {
    **{cell: {"cell": cell} for cell in SEQ2SEQ_CELLS}, "additive": {"attention": "additive"},
}  # fmt: skip

# The expected scores were measured with seed 1 on one thread, in 200 to 1,500 updates: fill and generate on pages of
# the US government, classify on questions of five kinds (TREC), translate on Tatoeba's English and German, summarize on
# chats (SAMSum). On 1,000 texts, base did worse than tiny in three times the time (fill 0.075 and 0.083, generate 3.14
# and 2.94 bits), but better in classify (0.72 and 0.58).

FILL = Task(
    name="fill",
    prose=True,
    does="that fills in blanks",
    noun="blank filler",
    pipeline_tag="fill-mask",
    model="seqtext.models.blank_filler:BlankFiller",
    training="seqtext.training.tasks.blank_filler:FillTask",
    prepare="seqtext.training.batches.prepare:prepare_texts",
    evaluate="seqtext.evaluation.blank_filler:evaluate_blank_filler",
    network=FillConfig,
    known_by=("top1",),
    presets={
        "tiny": {"hidden": 128, "embedding": 64, "vocab_size": 8_000, "batch_size": 2048, "samples": 1024},
        "small": {"hidden": 256, "embedding": 128, "vocab_size": 16_000, "batch_size": 4096, "samples": 2048},
        "base": {"hidden": 512, "embedding": 256, "vocab_size": 32_000, "batch_size": 8192, "samples": 4096},
    },
    rungs={
        **_READER_RUNGS,
        "lstm-forward": {"cell": "lstm", "direction": "forward"},
        "lstm-backward": {"cell": "lstm", "direction": "backward"},
    },
    expected={10_000: 0.07, 64_000: 0.08, 544_000: 0.17},
    answers="seqtext.models.answers:FILL",
    commands=("fill", "cloze"),
    question='"The ___ is open."',
    help="""Learn to fill blanks from text that has one sentence or paragraph per line.

    \b
    seqtext train fill corpus.txt --run runs/mine --minutes 10
    seqtext train fill corpus.txt --run runs/other --encoder convolution --layers 3 --window 3
    seqtext train fill --run runs/mine --resume
    seqtext fill --model runs/mine "The ___ is open."

    It takes 10 minutes unless --minutes, --epochs or --steps says otherwise. Ctrl-C saves, --resume goes on.

    \b
    With several processes:
    torchrun --standalone --nproc-per-node 2 -m seqtext -- train fill corpus.txt --run runs/mine
    """,
)

GENERATE = Task(
    name="generate",
    prose=True,
    does="that goes on with text",
    noun="language model",
    pipeline_tag="text-generation",
    model="seqtext.models.language_model:LanguageModel",
    training="seqtext.training.tasks.language_model:LanguageTask",
    prepare="seqtext.training.batches.prepare:prepare_stream",
    evaluate="seqtext.evaluation.language_model:evaluate_language_model",
    memory="seqtext.evaluation.memory:measure_lines",
    network=LanguageConfig,
    known_by=("bits_per_character",),
    presets={
        name: {
            "tokens": "char",
            "hidden": hidden,
            "embedding": embedding,
            "batch_size": 2048,
            "max_length": 64,
            "learning_rate": 4e-3,
            "weight_decay": 0.1,
            "average": 0.998,
        }
        for name, hidden, embedding in (("tiny", 128, 64), ("small", 256, 64), ("base", 512, 128))
    },
    rungs=_READER_RUNGS,
    expected={25_000: 3.13, 250_000: 2.94, 2_440_000: 2.28},
    answers="seqtext.models.answers:GENERATE",
    commands=("generate", "next", "score"),
    question='"It was"',
    help="""Learn to go on with text: to generate it, to forecast the next word, to say where it surprises.

    \b
    seqtext train generate novel.txt --run runs/novel --minutes 10
    seqtext train generate --run runs/novel --resume
    seqtext generate --model runs/novel "It was"

    Tokens are characters unless --tokens says otherwise. It takes 10 minutes unless --minutes, --epochs or --steps says
    otherwise. Ctrl-C saves, --resume goes on.
    """,
)

ANOMALY = Task(
    name="anomaly",
    does="that finds lines which do not belong",
    noun="detector of anomalies",
    pipeline_tag="text-classification",
    model="seqtext.models.anomaly_detector:AnomalyDetector",
    training="seqtext.training.tasks.anomaly_detector:AnomalyTask",
    prepare="seqtext.training.batches.log_lines:prepare_lines",
    evaluate="seqtext.evaluation.anomaly_detector:evaluate_anomaly_detector",
    network=AnomalyConfig,
    tokenizer=LogTokenizerConfig,
    known_by=("bits_per_character",),
    presets={
        name: {
            "tokens": "auto",
            "hidden": hidden,
            "embedding": 64,
            "batch_size": 1024,
            "max_length": 64,
            "dropout": 0.1,
            "valid_share": 0.2,
            "patience": 0,
        }
        for name, hidden in (("tiny", 32), ("small", 64), ("base", 128))
    },
    rungs=_READER_RUNGS,
    minutes=3.0,
    answers="seqtext.models.answers:ANOMALY",
    commands=("anomaly",),
    question="--file today.log",
    help="""Learn what normal lines look like, so that lines which do not belong can be found.

    \b
    seqtext train anomaly normal.log --run runs/log --false-alarms 0.01
    seqtext anomaly --file today.log --model runs/log
    seqtext evaluate runs/log labelled.tsv

    A line is a line of a log, or a session: its events, with spaces between them. --group 'blk_\\S+' makes sessions of
    the raw lines that hold one id, --session-lines 20 of so many in a row, and learns which lines come in which order;
    --record-start indent joins the lines of a stack trace. CORPUS must hold normal lines only;
    a few odd ones do little harm. The threshold is chosen on lines held out of it, or on those of --valid, so that at
    most the named share of them would raise an alarm. It takes 3 minutes unless --minutes, --epochs or --steps says
    otherwise. Ctrl-C saves, --resume goes on.
    """,
)

TRANSLATE = Task(
    name="translate",
    does="that translates",
    noun="translator",
    pipeline_tag="translation",
    model="seqtext.models.translator:Translator",
    training="seqtext.training.tasks.seq2seq:TranslateTask",
    prepare="seqtext.training.batches.pair_files:prepare_pairs",
    evaluate="seqtext.evaluation.seq2seq:evaluate_translator",
    memory="seqtext.evaluation.memory:measure_pairs",
    network=Seq2SeqConfig,
    known_by=("bleu",),
    presets={
        name: {
            "tokens": "bpe",
            "vocab_size": size,
            "hidden": hidden,
            "embedding": hidden // 2,
            "batch_size": 2048,
            "max_length": 128,
            "learning_rate": 2e-3,
            "average": 0.998,
            "patience": 0,
        }
        for name, hidden, size in (("tiny", 128, 2_000), ("small", 256, 4_000), ("base", 512, 6_000))
    },
    rungs=_SEQ2SEQ_RUNGS,
    expected={3_000: 0.2, 22_000: 0.4, 224_000: 0.8},
    answers="seqtext.models.answers:TRANSLATE",
    commands=("translate",),
    question='"..."',
    help="""Learn to translate from pairs of sentences.

    \b
    seqtext train translate pairs.tsv --run runs/mine --minutes 30
    seqtext train translate corpus.en corpus.de --valid valid.en --valid valid.de --run runs/en-de
    seqtext translate --model runs/mine "A man rides a horse."

    A line of pairs.tsv is source<TAB>target; CSV, JSONL and Parquet have columns source and target, or other ones that
    --columns names. Two files such as corpus.en and corpus.de are read line by line. It takes 10 minutes unless
    --minutes, --epochs or --steps says otherwise. Ctrl-C saves, --resume goes on.
    """,
)

SUMMARIZE = Task(
    name="summarize",
    does="that summarizes",
    noun="summarizer",
    pipeline_tag="summarization",
    model="seqtext.models.summarizer:Summarizer",
    training="seqtext.training.tasks.seq2seq:SummarizeTask",
    prepare="seqtext.training.batches.pair_files:prepare_documents",
    evaluate="seqtext.evaluation.seq2seq:evaluate_summarizer",
    memory="seqtext.evaluation.memory:measure_pairs",
    network=Seq2SeqConfig,
    known_by=("rougeL",),
    presets={
        name: {
            "tokens": "bpe",
            "vocab_size": size,
            "hidden": hidden,
            "embedding": hidden // 2,
            "copy": True,
            "coverage": True,
            "batch_size": 4096,
            "max_length": 400,
            "learning_rate": 2e-3,
            "average": 0.998,
            "patience": 0,
        }
        for name, hidden, size in (("tiny", 128, 2_000), ("small", 256, 4_000), ("base", 512, 8_000))
    },
    rungs=_SEQ2SEQ_RUNGS,
    expected={19_000: 8.0, 190_000: 10.1, 1_920_000: 11.2},
    answers="seqtext.models.answers:SUMMARIZE",
    commands=("summarize",),
    question="--file article.txt --whole",
    help="""Learn to summarize from texts and their summaries.

    \b
    seqtext train summarize news.jsonl --columns source=article,target=headline --run runs/mine --minutes 45
    seqtext summarize --file article.txt --whole --model runs/mine

    The corpus holds pairs of source and target, as for translate. Of a long text, the first --max-length tokens are
    read. It takes 10 minutes unless --minutes, --epochs or --steps says otherwise. Ctrl-C saves, --resume goes on.
    """,
)

CLASSIFY = Task(
    name="classify",
    does="that labels texts",
    noun="classifier",
    pipeline_tag="text-classification",
    model="seqtext.models.classifier:Classifier",
    training="seqtext.training.tasks.classifier:ClassifyTask",
    prepare="seqtext.training.batches.label_files:prepare_labelled",
    evaluate="seqtext.evaluation.classifier:evaluate_classifier",
    network=ClassifyConfig,
    known_by=("accuracy", "micro_f1"),  # with several labels a text, there is no accuracy
    presets={
        name: {
            "vocab_size": size,
            "hidden": hidden,
            "embedding": hidden,
            "batch_size": 256,
            "max_length": 400,
            "learning_rate": 2e-3,
            "average": 0.99,
            "valid_share": 0.1,
            "evaluations": 20,
            "patience": 0,
        }
        for name, hidden, size in (("tiny", 32, 8_000), ("small", 64, 16_000), ("base", 128, 30_000))
    },
    rungs={
        "bag": {"encoder": "bag", "pooling": "mean"},
        "bag-pairs": {"encoder": "bag", "pooling": "mean", "pairs": 50_000},
        "bag-wide": {"encoder": "bag", "pooling": "mean", "pairs": 50_000, "wide": 100_000},
        "feedforward": {"encoder": "feedforward"},
        "convolution": {"encoder": "convolution"},
        "convolution-mean": {"encoder": "convolution", "pooling": "mean"},
        "rnn": {"encoder": "rnn"},
        "gru": {"encoder": "gru"},
        "lstm-forward": {"encoder": "lstm", "direction": "forward"},
        "lstm": {"encoder": "lstm"},
        "lstm-last": {"encoder": "lstm", "pooling": "last"},
        "mingru": {"encoder": "mingru"},
        "linear": {"encoder": "none", "letters": 5},
        "linear-wide": {"encoder": "none", "letters": 5, "wide": 1 << 21},
        "few": {"start": "fill-en", "encoder": "bag", "pooling": "max,mean", "probe": True},
        "fill-bag": {"start": "fill-en", "encoder": "bag", "pooling": "mean"},
        "fill-convolution": {"start": "fill-en", "encoder": "convolution"},
    },
    candidates=(
        "linear-wide",
        "linear",
        "few",
        "fill-convolution",
        "bag-wide",
        "convolution",
        "lstm",
        "fill-bag",
        "gru",
    ),
    minutes=3.0,
    expected={3_000: 0.37, 21_000: 0.58, 78_000: 0.61},
    modest="",
    answers="seqtext.models.answers:CLASSIFY",
    commands=("classify",),
    question='"..."',
    help="""Learn to label texts from texts that have labels.

    \b
    seqtext train classify reviews.tsv --run runs/mine --minutes 3
    seqtext train classify tickets.csv --columns text=title+body,label=queue --encoder convolution --run runs/mine
    seqtext train classify reviews.tsv --from fill-en --run runs/mine
    seqtext classify --model runs/mine "A lovely film."

    A line of reviews.tsv is label<TAB>text; CSV, JSONL and Parquet have columns label and text, or other ones that
    --columns names and the run remembers. With --multi-label, a cell may hold several labels (late|rude, late; rude or
    a list), or each label is a column of 0 and 1 (label=late+rude). --from takes over the tokens and vectors of a fill
    or language model, and its readers, whose states stand beside the vectors; with its own kind of --encoder, the
    readers learn on. It takes 3 minutes unless --minutes, --epochs or --steps says otherwise. Ctrl-C saves, --resume
    goes on.
    """,
)

#: Every task by its name, in the order in which a first use meets them.
TASKS: dict[str, Task] = {task.name: task for task in (FILL, GENERATE, ANOMALY, TRANSLATE, SUMMARIZE, CLASSIFY)}


def checked_paragraphs(task: Task, paragraphs: bool) -> bool | None:
    """Return whether to join lines; None for a task that never does.

    Raises ConfigError where such a task is asked to.
    """
    if paragraphs and not task.prose:
        prose = " and ".join(known.name for known in TASKS.values() if known.prose)
        message = f"{argument('paragraphs')} was given for {task.name}; only {prose} read texts whose lines are joined."
        raise ConfigError(message, f"leave {argument('paragraphs')} out")
    return paragraphs if task.prose else None
