"""Features as colours."""

import numpy as np
import pytest

from patchprobe.embedding import Embedding
from patchprobe.feature_picture import fit_feature_colors
from patchprobe.grid import PatchGrid


@pytest.fixture
def crossed(as_it_is):
    """Two blocks over 8 × 8 px: the first differs left and right, the second top and bottom."""
    right = np.tile([[0.0, 1.0]], (2, 1)).astype(np.float32)
    grids = [PatchGrid(part[:, :, None], 4, (1.5, 1.5), (8, 8)) for part in (right, 5 * right.T)]
    return Embedding(tuple(grids), "crossed", "1", as_it_is)


def test_what_varies_most_is_red_and_what_does_not_vary_stays_at_one_half(crossed):
    colors = fit_feature_colors(crossed, block=0)
    picture = colors.apply(crossed)
    assert (picture.shape, picture.dtype) == ((8, 8, 3), np.uint8)
    # Bilinear between the two centres at 1.5 and 5.5.
    ramp = np.clip((np.arange(8) - 1.5) / 4, 0, 1) * 255
    np.testing.assert_allclose(picture[:, :, 0], np.tile(ramp, (8, 1)), atol=1)
    assert (picture[:, :, 1:] == 127).all()


def test_another_block_another_picture(crossed):
    first, second = (fit_feature_colors(crossed, block=b).apply(crossed) for b in (0, 1))
    np.testing.assert_array_equal(second, first.swapaxes(0, 1))


def test_all_blocks_count_equally_whatever_their_range(crossed):
    picture = fit_feature_colors(crossed).apply(crossed).astype(int)
    # Two directions of equal variance: whichever comes first, the four corners have four colours.
    corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert len(np.unique(corners, axis=0)) == 4
    assert (picture[:, :, 2] == 127).all()
