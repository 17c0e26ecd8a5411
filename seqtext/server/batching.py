"""Requests that wait together for one model are answered as one batch, by a thread of that model.

A batch takes texts from the requests in turn, one of each, until it holds as much as is answered in a fraction of a
second: so a long list does not keep a single text waiting, and one that nobody waits for any more is dropped.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from threading import Condition, Thread
from typing import Any

from seqtext.errors import SeqtextError

#: Answers to the texts of a batch, in order, given what was asked of them; an error in the place of one at fault.
Answer = Callable[[Any, list[Any]], Sequence[Any]]
#: Makes what a request is sent of its answers, or the error that it gets.
Finish = Callable[[list[Any]], Any]


class Job:
    """The texts of one request.

    key:    what is asked of them; those of equal keys may be answered together
    costs:  of each text, about how long it takes, see `seqtext.server.limits.cost_of`
    finish: makes of the answers what is sent, in the thread that answers
    """

    def __init__(self, key: Hashable, texts: Sequence[Any], costs: Sequence[int], finish: Finish) -> None:
        self.key, self.texts, self.costs, self.finish = key, texts, costs, finish
        self.answers: list[Any] = []
        self.asked = 0
        self.cancelled = False
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()

    @property
    def is_asked(self) -> bool:
        """Whether all its texts have been taken."""
        return self.asked == len(self.texts)

    def settle(self, result: Any) -> None:
        """Give the waiting request its answer, or raise an error there; in its event loop."""
        if not self.future.done():
            if isinstance(result, BaseException):
                self.future.set_exception(result)
            else:
                self.future.set_result(result)


class Batcher:
    """A thread that answers jobs in batches.

    most: texts in a batch; cost: of a batch, about, see `Job.costs`
    """

    def __init__(self, name: str, answer: Answer, most: int = 96, cost: int = 65_536) -> None:
        self._answer, self._most, self._cost = answer, most, cost
        self._jobs: deque[Job] = deque()
        self._wake = Condition()
        self._thread = Thread(target=self._run, name=f"seqtext {name}", daemon=True)
        self._thread.start()

    async def ask(self, job: Job) -> Any:
        """Wait for what a job's `finish` gives; when the wait is cancelled, what was not begun is dropped."""
        with self._wake:
            self._jobs.append(job)
            self._wake.notify()
        try:
            return await job.future
        finally:
            job.cancelled = True

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._jobs:
                    self._wake.wait()
                key, taken = self._take()
            if taken:
                self._settle(self._answered(key, taken))

    def _take(self) -> tuple[Hashable, list[tuple[Job, int]]]:
        """The next batch: (job, place of a text), of those that ask what the longest waiting one asks."""
        self._jobs = deque(job for job in self._jobs if not job.cancelled)
        if not self._jobs:
            return None, []
        key = self._jobs[0].key
        going = [job for job in self._jobs if job.key == key]
        taken: list[tuple[Job, int]] = []
        room = self._cost
        while going and room > 0 and len(taken) < self._most:
            for job in going:
                taken.append((job, job.asked))
                room -= job.costs[job.asked]
                job.asked += 1
                if room <= 0 or len(taken) >= self._most:
                    break
            going = [job for job in going if not job.is_asked]
        shared = {job for job, _ in taken}
        left_over = [job for job in self._jobs if not job.is_asked]
        self._jobs = deque(sorted(left_over, key=lambda job: job in shared))  # the others come first at the next batch
        return key, taken

    def _answered(self, key: Any, taken: list[tuple[Job, int]]) -> dict[Job, Any]:
        """Answer a batch: what each request whose texts are all answered gets, or the error that ends it."""
        try:
            found = self._answer(key, [job.texts[place] for job, place in taken])
        except Exception as error:
            jobs = dict.fromkeys(job for job, _ in taken)
            if len(jobs) == 1 or isinstance(error, SeqtextError):
                return _fail(jobs, error)
            results: dict[Job, Any] = {}
            for job in jobs:  # one of them is at fault, and the others are not to suffer for it
                results |= self._answered(key, [one for one in taken if one[0] is job])
            return results
        for (job, place), answer in zip(taken, found, strict=True):
            job.answers += [None] * (place + 1 - len(job.answers))
            job.answers[place] = answer
        done = dict.fromkeys(job for job, _ in taken if len(job.answers) == len(job.texts))
        return {job: _finished(job) for job in done}

    def _settle(self, results: dict[Job, Any]) -> None:
        """Hand results to the event loops that wait for them, at once for each loop."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Job, Any]]] = {}
        for job, result in results.items():
            by_loop.setdefault(job.loop, []).append((job, result))
        for loop, some in by_loop.items():
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(_settle_all, some)


def _fail(jobs: dict[Job, None], error: Exception) -> dict[Job, Any]:
    """End jobs with an error; what was not begun of them is dropped."""
    for job in jobs:
        job.cancelled = True
    return dict.fromkeys(jobs, error)


def _finished(job: Job) -> Any:
    try:
        return job.finish(job.answers)
    except Exception as error:
        return error


def _settle_all(results: list[tuple[Job, Any]]) -> None:
    for job, result in results:
        job.settle(result)
