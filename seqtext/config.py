"""Define settings as frozen dataclasses that check themselves.

Each field has its help text and its accepted range or choices; the command line makes its options of them, so that a
default is written once. All raise ConfigError for a value that is not accepted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seqtext.errors import ConfigError, argument, arguments, either, nearest
from seqtext.fields import check, flag, setting
from seqtext.masks import MASK_KINDS, Masks, parse_masks
from seqtext.patterns import check_pattern

SEQ2SEQ_CELLS = ("rnn", "gru", "lstm")
RECURRENT_CELLS = (*SEQ2SEQ_CELLS, "mingru")
READERS = (*RECURRENT_CELLS, "feedforward", "convolution")
DIRECTIONS = ("forward", "backward", "both")
TOKENS = ("char", "word", "bpe")
SOFTMAXES = ("auto", "full", "sampled")
ENCODERS = ("bag", "feedforward", "convolution", *RECURRENT_CELLS)
WEIGHTINGS = ("presence", "tfidf")
POOLINGS = ("max", "mean", "last", "attention")
ATTENTIONS = ("dot", "additive")
VOCABULARIES = ("joint", "separate")
DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "fp32", "bf16")
#: Settings that exclude each other.
BUDGETS = ("minutes", "epochs", "steps")
_WIDE = 1 << 19  # buckets of hashed words and runs where nothing else reads


@dataclass(frozen=True)
class TokenizerConfig:
    """How text is cut into tokens."""

    tokens: str = setting("word", "what a token is: char, word or bpe (pieces)", choices=TOKENS)
    vocab_size: int = setting(
        32_000,
        "most tokens the vocabulary may hold; with --from, a larger number than the model's adds the most frequent "
        "words that it lacks (fill, generate, anomaly, where tokens are words)",
        low=300,
        high=1_000_000,
    )
    min_count: int = setting(2, "a word rarer than this is spelled, not kept whole", low=1)
    mask: str = setting(
        "",
        f"what is learnt as a stand-in, such as <email>, and read so in every question: {', '.join(MASK_KINDS)}, with "
        "commas between; what is written may hold one",
        shapes=False,
    )

    def __post_init__(self) -> None:
        check(self)
        parse_masks(self.mask)

    @property
    def masks(self) -> Masks:
        """Return the masks, which write the stand-ins."""
        return Masks(parse_masks(self.mask))


def _refuse_bag(cell: str, reason: str) -> None:
    if cell == "bag":
        raise ConfigError(
            f"{either('cell', '--encoder')} received 'bag'. {reason} that a bag ignores; accepted are "
            f"{', '.join(READERS)}.",
            either(f"cell={READERS[-2]!r}", f"--encoder {READERS[-2]}"),
        )


def _dropout(default: float, where: str) -> Any:
    """Make the field of a dropout; where: a phrase that says where the same units are dropped."""
    text = f"most units dropped, the same ones {where}; none on the first pass"
    return setting(default, text, low=0.0, high=0.95, shapes=False)


def _either(names: Sequence[str]) -> str:
    """List names: "rnn, gru or lstm"."""
    return f"{', '.join(names[:-1])} or {names[-1]}"


_WINDOWS = ", ".join(name for name in READERS if name not in RECURRENT_CELLS)
_KINDS = f"a recurrent cell ({', '.join(RECURRENT_CELLS)}), or a window of the last tokens ({_WINDOWS})"
_WINDOW = "tokens that a layer of feedforward or convolution sees at once"


@dataclass(frozen=True)
class FillConfig:
    """The blank filler's network, and how it begins to learn."""

    cell: str = setting("lstm", f"what reads each side: {_KINDS}", choices=READERS, also="encoder")
    layers: int = setting(1, "layers in each direction", low=1, high=16)
    hidden: int = setting(512, "units of a layer", low=1, high=8192)
    embedding: int = setting(256, "size of a token's vector (input and output are tied)", low=1, high=8192)
    window: int = setting(5, _WINDOW, low=1, high=99)
    direction: str = setting("both", "which side of the blank is read: forward, backward or both", choices=DIRECTIONS)
    bag: bool = flag(True, "also weigh the sentence's words regardless of their order")
    solo: float = setting(
        0.3, "share of positions at which one kind of evidence answers alone", low=0.0, high=0.9, shapes=False
    )
    dropout: float = _dropout(0.1, "at every step of a text")
    counting: bool = flag(
        True, "begin with word vectors counted from the corpus, if it has a million tokens", shapes=False
    )
    vectors: float = setting(
        0.1,
        "share of the budget, at its start, in which only the word vectors learn, from bags of words",
        low=0.0,
        high=0.9,
        shapes=False,
    )

    def __post_init__(self) -> None:
        _refuse_bag(
            self.cell, f"A bag of words stands beside the readers anyway ({argument('bag')}), which look at the order"
        )
        check(self)


