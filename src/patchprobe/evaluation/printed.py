"""The numbers that the two reports print."""

from __future__ import annotations

from dataclasses import dataclass

# Report A, Table 1: accuracy and F1, for ConvNeXt-Tiny and ViT-Large.
REPORT_A_TABLE_1 = {
    "em": ((0.981, 0.951), (0.984, 0.959)),
    "mri": ((0.875, 0.600), (0.894, 0.653)),
    "histology": ((0.938, 0.941), (0.947, 0.950)),
    "connectomics": ((0.956, 0.936), (0.975, 0.965)),
    "atlas": ((0.888, 0.769), (0.900, 0.810)),
    "calcium": ((0.941, 0.913), (0.959, 0.942)),
}
REPORT_A_MODALITIES = tuple(REPORT_A_TABLE_1)
# Report A, Table 2: mean error in patches, for every modality and backbone.
REPORT_A_SHIFT_ERROR = 2.33

# Report B, Table 1: accuracy and F1, for every modality.
REPORT_B_TABLE_1 = ((0.52, 0.55), (0.40, 0.40))
REPORT_B_MODALITIES = ("em", "histology", "atlas", "mri", "connectomics", "calcium", "tracking")
# Report B, §4.1: mean error in patches, over all modalities.
REPORT_B_SHIFT_ERROR = (1.2, 2.1)

# Which of the two columns a backbone stands for.
_COLUMN = {
    "placeholder-cnx-t": 0,
    "placeholder-vit-l": 1,
    "dinov3-convnext-tiny": 0,
    "dinov3-vitl16": 1,
}


@dataclass(frozen=True)
class Claim:
    """What a report says of F1 after training on one modality and testing on another.

    Parameters
    ----------
    trained, tested : str
        Modalities; `trained` may be empty for any other than the one that is tested.
    least, most : float
    """

    trained: str
    tested: str
    least: float
    most: float


# Report A, §4.2.
REPORT_A_CLAIMS = (
    Claim("em", "histology", 0.54, 0.72),
    Claim("em", "calcium", 0.54, 0.72),
    Claim("connectomics", "histology", 0.54, 0.72),
    Claim("connectomics", "calcium", 0.54, 0.72),
    Claim("atlas", "connectomics", 0.49, 0.49),
    Claim("", "mri", 0.0, 0.32),
)
# Report B, §4.2; "near zero" elsewhere.
REPORT_B_CLAIMS = (
    Claim("em", "connectomics", 0.0, 0.2),
    Claim("histology", "atlas", 0.0, 0.2),
)


def column_of(backbone: str) -> int | None:
    """Return which of a report's two columns a backbone stands for, or None."""
    return _COLUMN.get(backbone)


def report_a_scores(modality: str, backbone: str) -> tuple[float | None, float | None]:
    """Return accuracy and F1 of report A's Table 1, or None where it has no such backbone."""
    column = column_of(backbone)
    return (None, None) if column is None else REPORT_A_TABLE_1[modality][column]


def report_b_scores(backbone: str) -> tuple[float | None, float | None]:
    """Return accuracy and F1 of report B's Table 1, or None where it has no such backbone."""
    column = column_of(backbone)
    return (None, None) if column is None else REPORT_B_TABLE_1[column]
