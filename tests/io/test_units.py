"""Spellings of units and of voxel sizes."""

from __future__ import annotations

import pytest

from patchprobe.errors import InputError
from patchprobe.io.units import canonical, parse_voxel_size


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((4, "nm"), (4, "nm")),
        ((1.3, "Å"), (0.13, "nm")),
        ((0.5, "micron"), (0.5, "µm")),
        ((0.5, "\\u00B5m"), (0.5, "µm")),
        ((0.5, "\u03bcm"), (0.5, "µm")),
        ((0.5, "um"), (0.5, "µm")),
        ((2, "cm"), (20, "mm")),
        ((1, "inch"), (25.4, "mm")),
        ((2, "min"), (120, "s")),
        ((3, "pixels"), (3, "pixel")),
        ((1, "furlong"), None),
        ((0, "nm"), None),
        ((float("nan"), "nm"), None),
    ],
)
def test_units(given, expected):
    assert canonical(*given) == expected


@pytest.mark.parametrize(
    "given", ["50,4,4 nm", "50x4x4nm", "50 × 4 × 4 nm", "50 4 4 nm", ((50, 4, 4), "nm"), ["50,4,4", "nm"]]
)
def test_voxel_sizes_as_people_type_them(given):
    assert parse_voxel_size(given, "zyx", {}) == {"z": (50, "nm"), "y": (4, "nm"), "x": (4, "nm")}


def test_numbers_alone_keep_the_unit_of_the_file():
    sizes = parse_voxel_size((50, 4, 4), "zyx", {"x": (9, "nm")})
    assert sizes == {"z": (50, "pixel"), "y": (4, "pixel"), "x": (4, "nm")}
    assert parse_voxel_size(0.5, "yx", {})["y"] == (0.5, "pixel")


def test_time_may_be_left_out_and_takes_no_length():
    known = {"t": (2.0, "s")}
    assert parse_voxel_size("50,4,4 nm", "tzyx", known)["t"] == (2.0, "s")
    assert parse_voxel_size("3,50,4,4 nm", "tzyx", known)["t"] == (3.0, "s")
    assert parse_voxel_size("3,50,4,4 nm", "tzyx", {})["t"] == (3.0, "pixel")


@pytest.mark.parametrize(
    "given",
    [(4, 4), (1, 2, 3, 4, 5), (50, 0, 4), (50, -4, 4), (50, float("nan"), 4), "abc", "4,,x", "", "50,4,4 s",
     "50,4,4 parsec", (1, "b", 3), ((50, 4, 4), "wide")],
)  # fmt: skip
def test_refuses_what_is_no_voxel_size(given):
    with pytest.raises(InputError, match="voxel_size"):
        parse_voxel_size(given, "zyx", {})
