"""Maps that bend, against displacements that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from patchprobe.alignment import Chain, FieldTransform, Transform, as_field
from patchprobe.errors import InputError

TURN = Transform([[0.0, -1.0, 50.0], [1.0, 0.0, 2.0], [0.0, 0.0, 1.0]])
SPOTS = np.array([[3.0, 4.0], [20.5, 11.25], [39.0, 0.5], [-7.0, 60.0]])


def bump(height: float = 3.0, degree: str = "cubic", affine: Transform | None = None) -> FieldTransform:
    """Nodes 10 px apart over 50 × 60 px; the one in the middle moves things down and half as far left."""
    nodes = np.zeros((6, 7, 2))
    nodes[2, 3] = height, -height / 2
    return FieldTransform(affine or Transform.identity(), nodes, (10, 10), (0, 0), degree)


def random_field(seed: int = 0, affine: Transform | None = None) -> FieldTransform:
    nodes = np.random.default_rng(seed).normal(0, 2, (6, 7, 2))
    return FieldTransform(affine or TURN, nodes, (10, 10), (-2, -3))


def test_linear_fields_go_straight_from_node_to_node():
    field = bump(4, "linear")
    # A quarter of the way from node (2, 3) to the next along y: three quarters of (4, −2).
    np.testing.assert_allclose(field.points([[22.5, 30]]), [[25.5, 28.5]])
    np.testing.assert_allclose(field.points([[22.5, 35]]), [[24, 34.25]])


def test_cubic_fields_weigh_sixteen_nodes():
    # The spline of a single coefficient is 2/3 · 2/3 at its node, 1/6 · 2/3 at the next.
    np.testing.assert_allclose(
        bump(9).displacement([[20, 30], [30, 30], [40, 30]]), [[4, -2], [1, -0.5], [0, 0]], atol=1e-12
    )


@pytest.mark.parametrize("degree", ["cubic", "linear"])
def test_equal_displacements_are_a_shift(degree):
    field = FieldTransform(TURN, np.broadcast_to((2.0, -1.0), (3, 4, 2)), (10, 20), (5, 5), degree)
    np.testing.assert_allclose(field.points(SPOTS), TURN.points(SPOTS) + np.array([2, -1]))
    np.testing.assert_allclose(
        field.jacobian(SPOTS), np.broadcast_to(TURN.matrix[:2, :2], (4, 2, 2)), atol=1e-12
    )


def test_beyond_the_grid_the_displacement_holds_on():
    nodes = np.zeros((2, 2, 2))
    nodes[1] = 6, 0
    field = FieldTransform(Transform.identity(), nodes, (10, 10), degree="linear")
    np.testing.assert_allclose(field.points([[-5, 0], [5, 0], [25, 3]]), [[-5, 0], [8, 0], [31, 3]])


def test_through_takes_its_values_at_the_nodes():
    values = np.random.default_rng(1).normal(size=(5, 4, 2))
    field = FieldTransform.through(Transform.identity(), values, (8, 9), (1, 2))
    y, x = np.meshgrid(1 + 8 * np.arange(5), 2 + 9 * np.arange(4), indexing="ij")
    nodes = np.stack([y.ravel(), x.ravel()], axis=1)
    np.testing.assert_allclose(field.displacement(nodes).reshape(5, 4, 2), values, atol=1e-12)


@pytest.mark.parametrize("field", [random_field(), bump(3, "linear"), random_field().inverse(), TURN])
def test_a_raster_is_its_points(field):
    rows, cols = np.arange(-4, 30, 3), np.arange(2, 50, 7)
    y, x = np.meshgrid(rows, cols, indexing="ij")
    expected = field.points(np.stack([y.ravel(), x.ravel()], axis=1))
    np.testing.assert_allclose(field.raster(rows, cols).reshape(2, -1).T, expected, atol=1e-9)


def test_jacobian_is_the_slope():
    field, step = random_field(), 1e-6
    for axis in (0, 1):
        aside = np.eye(2)[axis] * step
        slope = (field.points(SPOTS[:3] + aside) - field.points(SPOTS[:3] - aside)) / (2 * step)
        np.testing.assert_allclose(field.jacobian(SPOTS[:3])[:, :, axis], slope, atol=1e-6)


@pytest.mark.parametrize("field", [random_field(), bump(3, "linear"), bump(-8), random_field(3)])
def test_inverse_undoes(field):
    assert not field.folds
    back = field.inverse()
    np.testing.assert_allclose(back.points(field.points(SPOTS)), SPOTS, atol=1e-5)
    np.testing.assert_allclose(field.points(back.points(SPOTS)), SPOTS, atol=1e-5)
    assert back.inverse() == field
    assert back.points(np.zeros((0, 2))).shape == (0, 2)


def test_a_field_folds_where_neighbours_change_places():
    def pushed(by: float) -> FieldTransform:
        """Two rows of nodes 10 px apart; the upper one is moved towards the lower."""
        nodes = np.zeros((2, 2, 2))
        nodes[0] = by, 0
        return FieldTransform(TURN, nodes @ TURN.matrix[:2, :2].T, (10, 10), degree="linear")

    assert not pushed(9.9).folds
    assert pushed(10.1).folds
    with pytest.raises(InputError, match="folds"):
        pushed(10.1).inverse()
    # A mirror image is no fold.
    mirror = Transform([[-1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert not bump(3, affine=mirror).folds


def test_least_area_is_what_a_pixel_shrinks_to():
    nodes = np.zeros((2, 2, 2))
    nodes[1] = -2.5, 0
    field = FieldTransform(TURN, nodes @ TURN.matrix[:2, :2].T, (10, 10), degree="linear")
    assert field.least_area == pytest.approx(0.75)


@pytest.mark.parametrize("after", [TURN, bump(3), random_field().inverse()])
@pytest.mark.parametrize("first", [Transform.translation((1, -2)), random_field(), bump(2).inverse()])
def test_compose_does_this_one_first(first, after):
    both = first.compose(after)
    np.testing.assert_allclose(both.points(SPOTS), after.points(first.points(SPOTS)), atol=1e-9)
    np.testing.assert_allclose(both.inverse().points(both.points(SPOTS)), SPOTS, atol=1e-4)
    expected = first.affine_part.compose(after.affine_part)
    np.testing.assert_allclose(both.affine_part.matrix, expected.matrix, atol=1e-12)


def test_an_affine_map_after_a_field_is_one_field():
    assert isinstance(random_field().compose(TURN), FieldTransform)
    flat = bump().compose(bump()).compose(bump())
    assert isinstance(flat, Chain)
    assert len(flat.parts) == 3


@pytest.mark.parametrize("thinned", [False, True])
@pytest.mark.parametrize(
    "plane_map", [random_field(), bump(3, "linear"), bump(2).inverse(), bump(2).compose(random_field())]
)
def test_scaled_says_the_same_of_larger_planes(plane_map, thinned):
    scale = np.array([4.0, 2.5])

    def enlarged(points: np.ndarray) -> np.ndarray:
        return points * scale if thinned else (points + 0.5) * scale - 0.5

    large = plane_map.scaled((4, 2.5), thinned=thinned)
    np.testing.assert_allclose(large.points(enlarged(SPOTS)), enlarged(plane_map.points(SPOTS)), atol=1e-4)


def test_as_field_draws_a_chain_together():
    chain = bump(2).compose(random_field(affine=Transform.translation((1, 2))))
    field = as_field(chain, (40, 50), (2, 2))
    inside = np.random.default_rng(0).uniform(0, 39, (200, 2))
    assert np.abs(field.points(inside) - chain.points(inside)).max() < 0.01


def test_equal_by_value_and_not_writeable():
    assert bump() == bump()
    assert hash(bump()) == hash(bump())
    assert bump() != bump(4)
    with pytest.raises(ValueError, match="read-only"):
        bump().displacements[0, 0] = 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"displacements": np.zeros((3, 3))}, "rows, cols, 2"),
        ({"displacements": np.zeros((1, 3, 2))}, "2 × 2 nodes"),
        ({"displacements": np.full((3, 3, 2), np.nan)}, "NaN"),
        ({"spacing": (0, 3)}, "positive"),
        ({"spacing": (1, 2, 3)}, "spacing"),
        ({"origin": (np.inf, 0)}, "origin"),
        ({"degree": "square"}, "'square'"),
    ],
)
def test_refuses_in_words(changes, said):
    good = {"affine": TURN, "displacements": np.zeros((3, 3, 2)), "spacing": (5, 5)}
    with pytest.raises(InputError, match=said):
        FieldTransform(**(good | changes))


def test_refuses_factors_that_are_none():
    for factor in (0, -1, np.nan, (2, 0), (1, 2, 3)):
        with pytest.raises(InputError, match="factor"):
            bump().scaled(factor)
    with pytest.raises(InputError, match="at least one"):
        Chain(())