@dataclass(frozen=True)
class LanguageConfig:
    """The language model's network."""

    cell: str = setting("gru", f"what reads the text: {_KINDS}", choices=READERS, also="encoder")
    layers: int = setting(1, "layers", low=1, high=16)
    hidden: int = setting(512, "units of a layer", low=1, high=8192)
    embedding: int = setting(128, "size of a token's vector (input and output are tied)", low=1, high=8192)
    dropout: float = _dropout(0.4, "throughout a window")
    window: int = setting(5, _WINDOW, low=1, high=99)

    def __post_init__(self) -> None:
        _refuse_bag(self.cell, "What comes next depends on the order")
        check(self)


@dataclass(frozen=True)
class LogTokenizerConfig(TokenizerConfig):
    """How lines are joined, and cut into tokens."""

    tokens: str = setting(
        "auto",
        "what a token is: char, word, bpe, or auto: word for sessions of events, char for other lines",
        choices=("auto", *TOKENS),
    )
    group: str = setting(
        "",
        r"a regular expression of ids, such as blk_\S+ (of one with a group, what the group matches): the lines with "
        "one id are a session, of which it is learnt which lines come in which order",
    )
    session_lines: int = setting(0, "so many lines in a row are a session; 0 for none", low=0, high=1_000)
    record_start: str = setting(
        "",
        "a line that this regular expression matches begins a record, others go on; indent: indented lines, and the "
        "usual ones of stack traces, go on",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_pattern("group", self.group, r"blk_\S+")
        check_pattern("record_start", self.record_start, "^[0-9]{4}-")
        if self.group and self.session_lines:
            raise ConfigError(
                f"{argument('group')} and {argument('session_lines')} were both given; one of them makes sessions.",
                arguments(group=self.group),
            )
        if (self.group or self.session_lines) and self.tokens not in ("auto", "word"):
            raise ConfigError(
                f"{argument('tokens')} received {self.tokens!r} for sessions, whose tokens are words, one for a line.",
                arguments(tokens="word"),
            )


#: Settings for joining lines.
GROUPING = ("group", "session_lines", "record_start")


@dataclass(frozen=True)
class AnomalyConfig(LanguageConfig):
    """The anomaly detector's language model, and its threshold."""

    false_alarms: float = setting(
        0.01, "share of held-out normal lines that the threshold may call anomalous", low=1e-6, high=0.5
    )


@dataclass(frozen=True)
class Seq2SeqConfig:
    """The encoder–decoder's network."""

    cell: str = setting("lstm", f"recurrent cell: {_either(SEQ2SEQ_CELLS)}", choices=SEQ2SEQ_CELLS)
    layers: int = setting(1, "recurrent layers, of the encoder and of the decoder", low=1, high=16)
    hidden: int = setting(512, "units of a recurrent layer; half of them read each way", low=2, high=8192)
    embedding: int = setting(256, "size of a token's vector (input and output are tied)", low=1, high=8192)
    attention: str = setting("dot", "how the source is looked at: dot or additive", choices=ATTENTIONS)
    vocabulary: str = setting("joint", "joint: both sides share their tokens; or separate", choices=VOCABULARIES)
    copy: bool = flag(False, "also copy tokens of the source, so that names and numbers never seen come through")
    coverage: bool = flag(False, "remember how much of each source token was looked at, against repetition")
    label_smoothing: float = setting(
        0.1, "share of the target that is spread over all tokens", low=0.0, high=0.9, shapes=False
    )
    dropout: float = _dropout(0.3, "throughout a text")

    def __post_init__(self) -> None:
        check(self)
        if self.hidden % 2:
            raise ConfigError(
                f"{argument('hidden')} received {self.hidden}; an even number is accepted, half of it reads each way.",
                arguments(hidden=self.hidden + 1),
            )
        if self.copy and self.vocabulary == "separate":
            raise ConfigError(
                f"{argument('copy')} and {arguments(vocabulary='separate')} were both given; only tokens "
                "that both sides share can be copied.",
                f"{arguments(vocabulary='joint')}, or {arguments(copy=False)}",
            )


_UNITS = {"": 1, "k": 1000, "m": 1_000_000, "g": 1_000_000_000}


def bytes_of(size: str) -> int:
    """Read a typed size in bytes; 0 for "".

    A kB has 1,000 bytes. Raises ConfigError for what is no size from 10 kB to 1 TB.

    >>> bytes_of("5MB"), bytes_of("800 kB"), bytes_of("1.5M")
    (5000000, 800000, 1500000)
    """
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,9})?)\s*([kmg]?)b?", size.strip().lower())
    if not size:
        return 0
    if match is None or not 10_000 <= (value := round(float(match[1]) * _UNITS[match[2]])) <= 10**12:
        raise ConfigError(
            f"{argument('size')} received {size!r:.80}; a size from 10kB on is accepted, in kB, MB or GB.",
            arguments(size="5MB"),
        )
    return value


