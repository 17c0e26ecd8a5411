"""Choose a rung by successive halving (Jamieson and Talwalkar 2016, arXiv:1502.07943).

All rungs learn for a part of the budget, the better half of them continues, and so does the better half of those; the
rest of the budget is the winner's, which continues from its trial. Each is a run of its own in RUN/rungs until one is
chosen.
"""

import contextlib
import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqtext.data.split import HELD_OUT_TEXT, measured_on
from seqtext.errors import ConfigError
from seqtext.networks.classifier import expected_shapes
from seqtext.storage.model_folder import read_folder, write_folder
from seqtext.tasks import Settings, Task
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.label_files import check_room, tokens_read
from seqtext.training.batches.token_file import TokenFile
from seqtext.training.blend import FEWEST
from seqtext.training.choice import FOLDER, RungChoice, TooSlowError, Trial, close, cost
from seqtext.training.events import Choosing, Chosen, Event, Finished, Saved, Started, Step, Tried, Trying
from seqtext.training.held_out_scores import HELD_OUT, HeldOutScores
from seqtext.training.loop import FITTED
from seqtext.training.model_card import card, choice_facts
from seqtext.training.ngrams import seconds_to_fit
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import LINEAR, OUT_OF_FOLD, Run, link_or_copy
from seqtext.training.rungs import Candidate, candidates, known_words, unknown_words
from seqtext.training.size import WORD_BYTES, fits, tokens_for

_SHARE = 1 / 3  # of the budget, for all trials
_MOST = 0.5  # of a budget of minutes, after which no further trial begins
_UPDATES, _SECONDS = 10, 2.0  # at least, of a trial
_GOOD = 5.0  # times that budget tells more: a rung that learns slowly at first may be best at the end
_PASSES = 4.0  # over the texts, after which transfer pays: before, frozen encoders only slow a rung down
_FEWEST = 3  # rungs that learn are tried, whatever the time
_FEW_LABELS = 8  # whose scores of a great many hashed n-grams take little memory
_FEW = 3_000  # texts, for which a frozen encoder may be the best
_TEXTS, _TEXTS_LEAST, _TEXTS_A_MINUTE = 2_000, 500, 400  # held out, on which all are measured

#: Trains a rung as a run of its own, or goes on with it; where its data may be had; whether and how it is a trial.
Play = Callable[[Task, Run, Request, RunConfig, Run | None, Trial], Generator[Event, None, None]]


def begin_choice(task: Task, preset: str, settings: Settings, budgets: tuple[str, ...]) -> RungChoice:
    """List the rungs to choose from; leave out those that settings exclude.

    budgets: names of settings that limit the time, which each trial has for itself
    """
    chosen, left_out = candidates(task, preset, settings, task.candidates)
    common = {name: value for name, value in settings.items() if name not in budgets and value is not None}
    return RungChoice(tuple(chosen), preset, common, left_out)


def choose(task: Task, run: Run, play: Play) -> Iterator[Event]:
    """Try rungs and turn a run into the best rung's.

    Where there is none, the run keeps the encoder of its preset. The run has prepared its data and stored its
    `RungChoice`, which says how far an interrupted one is.
    """
    chooser = Chooser(task, run, play)
    if not chooser.choice.winner:
        yield from chooser.try_all()
    yield chooser.conclude()


