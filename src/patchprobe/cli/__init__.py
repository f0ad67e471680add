"""The command line: parses and prints; the work is done by the functions that the API has too."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import InputError
from .arguments import make_parser
from .reading import with_options
from .terminal import Terminal

_SILENCE = logging.NullHandler()
_INTERRUPTED, _TERMINATED, _NOBODY_READS = 130, 143, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process if not given.

    Returns
    -------
    int
        0 if all went well, 1 if the input cannot be used, 130 after Ctrl-C, 143 after a termination
        request, 141 if nobody reads the output any more. Wrong usage exits with 2.
    """
    arguments = make_parser().parse_args(argv)
    terminal = Terminal(as_json=arguments.json, quiet=arguments.quiet)
    # Notes on what was guessed are printed by the commands, in one form; Python would print them once more.
    logging.getLogger("patchprobe").addHandler(_SILENCE)
    try:
        with _unwinding_on_termination():
            _run(arguments, terminal)
        sys.stdout.flush()
    except KeyboardInterrupt as interrupt:
        return terminal.fail(str(interrupt) or "interrupted; nothing half-written was left", _INTERRUPTED)
    except BrokenPipeError:
        # Python flushes once more on exit, which must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOBODY_READS
    except _EXPECTED as error:
        if arguments.debug:
            traceback.print_exc()
        return terminal.fail(_sentence(error), 1)
    except Exception as error:  # noqa: BLE001 - the last line of defence: one clear line also for defects
        if arguments.debug:
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return terminal.fail(f"a defect of the program ({what}); --debug shows where, please report it", 1)
    return 0


_EXPECTED = (InputError, OSError, MemoryError)


def _run(arguments: Any, terminal: Terminal) -> None:
    from . import commands

    result = getattr(commands, arguments.command)(arguments, terminal)
    terminal.finish(result)


def _sentence(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory. Give fewer planes (--planes), or a smaller image"
    return with_options(" ".join(str(error).split()))


@contextmanager
def _unwinding_on_termination() -> Iterator[None]:
    """Unwind on a termination request as on Ctrl-C, so that what is half-written is removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: Any) -> None:
    raise SystemExit(_TERMINATED)
