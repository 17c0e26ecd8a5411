"""The training loop: schedule, updates, evaluation, checkpoints. It yields events; it neither prints nor decides."""

import math
import signal
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, reduce
from torch import Tensor, nn

from seqtext.config import TrainingConfig
from seqtext.training.batches.order import Moment, Position
from seqtext.training.checkpoint import Checkpoint
from seqtext.training.events import Evaluated, Event, Saved, Step
from seqtext.training.tasks.base import Task


@dataclass
class Progress:
    """All that changes while a run goes on, besides tensors."""

    step: int = 0
    seconds: float = 0.0
    position: Position = field(default_factory=Position)
    evaluations: int = 0
    best: float = math.inf
    without_gain: int = 0
    evaluation_seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a checkpoint."""
        return {**vars(self), "position": self.position.to_dict(), "best": self.best if self.best < math.inf else None}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Progress":
        """What `to_dict` wrote."""
        best = math.inf if data["best"] is None else data["best"]
        return cls(**{**data, "position": Position(**data["position"]), "best": best})


def rate(fraction: float, config: TrainingConfig) -> float:
    """The learning rate at a fraction of the budget: linear warm-up, then linear decay to zero."""
    if fraction < config.warmup:
        return config.learning_rate * max(fraction, 1e-3) / config.warmup
    return config.learning_rate * max(0.0, (1.0 - fraction) / max(1e-9, 1.0 - config.warmup))


def make_optimizer(network: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019), without decay on biases and other vectors."""
    learns = [parameter for parameter in network.parameters() if parameter.requires_grad]
    matrices = [parameter for parameter in learns if parameter.ndim > 1]
    vectors = [parameter for parameter in learns if parameter.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), eps=1e-9, fused=True)


