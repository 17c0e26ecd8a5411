"""The summarizer: a document in a sentence, or in its own. In NumPy."""

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
from seqtext.models.summaries import Summary, fitting, quote

_SUMMARY = SearchConfig(**SUMMARY_SEARCH)


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
        texts = [plain_of(text) or text for text in texts]
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
        return first_words(ids, longest - 1, tokenizer.continues)

    def _summarize(
        self, texts: list[str], search: SearchConfig, max_words: int | None, avoid: tuple[str, ...]
    ) -> list[list[Summary]]:
        longest, texts = self.longest["source"], [self.source_tokenizer.normal(text, "read") for text in texts]
        sources = [self._document(text) for text in texts]
        ids = [side_ids(one.text, self.source_tokenizer, "read", longest) for one in sources]
        read = [first_words(one, longest - 1, self.source_tokenizer.continues) for one in ids]
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
