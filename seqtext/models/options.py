"""Define options of commands that answer texts, as checked frozen dataclasses.

The command line and the server derive the options they accept from the fields.
"""

from dataclasses import dataclass, field, fields
from typing import Any

from seqtext.config import SUMMARY_SEARCH, ClozeConfig, SamplingConfig, SearchConfig
from seqtext.errors import ConfigError, argument, arguments
from seqtext.fields import check, flag, pairs, setting
from seqtext.models.markup.parts import KINDS

_TOP = "how many answers to give, best first"
_AVOID = "words that are not written, beside those that the model never shows"


@dataclass(frozen=True)
class FillOptions:
    """How blanks are filled."""

    top: int = setting(5, _TOP, low=1, high=1000)
    max_words: int = setting(1, "most words in one blank", low=1, high=1000)
    option: tuple[str, ...] = setting((), "rank these for the one blank instead")
    avoid: tuple[str, ...] = setting((), _AVOID)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class ClozeOptions(ClozeConfig):
    """How an exercise is made from a text."""

    avoid: tuple[str, ...] = setting(
        (), "words that are neither asked nor shown, beside those that the model never shows"
    )


@dataclass(frozen=True)
class NextOptions:
    """How the next word is forecast."""

    top: int = setting(5, _TOP, low=1, high=1000)
    complete: bool = flag(False, "the letters at the end of the text begin the word that is wanted")
    avoid: tuple[str, ...] = setting((), _AVOID)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class ScoreOptions:
    """How surprise is measured."""

    adapt: bool = flag(False, "what a text has held before surprises less")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class GenerateOptions(SamplingConfig):
    """How a text is continued."""

    length: int = setting(300, "how many characters to write, at most", low=1)
    stop: tuple[str, ...] = setting((), "end before any of these texts")
    seed: int | None = setting(None, "makes every random choice repeatable", low=0, high=2**31 - 1)
    adapt: bool = flag(False, "names and phrases of the prompt, and of what is written, come again")
    avoid: tuple[str, ...] = setting((), _AVOID)

    @property
    def sampling(self) -> SamplingConfig:
        """Return the settings by which each token is sampled."""
        return SamplingConfig(**{item.name: getattr(self, item.name) for item in fields(SamplingConfig)})


@dataclass(frozen=True)
class AnomalyOptions:
    """How lines are judged."""

    threshold: float | None = setting(None, "the score above which a line is anomalous; without it, that of training")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class TranslateOptions(SearchConfig):
    """How a text is translated."""

    target: str | None = setting(None, "into this language, with a bundled model", also="to")
    source: str | None = setting(None, "from this language", also="from")
    alignment: bool = flag(False, "also which word comes from which")
    avoid: tuple[str, ...] = setting((), _AVOID)
    glossary: tuple[tuple[str, str], ...] = pairs("how terms are translated, by the terms")
    marks: str = setting("auto", "the marks in a text, which are kept: of which kind they are", choices=KINDS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.glossary != ():  # refuses null of JSON, too
            from seqtext.models.glossary import checked  # imported late: it compiles patterns, and few use a glossary

            checked(self.glossary)

    @property
    def more(self) -> dict[str, Any]:
        """Return further arguments, beside the search and the words to avoid."""
        given = {"glossary": dict(self.glossary), "marks": self.marks if self.marks != "auto" else ""}
        return {name: value for name, value in given.items() if value}

    @property
    def search(self) -> SearchConfig:
        """Return the settings of beam search for the translation."""
        return search_of(self)


def _for_summaries(name: str) -> Any:
    """Make a field of `SearchConfig` anew, with the default of summaries."""
    return field(default=SUMMARY_SEARCH[name], metadata=SearchConfig.__dataclass_fields__[name].metadata)


@dataclass(frozen=True)
class SummarizeOptions(SearchConfig):
    """How a document is summarized."""

    length_penalty: float = _for_summaries("length_penalty")
    no_repeat: int = _for_summaries("no_repeat")
    max_words: int | None = setting(None, "most words of a summary", low=1)
    extract: bool = flag(False, "without a model: the sentences of the document that say most")
    sentences: int = setting(3, "how many, where sentences are quoted", low=1)
    lead: int | None = setting(None, "without a model: so many first sentences of the document", low=1)
    avoid: tuple[str, ...] = setting((), _AVOID)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.extract and self.lead:
            raise ConfigError(
                f"{argument('extract')} and {argument('lead')} were given; one of them is accepted.",
                arguments(lead=self.lead),
            )

    @property
    def search(self) -> SearchConfig:
        """Return the settings of beam search for the summary."""
        return search_of(self)

    @property
    def quotes(self) -> bool:
        """Tell whether the summary quotes sentences of the document, without a model."""
        return self.extract or self.lead is not None

    @property
    def where_unusual(self) -> dict[str, int]:
        """Return no `extract_unusual` for `Summarizer.summarize`: the network answers all."""
        return {}


@dataclass(frozen=True)
class BundledSummarizeOptions(SummarizeOptions):
    """Hold the options of summaries for requests that name no model."""

    @property
    def where_unusual(self) -> dict[str, int]:
        """Return arguments for unusual documents: how many own sentences to quote."""
        return {"extract_unusual": self.sentences}


def where_unusual_extracted(options: SummarizeOptions) -> BundledSummarizeOptions:
    """Adapt the options for requests that name no model.

    The bundled model then answers unusual documents with their own sentences.
    """
    return BundledSummarizeOptions(**{item.name: getattr(options, item.name) for item in fields(options)})


@dataclass(frozen=True)
class ClassifyOptions:
    """How labels are given."""

    top: int = setting(3, "how many labels to give", low=1)
    explain: bool = flag(False, "also how much each word speaks for the first label")
    reject: bool = flag(False, "no label for a text unlike those that the model has learnt from")
    labels: str | None = setting(
        None, "labels of your own, without training, with commas between: fillings of the prompt's blank; WORD=LABEL "
        "gives a filling another name",
    )  # fmt: skip
    prompt: str | None = setting(None, "with labels: what stands behind a text, such as It was ___.")

    def __post_init__(self) -> None:
        check(self)
        if self.labels is None and self.prompt is not None:
            raise ConfigError(
                f"{argument('prompt')} was given without {argument('labels')}, which fill its blank.",
                arguments(labels="good,bad", prompt="It was ___."),
            )
        alone = [name for name in ("explain", "reject") if getattr(self, name)]
        if self.labels is not None and alone:
            raise ConfigError(
                f"{argument(alone[0])} was given with {argument('labels')}; only a classifier that has learnt its "
                "labels has it.",
                f"leave {argument(alone[0])} out",
            )


def search_of(options: SearchConfig) -> SearchConfig:
    """Extract the settings of beam search from options."""
    return SearchConfig(**{item.name: getattr(options, item.name) for item in fields(SearchConfig)})
