"""The segmentation head on features and borders that are known by hand."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from patchprobe import LinearSegHead, embed
from patchprobe.errors import InputError
from patchprobe.grid import PatchGrid
from patchprobe.probe import LinearProbe
from patchprobe.probe.seg_loss import LabelledPlane, LossWeights, SegObjective
from patchprobe.tiles import TiledFeatures


@pytest.fixture
def half_plane():
    """32 × 24 px, dark above row 16 and bright below, and its mask."""
    image = np.zeros((32, 24), np.float32)
    image[16:] = 1
    return image, 1 + (image > 0).astype(np.uint8)


@pytest.fixture
def embed_toy(toy_backbone, as_it_is):
    return lambda image: toy_backbone.embed(image, as_it_is)


def dice(predicted, truth, class_):
    overlap = np.sum((predicted == class_) & (truth == class_))
    return 2 * overlap / (np.sum(predicted == class_) + np.sum(truth == class_))


@pytest.mark.parametrize("weights", [(1, 1), (1, 0), (0, 1)])
def test_a_half_plane_is_fitted_to_the_pixel(half_plane, embed_toy, weights):
    # The cells around the border have their centres 2 px from it, so that logits of 0 lie just on it.
    image, mask = half_plane
    head = LinearSegHead(*weights).fit(embed_toy(image), mask)
    np.testing.assert_array_equal(head.predict(embed_toy(image)), mask)
    np.testing.assert_array_equal(head.classes_, [1, 2])


def test_several_classes(embed_toy):
    image = np.zeros((16, 48), np.float32)
    image[:, 16:32], image[:, 32:] = 0.5, 1
    mask = np.repeat(np.array([[2, 7, 5]], np.uint8), 16, axis=1).repeat(16, axis=0)
    head = LinearSegHead().fit(embed_toy(image), mask)
    np.testing.assert_array_equal(head.classes_, [2, 5, 7])
    proba = head.predict_proba(embed_toy(image))
    assert proba.shape == (16, 48, 3)
    np.testing.assert_allclose(proba.sum(axis=2), 1, atol=1e-6)
    predicted = head.predict(embed_toy(image))
    np.testing.assert_array_equal(predicted, head.classes_[proba.argmax(axis=2)])
    assert np.mean(predicted == mask) > 0.9


def test_planes_of_different_size_are_fitted_together(half_plane, embed_toy):
    image, mask = half_plane
    other = np.ones((21, 35), np.float32)
    head = LinearSegHead().fit([embed_toy(image), embed_toy(other)], [mask, np.full(other.shape, 2)])
    np.testing.assert_array_equal(head.predict(embed_toy(image)), mask)
    assert head.predict(embed_toy(other)).shape == (21, 35)
    assert (head.predict(embed_toy(other)) == 2).all()


def test_unlabelled_pixels_do_not_count(half_plane, embed_toy):
    image, mask = half_plane
    wrong = image.copy()
    wrong[:, 12:] = 1 - wrong[:, 12:]
    partly = mask.copy()
    partly[:, 8:] = 0
    head = LinearSegHead().fit(embed_toy(wrong), partly)
    np.testing.assert_array_equal(head.predict(embed_toy(image)), mask)


def test_a_plane_without_labels_changes_nothing(half_plane, embed_toy):
    image, mask = half_plane
    alone = LinearSegHead().fit(embed_toy(image), mask)
    beside = LinearSegHead().fit(
        [embed_toy(image), embed_toy(5 * np.ones((8, 8)))], [mask, np.zeros((8, 8), int)]
    )
    np.testing.assert_array_equal(alone.coef_[0], beside.coef_[0])


def test_dice_helps_a_rare_class(embed_toy):
    # One patch in sixteen is of class 2, and no brighter than some of class 1: the commoner one wins by
    # cross-entropy, while half of what is called class 2 being right is a good overlap.
    noise = np.random.default_rng(0)
    rare = noise.random((24, 24)) < 1 / 16
    patches = np.where(rare, 0.6, 0.4) + noise.normal(0, 0.12, rare.shape)
    image = patches.repeat(4, axis=0).repeat(4, axis=1)
    mask = (1 + rare.astype(np.uint8)).repeat(4, axis=0).repeat(4, axis=1)
    scores = {}
    for name, weights in {"entropy": (1, 0), "both": (1, 4)}.items():
        head = LinearSegHead(*weights).fit(embed_toy(image), mask)
        scores[name] = dice(head.predict(embed_toy(image)), mask, 2)
    assert scores["both"] > scores["entropy"] + 0.1


def test_a_dense_block_and_patches_together():
    image = np.zeros((64, 64), np.float32)
    image[:, 21:] = 1
    mask = 1 + (image > 0).astype(np.uint8)
    embedding = embed(image, "placeholder-cnx-t+filters")
    head = LinearSegHead().fit(embedding, mask)
    assert len(head.coef_) == 2
    np.testing.assert_array_equal(head.predict(embedding), mask)


def random_planes(dtype, shapes):
    """Planes with one grid of patches and one of pixels, with masks of three classes and gaps."""
    noise = np.random.default_rng(1)
    planes = []
    for height, width in shapes:
        coarse = noise.normal(2, 1, (height // 4, width // 4, 3)).astype(dtype)
        fine = noise.normal(0, 3, (height, width, 2)).astype(dtype)
        grids = (
            PatchGrid(coarse, 4, (1.5, 1.5), (height, width)),
            PatchGrid(fine, 1, (0, 0), (height, width)),
        )
        mask = noise.integers(-1, 3, (height, width))
        planes.append(LabelledPlane(grids, mask >= 0, mask[mask >= 0]))
    return planes


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("weights", [(1, 0, 0), (0, 1, 0), (1, 1, 0.1)])
def test_the_gradient_is_that_of_the_loss(dtype, weights):
    mean, scale = np.array([2, 2, 2, 0, 0], np.float32), np.array([0.6, 0.6, 0.6, 0.2, 0.2], np.float32)
    planes = random_planes(dtype, [(13, 10), (8, 9)])
    objective = SegObjective(planes, mean, scale, 3, LossWeights(*weights))
    at = np.random.default_rng(2).normal(0, 1, objective.size)
    _, gradient = objective(at)
    step = 1e-2
    numeric = [
        (objective(at + step * direction)[0] - objective(at - step * direction)[0]) / (2 * step)
        for direction in np.eye(objective.size)
    ]
    # Second-order differences and logits in single precision.
    np.testing.assert_allclose(gradient, numeric, rtol=1e-3, atol=3e-5)


def test_features_that_are_computed_as_they_are_read_give_the_same():
    noise = np.random.default_rng(0)
    held = noise.normal(0, 1, (1030, 40, 3)).astype(np.float16)  # two tiles
    tiled = TiledFeatures(held.shape, lambda window: held[window], 1 << 20)
    mask = noise.integers(0, 2, (1030, 40))
    outcomes = []
    for features in (held, tiled):
        grid = PatchGrid(features, 1, (0, 0), (1030, 40))
        plane = LabelledPlane((grid,), mask >= 0, mask.ravel())
        objective = SegObjective([plane], np.zeros(3), np.ones(3), 2, LossWeights(1, 1, 0))
        outcomes.append(objective(np.ones(4)))
    assert outcomes[0][0] == outcomes[1][0]
    np.testing.assert_array_equal(outcomes[0][1], outcomes[1][1])


def test_the_loss_of_no_knowledge():
    # All probabilities are 1/3. With n pixels and n_c of class c, Dice is 2 (n_c / 3) / (n / 3 + n_c).
    planes = random_planes(np.float32, [(12, 12)])
    objective = SegObjective(planes, np.zeros(5), np.ones(5), 3, LossWeights(1, 1, 1))
    counts = np.bincount(planes[0].classes)
    overlap = 2 * (counts / 3) / (counts.sum() / 3 + counts)
    assert objective(np.zeros(objective.size))[0] == pytest.approx(np.log(3) + 1 - overlap.mean())


def test_equal_data_give_an_equal_head(em_plane, em_stack):
    heads = [LinearSegHead(max_iter=10).fit(embed(em_plane), em_stack.labels[0]) for _ in range(2)]
    np.testing.assert_array_equal(heads[0].coef_[0], heads[1].coef_[0])
    assert heads[0].loss_ == heads[1].loss_


def test_membranes_of_the_next_section(em_stack):
    embeddings = [embed(em_stack.plane(i)) for i in range(2)]
    head = LinearSegHead().fit(embeddings[0], em_stack.labels[0])
    assert dice(head.predict(embeddings[1]), em_stack.labels[1], 2) > 0.95


def test_saved_and_loaded_it_predicts_the_same_bits(half_plane, embed_toy, tmp_path):
    image, mask = half_plane
    head = LinearSegHead(1, 2, 1e-3, 50, {1: "cell", 2: "membrane"}, {2: "#ff0000"}).fit(
        embed_toy(image), mask
    )
    loaded = LinearSegHead.load(head.save(tmp_path / "head"))
    np.testing.assert_array_equal(
        loaded.predict_proba(embed_toy(image)), head.predict_proba(embed_toy(image))
    )
    assert loaded.get_params() == head.get_params()
    assert (loaded.loss_, loaded.n_iter_) == (head.loss_, head.n_iter_)


def test_probes_and_heads_are_not_taken_for_each_other(half_plane, embed_toy, tmp_path):
    image, mask = half_plane
    path = LinearSegHead().fit(embed_toy(image), mask).save(tmp_path / "head")
    with pytest.raises(InputError, match="holds 'patchprobe segmentation head', not a patchprobe probe"):
        LinearProbe.load(path)
    LinearProbe().fit(embed_toy(image), mask).save(path)
    with pytest.raises(InputError, match="holds 'patchprobe probe', not a patchprobe segmentation"):
        LinearSegHead.load(path)


def test_another_backbone_is_refused(half_plane, embed_toy):
    image, mask = half_plane
    head = LinearSegHead().fit(embed_toy(image), mask)
    with pytest.raises(InputError, match=r"head was fitted on features of 'toy'.*'filters'"):
        head.predict(embed(image))
    with pytest.raises(InputError, match="embeddings of one backbone"):
        LinearSegHead().fit([embed_toy(image), embed(image)], [mask, mask])


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((32, 24), int), "nothing is labelled"),
        (np.full((32, 24), 3), "only class 3 is labelled"),
        (np.ones((24, 32), int), r"\(24, 32\).*\(32, 24\)"),
        (np.full((32, 24), 1.5), "whole numbers"),
        (np.full((32, 24), 300), "1 to 255"),
        ([np.ones((32, 24), int)] * 2, "1 embeddings and 2 masks"),
    ],
)
def test_masks_that_cannot_be_fitted_are_named(half_plane, embed_toy, mask, message):
    embedding = embed_toy(half_plane[0])
    with pytest.raises(InputError, match=message):
        LinearSegHead().fit([embedding] if isinstance(mask, list) else embedding, mask)


@pytest.mark.parametrize("setting", [{"ce_weight": -1}, {"penalty": -1}, {"ce_weight": 0, "dice_weight": 0}])
def test_impossible_weights_are_named(half_plane, embed_toy, setting):
    with pytest.raises(InputError, match="none may be negative"):
        LinearSegHead(**setting).fit(embed_toy(half_plane[0]), half_plane[1])


def test_it_is_an_estimator(half_plane, embed_toy):
    head = clone(LinearSegHead(dice_weight=0.5, class_names={1: "cell"}))
    assert head.get_params()["dice_weight"] == 0.5
    with pytest.raises(NotFittedError, match="This head is not fitted"):
        head.predict(embed_toy(half_plane[0]))
