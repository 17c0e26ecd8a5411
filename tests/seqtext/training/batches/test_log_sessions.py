"""Sessions of raw lines as a training writes them down, and the models that come of it."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import seqtext
from seqtext.data.lines import Report
from seqtext.errors import ConfigError, CorpusError
from seqtext.evaluation.evaluate import evaluate
from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.token_pieces import pieces
from seqtext.training.train import train

TINY = {"preset": "tiny", "hidden": 8, "embedding": 8, "steps": 25, "threads": 1, "seed": 1}
STEPS = ["open {} from 10.0.{}.7", "read {} of {} bytes", "read {} of {} bytes", "close {} after {} ms"]


def session(name: str, draw: random.Random, steps: list[str] = STEPS) -> list[str]:
    return [step.format(name, draw.randint(1, 99)) for step in steps]


def write(path: Path, sessions: list[list[str]], seed: int = 1) -> Path:
    """Write sessions as the lines of a log, some of them side by side."""
    draw, lines = random.Random(seed), []
    waiting, opened = [list(one) for one in sessions], []
    while waiting or opened:
        while waiting and len(opened) < 4:
            opened.append(waiting.pop(0))
        one = draw.choice(opened)
        lines.append(f"Jun {draw.randint(1, 28):2d} 10:{draw.randint(10, 59)}:00 node app: {one.pop(0)}")
        opened = [other for other in opened if other]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def normal(count: int, seed: int) -> list[list[str]]:
    draw = random.Random(seed)
    return [session(f"job-{draw.randint(1, 10**9)}", draw) for _ in range(count)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sessions")
    learn(write(folder / "normal.log", normal(150, 1)), folder / "run", group=r"job-\d+")
    return folder / "run"


@pytest.fixture
def detector(run: Path) -> AnomalyDetector:
    return seqtext.load(run, "anomaly")


def learn(corpus: Path, folder: Path, **settings: Any) -> list[Any]:
    return list(train("anomaly", corpus, folder, **{**TINY, **settings}))


def lines_of(*sessions: list[str]) -> list[str]:
    return [f"Jul  3 09:00:00 node app: {line}" for one in sessions for line in one]


def test_the_folder_remembers_the_grouping(run, detector) -> None:
    assert json.loads((run / "config.json").read_text())["tokenizer"]["group"] == r"job-\d+"
    assert detector.grouping.group == r"job-\d+"
    assert detector.templates.known[0] == "<date> <time> node app: read <id> of <size>"
    assert len(detector.templates.known) == 3
    assert not list((run / "data").glob("*.sessions"))


def test_normal_sessions_are_normal_and_odd_ones_tell_the_line(detector) -> None:
    draw = random.Random(5)
    odd = session("job-8", draw, [STEPS[0], "cannot write {}: disk full {}", *STEPS[1:]])
    lines = lines_of(*normal(5, 2), odd)
    found = list(detector.detect_sessions(lines))
    assert [one.anomalous for one in found] == [False] * 5 + [True]
    assert found[-1].group == "job-8"
    assert found[-1].lines == [21, 22, 23, 24, 25]
    worst = max(found[-1].spans, key=lambda span: span.bits)
    assert (worst.line, worst.text) == (22, "<date> <time> node app: cannot write <id>: disk full 0")


@pytest.mark.parametrize("order", [[0, 0, 0, 1, 2, 3], [0, 3], [3]])
def test_what_is_odd_may_be_what_comes_how_often(detector, order) -> None:
    lines = lines_of(session("job-8", random.Random(1), [STEPS[number] for number in order]))
    assert [one.anomalous for one in detector.detect_sessions(lines)] == [True]


def test_interleaved_lines_get_what_each_session_gets_alone(detector) -> None:
    sessions = [lines_of(one) for one in normal(3, 7)]
    together = [line for some in zip(*sessions, strict=True) for line in some]
    alone = [next(iter(detector.detect_sessions(one))) for one in sessions]
    found = list(detector.detect_sessions(together))
    assert [(one.group, one.score) for one in found] == [(one.group, one.score) for one in alone]


def test_a_text_is_a_session(detector) -> None:
    """As over HTTP and in tables: its lines are joined by line breaks."""
    lines = lines_of(session("job-8", random.Random(5), [STEPS[0], "cannot write {}: disk full {}", *STEPS[1:]]))
    whole = detector.detect("\n".join(lines))
    apart = next(iter(detector.detect_sessions(lines)))
    assert (whole.score, whole.anomalous) == (apart.score, True)
    assert lines[1] in [whole.text[start:end] for start, end, _ in whole.spans]
    assert [bits for *_, bits in whole.spans] == [span.bits for span in apart.spans]


def test_tokens_are_lines_with_their_templates(detector) -> None:
    first, second = lines_of(session("job-8", random.Random(5), [STEPS[1], "never {} seen {}"]))
    found = pieces(detector, f"{first}\n{second}")
    assert [(one.token, one.text) for one in found] == [
        ("E1: <date> <time> node app: read <id> of <size>", first),
        ("unseen: <date> <time> node app: never <id> seen 0", second),
    ]


def test_a_name_never_seen_is_normal_where_names_are(tmp_path) -> None:
    """But not the word for what happens, nor a name where another word stands."""
    draw = random.Random(1)
    names = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(60)]
    sessions = [[f"login {n} of {draw.choice(names)} accepted", f"session {n} closed"] for n in range(200)]
    learn(write(tmp_path / "a.log", sessions), tmp_path / "run", group=r"(?:login|session) (\d+)", steps=40)
    model = seqtext.load(tmp_path / "run", "anomaly")
    assert model.templates.known[1] == "<date> <time> node app: login <id> of <any> accepted"
    for line, odd in (("login 1 of zoe accepted", False), ("login 1 of zoe refused", True)):
        lines = [f"Jul  3 09:00:00 node app: {one}" for one in (line, "session 1 closed")]
        assert [one.anomalous for one in model.detect_sessions(lines)] == [odd]


def test_a_session_is_accepted_as_no_alarm(run, tmp_path) -> None:
    """The lines of two false alarms, interleaved: neither is one any more, nor is one like them."""
    model, draw = seqtext.load(run, "anomaly"), random.Random(5)
    first, second = (lines_of(session(f"job-{n}", draw, [*STEPS, STEPS[3]])) for n in (8, 9))
    other = lines_of(session("job-7", draw, [STEPS[0], STEPS[0], STEPS[0]]))
    lines = [line for both in zip(first, second, strict=True) for line in both]
    assert [one.anomalous for one in model.detect_sessions([*lines, *other])] == [True] * 3
    model.accept(model.grouping.texts(lines, Report()))
    assert [one.anomalous for one in model.detect_sessions([*lines, *other])] == [False, False, True]


def test_lines_of_no_session_are_counted(detector) -> None:
    report = Report()
    found = list(detector.detect_sessions([*lines_of(*normal(1, 2)), "no id here", ""], report=report))
    assert len(found) == 1
    assert sum(report.skipped.values()) == 2


def test_sessions_are_evaluated_by_file_and_by_label(run, detector, tmp_path) -> None:
    draw = random.Random(3)
    odd = [session(f"job-{n}", draw, [STEPS[0], STEPS[3], STEPS[3]]) for n in range(20)]
    held = write(tmp_path / "held.log", normal(30, 9))
    scores = evaluate(detector, held, anomalies=[str(write(tmp_path / "odd.log", odd))])
    assert (scores["sessions"], scores["anomalies"], scores["recall"]) == (50, 20, 1.0)
    labelled = [f"normal\t{line}" for line in held.read_text().splitlines()]
    for one in odd:
        labelled += [f"normal\t{one[0]}", f"alert\t{one[1]}", f"normal\t{one[2]}"]
    (tmp_path / "both.tsv").write_text("\n".join(labelled))
    again = evaluate(detector, tmp_path / "both.tsv")
    assert (again["sessions"], again["anomalies"]) == (50, 20)
    assert evaluate(detector, held, anomalies=[str(tmp_path / "odd.log")], limit=7)["sessions"] == 14
    with pytest.raises(ConfigError, match=r"group received 'x'; the model was trained with 'job-\\\\d\+'"):
        evaluate(detector, held, anomalies=[str(tmp_path / "odd.log")], group="x")


def test_what_was_learnt_is_known_again(run, detector) -> None:
    corpus = run.parent / "normal.log"
    scores = evaluate(detector, corpus, anomalies=[str(corpus)])
    assert 0.6 < scores["learnt"] < 0.95


def test_equal_to_sessions_that_were_grouped_beforehand(run, tmp_path) -> None:
    """The same sequences, E1 for each template: the same language model, to the last bit."""
    known = seqtext.load(run, "anomaly")
    lines = (run.parent / "normal.log").read_text().splitlines()
    sessions = known.templates.sessions(enumerate(lines), Report(), known.templates.word)
    (tmp_path / "grouped.txt").write_text("".join(f"{' '.join(one.words)}\n" for one in sessions))
    learn(tmp_path / "grouped.txt", tmp_path / "run")
    other = seqtext.load(tmp_path / "run", "anomaly")
    assert other.threshold == known.threshold
    assert other.evidence_of(["E2 E1 E1 E3", "E3"]) == known.evidence_of(["E2 E1 E1 E3", "E3"])


def test_lines_in_a_row_are_sessions(tmp_path) -> None:
    corpus = tmp_path / "a.log"
    corpus.write_text("".join(f"start {n}\nwork {n + 1}\nwork {n + 2}\nstop {n + 3}\n" for n in range(100)))
    learn(corpus, tmp_path / "run", session_lines=4)
    model = seqtext.load(tmp_path / "run", "anomaly")
    found = list(model.detect_sessions(["start 7", "work 8", "work 9", "stop 9"] * 3 + ["stop 1"] * 4))
    assert [one.anomalous for one in found] == [False] * 3 + [True]
    assert found[-1][:2] == ("", [13, 14, 15, 16])


def test_going_on_keeps_the_words_of_templates(run, tmp_path) -> None:
    before = seqtext.load(run, "anomaly")
    draw = random.Random(4)
    more = [session(f"job-{n}", draw, [STEPS[0], "seek {} to {}", *STEPS[1:]]) for n in range(60)]
    learn(write(tmp_path / "more.log", more), tmp_path / "run", start=str(run))
    after = seqtext.load(tmp_path / "run", "anomaly")
    assert after.templates.known[:3] == before.templates.known
    assert "seek" in after.templates.known[3]
    with pytest.raises(ConfigError, match="the model to start from has"):
        learn(tmp_path / "more.log", tmp_path / "other", start=str(run), group="x+")


@pytest.mark.parametrize(
    ("settings", "fault", "told"),
    [
        ({"group": "never_.+"}, CorpusError, "finds nothing in"),
        ({"group": "job", "session_lines": 3}, ConfigError, "were both given"),
        ({"group": "job", "tokens": "char"}, ConfigError, "whose tokens are words"),
        ({"group": "(job+)+"}, ConfigError, "may take ages"),
        ({"record_start": "^never"}, ConfigError, "none of the first 10,000 lines"),
        ({"session_lines": -1}, ConfigError, "from 0 to 1000"),
    ],
)
def test_what_cannot_be_grouped_is_an_error(settings, fault, told, tmp_path) -> None:
    corpus = write(tmp_path / "a.log", normal(5, 1))
    with pytest.raises(fault, match=told):
        learn(corpus, tmp_path / "run", **settings)


def test_records_are_learnt_and_judged_as_one_line(tmp_path) -> None:
    trace = "10:00 ERROR could not save\njava.io.IOException: full\n\tat a.B.c(B.java:{0})\n\t... {0} more\n"
    (tmp_path / "a.log").write_text("".join(f"10:00 INFO saved {n}\n{trace.format(n)}" for n in range(100)))
    events = learn(tmp_path / "a.log", tmp_path / "run", record_start="indent", steps=40)
    assert events[0].examples == 200
    model = seqtext.load(tmp_path / "run", "anomaly")
    assert model.grouping.record_start == "indent"
    assert not model.detect(trace.format(7).rstrip("\n")).anomalous
    assert model.detect("10:00 ERROR could not save\n\tat x.Y.z(Y.java:9)").anomalous


@pytest.mark.parametrize(
    ("part", "damage"),
    [
        ("templates", lambda counted: {**counted, "templates": ["a", "a"]}),
        ("templates", lambda counted: {**counted, "templates": [1]}),
        ("templates", lambda counted: {**counted, "templates": ["x" * 3_000]}),
        ("templates", lambda counted: {name: value for name, value in counted.items() if name != "templates"}),
        ("counts", lambda counted: {**counted, "usual": [1]}),
    ],
)
def test_damaged_templates_are_refused(run, part, damage: Callable[[Any], Any]) -> None:
    from seqtext.errors import ModelError
    from seqtext.models.normal_lines import NORMAL, pack, unpack
    from seqtext.storage.model_folder import read_folder

    folder = read_folder(run)
    folder.weights[NORMAL] = pack(damage(unpack(folder.weights[NORMAL])))
    with pytest.raises(ModelError, match=f"The {part} of normal lines in the weights are damaged"):
        AnomalyDetector(folder)
