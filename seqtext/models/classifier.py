"""The classifier: texts in, labels with probabilities out, in NumPy."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice, pairwise, takewhile
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import WORD_OR_PUNCTUATION, compiled, is_mark
from seqtext.config import ClassifyConfig
from seqtext.data.sampling import batched
from seqtext.data.sentences import count_words
from seqtext.errors import InputError, ModelError, argument
from seqtext.fields import check_count, is_whole
from seqtext.models.base import Model
from seqtext.models.doubt import Doubt
from seqtext.models.label_names import read_label_names
from seqtext.models.many import Texts, answer_each, check_text
from seqtext.networks.cells import Array, log_softmax
from seqtext.networks.classifier import context, expected_shapes, load_encoder
from seqtext.networks.encoders import Encoder
from seqtext.networks.hashing import Speller, ngram_buckets, tfidf, votes
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.threads import in_turn, threads_if_alone
from seqtext.storage.model_folder import Contents
from seqtext.storage.weights import DOUBT_TABLE, check_shapes, without
from seqtext.tokenizer import BOS, EOS, UNK

BATCH = 1024  # texts that are best classified in one call
_AT_ONCE = {False: 2048, True: 16_384}  # tokens that are read together, with padding; True: by recurrence
_BESIDE = 4096  # the same, where states of readers stand beside the vectors: as wide as they are, more leave the cache
_TOKENS = 32_768  # that are looked up together
_SHORT = 4096  # characters that are classified in less than a millisecond or two
_KEPT = 32_000_000  # numbers of a table that is kept
_WIDEST = 72  # characters that a token and the space before it have at most, once runs of white space are one space
_WHITE = re.compile(r"([^\S\x1c-\x1f])[^\S\x1c-\x1f]+")  # separators such as \x1c are a tokenizer's signs
_RULED_OUT = -20.0  # the log-probability of a label that a rule forbids
_EXAMPLE = 'model.classify("A text.")'
_FIRST, _LAST = np.array([BOS], np.int32), np.array([EOS], np.int32)


class Label(NamedTuple):
    """A label and its probability."""

    label: str
    probability: float
    chosen: bool | None = None  # whether the text has it; of a model that gives each text one label, None
    code: str | None = None  # ISO 639 code of a label that is a language, "und" where none is told


class Classification(list[Label]):
    """The labels of a text, best first.

    unusual: whether the text is unlike those learnt from; None where the model cannot tell
    """

    def __init__(self, labels: Iterable[Label] = (), unusual: bool | None = None) -> None:
        super().__init__(labels)
        self.unusual = unusual

    def __repr__(self) -> str:  # that of a list would hide the other half of the answer
        return f"Classification({super().__repr__()}, unusual={self.unusual})"


class Reason(NamedTuple):
    """A word of a text and how much it speaks for the answer: by so much the answer's log-odds fall without it."""

    text: str
    start: int
    end: int
    weight: float  # nats; below 0 where the word speaks against the answer


