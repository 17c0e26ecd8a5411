"""`seqtext compare`: what reaches `seqtext.training.compare.compare`, and how its table is shown."""

import json
import sys
import types
from dataclasses import replace

import pytest

from seqtext.errors import CorpusError
from seqtext.evaluation.league import Comparison, League, Row, Turn
from seqtext.tasks import TASKS
from seqtext.training import events


@pytest.fixture
def comparing(monkeypatch):
    """Stands for `seqtext.training.compare`: yields `events` and remembers how it was called."""
    fake = types.ModuleType("seqtext.training.compare")
    monkeypatch.setitem(sys.modules, "seqtext.training.compare", fake)
    fake.kinds, fake.calls = events, []
    fake.events = [league(Row("bag", {}, 0.5, {}, 1, None, 1, 1.0, 1.0, 1, "", []))]

    def compare(*arguments, **settings):
        fake.calls.append((arguments, settings))
        for event in fake.events:
            if isinstance(event, BaseException):
                raise event
            yield event

    fake.compare = compare
    return fake


def league(*rows: Row) -> League:
    return League(Comparison("classify", minutes=2.0), "accuracy", "40 texts", "fp32", {row.name: row for row in rows})


BAG = Row(
    "bag", {"encoder": "bag"}, 0.5, {"accuracy": 0.5}, 12_345, 98_765.4, 24_690, 0.05, 120.0, 900,
    "the budget is spent", [(60.0, 0.25), (120.0, 0.5)],
)  # fmt: skip
GRU = Row(
    "gru", {"encoder": "gru"}, 0.875, {"accuracy": 0.875}, 45_678, None, 91_356, 12.345, 120.0, 300,
    "the budget is spent", [(60.0, 0.5), (120.0, 0.875)],
)  # fmt: skip


def whole(kinds) -> list:
    started = kinds.Started(400, 5_000, {"blank": 1}, "40 texts", 12_345, 24_690, 900, "cpu", "fp32", 1)
    return [
        Turn("bag", BAG.settings, 1, 2, "finished"), BAG,
        Turn("gru", GRU.settings, 2, 2, "interrupted"), started,
        kinds.Evaluated(20, 3.0, 1.25, {"accuracy": 0.5}, True),
        GRU, league(BAG, GRU),
    ]  # fmt: skip


def test_a_comparison_from_corpus_to_table(seqtext, comparing, tmp_path) -> None:
    comparing.events = whole(comparing.kinds)
    result = seqtext("compare", "classify", "a.tsv", "--run", str(tmp_path), "--minutes", "2")
    assert result.status == 0
    assert result.stdout.splitlines() == [
        "   setting  accuracy  parameters  tokens/s     file  ms/answer  over 2 min",
        "1  gru         0.875      45,678         -  91.4 kB      12.35            ▄▄▄▄▄▄▄▄▄█",
        "2  bag           0.5      12,345    98,765  24.7 kB       0.05            ▁▁▁▁▁▁▁▁▁▄",
        "",
        "Held out  40 texts",
    ]
    assert result.stderr.splitlines() == [
        "",
        "1 of 2    bag: encoder bag; finished earlier",
        "Reached   accuracy 0.5 in 2:00: the budget is spent",
        "",
        "2 of 2    gru: encoder gru; goes on",
        "Read      400 examples; 5,000 tokens to learn from",
        "Skipped   1 × blank",
        "Held out  40 texts",
        "Training  12,345 parameters (24.7 kB on disk), vocabulary 900, on cpu in fp32, 1 thread",
        "  3 s  step 20: held-out loss 1.250, accuracy 0.5 (best so far)",
        "Reached   accuracy 0.875 in 2:00: the budget is spent",
        f"Drawn     {tmp_path / 'league.png'}",
    ]
    assert (tmp_path / "league.png").stat().st_size > 1_000


def test_settings_measured_on_fewer_texts_are_named(seqtext, comparing, tmp_path) -> None:
    short = replace(GRU, metrics={"accuracy": 0.875, "held_out_texts": 1200})
    comparing.events = [league(BAG, short)]
    result = seqtext("compare", "classify", "a.tsv", "--run", str(tmp_path))
    assert result.stdout.splitlines()[-2:] == [
        "Held out  40 texts",
        "Measured  on other texts than the rest, for want of time: gru on 1,200",
    ]


