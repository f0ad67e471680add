"""How an image differs from those that a probe has learned from, in words."""

from dataclasses import replace

import numpy as np
import pytest

from patchprobe.normalisation import Normalisation
from patchprobe.probe.origin import Origin, differences


@pytest.fixture
def learned(em_stack):
    return Origin.of(Normalisation(20.0, 220.0), em_stack)


def test_what_is_known_of_a_stack(learned):
    assert learned == Origin(20.0, 220.0, "uint8", "zyx", 1, False, (50.0, 4.0, 4.0), ("nm",) * 3)
    assert learned.kind == "grey"


def test_the_same_image_does_not_differ(learned):
    assert differences([learned], learned) == []


def test_pixel_size_in_any_unit(learned):
    alike = replace(learned, voxel_size=(1.0, 0.004, 0.0042), units=("µm",) * 3)
    assert differences([learned], alike) == []
    coarse = replace(learned, voxel_size=(50.0, 8.0, 8.0))
    (sentence,) = differences([learned], coarse)
    assert "8 × 8 nm here and 4 × 4 nm" in sentence
    assert "2 times smaller" in sentence
    assert "2 times larger" in differences([coarse], learned)[0]


def test_the_nearest_of_several_images_counts(learned):
    coarse = replace(learned, voxel_size=(50.0, 8.0, 8.0))
    assert differences([learned, coarse], coarse) == []


@pytest.mark.parametrize("unknown", [{"voxel_size": (), "units": ()}, {"units": ("nm", "pixel", "pixel")}])
def test_an_unknown_pixel_size_says_nothing(learned, unknown):
    assert differences([learned], replace(learned, **unknown)) == []


def test_type_and_range_of_intensities(learned):
    (sentence,) = differences([learned], replace(learned, dtype="uint16", low=300.0, high=4000.0))
    assert "300 to 4000 (uint16) here" in sentence
    assert "20 to 220 (uint8)" in sentence
    assert differences([learned], replace(learned, low=30.0, high=200.0)) == []
    assert len(differences([learned], replace(learned, high=80.0))) == 1
    assert differences([replace(learned, low=5.0, high=5.0)], learned) == []


def test_colour(em_stack, learned):
    data = np.repeat(em_stack.data[..., None], 3, axis=3)
    rgb = replace(em_stack, data=data, axes="zyxc", rgb=True, labels=None)
    (sentence,) = differences([learned], Origin.of(Normalisation(20.0, 220.0), rgb))
    assert sentence == "This image is colour, but the probe has learned from grey images."
    assert Origin.of(Normalisation(0.0, 1.0), replace(rgb, rgb=False)).kind == "3 channels"


def test_without_a_stack_nothing_is_known(learned):
    bare = Origin.of(Normalisation(0.0, 1.0))
    assert differences([bare], learned) == differences([learned], bare) == []
