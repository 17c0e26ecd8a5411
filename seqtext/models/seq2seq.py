"""The encoder–decoder's models: a translator and a summarizer. In NumPy."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords, checked
from seqtext.config import SUMMARY_SEARCH, SearchConfig, Seq2SeqConfig
from seqtext.data.sentences import count_words, shorten, split
from seqtext.decoding.beam import Barred, Hypothesis, Spell, beam_search
from seqtext.decoding.constraints import WholeText, WordBarrier
from seqtext.decoding.each_once import EachOnce
from seqtext.errors import ConfigError, InputError, ModelError, scores_not_finite
from seqtext.fields import check_count, is_whole
from seqtext.models.alignment import WordAlignment, word_alignments
from seqtext.models.base import Model
from seqtext.models.doubt import Doubt
from seqtext.models.flags import Flag
from seqtext.models.glossary import Terms, finder
from seqtext.models.glossary import checked as checked_glossary
from seqtext.models.many import Texts, answer_each, check_text, groups_of_like_length, in_order
from seqtext.models.markup.parts import check_marks
from seqtext.models.markup.translating import Translating
from seqtext.models.names import Names
from seqtext.models.pair_text import side_ids, tokenizers_from, usual_case, words_of_pieces
from seqtext.models.source_text import CAPITALS, KINDS, SIGNS, Prepared, has_letters, in_small_letters, prepare, shouts
from seqtext.models.stand_ins import STAND_INS, Carried, StandIns, read_kinds
from seqtext.models.summaries import Summary, fitting, quote
from seqtext.networks.cells import Array
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.seq2seq import DecoderState, EncoderDecoder, expected_shapes
from seqtext.networks.threads import side_by_side
from seqtext.storage.model_folder import Contents
from seqtext.storage.weights import DOUBT_TABLE, check_shapes, without
from seqtext.tokenizer import BOS, EOS, check_characters

_MOST_ALIGNED = 2000  # tokens of either side of an alignment
_BATCH = 64  # sources that are answered at once
_USUAL = SearchConfig()
_SUMMARY = SearchConfig(**SUMMARY_SEARCH)
_FIGURES = re.compile(r"\d+(?:[.,:/-]\d+)*")
_NOTHING = Prepared("", lambda answer: answer)  # of a blank line

_EXAMPLE = 'model.translate("A text."), or summarize'

A = TypeVar("A")
Glossary = Mapping[str, str] | Terms  # translations by terms
Answers = list[list[Hypothesis]]  # of each source, best first


class Translation(NamedTuple):
    """A translation, its log-probability, and what of the source it has lost, see `seqtext.models.flags`."""

    text: str
    score: float
    flags: tuple[Flag, ...] = ()
    unusual: bool = False  # whether the source is unlike those that the model has learnt from


class Alignment(NamedTuple):
    """Where the decoder looked as it wrote: words of both sides; weights, (target, source).

    A row sums to 1, or to 0 where only the end of the source was looked at, which is no word.
    """

    source: list[str]
    target: list[str]
    weights: Array


class Seq2Seq(Model):
    """Reads one text and writes another."""

    reads_pairs = True

    def __init__(self, contents: Contents) -> None:
        self._contents, self.settings = contents, contents.config
        self.source_tokenizer, self.tokenizer = tokenizers_from(contents.tokenizer, self._cut())
        self._check_masks()
        self.config = self._part("network", Seq2SeqConfig)
        shapes = expected_shapes(self.config, self.tokenizer.size, self.source_tokenizer.size)
        weights: Any = contents.weights
        #: Marks sources unlike those learnt from; of a model that was trained without one, None.
        self.doubt = Doubt.of(self.settings.get("doubt"), weights, self.source_tokenizer)
        if self.doubt:
            weights = without(weights, DOUBT_TABLE)
        self.network = EncoderDecoder(self.config, check_shapes(weights, shapes))
        self.longest = {side: self._count(f"longest_{side}", 200) for side in ("source", "target")}
        self._set_aside = self._kinds_set_aside()
        self._known_stand_ins = read_kinds(self.settings)

    def answer(
        self,
        sources: Sequence[NDArray[np.int32]],
        search: SearchConfig,
        spell: Callable[[int, tuple[int, ...]], str] | None = None,
        avoid: Collection[str] = (),
        once: bool = False,
    ) -> list[list[Hypothesis]]:
        """The best targets of some sources, as ids; sources of like length are read together, the order is kept.

        spell: the place of a source and the tokens of an answer → its text; the texts of several answers differ
        avoid: words that are not written, beside those of the model; where one would be, another target is searched for
        once: whether a target holds each stand-in of its source exactly once; a source may have none then
        """
        avoided = self.avoided(avoid)
        groups = groups_of_like_length(list(map(len, sources)), _BATCH)

        @may_overflow()
        def answered(group: list[int]) -> list[list[Hypothesis]]:
            chosen = [sources[place] for place in group]

            def text(number: int, tokens: tuple[int, ...]) -> str:
                return spell(group[number], tokens) if spell else self._text(tokens)

            barred = self._each_once(chosen) if once else None
            first = self._search(chosen, search, text, barred)
            return self._without(avoided, chosen, first, search, text, barred) if len(avoided) else first

        # Groups side by side keep every core busy; within a product, threads would wait for what stands between two.
        found = in_order(groups, side_by_side(answered, groups))
        if not once and not all(found):
            raise scores_not_finite()
        return found

    def _search(
        self, sources: list[NDArray[np.int32]], search: SearchConfig, spell: Spell, barred: Barred | None = None
    ) -> Answers:
        limits = np.array([self._most(len(source), search) for source in sources])
        return beam_search(
            self.network.step, self.network.read(sources), limits, search, first=BOS, end=EOS, penalty=_looked_at,
            rule=self._rule, spell=spell if search.n_best > 1 else None, barred=barred,
        )  # fmt: skip

    def _without(
        self, avoided: AvoidedWords, sources: list[NDArray[np.int32]], first: Answers, search: SearchConfig,
        spell: Spell, barred: Barred | None = None,
    ) -> Answers:  # fmt: skip
        """The answers of a search; where some hold avoided words, those of another one that keeps clear of them."""
        wrong = [k for k, one in enumerate(first) if any(avoided.is_in(self._text(h.tokens)) for h in one)]
        if not wrong:
            return first
        answers, barrier = list(first), WordBarrier(self._completing(avoided), EOS)

        def either(number: int, tokens: tuple[int, ...]) -> NDArray[np.bool_]:
            found = barrier(tokens)
            return found | barred(wrong[number], tokens) if barred else found

        again = self._search(
            [sources[k] for k in wrong], search, lambda number, tokens: spell(wrong[number], tokens), either
        )
        for k, one in zip(wrong, again, strict=True):
            answers[k] = one or ([] if barred else [self._cut_from(first[k][0], avoided)])
        return answers

    def _each_once(self, sources: list[NDArray[np.int32]]) -> Barred:
        """What may not follow, so that a target holds each stand-in of its source, and none twice."""
        needed, may_not = [self._stand_ins.needed(one) for one in sources], self._stand_ins
        return lambda number, tokens: may_not(needed[number], tokens)

    @cached_property
    def _stand_ins(self) -> EachOnce:
        return EachOnce(self.tokenizer, STAND_INS, EOS)

    def _cut_from(self, answer: Hypothesis, avoided: AvoidedWords) -> Hypothesis:
        """An answer less the avoided words in it: where nothing else fits into its length."""
        ids = side_ids(avoided.cut_from(self._text(answer.tokens)), self.tokenizer, "written")
        return answer._replace(tokens=tuple(ids.tolist()))

    def _checked(self, search: object, avoid: Collection[str]) -> tuple[str, ...]:
        """The words to avoid, after a look at both settings; raises InputError or ConfigError."""
        if not isinstance(search, SearchConfig):
            raise ConfigError(f"search received {search!r:.80}; a SearchConfig is expected.", "SearchConfig(beam=5)")
        words = avoid if isinstance(avoid, tuple) else checked(avoid)
        self.avoided(words)
        return words

    def _each(self, texts: Any, answer: Callable[[list[str]], Sequence[A]]) -> Any:
        """The answers to one text, a list or a stream; of a list, texts of like length are read together."""
        whole = not isinstance(texts, str) and hasattr(texts, "__len__")
        return answer_each(texts, answer, max(1, len(texts)) if whole else _BATCH, _EXAMPLE, _check)

    @may_overflow()
    def align(self, source: str, target: str) -> Alignment:
        """Where each word of a target looked in the source.

        Raises InputError for an empty text, or one of more than 2,000 tokens: the weights take memory by the product.
        """
        if not source.strip() or not target.strip():
            raise InputError(
                "An empty text was received; a text and its translation are expected.", 'align("Hi.", "Salut.")'
            )
        ids = side_ids(source, self.source_tokenizer, "read", _MOST_ALIGNED + 1)
        written = side_ids(target, self.tokenizer, "written", _MOST_ALIGNED + 1)
        if max(len(ids), len(written)) > _MOST_ALIGNED:
            side = "source" if len(ids) > _MOST_ALIGNED else "target"
            raise InputError(
                f"A {side} of {len(source if side == 'source' else target):,} characters was received; attention is "
                f"shown for up to {_MOST_ALIGNED:,} tokens on each side.",
                'seqtext inspect attention "One sentence at a time."',
            )
        state, rows = self.network.read([ids]), []
        for token in [BOS, *written.tolist()]:
            before = state.coverage
            _, state = self.network.step(np.array([token]), state)
            rows.append((state.coverage - before)[0])
        weights = np.stack(rows[:-1])[:, : len(ids)]  # the last looks for the end, and the last column is the end
        source_words, source_starts = words_of_pieces(ids, self.source_tokenizer)
        target_words, target_starts = words_of_pieces(written, self.tokenizer)
        joined = np.add.reduceat(np.add.reduceat(weights, source_starts, 1), target_starts, 0)
        joined /= np.maximum(joined.sum(1, keepdims=True), 1e-9)
        check_finite(joined)
        return Alignment(source_words, target_words, joined.astype(np.float32))

    def _unusual(self, sources: Sequence[NDArray[np.int32]]) -> list[bool]:
        """Whether each source is unlike those learnt from; one without tokens, and of a model without doubt, is not."""
        asked = [ids for ids in sources if len(ids)]
        marks = iter(self.doubt.unusual(asked) if self.doubt else [False] * len(asked))
        return [len(ids) > 0 and next(marks) for ids in sources]

    @cached_property
    def _rule(self) -> WholeText:
        return WholeText(self.tokenizer, EOS)

    @property
    def _reads_english(self) -> bool:
        return str(self.settings.get("language", "en")).startswith("en")

    def _kinds_set_aside(self) -> list[str]:
        """What of a source is not read: what a training did not note as learnt; of a model without a note, nothing.

        One that says its language is made for sentences of it.
        """
        learnt = self.settings.get("learnt_kinds", [] if "language" in self.settings else list(KINDS))
        if not isinstance(learnt, list):
            raise ModelError(f"config.json has learnt_kinds = {learnt!r:.80}; a list is expected.", "edit it")
        return [kind for kind in KINDS if kind not in learnt]

    def _prepared(self, sentence: str, shouted: bool) -> Prepared:
        return prepare(sentence, self._in_small_letters, self._set_aside, shouted)

    def _in_small_letters(self, text: str) -> str:
        return in_small_letters(text, self._usual_case)

    def _usual_case(self, word: str) -> str:
        return usual_case(word, self.source_tokenizer, self._reads_english)

    def _most(self, length: int, search: SearchConfig) -> int:
        """Most tokens of an answer to a source of so many."""
        return search.max_length or max(search.min_length, self._usual_most(length))

    def _usual_most(self, length: int) -> int:
        return 2 * length + 10

    def _text(self, ids: Sequence[int]) -> str:
        return " ".join(self.tokenizer.decode(ids).split())

    def _cut(self) -> str:
        cut: Any = self.settings.get("tokenizer")
        kind = cut.get("tokens") if isinstance(cut, dict) else None
        if kind not in ("char", "word", "bpe"):
            raise ModelError("config.json does not say how text is cut.", "fetch or train the model again")
        return str(kind)

    def _count(self, name: str, default: int) -> int:
        value = self.settings.get(name, default)
        if not is_whole(value, 1, 1_000_000):
            raise ModelError(f"config.json has {name} = {value!r}; a number from 1 to 1000000 is expected.", "edit it")
        return value


def _looked_at(state: DecoderState) -> Array:
    """Σ_i log min(κ_i, 1) over the source, (rows,): the coverage penalty of Wu et al. 2016, arXiv:1609.08144."""
    seen = np.log(np.clip(state.coverage, 1e-3, 1.0))
    real = state.memory.mask[state.source] == 0.0
    result: Array = (seen * real).sum(1)
    return result


class Translator(Seq2Seq):
    """Translates sentences, paragraphs and lines. Many threads may ask one model at once.

    >>> import seqtext
    >>> model = seqtext.load("translate-en-fr")  # doctest: +SKIP
    >>> model.translate("Thank you.")[0].text  # doctest: +SKIP
    'Merci.'
    """

    task = "translate"

    @property
    def languages(self) -> tuple[str, str]:
        """The languages it reads and writes, as "en" and "fr"; empty where they are not known."""
        source, _, target = str(self.settings.get("language", "")).partition("-")
        return (source, target) if target else ("", "")

    @overload
    def translate(
        self, texts: str, search: SearchConfig = ..., avoid: Collection[str] = ..., glossary: Glossary = ...,
        marks: str = ...,
    ) -> list[Translation]: ...  # fmt: skip

    @overload
    def translate(
        self, texts: Texts, search: SearchConfig = ..., avoid: Collection[str] = ..., glossary: Glossary = ...,
        marks: str = ...,
    ) -> list[list[Translation]]: ...  # fmt: skip

    @overload
    def translate(
        self, texts: Iterable[str], search: SearchConfig = ..., avoid: Collection[str] = ..., glossary: Glossary = ...,
        marks: str = ...,
    ) -> Iterator[list[Translation]]: ...  # fmt: skip

    def translate(
        self,
        texts: str | Texts | Iterable[str],
        search: SearchConfig = _USUAL,
        avoid: Collection[str] = (),
        glossary: Glossary = (),
        marks: str = "auto",
    ) -> list[Translation] | list[list[Translation]] | Iterator[list[Translation]]:
        """The best translations of a text, best first, at most `search.n_best`.

        texts: one, a list of them or a stream, of which 64 are read together, see `seqtext.models.many`. A text may
        hold several sentences and lines: each sentence is translated by itself, and line breaks are kept. Of several
        sentences, the second answer joins their second ones, and so on. An empty text gives an empty one, and what
        holds no letter is copied, with a score of 0; see `seqtext.models.source_text`.
        avoid: words that are not written, beside those of the model, see `seqtext.avoided_words`; a phrase that begins
        in one sentence and ends in the next is not noticed. A model that was trained with `mask` reads stand-ins, and
        those that it writes, such as <email>, stay in its answers: which of several in the text one stands for is not
        known. glossary: terms, in the source as whole words, and their translations; a term in small letters is found
        in any. Figures, codes and rare names come through, see `seqtext.models.stand_ins`; what does not is flagged.
        marks: those of Markdown, HTML or subtitles are kept, and what is between is translated. With "auto" only
        what is hardly anything else is a mark; "markdown", "html" and "subtitles" say what texts are, "none" that they
        are plain; see `seqtext.models.markup`. Raises InputError for what is no text, ConfigError for other marks.

        >>> model = seqtext.load("translate-en-de")  # doctest: +SKIP
        >>> [best[0].text for best in model.translate(["Thank you.", "Good night."])]  # doctest: +SKIP
        ['Danke.', 'Gute Nacht.']
        """
        marked = self._translating(search, avoid, glossary, marks)
        found: list[Translation] | list[list[Translation]] | Iterator[list[Translation]]
        found = self._each(texts, lambda some: [list(map(_translation, one)) for one in marked.answers(some, marks)])
        return found

    def translate_document(
        self, text: str, search: SearchConfig = _USUAL, avoid: Collection[str] = (), glossary: Glossary = (),
        marks: str = "auto",
    ) -> Iterator[Translation]:  # fmt: skip
        """Translate a long text piece by piece; joined, the pieces are its best translation.

        The arguments, and the errors raised, are those of `translate`.
        """
        _check(text)
        return map(_translation, self._translating(search, avoid, glossary, marks).pieces(text, marks))

    def _translating(self, search: SearchConfig, avoid: Collection[str], glossary: Glossary, marks: str) -> Translating:
        words, terms = self._checked(search, avoid), checked_glossary(glossary)
        check_marks(marks)
        return Translating(lambda some: self._translate(some, search, words, terms), self._align_words, self._read)

    def _read(self, text: str) -> str:
        return self.source_tokenizer.normal(text, "read")

    def _align_words(self, pairs: list[tuple[str, str]]) -> list[WordAlignment | None]:
        return word_alignments(self.network, (self.source_tokenizer, self.tokenizer), pairs, _MOST_ALIGNED)

    def _translate(
        self, texts: list[str], search: SearchConfig, avoid: tuple[str, ...], terms: Terms
    ) -> list[list[Translation]]:
        parts = [self._sentences(self.source_tokenizer.normal(text, "read")) for text in texts]
        asked = [one for part in parts for one, _ in part if one.text]

        def ask(some: Sequence[Prepared], once: bool) -> list[list[tuple[str, float]]]:
            return self._ask(some, search, avoid, once)

        answers = iter(self._carrier.carry(asked, ask, finder(terms), self.avoided(avoid).is_in))
        result = []
        for part in parts:
            found = [next(answers) if one.text else [Carried(one.back(""), 0.0, ())] for one, _ in part]
            joined = [_joined(part, found, rank) for rank in range(max(map(len, found), default=1))]
            result.append(list({one.text: one for one in reversed(joined)}.values())[::-1])
        return [
            [one._replace(unusual=odd) for one in found]
            for odd, found in zip(self._unusual_parts(parts), result, strict=True)
        ]

    def _unusual_parts(self, parts: list[list[tuple[Prepared, str]]]) -> list[bool]:
        """Whether each text, in its sentences as they are read, is unusual; neither figures nor a missing stop are."""
        if self.doubt is None:
            return [False] * len(parts)
        wholes = [_FIGURES.sub("", " ".join(one.text for one, _ in part if one.text)) for part in parts]
        ended = [whole + "." * whole[-1:].isalnum() for whole in wholes]
        as_typed, with_stop = (
            self._unusual([side_ids(whole, self.source_tokenizer, "read") for whole in some])
            for some in (wholes, ended)
        )
        return [first and second for first, second in zip(as_typed, with_stop, strict=True)]

    def _ask(
        self, sources: Sequence[Prepared], search: SearchConfig, avoid: tuple[str, ...], once: bool
    ) -> list[list[tuple[str, float]]]:
        """Texts and log-probabilities of the answers to some sentences; see `stand_ins.Ask`."""
        ids = [side_ids(one.text, self.source_tokenizer, "read") for one in sources]
        # What is much longer than anything learnt from is read in pieces, at the borders of words.
        pieces = [_pieces(some, self.longest["source"], self.source_tokenizer.continues) for some in ids]
        backs = [one.back for one, some in zip(sources, pieces, strict=True) for _ in some]
        whole = [piece for some in pieces for piece in some]
        spell = lambda place, tokens: backs[place](self._text(tokens))  # noqa: E731
        answers = iter(self.answer(whole, search, spell, avoid, once))
        return [self._of_pieces([next(answers) for _ in some]) for some in pieces]

    def _of_pieces(self, pieces: list[list[Hypothesis]]) -> list[tuple[str, float]]:
        """The answers to a sentence, of those to the pieces that it was read in; none where a piece has none."""
        if not all(pieces):
            return []
        ranked = [[one[min(rank, len(one) - 1)] for one in pieces] for rank in range(max(map(len, pieces)))]
        return [
            (" ".join(self._text(one.tokens) for one in some), sum(one.log_prob for one in some)) for some in ranked
        ]

    @cached_property
    def _carrier(self) -> StandIns:
        names = Names(self.source_tokenizer) if self._reads_english else None
        return StandIns(self._known_stand_ins, self.languages[1], names)

    def _sentences(self, text: str) -> list[tuple[Prepared, str]]:
        """Sentences, each with the white space after it; within a line that is one space, or as typed beside signs."""
        pieces, shouted = split(text), shouts(text)
        found = [self._prepared(piece.text, shouted) if piece.text else _NOTHING for piece in pieces]
        signs = [one.text == "" and piece.text != "" for one, piece in zip(found, pieces, strict=True)]
        beside = [first or second for first, second in zip(signs, [*signs[1:], False], strict=False)]
        return [
            (one, after if after.strip(" \t") or typed else " " * bool(after))
            for one, (_, after), typed in zip(found, pieces, beside, strict=True)
        ]


class Summarizer(Seq2Seq):
    """Says in few words what a text is about. Many threads may ask one model at once."""

    task = "summarize"

    @overload
    def summarize(
        self,
        texts: str,
        search: SearchConfig = _SUMMARY,
        max_words: int | None = None,
        avoid: Collection[str] = (),
        extract_unusual: int | None = None,
    ) -> list[Summary]: ...

    @overload
    def summarize(
        self,
        texts: Texts,
        search: SearchConfig = _SUMMARY,
        max_words: int | None = None,
        avoid: Collection[str] = (),
        extract_unusual: int | None = None,
    ) -> list[list[Summary]]: ...

    @overload
    def summarize(
        self,
        texts: Iterable[str],
        search: SearchConfig = _SUMMARY,
        max_words: int | None = None,
        avoid: Collection[str] = (),
        extract_unusual: int | None = None,
    ) -> Iterator[list[Summary]]: ...

    def summarize(
        self,
        texts: str | Texts | Iterable[str],
        search: SearchConfig = _SUMMARY,
        max_words: int | None = None,
        avoid: Collection[str] = (),
        extract_unusual: int | None = None,
    ) -> list[Summary] | list[list[Summary]] | Iterator[list[Summary]]:
        """The best summaries of a document, best first, at most `search.n_best`.

        texts: one, a list of them or a stream, of which 64 are read together, see `seqtext.models.many`.
        max_words: words of a summary, at most; a longer one ends at its last sentence within them, else at a word, and
        `Summary` says so. What stands after the longest source that was learnt from is not read: `Summary` says how
        much. Words are counted by `seqtext.data.sentences.count_words`. An empty document has an empty summary.
        avoid: words that are not written; of these and of stand-ins as in `Translator.translate`.
        extract_unusual: how many of its own sentences, at most, answer a document that is unlike all those learnt from,
        as `seqtext summarize` has it without --model; without a number, the network answers all. Sentences that hold a
        word to avoid never do. Where the network writes nothing, or more than the document has, its sentences answer,
        too: a `Summary` says so. Raises InputError for what is no text.

        >>> model = seqtext.load("summarize-en")  # doctest: +SKIP
        >>> model.summarize(article, max_words=12)[0].text  # doctest: +SKIP
        'river floods northern towns'
        """
        words = self._checked(search, avoid)
        if max_words is not None:
            check_count("max_words", max_words, good=20, error=ConfigError)
        if extract_unusual is not None:
            check_count("extract_unusual", extract_unusual, good=3, error=ConfigError)
        found: list[Summary] | list[list[Summary]] | Iterator[list[Summary]]
        found = self._each(texts, lambda some: self._answered(some, search, max_words, words, extract_unusual))
        return found

    def _answered(
        self, texts: list[str], search: SearchConfig, max_words: int | None, avoid: tuple[str, ...],
        sentences: int | None,
    ) -> list[list[Summary]]:  # fmt: skip
        """Summaries by the network; where a document is unusual, and sentences of it are asked for then, by these."""
        odd = self._unusual([self._read_ids(text) for text in texts]) if self.doubt else [False] * len(texts)
        found: dict[int, list[Summary]] = {}
        for place in (place for place, marked in enumerate(odd) if marked and sentences):
            short = quote(texts[place], None, sentences or 1, max_words, unusual=True)
            if not self.avoided(avoid).is_in(short.text):
                found[place] = [short]
        asked = [place for place in range(len(texts)) if place not in found]
        written = self._summarize([texts[place] for place in asked], search, max_words, avoid) if asked else []
        for place, some in zip(asked, written, strict=True):
            told = [one._replace(unusual=odd[place]) for one in some]
            # Beside what was read: a ligature is longer there, and a quote is one of what was summarized.
            source = self.source_tokenizer.normal(texts[place], "read")
            good = fitting(told, source, sentences or 1, max_words)
            found[place] = told if any(self.avoided(avoid).is_in(one.text) for one in good if one.extracted) else good
        return [found[place] for place in range(len(texts))]

    def _read_ids(self, text: str) -> NDArray[np.int32]:
        """The tokens of a document that are read."""
        longest, tokenizer = self.longest["source"], self.source_tokenizer
        ids = side_ids(self._document(tokenizer.normal(text, "read")).text, tokenizer, "read", longest)
        return _first_words(ids, longest - 1, tokenizer.continues)

    def _summarize(
        self, texts: list[str], search: SearchConfig, max_words: int | None, avoid: tuple[str, ...]
    ) -> list[list[Summary]]:
        longest, texts = self.longest["source"], [self.source_tokenizer.normal(text, "read") for text in texts]
        sources = [self._document(text) for text in texts]
        ids = [side_ids(one.text, self.source_tokenizer, "read", longest) for one in sources]
        read = [_first_words(one, longest - 1, self.source_tokenizer.continues) for one in ids]
        asked = [place for place, one in enumerate(read) if len(one)]

        def written(place: int, tokens: tuple[int, ...]) -> str:
            return sources[place].back(self._text(tokens))

        def spelled(place: int, tokens: tuple[int, ...]) -> str:
            text = written(place, tokens)
            return text if max_words is None else shorten(text, max_words)[0]

        answers = self.answer(
            [read[place] for place in asked], search, lambda number, tokens: spelled(asked[number], tokens), avoid
        )
        found = dict(zip(asked, answers, strict=True))
        result = []
        for place, (text, one) in enumerate(zip(texts, read, strict=True)):
            words = count_words(text)
            seen = count_words(self.source_tokenizer.decode(one)) if len(one) else words
            best = found.get(place, [Hypothesis((), 0.0, 0.0)])
            result.append([self._summary(h, written(place, h.tokens), max_words, seen, words - seen) for h in best])
        return result

    def _summary(self, found: Hypothesis, text: str, max_words: int | None, read: int, cut: int) -> Summary:
        shortened = False
        if max_words is not None:
            text, shortened = shorten(text, max_words)
        return Summary(text, found.log_prob, read, cut, shortened)

    def _document(self, text: str) -> Prepared:
        """A document as it is read: in small letters where it is in capitals; what holds no letter is its own summary.

        Emoji are read as they come: where they stand in a document says nothing of where they would in a summary.
        """
        if SIGNS in self._set_aside and not has_letters(text):
            return Prepared("", lambda answer: " ".join(text.split()))
        if CAPITALS not in self._set_aside or not shouts(text):
            return Prepared(text, lambda answer: answer)
        usual = cache(self._usual_case)  # words come again
        small = "".join(in_small_letters(one, usual) + after for one, after in split(text))
        return Prepared(small, str.upper)

    def _usual_most(self, length: int) -> int:
        return self.longest["target"]


def _translation(one: Any) -> Translation:
    """An answer as a Translation, one to a marked-up text, too."""
    return one if isinstance(one, Translation) else Translation(one.text, one.score, one.flags, one.unusual)


def _joined(part: list[tuple[Prepared, str]], found: list[list[Carried]], rank: int) -> Translation:
    """The answers of one rank to all sentences, with the white space that stood between them."""
    chosen = [one[min(rank, len(one) - 1)] for one in found]
    text = "".join(one.text + after for one, (_, after) in zip(chosen, part, strict=True))
    return Translation(
        text, sum((one.log_prob for one in chosen), 0.0), tuple(flag for one in chosen for flag in one.flags)
    )


def _pieces(ids: NDArray[np.int32], longest: int, continues: NDArray[np.bool_]) -> list[NDArray[np.int32]]:
    """Ids in pieces of at most `longest` tokens, cut where a word begins if one does."""
    pieces = []
    while len(ids) > longest:
        first = _first_words(ids, longest, continues)
        pieces.append(first)
        ids = ids[len(first) :]
    return [*pieces, ids]


def _first_words(ids: NDArray[np.int32], longest: int, continues: NDArray[np.bool_]) -> NDArray[np.int32]:
    """As many whole words from the start as fit into so many tokens."""
    if len(ids) <= longest:
        return ids
    starts = np.flatnonzero(~continues[ids[1 : longest + 1]]) + 1
    return ids[: starts[-1]] if len(starts) else ids[:longest]


def _check(text: object) -> None:
    check_text(text, _EXAMPLE)
    check_characters([str(text)])  # signs are copied, and not read