class Chooser:
    """Choose a rung by successive halving (Jamieson and Talwalkar 2016).

    choice: its state, as on disk
    """

    def __init__(self, task: Task, run: Run, play: Play) -> None:
        self._task, self._run, self._play = task, run, play
        self._request, self._config = run.read_settings()
        self.choice = RungChoice.read(run.folder)

    @property
    def _unit(self) -> str:
        return self._config.training.unit

    @property
    def _budget(self) -> float:
        return float(getattr(self._config.training, self._unit))

    def _keep(self, **changes: Any) -> None:
        self.choice = replace(self.choice, **changes)
        self.choice.write(self._run.folder)

    def try_all(self) -> Iterator[Event]:
        """Try every rung, round after round, and store the winner.

        The winner is "" where there is none.
        """
        if not self.choice.rounds and (why := self._plan()):
            self._keep(why=why)
            return
        yield self._announced()
        known, _ = candidates(self._task, self.choice.preset, self._common(), self.choice.names)
        fitted = {name for name, candidate in known.items() if _is_fitted(candidate.config.network)}
        for number in range(1, self.choice.rounds + 1):
            standing = self.choice.standing(number)
            for turn, name in enumerate(standing, 1):
                if any((trial.name, trial.round) == (name, number) for trial in self.choice.trials):
                    continue
                if self._is_late():
                    break
                settings = self._task.rungs[name]
                yield Trying(name, settings, turn, len(standing), number, self.choice.rounds)
                learning = [rung for rung in standing if rung not in fitted]
                yield (yield from self._try(name, number, max(1, len(learning))))
        self._decide()

    def _is_late(self) -> bool:
        """Return whether so much time is spent that the rest is the winner's."""
        late = self._unit == "minutes" and self.choice.seconds > _MOST * 60 * self._budget
        return late and self.choice.best() is not None

    def _common(self) -> Settings:
        """Return the settings that all trials share."""
        choice = self.choice
        decided = {"threads": choice.threads, "precision": choice.precision} if choice.threads else {}
        return {**choice.settings, **decided}

    def _announced(self) -> Choosing:
        report, choice = self._run.read_report(), self.choice
        return Choosing(
            report.texts, self._tokens, report.skipped, report.held_out, choice.names, choice.left_out,
            choice.share / self._budget, tuple(report.notes),
        )  # fmt: skip

    @property
    def _tokens(self) -> int:
        return tokens_read(TokenFile(self._run.data / "train"), self._config.training.max_length)

    def _plan(self) -> str:
        """Plan the number and length of the rounds; return why there is nothing to choose, "" otherwise."""
        report = self._run.read_report()
        if measured_on(report.held_out) != HELD_OUT_TEXT:
            return "no text could be held out to choose by"
        begun, left_out, names = time.monotonic(), dict(self.choice.left_out), []
        known, _ = candidates(self._task, self.choice.preset, self.choice.settings, self.choice.names)
        shares: dict[str, float] = {}
        for name, candidate in known.items():
            why = self._unfit(candidate, shares)
            left_out |= {name: why} if why else {}
            names += [] if why else [name]
        for name in [name for name in names if known[name].config.network.linear][1:]:
            names.remove(name)
            left_out[name] = "another linear rung, with more room, is tried"
        share, least = _SHARE * self._budget, self._least([known[name].config for name in names])
        learning = [name for name in names if not _is_fitted(known[name].config.network)]
        for name in self._beyond(learning, share, least):
            names.remove(name)
            learning.remove(name)
            left_out[name] = "the budget is better spent on fewer"
        if len(names) < 2:
            return f"there are no two rungs to choose from: {'; '.join(left_out.values())}"
        count = max(1, len(learning))
        needs = {3: _GOOD * least, 2: least, 1: least}
        rounds = next((number for number, need in needs.items() if share / number / count >= need), 0)
        if not rounds:
            needed = least * count / _SHARE
            amount = f"{60 * needed:.0f} seconds" if self._unit == "minutes" else f"{needed:.3g} {self._unit}"
            return f"the budget is too small to try {len(names)} rungs, which takes {amount} or more"
        seconds = time.monotonic() - begun
        self._keep(
            names=tuple(names), left_out=left_out, share=share, rounds=rounds, texts=self._texts, seconds=seconds
        )
        return ""

    @property
    def _texts(self) -> int:
        """Choose the number of held-out texts for all trials.

        Fewer where minutes are few, or slow rungs would have no chance.
        """
        if self._unit != "minutes":
            return _TEXTS
        return int(min(_TEXTS, max(_TEXTS_LEAST, _TEXTS_A_MINUTE * self._budget)))

    @staticmethod
    def _beyond(names: list[str], share: float, least: float) -> list[str]:
        """Name the last rungs, for which there is not enough time in the first of two rounds."""
        return names[max(_FEWEST, int(share / 2 / (_GOOD * least))) :]

    def _unfit(self, candidate: Candidate, shares: dict[str, float]) -> str:
        """Return why a rung is not worth a trial, "" where it is."""
        network, start = candidate.config.network, candidate.start
        labels = len(self._run.read_data("labels.json"))
        if network.linear and network.wide and labels > _FEW_LABELS:
            return f"it is for {_FEW_LABELS} labels or fewer"
        try:
            check_room(network.buckets, labels)
        except ConfigError as error:
            return error.message
        if network.probe and self._run.read_report().texts > _FEW:
            return f"it is for {_FEW:,} texts or fewer"
        if self._is_too_large(network, start):
            return f"it does not fit into {network.size}"
        if network.linear and (seconds := self._seconds_to_fit()) > _MOST * 60 * self._budget:
            return f"it takes some {seconds:.0f} seconds to fit"
        if start is None:
            return ""
        if start not in shares:
            shares[start] = known_words(start, self._request, network.several, self._config.training.seed)
        return unknown_words(start, shares[start])

    def _is_too_large(self, network: Any, start: str | None) -> bool:
        """Return whether no form of a rung's model is as small as --size.

        The size of words that will be added is estimated.
        """
        if not network.size:
            return False
        labels, tokenizer = len(self._run.read_data("labels.json")), self._run.read_tokenizer()
        vocabulary, beside = Tokenizer.from_json(tokenizer, self._config.tokenizer.tokens).size, len(tokenizer.encode())
        if start is not None:
            vocabulary = tokens_for(network)
            beside = vocabulary * WORD_BYTES
        return not fits(network.size, expected_shapes(network, vocabulary, labels), beside)

    def _seconds_to_fit(self) -> float:
        """Estimate the seconds that a linear classifier takes; 0 unless the budget is in minutes."""
        tokens, labels = TokenFile(self._run.data / "train").tokens, len(self._run.read_data("labels.json"))
        return seconds_to_fit(tokens, labels) if self._unit == "minutes" else 0.0

    def _least(self, configs: list[RunConfig]) -> float:
        """Return the smallest budget of a trial: ten updates, or two seconds."""
        largest = max((config.training.batch_size for config in configs), default=1)
        passes = max(0.001, _UPDATES * largest / max(1, self._tokens))
        return {"minutes": _SECONDS / 60, "steps": float(_UPDATES), "epochs": passes}[self._unit]

    def _rounded(self, amount: float) -> float:
        return math.floor(amount) if self._unit == "steps" else float(f"{amount:.6g}")

    def _amount(self, name: str, count: int) -> float:
        """Return the budget of a rung up to the end of a round, with that of the rounds before."""
        each = self.choice.share / self.choice.rounds / count
        before = self.choice.last(name)
        return self._rounded(each + (0.0 if before is None else before.budget[self._unit]))

    def _try(self, name: str, number: int, count: int) -> Generator[Event, None, Tried]:
        """Train a rung for its part of a round; return the trial, which is on disk then."""
        begun, budget = time.monotonic(), {self._unit: self._amount(name, count)}
        run = self._place(name)
        known, left_out = candidates(self._task, self.choice.preset, {**self._common(), **budget}, [name])
        tried = Tried(name, number, self._task.rungs[name], budget)
        finished: Finished | None = None
        try:
            if name not in known:
                raise TooSlowError(left_out[name])
            start, config = known[name].start, known[name].config
            request = replace(self._request, start=start)
            twin, trial = self._twin(start, config, name), Trial(self.choice.texts)
            with contextlib.closing(self._play(self._task, run, request, config, twin, trial)) as events:
                for event in events:
                    if isinstance(event, Started) and not self.choice.threads:
                        self._keep(threads=event.threads, precision=event.precision)
                    finished = event if isinstance(event, Finished) else finished
                    if isinstance(event, Step | Saved):
                        yield event
            assert finished is not None
            tried = self._measured(tried, finished, run)
        except TooSlowError as reason:
            tried = replace(tried, why=str(reason))
        tried = replace(tried, seconds=time.monotonic() - begun)
        self.choice = self.choice.with_trial(tried)
        self.choice.write(self._run.folder)
        return tried

    def _measured(self, tried: Tried, finished: Finished, run: Run) -> Tried:
        """Return a trial with its scores; raises TooSlowError where it hardly learnt."""
        loss = finished.metrics.get("balanced_loss", finished.metrics["loss"])
        fitted = finished.reason == FITTED
        if self._unit == "minutes" and finished.step < _UPDATES and not fitted:
            raise TooSlowError(
                f"it is too slow: it made only {finished.step} updates in {60 * tried.budget['minutes']:.0f} s"
            )
        if not math.isfinite(loss):
            raise TooSlowError("its loss is not a finite number")
        size = (run.folder / "weights.safetensors").stat().st_size
        measured = replace(tried, loss=loss, metrics=finished.metrics, steps=finished.step, file_bytes=size)
        return replace(measured, is_fitted=fitted, beside=self._loss_beside(run))

    def _loss_beside(self, run: Run) -> float | None:
        """Return a trial's loss when blended with the linear classifier that was tried before.

        None where there is none, where none may be added, and where rare labels count as much as others, which a blend
        does not consider.
        """
        network = run.read_settings()[1].network
        linear = self._linear()
        if linear is None or not self._blends(run) or network.balance:
            return None
        network_scores, linear_scores = (
            HeldOutScores.read(run.folder / HELD_OUT),
            HeldOutScores.read(linear.folder / HELD_OUT),
        )
        blended = (
            network_scores.beside(linear_scores, several=network.several) if network_scores and linear_scores else None
        )
        return None if blended is None else min(blended.loss, blended.alone, blended.other)

    def _linear(self) -> Run | None:
        """Return the trial of the linear classifier; None where there is none."""
        lasts = [self.choice.last(name) for name in self.choice.names]
        linear = next((trial for trial in lasts if trial and trial.settings.get("encoder") == "none"), None)
        return None if linear is None else self._place(linear.name)

    def _twin(self, start: str | None, config: RunConfig, name: str) -> Run | None:
        """Return a run whose data are those that a rung would prepare, if there is one."""
        if start is None:
            return self._run if config.tokenizer == self._config.tokenizer else None
        others = (other for other in self.choice.names if other != name)
        for run in map(self._place, others):
            if run.is_prepared():
                request, prepared = run.read_settings()
                if request.start == start and prepared.tokenizer == config.tokenizer:
                    return run
        return None

    def _decide(self) -> None:
        """Choose the rung of the lowest loss, and give it the rest of the budget.

        The linear classifier gains nothing from more time. Where it is the lowest, the best rung that it can be blended
        with is taken instead, since a network that adds nothing costs nothing there. Rungs with transfer are preferred
        where there is time.
        """
        lasts = [trial for trial in map(self.choice.last, self.choice.names) if trial is not None]
        ranked = sorted((trial for trial in lasts if trial.loss is not None), key=cost)
        if not ranked:
            self._keep(why="none of the rungs could be tried in its time")
            return
        blending = [trial for trial in ranked if self._blends(self._place(trial.name))]
        learning = [trial for trial in blending if not trial.is_fitted]
        linear = ranked[0].settings.get("encoder") == "none"
        best = blending[0] if linear and blending else ranked[0]
        taught = [trial for trial in learning if "start" in trial.settings and self._passes(trial) >= _PASSES]
        if taught and not best.is_fitted:
            best = taught[0]
        minutes = self._unit == "minutes"
        spent = (
            self.choice.seconds / 60
            if minutes
            else sum(trial.budget[self._unit] for trial in lasts if not trial.is_fitted)
        )
        used = best.budget[self._unit]
        total = max(used + self._budget - spent, used + self._budget / 4)
        first, others = ranked[0], ranked[1:]
        if best is first:
            why = f"which was best ({_told(best)})"
            why += f"; the next, {others[0].name}, had {cost(others[0])[0]:.3f}" if others else ""
        else:
            knows = f"reads what {best.settings['start']} knows" if "start" in best.settings else "learns on"
            why = f"which {knows} ({_told(best)}); {first.name}, which was best ({_told(first)}), "
            why += "needs no more time: what both say is weighed at the end" if first.is_fitted else "learns less later"
        untried = [name for name in self.choice.names if self.choice.last(name) is None]
        why += f"; there was no time to try {', '.join(untried)}" if untried else ""
        self._keep(winner=best.name, total=self._rounded(total), why=why)

    def _passes(self, tried: Tried) -> float:
        """Estimate how often a rung would read all texts in the remaining time, at the speed of its trial."""
        config = self._place(tried.name).read_settings()[1]
        spent = self.choice.seconds / 60 if self._unit == "minutes" else 0.0
        more = (self._budget - spent) / tried.budget[self._unit]
        return more * tried.steps * config.training.batch_size / max(1, self._tokens)

    def _place(self, name: str) -> Run:
        """Return the run of a rung's trial."""
        return Run(self._run.folder / FOLDER / name)

    def _blends(self, run: Run) -> bool:
        """Return whether a linear classifier is blended with a trial at its end: not with few held-out texts."""
        if not run.folder.is_dir() or TokenFile(self._run.data / "valid").segments < FEWEST:
            return False
        return bool(_blended(run.read_settings()[1].network).get("blend"))

    def conclude(self) -> Chosen:
        """Turn the run into the winner's, and remove the trials.

        Data, checkpoint and model are copied, and the choice is removed last, so that an interruption here is harmless.
        """
        choice = self.choice
        if choice.winner:
            adopt(self._run, self._run.folder / FOLDER / choice.winner, choice)
            if linear := self._linear():
                _move(linear.folder / LINEAR, self._run.folder)
            _move(self._place(choice.winner).folder / OUT_OF_FOLD, self._run.folder)
        close(self._run.folder)
        return Chosen(choice.winner, choice.why)


