import numpy as np
import pytest

from patchprobe import synthetic
from patchprobe.errors import InputError

MODALITIES = ["em", "mri", "histology", "connectomics", "atlas", "calcium", "tracking"]


def test_the_modalities_of_the_reports_are_there():
    assert list(synthetic.MODALITIES) == MODALITIES


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("size", [64, 128, 33, 7, 1, (40, 57), (96, 130), 500])
def test_shapes_dtypes_and_ranges(modality, size):
    images, masks = synthetic.generate(modality, n=2, size=size, seed=3)
    shape = (size, size) if isinstance(size, int) else size
    assert images.shape == (2, *shape, 3)
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 1
    assert masks.shape == (2, *shape)
    assert masks.dtype == (np.uint16 if modality == "tracking" else np.uint8)
    if modality != "tracking":
        assert set(np.unique(masks)) <= {0, 1}


@pytest.mark.parametrize("modality", MODALITIES)
def test_equal_seeds_give_equal_images_and_others_do_not(modality):
    first, second = synthetic.generate(modality, 2, 64, 5), synthetic.generate(modality, 2, 64, 5)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert not np.array_equal(first[0], synthetic.generate(modality, 2, 64, 6)[0])


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_sample_does_not_depend_on_how_many_are_asked_for(modality):
    few, many = synthetic.generate(modality, 3, 64, 1), synthetic.generate(modality, 6, 64, 1)
    np.testing.assert_array_equal(few[0], many[0][:3])
    np.testing.assert_array_equal(few[1], many[1][:3])


def test_modalities_differ_from_each_other():
    masks = [synthetic.generate(modality, 1, 64, 0)[1][0] > 0 for modality in MODALITIES]
    for i, mask in enumerate(masks):
        assert not any(np.array_equal(mask, other) for other in masks[:i])


@pytest.mark.parametrize("modality", MODALITIES)
def test_every_image_has_patches_of_both_classes(modality):
    _, masks = synthetic.generate(modality, 15, 128, 0)
    patches = masks.reshape(15, 8, 16, 8, 16).max(axis=(2, 4)).reshape(15, -1) > 0
    assert patches.any(axis=1).all()
    assert not patches.all(axis=1).any()


@pytest.mark.parametrize("modality", ["em", "connectomics", "calcium", "tracking"])
def test_foreground_is_bright_in_grey_modalities(modality):
    images, masks = synthetic.generate(modality, 2, 128, 0)
    assert images[masks > 0].mean() > 2 * images[masks == 0].mean()
    np.testing.assert_array_equal(images[..., 0], images[..., 2])


def test_the_lesion_of_mri_is_in_the_red_channel_only():
    images, masks = synthetic.generate("mri", 4, 128, 0)
    lesion = images[masks == 1]
    assert np.mean(lesion[:, 0] - lesion[:, 1]) == pytest.approx(0.15, abs=0.005)
    assert np.mean(lesion[:, 1] - lesion[:, 2]) == pytest.approx(0, abs=0.005)


def test_nuclei_are_dark_on_pink_and_regions_green_on_pastel():
    images, masks = synthetic.generate("histology", 2, 128, 0)
    assert images[masks == 1].mean() < 0.5 < images[masks == 0].mean()
    assert images[masks == 0][:, 0].mean() > images[masks == 0][:, 1].mean()
    images, masks = synthetic.generate("atlas", 2, 128, 0)
    assert (images[masks == 1][:, 1] > images[masks == 1][:, 0]).all()
    assert images[masks == 0].min() >= 0.65


def test_stripes_of_the_atlas_are_horizontal():
    images, masks = synthetic.generate("atlas", 1, 64, 0)
    for row, marked in zip(images[0], masks[0], strict=True):
        assert len(np.unique(row[marked == 0], axis=0)) <= 1


def test_calcium_blobs_have_the_radii_of_the_report():
    from scipy import ndimage

    _, masks = synthetic.generate("calcium", 3, 512, 0)
    labelled, count = ndimage.label(masks[0])
    areas = ndimage.sum(masks[0], labelled, np.arange(1, count + 1))
    # A lone blob has the area of a circle of 1–2.5 % of 512 px; two that touch have at most twice that.
    assert areas.min() >= np.pi * (0.01 * 512 - 1) ** 2
    assert np.median(areas) <= np.pi * (0.025 * 512 + 1) ** 2


def test_tracked_circles_keep_identity_size_and_move_little():
    images, identities = synthetic.generate("tracking", 12, 128, 2)
    present = [set(np.unique(frame)) - {0} for frame in identities]
    assert present[0] == set(range(1, len(present[0]) + 1))
    assert all(frame == present[0] for frame in present)
    for identity in present[0]:
        centres = np.array([np.argwhere(frame == identity).mean(axis=0) for frame in identities])
        steps = np.hypot(*np.diff(centres, axis=0).T)
        assert steps.max() < 8
        assert np.hypot(*(centres[-1] - centres[0])) > 0
        brightness = [
            image[frame == identity].mean() for image, frame in zip(images, identities, strict=True)
        ]
        assert np.ptp(brightness) < 0.02


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"modality": "xray"}, "em, mri, histology"),
        ({"modality": "em", "size": 0}, "size is 0"),
        ({"modality": "em", "size": (8, -1)}, "size is"),
        ({"modality": "em", "size": (8, 8, 8)}, "size is"),
        ({"modality": "em", "n": 0}, "n is 0"),
        ({"modality": "em", "seed": -1}, "seed is -1"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        synthetic.generate(**arguments)


@pytest.mark.parametrize("modality", MODALITIES)
def test_stacks_have_axes_units_and_truth(modality):
    stack = synthetic.stack(modality, n=3, size=(32, 48), seed=0)
    colour = modality in ("mri", "histology", "atlas")
    assert stack.axes == ("tyx" if modality == "tracking" else "zyxc" if colour else "zyx")
    assert stack.rgb is colour
    assert stack.shape == (3, 32, 48, 3)[: 4 if colour else 3]
    assert stack.labels.shape == (3, 32, 48)
    assert stack.units[1:] != ("pixel", "pixel")
    assert stack.units[0] == ("s" if modality == "tracking" else stack.units[1])
    masks = synthetic.generate(modality, 3, (32, 48), 0)[1]
    np.testing.assert_array_equal(stack.labels, masks if modality == "tracking" else masks + 1)
