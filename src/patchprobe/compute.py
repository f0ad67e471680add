"""How pretrained networks are computed: by what, where, how exactly, with how many threads."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .errors import InputError

ENGINES = ("auto", "torch", "openvino")
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "single")
_MOST_THREADS = 1024


@dataclass(frozen=True)
class Compute:
    """Wishes on how networks are computed. They change speed and the last digits of features, no more.

    Parameters
    ----------
    engine : {"auto", "torch", "openvino"}
        ``"auto"`` is PyTorch on a graphics card where there is one, else OpenVINO where it is installed, else
        PyTorch on the processor.
    device : {"auto", "cpu", "cuda", "mps"}
        Graphics card or processor; ``"auto"`` prefers the card.
    precision : {"auto", "single"}
        ``"auto"`` computes in half precision or bfloat16 where the device has instructions for it.
    threads : int, optional
        Of the processor; all that this process may use if not given.

    Raises
    ------
    InputError
        If there is no such engine, device or precision, or the number of threads is not one.
    """

    engine: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        for what, given, known in (
            ("engine", self.engine, ENGINES),
            ("device", self.device, DEVICES),
            ("precision", self.precision, PRECISIONS),
        ):
            if given not in known:
                raise InputError(f"There is no {what} {given!r}. Use one of {', '.join(known)}.")
        if self.threads is not None and not 1 <= self.threads <= _MOST_THREADS:
            raise InputError(f"{self.threads} threads were asked for. Give 1 to {_MOST_THREADS}.")
        if self.engine == "openvino" and self.device not in ("auto", "cpu"):
            raise InputError(
                f"The engine 'openvino' computes on the processor; {self.device!r} was asked for. "
                "Use the engine 'torch' for a graphics card."
            )


def default_compute() -> Compute:
    """Return what the environment wishes.

    It says so in ``PATCHPROBE_ENGINE``, ``PATCHPROBE_DEVICE`` and ``PATCHPROBE_THREADS``.

    Raises
    ------
    InputError
        If one of them has a value that there is not.
    """
    threads = os.environ.get("PATCHPROBE_THREADS", "")
    if threads and not (threads.isascii() and threads.isdecimal()):
        raise InputError(f"PATCHPROBE_THREADS is {threads!r}; it must be a whole number.")
    return Compute(
        engine=os.environ.get("PATCHPROBE_ENGINE", "auto"),
        device=os.environ.get("PATCHPROBE_DEVICE", "auto"),
        threads=int(threads) if threads else None,
    )


def usable_cores() -> int:
    """How many cores this process may use, which in a container or a queue is less than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
