"""Sessions of log lines as a detector reads them: a word for each line, E1 to E9999, by what the line says masked.

E stands for event, as in the literature on logs; a masked line is its template. What was in no normal line is one word
that no model has learnt.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from seqtext.config import GROUPING, LogTokenizerConfig
from seqtext.data.lines import Report
from seqtext.data.sampling import batched
from seqtext.data.sessions import Grouping, Record, Session, by_id, in_a_row
from seqtext.errors import ConfigError, argument
from seqtext.fields import from_dict
from seqtext.models.log_lines import one_line
from seqtext.models.log_masks import LogMask
from seqtext.storage.atomic import damaged

if TYPE_CHECKING:
    from seqtext.models.anomaly_detector import AnomalyDetector

P = TypeVar("P")
W = TypeVar("W")

UNSEEN = "unseen"  # the word of a line whose template was in no normal line
MOST = 10_000  # templates that have a word
_LONGEST = 2_000  # characters of a template
_KEPT = 400  # characters of a template without a word, which an alarm shows
ANY = "<any>"  # a place where any word is normal
_DIFFERENT = 10  # words that make it so
_USUAL, _OFTEN = 0.05, 3  # a word stays that comes in this share of the lines, and so many times
_COMPARED, _PLACES = 20_000, 40  # templates, and words of one, among which such places are looked for
_LINE = re.compile(r"[^\n]+")


def with_slots(counts: Mapping[str, int]) -> dict[str, str]:
    """Find templates that differ in one word, such as a user: each with <any> there.

    Those whose word comes often there stay apart, as usual numbers do in `LogMask`.

    >>> found = with_slots({**{f"login of {name}": 1 for name in "abcdefghijkl"}, "login of root": 50})
    >>> found["login of c"], "login of root" in found
    ('login of <any>', False)
    """
    places: dict[str, list[str]] = {}
    for template in islice(counts, _COMPARED):
        for slot in _slots(template):
            places.setdefault(slot, []).append(template)
    found: dict[str, str] = {}
    for slot, templates in sorted(places.items(), key=lambda item: (-len(item[1]), item[0])):
        least = max(_OFTEN, _USUAL * sum(counts[one] for one in templates))
        rare = [one for one in templates if one not in found and counts[one] < least]
        if len(rare) >= _DIFFERENT:
            found |= dict.fromkeys(rare, slot)
    return found


def _slots(template: str) -> Iterator[str]:
    """The template with <any> in the place of each of its words in turn."""
    words = template.split(" ")
    for place in range(min(len(words), _PLACES)):
        yield " ".join([*words[:place], ANY, *words[place + 1 :]])


class LineSpan(NamedTuple):
    """A line of a session that surprised: its place, how it was read, and by how many bits."""

    line: int
    text: str
    bits: float


class SessionAnomaly(NamedTuple):
    """What a detector says of a session: its id, where its lines stand, and those that surprise.

    group: the id, "" for lines in a row
    """

    group: str
    lines: list[int]
    score: float
    anomalous: bool
    spans: list[LineSpan]


class Templates:
    """What lines are read as in sessions; known: templates whose words are E1, E2 …, in this order."""

    def __init__(self, grouping: Grouping, mask: LogMask, known: Sequence[str] = ()) -> None:
        self.grouping, self.mask, self.known = grouping, mask, list(known)
        self._words = {template: (template, f"E{number}") for number, template in enumerate(known, 1)}
        self._slots = {template: f"E{number}" for number, template in enumerate(known, 1) if ANY in template}

    def word(self, template: str) -> str:
        """Return the word of a template, or of one with <any> that it fits."""
        known = self._words.get(template)
        if known or not self._slots:
            return known[1] if known else UNSEEN
        return next((self._slots[slot] for slot in _slots(template) if slot in self._slots), UNSEEN)

    def kept(self, template: str) -> str:
        """Return the template in a form that takes little memory."""
        known = self._words.get(template)
        return known[0] if known else template[:_KEPT]

    def read(self, text: str) -> tuple[list[str], str]:
        """Find the ids of a line, or of a record, and its template."""
        ids, rest = self.grouping.ids(one_line(text))
        return ids, self.mask(rest)[:_LONGEST]

    def sessions(
        self, lines: Iterable[tuple[P, str]], report: Report, of: Callable[[str], W]
    ) -> Iterator[Session[P, W]]:
        """Group lines; of: what each is to be kept as, by its template."""
        read = ((record.place, *self.read(record.text)) for record in self.grouping.records(lines))
        if self.grouping.group:
            return by_id(((place, ids, of(template)) for place, ids, template in read), report)
        size = self.grouping.session_lines
        return in_a_row(((place, of(template)) for place, _, template in read), size, report)

    def words(self, text: str) -> str:
        """Read a session, its lines joined by line breaks, as words."""
        return " ".join(self.word(self.read(record.text)[1]) for record in self._within(text))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Say where in such a text each of its words stands: start and end."""
        for record in self._within(text):
            yield record.place, record.place + len(record.text)

    def _within(self, text: str) -> Iterator[Record[int]]:
        lines = ((line.start(), line[0]) for line in _LINE.finditer(text))
        return (record for record in self.grouping.records(lines) if record.text.strip())


