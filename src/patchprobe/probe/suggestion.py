"""Decision weights that need no truth: from how common each class looks in unlabelled pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..grid import even_points
from .decision import Decision, Logits, probabilities_from_logits

Probabilities = npt.NDArray[np.float64]

# Pixels looked at; more change the weights by less than a step of their slider.
_MOST_PIXELS = 8192
_MOST_ROUNDS, _CLOSE = 200, 1e-5
# What is believed before a pixel is looked at: that all classes are equally common, with this weight beside
# the pixels. Without it, a class that looks much like another can vanish, as mitochondria did beside
# membranes.
_EVEN_BELIEF = 0.05
# Logarithms of the weights that are tried for each class, about those of the prior alone.
_STEPS = np.arange(-3, 3.01, 0.125)
_SWEEPS = 3
# How far to go from no weights to those of the estimate, on a logarithmic scale. Strokes show no borders, so
# that probabilities are not quite what they say: the whole way gains a little more on average and loses half
# as much again at worst (benchmarks/decision_weights.py).
_WAY = 0.8


@dataclass(frozen=True)
class Suggestion:
    """Decision weights, and what they come from.

    Parameters
    ----------
    weights : mapping of int to float
        By class; 1 for the commonest.
    prior : mapping of int to float
        Estimated share of each class in the image; sums to 1.
    """

    weights: Mapping[int, float]
    prior: Mapping[int, float]


def estimate_prior(
    probabilities: Probabilities, training_prior: Probabilities, even_belief: float = 0.0
) -> Probabilities:
    """Estimate how common each class is where nothing is labelled.

    Expectation maximisation: if the classes have the shares π in the image and had τ in training, a pixel's
    probabilities are ``p'_c ∝ p_c π_c / τ_c``, and their mean over the pixels is π again (Saerens, Latinne &
    Decaestecker 2002, Neural Computation 14, equations 2.9 and 2.10).

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, k)
        Of n pixels, by a classifier that was trained with `training_prior`.
    training_prior : ndarray of float, shape (k,)
    even_belief : float
        Pull towards equal shares: their weight beside that of all pixels together.

    Returns
    -------
    ndarray of float64, shape (k,)
        Sums to 1.
    """
    even = even_belief / len(training_prior)
    prior = training_prior
    for _ in range(_MOST_ROUNDS):
        before = prior
        counted = _reweighed(probabilities, prior / training_prior).mean(axis=0)
        prior = (counted + even) / (1 + even_belief)
        if np.abs(prior - before).max() < _CLOSE:
            break
    return prior


def suggest_weights(
    logits: Logits | Sequence[Logits],
    classes: Sequence[int],
    training_prior: Sequence[float] | None = None,
) -> Suggestion:
    """Suggest decision weights for classes that are rarer in the image than under the strokes.

    The shares of the classes are estimated from unlabelled pixels (`estimate_prior`), and the probabilities
    corrected by them. From there the weights are sought that maximise the expected Dice overlap, averaged
    over all classes but the commonest: ``Dice_c = 2 Σ_{A_c} p_c / (|A_c| + Σ p_c)`` with `A_c` the pixels
    that class c is given. With two classes that is the threshold of the highest expected Dice of the rarer
    one. Four fifths of the way there are suggested.

    Parameters
    ----------
    logits : ndarray of float32, (H, W, k - 1), or a sequence of such
        What `predict_logits` returns, of one or more planes that look like the rest of the stack.
    classes : sequence of int, length k
    training_prior : sequence of float, optional
        Share of each class in training; equal if not given, as for a probe with balanced classes.

    Returns
    -------
    Suggestion

    Raises
    ------
    InputError
        If no pixel has finite logits.
    """
    planes = [logits] if isinstance(logits, np.ndarray) else list(logits)
    k = len(classes)
    trained = np.full(k, 1 / k) if training_prior is None else np.asarray(training_prior, dtype=np.float64)
    probabilities = probabilities_from_logits(_sample(planes, k)).astype(np.float64)
    prior = estimate_prior(probabilities, trained, _EVEN_BELIEF)
    corrected = _reweighed(probabilities, prior / trained)
    commonest = int(prior.argmax())
    weights = (prior / trained) * np.exp(_best_steps(corrected, commonest))
    weights = (weights / weights[commonest]) ** _WAY
    numbers = [int(number) for number in classes]
    return Suggestion(
        weights=dict(zip(numbers, weights.tolist(), strict=True)),
        prior=dict(zip(numbers, prior.tolist(), strict=True)),
    )


def shares(logits: Logits, decision: Decision) -> dict[int, float]:
    """Share of the pixels (H, W) that each class gets; sums to 1."""
    labels = decision.labels(logits)
    counts = np.bincount(labels.ravel(), minlength=max(decision.classes) + 1) / labels.size
    return {number: float(counts[number]) for number in decision.classes}


def _sample(planes: Sequence[Logits], k: int) -> Logits:
    """Logits (n, k - 1) of pixels spread evenly over the planes."""
    most = _MOST_PIXELS // len(planes)
    parts = [plane[tuple(even_points((plane.shape[0], plane.shape[1]), most).T)] for plane in planes]
    together = np.concatenate([part.reshape(-1, k - 1) for part in parts])
    sample: Logits = together[np.isfinite(together).all(axis=1)]
    if len(sample) == 0:
        raise InputError("No pixel has a finite prediction to estimate from. Choose another plane.")
    return sample


def _reweighed(probabilities: Probabilities, factors: Probabilities) -> Probabilities:
    products = probabilities * factors
    reweighed: Probabilities = products / products.sum(axis=1, keepdims=True)
    return reweighed


def _best_steps(probabilities: Probabilities, commonest: int) -> Probabilities:
    """Logarithms (k,) of the weights with the highest expected Dice: one class after the other, in turns."""
    steps = np.zeros(probabilities.shape[1])
    rare = [c for c in range(len(steps)) if c != commonest]
    for _ in range(_SWEEPS if len(rare) > 1 else 1):
        for c in rare:
            tried = np.repeat(steps[None], len(_STEPS), axis=0)
            tried[:, c] = _STEPS
            dice = [_expected_dice(probabilities, np.exp(row), rare) for row in tried]
            steps[c] = _STEPS[int(np.argmax(dice))]
    return steps


def _expected_dice(probabilities: Probabilities, weights: Probabilities, rare: Sequence[int]) -> float:
    """Mean over the rare classes of the Dice overlap that is to be expected with these weights."""
    winner = (probabilities * weights).argmax(axis=1)
    own = probabilities[np.arange(len(winner)), winner]
    k = probabilities.shape[1]
    right = np.bincount(winner, weights=own, minlength=k)
    given = np.bincount(winner, minlength=k)
    dice = 2 * right / (given + probabilities.sum(axis=0))
    return float(dice[list(rare)].mean())
