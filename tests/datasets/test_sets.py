"""What each data set has of its own: every number here follows from its layout."""

from __future__ import annotations

import json
import shutil

import h5py
import imageio.v3 as iio
import nibabel as nib
import numpy as np
import pytest
import tifffile

from patchprobe import datasets
from patchprobe.datasets import allen_mouse, cell_tracking, cremi, ixi, neurofinder, oasis3, snemi3d, tcga
from patchprobe.errors import InputError
from patchprobe.io.label_classes import LabelClass

NOTHING = np.iinfo(np.uint64).max


def notes(stack):
    return " ".join(stack.notes)


# --- CREMI ---


@pytest.fixture
def cremi_file(tmp_path):
    """A volume of 4 × 6 × 8 whose truth is the part of it from voxel (1, 2, 3) on, 2 × 3 × 4."""
    raw = np.arange(4 * 6 * 8, dtype=np.uint8).reshape(4, 6, 8)
    ids = np.arange(1, 25, dtype=np.uint64).reshape(2, 3, 4)
    clefts = np.full(ids.shape, NOTHING)
    clefts[1, 1, 1] = 7
    path = tmp_path / "sample_A_padded_20160501.hdf"
    with h5py.File(path, "w") as file:
        for name, values in (("raw", raw), ("labels/neuron_ids", ids), ("labels/clefts", clefts)):
            data = file.create_dataset(f"volumes/{name}", data=values)
            data.attrs["resolution"] = (40.0, 4.0, 4.0)
            if name != "raw":
                data.attrs["offset"] = (40.0, 8.0, 12.0)
    return path


def test_cremi_puts_the_truth_where_its_offset_says(cremi_file):
    stack = cremi.load(cremi_file.parent)
    assert (stack.axes, stack.voxel_size, stack.units) == ("zyx", (40, 4, 4), ("nm",) * 3)
    labels = np.asarray(stack.labels)
    assert (labels.shape, labels.dtype) == ((4, 6, 8), np.uint64)
    np.testing.assert_array_equal(labels[1:3, 2:5, 3:7], np.arange(1, 25).reshape(2, 3, 4))
    assert np.count_nonzero(labels) == 24
    np.testing.assert_array_equal(stack.label_plane(2), labels[2])
    assert stack.notes == ()


def test_cremi_clefts_have_no_background(cremi_file):
    labels = np.asarray(cremi.load(cremi_file, labels="clefts").labels)
    assert np.argwhere(labels).tolist() == [[2, 3, 4]]
    assert labels[2, 3, 4] == 7
    with pytest.raises(InputError, match="Use one of neuron_ids, clefts"):
        cremi.load(cremi_file, labels="axons")


def test_cremi_volumes_are_called_as_on_its_page(tmp_path, cremi_file):
    shutil.copy(cremi_file, tmp_path / "sample_C_20160501.hdf")
    shutil.copy(cremi_file, tmp_path / "my_neurons.h5")
    assert cremi.items(tmp_path) == ("my_neurons", "A padded", "C")


def test_cremi_without_truth_says_so(cremi_file):
    plus = cremi_file.with_name("sample_A+_20160601.hdf")
    shutil.copy(cremi_file, plus)
    with h5py.File(plus, "a") as file:
        del file["volumes/labels"]
    stack = cremi.load(plus)
    assert stack.labels is None
    assert "holds no volumes/labels/neuron_ids" in notes(stack)


