import numpy as np
import pytest

from patchprobe.errors import InputError
from patchprobe.synthetic import calcium_movie


def test_equal_seeds_give_equal_movies_with_truth():
    movie = calcium_movie(n=12, size=(48, 64), seed=3)
    assert (movie.axes, movie.shape, movie.labels.shape) == ("tyx", (12, 48, 64), (12, 48, 64))
    assert movie.data.dtype == np.float32 and movie.data.min() >= 0
    assert set(np.unique(movie.labels)) == {1, 2}
    np.testing.assert_array_equal(movie.data, calcium_movie(n=12, size=(48, 64), seed=3).data)
    assert not np.array_equal(movie.data, calcium_movie(n=12, size=(48, 64), seed=4).data)


def test_without_noise_only_neurons_change():
    movie = calcium_movie(n=40, noise=0)
    changes = movie.data.std(axis=0)
    is_neuron = np.asarray(movie.labels[0]) == 2
    assert changes[~is_neuron].max() < 1e-6
    assert np.mean(changes[is_neuron] > 0.05) > 0.5


def test_bad_requests_are_named():
    with pytest.raises(InputError, match="noise"):
        calcium_movie(noise=-1)
