"""Half precision to single, fast: NumPy widens float16 number by number, but integers many at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Half and single precision differ in the bias of their exponents, 15 and 127.
SCALE = np.float32(2.0 ** (127 - 15))
_MANTISSA_BITS = 23 - 10
# Sign, exponent and mantissa of a half number, moved into a single one; not the copies of the sign between.
_BITS = np.int32(-(1 << 31) | (1 << 28) - (1 << _MANTISSA_BITS))


def widen(half: npt.NDArray[np.float16], scratch: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """Widen to single precision, up to a factor: ``widen(x, scratch) * SCALE == x``, exactly.

    The factor is left to the caller, who can put it into a weight that he multiplies by anyway.

    Parameters
    ----------
    half : ndarray of float16
        Finite.
    scratch : ndarray of int32, same shape
        Overwritten.

    Returns
    -------
    ndarray of float32, same shape
        A view of `scratch`.
    """
    np.copyto(scratch, half.view(np.int16))
    np.left_shift(scratch, _MANTISSA_BITS, out=scratch)
    np.bitwise_and(scratch, _BITS, out=scratch)
    return scratch.view(np.float32)
