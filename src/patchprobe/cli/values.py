"""Values of arguments, from text; what is wrong with one is said by argparse."""

from __future__ import annotations

import argparse

_MOST_PLANES = 1_000_000


def count(text: str) -> int:
    """Whole number from 0 on."""
    return _whole(text, 0)


def positive(text: str) -> int:
    """Whole number from 1 on."""
    return _whole(text, 1)


def _whole(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
    return int(text)


def one_or_two_numbers(text: str) -> float | tuple[float, float]:
    """``"4"`` → 4.0, ``"4,2"`` → (4.0, 2.0)."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        return numbers[0]
    if len(numbers) != 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, or two along y and x such as 4,2")
    return numbers[0], numbers[1]


def class_names(text: str) -> dict[int, str]:
    """``"cell,membrane"`` → {1: "cell", 2: "membrane"}."""
    names = [name.strip() for name in text.split(",")]
    return {number: name for number, name in enumerate(names, start=1) if name}


def class_weights(text: str) -> dict[int, float]:
    """``"2=0.3,3=1.5"`` → {2: 0.3, 3: 1.5}."""
    weights = {}
    for part in text.split(","):
        number, _, weight = part.partition("=")
        try:
            weights[_whole(number.strip(), 1)] = float(weight)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a list of weights such as 2=0.3") from None
    return weights


def plane_list(text: str) -> list[int]:
    """``"0,3-5"`` → [0, 3, 4, 5]."""
    planes: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and (not last.isdecimal() or int(last) < int(first))):
            raise argparse.ArgumentTypeError(f"{text!r} is not a list of planes such as 0,3-5")
        # A typing error must not build a list that fills the memory.
        if dash and int(last) > _MOST_PLANES:
            raise argparse.ArgumentTypeError(f"{last} is no number of a plane")
        planes.update(range(int(first), int(last or first) + 1))
    return sorted(planes)
