"""Read a source and write a target, in NumPy.

Translator and summarizer share it. The network is an encoder–decoder with attention and copying, see
`seqtext.networks.seq2seq`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords, checked
from seqtext.config import SearchConfig, Seq2SeqConfig
from seqtext.decoding.beam import Barred, Hypothesis, Spell, beam_search
from seqtext.decoding.constraints import WholeText, WordBarrier
from seqtext.decoding.each_once import EachOnce
from seqtext.errors import ConfigError, InputError, ModelError, scores_not_finite
from seqtext.fields import is_whole
from seqtext.models.base import Model
from seqtext.models.channel import PREFIX, Channel
from seqtext.models.doubt import Doubt
from seqtext.models.many import answer_each, check_text, groups_of_like_length, in_order
from seqtext.models.pair_text import side_ids, tokenizers_from, words_of_pieces
from seqtext.models.source_text import KINDS, Prepared, in_small_letters, prepare
from seqtext.models.stand_ins import STAND_INS, read_kinds
from seqtext.networks.cells import Array
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.seq2seq import DecoderState, EncoderDecoder, expected_shapes
from seqtext.networks.threads import side_by_side
from seqtext.storage.model_folder import Contents
from seqtext.storage.weights import DOUBT_TABLE, check_shapes, without
from seqtext.tokenizer import BOS, EOS, check_characters

MOST_ALIGNED = 2000  # tokens of either side of an alignment
BATCH = 64  # sources that are answered at once

_EXAMPLE = 'model.translate("A text."), or summarize'

A = TypeVar("A")
Answers = list[list[Hypothesis]]  # of each source, best first


class Alignment(NamedTuple):
    """Hold the attention of a target's words on those of its source."""

    source: list[str]
    target: list[str]
    weights: Array  # (target, source): a row sums to 1, or to 0 where all attention was on the end, which is not a word


