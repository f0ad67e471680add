"""Objects of stacks: numbered through, measured, joined through planes."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from patchprobe import LinearProbe, embed_stack
from patchprobe.errors import InputError
from patchprobe.io import Stack
from patchprobe.objects import ObjectCollector, ObjectSettings, find_objects, find_objects_in_stack
from patchprobe.prediction import predict_stack


def block_stack():
    """Class 2: a column of 2 × 2 px through planes 0 and 1, and one pixel on plane 2, of 3 × 4 × 5 voxels."""
    labels = np.ones((3, 4, 5), np.uint8)
    labels[:2, 1:3, 1:3] = 2
    labels[2, 3, 4] = 2
    image = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
    stack = Stack(image, "zyx", voxel_size=(50.0, 4.0, 2.0), units=("nm",) * 3, name="blocks")
    return stack, replace(stack, data=labels, name="labels")


def same_parts(a, b):
    """Whether two label images show the same objects, whatever their numbers."""
    pairs = np.unique(np.stack([np.ravel(a), np.ravel(b)]), axis=1)
    return len(np.unique(pairs[0])) == pairs.shape[1] == len(np.unique(pairs[1]))


class TestPlaneByPlane:
    def test_numbers_go_on_from_plane_to_plane(self):
        found = find_objects_in_stack(*block_stack(), ObjectSettings())
        assert found.labels.dtype == np.int32
        assert [set(np.unique(plane)) - {0} for plane in found.labels] == [{1}, {2}, {3}]
        assert found.count == 3

    def test_they_are_measured_in_physical_units(self):
        """Object 1: pixels 6, 7, 11, 12 of plane 0, rows 1, 2 of 4 nm and columns 1, 2 of 2 nm."""
        table = find_objects_in_stack(*block_stack(), ObjectSettings()).table
        assert list(table) == [
            "label",
            "class",
            "plane",
            "area_px",
            "area_nm2",
            "diameter_nm",
            "mean_intensity",
            "centroid_z_nm",
            "centroid_y_nm",
            "centroid_x_nm",
        ]
        row = {name: column[0] for name, column in table.items()}
        assert (row["label"], row["class"], row["plane"], row["area_px"], row["area_nm2"]) == (1, 2, 0, 4, 32)
        assert row["diameter_nm"] == pytest.approx(np.sqrt(4 * 32 / np.pi))
        assert row["mean_intensity"] == 9
        assert (row["centroid_z_nm"], row["centroid_y_nm"], row["centroid_x_nm"]) == (0, 6, 3)
        assert [column[2] for name, column in table.items() if "centroid" in name] == [100, 12, 8]

    def test_each_plane_is_that_of_find_objects(self, em_stack):
        prediction = replace(em_stack, data=em_stack.labels, labels=None)
        settings = ObjectSettings(number=1, min_size=5, split_diameter=10, fill_holes=3)
        found = find_objects_in_stack(em_stack, prediction, settings)
        before = 0
        for plane in range(3):
            alone = find_objects(em_stack.labels[plane], settings)
            np.testing.assert_array_equal(
                found.labels[plane], np.where(alone > 0, alone + before, 0), err_msg=str(plane)
            )
            before += alone.max()
        assert found.count == before

    def test_small_ones_are_left_out(self):
        assert find_objects_in_stack(*block_stack(), ObjectSettings(min_size=2)).count == 2

    def test_nothing_found_is_an_empty_table(self):
        found = find_objects_in_stack(*block_stack(), ObjectSettings(number=7))
        assert found.count == 0 and not found.labels.any()
        assert all(len(column) == 0 for column in found.table.values())

    def test_a_movie_has_no_z(self):
        image, labels = (
            replace(stack, axes="tyx", units=("s", "µm", "µm"), voxel_size=(1, 0.5, 0.5))
            for stack in block_stack()
        )
        table = find_objects_in_stack(image, labels, ObjectSettings()).table
        assert "area_um2" in table and "centroid_y_um" in table
        assert not [name for name in table if "_z" in name]
        with pytest.raises(InputError, match="without z"):
            find_objects_in_stack(image, labels, ObjectSettings(join_planes=True))

    def test_without_a_voxel_size_pixels_are_the_unit(self):
        image, labels = block_stack()
        image = Stack(image.data, "zyx")
        assert list(find_objects_in_stack(image, labels, ObjectSettings()).table)[3:] == [
            "area_px",
            "diameter_px",
            "mean_intensity",
            "centroid_z_px",
            "centroid_y_px",
            "centroid_x_px",
        ]

    def test_each_channel_is_measured(self):
        image, labels = block_stack()
        colours = replace(
            image, data=np.stack([image.data, image.data + 1, image.data], -1), axes="zyxc", rgb=True
        )
        table = find_objects_in_stack(colours, labels, ObjectSettings()).table
        assert table["mean_intensity_green"][0] == 10
        named = replace(colours, rgb=False, channel_names=("DAPI", "GFP", "RFP"))
        assert "mean_intensity_GFP" in find_objects_in_stack(named, labels, ObjectSettings()).table

    def test_one_plane(self):
        image, labels = block_stack()
        found = find_objects_in_stack(
            Stack(image.plane(0), "yx"), Stack(labels.plane(0), "yx"), ObjectSettings()
        )
        assert found.labels.shape == (4, 5) and found.count == 1


class TestThroughPlanes:
    def test_what_lies_over_each_other_is_one_object(self):
        """Two planes of 4 px of 50 × 4 × 2 nm: 8 voxels of 400 nm³, centred between planes 0 and 1."""
        found = find_objects_in_stack(*block_stack(), ObjectSettings(join_planes=True))
        assert found.count == 2
        assert (found.labels[:2, 1:3, 1:3] == 1).all() and found.labels[2, 3, 4] == 2
        row = {name: column[0] for name, column in found.table.items()}
        assert (row["planes"], row["volume_px"], row["volume_nm3"]) == (2, 8, 3200)
        assert row["diameter_nm"] == pytest.approx(np.cbrt(6 * 3200 / np.pi))
        assert (row["centroid_z_nm"], row["centroid_y_nm"], row["centroid_x_nm"]) == (25, 6, 3)
        assert row["mean_intensity"] == (9 + 29) / 2
        assert row["plane"] == 0

    @pytest.mark.parametrize("diagonal", [False, True])
    def test_they_are_the_connected_components_of_the_volume(self, diagonal):
        mask = np.random.default_rng(0).random((9, 40, 50)) < 0.28
        stack = Stack(mask.astype(np.uint8) + 1, "zyx")
        settings = ObjectSettings(join_planes=True, diagonal=diagonal)
        found = find_objects_in_stack(stack, stack, settings)
        structure = ndimage.generate_binary_structure(3, 1)
        structure[1] |= diagonal
        truth, count = ndimage.label(mask, structure)
        assert found.count == count
        assert same_parts(found.labels, truth)
        np.testing.assert_array_equal(found.table["volume_px"], np.bincount(found.labels.ravel())[1:])

    def test_the_least_size_is_a_volume(self):
        """Each plane of the column has 4 px, together 8."""
        found = find_objects_in_stack(*block_stack(), ObjectSettings(join_planes=True, min_size=8))
        assert found.count == 1
        assert set(np.unique(found.labels)) == {0, 1}

    def test_objects_split_in_their_planes_stay_apart(self):
        """Two discs that touch on every plane are two columns, not one."""
        y, x = np.mgrid[:40, :60]
        discs = (np.hypot(y - 20, x - 20) < 10) | (np.hypot(y - 20, x - 37) < 10)
        stack = Stack(np.stack([discs + 1] * 4).astype(np.uint8), "zyx")
        whole = find_objects_in_stack(stack, stack, ObjectSettings(join_planes=True))
        split = find_objects_in_stack(stack, stack, ObjectSettings(join_planes=True, split_diameter=20))
        assert (whole.count, split.count) == (1, 2)
        assert list(split.table["planes"]) == [4, 4]

    def test_frames_of_a_movie_are_not_joined(self):
        image, labels = block_stack()
        twice = [
            Stack(np.stack([stack.data, stack.data]), "tzyx", (1.0, 50.0, 4.0, 2.0), ("s", "nm", "nm", "nm"))
            for stack in (image, labels)
        ]
        found = find_objects_in_stack(*twice, ObjectSettings(join_planes=True))
        assert found.count == 4
        assert found.table["plane"].tolist() == [0, 2, 3, 5]
        assert found.table["centroid_z_nm"].tolist() == [25, 100, 25, 100]

    def test_an_empty_stack(self):
        image, labels = block_stack()
        empty = replace(labels, data=np.zeros_like(labels.data))
        assert find_objects_in_stack(image, empty, ObjectSettings(join_planes=True)).count == 0


class TestOfAProbe:
    @pytest.fixture
    def probe(self, em_stack):
        labels = np.zeros_like(em_stack.labels[0])
        labels[5::10] = em_stack.labels[0, 5::10]
        [(_, embedding)] = embed_stack(em_stack, planes=[0])
        return LinearProbe(C=1.0).fit(embedding, labels).with_decision_weights({2: 0.3})

    def test_without_a_threshold_labels_and_probabilities_give_the_same(self, em_stack, probe):
        settings = ObjectSettings(number=1, min_size=4)
        by_labels = find_objects_in_stack(em_stack, predict_stack(em_stack, probe), settings)
        by_probability = find_objects_in_stack(
            em_stack, predict_stack(em_stack, probe, kind="probabilities"), settings, probe.classes_
        )
        np.testing.assert_array_equal(by_labels.labels, by_probability.labels)

    def test_written_plane_by_plane_into_an_array_that_is_given(self, em_stack, probe, tmp_path):
        place = np.memmap(tmp_path / "objects", np.int32, "w+", shape=em_stack.shape)
        settings = ObjectSettings(number=1, join_planes=True)
        prediction = predict_stack(em_stack, probe)
        steps = []
        found = find_objects_in_stack(
            em_stack, prediction, settings, labels=place, on_progress=lambda *step: steps.append(step)
        )
        assert found.labels is place
        np.testing.assert_array_equal(place, find_objects_in_stack(em_stack, prediction, settings).labels)
        assert steps == [(1, 3), (2, 3), (3, 3)]


def test_more_planes_need_no_more_memory():
    """What is kept between planes is one plane and the measurements."""
    image, labels = block_stack()
    collector = ObjectCollector(image, ObjectSettings(join_planes=True))
    for plane in labels.planes():
        collector.add(plane)
    kept = [value for value in vars(collector).values() if isinstance(value, np.ndarray)]
    assert sorted(array.shape for array in kept) == [(3, 4, 5), (4, 5)]


@pytest.mark.parametrize(
    ("prediction", "said"),
    [
        (Stack(np.ones((3, 4, 4), np.uint8), "zyx"), r"\(3, 4, 4\)"),
        (Stack(np.ones((3, 4, 5), complex), "zyx"), "complex128"),
        (Stack(np.ones((3, 4, 5, 2), np.uint8), "zyxc"), "uint8"),
        (Stack(np.ones((4, 5, 2), np.float32), "yxc"), "probabilities with a last axis"),
    ],
)
def test_what_does_not_belong_to_the_image_is_refused(prediction, said):
    with pytest.raises(InputError, match=said):
        find_objects_in_stack(block_stack()[0], prediction, ObjectSettings())