def test_a_cut_cremi_file_is_told_when_it_is_loaded(cremi_file, tmp_path):
    content = cremi_file.read_bytes()
    cremi_file.write_bytes(content[: len(content) // 2])
    assert datasets.recognise(tmp_path) == "cremi"
    with pytest.raises(InputError, match=r"sample_A_padded_20160501\.hdf cannot be read.*download|damaged"):
        datasets.load("cremi", tmp_path)
    (tmp_path / "other.h5").write_bytes(b"text")
    assert cremi.items(tmp_path) == ("A padded",)


def test_cremi_truth_out_of_the_image_is_refused(cremi_file):
    with h5py.File(cremi_file, "a") as file:
        file["volumes/labels/neuron_ids"].attrs["offset"] = (120.0, 0.0, 0.0)
    with pytest.raises(InputError, match=r"from voxel \(3, 0, 0\)\) reaches out of the image"):
        cremi.load(cremi_file)


# --- SNEMI3D ---


@pytest.mark.parametrize("kind", ["tif", "h5", "png"])
def test_snemi3d_in_every_form_that_is_in_use(tmp_path, kind):
    raw = np.arange(3 * 8 * 9, dtype=np.uint8).reshape(3, 8, 9)
    truth = (raw // 40).astype(np.uint16)
    for name, values in (("train-input", raw), ("train-labels", truth)):
        if kind == "tif":
            tifffile.imwrite(tmp_path / f"{name}.tif", values, photometric="minisblack")
        elif kind == "h5":
            with h5py.File(tmp_path / f"{name}.h5", "w") as file:
                file["main"] = values
        else:
            (tmp_path / name).mkdir()
            for number, plane in enumerate(values):
                iio.imwrite(tmp_path / name / f"{number:04d}.png", plane)
    stack = snemi3d.load(tmp_path)
    assert (stack.axes, stack.voxel_size, stack.units) == ("zyx", (30, 6, 6), ("nm",) * 3)
    np.testing.assert_array_equal(np.asarray(stack.data), raw)
    np.testing.assert_array_equal(np.asarray(stack.labels), truth)
    assert stack.notes == ()


def test_snemi3d_truth_of_another_shape_is_refused(folders, tmp_path):
    shutil.copytree(folders["snemi3d"], tmp_path / "set")
    tifffile.imwrite(tmp_path / "set/seg/train-labels.tif", np.zeros((9, 64, 64), np.uint16))
    with pytest.raises(InputError, match=r"shape \(9, 64, 64\).*do not belong together"):
        snemi3d.load(tmp_path / "set")


def test_snemi3d_test_volume_has_no_truth(folders):
    stack = snemi3d.load(folders["snemi3d"], "test")
    assert stack.labels is None
    assert "no test-labels" in notes(stack)


# --- Neurofinder ---


def test_neurofinder_draws_rows_and_columns():
    regions = [np.array([[0, 0], [0, 1], [1, 1]]), np.array([[1, 1], [2, 3], [2, 3]])]
    mask, overlap = neurofinder.draw_regions(regions, (3, 4))
    assert mask.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [0, 0, 0, 2]]
    assert overlap == 1


@pytest.mark.parametrize("pixel", [[3, 0], [0, 4], [-1, 0]])
def test_regions_outside_the_frame_are_refused(pixel):
    with pytest.raises(
        InputError, match=f"Region 1 of x has a pixel at row {pixel[0]}, column {pixel[1]}, outside"
    ):
        neurofinder.draw_regions([np.array([[0, 0], pixel])], (3, 4), "x")


def test_neurofinder_knows_time_and_size(folders):
    stack = neurofinder.load(folders["neurofinder"])
    assert (stack.axes, stack.shape) == ("tyx", (40, 64, 64))
    assert stack.voxel_size == pytest.approx((1 / 7, 1 / 1.15, 1 / 1.15))
    assert stack.units == ("s", "µm", "µm")
    np.testing.assert_array_equal(stack.label_plane(0), stack.label_plane(39))
    assert stack.label_plane(0).max() == 16
    # One movie, and a folder of movies.
    assert neurofinder.items(folders["neurofinder"] / "neurofinder.00.00") == ("00.00",)


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "is not JSON"), ('[{"coordinates": [[1]]}]', "Region 1"), ('[{"pixels": []}]', "Region 1")],
)
def test_neurofinder_regions_that_are_none(folders, tmp_path, content, words):
    shutil.copytree(folders["neurofinder"], tmp_path / "set")
    (tmp_path / "set/neurofinder.00.00/regions/regions.json").write_text(content)
    with pytest.raises(InputError, match=words):
        neurofinder.load(tmp_path / "set")


def test_neurofinder_without_regions(folders, tmp_path):
    movie = tmp_path / "neurofinder.00.00"
    shutil.copytree(folders["neurofinder"] / "neurofinder.00.00", movie)
    (movie / "regions/regions.json").unlink()
    with pytest.raises(InputError, match=r"regions\.json \(the neurons\) of Neurofinder is missing"):
        neurofinder.load(tmp_path)
    movie.rename(tmp_path / "neurofinder.00.00.test")
    stack = neurofinder.load(tmp_path)
    assert stack.labels is None
    assert "test set has no truth" in notes(stack)


