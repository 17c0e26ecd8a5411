"""Summarise documents in NumPy, in new words or by quoting them."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import overload

import numpy as np
from numpy.typing import NDArray

from seqtext.config import SUMMARY_SEARCH, SearchConfig
from seqtext.data.sentences import count_words, shorten, split
from seqtext.decoding.beam import Hypothesis
from seqtext.errors import ConfigError
from seqtext.fields import check_count
from seqtext.models.many import Texts
from seqtext.models.markup.reading import plain_of
from seqtext.models.pair_text import side_ids
from seqtext.models.seq2seq import Seq2Seq, first_words
from seqtext.models.source_text import CAPITALS, SIGNS, Prepared, has_letters, in_small_letters, shouts
from seqtext.models.summaries import Summary, fitting, quote, repeats_words

_SUMMARY = SearchConfig(**SUMMARY_SEARCH)


class Summarizer(Seq2Seq):
    """Write short summaries of texts; safe to share between threads.

    >>> import seqtext
    >>> model = seqtext.load("summarize-en")  # doctest: +SKIP
    >>> model.summarize(article, max_words=12)[0].text  # doctest: +SKIP
    'river floods northern towns'
    """

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
        """Summarise documents; at most `search.n_best` summaries each, best first.

        texts: one, a list of them or a stream, of which 64 are read together, see `seqtext.models.many`.
        max_words: words of a summary, at most; a longer one ends at its last sentence within them, else at a word, and
        `Summary` says so. What stands after the longest source that was learnt from is not read: `Summary` says how
        much. Words are counted by `seqtext.data.sentences.count_words`. An empty document has an empty summary.
        avoid: words that are not written, see `Translator.translate`.
        extract_unusual: how many of its own sentences, at most, answer a document that is unlike all those learnt from,
        as `seqtext summarize` has it without --model; without a number, the network answers all. Sentences that hold a
        word to avoid never do. Where the network writes nothing, or more than the document has, its sentences answer,
        too: a `Summary` says so.
        Raises InputError for what is not text, ConfigError for other settings than these.

        >>> model = seqtext.load("summarize-en")  # doctest: +SKIP
        >>> model.summarize(article, max_words=12)[0].text  # doctest: +SKIP
        'river floods northern towns'
        """
        words = self._checked(search, avoid)
        if max_words is not None:
            check_count("max_words", max_words, good=20, error=ConfigError)
        if extract_unusual is not None:
            check_count("extract_unusual", extract_unusual, good=3, error=ConfigError)
        summaries: list[Summary] | list[list[Summary]] | Iterator[list[Summary]]
        summaries = self._each(texts, lambda some: self._answered(some, search, max_words, words, extract_unusual))
        return summaries

    def _answered(
        self, texts: list[str], search: SearchConfig, max_words: int | None, avoid: tuple[str, ...],
        sentences: int | None,
    ) -> list[list[Summary]]:  # fmt: skip
        """Summarise by the network; an unusual document by its sentences, where they are asked for."""
        texts = [plain_of(text) or text for text in texts]
        odd = [False] * len(texts)
        if self.doubt:
            marked = self._unusual([self._read_ids(text) for text in texts])
            odd = [unusual or repeats_words(text) for unusual, text in zip(marked, texts, strict=True)]
        summaries: dict[int, list[Summary]] = {}
        for index in (index for index, unusual in enumerate(odd) if unusual and sentences):
            short = quote(texts[index], None, sentences or 1, max_words, unusual=True)
            if not self.avoided(avoid).is_in(short.text):
                summaries[index] = [short]
        asked = [index for index in range(len(texts)) if index not in summaries]
        written = self._summarize([texts[index] for index in asked], search, max_words, avoid) if asked else []
        for index, some in zip(asked, written, strict=True):
            told = [summary._replace(unusual=odd[index]) for summary in some]
            # Beside what was read: a ligature is longer there, and a quote is one of what was summarized.
            source = self.source_tokenizer.normal(texts[index], "read")
            good = fitting(told, source, sentences or 1, max_words)
            summaries[index] = (
                told if any(self.avoided(avoid).is_in(summary.text) for summary in good if summary.extracted) else good
            )
        return [summaries[index] for index in range(len(texts))]

    def _read_ids(self, text: str) -> NDArray[np.int32]:
        """Encode what is read of a document."""
        longest, tokenizer = self.longest["source"], self.source_tokenizer
        ids = side_ids(self._document(tokenizer.normal(text, "read")).text, tokenizer, "read", longest)
        return first_words(ids, longest - 1, tokenizer.continues)

    def _summarize(
        self, texts: list[str], search: SearchConfig, max_words: int | None, avoid: tuple[str, ...]
    ) -> list[list[Summary]]:
        longest, texts = self.longest["source"], [self.source_tokenizer.normal(text, "read") for text in texts]
        sources = [self._document(text) for text in texts]
        ids = [side_ids(source.text, self.source_tokenizer, "read", longest) for source in sources]
        read = [first_words(some, longest - 1, self.source_tokenizer.continues) for some in ids]
        asked = [index for index, some in enumerate(read) if len(some)]

        def written(index: int, tokens: tuple[int, ...]) -> str:
            return sources[index].back(self._text(tokens))

        def spelled(index: int, tokens: tuple[int, ...]) -> str:
            text = written(index, tokens)
            return text if max_words is None else shorten(text, max_words)[0]

        answers = self.answer(
            [read[index] for index in asked], search, lambda number, tokens: spelled(asked[number], tokens), avoid
        )
        answers_of = dict(zip(asked, answers, strict=True))
        result = []
        for index, (text, some) in enumerate(zip(texts, read, strict=True)):
            words = count_words(text)
            seen = count_words(self.source_tokenizer.decode(some)) if len(some) else words
            best = answers_of.get(index, [Hypothesis((), 0.0, 0.0)])
            result.append([self._summary(h, written(index, h.tokens), max_words, seen, words - seen) for h in best])
        return result

    def _summary(self, hypothesis: Hypothesis, text: str, max_words: int | None, read: int, cut: int) -> Summary:
        shortened = False
        if max_words is not None:
            text, shortened = shorten(text, max_words)
        return Summary(text, hypothesis.log_prob, read, cut, shortened)

    def _document(self, text: str) -> Prepared:
        """Prepare a document: small letters for capitals; what has no letter is its own summary.

        Emoji are read as they come: where they stand in a document says nothing of where they would in a summary.
        """
        if SIGNS in self._set_aside and not has_letters(text):
            return Prepared("", lambda answer: " ".join(text.split()))
        if CAPITALS not in self._set_aside or not shouts(text):
            return Prepared(text, lambda answer: answer)
        usual = cache(self._usual_case)  # words come again
        small = "".join(in_small_letters(sentence, usual) + after for sentence, after in split(text))
        return Prepared(small, str.upper)

    def _usual_most(self, length: int) -> int:
        return self.longest["target"]
