"""What an evaluation is asked for, and what it ran on."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..backbones import get_backbone
from ..backbones.name import parse_names
from ..errors import InputError

Tell = Callable[[str, int, int], None]

PLACEHOLDERS = ("placeholder-cnx-t", "placeholder-vit-l")
_PACKAGES = (
    *("patchprobe", "numpy", "scipy", "scikit-learn", "scikit-image", "matplotlib"),
    *("torch", "transformers", "openvino"),
)


@dataclass(frozen=True)
class Settings:
    """What is evaluated, and how thoroughly.

    Parameters
    ----------
    backbones : tuple of str
        Names as `get_backbone` takes them; empty for those that each part takes by itself.
    quick : bool
        Fewer and smaller images, splits and strokes, to see all of it in minutes.
    seed : int
        Not negative. Equal seeds give equal tables.
    data : Path, optional
        Folder of real data.
    """

    backbones: tuple[str, ...] = ()
    quick: bool = False
    seed: int = 0
    data: Path | None = None

    def chosen(self, default: Sequence[str]) -> tuple[str, ...]:
        """Return the backbones that were asked for, else those of the part."""
        return self.backbones or tuple(default)


def check_settings(settings: Settings) -> None:
    """Say what is wrong before anything is computed.

    Raises
    ------
    InputError
        If a backbone is not known or cannot be had, two have one name, the seed is negative, or the folder
        of data is not there.
    """
    if settings.seed < 0:
        raise InputError(f"The seed is {settings.seed}; give a whole number from 0 on.")
    for name in settings.backbones:
        get_backbone(name)
    names = [shown_name(name) for name in settings.backbones]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{twice[0]} is asked for twice. Give each backbone once.")
    if settings.data is not None and not settings.data.is_dir():
        raise InputError(
            f"There is no folder {settings.data} of real data. Give another one, or none: then the parts "
            "that need it are left out."
        )
    if settings.data is not None and not os.access(settings.data, os.R_OK | os.X_OK):
        raise InputError(
            f"The folder {settings.data} may not be read. Change its permissions or give another."
        )


def data_folder(given: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the folder of real data: what was given, else what ``PATCHPROBE_DATA`` says, else None."""
    said = given or os.environ.get("PATCHPROBE_DATA")
    return Path(said).expanduser() if said else None


def shown_name(backbone: str) -> str:
    """Name a backbone in tables: a model in a folder by its folder's name alone, which says what it is."""
    parts = []
    for name in parse_names(backbone):
        if name.model.startswith("path:"):
            model = Path(name.model.removeprefix("path:")).name
            parts.append(model + str(name).removeprefix(str(type(name)(name.model))))
        else:
            parts.append(str(name))
    return "+".join(parts)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on, where installed."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def program_digest() -> str:
    """Hash of the program's own code: results of another program are not reused."""
    root = Path(__file__).parents[1]
    state = blake2b(digest_size=8)
    for path in sorted(root.rglob("*.py")):
        if "_widgets" not in path.parts:
            state.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return state.hexdigest()
