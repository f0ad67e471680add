"""Finding the format, and what is said of files that cannot be read."""

from __future__ import annotations

import logging

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

from patchprobe.errors import InputError
from patchprobe.io import known_suffixes, load_stack

GREY = np.arange(20 * 30, dtype=np.uint16).reshape(20, 30)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tif", b"", "empty"),
        ("a.tif", b"hello world, this is a text", "text file"),
        ("a.png", b"<html><body>404</body></html>", "web page"),
        ("a.h5", b"PK\x03\x04" + b"\0" * 50, "zip archive"),
        ("a.nii.gz", b"\x1f\x8b\x08\0" + b"\0" * 50, "NIfTI"),
        ("a.nii", b"\0" * 500, "NIfTI"),
        ("a.tif", bytes(range(200, 256)), "TIFF"),
        ("a.tif", b"II*\0", "cannot be read"),
        ("a.tif", b"II*\0" + b"\xff" * 40, r"a\.tif"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "cannot be read"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "cannot be read"),
        ("a.npy", b"\x93NUMPY", "cannot be read"),
        ("a.h5", b"\x89HDF\r\n\x1a\n", "cannot be read"),
        ("a.xyz", b"\0\1\2", r"\.xyz is not a known kind.*\.tif.*folders of numbered images"),
        ("a", b"\0\1\2", "without a suffix"),
        ("a.csv", b"x,y\n1,2\n", "text file"),
        ("a.pdf", b"%PDF-1.4", "PDF"),
        ("a.czi", b"ZISRAWFILE" + b"\0" * 20, "OME-TIFF"),
    ],
)
def test_messages(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_stack(tmp_path / name)


def test_a_missing_file_names_what_is_near(tmp_path):
    tifffile.imwrite(tmp_path / "stack.tif", GREY)
    with pytest.raises(InputError, match=r"Near it is stack\.tif"):
        load_stack(tmp_path / "stakc.tif")
    with pytest.raises(InputError, match=f"The folder {tmp_path} exists"):
        load_stack(tmp_path / "no" / "such" / "stack.tif")


@pytest.mark.parametrize("path", ["https://example.org/a.tif", "", "  "])
def test_paths_that_are_none(path):
    with pytest.raises(InputError, match=r"path"):
        load_stack(path)


def test_the_content_decides_against_the_name(tmp_path):
    iio.imwrite(tmp_path / "a.png", (GREY % 251).astype(np.uint8))
    (tmp_path / "a.png").rename(tmp_path / "a.tif")
    stack = load_stack(tmp_path / "a.tif")
    assert stack.format == "PNG"
    assert "holds PNG" in stack.notes[0]
    np.testing.assert_array_equal(stack.plane(), GREY % 251)
    (tmp_path / "a.tif").rename(tmp_path / "unnamed")
    assert load_stack(tmp_path / "unnamed").format == "PNG"


def test_a_guess_is_logged_once(tmp_path, caplog):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 20, 30), np.uint8), photometric="minisblack")
    with caplog.at_level(logging.WARNING, "patchprobe"):
        load_stack(tmp_path / "a.tif")
        load_stack(tmp_path / "a.tif")
    assert sum("was taken as 'zyx'" in record.getMessage() for record in caplog.records) == 1


def test_strings_and_the_home_folder_are_paths(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    tifffile.imwrite(tmp_path / "a.TIF", GREY)
    assert load_stack(str(tmp_path / "a.TIF")).name == "a"
    assert load_stack("~/a.TIF", name="mine").name == "mine"


def test_known_suffixes_are_simple():
    assert {".tif", ".png", ".zarr", ".h5", ".nii", ".npy"} <= set(known_suffixes())
    assert len(set(known_suffixes())) == len(known_suffixes())


def test_rgb_needs_colours(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GREY)
    with pytest.raises(InputError, match="1 channel"):
        load_stack(tmp_path / "a.tif", rgb=True)


def test_isotropic_needs_planes(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GREY)
    with pytest.raises(InputError, match="axis z"):
        load_stack(tmp_path / "a.tif", isotropic=True)