def test_the_neurons_are_where_the_movie_is_bright(folders):
    stack = neurofinder.load(folders["neurofinder"])
    mean, mask = np.asarray(stack.data).mean(axis=0), stack.label_plane(0)
    assert mean[mask > 0].mean() > mean[mask == 0].mean() + 30


# --- Cell Tracking Challenge ---


def test_cell_tracking_takes_the_truth_that_is_whole(folders):
    first = cell_tracking.load(folders["cell-tracking"])
    assert (first.axes, first.voxel_size, first.units) == ("tyx", (900, 0.65, 0.65), ("s", "µm", "µm"))
    assert "computed outlines (ST); 8 of 8 frames" in notes(first)
    second = cell_tracking.load(folders["cell-tracking"], "PhC-C2DH-U373/02")
    assert "identities (TRA); 8 of 8" in notes(second)
    gold = cell_tracking.load(folders["cell-tracking"], "PhC-C2DH-U373/01", labels="SEG")
    assert "outlines (SEG); 2 of 8" in notes(gold)
    marked = [bool(gold.label_plane(i).any()) for i in range(8)]
    assert marked == [True, False, False, False, True, False, False, False]
    np.testing.assert_array_equal(np.asarray(gold.labels)[4], gold.label_plane(4))
    with pytest.raises(InputError, match="Use one of SEG, TRA, ST"):
        cell_tracking.load(folders["cell-tracking"], labels="GT")


def test_cell_tracking_reads_tracks(folders, tmp_path):
    (tmp_path / "man_track.txt").write_text("1 0 7 0\n2 3 7 1\n\n3 3 5 1\n")
    assert cell_tracking.read_tracks(tmp_path / "man_track.txt") == [
        cell_tracking.Track(1, 0, 7, 0),
        cell_tracking.Track(2, 3, 7, 1),
        cell_tracking.Track(3, 3, 5, 1),
    ]
    tracks = cell_tracking.load_tracks(folders["cell-tracking"])
    frames = np.asarray(cell_tracking.load(folders["cell-tracking"], labels="TRA").labels)
    for track in tracks:
        seen = np.flatnonzero((frames == track.label).any(axis=(1, 2)))
        assert (seen[0], seen[-1]) == (track.begin, track.end)
    (tmp_path / "man_track.txt").write_text("1 0 7\n")
    with pytest.raises(InputError, match=r"Line 1 of .* four whole numbers"):
        cell_tracking.read_tracks(tmp_path / "man_track.txt")


def test_cell_tracking_in_three_dimensions_with_single_planes(tmp_path):
    volume = np.zeros((2, 3, 8, 9), np.uint8)
    (tmp_path / "01_GT/SEG").mkdir(parents=True)
    (tmp_path / "01").mkdir()
    for number, frame in enumerate(volume):
        tifffile.imwrite(tmp_path / f"01/t{number:03d}.tif", frame, photometric="minisblack")
    tifffile.imwrite(tmp_path / "01_GT/SEG/man_seg_001_002.tif", np.full((8, 9), 5, np.uint16))
    stack = cell_tracking.load(tmp_path)
    assert (stack.axes, stack.shape) == ("tzyx", (2, 3, 8, 9))
    labels = np.asarray(stack.labels)
    assert labels[1, 2].min() == 5
    assert np.count_nonzero(labels) == 72


def test_cell_tracking_truth_of_another_size(folders, tmp_path):
    shutil.copytree(folders["cell-tracking"], tmp_path / "set")
    tifffile.imwrite(tmp_path / "set/PhC-C2DH-U373/01_ST/SEG/man_seg002.tif", np.zeros((8, 8), np.uint16))
    stack = cell_tracking.load(tmp_path / "set")
    stack.label_plane(1)
    with pytest.raises(InputError, match=r"man_seg002\.tif has the shape \(8, 8\)"):
        stack.label_plane(2)


def test_cell_tracking_without_truth(folders, tmp_path):
    shutil.copytree(folders["cell-tracking"] / "PhC-C2DH-U373/01", tmp_path / "01")
    stack = cell_tracking.load(tmp_path)
    assert stack.labels is None
    assert "no 01_GT" in notes(stack)
    with pytest.raises(InputError, match="the tracks"):
        cell_tracking.load_tracks(tmp_path)


