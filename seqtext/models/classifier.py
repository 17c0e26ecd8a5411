"""Classify texts with calibrated probabilities, in NumPy."""

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

BATCH = 1024  # best number of texts in one call
_AT_ONCE = {False: 2048, True: 16_384}  # tokens read together, with padding; True: by recurrent encoders
_BESIDE = 4096  # the same with context states beside the vectors; these are wide, and more would not fit the cache
_TOKENS = 32_768  # tokens looked up together
_SHORT = 4096  # characters that are classified within a millisecond or two
_KEPT = 32_000_000  # most numbers in a cached table
_WIDEST = 72  # most characters of a token with the space before it, once runs of white space are collapsed
_WHITE = re.compile(r"([^\S\x1c-\x1f])[^\S\x1c-\x1f]+")  # the tokenizer uses separators such as \x1c as marks
_RULED_OUT = -20.0  # the log-probability of a label that a rule forbids
_EXAMPLE = 'model.classify("A text.")'
_FIRST, _LAST = np.array([BOS], np.int32), np.array([EOS], np.int32)


class Label(NamedTuple):
    """Hold a label and its probability."""

    label: str
    probability: float
    chosen: bool | None = None  # whether the text has the label; None for a single-label model
    code: str | None = None  # ISO 639 code of a label that is a language, "und" if the language is unknown


class Classification(list[Label]):
    """Hold the labels of a text, best first.

    unusual: whether the text is unlike the training texts; None if the model cannot tell.
    """

    def __init__(self, labels: Iterable[Label] = (), unusual: bool | None = None) -> None:
        super().__init__(labels)
        self.unusual = unusual

    def __repr__(self) -> str:  # that of a list would hide the other half of the answer
        return f"Classification({super().__repr__()}, unusual={self.unusual})"


class Reason(NamedTuple):
    """Hold a word and how much a label's log-odds drop without it.

    start, end: the word in the text, in characters; weight: in nats, see `Classifier.explain`
    """

    text: str
    start: int
    end: int
    weight: float  # nats; negative if the word is evidence against the answer