def _check_widths(widths: str) -> None:
    if not all(width.isdecimal() and 1 <= int(width) <= 99 for width in widths.split(",")):
        raise ConfigError(
            f"{argument('widths')} received {widths!r}; numbers from 1 to 99 with commas between are accepted.",
            arguments(widths="2,3,4"),
        )


def _check_poolings(pooling: str) -> None:
    kinds = pooling.split(",")
    fault = next((kind for kind in kinds if kind not in POOLINGS or kinds.count(kind) > 1), None)
    if fault is not None:
        raise ConfigError(
            f"{argument('pooling')} received {pooling!r}; accepted are {', '.join(POOLINGS)}, each once, with commas "
            "between.",
            arguments(pooling=nearest(fault, POOLINGS)),
        )


def _check_context(context: str) -> None:
    cell, layers, hidden, direction = [*context.split(","), "", "", ""][:4]
    good = cell in RECURRENT_CELLS and direction in DIRECTIONS and context.count(",") == 3
    if context != "none" and not (
        good and all(count.isdecimal() and 1 <= int(count) <= 8192 for count in (layers, hidden))
    ):
        raise ConfigError(
            f"{argument('context')} received {context!r}; none is accepted, and what {argument('start')} fills in, as "
            "in lstm,1,512,both.",
            arguments(context="none"),
        )


@dataclass(frozen=True)
class ClassifyConfig:
    """The classifier's network."""

    encoder: str = setting(
        "lstm",
        "what reads the tokens: bag (ignores their order), feedforward (sees a window of them), convolution, "
        f"{_either(RECURRENT_CELLS)}; none is logistic regression on hashed words and runs, fitted in seconds",
        choices=(*ENCODERS, "none"),
    )
    layers: int = setting(1, "layers of the encoder", low=1, high=16)
    hidden: int = setting(128, "units of a layer, of each direction, of each width of a filter", low=1, high=8192)
    embedding: int = setting(128, "size of a token's vector", low=1, high=8192)
    direction: str = setting("both", "how a recurrent encoder reads: forward, backward or both", choices=DIRECTIONS)
    window: int = setting(5, "tokens that a feedforward encoder sees at once", low=1, high=99)
    widths: str = setting("2,3,4", "widths of the filters of a convolution, with commas between")
    stride: int = setting(1, "tokens from one step of a convolution to the next, in every layer", low=1, high=99)
    dilation: int = setting(
        1, "tokens from one place of a convolution's filter to the next, in every layer", low=1, high=99
    )
    pool_width: int = setting(
        1, "steps of which the largest values are kept, between two layers of a convolution", low=1, high=99
    )
    pairs: int = setting(
        0, "buckets of hashed runs of neighbours, which let a bag see some order; 0 has none", low=0, high=10_000_000
    )
    wide: int = setting(
        0, "buckets of hashed words and runs, each with a score for every label; for much text; 0 has none",
        low=0, high=10_000_000,
    )  # fmt: skip
    ngrams: int = setting(
        2, "longest run of neighbours that --pairs and --wide hash; 5 suits characters", low=2, high=9
    )
    weighting: str = setting(
        "presence", "how much a hashed run counts: presence counts each once, tfidf is what --encoder none has",
        choices=WEIGHTINGS,
    )  # fmt: skip
    letters: int = setting(
        0, "longest run of letters within a word that tfidf counts, too, of 3 and more; 0 has none", low=0, high=9,
        named="letter_ngrams",
    )  # fmt: skip
    context: str = setting(
        "none",
        "readers whose states stand beside each token's vector, as CELL,LAYERS,HIDDEN,DIRECTION; those of --from stand "
        "beside an --encoder of your own unless this is none",
    )
    pooling: str = setting("max", "how states become one: max, mean, last, attention, or several with commas between")
    probe: bool = flag(
        False, "fit only a linear layer, in seconds, over what --encoder bag reads with --from; for few labels",
        shapes=False,
    )  # fmt: skip
    blend: bool = flag(
        False, "add the scores of --encoder none to the trained network's, where held-out text is better for it",
        shapes=False,
    )  # fmt: skip
    several: bool = flag(
        False, "a text may have several labels, in a cell with | or ; between, as a list or as a column each, or none",
        named="multi_label",
    )  # fmt: skip
    balance: float = setting(
        0.0, "how much rare labels are favoured: 1 counts every label alike, 0 every text",
        low=0.0, high=1.0, shapes=False)  # fmt: skip
    label_smoothing: float = setting(
        0.1, "share of the target that is spread over all labels", low=0.0, high=0.9, shapes=False
    )
    dropout: float = _dropout(0.5, "throughout a text")
    frozen: float = setting(
        0.05,
        "share of the budget, at its start, in which what --from gave does not change",
        low=0.0,
        high=1.0,
        shapes=False,
    )
    size: str = setting("", "most that the model's files may take, as in 5MB; what that costs is told", shapes=False)

    def __post_init__(self) -> None:
        check(self)
        bytes_of(self.size)
        _check_widths(self.widths)
        _check_poolings(self.pooling)
        _check_context(self.context)

    @property
    def filter_widths(self) -> tuple[int, ...]:
        """Return the widths of a convolution's filters, in ascending order."""
        return tuple(sorted({int(width) for width in self.widths.split(",")}))

    @property
    def linear(self) -> bool:
        """Tell whether the model is linear in hashed words and runs.

        It has no encoder then, and is fitted in seconds.
        """
        return self.encoder == "none"

    @property
    def buckets(self) -> int:
        """Return the number of buckets of hashed words and runs.

        Without an encoder there are always some, even where `wide` asks for none.
        """
        return self.wide or (_WIDE if self.linear else 0)

    @property
    def has_idf(self) -> bool:
        """Tell whether hashed words and runs are weighted by tf-idf."""
        return self.buckets > 0 and (self.linear or self.weighting == "tfidf")

    @property
    def poolings(self) -> tuple[str, ...]:
        """Return the kinds of pooling to concatenate."""
        return tuple(self.pooling.split(","))


