"""DICOM: order, scale, size, series."""

from __future__ import annotations

import shutil

import numpy as np
import pydicom
import pytest

from patchprobe.datasets.miniature.scanner import write_series
from patchprobe.errors import InputError
from patchprobe.io import load_stack
from patchprobe.io.contents import list_datasets

# Value = 100 × plane + 10 × row + column.
PLANES = (np.add.outer(100 * np.arange(4), np.add.outer(10 * np.arange(5), np.arange(6)))).astype(np.int16)


def write(folder, planes=PLANES, number=1, description="T1", **about):
    write_series(folder, planes, number, description, **about)
    return folder


def change(file, **tags):
    image = pydicom.dcmread(file)
    for name, value in tags.items():
        setattr(image, name, value)
    image.save_as(file)


def notes(stack):
    return " ".join(stack.notes)


def test_planes_are_in_the_order_in_which_they_lie(tmp_path):
    # Names and numbers of the files run the other way.
    stack = load_stack(write(tmp_path / "series", spacing_mm=2.5))
    assert (stack.axes, stack.shape, stack.data.dtype) == ("zyx", (4, 5, 6), np.int16)
    assert (stack.voxel_size, stack.units) == ((2.5, 1, 1), ("mm",) * 3)
    assert stack.format == "DICOM MR"
    np.testing.assert_array_equal(np.asarray(stack.data), PLANES)
    np.testing.assert_array_equal(stack.plane(2), PLANES[2])
    assert stack.notes == ()


def test_files_need_no_suffix_and_may_lie_deeper(tmp_path):
    write(tmp_path / "study/series")
    for number, file in enumerate(sorted((tmp_path / "study/series").iterdir())):
        file.rename(file.with_name(f"IM{number}"))
    (tmp_path / "study/DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    np.testing.assert_array_equal(np.asarray(load_stack(tmp_path).data), PLANES)


def test_one_file_is_one_plane(tmp_path):
    write(tmp_path)
    stack = load_stack(tmp_path / "1-04.dcm")
    assert (stack.axes, stack.voxel_size) == ("yx", (1, 1))
    np.testing.assert_array_equal(stack.plane(), PLANES[0])


def test_tilted_planes_are_measured_along_their_normal(tmp_path):
    write(tmp_path)
    turn = np.deg2rad(30)
    for index in range(4):
        place = 3.0 * index * np.array([0, -np.sin(turn), np.cos(turn)])
        change(
            tmp_path / f"1-{4 - index:02d}.dcm",
            ImageOrientationPatient=[1, 0, 0, 0, np.cos(turn), np.sin(turn)],
            ImagePositionPatient=place.tolist(),
        )
    stack = load_stack(tmp_path)
    assert stack.voxel_size == pytest.approx((3, 1, 1))
    np.testing.assert_array_equal(np.asarray(stack.data), PLANES)


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype"), [(1, -1024, np.int16), (1, 40000, np.int32), (0.5, 10, np.float32)]
)
def test_the_scale_of_the_headers_is_applied(tmp_path, slope, intercept, dtype):
    tags = {"RescaleSlope": slope, "RescaleIntercept": intercept, "PixelRepresentation": 1}
    write(tmp_path, tags=tags | ({"BitsStored": 12, "HighBit": 11} if dtype == np.int16 else {}))
    stack = load_stack(tmp_path)
    assert stack.data.dtype == dtype
    np.testing.assert_allclose(np.asarray(stack.data), PLANES.astype(float) * slope + intercept)


def test_inverted_grey_levels_are_turned(tmp_path):
    tags = {"PhotometricInterpretation": "MONOCHROME1", "PixelRepresentation": 0, "BitsStored": 12}
    write(tmp_path, tags=tags | {"HighBit": 11})
    stack = load_stack(tmp_path)
    np.testing.assert_array_equal(np.asarray(stack.data), 4095 - PLANES)
    assert "0 stands for white" in notes(stack)


def test_several_images_at_each_place_are_time(tmp_path):
    write(tmp_path)
    for file in sorted(tmp_path.iterdir()):
        later = file.with_name(f"later-{file.name}")
        shutil.copy(file, later)
        image = pydicom.dcmread(later)
        image.PixelData = (image.pixel_array + 1000).astype("<i2").tobytes()
        image.AcquisitionTime = "120500"
        image.save_as(later)
        change(file, AcquisitionTime="120000")
    stack = load_stack(tmp_path)
    assert (stack.axes, stack.shape) == ("tzyx", (2, 4, 5, 6))
    np.testing.assert_array_equal(np.asarray(stack.data), np.stack([PLANES, PLANES + 1000]))


def test_uneven_spacing_is_said_and_a_file_twice_refused(tmp_path):
    write(tmp_path)
    (tmp_path / "1-03.dcm").rename(tmp_path.parent / "away.dcm")
    stack = load_stack(tmp_path)
    assert stack.shape == (3, 5, 6)
    assert "varies from 1 to 2 mm" in notes(stack)
    shutil.copy(tmp_path / "1-02.dcm", tmp_path / "again.dcm")
    with pytest.raises(InputError, match="1 to 2 images at a place"):
        load_stack(tmp_path)


