"""How well a result agrees with the truth: pixels, regions, instances, synaptic clefts, landmarks, neurons.

All functions take the truth first.
"""

from .clefts import CleftScore, cleft_score
from .instances import (
    IOU_THRESHOLDS,
    InstanceMatch,
    average_precision,
    match_instances,
    mean_average_precision,
)
from .landmarks import LandmarkError, target_registration_error
from .neurofinder import NeuronScore, neuron_score
from .pixels import (
    accuracy,
    balanced_accuracy,
    confusion_matrix,
    dice,
    f1_score,
    iou,
    labelled,
    precision,
    recall,
)
from .regions import VariationOfInformation, adapted_rand_error, adjusted_rand_index, variation_of_information

__all__ = [
    "IOU_THRESHOLDS",
    "CleftScore",
    "InstanceMatch",
    "LandmarkError",
    "NeuronScore",
    "VariationOfInformation",
    "accuracy",
    "adapted_rand_error",
    "adjusted_rand_index",
    "average_precision",
    "balanced_accuracy",
    "cleft_score",
    "confusion_matrix",
    "dice",
    "f1_score",
    "iou",
    "labelled",
    "match_instances",
    "mean_average_precision",
    "neuron_score",
    "precision",
    "recall",
    "target_registration_error",
    "variation_of_information",
]
