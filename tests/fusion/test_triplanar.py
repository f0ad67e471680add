"""The logits of a voxel in planes of three orientations are averaged."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from patchprobe import embed, load_stack, predict_stack, predict_to
from patchprobe.backbones import get_backbone
from patchprobe.errors import InputError
from patchprobe.fusion import Triplanar
from patchprobe.prediction_file import PlaneDone
from patchprobe.steps import TileDone, finish


def by_hand(data, probe, normalisation):
    """Mean logits (Z, Y, X, 1): every plane of every orientation by itself."""
    total = np.zeros((*data.shape, 1), np.float32)
    for axis in range(3):
        for i in range(data.shape[axis]):
            plane = np.take(data, i, axis)
            index = (slice(None),) * axis + (i,)
            total[index] += probe.predict_logits(embed(plane, normalisation=normalisation))
    return total / 3


def fused(volume, probe, fusion=None):
    fusion = fusion or Triplanar()
    read = finish(fusion.steps(volume, probe, range(volume.n_planes), get_backbone("filters")))
    return np.stack([read(plane) for plane in range(volume.n_planes)])


def test_mean_of_three(volume, probe):
    np.testing.assert_allclose(
        fused(volume, probe), by_hand(volume.data, probe, volume.normalisation()), atol=1e-5
    )


def test_it_makes_noise_less(volume, probe):
    wrong = [
        np.mean(np.stack(list(predict_stack(volume, probe, fusion=fusion).planes())) != volume.labels)
        for fusion in (None, Triplanar())
    ]
    assert wrong[1] < wrong[0]


def test_one_orientation_is_the_stack_itself_to_the_bit(volume, probe):
    alone = predict_stack(volume, probe, kind="probabilities")
    same = predict_stack(volume, probe, kind="probabilities", fusion=Triplanar(("xy",)))
    for plane in range(volume.n_planes):
        np.testing.assert_array_equal(same.plane(plane), alone.plane(plane))


@pytest.mark.parametrize("limit", ["block", "scratch file"])
def test_pieces_and_a_scratch_file_change_nothing(limit, volume, probe, monkeypatch):
    whole = fused(volume, probe)
    if limit == "block":
        monkeypatch.setattr("patchprobe.fusion.triplanar._BLOCK_BYTES", 3000)
    else:
        monkeypatch.setattr("patchprobe.memory.share_of_memory", lambda parts: 0)
    np.testing.assert_array_equal(fused(volume, probe), whole)


def test_flat_voxels_get_the_shape_of_the_stack(volume, probe):
    flat = replace(volume, voxel_size=(2.5, 1.0, 1.0))
    mean = fused(flat, probe)
    assert mean.shape == (*volume.shape, 1)
    assert np.isfinite(mean).all()
    assert np.mean(np.where(mean[..., 0] > 0, 2, 1) == volume.labels) > 0.9


def test_time_points_are_volumes_of_their_own(volume, probe):
    other = np.ascontiguousarray(volume.data[::-1])
    movie = replace(
        volume,
        data=np.stack([volume.data, other]),
        axes="tzyx",
        voxel_size=(1.0,) * 4,
        units=("s", "mm", "mm", "mm"),
        labels=None,
    )
    both = fused(movie, probe).reshape(2, *volume.shape, 1)
    for found, data in zip(both, movie.data, strict=True):
        np.testing.assert_allclose(found, by_hand(data, probe, movie.normalisation()), atol=1e-5)


def test_a_file_holds_what_is_predicted_at_once_and_progress_is_told(volume, probe, tmp_path):
    steps = list(predict_to(tmp_path / "p.ome.zarr", volume, probe, fusion=Triplanar()))
    seen = [step for step in steps if isinstance(step, TileDone)]
    assert [step.done for step in seen] == list(range(12 + 16 + 20 + 1))
    assert {step.total for step in seen} == {48}
    planes = [step for step in steps if isinstance(step, PlaneDone)]
    assert [step.done for step in planes] == list(range(13))
    written, expected = load_stack(tmp_path / "p.ome.zarr"), predict_stack(volume, probe, fusion=Triplanar())
    for plane in range(volume.n_planes):
        np.testing.assert_array_equal(written.plane(plane), expected.plane(plane))


def test_what_is_stopped_before_the_first_plane_leaves_nothing(volume, probe, tmp_path):
    run = predict_to(tmp_path / "p.ome.zarr", volume, probe, fusion=Triplanar())
    list(islice(run, 5))
    run.close()
    assert {path.name for path in tmp_path.iterdir()} <= {"strokes"}


def test_a_run_without_fusion_is_another_run(volume, probe, tmp_path):
    run = predict_to(tmp_path / "p.ome.zarr", volume, probe)
    list(islice(run, 3))
    run.close()
    first = next(predict_to(tmp_path / "p.ome.zarr", volume, probe, fusion=Triplanar()))
    assert first.done == 0 and "begins anew" in first.note


def test_bad_use_is_refused_before_anything_is_written(em_stack, volume, probe, tmp_path):
    with pytest.raises(InputError, match="nearly cubic"):
        next(predict_to(tmp_path / "p.zarr", em_stack, probe, fusion=Triplanar()))
    with pytest.raises(InputError, match="nearly cubic"):
        predict_stack(em_stack, probe, fusion=Triplanar())
    with pytest.raises(InputError, match="each once"):
        Triplanar(("xy", "xy"))
    assert {path.name for path in tmp_path.iterdir()} <= {"strokes"}
