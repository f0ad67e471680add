"""``patchprobe apply``: every image of a folder."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .reading import chosen_fusion, load_backbone, load_image
from .terminal import Result, Terminal
from .weights import fetch_weights

if TYPE_CHECKING:
    from ..folder_prediction import ImageDone, ImageStep


def apply(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe apply``."""
    from ..folder_prediction import ImageDone, apply_to_folder
    from ..prediction import check_version
    from ..probe import load_probe
    from ..steps import finish

    probe = load_probe(arguments.probe)
    if arguments.decision_weights is not None:
        probe = probe.with_decision_weights(arguments.decision_weights)
    fetch_weights(probe.backbone_, terminal)
    check_version(probe)
    kind: Any = "probabilities" if arguments.probabilities else "labels"
    work = apply_to_folder(
        arguments.folder,
        probe,
        arguments.output,
        arguments.pattern,
        kind,
        arguments.suffix,
        load_backbone(probe.backbone_, arguments),
        lambda path: load_image(str(path), arguments, terminal),
        arguments.restart,
        chosen_fusion(arguments),
    )
    with terminal.steps() as tell:

        def telling(step: ImageStep | ImageDone) -> None:
            if isinstance(step, ImageDone):
                tell("images", step.number, step.total)
            else:
                tell(f"planes of {step.path.name}", step.plane.done, step.plane.total)

        images = finish(work, telling)
    terminal.table(("image", "prediction"), ((image.path.name, _outcome(image)) for image in images))
    failed = [image for image in images if image.error]
    if failed:
        reasons = "; ".join(f"{image.path.name}: {image.error}" for image in failed)
        raise InputError(f"{len(failed)} of {len(images)} images could not be predicted. {reasons}")
    return {
        "kind": kind,
        "images": [
            {"image": str(image.path), "output": str(image.output), "skipped": image.skipped}
            for image in images
        ],
    }


def _outcome(image: ImageDone) -> str:
    if image.output is None:
        return "none, see below"
    return f"{image.output}{' (was there already)' if image.skipped else ''}"
