import numpy as np
import pytest
from scipy import ndimage

from patchprobe.errors import InputError
from patchprobe.synthetic import serial_sections


def aligned(plane, transform, order=1):
    """Resample a section into the ideal frame: pixel p shows inv(transform) @ p."""
    inverse = np.linalg.inv(transform)
    return ndimage.affine_transform(plane, inverse[:2, :2], inverse[:2, 2], order=order, cval=0)


def agreement(fixed, moving):
    seen = (fixed > 0) & (moving > 0)
    return float(np.mean(fixed[seen] == moving[seen]))


@pytest.fixture(scope="module")
def sections():
    return serial_sections(n=5, size=128, seed=1, drift=6, rotation=2, fold=None, missing=3)


def test_shapes_and_truth(sections):
    assert sections.images.shape == sections.labels.shape == (5, 128, 128)
    assert sections.images.dtype == sections.labels.dtype == np.uint8
    assert sections.transforms.shape == (5, 3, 3)
    np.testing.assert_array_equal(sections.transforms[0], np.eye(3))
    membrane = (sections.labels == 2)[[0, 1, 2, 4]]
    assert 0.1 < membrane.mean() < 0.4
    assert sections.images[sections.labels == 2].mean() < 0.7 * sections.images[sections.labels == 1].mean()


def test_the_missing_section_is_blank_and_unlabelled(sections):
    assert sections.missing == 3
    assert sections.images[3].max() == 0
    assert sections.labels[3].max() == 0
    assert sections.images[[0, 1, 2, 4]].min() > 0


def test_true_transforms_undo_drift_and_rotation(sections):
    still = serial_sections(n=5, size=128, seed=1, drift=0, rotation=0, fold=None, missing=3)
    for i in (1, 2, 4):
        moved = aligned(sections.labels[i], sections.transforms[i], order=0)
        assert agreement(still.labels[i], sections.labels[i]) < 0.8
        # What remains is the rounding to whole pixels along the borders of cells.
        assert agreement(still.labels[i], moved) > 0.95


def test_without_drift_nothing_is_displaced():
    still = serial_sections(n=2, size=64, seed=0, drift=0, rotation=0)
    np.testing.assert_array_equal(still.transforms, np.tile(np.eye(3), (2, 1, 1)))
    assert still.fold is None
    assert still.missing is None


def test_transforms_are_turns_about_the_centre_with_the_asked_size():
    steps = serial_sections(n=40, size=32, seed=0, drift=5, rotation=0).transforms[:, :2, 2]
    assert np.diff(steps, axis=0).std() == pytest.approx(5, rel=0.25)
    turned = serial_sections(n=4, size=33, seed=0, drift=0, rotation=3, missing=None).transforms
    for matrix in turned:
        np.testing.assert_allclose(matrix @ (16, 16, 1), (16, 16, 1), atol=1e-12)
        np.testing.assert_allclose(matrix[:2, :2] @ matrix[:2, :2].T, np.eye(2), atol=1e-12)


def test_the_fold_darkens_a_strip_of_one_section():
    folded = serial_sections(n=4, size=128, seed=0)
    assert (folded.fold, folded.missing) == (1, 2)
    hidden = folded.labels[1] == 0
    assert 0.01 < hidden.mean() < 0.15
    assert folded.images[1][hidden].mean() < 0.7 * folded.images[1][~hidden].mean()
    assert (folded.labels[[0, 3]] > 0).all()


def test_contrast_differs_between_sections_as_much_as_asked():
    even = serial_sections(n=6, size=64, seed=0, contrast=0, fold=None, missing=None)
    uneven = serial_sections(n=6, size=64, seed=0, contrast=0.3, fold=None, missing=None)
    assert uneven.images.std(axis=(1, 2)).std() > 3 * even.images.std(axis=(1, 2)).std()


def test_deterministic_and_independent_of_n():
    three = serial_sections(n=3, size=48, seed=7)
    six = serial_sections(n=6, size=48, seed=7, fold=None, missing=None)
    np.testing.assert_array_equal(three.images, six.images[:3])
    np.testing.assert_array_equal(three.transforms, six.transforms[:3])
    assert not np.array_equal(three.images, serial_sections(n=3, size=48, seed=8).images)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1, 5, (20, 50), (96, 130)])
def test_any_size(size):
    sections = serial_sections(n=4, size=size, seed=0)
    assert sections.images.shape[1:] == ((size, size) if isinstance(size, int) else size)
    assert sections.images[0].min() > 0


def test_as_a_stack(sections):
    stack = sections.to_stack()
    assert stack.axes == "zyx"
    assert stack.voxel_size == (50, 4, 4)
    assert stack.units == ("nm", "nm", "nm")
    assert stack.labels is sections.labels


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n is 0"),
        ({"fold": 9}, "fold is 9"),
        ({"missing": -1}, "missing is -1"),
        ({"drift": -1}, "drift"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        serial_sections(**{"n": 4, "size": 16, **arguments})