def masked_ids(grouping: Grouping, lines: Iterable[str]) -> Iterator[str]:
    """Write <id> for the ids of records: what a mask learns from."""
    for record in grouping.records(enumerate(lines)):
        yield grouping.ids(one_line(record.text))[1]


def known_by(name: str, words: str) -> str:
    """Join the id and the words of a session: whether it was learnt is asked by both."""
    return f"{name} {words}"


def templates_from(value: Any) -> list[str]:
    """Check the templates of a model; raises ModelError."""
    good = isinstance(value, list) and len(value) <= 2 * MOST
    good = good and all(isinstance(one, str) and len(one) <= _LONGEST for one in value)
    if not good or len(set(value)) != len(value):
        raise damaged("The templates of normal lines in the weights are damaged.")
    return list(value)


def read_grouping(config: Mapping[str, Any]) -> tuple[Grouping, dict[str, Any]]:
    """Take the grouping of lines out of config.json, checked; also give the rest."""
    found = config.get("tokenizer")
    if not isinstance(found, Mapping):
        return Grouping(), dict(config)
    own = {name: found[name] for name in GROUPING if name in found}
    from_dict(LogTokenizerConfig, own, "the tokenizer settings of config.json")
    rest = {name: value for name, value in found.items() if name not in own}
    return Grouping(**own), {**config, "tokenizer": rest}


def check_grouping(detector: "AnomalyDetector", **given: Any) -> None:
    """Raise ConfigError for a group, session_lines or record_start other than in training."""
    for name, value in given.items():
        learnt = getattr(detector.grouping, name)
        if value not in (None, learnt):
            own = f"{learnt!r}" if learnt else "none"
            raise ConfigError(
                f"{argument(name)} received {value!r}; the model was trained with {own}, and reads lines that way.",
                f"leave {argument(name)} out, or train a model with it",
            )


def judged(
    detector: "AnomalyDetector", lines: Iterable[str], limit: float, batch: int, report: Report
) -> Iterator[SessionAnomaly]:
    """Judge the sessions of a log, see `AnomalyDetector.detect_sessions`."""
    templates = detector.templates
    if templates is None:
        raise ConfigError(
            "The model has learnt single lines; one that was trained with "
            f"{argument('group')} or {argument('session_lines')} is expected.", "detect(lines)",
        )  # fmt: skip
    masked = map(detector.masks, lines) if detector.masks else lines
    for some in batched(templates.sessions(enumerate(masked, 1), report, templates.kept), batch):
        evidence = detector.evidence_of([" ".join(map(templates.word, one.words)) for one in some])
        for session, found, score in zip(some, evidence, detector.scores_of(evidence), strict=True):
            spans = [
                LineSpan(session.places[number], session.words[number], bits)
                for number, bits in detector.surprises(found.bits, score > limit)
            ]
            yield SessionAnomaly(session.id, session.places, score, score > limit, spans)
