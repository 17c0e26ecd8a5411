"""Run the training loop: schedule, updates, evaluation, checkpoints.

It yields events and prints nothing.
"""

import math
import signal
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from seqtext.data.split import HELD_OUT_TEXT, LEARNT_TEXT
from seqtext.storage.atomic import writing
from seqtext.training.checkpoint import under
from seqtext.training.choice import Trial
from seqtext.training.device import Device
from seqtext.training.events import Concluded, Evaluated, Event, Saved, Step
from seqtext.training.held_out import affordable
from seqtext.training.optimizer import make_optimizer
from seqtext.training.processes import met
from seqtext.training.progress import RunProgress, is_loss
from seqtext.training.schedule import Moment, learning_rate
from seqtext.training.tasks.base import Share, TrainingTask
from seqtext.training.thread_count import Rehearsal

# Shares of a budget of minutes:
_FIRST_EVALUATION = 0.08  # that has passed when the first evaluation begins, which tells what others will cost
_EVALUATION = 0.08  # that an evaluation takes at most, or it measures fewer texts
_RESERVE = 0.3  # that is reserved at most for the last evaluation and checkpoint
_LATE = 0.03  # that the last evaluation may take beyond the budget, rather than measuring fewer texts
#: Added to a line of the history where nothing was held out.
_ON_LEARNT_TEXT = {"measured_on": LEARNT_TEXT}


#: Why a training run without updates ended.
FITTED = "it was fitted, with no updates"
#: Seconds after which a second Ctrl-C counts; one that comes sooner is the same one, sent twice.
AGAIN_SECONDS = 0.5


class Interruption:
    """Defer Ctrl-C, SIGTERM and SIGHUP until an update ends.

    So no update is left half done. A second Ctrl-C, AGAIN_SECONDS later, raises KeyboardInterrupt at once.

    requested: the number of the signal that came, 0 before
    """

    def __init__(self) -> None:
        self.requested = 0
        self._since = math.inf
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            hangup = getattr(signal, "SIGHUP", signal.SIGTERM)  # Windows has none
            for number in {signal.SIGINT, signal.SIGTERM, hangup}:
                if number != hangup or signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
                    self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        if not self.requested:
            self.requested, self._since = number, time.monotonic()
        # Shells and timeout(1) may send a signal twice; a person who presses Ctrl-C again does not want to wait.
        elif number == signal.SIGINT and time.monotonic() - self._since > AGAIN_SECONDS:
            raise KeyboardInterrupt(number)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


