"""Features kept on disk between runs."""

import os

import numpy as np
import pytest

from patchprobe import store as store_module
from patchprobe.backbones import Backbone, BackboneSpec
from patchprobe.embedding import embed
from patchprobe.errors import InputError
from patchprobe.grid import PatchGrid
from patchprobe.io import Stack, load_stack
from patchprobe.normalisation import Normalisation
from patchprobe.plane import Plane
from patchprobe.steps import finish
from patchprobe.store import EmbeddingStore, default_store

AS_IT_IS = Normalisation(0.0, 1.0)


class Counted(Backbone):
    """Gives the mean of each 4 × 4 patch and counts how often it is asked."""

    spec = BackboneSpec("counted", "mean", 4, 1, "BSD-3-Clause", weights="somewhere")

    def __init__(self):
        self.asked = 0

    def grids(self, plane):
        self.asked += 1
        rows, cols = plane.shape[0] // 4, plane.shape[1] // 4
        means = plane[: rows * 4, : cols * 4].reshape(rows, 4, cols, 4).mean(axis=(1, 3))
        return (PatchGrid(means[:, :, None].astype(np.float16), 4, (1.5, 1.5), plane.shape, "means"),)


@pytest.fixture
def plane():
    return np.random.default_rng(0).random((16, 24))


@pytest.fixture
def store(tmp_path):
    return EmbeddingStore(tmp_path / "store")


def test_a_plane_is_computed_once_and_read_the_same(store, plane):
    backbone = Counted()
    first, second = (embed(plane, backbone, AS_IT_IS, store) for _ in range(2))
    assert backbone.asked == 1
    a, b = first.grids[0], second.grids[0]
    np.testing.assert_array_equal(a.array, b.array)
    assert a.array.dtype == b.array.dtype
    assert (a.stride, a.origin, a.image_shape, a.name) == (b.stride, b.origin, b.image_shape, b.name)


def test_other_pixels_normalisation_or_weights_are_other_entries(store, plane):
    backbone = Counted()
    embed(plane, backbone, AS_IT_IS, store)
    embed(plane + 0.1, backbone, AS_IT_IS, store)
    embed(plane, backbone, Normalisation(0.0, 2.0), store)
    embed(plane.T, backbone, AS_IT_IS, store)
    backbone.spec = BackboneSpec("counted", "mean", 4, 1, "BSD-3-Clause", weights="somewhere", version="2")
    embed(plane, backbone, AS_IT_IS, store)
    assert backbone.asked == 5 == store.contents().entries


def test_parts_of_a_sum_are_kept_each_by_itself_and_quick_ones_not_at_all(store, plane):
    backbone = Counted()
    embed(plane, backbone, AS_IT_IS, store)
    both = embed(plane, backbone + Counted(), AS_IT_IS, store)
    assert (backbone.asked, len(both.grids), store.contents().entries) == (1, 2, 1)
    embed(plane, "filters", AS_IT_IS, store)
    assert store.contents().entries == 1


@pytest.mark.parametrize("damage", [b"", b"\x00" * 50, b"not an entry"])
def test_a_damaged_entry_is_computed_again(store, plane, damage):
    backbone = Counted()
    embed(plane, backbone, AS_IT_IS, store)
    (entry,) = store.folder.glob("*/*.safetensors")
    entry.write_bytes(damage)
    embed(plane, backbone, AS_IT_IS, store)
    embed(plane, backbone, AS_IT_IS, store)
    assert backbone.asked == 2


def test_what_was_not_used_for_longest_goes_first(store, plane, monkeypatch):
    monkeypatch.setattr(store_module, "_PART_BETWEEN_TRIMS", 1_000_000_000_000)
    backbone = Counted()
    embed(plane, backbone, AS_IT_IS, store)
    embed(plane + 1, backbone, AS_IT_IS, store)
    for age, entry in enumerate(sorted(store.folder.glob("*/*.safetensors"), key=os.path.getmtime)):
        os.utime(entry, (age, age))
    embed(plane, backbone, AS_IT_IS, store)
    store.max_bytes = 2 * store.contents().nbytes // 2
    embed(plane + 2, backbone, AS_IT_IS, store)
    assert store.contents().entries == 2
    embed(plane, backbone, AS_IT_IS, store)
    assert backbone.asked == 3


def test_a_store_that_cannot_be_written_only_costs_time(tmp_path, plane):
    (tmp_path / "file").write_text("in the way")
    store = EmbeddingStore(tmp_path / "file")
    backbone = Counted()
    for _ in range(2):
        embed(plane, backbone, AS_IT_IS, store)
    assert backbone.asked == 2


def test_clearing_frees_everything(store, plane):
    embed(plane, Counted(), AS_IT_IS, store)
    held = store.contents()
    assert held.entries == 1 and store.clear() == held.nbytes > 0
    assert store.contents().entries == 0


def test_the_users_store_is_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("PATCHPROBE_CACHE", str(tmp_path))
    monkeypatch.setenv("PATCHPROBE_CACHE_GB", "0.5")
    assert (default_store().folder, default_store().max_bytes) == (tmp_path / "features", 500_000_000)
    assert default_store() is default_store()
    monkeypatch.setenv("PATCHPROBE_CACHE_GB", "much")
    with pytest.raises(InputError, match="number of gigabytes"):
        default_store()


def test_the_store_may_lie_beside_the_data_or_nowhere(tmp_path, monkeypatch):
    file = tmp_path / "stack.npy"
    np.save(file, np.zeros((2, 8, 8), np.uint8))
    monkeypatch.setenv("PATCHPROBE_CACHE", "beside")
    assert default_store(load_stack(file)).folder == tmp_path / ".patchprobe"
    assert default_store(Stack(np.zeros((2, 8, 8)), "zyx")).folder.name == "features"
    monkeypatch.setenv("PATCHPROBE_CACHE", "off")
    assert default_store() is None


def test_an_entry_larger_than_the_store_pushes_nothing_out(store, plane):
    embed(plane, Counted(), AS_IT_IS, store)
    store.max_bytes = store.contents().nbytes
    embed(np.zeros((400, 400)), Counted(), AS_IT_IS, store)
    assert store.contents().entries == 1


def test_work_is_kept_under_its_key(store, plane):
    def work():
        yield "a step"
        return Counted().grids(plane)

    steps = list(store.kept("key", work()))
    assert steps == ["a step"]
    (grid,) = finish(store.kept("key", iter(())))
    np.testing.assert_array_equal(grid.array, Counted().grids(plane)[0].array)


def test_two_processes_may_write_the_same_entry(tmp_path, plane):
    stores = [EmbeddingStore(tmp_path) for _ in range(2)]
    planes = [Plane(plane, AS_IT_IS), Plane(plane + 1, AS_IT_IS)]
    work = [store.steps(Counted(), planes) for store in stores]
    assert [next(each).done for each in work] == [1, 1]  # both are at it
    first, second = (finish(each)[0][0].array for each in work)
    np.testing.assert_array_equal(first, second)
    assert stores[0].contents().entries == 2


def test_a_disk_that_fills_up_leaves_nothing_behind(store, plane, monkeypatch):
    def fill_up(path, grids):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module, "write_grids", fill_up)
    assert embed(plane, Counted(), AS_IT_IS, store).grids[0].shape == (4, 6)
    assert store.contents().entries == 0
