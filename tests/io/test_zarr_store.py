"""OME-Zarr 0.4 (Zarr 2) and 0.5 (Zarr 3), and plain arrays; attributes written by hand."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

from patchprobe.errors import InputError
from patchprobe.io import load_stack

DATA = np.arange(2 * 3 * 6 * 20 * 24, dtype=np.uint16).reshape(2, 3, 6, 20, 24)
UNITS = {"t": "second", "z": "nanometer", "y": "nanometer", "x": "nanometer"}


def multiscales(axes, scales):
    described = [{"name": a, "type": "space"} | ({"unit": UNITS[a]} if a in UNITS else {}) for a in axes]
    datasets = [
        {"path": str(i), "coordinateTransformations": [{"type": "scale", "scale": scale}]}
        for i, scale in enumerate(scales)
    ]
    return {"axes": described, "datasets": datasets, "name": "x"}


def write(path, version, data=DATA, axes="tczyx", scales=((1.5, 1, 50, 4, 4), (1.5, 1, 50, 8, 8)), **more):
    group = zarr.create_group(path, zarr_format=2 if version == "0.4" else 3)
    described = multiscales(axes, [list(s) for s in scales])
    if version == "0.4":
        group.attrs.update({"multiscales": [described | {"version": "0.4"}], **more})
    else:
        group.attrs.update({"ome": {"version": version, "multiscales": [described], **more}})
    for i in range(len(scales)):
        level = data[..., :: 2**i, :: 2**i]
        array = group.create_array(
            str(i), shape=level.shape, dtype=data.dtype, chunks=(1,) * (data.ndim - 3) + (4, 8, 8)
        )
        array[:] = level
    return path


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_axes_scale_units_and_levels(tmp_path, version):
    stack = load_stack(write(tmp_path / "a.ome.zarr", version))
    assert stack.axes == "tzyxc"
    assert stack.voxel_size == (1.5, 50, 4, 4)
    assert stack.units == ("s", "nm", "nm", "nm")
    assert (stack.format, stack.name) == (f"OME-Zarr {version}", "a")
    np.testing.assert_array_equal(np.asarray(stack.data), np.moveaxis(DATA, 1, -1))
    np.testing.assert_array_equal(stack.plane(7), np.moveaxis(DATA[1, :, 1], 0, -1))
    np.testing.assert_array_equal(np.asarray(stack.data[1, 2:5, ::3, 5, 1]), DATA[1, 1, 2:5, ::3, 5])
    small = load_stack(tmp_path / "a.ome.zarr", level=1)
    assert small.voxel_size == (1.5, 50, 8, 8)
    np.testing.assert_array_equal(np.asarray(small.data), np.moveaxis(DATA[..., ::2, ::2], 1, -1))
    with pytest.raises(InputError, match="2 level"):
        load_stack(tmp_path / "a.ome.zarr", level=2)


def test_scale_of_the_whole_pyramid_multiplies(tmp_path):
    path = write(tmp_path / "a.zarr", "0.4", DATA[0, 0], "zyx", [(50, 4, 4)])
    group = zarr.open_group(path, mode="a")
    described = dict(group.attrs["multiscales"][0])
    described["coordinateTransformations"] = [{"type": "scale", "scale": [2, 2, 2]}]
    group.attrs["multiscales"] = [described]
    assert load_stack(path).voxel_size == (100, 8, 8)


def test_axes_of_length_one_are_dropped(tmp_path):
    stack = load_stack(write(tmp_path / "a.zarr", "0.5", DATA[:1, :1]))
    assert stack.axes == "zyx"
    named = load_stack(tmp_path / "a.zarr", axes="zyx")
    np.testing.assert_array_equal(np.asarray(named.data), DATA[0, 0])


def channels(colours, labels):
    return {"channels": [{"color": c, "label": n} for c, n in zip(colours, labels, strict=True)]}


def test_omero_names_and_colours(tmp_path):
    colours = ("FF0000", "00FF00", "0000FF")
    named = write(tmp_path / "a.zarr", "0.5", omero=channels(colours, ("DAPI", "GFP", "Cy5")))
    stack = load_stack(named)
    assert (stack.rgb, stack.channel_names) == (False, ("DAPI", "GFP", "Cy5"))
    assert stack.channel(1).name == "a [GFP]"
    picture = write(tmp_path / "b.zarr", "0.5", omero=channels(colours, ("Red", "Green", "Blue")))
    assert load_stack(picture).rgb
    assert load_stack(named, rgb=True).rgb


def test_three_channels_without_a_word_about_colours(tmp_path):
    stack = load_stack(write(tmp_path / "a.zarr", "0.4"))
    assert not stack.rgb
    assert any("rgb=True" in note for note in stack.notes)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_plain_array(tmp_path, zarr_format):
    names = {"dimension_names": ["t", "y", "x"]} if zarr_format == 3 else {}
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(6, 20, 24), dtype=">u2" if zarr_format == 2 else "u2",
        zarr_format=zarr_format, chunks=(2, 20, 24), **names,
    )  # fmt: skip
    array[:] = DATA[0, 0]
    stack = load_stack(tmp_path / "a.zarr")
    assert stack.axes == ("tyx" if zarr_format == 3 else "zyx")
    assert stack.data.dtype == np.uint16
    np.testing.assert_array_equal(stack.plane(5), DATA[0, 0, 5])


def test_arrays_in_a_group(tmp_path):
    group = zarr.create_group(tmp_path / "a.zarr", zarr_format=3)
    for name in ("volumes/raw", "volumes/labels/neurons"):
        group.create_array(name, shape=(6, 20, 24), dtype="u2")
    stack = load_stack(tmp_path / "a.zarr")
    assert any("'volumes/raw' was opened" in note for note in stack.notes)
    assert load_stack(tmp_path / "a.zarr", dataset="volumes/labels/neurons").shape == (6, 20, 24)
    assert load_stack(tmp_path / "a.zarr" / "volumes" / "raw").shape == (6, 20, 24)
    with pytest.raises(InputError, match="volumes/raw"):
        load_stack(tmp_path / "a.zarr", dataset="nothing")


def test_image_of_a_converted_file(tmp_path):
    """Bio-Formats keeps the image in the group 0."""
    zarr.create_group(tmp_path / "a.zarr", zarr_format=2)
    write(tmp_path / "a.zarr" / "0", "0.4")
    assert load_stack(tmp_path / "a.zarr").axes == "tzyxc"


def test_fields_of_a_plate_are_listed(tmp_path):
    zarr.create_group(tmp_path / "a.zarr", zarr_format=2)
    for row in "AB":
        zarr.create_group(tmp_path / "a.zarr" / row, zarr_format=2)
        zarr.create_group(tmp_path / "a.zarr" / row / "1", zarr_format=2)
        write(tmp_path / "a.zarr" / row / "1" / "0", "0.4")
    with pytest.raises(InputError, match="A/1/0, B/1/0"):
        load_stack(tmp_path / "a.zarr")
    assert load_stack(tmp_path / "a.zarr", dataset="B/1/0").axes == "tzyxc"


def test_blocks_of_many_planes_are_decoded_once(tmp_path, monkeypatch):
    stack = load_stack(write(tmp_path / "a.zarr", "0.5", DATA[0, 0], "zyx", [(50, 4, 4)]))
    reads = []
    original = zarr.Array.__getitem__
    monkeypatch.setattr(zarr.Array, "__getitem__", lambda self, key: reads.append(key) or original(self, key))
    for i in range(4):
        np.testing.assert_array_equal(stack.plane(i), DATA[0, 0, i])
    assert len(reads) == 1


def test_a_missing_level_and_a_store_without_images(tmp_path):
    path = write(tmp_path / "a.zarr", "0.4")
    zarr.open_group(path, mode="a").__delitem__("0")
    with pytest.raises(InputError, match="not complete"):
        load_stack(path)
    zarr.create_group(tmp_path / "b.zarr", zarr_format=3)
    with pytest.raises(InputError, match="no data set"):
        load_stack(tmp_path / "b.zarr")
    (tmp_path / "c.zarr").mkdir()
    with pytest.raises(InputError, match=r"c\.zarr"):
        load_stack(tmp_path / "c.zarr")


@pytest.mark.parametrize("marker", ["zarr.json", ".zarray", ".zgroup"])
def test_damaged_metadata(tmp_path, marker):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr" / marker).write_text("{")
    with pytest.raises(InputError, match=r"a\.zarr"):
        load_stack(tmp_path / "a.zarr")


def test_a_damaged_chunk_is_refused_when_it_is_read(tmp_path):
    path = write(tmp_path / "a.zarr", "0.5", DATA[0, 0], "zyx", [(50, 4, 4)])
    chunk = next(p for p in (path / "0" / "c" / "0").rglob("*") if p.is_file())
    chunk.write_bytes(b"no chunk")
    with pytest.raises(InputError, match=r"a\.zarr \(at 0"):
        load_stack(path).plane(0)
