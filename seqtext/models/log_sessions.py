"""Read sessions of log lines as words, one word for each template.

A masked line is its template. Templates are named E1 to E9999, for event, as in the literature on logs. All templates
that occur in no normal line share a word that no model has learnt.
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
from seqtext.fields import from_config_json
from seqtext.models.log_lines import one_line
from seqtext.models.log_masks import LogMask
from seqtext.storage.atomic import damaged

if TYPE_CHECKING:
    from seqtext.models.anomaly_detector import AnomalyDetector

P = TypeVar("P")
W = TypeVar("W")

UNSEEN = "unseen"  # the word of a line whose template occurs in no normal line
MOST = 10_000  # most templates with a word
_LONGEST = 2_000  # most characters of a template
_KEPT = 400  # characters that an alarm shows of a template without a word
ANY = "<any>"  # a slot where any word is normal
_DIFFERENT = 10  # least distinct words of a slot
_USUAL, _OFTEN = 0.05, 3  # a word is kept if it occurs in this share of the lines, and so many times
_COMPARED, _PLACES = 20_000, 40  # most templates, and words of each, that are searched for slots
_LINE = re.compile(r"[^\n]+")


def with_slots(counts: Mapping[str, int]) -> dict[str, str]:
    """Merge templates that differ in one word, such as a user.

    Each is mapped to a template with <any> in place of that word. Templates with a frequent word there are kept, as
    usual numbers are in `LogMask`.

    >>> found = with_slots({**{f"login of {name}": 1 for name in "abcdefghijkl"}, "login of root": 50})
    >>> found["login of c"], "login of root" in found
    ('login of <any>', False)
    """
    places: dict[str, list[str]] = {}
    for template in islice(counts, _COMPARED):
        for slot in _slots(template):
            places.setdefault(slot, []).append(template)
    merged: dict[str, str] = {}
    for slot, templates in sorted(places.items(), key=lambda item: (-len(item[1]), item[0])):
        least = max(_OFTEN, _USUAL * sum(counts[template] for template in templates))
        rare = [template for template in templates if template not in merged and counts[template] < least]
        if len(rare) >= _DIFFERENT:
            merged |= dict.fromkeys(rare, slot)
    return merged


def _slots(template: str) -> Iterator[str]:
    """Yield a template with <any> in place of each of its words in turn."""
    words = template.split(" ")
    for index in range(min(len(words), _PLACES)):
        yield " ".join([*words[:index], ANY, *words[index + 1 :]])


class LineSpan(NamedTuple):
    """Hold a surprising line of a session, with its surprisal in bits.

    line: its number in the log, from 1; text: its template
    """

    line: int
    text: str
    bits: float


class SessionAnomaly(NamedTuple):
    """Hold a detector's result for a session, with its surprising lines.

    group: the id, "" for consecutive lines; lines: their numbers, from 1; score: see `seqtext.models.anomaly_detector`;
    anomalous: whether the score is above the threshold.
    """

    group: str
    lines: list[int]
    score: float
    anomalous: bool
    spans: list[LineSpan]


class Templates:
    """Map lines of sessions to words.

    known: the templates with the words E1, E2 …, in this order.
    """

    def __init__(self, grouping: Grouping, mask: LogMask, known: Sequence[str] = ()) -> None:
        self.grouping, self.mask, self.known = grouping, mask, list(known)
        self._words = {template: (template, f"E{number}") for number, template in enumerate(known, 1)}
        self._slots = {template: f"E{number}" for number, template in enumerate(known, 1) if ANY in template}

    def word(self, template: str) -> str:
        """Look up a template's word, `UNSEEN` for an unknown one.

        The template may match another with <any>.
        """
        known = self._words.get(template)
        if known or not self._slots:
            return known[1] if known else UNSEEN
        return next((self._slots[slot] for slot in _slots(template) if slot in self._slots), UNSEEN)

    def kept(self, template: str) -> str:
        """Shorten an unknown template, to save memory."""
        known = self._words.get(template)
        return known[0] if known else template[:_KEPT]

    def read(self, text: str) -> tuple[list[str], str]:
        """Extract the ids and the template of a record."""
        ids, rest = self.grouping.ids(one_line(text))
        return ids, self.mask(rest)[:_LONGEST]

    def sessions(
        self, lines: Iterable[tuple[P, str]], report: Report, of: Callable[[str], W]
    ) -> Iterator[Session[P, W]]:
        """Group lines into sessions.

        of: maps a template to what is stored
        """
        read = ((record.place, *self.read(record.text)) for record in self.grouping.records(lines))
        if self.grouping.group:
            return by_id(((position, ids, of(template)) for position, ids, template in read), report)
        size = self.grouping.session_lines
        return in_a_row(((position, of(template)) for position, _, template in read), size, report)

    def words(self, text: str) -> str:
        """Convert a session, lines joined by line breaks, to words."""
        return " ".join(self.word(self.read(record.text)[1]) for record in self._within(text))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the start and end of each record, in characters."""
        for record in self._within(text):
            yield record.place, record.place + len(record.text)

    def _within(self, text: str) -> Iterator[Record[int]]:
        lines = ((line.start(), line[0]) for line in _LINE.finditer(text))
        return (record for record in self.grouping.records(lines) if record.text.strip())


