import pytest

from patchprobe.errors import InputError
from patchprobe.objects import ObjectSettings


def test_in_pixels_they_stay_as_they_are():
    settings = ObjectSettings(min_size=10)
    assert settings.in_pixels((50, 4, 4)) is settings


def test_physical_sizes_become_pixels():
    """Pixels of 4 × 4 nm: 16 nm² each; 160 nm² are 10 px, 40 nm are 10 px."""
    given = ObjectSettings(physical=True, min_size=160, fill_holes=32, split_diameter=40, smoothing=8)
    found = given.in_pixels((50, 4, 4))
    assert (found.min_size, found.fill_holes, found.split_diameter, found.smoothing) == (10, 2, 10, 2)
    assert not found.physical


def test_a_physical_volume_counts_voxels():
    given = ObjectSettings(physical=True, min_size=8000, fill_holes=32, join_planes=True)
    found = given.in_pixels((50, 4, 4))
    assert (found.min_size, found.fill_holes) == (10, 2)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"number": 0}, "1 or more"),
        ({"threshold": 1.0}, "probability"),
        ({"threshold": -0.1}, "probability"),
        ({"min_size": -1}, "min_size"),
        ({"smoothing": float("nan")}, "smoothing"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, said):
    with pytest.raises(InputError, match=said):
        ObjectSettings(**wrong)
