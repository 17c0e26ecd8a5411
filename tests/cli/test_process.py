"""Ctrl-C at any moment of a command, and standard streams that are closed, full or read by nobody."""

import errno
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from seqtext.cli import output, process
from seqtext.errors import SeqtextError

posix = pytest.mark.skipif(os.name != "posix", reason="signals and descriptors of POSIX")

#: Runs the command line as the installed script does; what stands before it may press Ctrl-C.
PROGRAM = textwrap.dedent("""
    import os, signal, sys

    def press():
        os.kill(os.getpid(), signal.SIGINT)

    {before}
    from seqtext.cli.main import main
    sys.exit(main())
""")
WHILE_IMPORTING = textwrap.dedent("""
    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == {name!r}:
                press()

    sys.meta_path.insert(0, Finder())
""")
WHILE_RUNNING = textwrap.dedent("""
    def bundled():
        {body}

    import seqtext.storage.catalog
    seqtext.storage.catalog.bundled = bundled
""")


def seqtext(before: str, *arguments: str, **options) -> tuple[int, str, str]:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before), *arguments],
        text=True, check=False, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )  # fmt: skip
    return found.returncode, found.stdout, found.stderr


@posix
@pytest.mark.parametrize("name", ["seqtext.cli.commands", "click", "seqtext.cli.models", "seqtext.storage.catalog"])
def test_ctrl_c_during_an_import(name) -> None:
    assert seqtext(WHILE_IMPORTING.format(name=name), "models") == (130, "", "Interrupted.\n")


@posix
@pytest.mark.parametrize(
    "body",
    [
        "press()",
        "press(); press()",
        "\n    try: press()\n    except KeyboardInterrupt as error: raise ImportError('no module') from error",
        "\n    class Dies:\n        def __del__(self): press()\n    Dies()\n    import time\n    time.sleep(60)",
    ],
    ids=["alone", "twice at once", "made another error of", "in a finalizer"],
)
def test_ctrl_c_during_a_command(body) -> None:
    assert seqtext(WHILE_RUNNING.format(body=body), "models") == (130, "", "Interrupted.\n")


@posix
def test_the_last_words_are_those_of_the_command() -> None:
    body = """
        from seqtext.cli.process import terminable
        with terminable(lambda: "go on with this"):
            sys.modules.pop("wave", None)
            press = lambda *_: os.kill(os.getpid(), signal.SIGTERM)
            sys.meta_path.insert(0, type("Finder", (), {"find_spec": press})())
            import wave
    """
    assert seqtext(WHILE_RUNNING.format(body=body), "models") == (143, "", "go on with this\n")


@posix
def test_a_second_ctrl_c_ends_at_once() -> None:
    body = "\n    import time\n    try: press()\n    finally: time.sleep(0.6); press(); time.sleep(60)"
    assert seqtext(WHILE_RUNNING.format(body=body), "models") == (130, "", "Interrupted.\n")


@posix
def test_ctrl_c_after_the_answer_changes_nothing() -> None:
    status, out, err = seqtext("import atexit; atexit.register(press)", "--version")
    assert (status, err) == (0, "")
    assert out.startswith("seqtext ")


@posix
def test_ctrl_c_that_a_shell_has_ignored_stays_ignored() -> None:
    before = f"signal.signal(signal.SIGINT, signal.SIG_IGN)\n{WHILE_RUNNING.format(body='press(); return {}')}"
    assert seqtext(before, "models") == (0, "", "No model is bundled.\n")


def test_the_status_is_that_of_the_signal() -> None:
    found = [process.status(KeyboardInterrupt(*numbers)) for numbers in ((), (signal.SIGINT,), (signal.SIGTERM,))]
    assert found == [130, 130, 143]


def without(*numbers: int) -> dict:
    return {"preexec_fn": lambda: [os.close(number) for number in numbers]}


@posix
def test_without_standard_output_nothing_is_answered_in_vain() -> None:
    status, out, err = seqtext("", "models", **without(1))
    assert (status, out) == (1, "")
    assert err == "Error: Standard output is closed; somewhere to print to is expected.\nTry:   leave >&- out\n"


@posix
def test_without_standard_error_results_stay_clean() -> None:
    assert seqtext(WHILE_RUNNING.format(body="return {}"), "models", **without(2)) == (0, "", "")
    assert seqtext("", "nothing", **without(2)) == (2, "", "")


