"""A textured plane that can be cut in any orientation, exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

Texture = Callable[[np.ndarray, np.ndarray], np.ndarray]


@pytest.fixture(scope="session")
def texture() -> Texture:
    """An endless plane of waves of 9 to 60 px, as a function of (y, x)."""
    rng = np.random.default_rng(3)
    waves = [(2 * np.pi / rng.uniform(9, 60), *rng.uniform(0, 2 * np.pi, 2)) for _ in range(60)]

    def value(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        total = sum(np.sin(k * (np.cos(a) * y + np.sin(a) * x) + phase) for k, a, phase in waves)
        return np.asarray(100 + 8 * total)

    return value


@pytest.fixture(scope="session")
def view(texture: Texture) -> Callable[..., np.ndarray]:
    """Images of the plane: pixel p shows it at ``matrix @ p``."""

    def image(matrix: np.ndarray | None = None, shape: tuple[int, int] = (160, 160)) -> np.ndarray:
        y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
        m = np.eye(3) if matrix is None else matrix
        return texture(m[0, 0] * y + m[0, 1] * x + m[0, 2], m[1, 0] * y + m[1, 1] * x + m[1, 2])

    return image
