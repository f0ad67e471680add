"""Features of a large plane, tile by tile."""

import numpy as np
import pytest

from patchprobe import LinearProbe, embed, make_classifier, tiles
from patchprobe.backbones import filters
from patchprobe.grid import even_points
from patchprobe.probe import CLASSIFIERS
from patchprobe.tiles import TiledFeatures, shared, tiles_meeting, widened, windows


def test_windows_cover_a_plane_once():
    covered = np.zeros((5, 7), int)
    for window in windows((5, 7), 3):
        covered[window] += 1
    assert (covered == 1).all()


def test_a_window_is_widened_within_the_plane():
    wide, inner = widened((slice(0, 4), slice(4, 7)), 2, (9, 7))
    assert wide == (slice(0, 6), slice(2, 7))
    assert inner == (slice(0, 4), slice(2, 5))


@pytest.fixture
def small_tiles(monkeypatch):
    """Tiles of 128 px, as if a plane of 300 px were large."""
    for module in (tiles, __import__("patchprobe.grid").grid):
        monkeypatch.setattr(module, "TILE", 128)
    monkeypatch.setattr(tiles.windows, "__defaults__", (128,))


@pytest.fixture
def plane():
    return np.random.default_rng(0).normal(size=(300, 260)).astype(np.float32).cumsum(axis=1)


def test_tiled_features_equal_those_of_the_whole_plane(plane, monkeypatch):
    whole = embed(plane).grids[0].features.astype(np.float32)
    monkeypatch.setattr(tiles.windows, "__defaults__", (128,))
    monkeypatch.setattr(tiles, "TILE", 128)
    tiled = embed(plane).grids[0].features.astype(np.float32)
    # Half precision rounds what single precision sums in another order.
    np.testing.assert_allclose(tiled, whole, rtol=2e-3, atol=2e-3)


def test_features_computed_when_read_equal_those_held(plane, small_tiles, monkeypatch):
    held = embed(plane)
    monkeypatch.setattr(filters, "share_of_memory", lambda parts: 1 << 20)
    lazy = embed(plane)
    assert isinstance(lazy.grids[0].features, TiledFeatures)
    points = np.array([[0, 0], [127, 128], [299, 259], [128.5, 127.25]])
    np.testing.assert_array_equal(lazy.sample(points), held.sample(points))
    np.testing.assert_array_equal(lazy.grids[0].array, held.grids[0].array)
    strokes = np.zeros(plane.shape, np.uint8)
    strokes[20:30, 10:100], strokes[200:210, 100:250] = 1, 2
    probes = [LinearProbe().fit(each, strokes) for each in (held, lazy)]
    np.testing.assert_array_equal(probes[0].coef_[0], probes[1].coef_[0])
    np.testing.assert_array_equal(probes[0].predict_proba(held), probes[1].predict_proba(lazy))


@pytest.mark.parametrize("name", list(CLASSIFIERS))
def test_every_classifier_predicts_the_same_from_either(name, plane, small_tiles, monkeypatch):
    held = embed(plane)
    monkeypatch.setattr(filters, "share_of_memory", lambda parts: 1 << 20)
    lazy = embed(plane)
    strokes = np.zeros(plane.shape, np.uint8)
    strokes[20:26, 10:50], strokes[200:204, 100:150] = 1, 2
    probes = [make_classifier(name).fit(each, strokes) for each in (held, lazy)]
    window = (slice(100, 180), slice(90, 240))
    whole = probes[0].predict_logits(held)
    np.testing.assert_array_equal(whole, probes[1].predict_logits(lazy))
    np.testing.assert_array_equal(whole[window], probes[1].predict_logits(lazy, window))


def test_sampled_tiles_are_kept_within_the_bound(small_tiles):
    computed = []

    def compute(window):
        computed.append(window)
        return np.zeros((*(part.stop - part.start for part in window), 1), np.float16)

    features = TiledFeatures((128, 384, 1), compute, max_bytes=2 * 128 * 128 * 2)
    at = [np.array([5]), np.array([5])]
    features.gather(*at)
    features.gather(*at)
    assert len(computed) == 1
    for column in (130, 300):
        features.gather(at[0], np.array([column]))
    features.gather(*at)
    assert len(computed) == 4


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (512, 512), (5000, 300), (9000, 10_000)])
def test_even_points_lie_in_the_plane_and_number_about_as_many_as_asked(shape):
    points = even_points(shape, 1024)
    assert (points >= 0).all() and (points < shape).all()
    assert min(np.prod(shape), 500) <= len(points) <= 2100


def test_even_points_of_a_large_plane_touch_few_tiles():
    points = even_points((10_000, 10_000), 1024)
    assert len(np.unique(points // 1024, axis=0)) <= 9


def test_tiles_that_a_window_meets():
    whole = list(tiles_meeting((slice(0, 300), slice(0, 200)), (300, 200), 128))
    assert len(whole) == 6
    assert whole[-1] == (slice(256, 300), slice(128, 200))
    assert list(tiles_meeting((slice(130, 140), slice(0, 128)), (300, 200), 128)) == [whole[2]]


def test_tiles_within_one_large_tile_follow_each_other():
    starts = [(r.start // 1024, c.start // 1024) for r, c in tiles_meeting(WHOLE, (2100, 2100), 512)]
    assert len(starts) == 25
    assert starts == sorted(starts)


WHOLE = (slice(0, 2100), slice(0, 2100))


def test_where_tile_and_window_overlap():
    tile, window = (slice(10, 20), slice(0, 5)), (slice(15, 40), slice(2, 9))
    assert shared(tile, window) == ((slice(5, 10), slice(2, 5)), (slice(0, 5), slice(0, 3)))


def test_a_window_of_tiled_features():
    def compute(window):
        y, x = np.mgrid[window]
        return np.stack([y, x], axis=2).astype(np.float16)

    features = TiledFeatures((1030, 1030, 2), compute, 1 << 30)
    read = features.read((slice(1020, 1030), slice(1000, 1028)))
    np.testing.assert_array_equal(read, np.moveaxis(np.mgrid[1020:1030, 1000:1028], 0, 2))
