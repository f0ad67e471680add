"""One function for each command: from arguments to calls of the core, and what is printed of the outcome."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module
from pathlib import Path
from typing import Any

from .aligning import align
from .apply import apply
from .carry import carry
from .evaluating import evaluate
from .fitting import class_name, fit
from .look import cache, info, samples
from .objects import objects
from .reading import chosen_fusion, load_backbone, load_image
from .sets import datasets
from .summary import summarise
from .terminal import Result, Terminal
from .weights import backbones, fetch_weights

__all__ = [
    "align",
    "apply",
    "backbones",
    "cache",
    "carry",
    "datasets",
    "demo",
    "embed",
    "evaluate",
    "fit",
    "info",
    "objects",
    "predict",
    "samples",
    "summarise",
]


def embed(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe embed``."""
    from ..embedding_file import save_embeddings
    from ..store import default_store

    stack = load_image(arguments.image, arguments, terminal)
    fetch_weights(arguments.backbone, terminal)
    backbone = load_backbone(arguments.backbone, arguments)
    with terminal.steps() as tell:
        path = save_embeddings(
            arguments.output,
            stack,
            backbone,
            arguments.planes,
            on_progress=lambda done, total: tell("features", done, total),
            store=default_store(stack),
        )
    planes = stack.n_planes if arguments.planes is None else len(arguments.planes)
    terminal.say(f"Features of {planes} planes ({backbone.spec.name}): {path}")
    return {"output": str(path), "backbone": backbone.spec.name, "planes": planes}


def predict(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe predict``."""
    from ..prediction import check_version
    from ..prediction_file import PlaneDone, partial_path, predict_to
    from ..probe import load_probe
    from ..steps import TileDone, finish
    from ..store import default_store

    probe = load_probe(arguments.probe)
    if arguments.decision_weights is not None:
        probe = probe.with_decision_weights(arguments.decision_weights)
    fetch_weights(probe.backbone_, terminal)
    check_version(probe)
    stack = load_image(arguments.image, arguments, terminal)
    for difference in probe.differences(stack):
        terminal.note(difference)
    kind: Any = "probabilities" if arguments.probabilities else "labels"
    backbone, store = load_backbone(probe.backbone_, arguments), default_store(stack)
    target, restart = arguments.output, arguments.restart
    fusion = chosen_fusion(arguments)
    work = predict_to(target, stack, probe, arguments.planes, kind, backbone, store, restart, fusion)
    last = PlaneDone(-1, 0, 0)
    try:
        with terminal.steps() as tell:

            def telling(step: PlaneDone | TileDone) -> None:
                nonlocal last
                if step.note:
                    terminal.note(step.note)
                if isinstance(step, TileDone):
                    tell("planes of all orientations", step.done, step.total)
                    return
                last = step
                tell("planes", step.done, step.total)

            path = finish(work, telling)
    except KeyboardInterrupt as interrupt:
        work.close()
        if not last.done:
            raise
        raise KeyboardInterrupt(
            f"interrupted; {last.done} of {last.total} planes are kept in {partial_path(Path(target))}, "
            "and the same command goes on from there"
        ) from interrupt
    terminal.say(f"{kind.capitalize()} of {last.total} planes: {path}")
    classes = {str(c): class_name(probe, int(c)) for c in probe.classes_}
    terminal.say("Classes: " + ", ".join(f"{number} {name}" for number, name in classes.items()))
    return {"output": str(path), "kind": kind, "planes": last.total, "classes": classes}


def demo(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe demo``."""
    from ..demo import run_demo, sample_stack, write_results
    from ..demo.files import summarise
    from ..demo.screen import choose_ending

    ending = choose_ending(arguments.window, arguments.output)
    transforms = None
    if arguments.path is None:
        stack, transforms = sample_stack(arguments.seed)
    else:
        stack = load_image(arguments.path, arguments, terminal)
    fetch_weights(arguments.backbone, terminal)
    with terminal.steps() as tell:
        done = run_demo(stack, arguments.backbone, arguments.seed, transforms, tell)
    for note in done.notes[len(stack.notes) :]:
        terminal.note(note)
    _say_demo(done, terminal)
    files: dict[str, Path] = {}
    if ending.folder is not None:
        files = write_results(done, ending.folder)
        if ending.screenshot:
            # By name: the core and the command line load without napari.
            window = import_module("patchprobe._widgets.demo_window")
            files["picture of the window"] = window.save_screenshot(done, ending.folder / "window.png")
        terminal.say(f"\nWritten to {ending.folder.resolve()}")
        terminal.table(("file", "what it is"), ((path.name, what) for what, path in files.items()))
    if ending.reason:
        terminal.note(ending.reason)
    result = summarise(done) | {"files": {what: str(path.resolve()) for what, path in files.items()}}
    if ending.window:
        import_module("patchprobe._widgets.demo_window").show(done)
    return result


def _say_demo(done: Any, terminal: Terminal) -> None:
    from ..io import describe

    terminal.say(f"{done.stack.name}: {describe(done.stack)}")
    strokes = sum(done.probe.strokes_.values())
    terminal.say(f"{strokes} strokes on section {done.painted}, {done.strokes_from}")
    names = " and ".join(done.class_names.values())
    terminal.say(f"Classes: {names}; features: {done.embedding.backbone}")
    held_out = done.probe.held_out_
    if held_out is not None:
        kind = "Held-out suggested strokes" if done.suggested else "Held-out strokes"
        terminal.say(f"{kind}: accuracy {held_out.accuracy:.2f}")
    if done.suggested:
        terminal.say("The strokes are only a suggestion; paint your own in napari for what you are after.")
    if done.unseen is not None:
        terminal.say(
            f"Against the truth of the {len(done.unseen.planes)} sections without strokes: "
            f"F1 of {done.class_names[2]} {done.unseen.f1:.2f}, accuracy {done.unseen.accuracy:.2f}"
        )
    if done.alignment is not None:
        a = done.agreement
        terminal.say(
            f"Alignment of {done.alignment.summary()}; neighbours correlate "
            f"{a.similarity_before:.2f} before, {a.similarity_after:.2f} after"
        )
