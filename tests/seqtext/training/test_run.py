"""A run's files come back as they were written, also those of a later version; faults come in a sensible order."""

import json
from pathlib import Path

import pytest

from seqtext.config import FillConfig, TokenizerConfig, TrainingConfig
from seqtext.errors import ConfigError, TrainingError
from seqtext.tasks import FILL
from seqtext.training.run import Prepared, Request, Run, RunConfig
from seqtext.training.train import train

REQUEST = Request("fill", ("a.txt", "hf:name"), ("v.txt",), {"text": "review"}, None, "replace")
CONFIG = RunConfig(TokenizerConfig(), FillConfig(hidden=8), TrainingConfig(steps=3))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run(tmp_path / "run")
    run.make()
    run.begin_data(REQUEST)
    run.write_settings(REQUEST, CONFIG)
    return run


def change(path: Path, *keys: str) -> None:
    """Put something that this version does not know into a JSON file, below some keys."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    place = facts
    for key in keys:
        place = place[key]
    place["later"] = [1]
    path.write_text(json.dumps(facts), encoding="utf-8")


def test_request_and_settings_come_back(run: Run) -> None:
    assert run.read_settings() == (REQUEST, CONFIG)
    assert run.prepared_config(FILL) == CONFIG


def test_a_later_version_may_have_written_more(run: Run) -> None:
    run.write_report(Prepared(3, {"blank": 1}, "none"))
    change(run.folder / "settings.json", "request")
    change(run.data / "report.json")
    assert run.read_settings()[0] == REQUEST
    assert run.read_report() == Prepared(3, {"blank": 1}, "none")


def test_corpora_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Run("run").begin_data(REQUEST).corpora == (str(tmp_path / "a.txt"), "hf:name")


def test_data_are_complete_with_their_report(run: Run) -> None:
    assert not run.is_prepared()
    run.write_report(Prepared(3, {}, "none", {"source": 4, "target": 5}))
    assert run.is_prepared()
    run.forget()
    assert not run.is_prepared()
    with pytest.raises(TrainingError, match="holds no training to resume"):
        run.check_begun()


def test_options_that_resume_does_not_take_are_refused_before_anything_is_read(run: Run) -> None:
    (run.folder / "settings.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="--steps was given with --resume"):
        list(train("fill", None, run.folder, resume=True, steps=3))