@posix
def test_without_standard_input() -> None:
    status, out, err = seqtext("", "summarize", "--lead", "1", "--file", "-", **without(0))
    assert (status, out) == (1, "")
    assert err.startswith("Error: standard input is closed; some text is expected.\nTry:   ")


@posix
def test_no_file_takes_the_number_of_a_closed_stream(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    body = "print(os.open(os.devnull, os.O_RDONLY) > 2, file=open('opened', 'w')); return {}"
    for numbers in ((1,), (2,), (0, 1, 2)):
        seqtext(WHILE_RUNNING.format(body=body), "models", **without(*numbers))
        assert Path("opened").read_text() == "True\n"


@posix
@pytest.mark.parametrize("arguments", [["--help"], ["models", "--json"], ["--version"]], ids=" ".join)
def test_whoever_reads_has_seen_enough(arguments) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        assert seqtext("", *arguments, stdout=pipe)[::2] == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["models"], ["nothing"]], ids=" ".join)
def test_full_streams(arguments) -> None:
    with Path("/dev/full").open("wb") as full:
        status, _, err = seqtext("", *arguments, stdout=full)
        assert status == (2 if arguments == ["nothing"] else 1)
        assert (err.count("Error: "), err.count("\n")) == (1, 2)
        assert seqtext("", *arguments, stderr=full)[0] == (2 if arguments == ["nothing"] else 0)


def test_a_note_that_nobody_can_read_stops_nothing(capsys, monkeypatch) -> None:
    class Gone:
        def write(self, text: str) -> None:
            raise OSError(errno.EIO, "Input/output error")

    for stream in (None, Gone()):
        monkeypatch.setattr(sys, "stderr", stream)
        output.note("a note")
    assert capsys.readouterr().out == ""


def test_a_result_that_cannot_be_printed_is_an_error(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SeqtextError, match="Standard output is closed"):
        output.say("a result")


ANSWER = textwrap.dedent("""
    import seqtext.models.lexrank
    seqtext.models.lexrank.select = lambda text, *_: ([text.upper()], False)
""")


@posix
@pytest.mark.parametrize(
    ("sent", "answered"), [(b"a\nb\n", "A\nB\n"), (b"\nno end of line", "\nNO END OF LINE\n"), (b"", "")]
)
def test_texts_may_come_through_a_pipe_a_file_or_a_socket(tmp_path, sent, answered) -> None:
    (tmp_path / "texts.txt").write_bytes(sent)
    reading, writing = os.pipe()
    near, far = socket.socketpair()
    os.write(writing, sent)
    os.close(writing)
    far.sendall(sent)
    far.close()
    with (tmp_path / "texts.txt").open("rb") as file, near, open(reading, "rb") as pipe:
        for stdin in (pipe, near, file):
            assert seqtext(ANSWER, "summarize", "--extract", stdin=stdin) == (0, answered, "")


@posix
def test_a_command_without_text_waits_for_no_terminal_and_takes_nothing_from_dev_null() -> None:
    message = "Error: No TEXT was given; a TEXT or a --file is expected.\nTry:   seqtext summarize --help\n"
    main, terminal = os.openpty()
    try:
        for stdin in (terminal, subprocess.DEVNULL):
            assert seqtext("", "summarize", "--extract", stdin=stdin) == (2, "", message)
    finally:
        os.close(main)
        os.close(terminal)
    assert seqtext("", "summarize", "--extract", preexec_fn=lambda: os.close(0)) == (2, "", message)


def test_a_text_is_answered_and_a_pipe_left_alone() -> None:
    with subprocess.Popen(["sleep", "60"], stdout=subprocess.PIPE) as silent:
        try:
            found = seqtext(ANSWER, "summarize", "--extract", "a", stdin=silent.stdout, timeout=50)
        finally:
            silent.kill()
    assert found == (0, "A\n", "")


def test_garbage_is_collected_only_once_there_are_many_objects() -> None:
    program = textwrap.dedent("""
        import gc
        from seqtext.cli import process

        usual = gc.get_threshold()
        process.begin()
        print(gc.get_threshold()[0] // usual[0] >= 100)
        kept = [[] for _ in range(200_000)]
        print(gc.get_threshold() == usual, gc.isenabled(), gc.get_stats()[0]["collections"] > 0)
        process.end()
        print(gc.get_freeze_count() > len(kept))
    """)
    found = subprocess.run([sys.executable, "-c", program], text=True, check=True, capture_output=True)
    assert found.stdout.split() == ["True"] * 5