def test_ranges_and_rows_that_cannot_be_told_apart(seqtext, comparing, tmp_path) -> None:
    rows = [replace(BAG, interval=[0.4, 0.6]), replace(GRU, interval=[0.75, 0.95])]
    comparing.events = [replace(league(*rows), p_values={"bag": 0.3})]
    lines = seqtext("compare", "classify", "a.tsv", "--run", str(tmp_path)).stdout.splitlines()
    assert lines[0].startswith("    setting  accuracy  95 % range      parameters")
    assert lines[1].startswith("1   gru         0.875  (0.75 to 0.95)      45,678")
    assert lines[2].startswith("2=  bag           0.5  (0.4 to 0.6)        12,345")
    assert lines[-1] == "=         cannot be told apart from the row above (paired bootstrap, p ≥ 0.05)"
    printed = seqtext("compare", "classify", "a.tsv", "--run", str(tmp_path), "--json").stdout
    told = [json.loads(line) for line in printed.splitlines()]
    assert (told[1]["intervals"], told[1]["p_value"], "p_value" in told[0]) == ({"accuracy": [0.4, 0.6]}, 0.3, False)


def test_json_has_a_line_per_setting(seqtext, comparing, tmp_path) -> None:
    comparing.events = whole(comparing.kinds)
    picture = tmp_path / "mine.svg"
    result = seqtext("compare", "classify", "a.tsv", "--run", "r", "--json", "--picture", str(picture))
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["name"] for line in lines] == ["gru", "bag"]
    assert lines[0]["metric"] == "accuracy"
    assert lines[0]["curve"] == [[60.0, 0.5], [120.0, 0.875]]
    assert lines[0]["tokens_per_second"] is None
    assert picture.is_file()


def test_several_seeds_have_a_mean_and_a_spread(seqtext, comparing, tmp_path) -> None:
    runs = [replace(GRU, score=score, seed=seed) for score, seed in ((0.875, 0), (0.9, 2), (0.85, 3))]
    comparing.events = [
        Turn("gru", GRU.settings, 1, 3, "finished"), runs[0],
        Turn("gru", GRU.settings, 2, 3, "interrupted", seed=2), runs[1],
        league(BAG, replace(Row.mean_of(runs), interval=[0.8, 0.9])),
    ]  # fmt: skip
    result = seqtext("compare", "classify", "a.tsv", "--run", str(tmp_path), "--seeds", "3")
    assert comparing.calls[0][1]["seeds"] == 3
    lines = result.stdout.splitlines()
    assert lines[0].startswith("   setting       accuracy  95 % range    parameters")
    assert lines[1].startswith("1  gru      0.875 ± 0.025  (0.8 to 0.9)      45,678")
    assert lines[2].startswith("2  bag                0.5                    12,345")
    assert "2 of 3    gru: encoder gru; seed 2; goes on" in result.stderr.splitlines()
    printed = seqtext("compare", "classify", "a.tsv", "--run", str(tmp_path), "--json").stdout
    told = [json.loads(line) for line in printed.splitlines()]
    assert told[0]["scores"] == [0.875, 0.9, 0.85]
    assert told[0]["spread"] == pytest.approx(0.025)
    assert {"scores", "spread", "runs", "seed"}.isdisjoint(told[1])


def test_only_what_was_typed_is_passed(seqtext, comparing, tmp_path) -> None:
    assert seqtext("compare", "fill", "a.txt", "--run", str(tmp_path)).status == 0
    nothing = {"resume": False, "encoding_errors": "strict", "each": []}
    assert comparing.calls == [(("fill", ["a.txt"], str(tmp_path)), nothing)]


