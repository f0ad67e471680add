from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from patchprobe._cache import EmbeddingCache, EmbeddingKey
from patchprobe._state import MAX_CLASSES, ProbeState, new_class
from patchprobe.class_colors import PALETTE
from patchprobe.embedding import Embedding
from patchprobe.errors import InputError
from patchprobe.grid import PatchGrid
from patchprobe.normalisation import Normalisation

_UNIT = Normalisation(0, 1)


def key(plane: int, source: int = 1) -> EmbeddingKey:
    return EmbeddingKey(source, plane, "toy", "1", _UNIT)


def embedding(n_bytes: int) -> Embedding:
    """One row of `n_bytes` / 4 cells with a single float32 channel."""
    features = np.zeros((1, n_bytes // 4, 1), np.float32)
    return Embedding((PatchGrid(features, 1, (0, 0), (1, n_bytes // 4)),), "toy", "1", _UNIT)


def test_the_least_recently_used_goes_first():
    cache = EmbeddingCache(max_bytes=200)
    cache.put(key(0), embedding(100))
    cache.put(key(1), embedding(100))
    assert cache.get(key(0)) is not None  # plane 0 was just used, so plane 1 is the oldest
    cache.put(key(2), embedding(100))
    assert (key(0) in cache, key(1) in cache, key(2) in cache) == (True, False, True)
    assert cache.nbytes == 200


def test_an_embedding_larger_than_the_bound_is_kept_alone():
    cache = EmbeddingCache(max_bytes=200)
    cache.put(key(0), embedding(100))
    cache.put(key(1), embedding(400))
    assert (len(cache), cache.nbytes, key(1) in cache) == (1, 400, True)


def test_a_run_over_the_stack_pushes_nothing_out():
    cache = EmbeddingCache(max_bytes=200)
    cache.put(key(0), embedding(100))
    assert cache.put(key(1), embedding(100), evict=False)
    assert not cache.put(key(2), embedding(100), evict=False)
    assert key(0) in cache


def test_replacing_an_embedding_counts_its_bytes_once():
    cache = EmbeddingCache(max_bytes=1000)
    cache.put(key(0), embedding(100))
    cache.put(key(0), embedding(300))
    assert (len(cache), cache.nbytes) == (1, 300)


def test_a_source_is_forgotten_whole():
    cache = EmbeddingCache(max_bytes=1000)
    cache.put(key(0, source=1), embedding(100))
    cache.put(key(3, source=2), embedding(100))
    cache.forget(1)
    assert (cache.planes(1, "toy"), cache.planes(2, "toy"), cache.nbytes) == (set(), {3}, 100)


def test_a_new_class_takes_the_lowest_free_number_and_its_color():
    state = ProbeState()
    state.add_class("third")
    state.remove_class(2)
    assert state.add_class() == new_class((), "class 2", 2)
    assert [(known.number, known.color) for known in state.classes] == list(enumerate(PALETTE[:3], start=1))


def test_there_are_as_many_classes_as_number_keys():
    state = ProbeState()
    for _ in range(MAX_CLASSES - 2):
        state.add_class()
    with pytest.raises(InputError, match="Remove one first"):
        state.add_class()


def test_the_last_class_stays():
    state = ProbeState()
    state.remove_class(1)
    assert state.selected == 2
    with pytest.raises(InputError, match="One class must stay"):
        state.remove_class(2)


def test_changes_are_announced_once():
    state, heard = ProbeState(), []
    state.events.classes.connect(lambda classes: heard.append([known.name for known in classes]))
    state.change_class(2, name="membrane")
    state.change_class(2, name="")
    assert heard == [["background", "membrane"]]


def test_palette_has_no_two_alike():
    assert len(set(PALETTE)) == MAX_CLASSES == 9


def test_state_needs_no_qt():
    code = "import sys, patchprobe._state; print([m for m in sys.modules if 'Qt' in m or m == 'qtpy'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
