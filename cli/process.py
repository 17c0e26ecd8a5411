"""The process around a command: Ctrl-C from its first moment to its last, and standard streams that are closed."""

import contextlib
import os
import signal
import sys
import time
from types import FrameType

TYPE_CHECKING = False  # nothing slow is loaded before Ctrl-C is looked after
if TYPE_CHECKING:
    from typing import IO

#: The exit status after Ctrl-C.
INTERRUPTED = 128 + signal.SIGINT
_AGAIN_SECONDS = 0.5  # timeout(1) sends a signal twice, which is no second Ctrl-C
_pressed = 0.0  # when Ctrl-C was, in seconds of the clock


def begin() -> None:
    """Let Ctrl-C end the process with status 130 and no traceback; keep files off the numbers of closed streams."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell has it ignored in the background
        signal.signal(signal.SIGINT, _interrupt)
        sys.unraisablehook = _unraisable
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:  # closed: a library's message would end up in the next file that is opened
            os.open(os.devnull, os.O_RDWR)


def end() -> None:
    """Ignore Ctrl-C from now on: all is said, and Python is only tidying up."""
    if was_pressed() or signal.getsignal(signal.SIGINT) is _interrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def was_pressed() -> bool:
    """Say whether Ctrl-C was pressed; a library may have made another error of it."""
    return _pressed > 0


def interrupted() -> int:
    """Say that the command was interrupted; returns the exit status."""
    with contextlib.suppress(OSError):
        os.write(2, b"Interrupted.\n")
    return INTERRUPTED


def status(interruption: KeyboardInterrupt) -> int:
    """The exit status after an interruption: 128 and the signal's number, 130 unless it has one."""
    number: int = next(iter(interruption.args), signal.SIGINT)
    return 128 + number


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, or leave at once where it could be lost: inside an import, and the second time."""
    global _pressed
    now = time.monotonic()
    if _importing(frame) or (_pressed and now - _pressed > _AGAIN_SECONDS):
        os._exit(interrupted())
    if not _pressed:
        _pressed = now
        raise KeyboardInterrupt


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _unraisable(fault: "sys.UnraisableHookArgs") -> None:
    """Leave where Python could only print that Ctrl-C was ignored, as in a finalizer."""
    if issubclass(fault.exc_type, KeyboardInterrupt):
        os._exit(interrupted())
    sys.__unraisablehook__(fault)


def settle(stream: "IO[str] | None") -> None:
    """Flush a stream, or turn it away from a reader who is gone: Python would complain of it at exit."""
    if stream is None:
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        turn_away(stream)


def turn_away(stream: "IO[str]") -> None:
    """Let what is left in the buffer of a stream go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