class Classifier(Model):
    """Gives texts one of the labels it has learnt, or, having learnt from texts with several, each that applies.

    Many threads may ask one model at once.

    >>> import seqtext
    >>> model = seqtext.load("runs/mine")  # doctest: +SKIP
    >>> model.classify("What a lovely film.")[0].label  # doctest: +SKIP
    'positive'
    """

    task = "classify"
    reads_spacing = False

    def __init__(self, contents: Contents) -> None:
        super().__init__(contents)
        self.config = self._part("network", ClassifyConfig)
        labels = self.settings.get("labels")
        if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
            raise ModelError(f"config.json has labels = {labels!r:.80}; a list of names is expected.", "edit it")
        self.labels: list[str] = labels
        self.names = read_label_names(self.settings, labels)
        self._codes = [self.names.code(label) for label in labels]
        network: Any = contents.weights
        #: Marks texts unlike those learnt from; of a model from before seqtext could, and of too little text, None.
        self.doubt = Doubt.of(self.settings.get("doubt"), network, self.tokenizer)
        if self.doubt:
            network = without(network, DOUBT_TABLE)
        weights = check_shapes(network, expected_shapes(self.config, self.tokenizer.size, len(labels)))
        self._wide: Any = weights.get("wide.weight")
        self._idf: Any = weights.get("idf")
        self._bias = weights["output.bias"]
        self._speller = None if self._idf is None else Speller(self.tokenizer, self.config)
        if not self.config.linear:
            self._load_encoder(weights)
        self.several = self.config.several
        self.temperature = self._number("temperature", 1.0)
        self.threshold = self._number("threshold", 0.5)
        self._seen = self._tokens("longest", 400)
        #: How many tokens of a text are read: by an encoder `_seen`, for words and runs that count by tf-idf all.
        self.longest = max(self._seen, self._tokens("counted", 0)) if self._speller else self._seen

    def _tokens(self, name: str, usual: int) -> int:
        """Read a number of tokens from the settings."""
        found = self.settings.get(name, usual)
        if found != usual and not is_whole(found, 1):
            raise ModelError(f"config.json has {name} = {found!r:.80}; a number of tokens is expected.", "edit it")
        return int(found)

    def _load_encoder(self, weights: Mapping[str, Array]) -> None:
        """What reads vectors, and a table of what it looks up."""
        self.encoder, self._output = load_encoder(self.config, weights), weights["output.weight"]
        self._embedding, self._pairs = weights["embedding.weight"], weights.get("pairs.weight")
        beside = context(self.config)
        self._context = None if beside is None else load_encoder(beside, weights, "context")
        #: What reads the bare vectors, so that a table of them can be kept; with pairs, nearly every one is another.
        self._first = self._context or (None if self.config.pairs else self.encoder)
        bare = self._first is self.encoder and self.encoder.looks_up_vectors
        self._known = np.full(len(self._embedding), bare)
        self._kept = (self._embedding,) if bare else self._room()

    @may_overflow()
    def _room(self) -> tuple[Array, ...] | None:
        """Zeros for the encoder's table of the whole vocabulary and of padding, unless they would be too many."""
        widths = [one.shape[1] for one in self._first.table(self._embedding[:1])] if self._first else []
        rows = len(self._embedding) + 1
        return None if rows * sum(widths) > _KEPT else tuple(np.zeros((rows, width), np.float32) for width in widths)

    @overload
    def classify(self, texts: str, top: int = 3, reject: bool = False) -> Classification: ...

    @overload
    def classify(self, texts: Texts, top: int = 3, reject: bool = False) -> list[Classification]: ...

    @overload
    def classify(self, texts: Iterable[str], top: int = 3, reject: bool = False) -> Iterator[Classification]: ...

    def classify(
        self, texts: str | Texts | Iterable[str], top: int = 3, reject: bool = False
    ) -> Classification | list[Classification] | Iterator[Classification]:
        """The likeliest labels of a text, best first, at most `top`; none of a blank text.

        texts: one, a list of them or a stream, of which 1,024 are read together, see `seqtext.models.many`. Of a model
        for several labels (`several`), those that the text is found to have are marked as chosen, and all of them are
        given, even more than `top`; the probabilities are those of each label by itself.
        Probabilities are calibrated on held-out text. A label that is a language comes with its ISO 639 code. Of a
        text, the first `longest` tokens are read. Each answer says whether its text is
        `unusual`; with `reject`, such a text gets no label. Raises InputError for what is no text, and ModelError where
        a model that cannot tell is to reject.

        >>> model = seqtext.load("language-id")  # doctest: +SKIP
        >>> [labels[0].label for labels in model.classify(["Where is he?", "Wo ist er?"])]  # doctest: +SKIP
        ['English', 'German']
        """
        check_count("top", top, good=3)
        if reject:
            self.check_can_reject()
        return answer_each(
            texts,
            lambda some: self._classify(some, top, reject),
            BATCH,
            _EXAMPLE,
            lambda text: check_text(text, _EXAMPLE),
        )

    def _classify(self, texts: list[str], top: int, reject: bool) -> list[Classification]:
        with in_turn() if sum(map(len, texts)) <= _SHORT else threads_if_alone():
            blank = [not self.tokenizer.normal(text).strip() for text in texts]
            ids = self._ids(texts)
            log_probs = self._ruled(texts, ids, self._read(ids))
            unusual = self._unusual(ids, log_probs)
            order = np.argsort(-log_probs, 1, kind="stable")
            answer = self._marked if self.several else self._likeliest
            return [
                Classification(() if empty or (reject and odd) else row, odd and not empty)
                for empty, row, odd in zip(blank, answer(log_probs, order, top), unusual, strict=True)
            ]

    @property
    def tells_unusual(self) -> bool:
        """Tell whether answers say which texts are unusual: by a doubt, or by a label for none of the others."""
        return self.doubt is not None or self.names.unknown is not None

    def _unusual(self, ids: list[NDArray[np.int32]], log_probs: Array) -> list[bool | None]:
        """Whether each text is unlike those learnt from, or in none of the labels; None where nothing can tell."""
        odd: list[bool | None] = [None] * len(ids)
        if self.doubt is not None:
            odd = list(self.doubt.unusual(self._begun(ids)))
        if self.names.unknown is None:
            return odd
        unknown = log_probs.argmax(1) == self.labels.index(self.names.unknown)
        return [bool(one or other) for one, other in zip(odd, unknown.tolist(), strict=True)]

    def check_can_reject(self) -> None:
        """Raise ModelError where nothing tells which texts are unlike those learnt from."""
        if not self.tells_unusual:
            raise ModelError(
                f"{argument('reject')} was given, but the model cannot tell which texts are unusual: it learnt "
                "from too few, "
                "its training did not reach its end, or it is from before seqtext could.",
                "seqtext train classify CORPUS --run FOLDER",
            )

    def _likeliest(self, log_probs: Array, order: NDArray[np.integer], top: int) -> list[list[Label]]:
        """The labels of texts that have one each; order: (texts, labels) from the likeliest on."""
        best = order[:, :top]
        shares = np.exp(np.take_along_axis(log_probs, best, 1).astype(np.float64))
        return [
            [Label(self.labels[k], share, None, self._codes[k]) for k, share in zip(row, own, strict=True)]
            for row, own in zip(best.tolist(), shares.tolist(), strict=True)
        ]

    def _marked(self, log_probs: Array, order: NDArray[np.integer], top: int) -> list[list[Label]]:
        """The labels of texts that may have several; order: (texts, labels) from the likeliest on."""
        chosen, shares = self.chosen(log_probs), np.exp(log_probs.astype(np.float64))
        return [
            [
                Label(self.labels[k], float(own[k]), bool(taken[k]), self._codes[k])
                for k in row[: max(top, int(taken.sum()))]
            ]
            for row, own, taken in zip(order, shares, chosen, strict=True)
        ]

    def chosen(self, log_probs: Array) -> NDArray[np.bool_]:
        """(texts, labels) whether a probability reaches the threshold of a model for several labels."""
        return np.asarray(log_probs >= np.log(self.threshold))

    def log_probs(self, texts: Sequence[str]) -> Array:
        """The log-probability of each label, (texts, labels)."""
        ids = self._ids(texts)
        return self._ruled(texts, ids, self._read(ids))

    def _ids(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """What is read of each text, without BOS and EOS."""
        starts = (self.tokenizer.beginning(text, self.longest) for text in texts)
        return [found[: self.longest] for found in self.tokenizer.stream(starts)]

    def _begun(self, ids: list[NDArray[np.int32]]) -> list[NDArray[np.int32]]:
        """The first ids of each text, which an encoder reads."""
        return ids if self.longest == self._seen else [one[: self._seen] for one in ids]

    @may_overflow()
    def _read(self, ids: list[NDArray[np.int32]]) -> Array:
        """(texts, labels); texts of like length are read together."""
        sizes = np.array([len(found) + 2 for found in ids], np.int64)
        order = np.argsort(-sizes, kind="stable")
        result = np.zeros((len(ids), len(self.labels)), np.float32)
        start = 0
        while start < len(order):  # the longest texts first
            rows = order[
                start : start + max(1, int(np.searchsorted(np.cumsum(sizes[order[start:]]), _TOKENS, "right")))
            ]
            result[rows] = self._log_probs([ids[row] for row in rows], sizes[rows])
            start += len(rows)
        check_finite(result)
        return result

    def _ruled(self, texts: Sequence[str], ids: list[NDArray[np.int32]], log_probs: Array) -> Array:
        """Log-probabilities, (texts, labels), in which texts of too few letters that were learnt are unknown.

        ids: what is read of each text. Where some of it has no token of its own, half of the letters must have one.
        """
        if self.names.unknown is None or not self.names.fewest_letters:
            return log_probs
        flat, ends = np.concatenate([*ids, np.zeros(0, np.int32)]), np.cumsum([len(one) for one in ids], dtype=np.int64)
        learnt, strange = (_sums(values, ends) for values in (self._letters[flat], self._pieces[flat]))
        least = np.full(len(ids), float(self.names.fewest_letters))
        for row in np.flatnonzero(strange).tolist():
            start = self.tokenizer.normal(texts[row][: self.extent(texts[row])])
            least[row] = max(least[row], _letters_in(start) / 2)
        log_probs[learnt < least] = _RULED_OUT
        log_probs[learnt < least, self.labels.index(self.names.unknown)] = 0.0
        return log_probs

    @cached_property
    def _letters(self) -> NDArray[np.int64]:
        """(size,) how many letters each token spells."""
        return np.array([_letters_in(text) for text in self.tokenizer.texts], np.int64)

    @cached_property
    def _pieces(self) -> NDArray[np.bool_]:
        """(size,) whether a token is less than a character: a byte of one that has no token, or what is unknown."""
        return np.array([number == UNK or "\ufffd" in text for number, text in enumerate(self.tokenizer.texts)])

    def _log_probs(self, texts: list[NDArray[np.int32]], sizes: NDArray[np.int64]) -> Array:
        """(texts, labels) of some ids, the longest first; sizes: (texts,) tokens of each with BOS and EOS."""
        if self.config.linear:
            scores = np.tile(self._bias, (len(texts), 1))
        else:
            begun = self._begun(texts)
            scores = self._encoded(begun, sizes if begun is texts else np.array([len(one) + 2 for one in begun]))
        if self._speller is not None:
            scores += self._counted(texts, self._speller)
        scores /= np.float32(self.temperature)
        check_finite(scores)  # log σ of ∞ would be finite
        if self.several:
            result: Array = -np.logaddexp(np.float32(0.0), -scores)  # log σ(z)
            return result
        return log_softmax(scores)

    def _encoded(self, texts: list[NDArray[np.int32]], sizes: NDArray[np.int64]) -> Array:
        """(texts, labels) the scores of what the encoder reads; arguments as for `_log_probs`."""
        flat = np.concatenate([part for text in texts for part in (_FIRST, text, _LAST)])
        table, places = ((), flat) if self._first is None else self._table(self._first, flat)
        ends = np.cumsum(sizes)
        most = _BESIDE if self._context is not None else _AT_ONCE[self.encoder.is_recurrent]
        parts, start = [], 0
        while start < len(texts):
            after = min(len(texts), start + max(1, most // int(sizes[start])))
            mask = np.arange(sizes[start]) < sizes[start:after, None]
            ids, at = np.zeros(mask.shape, np.int64), np.zeros(mask.shape, np.int64)
            some = slice(ends[start] - sizes[start], ends[after - 1])
            ids[mask], at[mask] = flat[some], places[some]
            if self._first is self.encoder:
                pooled = self.encoder.read(table, at, mask)
            else:
                pooled = self.encoder(self._vectors(ids, mask, table, at), mask)
            own = pooled @ self._output.T + self._bias
            counts = self._wide is not None and self._speller is None
            parts.append(own + self._votes(ids, mask, self._wide) if counts else own)
            start = after
        scores: Array = np.concatenate(parts)
        return scores

    def _table(self, reader: Encoder, ids: NDArray[np.int32]) -> tuple[tuple[Array, ...], NDArray[np.integer]]:
        """The reader's table of the tokens that occur, and the place of each of the ids in it.

        Where there is room for the whole vocabulary, what was made before is kept: a row is known once it is written,
        and two threads that miss the same one write the same numbers.
        """
        present = np.zeros(len(self._embedding), np.bool_)
        present[ids] = True
        if self._kept is None:
            vectors = np.concatenate([self._embedding[present], np.zeros_like(self._embedding[:1])])
            return reader.table(vectors), (np.cumsum(present) - 1)[ids]
        new = np.flatnonzero(present & ~self._known)
        if len(new):
            for whole, own in zip(self._kept, reader.table(self._embedding[new]), strict=True):
                whole[new] = own
            self._known[new] = True
        return self._kept, ids

    def _vectors(
        self, ids: NDArray[np.int64], mask: NDArray[np.bool_], table: tuple[Array, ...], places: NDArray[np.int64]
    ) -> Array:
        """(batch, time, size) of tokens and the runs that end with them, and beside these the context.

        table, places: what `_table` gave for the readers of the context, if there are any
        """
        vectors = self._embedding[ids]
        if self._pairs is not None:
            buckets = ngram_buckets(ids, len(self._pairs), self.config.ngrams)
            for which in range(buckets.shape[2]):
                vectors += self._pairs[buckets[:, :, which]]
        if self._context is None:
            return vectors
        return np.concatenate([vectors, self._context.read_states(table, places, mask)], 2)

    def _votes(self, ids: NDArray[np.int64], mask: NDArray[np.bool_], scores: Array) -> Array:
        """(batch, labels) what words and runs say by themselves."""
        buckets, shares = votes(ids, mask, len(scores), self.config.ngrams, self.tokenizer.folded)
        return np.stack([share @ scores[own] for share, own in zip(shares, buckets, strict=True)])

    def _counted(self, texts: list[NDArray[np.int32]], speller: Speller) -> Array:
        """(texts, labels) what words and runs say by themselves where they count by tf-idf."""
        terms = speller.terms(texts)
        weights = tfidf(terms, self._idf)
        bounds = terms.starts.tolist()
        parts = (slice(*ends) for ends in pairwise(bounds))
        return np.stack([weights[part] @ self._wide[terms.buckets[part]] for part in parts])

    def explain(self, text: str, label: str | None = None) -> list[Reason]:
        """How much each word that is read speaks for a label, in the text's order; without one, for the likeliest.

        Each word is left out once, and the change of the label's log-odds is what it weighs (occlusion, Li et al. 2016,
        arXiv:1612.08220). A word that others repeat weighs little. In scripts without spaces, such as Chinese and Thai,
        each letter is a word. Raises InputError for a label that is not known.
        """
        check_text(text, _EXAMPLE)
        if label is not None and label not in self.labels:
            known = ", ".join(self.labels[:10]) + ", …" * (len(self.labels) > 10)
            raise InputError(f"The label {label!r:.80} was received; known are {known}.", f"{self.labels[0]}")
        typed = self.tokenizer.trace(text)
        read = self.extent(typed.text)
        words = list(takewhile(lambda word: word.start() < read, self._words.finditer(typed.text)))
        if not words:
            return []
        parts = batched(self._without_each(typed.text, len(words)), BATCH)
        with in_turn() if len(text) * len(words) <= _SHORT else threads_if_alone():
            log_probs = np.concatenate([self.log_probs(some) for some in parts])
        chosen = int(log_probs[0].argmax()) if label is None else self.labels.index(label)
        own = np.minimum(log_probs[:, chosen].astype(np.float64), -1e-7)
        odds = own - np.log(-np.expm1(own))
        places = typed.back(np.array([word.span() for word in words])).tolist()
        return [
            Reason(text[start:end], start, end, float(odds[0] - one))
            for (start, end), one in zip(places, odds[1:], strict=True)
        ]

    @property
    def _words(self) -> re.Pattern[str]:
        """What words, stand-ins and punctuation marks are."""
        return compiled(f"{self.masks.stand_ins}|{WORD_OR_PUNCTUATION}" if self.masks else WORD_OR_PUNCTUATION)

    def _without_each(self, text: str, count: int) -> Iterator[str]:
        """The text, then the text without each of its first words, so far as it is read."""
        # Of words, white space is left out anyway, and a long run of it would be read again for each of them.
        same = _WHITE.sub(r"\1", text) if self.tokenizer.tokens == "word" else text
        room = _WIDEST * (self.longest + 1)
        yield same
        for word in islice(self._words.finditer(same), count):
            yield same[: word.start()] + same[word.end() : word.end() + room]

    def extent(self, text: str) -> int:
        """How many characters of a text are read: those of its first `longest` tokens."""
        return self.tokenizer.extent(text, self.longest)

    def words_read(self, text: str) -> tuple[int, int]:
        """Count the words of a text that are read whole, and the others; see `seqtext.data.sentences.count_words`."""
        read = count_words(text, self.extent(text))
        return read, count_words(text) - read


def _letters_in(text: str) -> int:
    """Count letters and the marks that are letters to who reads them, such as vowel signs in Hindi."""
    return sum(one.isalpha() or is_mark(one) for one in text)


def _sums(values: NDArray[Any], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """(texts,) the sums of values that stand one text after the other; ends: (texts,) where each text ends."""
    return np.diff(np.append(0, np.cumsum(values, dtype=np.int64))[ends], prepend=0)