# --- Allen ---


def test_allen_planes_are_coronal_from_front_to_back(folders):
    stack = allen_mouse.load(folders["allen-mouse"])
    assert stack.shape == (64, 45, 51)
    assert (stack.voxel_size, stack.units) == ((100, 100, 100), ("µm",) * 3)
    # In the miniature white matter is brighter to the right.
    plane, white = stack.plane(32), stack.label_plane(32) == 1009
    assert plane[:, 30:][white[:, 30:]].mean() > plane[:, :21][white[:, :21]].mean() + 5
    assert stack.label_classes[315] == LabelClass("Isocortex (Isocortex)", "#70ff71")


def test_allen_names_from_every_file_that_the_institute_offers(tmp_path):
    flat = [{"id": 8, "acronym": "grey", "name": "Grey", "rgb_triplet": [191, 218, 227]}]
    (tmp_path / "structures.json").write_text(json.dumps(flat))
    assert allen_mouse.load_structures(tmp_path) == {8: LabelClass("Grey (grey)", "#bfdae3")}
    (tmp_path / "structures.json").unlink()
    (tmp_path / "query.csv").write_text("id,acronym,name,color_hex_triplet\n8,grey,Grey,19399\n")
    assert allen_mouse.load_structures(tmp_path) == {8: LabelClass("Grey (grey)", "#019399")}
    (tmp_path / "query.csv").write_text("number\n8\n")
    with pytest.raises(InputError, match="not a list of structures"):
        allen_mouse.load_structures(tmp_path)


def test_allen_without_its_annotation(folders, tmp_path):
    shutil.copy(folders["allen-mouse"] / "average_template_100.nrrd", tmp_path)
    with pytest.raises(InputError, match=r"annotation_100\.nrrd \(the numbers of the structures\)"):
        allen_mouse.load(tmp_path)


# --- MRI ---


def test_ixi_is_turned_and_it_is_said(folders):
    stack = ixi.load(folders["ixi"])
    assert stack.voxel_size == pytest.approx((0.94, 0.94, 1.2))
    assert "stored as PSR (axes run to posterior, superior, right)" in notes(stack)
    # White matter is the brightest, however the voxels were stored.
    middle = stack.n_planes // 2
    plane, labels = stack.plane(middle), stack.label_plane(middle)
    assert plane[labels == 3].mean() > plane[labels == 2].mean() > plane[labels == 1].mean()
    coronal = ixi.load(folders["ixi"], orientation="coronal")
    np.testing.assert_array_equal(coronal.labels[10], np.asarray(stack.labels)[::-1, -11])


@pytest.mark.parametrize("code", ["RAS", "LAS", "LPS", "PSR"])
def test_however_a_head_is_stored_image_and_truth_agree(folders, tmp_path, code):
    image = nib.load(folders["ixi"] / "IXI002-Guys-0828-T1.nii.gz")
    to = nib.orientations.ornt_transform(
        nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(tuple(code))
    )
    nib.save(image.as_reoriented(to), tmp_path / "IXI002-Guys-0828-T1.nii.gz")
    # The truth stays as it is.
    shutil.copy(folders["ixi"] / "IXI002-Guys-0828-T1_seg.nii.gz", tmp_path)
    ours, theirs = ixi.load(tmp_path), ixi.load(folders["ixi"])
    np.testing.assert_array_equal(ours.plane(30), theirs.plane(30))
    np.testing.assert_array_equal(ours.label_plane(30), theirs.label_plane(30))
    assert ("stored as" in notes(ours)) == (code != "RAS")


def test_a_tilted_head_is_said_and_a_truth_elsewhere_refused(folders, tmp_path):
    image = nib.load(folders["ixi"] / "IXI002-Guys-0828-T1.nii.gz")
    turn = nib.affines.from_matvec(nib.eulerangles.euler2mat(0.2, 0, 0))
    tilted = nib.Nifti1Image(image.dataobj, turn @ image.affine)
    nib.save(tilted, tmp_path / "IXI002-Guys-0828-T1.nii.gz")
    assert "tilted by up to 11°" in notes(ixi.load(tmp_path))
    shutil.copy(folders["ixi"] / "IXI002-Guys-0828-T1_seg.nii.gz", tmp_path)
    with pytest.raises(InputError, match=r"_seg\.nii\.gz lies elsewhere in the head"):
        ixi.load(tmp_path)


