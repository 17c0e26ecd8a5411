"""The way through the tour: steps by name or number, corpora that are missing, command lines filled in."""

import importlib.util
import json
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from seqtext.errors import ConfigError, InputError, SeqtextError
from seqtext.tour import walk
from seqtext.tour.steps import STEPS
from seqtext.tour.walk import check_corpora, check_training, chosen_steps, clone_corpora, prepare, step_named

ROOT = Path(__file__).parents[3]


def test_steps_are_found_by_name_and_number() -> None:
    for step in STEPS:
        assert step_named(step.name) is step_named(str(step.number)) is step
    with pytest.raises(ConfigError) as raised:
        step_named("ltsm")
    assert raised.value.typed()[1] == "seqtext tour lstm"
    assert f"1 to {len(STEPS)}" in str(raised.value)
    with pytest.raises(ConfigError) as raised:
        step_named("99")
    assert raised.value.typed()[1] == "seqtext tour --list"


def test_steps_are_those_named_or_all_from_one_on() -> None:
    assert chosen_steps() == list(STEPS)
    assert chosen_steps(("lstm", "1")) == [step_named("lstm"), STEPS[0]]
    assert chosen_steps((), "gru") == list(STEPS[step_named("gru").number - 1 :])


def test_the_corpora_of_the_clone_are_found_where_seqtext_runs_from_it() -> None:
    assert clone_corpora() == ROOT / "corpora"


@pytest.mark.parametrize(("url", "there"), [("file://{}", True), ("https://example.org/{}", False), (None, False)])
def test_the_corpora_of_the_clone_are_found_by_what_pip_notes(tmp_path, monkeypatch, url, there) -> None:
    (tmp_path / "a clone" / "corpora").mkdir(parents=True)
    (tmp_path / "a clone" / "corpora" / "stories.txt").write_text("A story.\n")
    noted = None if url is None else json.dumps({"url": url.format(f"{tmp_path}/a%20clone"), "dir_info": {}})
    monkeypatch.setattr(walk, "__file__", str(tmp_path / "lib" / "seqtext" / "tour" / "walk.py"))
    monkeypatch.setattr(walk, "distribution", lambda name: SimpleNamespace(read_text=lambda file: noted))
    assert clone_corpora() == (tmp_path / "a clone" / "corpora" if there else None)


def test_corpora_that_are_missing_are_said_with_a_command_that_works(tmp_path, monkeypatch) -> None:
    check_corpora(STEPS, ROOT / "corpora")
    check_corpora([step for step in STEPS if not step.corpora], tmp_path)
    monkeypatch.setattr(walk, "clone_corpora", lambda: ROOT / "corpora")
    with pytest.raises(InputError) as raised:
        check_corpora(STEPS, tmp_path)
    assert str(tmp_path) in str(raised.value)
    assert "stories.txt" in str(raised.value)
    assert raised.value.typed()[1] == f"seqtext tour --corpora {ROOT / 'corpora'}"
    monkeypatch.setattr(walk, "clone_corpora", lambda: None)
    with pytest.raises(InputError) as raised:
        check_corpora(STEPS, tmp_path)
    others = chosen_steps(raised.value.typed()[1].removeprefix("seqtext tour ").split())
    assert others == [step for step in STEPS if not step.corpora]
    with pytest.raises(InputError, match="gradients") as raised:
        check_corpora([step_named("gradients")], tmp_path)
    check_corpora(chosen_steps(raised.value.typed()[1].removeprefix("seqtext tour ").split()), tmp_path)


def test_without_torch_what_installs_it_is_said(monkeypatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else find(name))
    check_training(chosen_steps(("tokens", "vectors")))
    with pytest.raises(SeqtextError) as raised:
        check_training(STEPS)
    assert raised.value.typed()[1] == 'pip install "seqtext[train]"'


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_command_lines_name_files_that_are_there_and_runs_that_are_not(step, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    typed = prepare(step, Path("my tour"), ROOT / "corpora")
    assert len(typed.lines) == len(step.commands)
    words = [word for line in typed.lines for word in line]
    assert not any("{" in word for word in words)
    runs = {path.as_posix() for path in typed.runs.values()}
    places = [word for word in words if word.startswith(("my tour", str(ROOT / "corpora")))]
    assert [word for word in places if word not in runs and not Path(word).is_file()] == []
    assert runs <= set(words)
    assert not any(map(Path.exists, typed.runs.values()))


def test_a_run_that_is_there_stays_and_another_one_is_written(tmp_path) -> None:
    (tmp_path / "rnn").mkdir()
    (tmp_path / "rnn-2").mkdir()
    typed = prepare(step_named("rnn"), tmp_path, tmp_path)
    assert typed.runs == {"rnn": tmp_path / "rnn-3"}
    assert f"--run {tmp_path}/rnn-3 " in shlex.join(typed.lines[0]) + " "
