"""Edges do not know dark from bright."""

from __future__ import annotations

import numpy as np

from patchprobe.alignment.edge_strength import edge_section
from patchprobe.alignment.intensity import Section


def section(image: np.ndarray, mask: np.ndarray | None = None) -> Section:
    counts = np.ones(image.shape, bool) if mask is None else mask
    return Section(image[:, :, None].astype(np.float32), counts)


def test_an_inverted_section_has_the_same_edges(view):
    image = view(shape=(48, 64))
    one, other = (edge_section(section(values)).channels for values in (image, 200 - image))
    np.testing.assert_allclose(one, other, atol=0.02)


def test_edges_lie_where_the_image_changes():
    image = np.zeros((40, 60))
    image[:, 30:] = 100
    strength = edge_section(section(image)).channels[20, :, 0]
    # Between columns 29 and 30, and nothing far from there.
    assert set(np.argsort(strength)[-2:]) == {29, 30}
    assert strength[:18].max() < 0.01 * strength.max()


def test_size_and_mask_stay_and_large_planes_are_reduced(view, monkeypatch):
    monkeypatch.setattr("patchprobe.alignment.edge_strength._MOST_CELLS", 20)
    mask = np.ones((48, 63), bool)
    mask[:10] = False
    found = edge_section(section(view(shape=(48, 63)), mask))
    np.testing.assert_array_equal(found.mask, mask)
    assert found.channels.shape == (48, 63, 1)
    assert not found.channels[:10].any()