def test_ixi_in_the_folders_of_its_archives(folders, tmp_path):
    shutil.copytree(folders["ixi"], tmp_path / "IXI-T1")
    assert ixi.items(tmp_path) == ("IXI002-Guys-0828-T1", "IXI012-HH-1211-T1")
    assert ixi.load(tmp_path, "IXI012-HH-1211-T1").labels is None


def test_oasis3_in_bids_by_session_and_of_freesurfer(folders):
    found = oasis3.items(folders["oasis3"])
    assert found == (
        "OAS30001_MR_d0129 FreeSurfer",
        "sub-OAS30001_ses-d0129_T1w",
        "sub-OAS30002_ses-d0371_run-01_T1w",
    )
    freesurfer, bids, session = (oasis3.load(folders["oasis3"], item) for item in found)
    assert freesurfer.label_classes[42].name == "right cerebral cortex"
    # The right of the head is at the right of the plane.
    middle = freesurfer.label_plane(freesurfer.n_planes // 2)
    assert np.nonzero(middle == 42)[1].mean() > middle.shape[1] / 2 > np.nonzero(middle == 3)[1].mean()
    assert bids.labels is None
    assert "no segmentation beside" in notes(bids)
    assert np.unique(session.label_plane(20)).tolist() == [0, 1, 2, 3]


def test_oasis3_finds_derivatives(folders, tmp_path):
    shutil.copytree(folders["oasis3"] / "sub-OAS30001", tmp_path / "sub-OAS30001")
    place = tmp_path / "derivatives/fast/sub-OAS30001/ses-d0129/anat"
    place.mkdir(parents=True)
    image = nib.load(tmp_path / "sub-OAS30001/ses-d0129/anat/sub-OAS30001_ses-d0129_T1w.nii.gz")
    labels = nib.Nifti1Image((np.asarray(image.dataobj) > 100).astype(np.uint8), image.affine)
    nib.save(labels, place / "sub-OAS30001_ses-d0129_dseg.nii.gz")
    assert oasis3.items(tmp_path) == ("sub-OAS30001_ses-d0129_T1w",)
    assert np.unique(oasis3.load(tmp_path).label_plane(20)).tolist() == [0, 1]


# --- TCGA ---


def test_tcga_slides_series_and_scans(folders):
    found = tcga.items(folders["tcga"])
    assert [item.rpartition("/")[2] for item in found] == [
        "TCGA-02-0006_1996.08.23_flair.nii.gz",
        "TCGA-02-0006_1996.08.23_t1Gd.nii.gz",
        "TCGA-02-0001-01Z-00-DX1.00000000-0000-0000-0000-000000000001.svs",
        "4.000000-T1 POST-00001",
        "6.000000-FLAIR-00002",
    ]
    scan, slide, series = (tcga.load(folders["tcga"], found[i]) for i in (1, 2, 4))
    assert scan.label_classes[4].name == "enhancing tumour"
    assert np.unique(np.asarray(scan.labels)).tolist() == [0, 1, 2, 4]
    assert (slide.axes, slide.rgb, slide.voxel_size) == ("yxc", True, (0.504, 0.504))
    assert (series.axes, series.voxel_size) == ("zyx", (2, 1, 1))


def test_tcga_masks_fit_every_level(folders):
    item = tcga.items(folders["tcga"])[2]
    fine, coarse = (tcga.load(folders["tcga"], item, level=level) for level in (0, 1))
    assert coarse.shape == (fine.shape[0] // 2, fine.shape[1] // 2, 3)
    assert coarse.voxel_size == (1.008, 1.008)
    np.testing.assert_array_equal(coarse.labels, fine.labels[1::2, 1::2])


def test_tcga_masks_in_colour_are_refused(folders, tmp_path):
    shutil.copytree(folders["tcga"], tmp_path / "set")
    item = tcga.items(tmp_path / "set")[2]
    mask = (tmp_path / "set" / item).with_suffix("")
    iio.imwrite(mask.with_name(f"{mask.name}_mask.png"), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(InputError, match="one plane of class numbers"):
        tcga.load(tmp_path / "set", item)
    mask.with_name(f"{mask.name}_mask.png").unlink()
    assert datasets.load("tcga", tmp_path / "set", item).labels is None
