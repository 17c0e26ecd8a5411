"""Stream characters and hold back possible stop texts."""

from collections.abc import Collection, Iterable, Iterator


def before_stop(characters: Iterable[str], stop: Collection[str]) -> Iterator[str]:
    """Yield the characters before the first stop text.

    Characters that may begin a stop text are held back until that is clear. Takes time linear in the characters and the
    stop texts (Knuth, Morris and Pratt 1977).

    >>> "".join(before_stop("a-b--c", ["--"]))
    'a-b'
    """
    matchers = [_Matcher(text) for text in stop if text]
    held = ""
    for character in characters:
        held += character
        for matcher in matchers:
            matcher.read(character)
        stop_length = max((len(candidate.text) for candidate in matchers if candidate.is_whole), default=0)
        if stop_length:
            yield from held[:-stop_length]
            return
        start = len(held) - max((candidate.matched for candidate in matchers), default=0)
        yield from held[:start]
        held = held[start:]
    yield from held


class _Matcher:
    """Match the beginning of a text at the end of what was read."""

    def __init__(self, text: str) -> None:
        self.text, self.matched = text, 0
        self._borders = [0]  # of each beginning of the text, the longest shorter beginning that ends it
        for letter in text[1:]:
            self._borders.append(self._longer(self._borders[-1], letter))

    @property
    def is_whole(self) -> bool:
        """Tell whether what was read ends with the text."""
        return self.matched == len(self.text)

    def read(self, letters: str) -> None:
        """Read some letters."""
        for letter in letters:
            before = self._borders[-1] if self.is_whole else self.matched
            self.matched = self._longer(before, letter)

    def _longer(self, matched: int, letter: str) -> int:
        while matched and self.text[matched] != letter:
            matched = self._borders[matched - 1]
        return matched + (self.text[matched] == letter)
