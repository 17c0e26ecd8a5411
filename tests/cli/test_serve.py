"""`seqtext serve`: what is wrong with its options is told before anything is served."""

import socket

import pytest

from seqtext.extras import EXTRAS


@pytest.mark.parametrize(
    ("typed", "status", "message", "hint"),
    [
        (
            ["--model", "fil=fill-en"],
            2,
            "TASK=MODEL is accepted, with a task of fill, generate",
            "--model fill=fill-en",
        ),
        (["--model", "generate=fill-en"], 2, "which is a model for fill", "--model fill=fill-en"),
        (["--model", "fil-en"], 1, "No model is called 'fil-en'", "--model fill-en"),
        (["--model", "fill=nowhere"], 1, "No model is called 'nowhere'", "--model generate-en"),
        (["--host", "no host"], 2, "--host received 'no host', which is no address", "--host 127.0.0.1"),
        (["--host", "203.0.113.7"], 1, "203.0.113.7 is no address of this machine", "--host 127.0.0.1"),
        (["--port", "70000"], 2, "70000", "seqtext serve --help"),
        (["--allow-origin", "*"], 2, "--allow-origin received '*'", "--allow-origin https://school.example"),
        (["--allow-origin", "https://a.example/"], 2, "without a path", "--allow-origin https://school.example"),
        (["--max-texts", "0"], 2, "--max-texts received 0; accepted is from 1", "--max-texts 256"),
        (["--max-seconds", "nan"], 2, "--max-seconds received nan", "--max-seconds 60.0"),
    ],
)
def test_options_that_cannot_be_are_told(seqtext, typed, status, message, hint) -> None:
    result = seqtext("serve", "--port", "0", *typed)
    assert (result.status, result.stdout) == (status, "")
    assert message in result.error[0]
    assert result.error[1] == hint


def test_a_port_in_use_is_told(seqtext) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = seqtext("serve", "--port", str(port))
    assert (result.status, result.error) == (1, (f"Port {port} of 127.0.0.1 is in use.", f"--port {port + 1}"))


@pytest.mark.parametrize("package", [name for name, extra in EXTRAS.items() if extra == "serve"])
def test_without_the_extra_it_says_what_to_install(seqtext, monkeypatch, package) -> None:
    import sys

    for name in [*sys.modules]:
        if name.partition(".")[0] == package or name.startswith("seqtext.server"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    result = seqtext("serve", "--port", "0")
    assert (result.status, result.error) == (
        1, (f"A server needs {package}, which is not installed.", 'pip install "seqtext[serve]"'),
    )  # fmt: skip


def test_help_lists_the_limits(seqtext) -> None:
    shown = seqtext("serve", "--help").stdout
    assert "Limits:" in shown
    assert "--max-body" in shown
    assert "default: 127.0.0.1" in shown
