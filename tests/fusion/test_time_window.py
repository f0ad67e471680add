"""The logits of neighbouring frames are averaged."""

from dataclasses import replace

import numpy as np
import pytest

from patchprobe import predict_stack, predict_to
from patchprobe.backbones import get_backbone
from patchprobe.backbones.filters import FilterBank
from patchprobe.errors import InputError
from patchprobe.fusion import TimeWindow
from patchprobe.io import load_stack
from patchprobe.steps import finish


@pytest.fixture
def movie(volume):
    return replace(volume, axes="tyx", units=("s", "mm", "mm"))


def fused(movie, probe, frames, backbone=None):
    fusion = TimeWindow(frames)
    planes = range(movie.n_planes)
    read = finish(fusion.steps(movie, probe, planes, backbone or get_backbone("filters")))
    found = {plane: read(plane) for plane in fusion.in_order(movie, planes)}
    return np.stack([found[plane] for plane in planes])


def test_mean_of_three_frames_cut_at_the_ends(movie, probe):
    alone = fused(movie, probe, 1)
    mean = fused(movie, probe, 3)
    np.testing.assert_allclose(mean[0], alone[:2].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(mean[6], alone[5:8].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(mean[11], alone[10:].mean(axis=0), atol=1e-6)


def test_volumes_over_time_are_averaged_over_time_only(volume, probe):
    data = np.stack([volume.data[:2], volume.data[2:4], volume.data[4:6]])
    sizes = {"voxel_size": (1.0,) * 4, "units": ("s", "mm", "mm", "mm")}
    movie = replace(volume, data=data, axes="tzyx", labels=None, **sizes)
    alone, mean = fused(movie, probe, 1), fused(movie, probe, 3)
    np.testing.assert_allclose(mean[3], alone[[1, 3, 5]].mean(axis=0), atol=1e-6)


def test_every_frame_is_embedded_once(movie, probe):
    seen = []

    class Counting(FilterBank):
        def grids(self, plane):
            seen.append(plane)
            return super().grids(plane)

    fused(movie, probe, 5, Counting())
    assert len(seen) == movie.n_planes


def test_files_hold_what_is_predicted_at_once(movie, probe, tmp_path):
    finish(predict_to(tmp_path / "p.ome.tif", movie, probe, fusion=TimeWindow(3)))
    written, expected = load_stack(tmp_path / "p.ome.tif"), predict_stack(movie, probe, fusion=TimeWindow(3))
    for plane in range(movie.n_planes):
        np.testing.assert_array_equal(written.plane(plane), expected.plane(plane))


def test_bad_windows_are_refused(volume, probe):
    with pytest.raises(InputError, match="4 frames has no frame in its middle"):
        TimeWindow(4)
    with pytest.raises(InputError, match="axes='tyx'"):
        predict_stack(volume, probe, fusion=TimeWindow(3))
