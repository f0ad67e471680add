"""Figures of planes: colours of classes, scale, and what a shift brings where."""

from dataclasses import replace

import numpy as np
import pytest

from patchprobe.alignment import estimate_translation, patch_correlation
from patchprobe.evaluation import planes
from patchprobe.evaluation.planes import _in_words, _round_length


def test_classes_have_the_colours_that_they_have_everywhere():
    image, labels = np.zeros((1, 4)), np.array([[0, 1, 2, 11]])
    tinted = planes.overlay(image, labels, strength=1)
    np.testing.assert_allclose(tinted[0, 0], 0)
    blue, orange = np.array([0x56, 0xB4, 0xE9]) / 255, np.array([0xE6, 0x9F, 0x00]) / 255
    np.testing.assert_allclose(tinted[0, 1:], [blue, orange, orange], atol=1e-6)


def test_the_first_class_is_tinted_faintly():
    tinted = planes.overlay(np.zeros((1, 2)), np.array([[1, 2]]))
    assert tinted[0, 0].max() < 0.2 < tinted[0, 1].max()


def test_colour_planes_are_tinted_too():
    image = np.full((2, 2, 3), 0.5)
    np.testing.assert_allclose(planes.overlay(image, np.zeros((2, 2), int)), 0.5)


@pytest.mark.parametrize("units", ["nm", "pixel"])
def test_segmentation(em_stack, units):
    stack = replace(em_stack, units=(units,) * 3)
    labels = em_stack.labels[0]
    figure = planes.segmentation(stack, 0, {1: "cell", 2: "membrane"}, labels, labels, labels, title="EM")
    assert figure.png.startswith(b"\x89PNG")
    drawn = figure.svg.decode()
    assert all(word in drawn for word in ("strokes on plane 0", "prediction", "truth", "membrane"))


def test_bars_have_a_round_length():
    assert [_round_length(most) for most in (48, 50, 0.3, 1999)] == [20, 50, 0.2, 1000]


def test_lengths_are_said_in_the_unit_that_people_use():
    assert [_in_words(2000, "µm"), _in_words(500, "nm"), _in_words(5, "mm")] == ["2 mm", "500 nm", "5 mm"]


def test_registration_shows_the_verdict(em_stack):
    fixed = em_stack.plane(0) / 255
    cells = fixed.reshape(16, 4, 12, 4).mean(axis=(1, 3))[..., None]
    found = estimate_translation(cells, cells)
    figure = planes.registration(fixed, fixed, patch_correlation(cells, cells), found)
    assert f"({found.status})" in figure.svg.decode()
