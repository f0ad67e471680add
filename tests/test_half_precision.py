"""Widening by bits equals NumPy's own."""

import numpy as np

from patchprobe.half_precision import SCALE, widen


def test_every_finite_half_number_is_widened_exactly():
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]
    widened = widen(finite, np.empty(finite.shape, np.int32)) * SCALE
    np.testing.assert_array_equal(widened, finite.astype(np.float32))
    np.testing.assert_array_equal(np.signbit(widened), np.signbit(finite))


def test_strided_blocks_are_widened():
    features = np.moveaxis(np.arange(24, dtype=np.float16).reshape(2, 3, 4), 2, 0)[:, :, 1:]
    widened = widen(features, np.empty(features.shape, np.int32))
    np.testing.assert_array_equal(widened * SCALE, features)
