"""Limit requests to a server.

Limits are what one may ask, how many are answered at once, and how long each part may take.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import Field, dataclass
from typing import TYPE_CHECKING, Any

from seqtext.blanks import BLANK
from seqtext.fields import check, is_number, setting
from seqtext.server.faults import Fault, overloaded

if TYPE_CHECKING:
    from seqtext.models.answers import Cost

#: The most that an option may be over HTTP, where a command has no such limit: no request may take minutes.
MOST: Mapping[str, int] = {
    "beam": 32, "n_best": 32, "length": 10_000, "max_words": 8, "sentences": 1000, "lead": 1000, "no_repeat": 1000,
    "min_length": 200, "max_length": 1000, "top": 200, "top_k": 1_000_000,
    "SummarizeOptions.max_words": 10_000,  # those of a summary, not of a blank
}  # fmt: skip
_DEAREST = 10  # units of `cost_of` that a text may take for each character that it may have
LONGEST_WORDS = 10_000  # characters of a word in a list, or of an option that is a text
_MOST_LISTED: Mapping[str, int] = {"stop": 16, "option": 200}  # each is looked for at every step
_MOST_WORDS = 2000  # of any other list, such as avoid


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
        10.0, "most seconds to answer requests in flight once the server is asked to stop", low=0.0, high=3600.0
    )

    def __post_init__(self) -> None:
        check(self)


class Slots:
    """Limit the number of simultaneous operations.

    Raises a Fault in `taken` where no more may begin.

    what: what is counted, as a message says it
    """

    def __init__(self, most: int, what: str) -> None:
        self.most, self.what, self.used = most, what, 0

    @contextmanager
    def taken(self, number: int = 1) -> Iterator[None]:
        """Hold a number of slots during a block."""
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


def most_listed(name: str) -> int:
    """Return the maximum length of an option's list."""
    return _MOST_LISTED.get(name, _MOST_WORDS)


def range_of(kind: type, item: Field[Any]) -> tuple[float | None, float | None]:
    """Return the range of an option over HTTP, None for no limit.

    kind: the dataclass of the options; item: one of its fields
    """
    known = MOST.get(f"{kind.__name__}.{item.name}", MOST.get(item.name))
    high = min((bound for bound in (item.metadata.get("high"), known) if bound is not None), default=None)
    return item.metadata.get("low"), high


def check_range(kind: type, item: Field[Any], name: str, value: Any) -> None:
    """Raise a Fault for an option that is out of range.

    It would be invalid or take too long. name: what the option is called
    """
    low, high = range_of(kind, item)
    if not is_number(value) or low is None:
        return
    if value < low or (high is not None and value > high):
        span = f"at least {low}" if high is None else f"from {low} to {high}"
        good = item.default if item.default is not None else high if value > low else low
        raise Fault(400, f"{name} received {value!r:.80}; accepted is {span}.", f'"{name}": {good}',
                    param=name)  # fmt: skip


def check_sizes(values: Mapping[str, Any]) -> None:
    """Raise a Fault for options that hold too much."""
    for name, value in values.items():
        if isinstance(value, tuple) and len(value) > most_listed(name):
            raise Fault(400, f"{name} received {len(value)} texts; at most {most_listed(name)} are accepted.",
                        f"send the first {most_listed(name)}", param=name)  # fmt: skip
        words = sum(map(_flat, value), ()) if isinstance(value, tuple) else (value,)
        longest = max((len(word) for word in words if isinstance(word, str)), default=0)
        if longest > LONGEST_WORDS:
            raise Fault(400, f"{name} received a text of {longest} characters; at most {LONGEST_WORDS} are accepted.",
                        "send a shorter one", param=name)  # fmt: skip


def _flat(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


_UNIT = 50e-6  # seconds, of `seqtext.models.answers.Cost`
_WRITTEN, _SEARCHED = 8, 80  # for a character that may be written (measured: 400 µs); for a token to be searched
_MANY, _WIDE = 10, 5  # answers and beams that come at the usual cost


def cost_of(cost: "Cost", text: str, options: Any) -> int:
    """Estimate the cost of answering a text, in 50 µs units."""
    parts = max(1, len(BLANK.findall(text))) * max(1.0, getattr(options, "top", 0) / _MANY)
    asked = _WRITTEN * getattr(options, "length", 0) + _SEARCHED * getattr(options, "min_length", 0)
    wide = max(1.0, getattr(options, "beam", 0) / _WIDE)
    return 1 + int((cost.character * len(text) + cost.text * parts + asked) * wide)


def check_costs(costs: Sequence[int], name: str, limits: Limits) -> None:
    """Raise a Fault for texts that would take too long.

    One text would keep all others waiting, or all together take longer than a request may. name: what a text is called
    """
    dearest, total = max(costs, default=0) / (_DEAREST * limits.max_characters), sum(costs) * _UNIT / limits.max_seconds
    if dearest > 1:
        raise Fault(400, f"{name} would take about {dearest:.1f} times as long as is accepted with these options.",
                    "send it in parts, or ask for fewer answers or beams", param=name, code="too_much")  # fmt: skip
    if total > 1:
        raise Fault(400, f"{len(costs)} texts would take about {total:.1f} times as long as is accepted.",
                    "send them in several requests, or ask for fewer answers", param=name, code="too_much")  # fmt: skip
