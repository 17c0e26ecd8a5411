"""Fill the blanks of texts in NumPy.

Text with blanks comes in, words with probabilities go out. The equations are those of `seqtext.networks.blank_filler`,
an extension of context2vec (Melamud, Goldberger and Dagan 2016, CoNLL); here the left reader stops at a blank, the
right reader comes down to it, and their states meet over the vocabulary.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords, TrieState
from seqtext.blanks import BLANK, BlankedText, read_blanks
from seqtext.config import ClozeConfig, FillConfig, TrainingConfig
from seqtext.errors import InputError, ModelError, either
from seqtext.fields import check_count, is_number, is_whole
from seqtext.models.base import Model
from seqtext.models.blank_search import Blanks, BlankSearch
from seqtext.models.blank_text import cased, in_usual_letters, written
from seqtext.models.many import Texts, answer_each, check_text, groups_of_like_length, in_order
from seqtext.networks.blank_filler import FillReaders, expected_shapes
from seqtext.networks.cells import log_softmax
from seqtext.networks.evidence import Around, Option, read_around, weigh_evidence
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.threads import one_thread, side_by_side
from seqtext.storage.model_folder import Contents
from seqtext.storage.weights import check_shapes

if TYPE_CHECKING:
    from seqtext.models.classifier import Classification
    from seqtext.models.cloze import ClozeMaker
    from seqtext.models.exercises import Exercise
    from seqtext.models.expected_words import ExpectedWords
    from seqtext.models.gaps import WordKinds
    from seqtext.models.searched_words import SearchedWords
    from seqtext.models.zero_shot import Labels, Verbalizer

BATCH = 512  # texts that are answered at once
_GROUP = 128  # texts of a batch that are read side by side
_RESCORED = 32  # options of a text, at most, that are also scored by the words nearby
_LONGEST = 65_536  # tokens that training may read at once
_BEAM = 8
_WIDE = 100  # largest beam when few fillings fit the blanks' limits
_WIDEST = 2000  # largest beam when avoided words rule fillings out
EVIDENCE = ("span", "left", "right", "nearby", "bag", "word")
_EXAMPLE = either(
    'model.fill("The quick brown ___ jumped over the lazy dog.")',
    'seqtext fill "The quick brown ___ jumped over the lazy dog."',
)
_TOLD = either(
    'model.cloze("The lamp was lit, and the children sat at the table.")',
    'seqtext cloze "The lamp was lit, and the children sat at the table."',
)
_LABELLED = 'model.classify("A fine film.", ["good", "bad"], "It was ___.")'


class Fill(NamedTuple):
    """Hold a filling of a text's blanks, with its probability. It has the whole text and the words of each blank."""

    text: str
    blanks: tuple[str, ...]
    probability: float


class Choice(NamedTuple):
    """Hold a blank's option and its probability among the options given."""

    option: str
    probability: float


Options = Sequence[str] | Sequence[Sequence[str]]


class _Question(NamedTuple):
    """A text with one blank, its options and their token ids."""

    parts: list[str]
    options: list[str]
    ids: list[NDArray[np.int32]]


class _Read(NamedTuple):
    """What stands around the blanks of a text, as the network reads it; shouted: whether it was in capitals."""

    parts: list[str]
    shouted: bool