@dataclass(frozen=True)
class SearchConfig:
    """How an answer is looked for."""

    beam: int = setting(
        5, "how many beginnings are followed at once; 1 always takes the likeliest token", low=1, high=1000
    )
    n_best: int = setting(1, "how many answers are given, best first; at most as many as --beam", low=1, high=1000)
    length_penalty: float = setting(
        0.6, "higher favours longer answers; 0 compares bare probabilities", low=0.0, high=10.0
    )
    coverage_penalty: float = setting(
        0.0, "higher favours answers that look at every token of the source", low=0.0, high=10.0
    )
    no_repeat: int = setting(0, "no run of so many tokens comes twice; 0 allows it", low=0, high=1000)
    min_length: int = setting(1, "fewest tokens of an answer; 0 allows an empty one", low=0, high=100_000)
    max_length: int = setting(0, "most tokens of an answer; 0 takes what the model and the source suggest", low=0)

    def __post_init__(self) -> None:
        check(self)
        if self.n_best > self.beam:
            raise ConfigError(
                f"{argument('n_best')} received {self.n_best}, but {argument('beam')} is {self.beam}; at most as "
                "many are accepted.",
                arguments(n_best=self.n_best, beam=self.n_best),
            )
        if 0 < self.max_length < self.min_length:
            raise ConfigError(
                f"{argument('min_length')} received {self.min_length}, but {argument('max_length')} is "
                f"{self.max_length}.",
                arguments(max_length=self.min_length),
            )


#: What differs where a summary is looked for. With a length penalty of 1.5 summarize-en writes 14.8 words about a page,
#: with 0.6 12.4, where its description has 19: ROUGE-1 is 39.3 instead of 37.6, and papers lose nothing.
SUMMARY_SEARCH: dict[str, Any] = {"no_repeat": 3, "length_penalty": 1.5}


@dataclass(frozen=True)
class SamplingConfig:
    """How new text is drawn."""

    temperature: float = setting(
        0.8, "higher is more surprising; 0 always takes the likeliest token", low=0.0, high=100.0
    )
    top_k: int | None = setting(None, "draw only from this many of the likeliest tokens", low=1)
    top_p: float | None = setting(
        None, "draw only from the likeliest tokens that together reach this probability", low=0.0001, high=1.0
    )
    min_p: float | None = setting(
        None, "draw only tokens at least this share as probable as the likeliest one", low=0.0, high=1.0
    )
    repetition_penalty: float = setting(
        1.0, "tokens of the last 64 are made less likely; 1 does nothing", low=1.0, high=100.0
    )

    def __post_init__(self) -> None:
        check(self)


