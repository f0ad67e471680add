"""Tiled arrays answer as NumPy arrays do, and hold only what is in them."""

import numpy as np
import pytest

from patchprobe.tiled_array import EDGE, LARGEST_PLAIN, TiledArray, new_layer_array

SHAPE = (3, EDGE + 100, 2 * EDGE + 7)
TILE = EDGE * EDGE


@pytest.fixture(params=[None, TILE], ids=["in memory", "spilled"])
def pair(request):
    """The same writes on a tiled array and on NumPy's; once with room for a single tile."""
    tiled, plain = TiledArray(SHAPE, np.uint8, request.param), np.zeros(SHAPE, np.uint8)
    values = np.random.default_rng(0).integers(1, 9, (200, 300), dtype=np.uint8)
    for array in (tiled, plain):
        array[1, 400:600, 450:750] = values
        array[2, 0:3, 0:3] = 5
        array[0] = 0
        array[np.full(4, 2), np.array([1, 511, 512, 600]), np.array([1, 511, 512, 1030])] = [1, 2, 3, 4]
    return tiled, plain


@pytest.mark.parametrize(
    "key",
    [
        1,
        (slice(None), 500),
        (1, slice(390, 520), slice(500, 530)),
        (slice(0, 3, 2), slice(None, None, 7), slice(None, None, -5)),
        (2, ..., -1),
        (-1, 1, 1),
        (slice(2, 2), 0, 0),
        (np.array([1, 2, 1]), np.array([450, 600, 0]), np.array([500, 1030, 0])),
        ...,
    ],
    ids=str,
)
def test_reads_as_numpy(pair, key):
    tiled, plain = pair
    np.testing.assert_array_equal(tiled[key], plain[key])


def test_what_is_written_later_is_seen(pair):
    tiled, plain = pair
    for array in (tiled, plain):
        array[1, 500:520, 500:520] = 0
        array[0:2, 10, 20:24] = np.array([1, 2, 3, 4])
    np.testing.assert_array_equal(np.asarray(tiled), plain)


def test_only_what_is_painted_takes_memory():
    array = TiledArray((200, 8192, 8192), np.uint8)
    array[7, 100:110, 100:110] = 3
    array[9, 500:520, 8000:8010] = 1
    assert array.held_bytes == 3 * TILE  # rows 500 to 520 lie in two tiles
    assert array.planes == [7, 9]
    array[9, 500:520, 8000:8010] = 0
    assert array.held_bytes == TILE


def test_the_bound_is_kept_and_nothing_is_lost():
    array = TiledArray((4, EDGE, EDGE), np.uint8, max_bytes=2 * TILE)
    for plane in range(4):
        array[plane] = plane + 1
        assert array.held_bytes <= 2 * TILE
    assert [int(array[plane, 5, 5]) for plane in range(4)] == [1, 2, 3, 4]


def test_revisions_tell_which_planes_changed():
    array = TiledArray((3, 40, 40), np.uint8)
    assert array.revision(1) == 0
    array[1, 5, 5] = 2
    first = array.revision(1)
    assert first > 0 == array.revision(0)
    array[1, 5, 5] = 0
    assert array.revision(1) > first


def test_extremes_by_hand():
    array = TiledArray((2, 700, 700), np.int32)
    assert array.plane_extremes(0) == (0, 0)
    array[0, 600, 600], array[0, 1, 1] = 7, -2
    assert array.plane_extremes(0) == (-2, 7)
    array[1] = 4
    assert array.plane_extremes(1) == (0, 4), "0 counts in any case: it means unlabelled"


def test_an_index_out_of_bounds_is_refused():
    with pytest.raises(IndexError, match="length 2"):
        TiledArray((2, 5, 5), np.uint8)[2]


def test_one_plane_without_others():
    array = TiledArray((30, 40), np.uint8)
    array[3, 4] = 1
    array[np.array([5]), np.array([6])] = 2
    assert array[...].sum() == 3 and array.revision(0) == 2


def test_small_layers_stay_numpy():
    assert isinstance(new_layer_array((3, 10, 10), np.uint8), np.ndarray)
    assert isinstance(new_layer_array((LARGEST_PLAIN, 10, 10), np.uint8), TiledArray)