class BlankFiller(Model):
    """Fill the blanks (two or more underscores) of texts.

    It is safe to share between threads.

    >>> import seqtext
    >>> model = seqtext.load("fill-en")  # doctest: +SKIP
    >>> model.fill("The quick brown ___ jumped over the lazy dog.")[0].blanks  # doctest: +SKIP
    ('fox',)
    """

    task = "fill"
    reads_spacing = False

    def __init__(self, contents: Contents) -> None:
        super().__init__(contents)
        self.config = self._part("network", FillConfig)
        weights = check_shapes(contents.weights, expected_shapes(self.config, self.tokenizer.size))
        # Training predicts END at a tenth of the positions, but in use it follows every word: this corrects its odds.
        odds = self._number("words_per_token", 1.0) * 0.9 / 0.1
        self.readers = FillReaders(self.config, weights, float(np.log(odds)))
        self._mirrored = self.config.direction == "backward"
        self.temperature = self._number("temperature", 1.0)
        self._search = BlankSearch(self.readers, self.tokenizer, self._mirrored, self.temperature)
        self._option_weights = self._evidence_weights()
        self._most_read = self._longest_learnt()

    @overload
    def fill(self, text: str, top: int = 5, max_words: int = 1, avoid: Collection[str] = ()) -> list[Fill]: ...

    @overload
    def fill(self, text: Texts, top: int = 5, max_words: int = 1, avoid: Collection[str] = ()) -> list[list[Fill]]: ...

    @overload
    def fill(
        self, text: Iterable[str], top: int = 5, max_words: int = 1, avoid: Collection[str] = ()
    ) -> Iterator[list[Fill]]: ...

    def fill(
        self, text: str | Texts | Iterable[str], top: int = 5, max_words: int = 1, avoid: Collection[str] = ()
    ) -> list[Fill] | list[list[Fill]] | Iterator[list[Fill]]:
        """Fill all blanks of a text jointly, the most probable filling first.

        text: one, a list of them or a stream, see `seqtext.models.many`; top: number of fillings; max_words: most words
        in one blank; avoid: words that are not offered, beside those of the model, see `seqtext.avoided_words`.
        Probabilities are of the whole filling, calibrated on held-out text for single words; they are not renormalized
        when words are avoided. A blank may say what it takes, as ___[t..] does, see `seqtext.blanks`; max_words applies
        to the others. Fillings that a blank does not take keep their share of the probability, too; the list is empty
        if the model knows no filling that fits. Raises InputError for a text without a blank, and for a blank that
        cannot be read.
        """
        check_count("top", top, high=1000, good=5)
        check_count("max_words", max_words, high=1000, good=5)
        words = self.avoided(avoid)
        return answer_each(text, lambda texts: self._fill(texts, top, max_words, words), BATCH, _EXAMPLE)

    def _fill(self, texts: list[str], top: int, max_words: int, avoided: AvoidedWords) -> list[list[Fill]]:
        typed = list(map(read_text, texts))
        read = [self._read(text.parts) for text in typed]
        segments = self._segments([text.parts for text in read])

        @may_overflow()
        def answered(group: list[int]) -> list[list[Fill]]:
            blanked = [Blanks(typed[k].blanks, read[k].parts, segments[k], read[k].shouted) for k in group]
            with one_thread():
                rankings = self._fillings(blanked, top, max_words, avoided)
            return [_ranked(typed[k].parts, ranked, top) for k, ranked in zip(group, rankings, strict=True)]

        groups = groups_of_like_length([sum(map(len, some)) for some in segments], _GROUP)
        return in_order(groups, side_by_side(answered, groups))

    def _fillings(
        self, texts: list[Blanks], top: int, max_words: int, avoided: AvoidedWords
    ) -> list[dict[tuple[str, ...], float]]:
        """Search fillings with their probabilities, with a wider beam where too few are left."""
        kept: list[dict[tuple[str, ...], float]] = [{} for _ in texts]
        seen = [0] * len(texts)  # fillings of the last search; if a wider search finds no more, none exist
        beam, wanting = max(_BEAM, 2 * top), list(range(len(texts)))
        while wanting:
            narrow = []
            for k, fillings in zip(
                wanting, self._search.fill([texts[k] for k in wanting], beam, max_words), strict=True
            ):
                merged = written(fillings, texts[k].parts, texts[k].shouted)
                check_finite(list(merged.values()))
                kept[k] = merged if not len(avoided) else _without(merged, texts[k].parts, avoided)
                avoided_some = seen[k] < len(merged) and len(kept[k]) < min(top, len(merged)) and beam < _WIDEST
                missed = len(merged) < top and beam < _WIDE and self._search.may_miss(texts[k])
                if avoided_some or missed:
                    narrow.append(k)
                seen[k] = len(merged)
            beam, wanting = min(4 * beam, _WIDEST), narrow
        return kept

    @overload
    def choose(self, text: str, options: Options) -> list[Choice]: ...

    @overload
    def choose(self, text: Texts, options: Options) -> list[list[Choice]]: ...

    @overload
    def choose(self, text: Iterable[str], options: Options) -> Iterator[list[Choice]]: ...

    def choose(
        self, text: str | Texts | Iterable[str], options: Options
    ) -> list[Choice] | list[list[Choice]] | Iterator[list[Choice]]:
        """Rank given options for the only blank of a text, best first.

        The probabilities of the options sum to 1.
        text: one, a list of them or a stream, see `seqtext.models.many`; options: words or phrases for all texts, or a
        list of them for each text, in a list as long as that of the texts.
        The score is a weighted sum of the kinds of `evidence`, with the weights of "evidence" in config.json. By
        default, it adds the fit between both sides and the bag of words and subtracts the word's own score from each:
        options are often words of similar frequency that differ in topic. Words nearby, if they have a weight, are
        scored for the best 32 options. Options that the model reads alike (a word given twice, or with other white
        space) count once. Raises InputError without options, for an option that the blank does not take, and unless the
        text has exactly one blank.
        """
        if isinstance(text, str) or _for_all(options):
            checked = _checked_options(options)
            return answer_each(
                text, lambda texts: self._choose([(passage, checked) for passage in texts]), BATCH, _EXAMPLE
            )
        texts = list(text)
        if len(texts) != len(options):
            raise InputError(
                f"{len(texts):,} texts and {len(options):,} lists of options were received; one for each is expected.",
                'choose(texts, ["fox", "dog"])',
            )
        pairs: Any = list(zip(texts, options, strict=True))
        return answer_each(pairs, self._choose, BATCH, _EXAMPLE)

    def _choose(self, questions: list[Any]) -> list[list[Choice]]:
        """Rank the options of each question, a pair of text and options."""
        asked = [self._question(text, options) for text, options in questions]
        return [
            _ranked_options(question, scores)
            for question, scores in zip(asked, self._scores(asked, self._option_weights), strict=True)
        ]

    def _scores(self, asked: list[_Question], weights: Mapping[str, float]) -> list[NDArray[np.float64]]:
        """Score the options of each question: unnormalized log-probabilities (nats), (options,).

        weights: of the kinds of evidence
        """
        segments = self._segments([question.parts for question in asked])

        def answered(group: list[int]) -> list[NDArray[np.float64]]:
            with one_thread():
                scores = self._option_scores([segments[k] for k in group], [asked[k].ids for k in group], weights)
            check_finite(np.concatenate(scores))
            return [row / self._choice_temperature for row in scores]

        groups = groups_of_like_length([sum(map(len, some)) for some in segments], _GROUP)
        return in_order(groups, side_by_side(answered, groups))

    @overload
    def classify(self, texts: str, labels: "Labels", prompt: str = ..., top: int = ...) -> "Classification": ...

    @overload
    def classify(self, texts: Texts, labels: "Labels", prompt: str = ..., top: int = ...) -> "list[Classification]": ...

    @overload
    def classify(
        self, texts: Iterable[str], labels: "Labels", prompt: str = ..., top: int = ...
    ) -> "Iterator[Classification]": ...

    def classify(
        self, texts: str | Texts | Iterable[str], labels: "Labels", prompt: str = "It was ___.", top: int = 3
    ) -> "Classification | list[Classification] | Iterator[Classification]":
        """Classify texts zero-shot, with labels as fillings of a prompt's blank.

        The prompt is appended to each text.
        texts: one, a list of them or a stream, see `seqtext.models.many`; labels: a list of them, or the label of each
        filling, as in {"good": "positive", "bad": "negative"}; prompt: a text with one blank; top: number of labels.
        The probabilities of all labels sum to 1, calibrated by the scores of the prompt alone, see
        `seqtext.models.zero_shot`; a blank text gets no label. Raises ConfigError for labels and a prompt that make no
        sense, InputError for an input that is not text.

        >>> model = seqtext.load("fill-en")  # doctest: +SKIP
        >>> model.classify("A fine film.", ["good", "bad"], "It was ___.")[0].label  # doctest: +SKIP
        'good'
        """
        from seqtext.models.zero_shot import Verbalizer

        check_count("top", top, good=3)
        asked = Verbalizer.of(labels, prompt)
        usual = self._prompted(asked, [""])[0]
        asked.refuse_alike([ids.tobytes() for ids in usual.ids])
        # the words near the blank are the prompt's own: scoring them takes 2.7 times as long, and gains nothing
        weights = {kind: weight for kind, weight in self._option_weights.items() if kind != "nearby"}
        bias = self._scores([usual], weights)[0]

        def answer(some: list[str]) -> "list[Classification]":
            classified = (
                asked.classified(scores - bias, top) for scores in self._scores(self._prompted(asked, some), weights)
            )
            return [
                answered if self.tokenizer.normal(text).strip() else type(answered)()
                for text, answered in zip(some, classified, strict=True)
            ]

        return answer_each(texts, answer, BATCH, _LABELLED, lambda text: check_text(text, _LABELLED))

    @overload
    def cloze(self, text: str, options: ClozeConfig | None = ..., avoid: Collection[str] = ...) -> "Exercise": ...

    @overload
    def cloze(
        self, text: Texts, options: ClozeConfig | None = ..., avoid: Collection[str] = ...
    ) -> "list[Exercise]": ...

    @overload
    def cloze(
        self, text: Iterable[str], options: ClozeConfig | None = ..., avoid: Collection[str] = ...
    ) -> "Iterator[Exercise]": ...

    def cloze(
        self, text: str | Texts | Iterable[str], options: ClozeConfig | None = None, avoid: Collection[str] = ()
    ) -> "Exercise | list[Exercise] | Iterator[Exercise]":
        """Make a cloze exercise from a text, see `seqtext.models.cloze`.

        text: one, a list of them or a stream, see `seqtext.models.many`, each an exercise of its own; avoid: words that
        are neither answers nor options, beside those of the model. Raises InputError for an empty text and for a text
        with blanks.
        """
        words, chosen = self.avoided(avoid), options or ClozeConfig()
        return answer_each(text, lambda texts: [self._exercise(passage, chosen, words) for passage in texts], 1, _TOLD)

    def _exercise(self, text: str, options: ClozeConfig, avoided: AvoidedWords) -> "Exercise":
        from seqtext.models.cloze import thinned
        from seqtext.models.exercises import joined

        if not check_whole(text).strip():
            raise InputError(f"{text!r:.80} was received; a text with sentences is expected.", _TOLD)
        whole = joined([*self._cloze_maker(options, avoided).parts(text.splitlines(keepends=True))])
        return whole._replace(items=thinned(whole.items, options.items))

    def cloze_parts(
        self, lines: Iterable[str], options: ClozeConfig | None = None, avoid: Collection[str] = ()
    ) -> "Iterator[Exercise]":
        """Make an exercise from a long text part by part.

        Memory does not grow with the text, except by the answers so far. lines: with their line breaks;
        `ClozeConfig.items` is ignored. Raises InputError for a line with a blank.
        """
        return self._cloze_maker(options or ClozeConfig(), self.avoided(avoid)).parts(map(check_whole, lines))

    def _cloze_maker(self, options: ClozeConfig, avoided: AvoidedWords) -> "ClozeMaker":
        from seqtext.models.cloze import ClozeMaker

        expected, kinds = self._expected
        return ClozeMaker(expected, kinds, avoided, options)

    @cached_property
    def _expected(self) -> "tuple[ExpectedWords | SearchedWords, WordKinds]":
        from seqtext.models.expected_words import ExpectedWords
        from seqtext.models.gaps import WordKinds
        from seqtext.models.searched_words import SearchedWords

        language = str(self.settings.get("language", ""))
        expected = (
            ExpectedWords(self.readers, self.tokenizer, self._mirrored, self.temperature, language in ("", "en"))
            if self.tokenizer.tokens == "word"
            else SearchedWords(self)
        )
        return expected, WordKinds(expected.ids, language)

    def _prompted(self, asked: "Verbalizer", texts: list[str]) -> list[_Question]:
        """Append the prompt to each text; fillings keep the capitals that they have in the prompt alone."""
        fillings = [
            self._option_ids(cased(self.tokenizer.normal(filling), asked.after_text(""), 0))
            for filling in asked.fillings
        ]
        parts = (list(map(self.tokenizer.normal, asked.after_text(text))) for text in texts)
        return [_Question(prompted, list(asked.fillings), fillings) for prompted in parts]

    def _question(self, text: str, options: Any) -> _Question:
        typed, blanks = read_text(text)
        parts, shouted = self._read(typed)
        _check_one_blank(parts)
        different: dict[bytes, tuple[str, NDArray[np.int32]]] = {}
        for option in _checked_options(options):
            if not blanks[0].takes(option):
                raise InputError(
                    f"The option {option!r:.80} does not fit the blank {blanks[0].written!r:.80}; words that it takes "
                    "are accepted.",
                    either('model.choose("A hot drink: ___[3]", ["tea"])', "leave it out, or write ___ alone"),
                )
            word = self.tokenizer.normal(option).strip()
            ids = self._option_ids(cased(self._in_usual_letters(word) if shouted else word, parts, 0))
            different.setdefault(ids.tobytes(), (option, ids))
        return _Question(parts, [option for option, _ in different.values()], [ids for _, ids in different.values()])

    def _longest_learnt(self) -> int:
        """Return the most tokens that training read at once: more are strange to the network, and drown the nearest."""
        training = self.settings.get("training")
        learnt = training.get("max_length") if isinstance(training, dict) else None
        return learnt if is_whole(learnt, 4, _LONGEST) else TrainingConfig().max_length

    def _read(self, typed: list[str]) -> "_Read":
        """Bring what stands around blanks to the form that the network reads; what shouts, to small letters."""
        parts = list(map(self.tokenizer.normal, typed))
        small = in_usual_letters(parts, self._usual_case) if self.tokenizer.tokens != "char" else None
        return _Read(small or parts, small is not None)

    def _in_usual_letters(self, words: str) -> str:
        return " ".join(self._usual_case(word) if word.isupper() else word for word in words.split())

    def _evidence_weights(self) -> dict[str, float]:
        """Read the weights of the kinds of evidence from config.json; raises ModelError if they make no sense."""
        if self.config.direction != "both":
            usual = {"left": 1.0}
        elif self.config.bag:
            usual = {"span": 1.0, "bag": 1.0, "word": -2.0}
        else:
            usual = {"span": 1.0, "left": 1.0, "right": 1.0}
        weights = self.settings.get("evidence", usual)
        if not isinstance(weights, dict) or not all(
            name in EVIDENCE and is_number(value) for name, value in weights.items()
        ):
            raise ModelError(
                f"config.json has evidence = {weights!r:.80}; a number for each of {', '.join(EVIDENCE)} is expected.",
                "edit it",
            )
        return {name: float(value) for name, value in weights.items() if value}

    @cached_property
    def _choice_temperature(self) -> float:
        return self._number("choice_temperature", 1.0)

    @may_overflow()
    def evidence(self, text: str, option: str, kinds: Collection[str] = EVIDENCE) -> dict[str, float]:
        """Score an option for a text's blank: log-probabilities (nats) by kind.

        span: the option between both sides; left, right: the option and the words that a language model of that
        direction reads after it; nearby: the words two to four tokens away, each given the option and all others; bag:
        the option's first token given the other words in any order; word: its first token without context. A model of
        one direction has span, left and word only. text: with one blank; kinds: the kinds to compute. Raises InputError
        for a text with none or several.
        """
        parts = split_blanks(text)
        _check_one_blank(parts)
        with one_thread():
            return self._weigh([self.segments(parts)], [[self._option_ids(option)]], kinds)[0][0]

    @may_overflow()
    def weigh(
        self, parts: Sequence[list[str]], options: Sequence[Sequence[str]], kinds: Collection[str] = EVIDENCE
    ) -> list[list[dict[str, float]]]:
        """Compute `evidence` for the options of many texts.

        parts: the text before and the text after the blank of each; options: those of each text.
        """
        evidence = list[list[dict[str, float]]]()
        for start in range(0, len(parts), _GROUP):
            segments = self._segments([*parts[start : start + _GROUP]])
            ids = [
                [self._option_ids(option) for option in text_options]
                for text_options in options[start : start + _GROUP]
            ]
            with one_thread():
                evidence += self._weigh(segments, ids, kinds)
        return evidence

    def _weigh(
        self, segments: list[list[NDArray[np.int32]]], options: list[list[NDArray[np.int32]]], kinds: Collection[str]
    ) -> list[list[dict[str, float]]]:
        """Compute the evidence for each text's options; segments: the ids before and after each blank."""
        weighed = self._weighed(self._around(segments, kinds), options, kinds)
        check_finite([value for scores in weighed for option in scores for value in option.values()])
        return weighed

    def _around(self, segments: list[list[NDArray[np.int32]]], kinds: Collection[str]) -> Around:
        """Read what stands around each text's blank; segments: the ids before and after it."""
        return read_around(self.readers, [before for before, _ in segments], [after for _, after in segments], kinds)

    def _weighed(
        self, around: Around, options: list[list[NDArray[np.int32]]], kinds: Collection[str]
    ) -> list[list[dict[str, float]]]:
        every = [
            Option(text, ids[::-1] if self._mirrored else ids, ids[:1])
            for text, text_options in enumerate(options)
            for ids in text_options
        ]
        evidence = iter(weigh_evidence(self.readers, around, every, self._search.inner(1), kinds))
        return [[next(evidence) for _ in text_options] for text_options in options]

    @may_overflow()
    def _option_scores(
        self,
        segments: list[list[NDArray[np.int32]]],
        options: list[list[NDArray[np.int32]]],
        weights: Mapping[str, float],
    ) -> list[NDArray[np.float64]]:
        """Score each text's options by the weighted evidence, (options,) each.

        The words nearby are scored for the best `_RESCORED` options by the other kinds, as they take the network some
        milliseconds an option. For the others they count as for the option of these that they fit least.
        """
        around = self._around(segments, weights)
        nearby, others = weights.get("nearby", 0.0), [kind for kind in weights if kind != "nearby"]
        scores = [
            np.array([sum(weights[kind] * option[kind] for kind in option) for option in weighed], np.float64)
            for weighed in self._weighed(around, options, others)
        ]
        if not nearby or self.readers.right is None:
            return scores
        best = [np.argsort(-row, kind="stable")[:_RESCORED].tolist() for row in scores]
        picked = [[ids[k] for k in numbers] for ids, numbers in zip(options, best, strict=True)]
        for row, numbers, weighed in zip(scores, best, self._weighed(around, picked, ["nearby"]), strict=True):
            gains = nearby * np.array([option["nearby"] for option in weighed])
            added = np.full(len(row), gains.min(initial=np.inf))
            added[numbers] = gains
            row += added
        return scores

    def _option_ids(self, option: str) -> NDArray[np.int32]:
        return self._encode(option if self.tokenizer.tokens != "bpe" else " " + option)

    def _encode(self, text: str) -> NDArray[np.int32]:
        return self.tokenizer.encode(text, spacing=False).ids

    def segments(self, parts: list[str]) -> list[NDArray[np.int32]]:
        """Encode the segments between blanks as ids, (tokens,) each. They are mirrored for a backward model."""
        return self._segments([parts])[0]

    def _segments(self, texts: list[list[str]]) -> list[list[NDArray[np.int32]]]:
        if self.tokenizer.tokens == "bpe":  # a BPE token includes the space before it, so a blank does, too
            texts = [[segment.rstrip() for segment in parts[:-1]] + parts[-1:] for parts in texts]
        encoded = iter(self.tokenizer.encode_batch([segment for parts in texts for segment in parts], spacing=False))
        segments = [_nearest([next(encoded).ids for _ in parts], self._most_read) for parts in texts]
        return [[ids[::-1] for ids in reversed(parts_ids)] for parts_ids in segments] if self._mirrored else segments


