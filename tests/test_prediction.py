"""Predicting a stack plane after plane gives what the probe says of each."""

from dataclasses import replace

import numpy as np
import pytest

from patchprobe import LinearProbe, embed, embed_stack
from patchprobe.errors import InputError
from patchprobe.io import load_stack, save_stack
from patchprobe.prediction import ComputedPlanes, check_version, predict_stack


@pytest.fixture
def probe(em_stack):
    labels = np.zeros_like(em_stack.labels[0])
    labels[5::10] = em_stack.labels[0, 5::10]
    embedding = embed(em_stack.plane(0), normalisation=em_stack.normalisation())
    return LinearProbe(C=1.0, class_names={2: "membrane"}).fit(embedding, labels)


def test_labels_are_those_of_the_probe(em_stack, probe):
    predicted = predict_stack(em_stack, probe)
    assert (predicted.axes, predicted.voxel_size) == (em_stack.axes, em_stack.voxel_size)
    assert predicted.data.shape == em_stack.data.shape
    assert predicted.data.dtype == np.uint8
    for index, embedding in embed_stack(em_stack):
        np.testing.assert_array_equal(predicted.plane(index), probe.predict(embedding))


def test_probabilities_get_a_last_axis(em_stack, probe):
    predicted = predict_stack(em_stack, probe, kind="probabilities")
    assert predicted.axes == "zyxc"
    assert predicted.data.shape == (3, 64, 48, 2)
    assert predicted.channel_names == ("class 1", "membrane")
    [(_, embedding)] = embed_stack(em_stack, planes=[1])
    np.testing.assert_array_equal(predicted.plane(1), probe.predict_proba(embedding))


def test_planes_that_were_not_asked_for_are_unlabelled(em_stack, probe):
    predicted = predict_stack(em_stack, probe, planes=[1])
    assert not predicted.plane(0).any()
    assert predicted.plane(1).all()


def test_a_plane_that_is_not_there_is_named_at_once(em_stack, probe):
    with pytest.raises(InputError, match="7"):
        predict_stack(em_stack, probe, planes=[0, 7])


def test_nothing_is_computed_before_it_is_read(em_stack, probe, toy_backbone):
    # The toy's features do not fit the probe, which is found out by reading.
    predicted = predict_stack(em_stack, probe, backbone=toy_backbone)
    with pytest.raises(InputError, match="'toy'"):
        predicted.plane(0)


def test_written_and_read_again(em_stack, probe, tmp_path):
    predicted = predict_stack(em_stack, probe)
    save_stack(tmp_path / "prediction.tif", predicted)
    written = load_stack(tmp_path / "prediction.tif")
    for plane in range(3):
        np.testing.assert_array_equal(written.plane(plane), predicted.plane(plane))


def test_computed_planes_by_hand():
    planes = ComputedPlanes((2, 3, 4, 5), np.dtype(int), 2, lambda plane: np.full((4, 5), plane))
    assert planes.ndim == 4
    assert (planes[1, 2] == 5).all()
    assert (ComputedPlanes((4, 5), np.dtype(int), 0, lambda plane: np.full((4, 5), plane))[()] == 0).all()


def test_a_probe_of_another_version_is_named(probe):
    check_version(probe)
    probe.version_ = "0"
    with pytest.raises(InputError, match=r"'filters', version 0.*Fit the probe again"):
        check_version(probe)


def test_colour_planes(em_stack):
    rgb = replace(
        em_stack, data=np.repeat(em_stack.data[..., None], 3, axis=3), axes="zyxc", rgb=True, labels=None
    )
    labels = np.zeros((64, 48), int)
    labels[5::10] = em_stack.labels[0, 5::10]
    [(_, embedding)] = embed_stack(rgb, planes=[0])
    probe = LinearProbe(C=1.0).fit(embedding, labels)
    predicted = predict_stack(rgb, probe)
    assert (predicted.axes, predicted.data.shape) == ("zyx", (3, 64, 48))
    np.testing.assert_array_equal(predicted.plane(0), probe.predict(embedding))