class Loop:
    """Train a task until its budget is spent, or earlier.

    Training ends early where no gain is seen for `patience` evaluations, or where the caller stops. Each turn of the
    loop in `events` is one step: update, report, evaluate, save.

    begun:     the time from which a budget of minutes counts, by `time.monotonic`
    rehearsal: chooses the number of threads on the way, where that is free
    trial:     evaluates so many held-out texts at the end alone, and fits nothing to the best weights
    """

    def __init__(
        self, task: TrainingTask, device: Device, begun: float, rehearsal: Rehearsal | None = None,
        *, trial: Trial | None = None,
    ) -> None:  # fmt: skip
        self._processes = met()
        self._share = Share(*self._processes)
        self._task, self._config, self._device = task, task.training, device
        self._network, self._checkpoint = task.network, task.run.checkpoint
        self._optimizer = make_optimizer(self._network, self._config)
        self._parameters = [parameter for parameter in self._network.parameters() if parameter.requires_grad]
        self._average: dict[str, Tensor] = {}
        self._binding, self._tokenizer = task.run.binding(), task.run.read_tokenizer()
        self._begun, self._rehearsal, self._trial = begun, rehearsal, trial
        self._save_cost = self._update_cost = 0.0
        self.progress = RunProgress()

    def restore(self) -> None:
        """Restore the run's checkpoint, to continue training from it.

        Raises TrainingError for one that is damaged or does not fit.
        """
        saved, extra = self._checkpoint.restore(self._network, self._optimizer)
        self.progress = RunProgress.from_dict(saved["progress"], self._checkpoint.pointer)
        if is_loss(self._task.score):
            self.progress.best_by_loss(self._task.score)
        self._average = under("average.", extra)
        # Only the first process's rows were saved; with several processes, all start from a zero state.
        if self._processes.total == 1:
            self._task.carry(under("carried.", extra))

    def events(self) -> Generator[Event, None, str]:
        """Train; yield events, and return the reason why training ended.

        Raises KeyboardInterrupt with the number of the signal, after saving, when Ctrl-C was pressed or SIGTERM or
        SIGHUP came; TrainingError where the run's folder was removed; ModelError where it cannot be written. Closing
        the generator saves nothing more.
        """
        self._begin()
        if self._task.is_fitted:
            self._fit()
            yield from self._end()
            return FITTED
        fraction = self._spent()
        with Interruption() as interruption:
            while fraction < 1.0:
                self._update(fraction)
                fraction, now = self._spent(), time.monotonic()
                if now - self._last_report >= 1.0 or fraction >= 1.0:
                    yield self._report(fraction, now)
                    self._choose_threads(fraction)
                if fraction < 1.0 and self._evaluation_is_due(fraction, now):
                    yield self._evaluate_between(fraction)
                    if self._config.patience and self.progress.without_gain >= self._config.patience:
                        yield from self._end()
                        return f"no gain in {self._config.patience} evaluations"
                if interruption.requested or now - self._last_save >= self._config.save_seconds:
                    yield self._save()
                    if interruption.requested:
                        raise KeyboardInterrupt(interruption.requested)
            yield from self._end()
        return "the budget is spent"

    def _begin(self) -> None:
        if self._config.average and not self._average and not self._task.is_fitted:
            named = self._network.named_parameters()
            self._average = {name: value.detach().clone() for name, value in named if value.requires_grad}
        if self._rehearsal is not None:
            self._rehearsal.hold_when_due()
        self._started = self._begun - self.progress.seconds
        self._last_save = self._last_report = self._last_evaluation = time.monotonic()
        self._batches = self._task.batches(self.progress.position)
        self._losses: list[tuple[Tensor, int]] = []
        self._seen = 0

    def _fit(self) -> None:
        """Fit the network at once, unless that was done before resuming; add what was tried to the history."""
        if self.progress.step:
            return
        for tried in self._task.fit():
            seconds = round(time.monotonic() - self._started, 1)
            self.progress.history.append({"step": 0, "seconds": seconds, "strength": tried})
            self._task.run.check_there()
        self.progress.step = 1

    def _spent(self) -> float:
        """Return the fraction of the budget that is used; every process follows the first one's clock."""
        config, progress = self._config, self.progress
        if config.steps is not None:
            return progress.step / config.steps
        if config.epochs is not None:
            return self._task.epochs(progress.position) / config.epochs
        return float(self._processes.agreed((time.monotonic() - self._started) / (self._budget - self._reserve)))

    @property
    def _budget(self) -> float:
        """Return the budget in seconds, where minutes were asked for."""
        assert self._config.minutes is not None  # `configure` gives one budget
        return 60.0 * self._config.minutes

    @property
    def _reserve(self) -> float:
        """Return the seconds at the end of the budget in which nothing is learnt."""
        needed = 1.5 * self.progress.evaluation_seconds + 2.0 * self._save_cost + self._update_cost
        needed += self._task.conclusion_seconds if self._trial is None else 0.0
        return min(_RESERVE * self._budget, needed)

    def _choose_threads(self, fraction: float) -> None:
        """Try other numbers of threads when due, outside the measured speed."""
        if self._rehearsal is not None and fraction < 1.0:
            begun = time.monotonic()
            self._rehearsal.hold_when_due()
            self._last_report += time.monotonic() - begun

    def _update(self, fraction: float) -> None:
        """Make one update: loss, gradient, optimizer step, average."""
        task, progress, (device, bf16, _) = self._task, self.progress, self._device
        begun = time.monotonic()
        self._network.train()
        here, batch = next(self._batches)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate(fraction, self._config)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            moment = Moment(progress.step, fraction, task.epochs(progress.position))
            nats, examples, size = task.loss(batch, moment, self._share)
        torch.autograd.backward(nats / examples)
        for parameter in self._parameters:
            # Unused in this batch, but perhaps not in another process's rows: AdamW must take the same step in all.
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            self._processes.add_up(parameter.grad)
        nn.utils.clip_grad_norm_(self._parameters, self._config.clip)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        progress.step += 1
        progress.position = here
        self._update_average()
        self._losses.append((nats.detach(), examples))
        self._seen += size
        self._update_cost = time.monotonic() - begun

    def _update_average(self) -> None:
        """Update the running average of the weights; its decay rises with the first steps."""
        step = self.progress.step
        decay = min(self._config.average, (1 + step) / (10 + step))
        for name, value in self._network.named_parameters() if self._average else ():
            if name in self._average:
                self._average[name].lerp_(value.detach(), 1.0 - decay)

    def _report(self, fraction: float, now: float) -> Step:
        """Report loss and speed since the last report."""
        self._task.run.check_there()
        # From this process's rows alone: clocks differ, so no process may wait for another here.
        summed = torch.stack([loss for loss, _ in self._losses]).sum() * self._processes.total
        mean = float(summed) / max(1, sum(count for _, count in self._losses))
        seconds, share = now - self._started, min(1.0, fraction)
        event = Step(
            self.progress.step,
            share,
            mean,
            learning_rate(fraction, self._config),
            self._seen / (now - self._last_report),
            seconds,
            seconds / max(fraction, 1e-9) * (1.0 - share),
        )
        self._losses, self._seen, self._last_report = [], 0, now
        return event

    def _evaluation_is_due(self, fraction: float, now: float) -> bool:
        progress, passed = self.progress, now - self._started
        if self._trial is not None:
            return False
        due = fraction * self._config.evaluations >= progress.evaluations + 1
        if self._config.minutes is not None:
            cost = progress.evaluation_seconds
            if not progress.evaluation_seconds:  # none was made yet
                due = passed >= _FIRST_EVALUATION * self._budget
            elif now - self._last_evaluation < 9.0 * cost or passed + 1.5 * cost > self._budget - self._reserve:
                due = False  # at least nine tenths go to learning, and the last evaluation has its time
        return bool(self._processes.agreed(due))

    def _evaluate_between(self, fraction: float) -> Evaluated:
        """Evaluate between updates, outside the measured speed."""
        first = (
            self._config.minutes is not None and not self.progress.evaluation_seconds
        )  # a little before the others' turn
        self.progress.evaluations = (round if first else int)(fraction * self._config.evaluations)
        begun = time.monotonic()
        event = self._evaluate(_EVALUATION * self._budget if first else math.inf)
        self._last_evaluation = time.monotonic()
        self._last_report += self._last_evaluation - begun
        return event

    def _texts(self, seconds: float) -> int | None:
        """Choose how many held-out texts to measure, None for all: as many as before, or what the seconds allow."""
        progress, task = self.progress, self._task
        if self._trial is not None:
            progress.texts = self._trial.texts if self._trial.texts < task.held_out_texts else None
            return progress.texts
        if self._config.minutes is None:
            return None
        seconds = self._processes.agreed(seconds)
        if not progress.evaluation_seconds:
            total = task.held_out_texts
            fewer = affordable(self._evaluation_seconds, total, seconds)
            progress.texts = fewer if fewer < total else None
        texts, cost = progress.texts, progress.evaluation_seconds
        if cost > seconds:
            texts = max(1, int((texts or task.held_out_texts) * seconds / cost))
        agreed: int | None = self._processes.agreed(texts)
        return agreed

    def _evaluation_seconds(self, texts: int) -> float:
        begun = time.monotonic()
        self._task.evaluate(texts)
        return float(self._processes.agreed(time.monotonic() - begun))

    def _evaluate(self, limit: float) -> Evaluated:
        """Measure held-out text, and save the model where it is the best so far.

        limit: seconds that it may take, where minutes were asked for
        """
        task, progress = self._task, self.progress
        with _averaged(self._network, self._average):
            texts, begun = self._texts(limit), time.monotonic()
            loss, metrics = task.evaluate(texts)
            if texts is not None:
                name = "held_out_texts" if task.measured_on == HELD_OUT_TEXT else "measured_texts"
                metrics = {**metrics, name: texts}
            cost = self._cost(loss, metrics, texts)
            # Scores on different texts cannot be compared; so the best stays the best.
            alike = texts == progress.texts
            better = alike and cost < progress.best
            if alike:
                progress.best = min(cost, progress.best)
                progress.without_gain = 0 if better else progress.without_gain + 1
            seconds = time.monotonic() - self._started
            line = {"step": progress.step, "seconds": round(seconds, 1), "loss": loss, **metrics, **task.intervals()}
            progress.history.append(line if task.measured_on == HELD_OUT_TEXT else {**line, **_ON_LEARNT_TEXT})
            if better and self._processes.is_first:
                task.run.check_there()
                task.save(progress.history, seconds)
        self._processes.wait()
        progress.evaluation_seconds = max(progress.evaluation_seconds, time.monotonic() - begun)
        return Evaluated(progress.step, seconds, loss, metrics, better, texts)

    def _cost(self, loss: float, metrics: dict[str, float], texts: int | None) -> float:
        """Return the value that chooses the best weights: the lower, the better."""
        score = self._task.score
        if is_loss(score):
            return metrics.get(score, loss)
        # With few texts, the loss is less noisy than the score of some answers.
        return loss if texts is not None else -metrics[score]

    def _save(self) -> Saved:
        """Write a checkpoint."""
        self._task.run.check_there()
        begun = time.monotonic()
        self.progress.seconds = time.monotonic() - self._started
        if self._processes.is_first:
            extra = {f"average.{name}": value for name, value in self._average.items()}
            extra |= {f"carried.{name}": value for name, value in self._task.carried().items()}
            config = self._task.settings
            # A resumed run keeps its precision, whatever the machine would choose then.
            training = replace(config.training, precision=self._device.precision)
            settings = config._replace(training=training).to_list()
            asked = {"request": self._task.request.to_dict(), "settings": settings}
            state = {**asked, **self._binding, "progress": self.progress.to_dict()}
            with writing(self._checkpoint.folder):
                self._checkpoint.save(state, self._network, self._optimizer, extra, self._tokenizer)
        self._last_save = time.monotonic()
        self._save_cost = max(self._save_cost, self._last_save - begun)
        return Saved(self.progress.step, self._task.run.folder)

    def _end(self) -> Iterator[Event]:
        """Make the last evaluation, fit what is fitted to the best weights, and save the last checkpoint."""
        yield self._evaluate(self._left())
        if self._processes.is_first and self._trial is not None:
            self._task.keep_scores()
        elif self._processes.is_first:
            for subject, told in self._task.conclude():
                yield Concluded(subject, told)
        self._processes.wait()
        yield self._save()

    def _left(self) -> float:
        """Return the seconds that the last evaluation may take; those of the first one at least."""
        if self._config.minutes is None:
            return 0.0
        passed = time.monotonic() - self._started
        rest = self._save_cost + self._task.conclusion_seconds
        return max((1.0 + _LATE) * self._budget - passed - rest, _EVALUATION * self._budget / 2)


class _averaged:
    """Swap averaged weights into the network inside a block, where there are any."""

    def __init__(self, network: nn.Module, average: dict[str, Tensor]) -> None:
        self._network, self._average = network, average

    def _swap(self) -> None:
        for name, value in self._network.named_parameters() if self._average else ():
            if name in self._average:
                # Values are swapped, not memory: cuDNN wants the weights of a layer in one piece.
                kept = value.detach().clone()
                value.data.copy_(self._average[name])
                self._average[name].copy_(kept)

    def __enter__(self) -> None:
        self._swap()

    def __exit__(self, *_: object) -> None:
        self._swap()