def masked_ids(grouping: Grouping, lines: Iterable[str]) -> Iterator[str]:
    """Replace the ids of records by <id>, for training a mask."""
    for record in grouping.records(enumerate(lines)):
        yield grouping.ids(one_line(record.text))[1]


def session_key(name: str, words: str) -> str:
    """Make the key of a session: its id and words joined."""
    return f"{name} {words}"


def templates_from(value: Any) -> list[str]:
    """Check the templates of a model; raises ModelError."""
    good = isinstance(value, list) and len(value) <= 2 * MOST
    good = good and all(isinstance(template, str) and len(template) <= _LONGEST for template in value)
    if not good or len(set(value)) != len(value):
        raise damaged("The templates of normal lines in the weights are damaged.")
    return list(value)


def read_grouping(config: Mapping[str, Any]) -> tuple[Grouping, dict[str, Any]]:
    """Split config.json into the grouping of lines, checked, and the rest.

    Raises ModelError for a setting that is not accepted.
    """
    settings = config.get("tokenizer")
    if not isinstance(settings, Mapping):
        return Grouping(), dict(config)
    grouping = {name: settings[name] for name in GROUPING if name in settings}
    from_config_json(LogTokenizerConfig, grouping, "tokenizer")
    rest = {name: value for name, value in settings.items() if name not in grouping}
    return Grouping(**grouping), {**config, "tokenizer": rest}


def check_grouping(detector: "AnomalyDetector", **given: Any) -> None:
    """Raise ConfigError for a grouping other than in training.

    given: the group, session_lines or record_start asked for
    """
    for name, value in given.items():
        learnt = getattr(detector.grouping, name)
        if value not in (None, learnt):
            shown = f"{learnt!r}" if learnt else "none"
            raise ConfigError(
                f"{argument(name)} received {value!r}; the model was trained with {shown}, and reads lines that way.",
                f"leave {argument(name)} out, or train a model with it",
            )


def judged(
    detector: "AnomalyDetector", lines: Iterable[str], limit: float, batch: int, report: Report
) -> Iterator[SessionAnomaly]:
    """Score the sessions of a log, see `AnomalyDetector.detect_sessions`.

    Raises ConfigError for a detector trained on single lines.
    """
    templates = detector.templates
    if templates is None:
        raise ConfigError(
            "The model has learnt single lines; one that was trained with "
            f"{argument('group')} or {argument('session_lines')} is expected.", "detect(lines)",
        )  # fmt: skip
    masked = map(detector.masks, lines) if detector.masks else lines
    for some in batched(templates.sessions(enumerate(masked, 1), report, templates.kept), batch):
        evidence = detector.evidence_of([" ".join(map(templates.word, session.words)) for session in some])
        for session, against, score in zip(some, evidence, detector.scores_of(evidence), strict=True):
            spans = [
                LineSpan(session.places[number], session.words[number], bits)
                for number, bits in detector.surprises(against.bits, score > limit)
            ]
            yield SessionAnomaly(session.id, session.places, score, score > limit, spans)