def _move(path: Path, folder: Path) -> None:
    """Link a file into a folder, if it exists; the trial that holds it is removed soon."""
    if path.is_file():
        (folder / path.name).unlink(missing_ok=True)
        link_or_copy(path, folder / path.name)


def _told(tried: Tried) -> str:
    """Describe what a trial is ranked by."""
    return f"loss {cost(tried)[0]:.3f}{' with the linear part' * (tried.beside is not None)}"


def _blended(network: Any) -> Settings:
    """Return the setting that blends a linear classifier with a network, {} where n-grams are part of it."""
    return {} if network.buckets else {"blend": True}


def _is_fitted(network: Any) -> bool:
    return bool(network.linear or network.probe)


def adopt(run: Run, folder: Path, choice: RungChoice) -> None:
    """Copy a trial into the run that chose it.

    Its data, model, settings and checkpoint are copied, with the history of all trials.
    """
    trial = Run(folder)
    asked, config = trial.read_settings()
    request = replace(run.read_settings()[0], start=asked.start)
    unit, training = config.training.unit, config.training
    progress = trial.progress()
    progress.extend(unit, getattr(training, unit), choice.total - getattr(training, unit))
    progress.history = [*choice.history(), *progress.history]
    # With minutes, the number of threads may change on the way.
    threads = choice.settings.get("threads", 0) if unit == "minutes" else training.threads
    changes: Settings = {unit: choice.total, "threads": threads}
    network = replace(config.network, **_blended(config.network))
    config = config._replace(network=network, training=replace(training, **changes))
    if not run.is_prepared() or run.read_report().digest != trial.read_report().digest:
        run.link_data(trial)
    saved = read_folder(folder)
    history = [*choice.history(), *saved.history]
    facts = {**saved.config, **choice_facts(history)}
    write_folder(run.folder, replace(saved, config=facts, history=history, card=card(facts, run.folder.name)), "fp16")
    run.write_settings(request, config)
    state = {"request": request.to_dict(), "settings": config.to_list(), "progress": progress.to_dict()}
    run.checkpoint.copy(trial.checkpoint, state)
