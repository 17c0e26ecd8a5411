"""The command beside an answer gives the same answer, whatever the text holds."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from browser_pages import WAIT

ROOT = Path(__file__).parents[2]
ODD = [
    'It\'s a "test" of $HOME, `id` and $(id) \\ * ?!',
    "-v is ___",
    "two\nlines\n\nand more\n",
    "ends\ttab ",
    "esc \u001b[31m and bell \u0007, \\n stays",
    "\u202ereversed\u202c and 'quoted' ´é´ 👩‍🏫",
    "x",
    "--help",
]


# A button says "Copied" for some seconds, which a busy machine may miss: what is to come later waits until it is told.
HELD = "() => { window.held = []; window.setTimeout = (call) => window.held.push(call); }"


def run(line: str, function: str) -> str:
    """What a shell prints for a command line, with a function in place of `seqtext`."""
    script = f"seqtext() {{ {function}; }}\n{line}\n"
    done = subprocess.run(["sh", "-c", script], cwd=ROOT, capture_output=True, check=True, timeout=120)
    return done.stdout.decode()


def answered(line: str) -> str:
    return run(line, f'"{sys.executable}" -m seqtext "$@"')


def command(watched: Any, panel: str) -> str:
    line: str = watched.panel(panel).locator(".same code").inner_text()
    return line


@pytest.mark.parametrize("text", ODD)
def test_the_shell_reads_the_text_that_was_typed(watched: Any, text: str) -> None:
    watched.open("read")
    watched.settled("read")
    watched.page.fill("#read-text", text)
    words = run(command(watched, "read"), "printf '%s\\0' \"$@\"").split("\0")
    typed = watched.page.input_value("#read-text")
    assert words[-2].rstrip("\n") == typed.rstrip("\n")
    assert words[:-2] in (["score"], ["score", "--"])
    assert (words[1] == "--") == text.startswith("-")


@pytest.mark.parametrize("text", ODD[-4:-2])
def test_the_command_line_shows_no_character_that_is_not_seen(watched: Any, text: str) -> None:
    watched.open("read")
    watched.settled("read")
    watched.page.fill("#read-text", text)
    line = command(watched, "read")
    assert line.startswith("seqtext score")
    assert not set(line) & set("\u001b\u0007\u202e\u202c")


def test_fill(watched: Any) -> None:
    watched.open()
    answer = watched.settled("fill")
    _, *words = answer.locator("tbody tr").first.locator("td").all_inner_texts()
    printed = answered(command(watched, "fill")).splitlines()[0]
    assert len(words) == 3
    assert all(word in printed for word in words)
    watched.ask("fill", "She drank a cup of ___.")
    assert answer.locator("th").first.inner_text() == "Probability"
    printed = answered(command(watched, "fill")).splitlines()[0]
    assert all(word in printed for word in answer.locator("tbody tr").first.locator("td").all_inner_texts())


def test_several_blanks_have_shares_where_their_probability_is_tiny(watched: Any) -> None:
    watched.open()
    watched.settled("fill")
    text = "Her ___ saw a ___ near the ___ and the ___."
    answer = watched.ask("fill", text)
    assert "Share: of the probability that these 5 have together" in answer.locator("caption").inner_text()
    shares = [float(cell.rstrip("%")) for cell in answer.locator("td.number").all_inner_texts()]
    assert sum(shares) == pytest.approx(100, abs=0.3)
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] >= 1
    printed = answered(command(watched, "fill"))
    assert "<0.1%" in printed
    assert "0.0%" not in printed
    exact = [fill["probability"] for fill in json.loads(answered(f"{command(watched, 'fill')} --json"))["fills"]]
    assert 0 < exact[-1] < 0.0005
    assert shares == pytest.approx([100 * one / sum(exact) for one in exact], abs=0.06)


def test_write_with_the_seed_that_was_drawn(watched: Any) -> None:
    watched.open("write")
    watched.page.fill("#write-length", "80")
    watched.page.click("#panel-write .main")
    watched.panel("write").locator(".answer .note").wait_for(timeout=WAIT)
    text = watched.panel("write").locator(".prose").text_content()
    assert len(text) > 80
    assert answered(command(watched, "write")).rstrip("\n") == text.rstrip("\n")


def test_read(watched: Any) -> None:
    watched.open("read")
    note = watched.settled("read").locator(".note", has_text="bits in all").inner_text()
    bits = note.split(" for each")[0].split()[-1]
    printed = answered(command(watched, "read")).split()[0]
    assert float(bits) == pytest.approx(float(printed), abs=0.0051)  # with two digits, and with three


@pytest.mark.parametrize("language", ["fr", "de"])
def test_translate(watched: Any, language: str) -> None:
    watched.open("translate")
    watched.settled("translate")
    watched.page.select_option("#translate-model", f"translate-en-{language}")
    prose = watched.panel("translate").locator(f".prose[lang={language}]")
    prose.wait_for()
    assert prose.inner_text() in answered(command(watched, "translate"))


def test_classify(watched: Any) -> None:
    watched.open("classify")
    answer = watched.settled("classify")
    printed = answered(command(watched, "classify"))
    for name in answer.locator(".bars .name").all_inner_texts():
        assert name in printed
    watched.page.select_option("#classify-model", label="labels of my own")
    watched.panel("classify").locator(".bars .name", has_text="negative").wait_for(timeout=WAIT)
    printed = answered(command(watched, "classify"))
    first, second = watched.settled("classify").locator(".bars .name").all_inner_texts()
    assert printed.index(first) < printed.index(second)


def test_exercises_in_every_format(watched: Any, tmp_path: Path) -> None:
    watched.open("exercises")
    choices = watched.settled("exercises").locator(".sheet option").all_inner_texts()
    formats = watched.page.locator("#exercises-format option").evaluate_all("(all) => all.map((one) => one.value)")
    assert len(formats) == 5
    for one in formats:
        watched.page.select_option("#exercises-format", one)
        line, _, name = command(watched, "exercises").rpartition(" > exercise.")
        assert name in ("txt", "md", "html", "gift")
        written = answered(line)
        assert "window of the train" in written
        assert one == "anki" or all(word in written for word in choices if word != "…")


def test_ladder_names_the_command_that_measured(watched: Any) -> None:
    watched.open("ladder")
    watched.settled("ladder")
    assert command(watched, "ladder").startswith("seqtext inspect gradients corpora/stories.txt ")


def test_logs_name_what_trains_a_model(watched: Any) -> None:
    watched.open("logs")
    watched.settled("logs")
    assert "Counting has no command of its own." in watched.panel("logs").locator(".same").inner_text()
    assert command(watched, "logs").startswith(
        "seqtext train anomaly normal.log --run runs/log && seqtext serve --model"
    )


def test_a_command_is_copied(open_page: Any) -> None:
    watched = open_page(permissions=["clipboard-read", "clipboard-write"])
    watched.open()
    watched.settled("fill")
    watched.page.evaluate(HELD)
    button = watched.panel("fill").get_by_role("button", name="Copy command")
    button.click()
    watched.panel("fill").get_by_role("button", name="Copied").wait_for()
    assert watched.page.evaluate("navigator.clipboard.readText()") == command(watched, "fill")
    watched.page.evaluate("held.forEach((call) => call())")
    button.wait_for()


def test_a_long_command_scrolls_in_its_box_and_is_copied_whole(open_page: Any) -> None:
    watched = open_page(360, permissions=["clipboard-read", "clipboard-write"])
    watched.open("read")
    watched.settled("read")
    same = watched.panel("read").locator(".same")
    assert "characters" not in same.inner_text()
    text = "The cat sat on the mat. " * 200 + "The end."
    watched.page.fill("#read-text", text)
    line = same.locator("code")
    assert line.bounding_box()["height"] <= 160
    assert line.evaluate("(one) => one.scrollHeight") > 1000
    assert f"It has {len(command(watched, 'read')):,} characters" in same.inner_text()
    line.focus()
    watched.page.keyboard.press("End")
    watched.until(lambda: line.evaluate("(one) => one.scrollTop") > 500)  # scrolling is smooth
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 360
    watched.page.evaluate(HELD)
    same.get_by_role("button").click()
    same.get_by_role("button", name="Copied").wait_for()
    assert watched.page.evaluate("navigator.clipboard.readText()") == f"seqtext score '{text}'"


def test_a_command_is_selected_where_nothing_may_be_copied(watched: Any) -> None:
    watched.page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    watched.open()
    watched.settled("fill")
    watched.page.evaluate(HELD)
    watched.panel("fill").get_by_role("button", name="Copy command").click()
    watched.panel("fill").get_by_role("button", name="Selected").wait_for()
    assert watched.page.evaluate("getSelection().toString()") == command(watched, "fill")
