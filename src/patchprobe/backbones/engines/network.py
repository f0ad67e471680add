"""What an engine gives: a network that turns images into features of some of its blocks."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.float32]
# A card is kept busy by several tiles at once, a processor by one.
BATCH_ON_CARD = 8
Features = list[npt.NDArray[np.float32]]


class Network(ABC):
    """Blocks of a pretrained network, ready to compute.

    Attributes
    ----------
    label : str
        What computes it, for people: ``"OpenVINO, bfloat16"``.
    batch : int
        How many images of the size of a tile are best computed at once.
    note : str
        Something that the user should know, such as a graphics card with too little memory.
    """

    label: str
    batch: int = 1
    note: str = ""

    def is_ready(self, image_shape: tuple[int, ...]) -> bool:
        """Whether images (3, H, W) can be computed without a lengthy preparation."""
        return True

    @abstractmethod
    def __call__(self, images: Images) -> Features:
        """Compute features.

        Parameters
        ----------
        images : ndarray of float32, shape (n, 3, H, W)
            With the mean and standard deviation that the network expects; H and W multiples of the patch.

        Returns
        -------
        list of ndarray of float32, each (n, rows, cols, channels)
            In the order of the blocks.
        """
