"""Which axis of an array is what: as named by the caller, by the file, or guessed from the shape."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError

_LETTERS = "tzyxcs"
_STACK_ORDER = "tzyxc"
# More than this many entries along an axis are planes rather than channels.
_MOST_CHANNELS = 4
# The next most likely reading of each guess, as the example in the note that tells of the guess.
_ALTERNATIVES = {
    "zyx": "tyx",
    "tyx": "zyx",
    "yxz": "zyx",
    "yxc": "zyx",
    "zyxc": "tyxc",
    "tzyx": "zcyx",
    "zcyx": "tzyx",
    "czyx": "tzyx",
    "tzcyx": "tczyx",
    "tczyx": "tzcyx",
    "tzyxc": "ztyxc",
}


@dataclass(frozen=True)
class NamedAxes:
    """A letter for each axis of an array.

    Parameters
    ----------
    letters : str
        One of ``tzyxc`` for each axis; ``-`` for an axis of length one that is dropped.
    note : str
        What was guessed, as a sentence; empty if nothing was.
    rgb : bool, optional
        Whether the channels are colours, where the caller said so.
    """

    letters: str
    note: str = ""
    rgb: bool | None = None

    @property
    def stack_axes(self) -> str:
        """The axes in the order of a Stack."""
        return "".join(letter for letter in _STACK_ORDER if letter in self.letters)


def name_axes(shape: tuple[int, ...], stored: str, given: str | None, name: str) -> NamedAxes:
    """Settle the letters of the axes of an array.

    Parameters
    ----------
    shape : tuple of int
        Shape of the array as stored.
    stored : str
        What the file says: one of ``tzyxc?`` for each axis.
    given : str, optional
        What the caller says: one of ``tzyxc`` (or ``s``, colours) for each axis of the array as stored;
        axes of length one may be left out.
    name : str
        For messages.

    Raises
    ------
    InputError
        If the letters do not fit the array, or the file's axes are more than a stack has.
    """
    if 0 in shape:
        raise InputError(f"{name} is an empty image (shape {shape}). Check that the right file was opened.")
    if given is not None:
        return _from_caller(shape, stored, given, name)
    if sum(size > 1 for size in shape) < 2 and len(shape) < 2:
        raise InputError(
            f"{name} holds an array of shape {shape}; an image has at least two axes, y and x. "
            "Check that the right file or data set was opened."
        )
    if set(stored) == {"?"}:
        return _guess(shape, name)
    letters, unknown = "", [i for i, s in enumerate(stored) if s == "?" and shape[i] > 1]
    free = [letter for letter in "zt" if letter not in stored]
    if len(unknown) > len(free) or "y" not in stored or "x" not in stored:
        raise InputError(_cannot_place(shape, stored, name))
    assigned = dict(zip(unknown, free, strict=False))
    for i, letter in enumerate(stored):
        kept = assigned.get(i, letter)
        letters += "-" if shape[i] == 1 and kept not in "yx" else kept
    guessed = "".join(assigned.values())
    return NamedAxes(letters, _say_guess(letters, shape, given_part=guessed) if guessed else "")


def _from_caller(shape: tuple[int, ...], stored: str, given: str, name: str) -> NamedAxes:
    axes = given.lower().strip()
    long = [size > 1 for size in shape]
    if len(axes) not in (len(shape), sum(long)):
        raise InputError(
            f"axes {given!r} name {len(axes)} axes, but {name} stores an array of {len(shape)} "
            f"(shape {shape}{_as_said(stored)}). Give one letter of t, z, y, x, c for each, in the order "
            "of the shape."
        )
    wrong = sorted(set(axes) - set(_LETTERS))
    if wrong or len(set(axes)) != len(axes) or "cs" in "".join(sorted(axes)) or not {"y", "x"} <= set(axes):
        raise InputError(
            f"axes {given!r} are not usable: each of t (time), z (planes), y, x, c (channels) or s (colours) "
            f"may be there once, and y and x must be. {name} has the shape {shape}{_as_said(stored)}."
        )
    rgb = True if "s" in axes else None
    letters = axes.replace("s", "c")
    if len(letters) < len(shape):
        rest = iter(letters)
        letters = "".join(next(rest) if is_long else "-" for is_long in long)
    return NamedAxes(letters, rgb=rgb)


def _guess(shape: tuple[int, ...], name: str) -> NamedAxes:
    """Letters from nothing but the shape."""
    kept = [i for i, size in enumerate(shape) if size > 1]
    # A line of pixels or a single pixel is still a plane.
    while len(kept) < 2:
        kept = sorted({*kept, max(set(range(len(shape))) - set(kept))})
    sizes = [shape[i] for i in kept]
    colours_last = len(sizes) > 2 and sizes[-1] <= _MOST_CHANNELS < min(sizes[-3:-1])
    core = "yxc" if colours_last else "yx"
    lead = len(sizes) - len(core)
    if lead > (2 if colours_last else 3):
        raise InputError(_cannot_place(shape, "?" * len(shape), name))
    letters = _guess_lead(sizes[:lead], colours_last) + core
    if len(sizes) == 3 and not colours_last and sizes[0] == sizes[1] and 4 * sizes[2] < sizes[0]:
        # Columns-first programs store the planes last; 512 sections of 512 × 15 px are less likely.
        letters = "yxz"
    full = ["-"] * len(shape)
    for i, letter in zip(kept, letters, strict=True):
        full[i] = letter
    named = "".join(full)
    return NamedAxes(named, "" if letters == "yx" else _say_guess(named, shape))


def _guess_lead(sizes: list[int], colours_last: bool) -> str:
    """Letters of the axes before ``yx``."""
    if len(sizes) < 2:
        return "z"[: len(sizes)]
    if len(sizes) == 3:
        return "tcz" if sizes[1] < sizes[2] else "tzc"
    if not colours_last and min(sizes) <= _MOST_CHANNELS:
        return "cz" if sizes[0] < sizes[1] else "zc"
    return "tz"


def _say_guess(letters: str, shape: tuple[int, ...], given_part: str = "") -> str:
    words = {"t": "time points", "z": "planes", "c": "channels"}
    parts = [
        f"{shape[letters.index(letter)]} {words[letter]}"
        for letter in "tzc"
        if letter in letters and (not given_part or letter in given_part)
    ]
    short = letters.replace("-", "")
    few_planes = short == "zyx" and shape[letters.index("z")] <= _MOST_CHANNELS
    other = "cyx" if few_planes else _ALTERNATIVES.get(short, short)
    return (
        f"The file does not name its axes; shape {shape} was taken as {short!r} ({', '.join(parts)}). "
        f"If that is wrong, give axes, for example axes={other!r}."
    )


def _cannot_place(shape: tuple[int, ...], stored: str, name: str) -> str:
    return (
        f"{name} stores an array of shape {shape}{_as_said(stored)}, and which axis is what cannot be told. "
        "A stack has y and x and at most t (time), z (planes) and c (channels); "
        "name them with axes, for example axes='tzyx', or save the part that you need as a file of its own."
    )


def _as_said(stored: str) -> str:
    return "" if set(stored) <= {"?"} else f", in the file {stored!r}"
