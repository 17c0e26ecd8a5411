"""Manage the process around a command: Ctrl-C, signals, closed standard streams."""

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from types import FrameType

TYPE_CHECKING = False  # typing is slow to import, and Ctrl-C during imports would end in a traceback
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

_START_OBJECTS = 100_000  # more than a command loads before its first answer
_AGAIN_SECONDS = 0.5  # timeout(1) sends a signal twice, which is not a second Ctrl-C
_came: dict[int, float] = {}  # signals that came, and when, in seconds of the clock


def _interrupted() -> str:
    return "Interrupted."


_last_words: "Callable[[], str]" = _interrupted


def begin() -> None:
    """End the process with status 130 and no traceback on Ctrl-C. Files are kept off the numbers of closed streams."""
    # A shell starts background commands with SIGINT ignored; that stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
        sys.unraisablehook = _unraisable
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:  # closed: the next file to be opened would get its number, and what libraries print there
            os.open(os.devnull, os.O_RDWR)
    _put_off_collection()


def _put_off_collection() -> None:
    """Collect garbage only once there are many objects, and from then on as usual.

    Modules and vocabularies stay: looking through them as they are loaded took a tenth of the time of a first answer.
    """
    usual = gc.get_threshold()

    def as_usual(phase: str, info: "dict[str, int]") -> None:
        gc.set_threshold(*usual)
        gc.callbacks.remove(as_usual)

    gc.set_threshold(_START_OBJECTS, *usual[1:])
    gc.callbacks.append(as_usual)


def end() -> None:
    """Ignore Ctrl-C from now on. All is printed, and Python is only cleaning up."""
    gc.freeze()  # else Python looks through all objects again, although the process ends
    if was_pressed() or signal.getsignal(signal.SIGINT) is _interrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def was_pressed() -> bool:
    """Tell whether Ctrl-C was pressed. A library may have turned it into another error."""
    return signal.SIGINT in _came


def go_on() -> None:
    """Forget a Ctrl-C that stopped only a step. The next one counts as the first."""
    _came.clear()


def interrupted(number: int = signal.SIGINT) -> int:
    """Say that a signal interrupted the command; returns the exit status."""
    with contextlib.suppress(OSError):
        os.write(2, f"{_last_words()}\n".encode())
    return 128 + number


def status(interruption: KeyboardInterrupt) -> int:
    """Return the exit status after an interruption. It is 128 and the signal's number, 130 without one."""
    number: int = next(iter(interruption.args), signal.SIGINT)
    return 128 + number


@contextlib.contextmanager
def terminable(last_words: "Callable[[], str]") -> "Iterator[None]":
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt inside the block.

    It has the signal's number; ignored signals stay ignored.

    last_words: gives what is said where a signal must end the process at once
    """
    global _last_words
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        ours = []
    for number in ours:
        signal.signal(number, _interrupt)
    _last_words = last_words
    try:
        yield
    finally:
        _last_words = _interrupted
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
            _came.pop(number, None)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, or leave at once where it could be lost: inside an import, and at a second Ctrl-C."""
    now = time.monotonic()
    if _importing(frame) or (number == signal.SIGINT and now - _came.get(number, now) > _AGAIN_SECONDS):
        os._exit(interrupted(number))
    if number not in _came:
        _came[number] = now
        raise KeyboardInterrupt(number)


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _unraisable(fault: "sys.UnraisableHookArgs") -> None:
    """Leave where Python could only print that Ctrl-C was ignored, as in a finalizer."""
    if issubclass(fault.exc_type, KeyboardInterrupt):
        os._exit(interrupted(next(iter(_came), signal.SIGINT)))
    sys.__unraisablehook__(fault)


def is_sent_to() -> bool:
    """Tell whether standard input is a pipe, socket or file."""
    import stat

    if sys.stdin is None:
        return False
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):  # a stream that a program put there
        return not (sys.stdin.closed or sys.stdin.isatty())
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode)


def settle(stream: "IO[str] | None") -> None:
    """Flush a stream, or detach it from a reader who is gone.

    Python would complain about that reader at exit.
    """
    if stream is None:
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        turn_away(stream)


def turn_away(stream: "IO[str]") -> None:
    """Send the rest of a stream's buffer to the null device."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
