"""Read a detector's lines: log lines, joined records, or sessions.

Sessions are grouped and masked once, and stored in the run as numbers of templates in the order of their first
appearance, `id<TAB>0 1 1 2` per line. Which templates get words is known only after all lines are read.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, Protocol

from seqtext.config import LogTokenizerConfig, TokenizerConfig
from seqtext.data.lines import Report
from seqtext.data.sessions import Grouping
from seqtext.errors import ConfigError, CorpusError, argument, arguments
from seqtext.models.log_lines import one_line
from seqtext.models.log_masks import LogMask
from seqtext.models.log_sessions import MOST, UNSEEN, Templates, masked_ids, session_key, templates_from, with_slots
from seqtext.models.normal_lines import NORMAL, counted_in
from seqtext.patterns import compiled
from seqtext.storage.model_folder import read_folder
from seqtext.training.request import Request
from seqtext.training.run import Run

MASKED = 200_000  # lines that a mask is learnt from
_DIFFERENT = 200_000  # templates that are numbered at most
_BEGIN = 10_000  # first lines, of which at least one must begin a record


class Source(Protocol):
    """Define a source of lines that can be read several times."""

    noun: str

    def lines(self, sources: Sequence[str], report: Report | None = None, keys: bool = False) -> Iterator[str]:
        """Read the lines of corpora.

        keys: read each in the form by which learnt lines are recognized
        """
        ...


class Records:
    """Read the records of a log: lines joined with their continuation lines.

    Raises ConfigError where no line begins a record.
    """

    noun = "line"

    def __init__(self, request: Request, grouping: Grouping) -> None:
        self._request, self._grouping = request, grouping
        check_begins(request, grouping)

    def lines(self, sources: Sequence[str], report: Report | None = None, keys: bool = False) -> Iterator[str]:
        """Read the records of corpora, each as a single line.

        keys: ignored, as records have no other form
        """
        for record in self._grouping.records(enumerate(self._request.texts(sources, report))):
            yield one_line(record.text)


class Sessions:
    """Read the sessions of a log, each as a line of words.

    `number` assigns the words. Raises CorpusError where the grouping pattern matches nothing, ConfigError where no line
    begins a record.
    """

    noun = "session"

    def __init__(self, run: Run, request: Request, grouping: Grouping, report: Report) -> None:
        check_begins(request, grouping)
        self._request = request
        self._mask, self._known = _learnt_before(run, request)
        if self._mask is None:
            self._mask = LogMask.learn(islice(masked_ids(grouping, request.texts(request.corpora)), MASKED))
        self._templates = Templates(grouping, self._mask)
        self._numbers: dict[str, int] = {}
        self._words: list[str] = []
        self._paths = {
            sources: run.data / f"{name}.sessions"
            for name, sources in (("corpora", request.corpora), ("valid", request.valid)) if sources
        }  # fmt: skip
        for corpora, path in self._paths.items():
            count = self._write(corpora, path, report)
            if not count and grouping.group:
                raise CorpusError(
                    f"{argument('group')} received {grouping.group!r}, which finds nothing in {', '.join(corpora)}.",
                    "give a pattern of the ids that the lines hold, and see that the shell leaves it alone: '…'",
                )

    def _write(self, sources: Sequence[str], path: Any, report: Report) -> int:
        number = 0
        lines = enumerate(self._request.texts(sources, report))
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            for session in self._templates.sessions(lines, report, self._numbered):
                number += 1
                name = " ".join(session.id.split())
                file.write(f"{name}\t{' '.join(map(str, session.words))}\n")
        return number

    def _numbered(self, template: str) -> int:
        """Number a template by order of first appearance; -1 once there are too many."""
        number = self._numbers.get(template)
        if number is None:
            number = len(self._numbers) if len(self._numbers) < _DIFFERENT else -1
            if number >= 0:
                self._numbers[template] = number
        return number

    def lines(self, sources: Sequence[str], report: Report | None = None, keys: bool = False) -> Iterator[str]:
        """Read sessions as words.

        keys: read each in the form by which learnt sessions are recognized
        """
        with open(self._paths[tuple(sources)], encoding="utf-8") as file:
            for line in file:
                name, numbers = line.rstrip("\n").split("\t")
                words = " ".join([self._word(int(number)) for number in numbers.split(" ")])
                yield session_key(name, words) if keys else words

    def _word(self, number: int) -> str:
        return (self._words[number] if self._words else f"E{number + 1}") if number >= 0 else UNSEEN

    def number(self, lines: Any) -> dict[str, Any]:
        """Assign words to the learnt templates, the most frequent first.

        returns the facts that a model keeps: those of the mask, and the templates in order
        """
        counts = Counter(word for line in lines.learnt() for word in line.split())
        by_number = list(self._numbers)
        frequent = {by_number[int(word[1:]) - 1]: times for word, times in counts.most_common() if word != UNSEEN}
        slots = with_slots(frequent)
        totals = Counter[str]()
        for template, times in frequent.items():
            totals[slots.get(template, template)] += times
        known = list(dict.fromkeys(chain(self._known, (learnt for learnt, _ in totals.most_common()))))
        known = known[: max(MOST, len(self._known))]
        reader = Templates(self._templates.grouping, self._templates.mask, known)
        self._words = [reader.word(template) for template in by_number]
        self._numbers.clear()
        lines.first = list(islice(self.lines(self._request.corpora), len(lines.first)))
        assert self._mask is not None
        return {**self._mask.facts, "templates": known}

    def remove(self) -> None:
        """Remove the stored sessions."""
        for path in self._paths.values():
            path.unlink()


def grouping_of(config: TokenizerConfig) -> Grouping:
    """Return a run's grouping of lines into records and sessions."""
    if not isinstance(config, LogTokenizerConfig):
        return Grouping()
    return Grouping(config.group, config.session_lines, config.record_start)


def check_begins(request: Request, grouping: Grouping) -> None:
    """Raise ConfigError where no line begins a record.

    All lines would otherwise be joined into a single record.
    """
    start = grouping.record_start
    if start in ("", "indent"):
        return
    first = islice(request.texts(request.corpora), _BEGIN)
    if not any(compiled(start).search(line) for line in first):
        raise ConfigError(
            f"{argument('record_start')} received {start!r}, which none of the first {_BEGIN:,} lines of "
            f"{request.names} match.", arguments(record_start="^[0-9]{4}-"),
        )  # fmt: skip


def _learnt_before(run: Run, request: Request) -> tuple[LogMask | None, list[str]]:
    """Read the mask and the templates of the network that training continues from, whose words must not change."""
    source = read_folder(run.folder) if run.tokenizer is not None else request.start_model()
    if source is None or NORMAL not in source.weights:
        return None, []
    counted = counted_in(source.weights)
    if "templates" not in counted:
        return None, []
    return LogMask.from_facts(counted), templates_from(counted["templates"])