class Classifier(Model):
    """Classify texts with one label each, or several (multi-label).

    Safe to share between threads.

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
        #: Marks texts unlike the training texts; None for older models, and for those trained on too little text.
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
        #: How many tokens of a text are read; an encoder reads `_seen` of them, tf-idf counts all.
        self.longest = max(self._seen, self._tokens("counted", 0)) if self._speller else self._seen

    def _tokens(self, name: str, usual: int) -> int:
        """Read a number of tokens from the settings."""
        tokens = self.settings.get(name, usual)
        if tokens != usual and not is_whole(tokens, 1):
            raise ModelError(f"config.json has {name} = {tokens!r:.80}; a number of tokens is expected.", "edit it")
        return int(tokens)

    def _load_encoder(self, weights: Mapping[str, Array]) -> None:
        """Load the encoder and, if any, the table of its precomputed inputs."""
        self.encoder, self._output = load_encoder(self.config, weights), weights["output.weight"]
        self._embedding, self._pairs = weights["embedding.weight"], weights.get("pairs.weight")
        beside = context(self.config)
        self._context = None if beside is None else load_encoder(beside, weights, "context")
        #: The reader of bare vectors, whose table can be cached; with pairs, nearly every vector is different.
        self._first = self._context or (None if self.config.pairs else self.encoder)
        bare = self._first is self.encoder and self.encoder.looks_up_vectors
        self._known = np.full(len(self._embedding), bare)
        self._kept = (self._embedding,) if bare else self._room()

    @may_overflow()
    def _room(self) -> tuple[Array, ...] | None:
        """Allocate the encoder's table for the whole vocabulary and padding; None if it is too large."""
        widths = [column.shape[1] for column in self._first.table(self._embedding[:1])] if self._first else []
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
        """Classify texts: at most `top` labels each, best first.

        A blank text gets none. texts: one, a list of them or a stream, which is read in batches of 1,024, see
        `seqtext.models.many`. A multi-label model (`several`) marks the labels that apply as chosen, and returns all of
        these, even more than `top`; its probabilities are independent for each label.
        Probabilities are calibrated on held-out text. A label that is a language comes with its ISO 639 code. The first
        `longest` tokens of a text are read. Each answer says whether its text is `unusual`; with `reject`, such a text
        gets no label. Raises InputError for an input that is not text, and ModelError for `reject` with a model that
        cannot tell.

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
        # Short texts are nearly all Python, whose lock threads take from each other: answered in turn, 8 threads need
        # 1.5 times the processor time of one, otherwise 2.9 times.
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
        """Tell whether answers mark unusual texts.

        They do by a threshold of doubt, or by a label for texts with none of the others.
        """
        return self.doubt is not None or self.names.unknown is not None

    def _unusual(self, ids: list[NDArray[np.int32]], log_probs: Array) -> list[bool | None]:
        """Mark texts unlike the training texts, or outside of all labels; None if the model cannot tell."""
        odd: list[bool | None] = [None] * len(ids)
        if self.doubt is not None:
            odd = list(self.doubt.unusual(self._begun(ids)))
        if self.names.unknown is None:
            return odd
        unknown = log_probs.argmax(1) == self.labels.index(self.names.unknown)
        return [bool(doubtful or outside) for doubtful, outside in zip(odd, unknown.tolist(), strict=True)]

    def check_can_reject(self) -> None:
        """Raise ModelError if the model cannot mark unusual texts."""
        if not self.tells_unusual:
            raise ModelError(
                f"{argument('reject')} was given, but the model cannot tell which texts are unusual: it learnt "
                "from too few, "
                "its training did not reach its end, or it is from before seqtext could.",
                "seqtext train classify CORPUS --run FOLDER",
            )

    def _likeliest(self, log_probs: Array, order: NDArray[np.integer], top: int) -> list[list[Label]]:
        """List the labels of single-label texts; order: (texts, labels) indices from the likeliest on."""
        best = order[:, :top]
        shares = np.exp(np.take_along_axis(log_probs, best, 1).astype(np.float64))
        return [
            [Label(self.labels[k], share, None, self._codes[k]) for k, share in zip(row, row_shares, strict=True)]
            for row, row_shares in zip(best.tolist(), shares.tolist(), strict=True)
        ]

    def _marked(self, log_probs: Array, order: NDArray[np.integer], top: int) -> list[list[Label]]:
        """List the labels of multi-label texts; order: (texts, labels) indices from the likeliest on."""
        chosen, shares = self.chosen(log_probs), np.exp(log_probs.astype(np.float64))
        return [
            [
                Label(self.labels[k], float(row_shares[k]), bool(taken[k]), self._codes[k])
                for k in row[: max(top, int(taken.sum()))]
            ]
            for row, row_shares, taken in zip(order, shares, chosen, strict=True)
        ]

    def chosen(self, log_probs: Array) -> NDArray[np.bool_]:
        """Apply the threshold of a multi-label model, (texts, labels)."""
        return np.asarray(log_probs >= np.log(self.threshold))

    def log_probs(self, texts: Sequence[str]) -> Array:
        """Compute the log-probability of each label, (texts, labels), in nats.

        Raises ModelError where the weights are so large that one is not finite.
        """
        ids = self._ids(texts)
        return self._ruled(texts, ids, self._read(ids))

    def _ids(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Encode the part of each text that is read, without BOS and EOS."""
        starts = (self.tokenizer.beginning(text, self.longest) for text in texts)
        return [ids[: self.longest] for ids in self.tokenizer.stream(starts)]

    def _begun(self, ids: list[NDArray[np.int32]]) -> list[NDArray[np.int32]]:
        """Truncate ids to those that an encoder reads."""
        return ids if self.longest == self._seen else [text_ids[: self._seen] for text_ids in ids]

    @may_overflow()
    def _read(self, ids: list[NDArray[np.int32]]) -> Array:
        """Compute log-probabilities, (texts, labels), in batches of similar length."""
        sizes = np.array([len(text_ids) + 2 for text_ids in ids], np.int64)
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
        """Label texts with too few known letters as unknown, in log-probabilities, (texts, labels).

        ids: the tokens of each text. If the text has unknown characters, at least half of its letters must be known.
        """
        if self.names.unknown is None or not self.names.fewest_letters:
            return log_probs
        flat, ends = np.concatenate([*ids, np.zeros(0, np.int32)]), np.cumsum([*map(len, ids)], dtype=np.int64)
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
        """(vocabulary,) the number of letters of each token."""
        return np.array([_letters_in(text) for text in self.tokenizer.texts], np.int64)

    @cached_property
    def _pieces(self) -> NDArray[np.bool_]:
        """(vocabulary,) True at tokens for bytes of unknown characters, and the unknown token."""
        return np.array([number == UNK or "\ufffd" in text for number, text in enumerate(self.tokenizer.texts)])

    def _log_probs(self, texts: list[NDArray[np.int32]], sizes: NDArray[np.int64]) -> Array:
        """Compute log-probabilities, (texts, labels), from ids, the longest texts first.

        sizes: (texts,) tokens of each with BOS and EOS.
        """
        if self.config.linear:
            scores = np.tile(self._bias, (len(texts), 1))
        else:
            begun = self._begun(texts)
            scores = self._encoded(begun, sizes if begun is texts else np.array([len(ids) + 2 for ids in begun]))
        if self._speller is not None:
            scores += self._counted(texts, self._speller)
        scores /= np.float32(self.temperature)
        check_finite(scores)  # log σ of ∞ would be finite
        if self.several:
            result: Array = -np.logaddexp(np.float32(0.0), -scores)  # log σ(z)
            return result
        return log_softmax(scores)

    def _encoded(self, texts: list[NDArray[np.int32]], sizes: NDArray[np.int64]) -> Array:
        """Compute the encoder's scores, (texts, labels); arguments as for `_log_probs`."""
        flat = np.concatenate([ids for text in texts for ids in (_FIRST, text, _LAST)])
        table, places = ((), flat) if self._first is None else self._table(self._first, flat)
        ends = np.cumsum(sizes)
        most = _BESIDE if self._context is not None else _AT_ONCE[self.encoder.is_recurrent]
        batches, start = [], 0
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
            logits = pooled @ self._output.T + self._bias
            counts = self._wide is not None and self._speller is None
            batches.append(logits + self._votes(ids, mask, self._wide) if counts else logits)
            start = after
        scores: Array = np.concatenate(batches)
        return scores

    def _table(self, reader: Encoder, ids: NDArray[np.int32]) -> tuple[tuple[Array, ...], NDArray[np.integer]]:
        """Make the reader's table for the tokens that occur, with the row of each id.

        If the whole vocabulary fits, rows are cached: a row is marked as known after it is written, and two threads
        that miss the same row write the same numbers.
        """
        present = np.zeros(len(self._embedding), np.bool_)
        present[ids] = True
        if self._kept is None:
            vectors = np.concatenate([self._embedding[present], np.zeros_like(self._embedding[:1])])
            return reader.table(vectors), (np.cumsum(present) - 1)[ids]
        new = np.flatnonzero(present & ~self._known)
        if len(new):
            for whole, new_rows in zip(self._kept, reader.table(self._embedding[new]), strict=True):
                whole[new] = new_rows
            self._known[new] = True
        return self._kept, ids

    def _vectors(
        self, ids: NDArray[np.int64], mask: NDArray[np.bool_], table: tuple[Array, ...], places: NDArray[np.int64]
    ) -> Array:
        """Look up the vectors of tokens and their n-grams, with the context, (batch, time, size).

        table, places: the result of `_table` for the context's readers, if any.
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
        """Sum the linear scores of words and n-grams, (batch, labels)."""
        buckets, shares = votes(ids, mask, len(scores), self.config.ngrams, self.tokenizer.folded)
        return np.stack([share @ scores[rows] for share, rows in zip(shares, buckets, strict=True)])

    def _counted(self, texts: list[NDArray[np.int32]], speller: Speller) -> Array:
        """Sum the linear scores of words and n-grams weighted by tf-idf, (texts, labels)."""
        terms = speller.terms(texts)
        weights = tfidf(terms, self._idf)
        bounds = terms.starts.tolist()
        spans = (slice(*ends) for ends in pairwise(bounds))
        return np.stack([weights[span] @ self._wide[terms.buckets[span]] for span in spans])

    def explain(self, text: str, label: str | None = None) -> list[Reason]:
        """Weigh each word as evidence for a label, in text order.

        label: by default the likeliest. A word's weight is the drop of the label's log-odds, in nats, if the word is
        left out (occlusion, Li et al. 2016, arXiv:1612.08220). A word repeated by others weighs little. In scripts
        without spaces, such as Chinese and Thai, each letter is a word. Words after the part that the model reads are
        not among them. Raises InputError for an unknown label, and for a text that is no str.
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
        batches = batched(self._without_each(typed.text, len(words)), BATCH)
        with in_turn() if len(text) * len(words) <= _SHORT else threads_if_alone():
            log_probs = np.concatenate([self.log_probs(batch) for batch in batches])
        chosen = int(log_probs[0].argmax()) if label is None else self.labels.index(label)
        label_log_probs = np.minimum(log_probs[:, chosen].astype(np.float64), -1e-7)
        odds = label_log_probs - np.log(-np.expm1(label_log_probs))
        spans = typed.back(np.array([word.span() for word in words])).tolist()
        return [
            Reason(text[start:end], start, end, float(odds[0] - without_word))
            for (start, end), without_word in zip(spans, odds[1:], strict=True)
        ]

    @property
    def _words(self) -> re.Pattern[str]:
        """The pattern of words, stand-ins and punctuation marks."""
        return compiled(f"{self.masks.stand_ins}|{WORD_OR_PUNCTUATION}" if self.masks else WORD_OR_PUNCTUATION)

    def _without_each(self, text: str, count: int) -> Iterator[str]:
        """Yield the text, then the text without each of its first words, as far as it is read."""
        # Word tokens leave out white space anyway; a long run of it would be read again for each word.
        same = _WHITE.sub(r"\1", text) if self.tokenizer.tokens == "word" else text
        room = _WIDEST * (self.longest + 1)
        yield same
        for word in islice(self._words.finditer(same), count):
            yield same[: word.start()] + same[word.end() : word.end() + room]

    def extent(self, text: str) -> int:
        """Count the characters of a text's first `longest` tokens."""
        return self.tokenizer.extent(text, self.longest)

    def words_read(self, text: str) -> tuple[int, int]:
        """Count the words read whole, and the others.

        See `seqtext.data.sentences.count_words`.
        """
        read = count_words(text, self.extent(text))
        return read, count_words(text) - read


def _letters_in(text: str) -> int:
    """Count letters, and marks that readers take for letters, such as vowel signs in Hindi."""
    return sum(character.isalpha() or is_mark(character) for character in text)


def _sums(values: NDArray[Any], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum the concatenated values of each text, (texts,); ends: (texts,) the end of each text."""
    return np.diff(np.append(0, np.cumsum(values, dtype=np.int64))[ends], prepend=0)
