"""Run the command line, handling signals before slow imports."""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Returns its exit status: 0 done, 1 a fault, 2 wrong usage, 128 + n ended by signal n.

    arguments: None takes those of the process, whose signals and streams are then looked after, too
    """
    if arguments is not None:
        from .commands import run

        return run(arguments)
    from . import process

    try:
        process.begin()
        from .commands import run

        status = run(sys.argv[1:])
        process.end()
    except KeyboardInterrupt:  # a second one ends the process at once
        return process.interrupted()
    return status
