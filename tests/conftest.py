"""What the tests share: a small stack, a backbone computable by hand, a home of their own."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from patchprobe.backbones import Backbone, BackboneSpec
from patchprobe.grid import PatchGrid
from patchprobe.normalisation import Normalisation

if TYPE_CHECKING:
    from patchprobe.io import Stack


def pytest_configure(config: pytest.Config) -> None:
    """Keep settings and caches of the person who runs the tests out of it, and untouched.

    Set before anything imports napari, which reads its variable once.
    """
    home = tempfile.mkdtemp(prefix="patchprobe-tests-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        os.environ[f"XDG_{name}_HOME"] = f"{home}/{name.lower()}"
    os.environ["NAPARI_CONFIG"] = f"{home}/napari.yaml"
    os.environ["HF_HOME"] = f"{home}/huggingface"
    # Weights that are here, and a login, would change what is seen; and no test asks the network.
    os.environ["HF_HUB_OFFLINE"] = "1"
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def strokes_of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test gets strokes that another one painted on an equal image."""
    monkeypatch.setenv("PATCHPROBE_STROKES", str(tmp_path / "strokes"))


class ToyBackbone(Backbone):
    """Two channels per 4 × 4 patch: the mean intensity, and the contrast (maximum less minimum)."""

    spec = BackboneSpec(
        name="toy", summary="mean and contrast of patches", patch_size=4, channels=2, licence="BSD-3-Clause"
    )

    def grids(self, plane: np.ndarray) -> tuple[PatchGrid, ...]:
        size = self.spec.patch_size
        grey = plane if plane.ndim == 2 else plane.mean(axis=2)
        rows, cols = grey.shape[0] // size, grey.shape[1] // size
        patches = grey[: rows * size, : cols * size].reshape(rows, size, cols, size).swapaxes(1, 2)
        features = np.stack([patches.mean(axis=(2, 3)), np.ptp(patches, axis=(2, 3))], axis=2)
        centre = (size - 1) / 2
        return (PatchGrid(features.astype(np.float32), size, (centre, centre), grey.shape, "toy"),)


@pytest.fixture
def toy_backbone() -> ToyBackbone:
    """Stride 4, channels (mean, contrast) of each patch."""
    return ToyBackbone()


@pytest.fixture
def as_it_is() -> Normalisation:
    """The normalisation that changes nothing, for features computed by hand."""
    return Normalisation(0.0, 1.0)


@pytest.fixture
def em_stack() -> Stack:
    """Three 8-bit sections of 64 × 48 px: grey cells of 16 px between dark, 3 px wide membranes, with truth.

    Section i lies i px further right than section 0. Labels: 1 cell, 2 membrane.
    """
    from patchprobe.io import Stack

    noise = np.random.default_rng(0)
    y, x = np.mgrid[:64, :48]
    labels = np.stack([np.where((y % 16 < 3) | ((x - shift) % 16 < 3), 2, 1) for shift in range(3)])
    data = np.where(labels == 2, 60, 170) + noise.normal(0, 12, labels.shape)
    return Stack(
        np.clip(data, 0, 255).astype(np.uint8),
        "zyx",
        voxel_size=(50.0, 4.0, 4.0),
        units=("nm", "nm", "nm"),
        name="toy EM",
        labels=labels.astype(np.uint8),
    )


@pytest.fixture
def em_plane(em_stack: Stack) -> np.ndarray:
    """The first section of `em_stack`, (64, 48) uint8."""
    return em_stack.plane(0)
