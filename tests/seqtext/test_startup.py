"""What a command loads: never torch or another slow library, unless it trains."""

import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path
from pkgutil import walk_packages
from types import FrameType

import click
import pytest

import seqtext
from seqtext import __version__
from seqtext.cli.commands import commands
from seqtext.storage.catalog import bundled, load

SLOW = (
    "torch", "datasets", "huggingface_hub", "matplotlib", "pandas", "pyarrow", "ray", "sacrebleu", "scipy", "tqdm",
    "transformers", "zstandard",
)  # fmt: skip

#: Runs the command line as the installed script does; its last line says what was loaded by then.
PROGRAM = f"""
import atexit, sys
atexit.register(lambda: print("LOADED", *[name for name in {SLOW!r} if name in sys.modules]))
{{imports}}
"""
COMMAND = "from seqtext.cli.main import main\nsys.exit(main())"


def loaded_by(imports: str, *arguments: str, stdin: str = "") -> tuple[int, str, str, list[str]]:
    """Status, stdout and stderr of a fresh Python, and which slow libraries it loaded."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM.format(imports=imports), *arguments],
        input=stdin, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    *lines, last = finished.stdout.splitlines()
    assert last.split()[0] == "LOADED", finished.stderr
    return finished.returncode, "\n".join(lines), finished.stderr, last.split()[1:]


def test_the_check_sees_what_is_loaded() -> None:
    assert loaded_by("import tqdm") == (0, "", "", ["tqdm"])


def test_importing_seqtext_loads_nothing() -> None:
    assert loaded_by("import seqtext") == (0, "", "", [])
    assert loaded_by("import seqtext\nassert 'numpy' not in sys.modules\nassert 'click' not in sys.modules")[0] == 0


def test_the_answering_half_loads_no_torch() -> None:
    names = "from seqtext import BlankFiller, SeqtextError, Tokenizer, Translator, answer_table, check, evaluate, load"
    assert loaded_by(
        f"{names}\nimport seqtext.data.corpus, seqtext.evaluation.evaluate, seqtext.evaluation.metrics"
    ) == (0, "", "", [])


def test_no_module_but_those_of_training_loads_what_answers_do_without() -> None:
    found = (module.name for module in walk_packages(seqtext.__path__, "seqtext."))
    others = ("seqtext.__main__", "seqtext.integrations.sklearn")  # the latter is a class of scikit-learn's
    modules = [name for name in found if not name.startswith("seqtext.training.") and name not in others]
    assert len(modules) > 80
    assert loaded_by("\n".join(f"import {name}" for name in modules)) == (0, "", "", [])


def test_events_of_training_load_no_torch() -> None:
    assert loaded_by("from seqtext.training import events\nevents.Saved(1, None)") == (0, "", "", [])
    assert loaded_by("import seqtext.training") == (0, "", "", [])


def test_names_are_resolved_on_first_use() -> None:
    assert {"load", "train", "BlankFiller", "Tokenizer", "SeqtextError", "__version__"} <= set(dir(seqtext))
    assert seqtext.load.__module__ == "seqtext.models.loading"
    with pytest.raises(AttributeError, match=r"no attribute 'laod'; it has Anomaly, .*load"):
        seqtext.laod  # noqa: B018


def every_command(command: click.Command = commands, *words: str) -> list[str]:
    """All that can be typed behind `seqtext`, the commands of commands too."""
    if not isinstance(command, click.Group):
        return [" ".join(words)]
    context = click.Context(command)
    inner = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [" ".join(words), *(line for name, one in inner for line in every_command(one, *words, name))]


@pytest.mark.parametrize("words", every_command(), ids=lambda words: words or "seqtext")
def test_help_loads_nothing_slow(words) -> None:
    status, out, err, loaded = loaded_by(COMMAND, *words.split(), "--help")
    assert (status, err, loaded) == (0, "", [])
    assert out.startswith(f"Usage: {' '.join(['seqtext', *words.split()])} [OPTIONS]")


def test_version_loads_nothing_slow() -> None:
    assert loaded_by(COMMAND, "--version") == (0, f"seqtext {__version__}", "", [])


def test_wrong_usage_loads_nothing_slow() -> None:
    status, _, err, loaded = loaded_by(COMMAND, "train", "fill", "a.txt", "--run", "r", "--cell", "gro")
    assert (status, loaded) == (2, [])
    assert err.splitlines()[1] == "Try:   --cell gru"


def test_a_model_that_is_not_there_loads_nothing_slow() -> None:
    status, _, err, loaded = loaded_by(COMMAND, "fill", "--model", "no-such-model", "A ___.")
    assert (status, loaded) == (1, [])
    assert err.startswith("Error: No model is called 'no-such-model'")


@pytest.mark.parametrize("module", ["seqtext", "seqtext.cli.main"])
def test_python_runs_the_package(module) -> None:
    if module == "seqtext":
        finished = subprocess.run(
            [sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True
        )
        assert finished.stdout == f"seqtext {__version__}\n"
    else:
        assert loaded_by(f"import {module}")[3] == []


bundled_model = pytest.mark.skipif(not bundled(), reason="no model is bundled yet: seqtext/pretrained is empty")


@bundled_model
@pytest.mark.parametrize(
    "arguments",
    [
        ["fill", "The quick brown ___ jumped over the lazy dog."],
        ["fill", "--json", "--max-words", "2", "The quick brown ___ jumped over the lazy dog."],
        ["fill", "She drank a cup of ___.", "--option", "tea", "--option", "sand"],
        ["fill", "--file", "-"],
        ["similar", "kettle"],
        ["info", "fill-en"],
        ["models"],
        ["models", "--json"],
    ],
    ids=" ".join,
)
def test_answering_loads_nothing_slow(arguments) -> None:
    status, out, err, loaded = loaded_by(COMMAND, *arguments, stdin="A ___ day.\n\nThe ___ is open.\n")
    assert (status, err, loaded) == (0, "", [])
    assert out


@bundled_model
def test_a_fill_loads_only_what_it_needs() -> None:
    needless = (
        "numpy.ma",
        "numpy.random",
        "seqtext.data.encodings",
        "seqtext.data.wanted",
        "seqtext.storage.model_card",
        "secrets",
        "bz2",
    )
    program = f"""
        import sys
        from seqtext.cli.main import main
        status = main(["fill", "The ___ is open."])
        print("LOADED", *[name for name in {needless!r} if name in sys.modules])
        sys.exit(status)
    """
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert finished.stdout.splitlines()[-1] == "LOADED"


@bundled_model
def test_evaluating_loads_nothing_slow(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The door is open.\nThe cat is on the mat.\n", encoding="utf-8")
    status, out, err, loaded = loaded_by(COMMAND, "evaluate", "fill-en", str(path))
    assert (status, err, loaded) == (0, "", [])
    assert "top1" in out


@bundled_model
def test_a_cold_fill_spells_no_token_but_those_it_is_asked_for() -> None:
    """Of 41,000 tokens; calls are counted, because a time would depend on the machine."""
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            calls[Path(frame.f_code.co_filename).name] += 1

    model = load("fill-en")
    sys.setprofile(count)
    try:
        model.fill("The quick brown ___ jumped over the lazy dog.")
    finally:
        sys.setprofile(None)
    assert 0 < calls["tokenizer.py"] < 5000