def test_without_positions_numbers_count(tmp_path):
    write(tmp_path)
    for file in tmp_path.iterdir():
        image = pydicom.dcmread(file)
        del image.ImagePositionPatient
        image.save_as(file)
    stack = load_stack(tmp_path)
    np.testing.assert_array_equal(np.asarray(stack.data), PLANES[::-1])
    assert "order of their numbers" in notes(stack)
    assert "distance between planes is not in the file" in notes(stack)


def test_mixed_series_are_listed_and_chosen(tmp_path):
    write(tmp_path / "a", number=4, description="T1 POST")
    write(tmp_path / "b", PLANES[:2], number=6, description="FLAIR")
    with pytest.raises(InputError, match="mixes 2 series: 4 'T1 POST'") as refused:
        load_stack(tmp_path)
    assert "(4 of 6 × 5); 6 'FLAIR' (2 of 6 × 5)" in str(refused.value)
    assert "dataset='T1 POST'" in str(refused.value)
    assert load_stack(tmp_path, dataset="FLAIR").shape == (2, 5, 6)
    assert load_stack(tmp_path, dataset="4").shape == (4, 5, 6)
    with pytest.raises(InputError, match="The series 'T2' is not in"):
        load_stack(tmp_path, dataset="T2")
    assert [c.name for c in list_datasets(tmp_path)] == ["T1 POST", "FLAIR"]
    assert list_datasets(tmp_path)[1].shape == (2, 5, 6)


def test_images_of_several_kinds_in_one_series_are_refused(tmp_path):
    write(tmp_path)
    change(tmp_path / "1-01.dcm", ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    with pytest.raises(InputError, match="planes of several directions"):
        load_stack(tmp_path)
    write(tmp_path)
    wide = pydicom.dcmread(tmp_path / "1-01.dcm")
    wide.Columns, wide.Rows = 5, 6
    wide.save_as(tmp_path / "1-01.dcm")
    with pytest.raises(InputError, match=r"mixes images of (6 × 5|5 × 6) px"):
        load_stack(tmp_path)


def test_one_file_with_many_frames(tmp_path):
    write(tmp_path, PLANES[:1])
    image = pydicom.dcmread(tmp_path / "1-01.dcm")
    image.NumberOfFrames, image.SpacingBetweenSlices = 4, 1.5
    image.PixelData = PLANES.astype("<i2").tobytes()
    image.save_as(tmp_path / "1-01.dcm")
    stack = load_stack(tmp_path / "1-01.dcm")
    assert stack.voxel_size == (1.5, 1, 1)
    np.testing.assert_array_equal(np.asarray(stack.data), PLANES)
    np.testing.assert_array_equal(stack.plane(3), PLANES[3])


def test_colours(tmp_path):
    write(tmp_path, PLANES[:1])
    image = pydicom.dcmread(tmp_path / "1-01.dcm")
    colours = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
    image.SamplesPerPixel, image.PhotometricInterpretation, image.PlanarConfiguration = 3, "RGB", 0
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation = 7, 0
    image.PixelData = colours.tobytes()
    image.save_as(tmp_path / "1-01.dcm")
    stack = load_stack(tmp_path)
    assert (stack.axes, stack.rgb, stack.data.dtype) == ("yxc", True, np.uint8)
    np.testing.assert_array_equal(stack.plane(), colours)


def test_what_is_no_image_is_left_out_or_refused(tmp_path):
    write(tmp_path)
    report = pydicom.dcmread(tmp_path / "1-01.dcm")
    for name in ("Rows", "Columns", "PixelData"):
        delattr(report, name)
    report.save_as(tmp_path / "report.dcm")
    assert load_stack(tmp_path).shape == (4, 5, 6)
    with pytest.raises(InputError, match="holds no DICOM image"):
        load_stack(tmp_path / "report.dcm")


def test_cut_files_and_unknown_packing_are_refused(tmp_path):
    write(tmp_path)
    content = (tmp_path / "1-02.dcm").read_bytes()
    (tmp_path / "1-02.dcm").write_bytes(content[:-20])
    stack = load_stack(tmp_path)
    assert stack.plane(0).size
    with pytest.raises(InputError, match="seems damaged"):
        stack.plane(2)
    image = pydicom.dcmread(tmp_path / "1-01.dcm")
    image.file_meta.TransferSyntaxUID = pydicom.uid.MPEG2MPML
    image.PixelData = pydicom.encaps.encapsulate([image.PixelData])
    image["PixelData"].is_undefined_length = True
    image.save_as(tmp_path / "1-01.dcm")
    with pytest.raises(InputError, match="for which no decoder is installed"):
        load_stack(tmp_path)
