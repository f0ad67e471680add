"""A folder of numbered images."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

from patchprobe.errors import InputError
from patchprobe.io import load_stack
from patchprobe.io.folder import natural_key

PLANES = np.random.default_rng(0).integers(0, 255, (12, 21, 34)).astype(np.uint8)


def write(folder, planes=PLANES, name="z{}.png"):
    for i, plane in enumerate(planes):
        iio.imwrite(folder / name.format(i), plane)
    return folder


def test_numbers_sort_as_numbers_whatever_their_padding(tmp_path):
    names = ["s10.png", "s009.png", "s1.png", "s02.png", "a3.png"]
    ordered = [file.name for file in sorted((tmp_path / name for name in names), key=natural_key)]
    assert ordered == ["a3.png", "s1.png", "s02.png", "s009.png", "s10.png"]


def test_planes_in_order_lazily(tmp_path):
    stack = load_stack(write(tmp_path))
    assert (stack.axes, stack.name, stack.format) == ("zyx", tmp_path.name, "PNG folder")
    np.testing.assert_array_equal(np.asarray(stack.data), PLANES)
    np.testing.assert_array_equal(stack.plane(11), PLANES[11])
    iio.imwrite(tmp_path / "z11.png", PLANES[0])
    np.testing.assert_array_equal(stack.plane(11), PLANES[0])


def test_the_axes_of_a_folder_can_be_named(tmp_path):
    stack = load_stack(write(tmp_path), axes="tyx", voxel_size="2 nm")
    assert (stack.axes, stack.units) == ("tyx", ("pixel", "nm", "nm"))


def test_hidden_and_other_files_are_ignored(tmp_path):
    write(tmp_path)
    for name in (".hidden1.png", "notes.txt", "Thumbs.db"):
        (tmp_path / name).write_text("x")
    (tmp_path / "more").mkdir()
    assert load_stack(tmp_path).n_planes == 12


def test_images_and_masks_side_by_side(tmp_path):
    write(tmp_path, name="cell_{}.png")
    write(tmp_path, PLANES > 99, name="cell_{}_mask.png")
    stack = load_stack(tmp_path)
    np.testing.assert_array_equal(np.asarray(stack.data), PLANES)
    assert any("dataset='cell_*_mask.png'" in note for note in stack.notes)
    masks = load_stack(tmp_path, dataset="*_mask.png")
    np.testing.assert_array_equal(np.asarray(masks.data) > 0, PLANES > 99)
    with pytest.raises(InputError, match=r"cell_0\.png"):
        load_stack(tmp_path, dataset="*.tif")


def test_colours_and_voxel_size_of_tiff_files(tmp_path):
    colours = np.stack([PLANES] * 3, -1)
    for i, plane in enumerate(colours):
        tifffile.imwrite(
            tmp_path / f"{i}.tif", plane, photometric="rgb", resolution=(20000, 20000), resolutionunit=3
        )
    stack = load_stack(tmp_path)
    assert (stack.axes, stack.rgb, stack.voxel_size) == ("zyxc", True, (0.5, 0.5, 0.5))
    np.testing.assert_array_equal(stack.plane(7), colours[7])


def test_volumes_in_the_files_become_time_points(tmp_path):
    for i in range(3):
        tifffile.imwrite(
            tmp_path / f"t{i}.tif", PLANES[i : i + 4], photometric="minisblack", compression="zlib"
        )
    stack = load_stack(tmp_path)
    assert (stack.axes, stack.shape) == ("tzyx", (3, 4, 21, 34))
    np.testing.assert_array_equal(stack.plane(6), PLANES[3])


def test_a_single_image_is_a_plane(tmp_path):
    assert load_stack(write(tmp_path, PLANES[:1])).axes == "yx"


@pytest.mark.parametrize("odd", [PLANES[0, :20], PLANES[0].astype(np.uint16) + 300])
def test_says_which_image_is_not_like_the_others(tmp_path, odd):
    write(tmp_path)
    iio.imwrite(tmp_path / "z5.png", odd)
    with pytest.raises(InputError, match=r"z5\.png has the shape"):
        load_stack(tmp_path)


def test_an_image_that_changes_or_goes_later_is_named(tmp_path):
    stack = load_stack(write(tmp_path))
    iio.imwrite(tmp_path / "z5.png", PLANES[0, :20])
    with pytest.raises(InputError, match=r"z5\.png has the shape"):
        stack.plane(5)
    (tmp_path / "z6.png").unlink()
    with pytest.raises(InputError, match=r"z6\.png was there"):
        stack.plane(6)


def test_a_folder_without_images(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="holds the folders raw"):
        load_stack(tmp_path)
