"""The league table: what is compared, how it is ordered, kept and drawn."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqtext.config import ENCODERS, READERS
from seqtext.errors import ConfigError, TrainingError
from seqtext.evaluation.league import Comparison, League, Row, chosen_rungs, name_of
from seqtext.evaluation.outcomes import Outcomes
from seqtext.fields import from_dict
from seqtext.tasks import TASKS


def row(name: str, score: float, parameters: int = 100, curve: tuple = ((10.0, 0.5), (60.0, 0.7))) -> Row:
    return Row(
        name, {"encoder": name}, score, {"accuracy": score}, parameters, 1234.5, 5000, 0.25, 60.0, 90,
        "the budget is spent", list(curve),
    )  # fmt: skip


REQUEST = Comparison("classify", settings={"bag": {"encoder": "bag"}, "gru": {"encoder": "gru"}})


def league(*rows: Row, metric: str = "accuracy") -> League:
    return League(REQUEST, metric, "40 texts", "fp32", {one.name: one for one in rows})


@pytest.mark.parametrize("task", TASKS)
def test_every_rung_is_a_setting_of_its_task(task: str) -> None:
    rungs = [dict(settings) for settings in TASKS[task].rungs.values()]
    configs = [(settings.pop("start", None), from_dict(TASKS[task].network, settings)) for settings in rungs]
    assert len(set(configs)) == len(configs) >= 3
    assert TASKS[task].known_by


def test_the_ladder_has_all_encoders() -> None:
    encoders = {settings["encoder"] for settings in chosen_rungs("classify").values()}
    assert encoders == {*ENCODERS, "none"}


def test_rungs_and_settings_of_ones_own() -> None:
    own = {"encoder": "lstm", "pooling": "max,mean"}
    assert chosen_rungs("classify", ["gru"], [own]) == {"gru": {"encoder": "gru"}, "lstm-pooling-max-mean": own}
    assert list(chosen_rungs("classify", (), [own])) == ["lstm-pooling-max-mean"]


def test_a_name_is_one_of_a_folder() -> None:
    assert name_of({"encoder": "bag", "pooling": "mean", "pairs": 2000}) == "bag-pooling-mean-pairs-2000"
    assert name_of({"widths": "2,3/../4"}) == "widths-2-3-..-4"


@pytest.mark.parametrize(
    ("task", "rungs", "each", "message", "hint"),
    [
        ("clasify", [], [], f"The task 'clasify' was received; accepted are {', '.join(TASKS)}.",
         "seqtext compare classify --help"),
        ("generate", ["ltsm"], [], f"rungs received 'ltsm'; accepted are {', '.join(READERS)}.", "rungs=['lstm']"),
        ("generate", ["gru"], [{"cell": "gru"}], "The setting 'gru' was given twice; once is accepted.",
         "leave one of them out"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared(task: str, rungs: list, each: list, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen_rungs(task, rungs, each)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_the_best_come_first_and_of_equals_the_smaller() -> None:
    rows = [row("a", 0.5), row("b", 0.9, 300), row("c", 0.9, 200), row("d", math.nan)]
    assert [one.name for one in league(*rows).ranked()] == ["c", "b", "a", "d"]
    assert [one.name for one in league(*rows[:3], metric="bits_per_character").ranked()] == ["a", "c", "b"]


def test_it_is_kept_and_read_again(tmp_path: Path) -> None:
    found = league(row("bag", 0.5), row("gru", 0.75))
    found.write(tmp_path)
    assert League.read(tmp_path) == found
    stored = json.loads((tmp_path / "league.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in stored["rows"]] == ["gru", "bag"]
    assert stored["rows"][0]["curve"] == [[10.0, 0.5], [60.0, 0.7]]
    assert League.read(tmp_path / "elsewhere") is None


def test_neighbours_are_tested_on_the_same_texts(tmp_path: Path) -> None:
    found = league(row("bag", 0.7), row("gru", 0.75), row("rnn", 0.5), row("lost", 0.4))
    for name, right in (("bag", 140), ("gru", 150), ("rnn", 100)):
        (tmp_path / name).mkdir()
        Outcomes.of("accuracy", 200, np.arange(200), np.random.default_rng(right).permutation(200) < right).write(
            tmp_path / name
        )
    tested = found.tested(tmp_path)
    assert set(tested.p_values) == {"bag", "rnn"}  # nothing is known of "lost"
    assert tested.ties() == ["bag"]
    tested.write(tmp_path)
    assert League.read(tmp_path) == tested


def test_rows_of_several_seeds(tmp_path: Path) -> None:
    """Means of all; the curve is the mean of curves that stand still between their evaluations."""
    runs = [
        row("gru", 0.5, curve=((10.0, 0.2), (30.0, 0.4))),
        replace(row("gru", 0.75, curve=((20.0, 0.6), (40.0, 0.8))), seed=2, tokens_per_second=None, steps=31),
    ]
    mean = Row.mean_of(runs)
    assert (mean.score, mean.metrics, mean.tokens_per_second, mean.steps) == (0.625, {"accuracy": 0.625}, 1234.5, 60)
    assert mean.curve == [(20.0, pytest.approx(0.4)), (30.0, pytest.approx(0.5)), (40.0, pytest.approx(0.6))]
    assert mean.spread == pytest.approx(np.std([0.5, 0.75], ddof=1))
    assert (Row.mean_of(runs[:1]), runs[0].spread) == (runs[0], None)
    found = replace(league(row("bag", 0.6)).joined_by(runs[0]).joined_by(runs[1]), request=replace(REQUEST, seeds=2))
    assert found.rows["gru"] == mean
    assert (found.run("gru", 2), found.run("gru", 3), found.run("bag", 0)) == (runs[1], None, found.rows["bag"])
    found.write(tmp_path)
    assert League.read(tmp_path) == found
    stored = json.loads((tmp_path / "league.json").read_text(encoding="utf-8"))
    assert stored["request"]["seeds"] == 2
    assert stored["rows"][0]["scores"] == [0.5, 0.75]
    assert {"scores", "spread", "runs", "seed"}.isdisjoint(stored["rows"][1])


def test_rows_of_several_seeds_are_tested_by_all_of_them(tmp_path: Path) -> None:
    rights = {"bag": (140, 141, 139), "gru": (150, 130, 149), "rnn": (100, 101, 99)}
    rows = []
    for name, seeds in rights.items():
        for seed, right in enumerate(seeds):
            place = tmp_path / (f"{name}-seed-{seed}" if seed else name)
            place.mkdir()
            hits = np.random.default_rng(7).permutation(200) < right
            order = np.random.default_rng(seed).permutation(200)
            Outcomes.of("accuracy", 200, order, hits[order]).write(place)
            rows.append(replace(row(name, right / 200), seed=seed))
    found = league()
    for one in rows:
        found = found.joined_by(one)
    tested = found.tested(tmp_path)
    assert [one.name for one in tested.ranked()] == ["gru", "bag", "rnn"]
    assert tested.p_values["bag"] > 0.3  # gru's seeds are further apart than the means
    assert tested.p_values["rnn"] < 0.01
    for one in tested.rows.values():
        assert one.interval[0] < one.score < one.interval[1]
    widths = {name: one.interval[1] - one.interval[0] for name, one in tested.rows.items()}
    assert widths["gru"] > widths["bag"]


def test_a_league_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    league(row("bag", 0.5)).write(tmp_path)
    facts = json.loads((tmp_path / "league.json").read_text(encoding="utf-8"))
    del facts["p_values"], facts["rows"][0]["interval"]
    (tmp_path / "league.json").write_text(json.dumps(facts), encoding="utf-8")
    assert League.read(tmp_path) == league(row("bag", 0.5))
    (tmp_path / "league.json").write_text(json.dumps({**facts, "p_values": {"x": 0.5}}), encoding="utf-8")
    with pytest.raises(TrainingError, match=r"league\.json cannot be read"):
        League.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"request": {}, "rows": []}', '{"request": 1, "rows": [{"a": 1}]}'])
def test_a_damaged_one_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "league.json").write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError, match=r"league\.json cannot be read"):
        League.read(tmp_path)


@pytest.mark.parametrize("name", ["preset", "common", "minutes"])
def test_nothing_that_is_missing_is_made_up(tmp_path: Path, name: str) -> None:
    league().write(tmp_path)
    facts = json.loads((tmp_path / "league.json").read_text(encoding="utf-8"))
    del facts["request"][name]
    (tmp_path / "league.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(TrainingError, match=rf"league\.json cannot be read \(KeyError\('{name}'\)\)"):
        League.read(tmp_path)


def test_bars_over_the_minutes_share_their_scale() -> None:
    rows = [row("a", 0.9, curve=((30.0, 0.2), (60.0, 0.9))), row("b", 0.2, curve=((0.0, 0.2), (60.0, 0.2)))]
    assert league(*rows).curves() == [" " * 10 + "▁" * 9 + "█", "▁" * 20]
    assert league(*rows, metric="loss").curves() == [
        "█" * 20,
        " " * 10 + "█" * 9 + "▁",
    ]  # less is better, so b is first


def test_bars_of_few_points() -> None:
    assert league(row("a", 0.5, curve=()), row("b", 0.5, curve=((6.0, 0.5),))).curves() == [" " * 20, " " * 19 + "▁"]
    assert league().curves() == []


def test_a_picture_of_many(tmp_path: Path) -> None:
    league(*(row(f"rung{number}", number / 20) for number in range(12))).picture(tmp_path / "league.png")
    assert (tmp_path / "league.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ConfigError, match=r"accepted are \.png"):
        league(row("a", 0.5)).picture(tmp_path / "league.txt")
