"""Predictions of large stacks, kept on disk between runs: they take long, and can be computed again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from .image_key import image_key
from .io import Stack
from .prediction_file import PredictionFile
from .store import cache_folder

if TYPE_CHECKING:
    from .probe import Probe

_MOST_STACKS = 5


class KeptPredictions:
    """The labels of the last five stacks, each by the probe that predicted it last.

    Parameters
    ----------
    folder : Path, optional
        In the folder of what can be computed again, if not given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = cache_folder() / "predictions" if folder is None else folder

    def open(self, stack: Stack, probe: Probe) -> PredictionFile:
        """Open the predictions of a stack; those of another probe go.

        Raises
        ------
        InputError
            If they cannot be written.
        """
        place = self.folder / image_key(stack)
        place.mkdir(parents=True, exist_ok=True)
        for older in self._stacks()[_MOST_STACKS:]:
            if older != place:
                shutil.rmtree(older, ignore_errors=True)
        return PredictionFile(place / "prediction.zarr", stack, probe)

    def contents(self) -> tuple[int, int]:
        """Return for how many stacks there are predictions, and their bytes."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return len(self._stacks()), sum(path.stat().st_size for path in files)

    def clear(self) -> int:
        """Remove everything; return how many bytes became free."""
        _, nbytes = self.contents()
        shutil.rmtree(self.folder, ignore_errors=True)
        return nbytes

    def _stacks(self) -> list[Path]:
        """List the folders of stacks, the one that was used last first."""
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