DIFFICULTIES = ("easy", "medium", "hard")


@dataclass(frozen=True)
class ClozeConfig:
    """How an exercise is made from a text."""

    every: int | None = setting(
        None, "make every n-th word a gap, or the next that may be one; without it, --hardness decides",
        low=1, high=1000,
    )  # fmt: skip
    hardness: str = setting("medium", "how well the text must determine the words", choices=DIFFICULTIES)
    options: int | None = setting(
        None, "how many words to choose from, the answer among them; 0 for none.  [default: 4, with --letters 0]",
        low=0, high=10,
    )  # fmt: skip
    letters: int = setting(0, "leave so many first letters of the answer standing", low=0, high=10)
    items: int | None = setting(None, "most gaps, spread over the text", low=1, high=100_000)
    seed: int = setting(0, "the order of the options, and which of those that would do", low=0, high=2**32 - 1)
    names: bool = flag(False, "names may be gaps, too")
    numbers: bool = flag(False, "numbers may be gaps, too")
    function_words: bool = flag(False, "function words (the, of, she …) may be gaps, too")

    def __post_init__(self) -> None:
        check(self)
        if self.options == 1:
            raise ConfigError(
                f"{argument('options')} received 1; 0 for none, or from 2 to 10 are accepted.", arguments(options=4)
            )
        if self.letters and self.options:
            raise ConfigError(
                f"{argument('letters')} received {self.letters} and {argument('options')} {self.options}; with "
                "words to choose from, letters would tell the answer.",
                arguments(letters=self.letters, options=0),
            )

    @property
    def choices(self) -> int:
        """Return the number of words to choose from."""
        return self.options if self.options is not None else 0 if self.letters else 4


@dataclass(frozen=True)
class TrainingConfig:
    """How long, how fast and where a network learns."""

    minutes: float | None = setting(None, "train for this many minutes, schedule spread over them", low=0.01)
    epochs: float | None = setting(None, "train for this many passes over the corpus", low=0.001)
    steps: int | None = setting(None, "train for this many updates", low=1)
    batch_size: int = setting(8192, "tokens in one update, all processes together", low=16)
    max_length: int = setting(64, "longest stretch of text read at once, in tokens", low=4, high=65_536)
    learning_rate: float = setting(3e-3, "highest learning rate of AdamW", low=1e-9, high=10.0)
    weight_decay: float = setting(0.01, "AdamW's weight decay", low=0.0, high=10.0)
    warmup: float = setting(0.05, "share of the budget in which the learning rate rises", low=0.0, high=1.0)
    clip: float = setting(1.0, "largest norm of the gradient", low=1e-6)
    average: float = setting(0.0, "decay of the running average of the weights; 0 keeps none", low=0.0, high=0.99999)
    softmax: str = setting("auto", "full, or sampled for large vocabularies", choices=SOFTMAXES)
    samples: int = setting(4096, "negative samples of the sampled softmax, shared by a batch", low=1)
    evaluations: int = setting(10, "how often held-out text is measured over the whole budget", low=1)
    patience: int = setting(4, "stop after this many evaluations without a gain on held-out text; 0 never stops", low=0)
    valid_share: float = setting(0.02, "share of the lines held out when no --valid is given", low=0.0, high=0.5)
    seed: int = setting(1, "makes every random choice repeatable", low=0, high=2**31 - 1)
    save_seconds: float = setting(60.0, "seconds between checkpoints", low=0.0)
    threads: int = setting(0, "processor threads; 0 tries how many learn fastest", low=0, high=1024)
    device: str = setting("auto", "where to train: auto, cpu or cuda", choices=DEVICES)
    precision: str = setting("auto", "auto, fp32 or bf16", choices=PRECISIONS)
    deterministic: bool = flag(False, "make a GPU repeat every bit, as a CPU does anyway; it is slower then")

    def __post_init__(self) -> None:
        check(self)
        given = [name for name in BUDGETS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ConfigError(
                f"{argument(given[0])} and {argument(given[1])} were both given; one of "
                f"{', '.join(map(argument, BUDGETS))} is accepted.",
                arguments(**{given[0]: getattr(self, given[0])}),
            )

    @property
    def unit(self) -> str:
        """Name the given budget: "minutes", "epochs" or "steps"; "" without one."""
        return next((name for name in BUDGETS if getattr(self, name) is not None), "")
