"""What failed once is tried again, for a minute new cases are (-m fuzz), and what a fuzzer must see is shown to it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory and processes are watched through /proc")

HERE = Path(__file__).parent


def fuzz(*words: str | Path, timeout: float = 200) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(HERE / "run.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def test_what_failed_once_is_right_now(tmp_path: Path) -> None:
    done = fuzz("--replay", HERE / "kept", "--state", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(list((HERE / 'kept').glob('*.json')))} cases" in done.stdout


@pytest.mark.fuzz
def test_a_minute_of_new_cases_finds_no_fault(tmp_path: Path) -> None:
    done = fuzz("--seconds", "60", "--state", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.fuzz
def test_trainings_that_are_killed_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "kills.py"), "--kills", "20", "--state", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr


#: A worker that dies with its second case, hangs in its third and takes a signal in its fourth, if it is let.
_WORKER = """
import json, os, signal, sys, time
for line in sys.stdin:
    job = json.loads(line)
    for case in job.get("cases", range(job.get("size", 0)))[job.get("skip", 0):]:
        print(json.dumps({"case": {"target": "text", "number": case}}), flush=True)
        if case == 1: os._exit(3)
        if case == 2: time.sleep(60)
        if case == 3: os.kill(os.getpid(), signal.SIGSEGV)
        print(json.dumps({"end": "answered", "seconds": 0.1, "peak": 1.0}), flush=True)
    print(json.dumps({"done": True}), flush=True)
"""


def in_python(code: str, *words: str | Path) -> str:
    """Run code that imports the modules of this folder, whose names others have, too."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE)!r})\n{code}", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout


def test_a_case_that_ends_or_holds_up_its_process_is_found_and_the_others_run(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(_WORKER)
    told = in_python(
        "import json, run; from pathlib import Path; place = Path(sys.argv[1])\n"
        "process = run.Process(place, place / 'log', place / 'worker.py', wall=1.0)\n"
        "job = {'number': 0, 'skip': 0, 'size': 6}\n"
        "found = [(case['number'], end['end'], end.get('signature')) for case, end in process.run(job)]\n"
        "print(json.dumps(found))",
        tmp_path,
    )
    found = [tuple(one) for one in json.loads(told)]
    answered = [(number, "answered", None) for number in (0, 4, 5)]
    assert [one for one in found if one[1] == "answered"] == answered
    assert [one for one in found if one[1] == "fault"] == [
        (1, "fault", "ended by 3"),
        (2, "fault", "hang"),
        (3, "fault", "ended by -11"),
    ]


_PLANTED = {
    "decoding does not give": "Tokenizer.decode = lambda self, ids: 'goose'",
    "ZeroDivisionError": "Tokenizer.encode_batch = lambda self, texts, **options: 1 / 0",
    "the hint of an error is": "raise_from('hint', '')",
    "has several lines": "raise_from('one\\ntwo', 'hint')",
    "PanicException": "Tokenizer.encode_batch = panic",
    "slow": "worker.SECONDS = 0.0",
    "memory": "worker.MEGABYTES = 1",
}
_HELP = """
import worker, warnings; from pathlib import Path
from seqtext.errors import InputError
from seqtext.tokenizer import Tokenizer
class PanicException(BaseException): pass
def panic(self, texts, **options): raise PanicException('index out of bounds')
def raise_from(*words):
    def fail(self, texts, **options): raise InputError(*words)
    Tokenizer.encode_batch = fail
"""


@pytest.fixture(scope="module")
def signatures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """What a case of the fuzzer is told, by what is planted; each in a process of its own, forked from one."""
    case: dict[str, Any] = {
        "target": "text", "seed": "generate-char", "method": "tokens", "text": [["goose", 2]], "options": {},
    }  # fmt: skip
    told = in_python(
        f"{_HELP}\nimport json, os\n"
        f"for number, (name, code) in enumerate({ ({'nothing': '', **_PLANTED})!r}.items()):\n"
        "    if not os.fork():\n"
        "        exec(code)\n"
        f"        found = worker.judge({case!r}, Path(sys.argv[1], str(number))).get('signature')\n"
        "        print(json.dumps([name, found]), flush=True)\n"
        "        os._exit(0)\n"
        "    os.wait()",
        tmp_path_factory.mktemp("planted"),
    )
    return dict(map(json.loads, told.splitlines()))


@pytest.mark.parametrize("expected", ["nothing", *_PLANTED])
def test_what_is_planted_is_found(expected: str, signatures: dict[str, str | None]) -> None:
    found = signatures[expected]
    assert found is None if expected == "nothing" else expected in str(found)


def test_a_run_that_is_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    for cases in (1, 30):
        in_python(
            "import run; run.BATCH = 20; from pathlib import Path\n"
            f"run.fuzz(run.Ledger(Path(sys.argv[1]), 1, 'folder'), {cases}, 100.0, 1)",
            tmp_path,
        )
        facts = json.loads((tmp_path / "state.json").read_text())
        assert facts["batches"] == list(range(len(facts["batches"])))
        assert cases <= facts["targets"]["folder"]["cases"] <= 20 * len(facts["batches"])


def test_the_rest_of_a_batch_that_was_cut_off_is_run_later(tmp_path: Path) -> None:
    told = in_python(
        "import run; from pathlib import Path; ledger = run.Ledger(Path(sys.argv[1]), 1, 'text')\n"
        "case = ({'target': 'text'}, {'end': 'answered', 'seconds': 0.1, 'peak': 1.0})\n"
        "ledger.record(ledger.take(), [case] * 3, whole=False)\n"
        "again = run.Ledger(Path(sys.argv[1]), 1, 'text')\n"
        "print(again.cases, again.take()['skip'], again.take()['skip'])",
        tmp_path,
    )
    assert told.split() == ["3", "3", "0"]
