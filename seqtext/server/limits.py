"""Limits of a server: what one request may ask, how many are answered at once, how long each part may take."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from seqtext.fields import check, setting
from seqtext.server.faults import Fault, overloaded

#: The most that an option may be over HTTP, where a command has no such limit: one request is not to take minutes.
MOST: Mapping[str, int] = {
    "beam": 32, "n_best": 32, "length": 10_000, "max_words": 8, "sentences": 1000, "lead": 1000, "no_repeat": 1000,
    "min_length": 1000, "max_length": 1000, "top": 1000, "top_k": 1_000_000,
}  # fmt: skip
LONGEST_WORDS = 10_000  # characters of one of the words in a list, or of an option that is a text
MOST_WORDS = 2000  # of a list such as avoid


@dataclass(frozen=True)
class Limits:
    """Limits."""

    max_body: int = setting(1_000_000, "most bytes of a request's body", low=1000, high=100_000_000)
    max_characters: int = setting(20_000, "most characters of a text", low=1, high=10_000_000)
    max_texts: int = setting(256, "most texts of a request", low=1, high=100_000)
    max_seconds: float = setting(60.0, "most seconds that an answer may take", low=0.1, high=86_400.0)
    max_requests: int = setting(256, "most requests that are answered at once", low=1, high=10_000)
    max_streams: int = setting(32, "most texts that are streamed at once", low=1, high=10_000)
    max_connections: int = setting(1000, "most connections that are open at once", low=1, high=100_000)
    sending_seconds: float = setting(
        10.0, "most seconds that a client may take to send its headers, or its body, or to take an answer",
        low=0.1, high=3600.0,
    )  # fmt: skip
    drain_seconds: float = setting(
        10.0, "most seconds for requests in hand to be answered once the server is asked to stop", low=0.0, high=3600.0
    )

    def __post_init__(self) -> None:
        check(self)


class Slots:
    """Counts what is done at once; `taken` raises a Fault where no more is to begin.

    what: what is counted, as a message says it
    """

    def __init__(self, most: int, what: str) -> None:
        self.most, self.what, self.used = most, what, 0

    @contextmanager
    def taken(self, number: int = 1) -> Iterator[None]:
        """Hold so many for the time of a block."""
        if self.used + number > self.most:
            raise overloaded(
                f"{self.used} {self.what} at once; at most {self.most} are accepted.",
                "send it again in a second; a list of texts in one request is answered faster than many requests",
                429,
                code="too_many_requests",
            )
        self.used += number
        try:
            yield
        finally:
            self.used -= number


def check_most(values: Mapping[str, Any]) -> None:
    """Raise a Fault for options that would take too long or hold too much."""
    for name, value in values.items():
        most = MOST.get(name)
        if most is not None and isinstance(value, int | float) and value > most:
            raise Fault(400, f"{name} received {value!r:.80}; at most {most} is accepted here.", f'"{name}": {most}',
                        param=name)  # fmt: skip
        if isinstance(value, tuple) and len(value) > MOST_WORDS:
            raise Fault(400, f"{name} received {len(value)} texts; at most {MOST_WORDS} are accepted.",
                        f"send the first {MOST_WORDS}", param=name)  # fmt: skip
        words = value if isinstance(value, tuple) else (value,)
        longest = max((len(word) for word in words if isinstance(word, str)), default=0)
        if longest > LONGEST_WORDS:
            raise Fault(400, f"{name} received a text of {longest} characters; at most {LONGEST_WORDS} are accepted.",
                        "send a shorter one", param=name)  # fmt: skip


def cost_of(text: str, options: Any) -> int:
    """About how many characters are read and written for a text, beams counted."""
    wide = max(1, int(getattr(options, "beam", 5)) // 5)
    return 1 + (len(text) + int(getattr(options, "length", 0))) * wide