def test_every_option_reaches_the_comparison(seqtext, comparing, tmp_path) -> None:
    typed = "--minutes 0.5 --rung bag --rung gru --each encoder=lstm,pooling=max,mean,hidden=32 --each widths=3 "
    typed += "--set learning-rate=1e-3 --set balance=1 --preset tiny --valid v.tsv --seed 7 --threads 1 "
    typed += "--columns text=t,label=l --encoding-errors replace"
    assert seqtext("compare", "classify", "a.tsv", "b.tsv", "--run", str(tmp_path), *typed.split()).status == 0
    arguments, settings = comparing.calls[0]
    assert arguments == ("classify", ["a.tsv", "b.tsv"], str(tmp_path))
    assert settings == {
        "minutes": 0.5,
        "rungs": ["bag", "gru"],
        "each": [{"encoder": "lstm", "pooling": "max,mean", "hidden": 32}, {"widths": "3"}],
        "learning_rate": 1e-3,
        "balance": 1,
        "preset": "tiny",
        "valid": ["v.tsv"],
        "seed": 7,
        "threads": 1,
        "columns": {"text": "t", "label": "l"},
        "encoding_errors": "replace",
        "resume": False,
    }


def test_flags_and_other_names_of_settings(seqtext, comparing, tmp_path) -> None:
    typed = ["--each", "encoder=gru,bag=false", "--set", "counting=False"]
    assert seqtext("compare", "fill", "a.txt", "--run", str(tmp_path), *typed).status == 0
    assert comparing.calls[0][1]["each"] == [{"cell": "gru", "bag": False}]
    assert comparing.calls[0][1]["counting"] is False


def test_resume_needs_no_corpus(seqtext, comparing, tmp_path) -> None:
    assert seqtext("compare", "classify", "--run", str(tmp_path), "--resume").status == 0
    arguments, settings = comparing.calls[0]
    assert arguments == ("classify", None, str(tmp_path))
    assert settings["resume"] is True


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ("clasify a.tsv", "The task 'clasify' was received", "seqtext compare classify --help"),
        ("classify a.tsv --rung grru", "--rung received 'grru'; accepted are bag, ", "--rung gru"),
        ("classify", "No CORPUS was given", "seqtext compare classify corpus.txt --run r"),
        ("classify a.tsv --resume", "--resume received a.tsv", "seqtext compare classify --run r --resume"),
        ("classify a.tsv --each lstm", "--each received 'lstm'; NAME=VALUE is expected.", "--each hidden=64"),
        ("classify a.tsv --each hidden=", "--each received 'hidden='", "--each hidden=64"),
        ("classify a.tsv --set hiden=64", "--set received 'hiden', which is no setting of classify", "--set hidden=64"),
        ("classify a.tsv --each hidden=big", "--hidden received 'big'; a number is expected.", "--hidden 128"),
        ("classify a.tsv --each encoder=lstn", "--encoder received 'lstn'", "--encoder lstm"),
        ("classify a.tsv --picture a.txt", "A picture cannot be written as 'a.txt'", "a.png"),
    ],
)
def test_wrong_usage_is_said_before_torch_is_loaded(seqtext, comparing, arguments, message, hint) -> None:
    result = seqtext("compare", *arguments.split(), "--run", "r")
    assert (result.status, result.stdout) == (2, "")
    assert result.error[0].startswith(message)
    assert result.error[1] == hint
    assert comparing.calls == []


def test_ctrl_c_says_how_to_go_on(seqtext, comparing, tmp_path) -> None:
    comparing.events = [*whole(comparing.kinds)[:4], KeyboardInterrupt()]
    run = tmp_path / "my run"
    result = seqtext("compare", "classify", "a.tsv", "--run", str(run))
    assert (result.status, result.stdout) == (130, "")
    assert result.stderr.endswith("Interrupted in gru, 2 of 2; nothing was saved\n")
    run.mkdir()
    (run / "league.json").touch()
    result = seqtext("compare", "classify", "a.tsv", "--run", str(run))
    assert result.stderr.endswith(
        f"Interrupted in gru, 2 of 2; go on with\n  seqtext compare classify --run '{run}' --resume\n"
    )


def test_a_fault_of_the_corpus(seqtext, comparing) -> None:
    comparing.events = [CorpusError("a.tsv, line 3: no text.", "remove the line")]
    result = seqtext("compare", "classify", "a.tsv", "--run", "r")
    assert (result.status, result.stdout) == (1, "")
    assert result.error == ("a.tsv, line 3: no text.", "remove the line")


def test_help_names_every_rung(seqtext) -> None:
    text = " ".join(seqtext("compare", "--help").stdout.split()).replace("- ", "-")  # lines may break at a hyphen
    assert all(rung in text for task in TASKS.values() for rung in task.rungs)