class Interruption:
    """Turns Ctrl-C and SIGTERM into a wish that the loop meets between two updates, so that nothing is half done."""

    def __init__(self) -> None:
        self.wished = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.wished:
            raise KeyboardInterrupt
        self.wished = True

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def run_loop(
    task: Task,
    config: TrainingConfig,
    run: Path,
    facts: dict[str, Any],
    device: torch.device,
    low: bool,
    resume: bool,
    spent_before: float = 0.0,
) -> Generator[Event, None, str]:
    """Train until the budget is spent, no gain is seen for `patience` evaluations, or the caller stops listening.

    facts are stored in each checkpoint beside the progress; spent_before: seconds of the budget that are gone. Returns
    the reason it ended as the generator's value. Raises KeyboardInterrupt after saving when Ctrl-C was pressed.
    """
    state = PartialState()
    rank, world = state.process_index, state.num_processes
    network, checkpoint = task.network, Checkpoint(run)
    optimizer = make_optimizer(network, config)
    progress = Progress(seconds=spent_before)
    average: dict[str, Tensor] = {}
    if resume:
        saved, extra = checkpoint.restore(network, optimizer)
        progress = Progress.from_dict(saved["progress"])
        average = _under("average.", extra)
        if world == 1:  # only the first process's rows were saved; with several, all begin with nothing read
            task.carry(_under("carried.", extra))
    if config.average and not average:
        average = {name: value.detach().clone() for name, value in network.named_parameters() if value.requires_grad}
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    started = time.monotonic() - progress.seconds
    last_save = last_report = last_evaluation = time.monotonic()
    batches = task.batches(progress.position)
    losses: list[tuple[Tensor, int]] = []
    seen = 0

    def spent() -> float:
        """The fraction of the budget that is used; every process follows the first one's clock."""
        if config.steps is not None:
            return progress.step / config.steps
        if config.epochs is not None:
            return task.epochs(progress.position) / config.epochs
        budget = 60.0 * (config.minutes or 10.0)
        reserve = min(0.3 * budget, 1.5 * progress.evaluation_seconds)
        clock = [(time.monotonic() - started) / (budget - reserve)]
        return float((broadcast_object_list(clock) if world > 1 else clock)[0])

    def save() -> None:
        progress.seconds = time.monotonic() - started
        if rank == 0:
            extra = {f"average.{name}": value for name, value in average.items()}
            extra |= {f"carried.{name}": value for name, value in task.carried().items()}
            checkpoint.save({**facts, "progress": progress.to_dict()}, network, optimizer, extra)

    def evaluate() -> Evaluated:
        begun = time.monotonic()
        with _averaged(network, average):
            loss, metrics = task.evaluate()
            cost = loss if task.score == "loss" else -metrics[task.score]
            better = cost < progress.best
            progress.best = min(cost, progress.best)
            progress.without_gain = 0 if better else progress.without_gain + 1
            progress.evaluation_seconds = max(progress.evaluation_seconds, time.monotonic() - begun)
            seconds = time.monotonic() - started
            line = {"step": progress.step, "seconds": round(seconds, 1), "loss": loss, **metrics}
            progress.history.append(line)
            if better and rank == 0:
                task.save(progress.history, seconds)
        state.wait_for_everyone()
        return Evaluated(progress.step, seconds, loss, metrics, better)

    reason, fraction = "the budget is spent", spent()
    with Interruption() as interruption:
        while fraction < 1.0:
            network.train()
            here, batch = next(batches)
            for group in optimizer.param_groups:
                group["lr"] = rate(fraction, config)
            with torch.autocast(device.type, torch.bfloat16, enabled=low):
                moment = Moment(progress.step, fraction, task.epochs(progress.position))
                nats, examples, size = task.loss(batch, moment, rank, world)
            torch.autograd.backward(nats / examples)
            for parameter in parameters:
                if parameter.grad is None:  # not asked this time; AdamW must do the same in every process
                    parameter.grad = torch.zeros_like(parameter)
                if world > 1:
                    parameter.grad = reduce(parameter.grad, "sum")
            nn.utils.clip_grad_norm_(parameters, config.clip)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            progress.step += 1
            progress.position = here
            for name, value in network.named_parameters() if average else ():
                decay = min(config.average, (1 + progress.step) / (10 + progress.step))
                if name in average:
                    average[name].lerp_(value.detach(), 1.0 - decay)
            losses.append((nats.detach(), examples))
            seen += size
            fraction, now = spent(), time.monotonic()
            if now - last_report >= 1.0 or fraction >= 1.0:
                # Of this process's rows alone: clocks differ, so no process may wait for another here.
                summed = torch.stack([loss for loss, _ in losses]).sum() * world
                mean = float(summed) / max(1, sum(count for _, count in losses))
                seconds = now - started
                left = seconds / max(fraction, 1e-9) * (1.0 - min(1.0, fraction))
                yield Step(
                    progress.step,
                    min(1.0, fraction),
                    mean,
                    rate(fraction, config),
                    seen / (now - last_report),
                    seconds,
                    left,
                )
                losses, seen, last_report = [], 0, now
            due = fraction * config.evaluations >= progress.evaluations + 1
            if config.minutes is not None and now - last_evaluation < 9.0 * progress.evaluation_seconds:
                due = False  # at least nine tenths of a time budget go to learning
            if fraction < 1.0 and (due if world == 1 else broadcast_object_list([due])[0]):
                progress.evaluations = int(fraction * config.evaluations)
                begun = time.monotonic()
                yield evaluate()
                last_evaluation = time.monotonic()
                last_report += last_evaluation - begun  # the speed of learning counts the updates before it, too
                if config.patience and progress.without_gain >= config.patience:
                    reason = f"no gain in {config.patience} evaluations"
                    break
            if interruption.wished or now - last_save >= config.save_seconds:
                save()
                last_save = time.monotonic()
                yield Saved(progress.step, run)
                if interruption.wished:
                    raise KeyboardInterrupt
        yield evaluate()
        save()
        yield Saved(progress.step, run)
    return reason


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


class _averaged:
    """Inside the block, the network has its averaged weights, where there are any."""

    def __init__(self, network: nn.Module, average: dict[str, Tensor]) -> None:
        self._network, self._average = network, average

    def _swap(self) -> None:
        for name, value in self._network.named_parameters() if self._average else ():
            if name in self._average:
                value.data, self._average[name] = self._average[name], value.data

    def __enter__(self) -> None:
        self._swap()

    def __exit__(self, *_: object) -> None:
        self._swap()