def _nearest(segments: list[NDArray[np.int32]], most: int) -> list[NDArray[np.int32]]:
    """Keep the tokens nearest to blanks.

    segments: the ids between blanks, (tokens,) each; most: tokens that are kept before the first blank and after the
    last one together, and of each segment between two
    """
    first, *between, last = segments
    before = max(most - most // 2, most - len(last))
    after = max(most // 2, most - len(first))
    inner = [
        ids if len(ids) <= most else np.concatenate([ids[: most // 2], ids[-(most - most // 2) :]]) for ids in between
    ]
    return [first[max(0, len(first) - before) :], *inner, last[:after]]


def _check_one_blank(parts: Sequence[str]) -> None:
    if len(parts) != 2:
        raise InputError(
            f"The text has {len(parts) - 1} blanks; with options, one is accepted.", 'seqtext fill "A ___ text."'
        )


def _ranked_options(question: _Question, scores: NDArray[Any]) -> list[Choice]:
    """Rank the options of a question, best first; scores: (options,)."""
    probabilities = np.exp(log_softmax(scores))
    ranked = np.argsort(-probabilities, kind="stable").tolist()
    return [Choice(question.options[k], float(probabilities[k])) for k in ranked]


def _for_all(options: object) -> bool:
    """Tell whether the options are words for all texts, rather than a list of words for each text."""
    return not isinstance(options, Sequence) or not options or any(isinstance(one, str) for one in options)


def _checked_options(options: Any) -> Sequence[str]:
    """Check the options for a text; raises InputError unless they are words."""
    if (
        isinstance(options, str)
        or not options
        or not all(isinstance(option, str) and option.strip() for option in options)
    ):
        raise InputError(
            f"The options are {options!r:.80}; a list of words is expected.",
            either("options=['fox', 'dog']", "--option fox --option dog"),
        )
    checked: Sequence[str] = options
    return checked


def check_whole(text: str) -> str:
    """Check that a text has no blank, and return it. Raises InputError otherwise."""
    check_text(text, _TOLD)
    if match := BLANK.search(text):
        raise InputError(
            f"The text has a blank already, {match[0]:.20} at character {match.start() + 1}; one without is expected.",
            "fill it first, or remove it",
        )
    return text


def read_text(text: str) -> BlankedText:
    """Split a text at its blanks. Raises InputError without a blank, or for a malformed one."""
    check_text(text, _EXAMPLE)
    cloze = read_blanks(text)
    if not cloze.blanks:
        shown = text if len(text) <= 80 else text[:77] + "..."
        raise InputError(f"{shown!r} has no blank; at least one ___ (two or more underscores) is expected.", _EXAMPLE)
    return cloze


def split_blanks(text: str) -> list[str]:
    """Return the segments of a text around its blanks. Raises InputError as `read_text` does."""
    return read_text(text).parts


def _ranked(parts: list[str], fillings: dict[tuple[str, ...], float], top: int) -> list[Fill]:
    best = sorted(fillings.items(), key=lambda item: -item[1])[:top]
    return [Fill(_join(parts, blanks), blanks, min(1.0, probability)) for blanks, probability in best]


def _without(
    fillings: dict[tuple[str, ...], float], parts: list[str], avoided: AvoidedWords
) -> dict[tuple[str, ...], float]:
    """Drop fillings that contain an avoided word, or form one together with the text around a blank."""
    places: dict[str, TrieState] = {}  # a text with one blank needs a single entry

    def after(before: str) -> TrieState:
        if before not in places:
            places[before] = avoided.after(before)
        return places[before]

    def is_clean(words: tuple[str, ...]) -> bool:
        pieces = [parts[0], *(piece for pair in zip(words, parts[1:], strict=True) for piece in pair)]
        for position in range(1, len(pieces), 2):
            before, rest = (
                "".join(pieces[max(0, position - 3) : position]),
                "".join(pieces[position + 1 : position + 4]),
            )
            if avoided.is_in(pieces[position], after(before), rest):
                return False
        return True

    return {words: probability for words, probability in fillings.items() if is_clean(words)}


def _join(parts: list[str], words: Sequence[str]) -> str:
    return parts[0] + "".join(word + part for word, part in zip(words, parts[1:], strict=True))
