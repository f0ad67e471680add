"""What each pixel of a movie does over time, against NumPy on the whole movie."""

import numpy as np
import pytest

from patchprobe import embed
from patchprobe.errors import InputError
from patchprobe.io import Stack
from patchprobe.preparation import summarise_movie
from patchprobe.preparation.moments import Moments
from patchprobe.synthetic import calcium_movie


def moments_of(frames):
    moments = Moments(frames.shape[1:], with_neighbours=True)
    for frame in frames:
        moments.add(frame)
    return moments


def test_sums_are_those_of_the_whole_movie():
    frames = np.random.default_rng(0).normal(1e6, 3, (9, 6, 7))
    moments = moments_of(frames)
    np.testing.assert_allclose(moments.mean, frames.mean(axis=0))
    np.testing.assert_allclose(moments.std, frames.std(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(moments.highest, frames.max(axis=0))


def test_correlation_is_the_mean_over_the_neighbours():
    frames = np.random.default_rng(1).normal(0, 1, (20, 4, 5))
    found = moments_of(frames).correlation()
    expected = np.corrcoef(frames.reshape(20, -1), rowvar=False).reshape(4, 5, 4, 5)
    inner = [expected[1, 2, y, x] for y in (0, 1, 2) for x in (1, 2, 3) if (y, x) != (1, 2)]
    corner = [expected[0, 4, y, x] for y, x in ((0, 3), (1, 3), (1, 4))]
    assert found[1, 2] == pytest.approx(np.mean(inner))
    assert found[0, 4] == pytest.approx(np.mean(corner))


def test_pixels_that_never_change_correlate_with_nothing():
    assert not moments_of(np.ones((3, 4, 4))).correlation().any()


def test_channels_axes_and_sizes():
    movie = calcium_movie(n=8, size=32)
    summary = summarise_movie(movie)
    assert (summary.axes, summary.shape) == ("yxc", (32, 32, 4))
    assert summary.channel_names == ("mean", "max", "std", "correlation")
    assert (summary.voxel_size, summary.units) == ((2.0, 2.0), ("µm", "µm"))
    assert summary.data.dtype == np.float32
    assert np.percentile(summary.data, [1, 99], axis=(0, 1)) == pytest.approx(
        np.repeat([[0], [1]], 4, 1), abs=0.3
    )
    assert embed(summary.plane()).channels == (4 * 69,)


def test_one_summary_has_no_channels_and_progress_is_told():
    seen = []
    summary = summarise_movie(calcium_movie(n=3, size=16), ["std"], lambda *step: seen.append(step))
    assert (summary.axes, summary.shape) == ("yx", (16, 16))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_volumes_over_time_keep_their_planes():
    data = np.random.default_rng(2).integers(0, 99, (5, 3, 8, 9)).astype(np.uint16)
    assert summarise_movie(Stack(data, "tzyx"), ["mean", "max"]).shape == (3, 8, 9, 2)


@pytest.mark.parametrize(
    ("axes", "summaries", "said"),
    [("zyx", ["mean"], "no axis t"), ("tyx", ["median"], "median"), ("tyx", [], "none")],
)
def test_bad_requests_are_named(axes, summaries, said):
    with pytest.raises(InputError, match=said):
        summarise_movie(Stack(np.zeros((3, 4, 4)), axes), summaries)


def test_gaps_in_a_movie_do_not_spread():
    frames = np.ones((3, 4, 4))
    frames[1, 2, 2] = np.nan
    assert np.isfinite(moments_of(frames).mean).all()
