"""NIfTI: orientation, scale, time."""

from __future__ import annotations

import gzip

import nibabel as nib
import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.io import load_stack

# Value = 100 × right + 10 × anterior + superior, in voxels from the left, posterior, inferior corner.
RAS = np.add.outer(np.add.outer(100 * np.arange(5), 10 * np.arange(4)), np.arange(3)).astype(np.int16)
AFFINE = np.diag([1.0, 2.0, 3.0, 1.0])


def save(path, data=RAS, affine=AFFINE, unit="mm", slope=None):
    image = nib.Nifti1Image(data, affine)
    image.header.set_xyzt_units(unit, "sec")
    if slope:
        image.header.set_slope_inter(*slope)
    nib.save(image, path)
    return path


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_axial_planes_show_anterior_at_the_top(tmp_path, suffix):
    stack = load_stack(save(tmp_path / f"brain{suffix}"))
    assert (stack.axes, stack.name, stack.format) == ("zyx", "brain", "NIfTI")
    assert (stack.voxel_size, stack.units) == ((3, 2, 1), ("mm",) * 3)
    assert stack.data.dtype == np.int16
    assert stack.notes == ()
    expected = RAS.transpose(2, 1, 0)[:, ::-1]
    np.testing.assert_array_equal(np.asarray(stack.data), expected)
    np.testing.assert_array_equal(stack.plane(2), expected[2])


def test_other_orientations(tmp_path):
    path = save(tmp_path / "a.nii")
    coronal = load_stack(path, orientation="coronal")
    np.testing.assert_array_equal(np.asarray(coronal.data), RAS.transpose(1, 2, 0)[:, ::-1])
    assert coronal.voxel_size == (2, 3, 1)
    sagittal = load_stack(path, orientation="sagittal")
    np.testing.assert_array_equal(np.asarray(sagittal.data), RAS.transpose(0, 2, 1)[:, ::-1])
    assert sagittal.voxel_size == (1, 3, 2)
    with pytest.raises(InputError, match="axial, coronal, sagittal"):
        load_stack(path, orientation="oblique")


@pytest.mark.parametrize("orientation", ["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("code", ["LPS", "PIR", "ASL", "SAR"])
def test_however_it_is_stored_it_looks_the_same(tmp_path, orientation, code):
    """The same head, stored in other orders and directions of the axes."""
    image = nib.Nifti1Image(RAS, AFFINE)
    to = nib.orientations.axcodes2ornt(tuple(code))
    turned = image.as_reoriented(nib.orientations.ornt_transform(nib.io_orientation(AFFINE), to))
    assert "".join(nib.aff2axcodes(turned.affine)) == code
    turned.header.set_xyzt_units("mm")
    nib.save(turned, tmp_path / "turned.nii.gz")
    a = load_stack(tmp_path / "turned.nii.gz", orientation=orientation)
    b = load_stack(save(tmp_path / "straight.nii"), orientation=orientation)
    np.testing.assert_array_equal(np.asarray(a.data), np.asarray(b.data))
    np.testing.assert_array_equal(a.plane(1), b.plane(1))
    assert a.voxel_size == b.voxel_size


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_time_comes_first(tmp_path, suffix):
    data = np.stack([RAS, RAS + 1000], -1)
    affine = AFFINE.copy()
    image = nib.Nifti1Image(data, affine)
    image.header.set_zooms((1, 2, 3, 1.5))
    image.header.set_xyzt_units("mm", "sec")
    nib.save(image, tmp_path / f"a{suffix}")
    stack = load_stack(tmp_path / f"a{suffix}")
    assert (stack.axes, stack.shape) == ("tzyx", (2, 3, 4, 5))
    assert (stack.voxel_size, stack.units) == ((1.5, 3, 2, 1), ("s", "mm", "mm", "mm"))
    np.testing.assert_array_equal(stack.plane(4), RAS[:, ::-1, 1].T + 1000)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_the_scale_of_the_header_is_applied(tmp_path, suffix):
    image = nib.Nifti1Image(RAS, AFFINE)
    image.header.set_slope_inter(0.5, 10)
    path = tmp_path / f"a{suffix}"
    # nibabel would rescale the voxels: write what is stored by hand.
    header = image.header.copy()
    header["magic"], header["vox_offset"] = b"n+1", 352
    header["scl_slope"], header["scl_inter"] = 0.5, 10
    content = header.binaryblock + b"\0" * 4 + RAS.tobytes(order="F")
    path.write_bytes(gzip.compress(content) if suffix == ".nii.gz" else content)
    stack = load_stack(path)
    assert stack.data.dtype == np.float32
    np.testing.assert_allclose(stack.plane(0), RAS[:, ::-1, 0].T * 0.5 + 10)


def test_colours(tmp_path):
    data = np.zeros((5, 4, 3), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    data["G"] = 7
    save(tmp_path / "a.nii.gz", data)
    stack = load_stack(tmp_path / "a.nii.gz")
    assert (stack.axes, stack.rgb, stack.data.dtype) == ("zyxc", True, np.uint8)
    assert stack.plane(1)[2, 2].tolist() == [0, 7, 0]


def test_without_a_unit_mm_is_assumed_with_a_note(tmp_path):
    stack = load_stack(save(tmp_path / "a.nii", unit=0))
    assert stack.units == ("mm",) * 3
    assert any("mm was assumed" in note for note in stack.notes)


def test_axes_as_stored(tmp_path):
    stack = load_stack(save(tmp_path / "a.nii"), axes="zyx")
    np.testing.assert_array_equal(np.asarray(stack.data), RAS)


def test_isotropic(tmp_path):
    stack = load_stack(save(tmp_path / "a.nii", RAS.astype(np.float32)), isotropic=True)
    assert stack.voxel_size == (1, 1, 1)
    assert stack.shape == (7, 7, 5)
    # The values are linear along every axis, so linear interpolation is exact.
    expected = (
        np.arange(7)[:, None, None] / 3 + 10 * (3 - np.arange(7)[None, :, None] / 2) + 100 * np.arange(5)
    )
    np.testing.assert_allclose(np.asarray(stack.data), expected, rtol=1e-5)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_a_cut_file_is_refused(tmp_path, suffix, share):
    noise = np.random.default_rng(0).integers(0, 1000, (20, 20, 20)).astype(np.int16)
    whole = save(tmp_path / f"whole{suffix}", noise)
    content = whole.read_bytes()
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"a\.nii"):
        load_stack(path)


def test_gzip_in_several_members_is_whole(tmp_path):
    save(tmp_path / "a.nii")
    content = (tmp_path / "a.nii").read_bytes()
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(content[:400]) + gzip.compress(content[400:]))
    np.testing.assert_array_equal(load_stack(tmp_path / "b.nii.gz").plane(0), RAS[:, ::-1, 0].T)


def test_other_formats_refuse_an_orientation(tmp_path):
    np.save(tmp_path / "a.npy", RAS)
    with pytest.raises(InputError, match="how the head lies"):
        load_stack(tmp_path / "a.npy", orientation="axial")