class Seq2Seq(Model):
    """Define the base class of sequence-to-sequence models: translator and summarizer.

    Raises ModelError where the settings or the weights of the folder are damaged.
    """

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
        beside = Channel.config_of(self.settings.get("channel"), self.config)
        if beside:
            of_channel = expected_shapes(beside, self.tokenizer.size, self.tokenizer.size)
            shapes |= {PREFIX + name: shape for name, shape in of_channel.items()}
        read = check_shapes(weights, shapes)
        self.network = EncoderDecoder(self.config, {k: v for k, v in read.items() if not k.startswith(PREFIX)})
        #: Chooses the first answer; of a model without one, None.
        self.channel: Channel | None = None
        if beside:
            back = {name.removeprefix(PREFIX): array for name, array in read.items() if name.startswith(PREFIX)}
            self.channel = Channel(EncoderDecoder(beside, back), float(self.settings["channel"]["weight"]))
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
        """Find the best targets of sources by beam search.

        Sources of like length are read together.

        sources: the ids of each, (tokens,)
        spell: the index of a source and the tokens of an answer → its text; the texts of several answers differ
        avoid: words that are not written, beside those of the model; where one would be, another target is searched for
        once: whether a target holds each stand-in of its source exactly once; a source may have no target then
        returns the hypotheses of each source in the order given, best first; raises ModelError where the scores of the
        network overflow
        """
        avoided = self.avoided(avoid)
        groups = groups_of_like_length(list(map(len, sources)), BATCH)

        @may_overflow()
        def answered(group: list[int]) -> list[list[Hypothesis]]:
            chosen = [sources[index] for index in group]

            def text(number: int, tokens: tuple[int, ...]) -> str:
                return spell(group[number], tokens) if spell else self._text(tokens)

            barred = self._each_once(chosen) if once else None
            found = self._found(chosen, search, text, barred)
            return self._without(avoided, chosen, found, search, text, barred) if len(avoided) else found

        # Groups side by side keep every core busy; within a product, threads would wait for what stands between two.
        answers = in_order(groups, side_by_side(answered, groups))
        if not once and not all(answers):
            raise scores_not_finite()
        return answers

    def _found(
        self, sources: list[NDArray[np.int32]], search: SearchConfig, spell: Spell, barred: Barred | None
    ) -> Answers:
        """Search for the answers to each source; the first is the channel's choice, where there is one.

        It chooses from those that the beam has finished once the likeliest is sure, so that the first answer is the
        same however many are asked for. Where more are, a second search has the others.
        """
        if self.channel is None:
            return self._search(sources, search, spell, barred)
        finished = self._search(sources, replace(search, n_best=search.beam), spell, barred, sure=1)
        first = self.channel.best(sources, finished, search)
        return first if search.n_best == 1 else _led(first, self._search(sources, search, spell, barred), spell)

    def _search(
        self, sources: list[NDArray[np.int32]], search: SearchConfig, spell: Spell, barred: Barred | None = None,
        sure: int | None = None,
    ) -> Answers:  # fmt: skip
        limits = np.array([self._most(len(source), search) for source in sources])
        return beam_search(
            self.network.step, self.network.read(sources), limits, search, first=BOS, end=EOS, penalty=_looked_at,
            rule=self._rule, spell=spell if search.n_best > 1 else None, barred=barred, sure=sure,
        )  # fmt: skip

    def _without(
        self, avoided: AvoidedWords, sources: list[NDArray[np.int32]], first: Answers, search: SearchConfig,
        spell: Spell, barred: Barred | None = None,
    ) -> Answers:  # fmt: skip
        """Search again, clear of avoided words, for the sources whose answers hold some."""
        wrong = [k for k, best in enumerate(first) if any(avoided.is_in(self._text(h.tokens)) for h in best)]
        if not wrong:
            return first
        answers, barrier = list(first), WordBarrier(self._completing(avoided), EOS)

        def either(number: int, tokens: tuple[int, ...]) -> NDArray[np.bool_]:
            spoilt = barrier(tokens)
            return spoilt | barred(wrong[number], tokens) if barred else spoilt

        again = self._search(
            [sources[k] for k in wrong], search, lambda number, tokens: spell(wrong[number], tokens), either
        )
        for k, best in zip(wrong, again, strict=True):
            answers[k] = best or ([] if barred else [self._cut_from(first[k][0], avoided)])
        return answers

    def _each_once(self, sources: list[NDArray[np.int32]]) -> Barred:
        """Bar tokens so that a target holds each stand-in of its source exactly once."""
        needed, may_not = [self._stand_ins.needed(ids) for ids in sources], self._stand_ins
        return lambda number, tokens: may_not(needed[number], tokens)

    @cached_property
    def _stand_ins(self) -> EachOnce:
        return EachOnce(self.tokenizer, STAND_INS, EOS)

    def _cut_from(self, answer: Hypothesis, avoided: AvoidedWords) -> Hypothesis:
        """Cut the avoided words from an answer, where nothing else fits into its length."""
        ids = side_ids(avoided.cut_from(self._text(answer.tokens)), self.tokenizer, "written")
        return answer._replace(tokens=tuple(ids.tolist()))

    def _checked(self, search: object, avoid: Collection[str]) -> tuple[str, ...]:
        """Check both settings and return the words to avoid; raises InputError or ConfigError."""
        if not isinstance(search, SearchConfig):
            raise ConfigError(f"search received {search!r:.80}; a SearchConfig is expected.", "SearchConfig(beam=5)")
        words = avoid if isinstance(avoid, tuple) else checked(avoid)
        self.avoided(words)
        return words

    def _each(self, texts: Any, answer: Callable[[list[str]], Sequence[A]]) -> Any:
        """Answer one text, a list or a stream; of a list, texts of like length are read together."""
        whole = not isinstance(texts, str) and hasattr(texts, "__len__")
        return answer_each(texts, answer, max(1, len(texts)) if whole else BATCH, _EXAMPLE, check_source)

    @may_overflow()
    def align(self, source: str, target: str) -> Alignment:
        """Compute the attention of a target's words on those of the source.

        The attention a of `seqtext.networks.seq2seq` at each token of the target, summed over the tokens of both words;
        each row is then divided by its sum.
        Raises InputError for an empty text, or one of more than 2,000 tokens: the weights take memory by the product.
        """
        if not source.strip() or not target.strip():
            raise InputError(
                "An empty text was received; a text and its translation are expected.", 'align("Hi.", "Salut.")'
            )
        ids = side_ids(source, self.source_tokenizer, "read", MOST_ALIGNED + 1)
        written = side_ids(target, self.tokenizer, "written", MOST_ALIGNED + 1)
        if max(len(ids), len(written)) > MOST_ALIGNED:
            side = "source" if len(ids) > MOST_ALIGNED else "target"
            raise InputError(
                f"A {side} of {len(source if side == 'source' else target):,} characters was received; attention is "
                f"shown for up to {MOST_ALIGNED:,} tokens on each side.",
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
        """Tell whether each source is unlike those learnt from; one without tokens is not."""
        asked = [ids for ids in sources if len(ids)]
        marks = iter(self.doubt.unusual(asked) if self.doubt else [False] * len(asked))
        return [len(ids) > 0 and next(marks) for ids in sources]

    @cached_property
    def _rule(self) -> WholeText:
        return WholeText(self.tokenizer, EOS)

    def _kinds_set_aside(self) -> list[str]:
        """Name the kinds of source that are set aside: those that a training did not note as learnt.

        Without a note none is set aside, unless the model names its languages: such a model is made for sentences.
        """
        learnt = self.settings.get("learnt_kinds", [] if "language" in self.settings else list(KINDS))
        if not isinstance(learnt, list):
            raise ModelError(f"config.json has learnt_kinds = {learnt!r:.80}; a list is expected.", "edit it")
        return [kind for kind in KINDS if kind not in learnt]

    def _prepared(self, sentence: str, shouted: bool) -> Prepared:
        return prepare(sentence, self._in_small_letters, self._set_aside, shouted)

    def _in_small_letters(self, text: str) -> str:
        return in_small_letters(text, self._usual_case)

    def _most(self, length: int, search: SearchConfig) -> int:
        """Limit the tokens of an answer to a source of so many."""
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


def _led(first: Answers, others: Answers, text: Spell) -> Answers:
    """Put the first answer to each source before the others whose texts differ, as many in all as the others are."""
    led = []
    for number, (best, some) in enumerate(zip(first, others, strict=True)):
        known = {text(number, h.tokens) for h in best}
        led.append([*best, *(h for h in some if text(number, h.tokens) not in known)][: len(some)])
    return led


def _looked_at(state: DecoderState) -> Array:
    """Σ_i log min(κ_i, 1) over the source, (rows,): the coverage penalty of Wu et al. 2016, arXiv:1609.08144."""
    seen = np.log(np.clip(state.coverage, 1e-3, 1.0))
    real = state.memory.mask[state.source] == 0.0
    result: Array = (seen * real).sum(1)
    return result


def first_words(ids: NDArray[np.int32], longest: int, continues: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Take as many whole words from the start as fit.

    ids: (tokens,); longest: tokens; continues: (vocabulary,), whether a token continues a word
    returns (at most longest,): cut inside a word only where that alone is longer
    """
    if len(ids) <= longest:
        return ids
    starts = np.flatnonzero(~continues[ids[1 : longest + 1]]) + 1
    return ids[: starts[-1]] if len(starts) else ids[:longest]


def check_source(text: object) -> None:
    """Check a source. Raises InputError unless it is a text of whole characters."""
    check_text(text, _EXAMPLE)
    check_characters([str(text)])  # signs are copied, and not read
