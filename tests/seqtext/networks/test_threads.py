"""One thread inside the library of NumPy; groups of rows side by side."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from threading import Barrier, Event, Thread
from time import monotonic, sleep

import pytest

from seqtext.networks import threads


def test_one_thread_gives_back_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        threads = 7

        def get_num_threads(self) -> int:
            return self.threads

        def set_num_threads(self, threads: int) -> None:
            self.threads = threads

    libraries = (Library(), Library())
    libraries[1].threads = 1
    monkeypatch.setattr(threads, "_libraries", lambda: libraries)
    with threads.one_thread(), threads.one_thread():
        assert [library.threads for library in libraries] == [1, 1]
    assert [library.threads for library in libraries] == [7, 1]
    with pytest.raises(ZeroDivisionError), threads.one_thread():
        1 / 0  # noqa: B018
    assert libraries[0].threads == 7


def test_blas_is_found() -> None:
    before = [library.get_num_threads() for library in threads._libraries()]
    with threads.one_thread():
        assert all(library.get_num_threads() == 1 for library in threads._libraries())
    assert [library.get_num_threads() for library in threads._libraries()] == before


def test_groups_are_answered_in_their_order_with_one_thread_each() -> None:
    def answer(group: int) -> tuple[int, set[int]]:
        sleep(0.01 * (5 - group))  # the first is done last
        return group, {library.get_num_threads() for library in threads._libraries()}

    before = [library.get_num_threads() for library in threads._libraries()]
    for count in (0, 1, 5):
        found = threads.side_by_side(answer, range(count))
        assert [group for group, _ in found] == list(range(count))
        assert count < 2 or set().union(*(threads for _, threads in found)) <= {1}
    assert [library.get_num_threads() for library in threads._libraries()] == before


def test_a_fault_in_a_group_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        threads.side_by_side(lambda group: 1 // group, [1, 0, 2])


def test_short_answers_are_given_one_after_the_other() -> None:
    inside, most = 0, 0

    def answer(_: int) -> None:
        nonlocal inside, most
        with threads.in_turn(), threads.in_turn():  # a thread may enter again
            inside += 1
            most = max(most, inside)
            sleep(0.001)
            inside -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(answer, range(20)))
    assert most == 1


_FORK = """
import os, threading
import numpy
from seqtext.networks import threads

before = [library.get_num_threads() for library in threads._libraries()]
done = threading.Event()

def stay(block):
    with block():
        inside.wait()
        done.wait()

blocks = [threads.in_turn, *[threads.one_thread] * threads._CORES._cores]
inside = threading.Barrier(len(blocks) + 1)
held = [threading.Thread(target=stay, args=[block]) for block in blocks]
for one in held:
    one.start()
inside.wait()
child = os.fork()
if not child:
    same = [library.get_num_threads() for library in threads._libraries()] == before
    with threads.in_turn(), threads.one_thread():
        limited = all(library.get_num_threads() == 1 for library in threads._libraries())
    os._exit(0 if same and limited and threads._CORES._inside == 0 else 1)
done.set()
_, status = os.waitpid(child, 0)
for one in held:
    one.join()
assert status == 0, status
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_waits_for_no_thread_that_it_does_not_have() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", _FORK], check=True, timeout=60)


def in_a_thread(work: Callable[[], None]) -> Thread:
    thread = Thread(target=work, daemon=True)  # one that hangs is not waited for at the end
    thread.start()
    return thread


def assert_nobody_is_inside(cores: threads._Cores) -> None:
    assert (cores._inside, cores._free, len(cores._turns), cores._limited) == (0, cores._cores, 0, [])


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> threads._Cores:
    cores = threads._Cores(2)
    monkeypatch.setattr(threads, "_CORES", cores)
    return cores


def test_no_mixture_of_blocks_stands_still(two_cores: threads._Cores) -> None:
    """Nested, left by a fault, between the items of a stream that is given up, and side by side."""
    ends, done = monotonic() + 1.5, [0] * 8

    def within(group: int) -> int:
        with threads.one_thread():
            return sum(threads.side_by_side(lambda one: one + group, [1, 2]))

    def stream() -> Iterator[int]:
        number = 0
        while True:
            with threads.threads_if_alone(), threads.one_thread():
                found, number = number, number + 1
            yield found

    def work(place: int) -> None:
        while monotonic() < ends or not done[place]:
            assert threads.side_by_side(within, range(3)) == [3, 5, 7]
            assert list(islice(stream(), 2)) == [0, 1]
            with suppress(ZeroDivisionError), threads.in_turn(), threads.one_thread():
                threads.side_by_side(lambda group: 1 // group, [1, 0])
            done[place] += 1

    workers = [in_a_thread(lambda place=place: work(place)) for place in range(len(done))]
    for worker in workers:
        worker.join(60)
    assert not any(worker.is_alive() for worker in workers)
    assert min(done) > 0
    assert_nobody_is_inside(two_cores)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX signals")
def test_a_thread_that_is_interrupted_while_it_waits_waits_no_longer(
    two_cores: threads._Cores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "_PATIENCE", 20.0)
    leave, inside = Event(), Barrier(3)

    def hold() -> None:
        with threads.one_thread():
            inside.wait()
            leave.wait(20)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    holders = [in_a_thread(hold) for _ in range(2)]
    inside.wait(20)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt), threads.one_thread():
            pytest.fail("a third thread came in")
    finally:
        signal.signal(signal.SIGALRM, before)
        leave.set()
    for holder in holders:
        holder.join(20)
    assert_nobody_is_inside(two_cores)
