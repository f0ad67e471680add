"""TIFF in its dialects, written with tifffile in their true form."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from patchprobe.errors import InputError
from patchprobe.io import load_stack

VOLUME = np.arange(5 * 33 * 47, dtype=np.uint16).reshape(5, 33, 47)


def as_array(stack):
    return np.asarray(stack.data)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8", "u8", "i8"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_dtypes_byte_orders_and_compression(tmp_path, dtype, byteorder, compression):
    data = (VOLUME % 100).astype(dtype)
    tifffile.imwrite(
        tmp_path / "a.tif", data, byteorder=byteorder, compression=compression, photometric="minisblack"
    )
    stack = load_stack(tmp_path / "a.tif")
    assert stack.axes == "zyx"
    assert stack.data.dtype == np.dtype(dtype)
    assert stack.data.dtype.isnative
    np.testing.assert_array_equal(as_array(stack), data)
    np.testing.assert_array_equal(stack.plane(3), data[3])
    assert stack.plane(3).dtype.isnative


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "lzw"},
        {"compression": "zstd"},
        {"compression": "zlib", "predictor": True},
        {"tile": (16, 32)},
        {"tile": (16, 32), "compression": "lzw"},
        {"rowsperstrip": 7},
        {"bigtiff": True},
        {"metadata": None},
        {"contiguous": False},
    ],
)
def test_layouts(tmp_path, options):
    path = tmp_path / "a.tif"
    if options.pop("contiguous", True):
        tifffile.imwrite(path, VOLUME, photometric="minisblack", **options)
    else:
        with tifffile.TiffWriter(path) as writer:
            for plane in VOLUME:
                writer.write(plane, contiguous=False, metadata=None)
    stack = load_stack(path)
    assert stack.axes == "zyx"
    np.testing.assert_array_equal(as_array(stack), VOLUME)
    np.testing.assert_array_equal(stack.plane(4), VOLUME[4])
    np.testing.assert_array_equal(np.asarray(stack.data[1:4, ::2, 5]), VOLUME[1:4, ::2, 5])


def test_jpeg_inside(tmp_path):
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", smooth, compression="jpeg", tile=(64, 64))
    assert np.abs(as_array(load_stack(tmp_path / "a.tif")).astype(int) - smooth).max() < 8


def test_one_bit_becomes_uint8(tmp_path):
    mask = VOLUME[0] % 3 == 0
    tifffile.imwrite(tmp_path / "a.tif", mask)
    stack = load_stack(tmp_path / "a.tif")
    assert stack.data.dtype == np.uint8
    np.testing.assert_array_equal(as_array(stack), mask)


@pytest.mark.parametrize(
    ("unit", "expected"), [("micron", "µm"), ("\\u00B5m", "µm"), ("um", "µm"), ("nm", "nm"), ("mm", "mm")]
)
def test_imagej_calibration(tmp_path, unit, expected):
    tifffile.imwrite(
        tmp_path / "a.tif",
        VOLUME,
        imagej=True,
        resolution=(1 / 0.004, 1 / 0.005),
        metadata={"axes": "ZYX", "spacing": 0.05, "unit": unit},
    )
    stack = load_stack(tmp_path / "a.tif")
    assert stack.axes == "zyx"
    assert stack.voxel_size == (0.05, 0.005, 0.004)
    assert stack.units == (expected,) * 3
    assert stack.notes == ()
    assert stack.format == "ImageJ TIFF"


def test_imagej_hyperstack(tmp_path):
    data = np.arange(2 * 3 * 2 * 9 * 11, dtype=np.uint8).reshape(2, 3, 2, 9, 11)
    tifffile.imwrite(
        tmp_path / "a.tif", data, imagej=True, metadata={"axes": "TZCYX", "finterval": 1.5, "unit": "um"}
    )
    stack = load_stack(tmp_path / "a.tif")
    assert stack.axes == "tzyxc"
    assert not stack.rgb
    assert (stack.voxel_size[0], stack.units[0]) == (1.5, "s")
    np.testing.assert_array_equal(as_array(stack), np.moveaxis(data, 2, -1))
    np.testing.assert_array_equal(stack.plane(4), np.moveaxis(data[1, 1], 0, -1))
    np.testing.assert_array_equal(stack.channel(1).plane(4), data[1, 1, 1])


def test_imagej_colour_hyperstack(tmp_path):
    data = np.arange(3 * 9 * 11 * 3, dtype=np.uint8).reshape(3, 9, 11, 3)
    tifffile.imwrite(tmp_path / "a.tif", data, imagej=True, metadata={"axes": "ZYXS"})
    stack = load_stack(tmp_path / "a.tif")
    assert (stack.axes, stack.rgb) == ("zyxc", True)
    np.testing.assert_array_equal(as_array(stack), data)


def test_imagej_stack_beyond_four_gigabytes(tmp_path):
    """ImageJ keeps one directory and lets the planes follow, whatever the 32-bit offsets."""
    path = tmp_path / "a.tif"
    planes = 5000
    tifffile.imwrite(
        path,
        np.zeros((1024, 1024), np.uint8),
        description=f"ImageJ=1.54f\nimages={planes}\nslices={planes}\nspacing=50\nunit=nm\n",
        resolution=(0.25, 0.25),
        metadata=None,
        photometric="minisblack",
    )
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages[0].dataoffsets[0]
    with path.open("r+b") as file:
        file.truncate(offset + (planes << 20))
        file.seek(offset + (4321 << 20))
        file.write(b"\x07" * 5)
    stack = load_stack(path)
    assert (stack.axes, stack.shape) == ("zyx", (planes, 1024, 1024))
    assert stack.voxel_size == (50, 4, 4)
    assert stack.plane(4321).sum() == 35


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_ome(tmp_path, compression):
    data = np.arange(2 * 3 * 9 * 11, dtype=np.uint16).reshape(2, 3, 9, 11)
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        data,
        compression=compression,
        metadata={
            "axes": "CZYX",
            "PhysicalSizeX": 4.25,
            "PhysicalSizeXUnit": "nm",
            "PhysicalSizeY": 4.5,
            "PhysicalSizeYUnit": "nm",
            "PhysicalSizeZ": 0.05,
            "Channel": {"Name": ["DAPI", "GFP"]},
        },
    )
    stack = load_stack(tmp_path / "a.ome.tif")
    assert stack.axes == "zyxc"
    assert stack.voxel_size == (0.05, 4.5, 4.25)
    assert stack.units == ("µm", "nm", "nm")
    assert stack.channel_names == ("DAPI", "GFP")
    assert stack.format == "OME-TIFF"
    assert stack.name == "a"
    np.testing.assert_array_equal(as_array(stack), np.moveaxis(data, 0, -1))


def test_ome_of_several_files(tmp_path):
    """Two files, one plane each, described by the XML in both."""
    uuids = ["urn:uuid:00000000-0000-0000-0000-00000000000" + n for n in "12"]
    tiffdata = "".join(
        f'<TiffData FirstZ="{i}" FirstC="0" FirstT="0" IFD="0" PlaneCount="1">'
        f'<UUID FileName="z{i}.ome.tif">{uuid}</UUID></TiffData>'
        for i, uuid in enumerate(uuids)
    )
    for i, uuid in enumerate(uuids):
        xml = (
            f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
            f' UUID="{uuid}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16"'
            f' SizeX="47" SizeY="33" SizeZ="2" SizeC="1" SizeT="1" PhysicalSizeX="4" PhysicalSizeXUnit="nm"'
            f' PhysicalSizeY="4" PhysicalSizeYUnit="nm">'
            f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/>{tiffdata}</Pixels></Image></OME>'
        )
        tifffile.imwrite(
            tmp_path / f"z{i}.ome.tif", VOLUME[i], description=xml.encode(), metadata=None, compression="zlib"
        )
    stack = load_stack(tmp_path / "z0.ome.tif")
    assert stack.axes == "zyx"
    np.testing.assert_array_equal(as_array(stack), VOLUME[:2])
    assert any("distance between planes" in note for note in stack.notes)

    (tmp_path / "z1.ome.tif").unlink()
    stack = load_stack(tmp_path / "z0.ome.tif")
    assert any("1 of 2 planes are not in the file" in note for note in stack.notes)
    np.testing.assert_array_equal(stack.plane(0), VOLUME[0])


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_colour(tmp_path, planar):
    data = np.arange(9 * 11 * 3, dtype=np.uint8).reshape(9, 11, 3)
    stored = data if planar == "contig" else np.moveaxis(data, -1, 0)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar)
    stack = load_stack(tmp_path / "a.tif")
    assert (stack.axes, stack.rgb) == ("yxc", True)
    np.testing.assert_array_equal(stack.plane(), data)


def test_opacity_is_left_out_with_a_note(tmp_path):
    data = np.arange(2 * 9 * 11 * 4, dtype=np.uint8).reshape(2, 9, 11, 4)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="rgb", extrasamples=["unassalpha"])
    stack = load_stack(tmp_path / "a.tif")
    assert (stack.shape, stack.rgb) == ((2, 9, 11, 3), True)
    assert any("alpha" in note for note in stack.notes)
    np.testing.assert_array_equal(stack.plane(1), data[1, ..., :3])


def test_three_samples_that_are_not_called_colours(tmp_path):
    data = np.arange(9 * 11 * 3, dtype=np.uint8).reshape(9, 11, 3)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="minisblack", planarconfig="contig")
    assert load_stack(tmp_path / "a.tif").rgb
    assert any("rgb=False" in note for note in load_stack(tmp_path / "a.tif").notes)
    separate = load_stack(tmp_path / "a.tif", rgb=False)
    assert not separate.rgb
    assert not any("rgb=" in note for note in separate.notes)


def test_resolution_tags(tmp_path):
    def sizes(resolution, unit):
        tifffile.imwrite(
            tmp_path / "a.tif", VOLUME, resolution=resolution, resolutionunit=unit, photometric="minisblack"
        )
        stack = load_stack(tmp_path / "a.tif")
        return stack.voxel_size, stack.units, " ".join(stack.notes)

    assert sizes((20000, 20000), "CENTIMETER")[:2] == ((0.5,) * 3, ("µm",) * 3)
    assert sizes((50800, 50800), "INCH")[:2] == ((0.5,) * 3, ("µm",) * 3)
    voxel_size, units, notes = sizes((300, 300), "INCH")
    assert (voxel_size, units) == ((1,) * 3, ("pixel",) * 3)
    assert "300 dots per inch" in notes
    assert sizes((1, 1), "NONE")[1] == ("pixel",) * 3


def test_overrides(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", VOLUME, photometric="minisblack")
    stack = load_stack(tmp_path / "a.tif", axes="tyx", voxel_size="4 nm")
    assert (stack.axes, stack.voxel_size, stack.units) == ("tyx", (1, 4, 4), ("pixel", "nm", "nm"))
    assert stack.notes == ()
    columns_first = load_stack(tmp_path / "a.tif", axes="xzy")
    np.testing.assert_array_equal(as_array(columns_first), VOLUME.transpose(1, 2, 0))


def test_several_images_in_one_file(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(VOLUME, photometric="minisblack")
        writer.write(VOLUME[0, :20, :20], photometric="minisblack")
    stack = load_stack(tmp_path / "a.tif")
    assert stack.shape == VOLUME.shape
    assert any("2 images" in note for note in stack.notes)
    np.testing.assert_array_equal(as_array(load_stack(tmp_path / "a.tif", dataset=1)), VOLUME[0, :20, :20])
    with pytest.raises(InputError, match="0: 5×33×47"):
        load_stack(tmp_path / "a.tif", dataset=2)


def test_levels_of_resolution(tmp_path):
    big = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as writer:
        writer.write(
            big,
            subifds=1,
            tile=(16, 16),
            metadata={"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5},
        )
        writer.write(big[::2, ::2], subfiletype=1, tile=(16, 16))
    np.testing.assert_array_equal(as_array(load_stack(tmp_path / "a.ome.tif")), big)
    small = load_stack(tmp_path / "a.ome.tif", level=1)
    np.testing.assert_array_equal(as_array(small), big[::2, ::2])
    assert small.voxel_size == (1.0, 1.0)
    with pytest.raises(InputError, match="2 level"):
        load_stack(tmp_path / "a.ome.tif", level=2)


def test_a_large_tiled_plane_is_read_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("patchprobe.io.tiff._WHOLE_PAGE_BYTES", 1000)
    monkeypatch.setattr("patchprobe.io.lazy._WHOLE_PLANE_BYTES", 1000)
    monkeypatch.setattr("patchprobe.io.lazy._TILE_EDGE", 32)
    data = np.arange(2 * 100 * 80, dtype=np.uint16).reshape(2, 100, 80)
    tifffile.imwrite(tmp_path / "a.tif", data, tile=(16, 16), compression="zlib", photometric="minisblack")
    stack = load_stack(tmp_path / "a.tif")
    assert stack.data.chunks[1][0] == 32
    np.testing.assert_array_equal(as_array(stack), data)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("share", [0.05, 0.4, 0.8, 0.99])
def test_a_cut_file_is_refused(tmp_path, compression, together, share):
    noise = np.random.default_rng(0).integers(0, 255, (6, 60, 60)).astype(np.uint8)
    whole, cut = tmp_path / "whole.tif", tmp_path / "cut.tif"
    with tifffile.TiffWriter(whole) as writer:
        for plane in noise if not together else [noise]:
            writer.write(
                plane, contiguous=False, compression=compression, photometric="minisblack", metadata=None
            )
    content = whole.read_bytes()
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"cut"):
        as_array(load_stack(cut))


def test_a_damaged_plane_is_refused_when_it_is_read(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (3, 64, 64)).astype(np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, noise, compression="zlib", photometric="minisblack")
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages[1].dataoffsets[0]
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 50)
    stack = load_stack(path)
    np.testing.assert_array_equal(stack.plane(0), noise[0])
    with pytest.raises(InputError, match=r"a\.tif \(at 1"):
        stack.plane(1)


def test_complex_pixels_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", VOLUME.astype(np.complex64), photometric="minisblack")
    with pytest.raises(InputError, match="complex64"):
        load_stack(tmp_path / "a.tif")
