"""``patchprobe fit``: strokes on images in, a saved probe out."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .deciding import weighed
from .reading import load_backbone, load_image
from .terminal import OnStep, Result, Terminal
from .weights import fetch_weights

if TYPE_CHECKING:
    from ..backbones import Backbone
    from ..embedding import Embedding
    from ..io import LabelClass, Stack
    from ..label_file import LabelPlane
    from ..probe import Comparison, HeldOut, Probe, TrainingRows
    from ..project import Project

# Compare all classifiers, and take the one that is recommended.
BEST = "best"


def fit(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe fit``."""
    from ..probe import make_classifier

    project = _project(arguments, terminal)
    pairs, planes = _pairs(arguments)
    continued = _continued(arguments, terminal)
    name = arguments.classifier or _name_of(continued, project)
    learned = _Learned.start(name, continued)
    backbone = continued.backbone_ if continued else arguments.backbone or "filters"
    if project is not None and not continued:
        backbone = project.view.backbone
    fetch_weights(backbone, terminal)
    comparison = None
    with terminal.steps() as tell:
        for done, ((image, labels), plane) in enumerate(zip(pairs, planes, strict=True)):
            tell("images", done, len(pairs))
            _read_pair(image, labels, plane, backbone, learned, arguments, terminal)
        tell("images", len(pairs), len(pairs))
        if project is not None:
            _read_project(project, backbone, learned, arguments)
        if name == BEST:
            comparison = _compare(learned, tell)
            name = comparison.recommended.name
    if comparison is not None:
        _say_comparison(comparison, terminal)
    probe = make_classifier(name, **_classes(arguments, continued, learned.meaning))
    probe.fit_rows(learned.rows, learned.embeddings)
    probe = weighed(probe, arguments.decision_weights, learned.seen, terminal)
    path = probe.save(arguments.output, with_rows=not arguments.no_rows)
    terminal.say(f"Probe of {len(probe.classes_)} classes ({probe.title}): {path}")
    _say_held_out(probe, terminal)
    return {
        "output": str(path),
        "classifier": probe.name,
        "backbone": probe.backbone_,
        "classes": {str(c): class_name(probe, int(c)) for c in probe.classes_},
        "strokes": {str(c): n for c, n in probe.strokes_.items()},
        "decision_weights": {str(c): weight for c, weight in probe.decision_weights_.items()},
        **probe.chosen(),
        "held_out": _held_out(probe.held_out_),
    } | ({} if comparison is None else {"comparison": _table(comparison)})


def class_name(probe: Probe, number: int) -> str:
    """Return what a class is called."""
    return (probe.class_names or {}).get(number, f"class {number}")


@dataclass
class _Learned:
    """Training rows of planes, the embeddings of those painted now if they are `kept`, and which they are."""

    kept: bool
    rows: list[TrainingRows] = field(default_factory=list)
    embeddings: list[Embedding | None] = field(default_factory=list)
    seen: list[tuple[Backbone, Stack, int]] = field(default_factory=list)
    meaning: dict[int, LabelClass] = field(default_factory=dict)

    @classmethod
    def start(cls, classifier: str, continued: Probe | None) -> _Learned:
        """Begin with the rows of the probe that is continued."""
        from ..probe import classifier_type

        rows = [] if continued is None else list(continued.rows_)
        kept = classifier == BEST or classifier_type(classifier).looks_around
        return cls(kept, rows, [None] * len(rows))


def _read_pair(
    image: str,
    labels: str,
    plane: int | None,
    backbone: str,
    learned: _Learned,
    arguments: Namespace,
    terminal: Terminal,
) -> None:
    """Read the rows under the strokes of one image."""
    from ..label_file import load_label_classes, load_labels
    from ..probe import read_rows
    from ..store import default_store

    stack = load_image(image, arguments, terminal)
    learned.meaning |= load_label_classes(labels, arguments.labels_dataset)
    painted = load_labels(labels, stack, plane, arguments.labels_dataset)
    if arguments.triplanar:
        _read_triplanar(stack, list(painted), load_backbone(backbone, arguments), learned)
        return
    normalisation = stack.normalisation()
    prepared = load_backbone(backbone, arguments).for_stack(stack, default_store(stack))
    for index, strokes in painted:
        embedding = prepared.embed(stack.plane(index), normalisation, default_store(stack))
        learned.rows.append(read_rows(embedding, strokes, stack))
        learned.embeddings.append(embedding if learned.kept else None)
        learned.seen.append((prepared, stack, index))


def _read_triplanar(stack: Stack, painted: list[LabelPlane], backbone: Backbone, learned: _Learned) -> None:
    """Read the rows under the strokes of one volume in planes of three orientations."""
    from ..fusion import read_triplanar_rows
    from ..store import default_store

    store = default_store(stack)
    learned.rows.append(read_triplanar_rows(stack, painted, backbone, store=store))
    learned.embeddings.append(None)
    prepared = backbone.for_stack(stack, store)
    learned.seen += [(prepared, stack, index) for index, _ in painted]


def _project(arguments: Namespace, terminal: Terminal) -> Project | None:
    """Open the project to fit on, if there is one, and say what is wrong with its images."""
    if arguments.project is None:
        return None
    from ..project import Project

    if arguments.pairs:
        raise InputError("Give either images with labels or --project, not both.")
    if arguments.triplanar:
        raise InputError("--triplanar takes images with labels, not --project.")
    project = Project.load(arguments.project)
    for note in project.notes:
        terminal.note(note)
    return project


def _name_of(continued: Probe | None, project: Project | None) -> str:
    """Return which classifier is fitted where none is asked for."""
    if continued is not None:
        return continued.name
    return "linear" if project is None else project.view.classifier


def _read_project(project: Project, backbone: str, learned: _Learned, arguments: Namespace) -> None:
    """Read the rows under the strokes of all images of a project."""
    from ..io import label_classes
    from ..probe import read_rows
    from ..store import default_store

    classes = project.view.classes
    learned.meaning |= label_classes(
        {c.number: c.name for c in classes}, {c.number: c.color for c in classes}
    )
    for stack, index, strokes in project.training():
        store = default_store(stack)
        prepared = load_backbone(backbone, arguments).for_stack(stack, store)
        embedding = prepared.embed(stack.plane(index), stack.normalisation(), store)
        learned.rows.append(read_rows(embedding, strokes, stack))
        learned.embeddings.append(embedding if learned.kept else None)
        learned.seen.append((prepared, stack, index))


def _continued(arguments: Namespace, terminal: Terminal) -> Probe | None:
    """Load the probe to continue, if there is one, and check that it can be."""
    if arguments.continued is None:
        return None
    from ..prediction import check_version
    from ..probe import load_probe

    probe = load_probe(arguments.continued)
    if not probe.rows_:
        raise InputError(
            f"{arguments.continued} keeps no training rows, so it cannot be continued. "
            "Fit anew with all images, or save the probe with its rows next time."
        )
    if arguments.backbone not in (None, probe.backbone_):
        raise InputError(
            f"{arguments.continued} was fitted on {probe.backbone_!r}, not on {arguments.backbone!r}. "
            "Leave --backbone out to continue it."
        )
    check_version(probe)
    rows, strokes = sum(len(part.classes) for part in probe.rows_), sum(probe.strokes_.values())
    terminal.note(f"{arguments.continued}: goes on from {strokes} strokes ({rows} training rows)")
    return probe


def _classes(
    arguments: Namespace, continued: Probe | None, meaning: Mapping[int, LabelClass]
) -> dict[str, Any]:
    """Names and colours of the classes: as given, else as the label files or the continued probe say."""
    names = dict(continued.class_names or {}) if continued else {}
    colors = dict(continued.class_colors or {}) if continued else {}
    names |= {number: known.name for number, known in meaning.items()}
    colors |= {number: known.color for number, known in meaning.items() if known.color}
    return {
        "class_names": names | (arguments.class_names or {}) or None,
        "class_colors": colors or None,
    }


def _compare(learned: _Learned, tell: OnStep) -> Comparison:
    from ..probe import compare_classifiers

    work = compare_classifiers(learned.rows, learned.embeddings)
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            comparison: Comparison = end.value
            return comparison
        tell("classifiers", step.done, step.total)


def _say_comparison(comparison: Comparison, terminal: Terminal) -> None:
    terminal.table(
        ("classifier", "accuracy on held-out strokes", "F1", "fit"),
        (
            (
                each.title,
                f"{each.held_out.accuracy:.3f}",
                " / ".join("–" if value is None else f"{value:.2f}" for value in each.held_out.f1),
                f"{each.seconds:.2f} s",
            )
            for each in comparison.candidates
        ),
    )
    terminal.say(comparison.in_words())


def _table(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "classifier": each.name,
            "held_out": _held_out(each.held_out),
            "seconds": each.seconds,
            "behind": each.behind,
            "error": each.error,
            "recommended": each is comparison.recommended,
        }
        for each in comparison.candidates
    ]


def _say_held_out(probe: Probe, terminal: Terminal) -> None:
    terminal.table(("class", "strokes", "F1 on held-out strokes"), _class_rows(probe))
    if probe.held_out_ is not None:
        terminal.say(f"Held-out strokes: accuracy {probe.held_out_.accuracy:.2f}")
    if probe.held_out_ is None or None in probe.held_out_.f1:
        terminal.say("Three strokes of each class are needed to say how good it is.")


def _pairs(arguments: Namespace) -> tuple[list[tuple[str, str]], list[int | None]]:
    """Images with their labels, and the plane that each single label image is of."""
    given: list[str] = arguments.pairs
    if not given and arguments.project is None:
        raise InputError("Give images with their labels, IMAGE LABELS, or a project with --project.")
    if len(given) % 2:
        raise InputError(
            f"Images and label files come in pairs, IMAGE LABELS; {len(given)} files were given. "
            "Give one label file behind each image."
        )
    pairs = list(zip(given[::2], given[1::2], strict=True))
    planes: Sequence[int | None] = arguments.plane or [None]
    if len(planes) == 1:
        planes = [planes[0]] * len(pairs)
    if len(planes) != len(pairs):
        raise InputError(
            f"--plane was given {len(planes)} times for {len(pairs)} pairs. Give it once, or once for each."
        )
    return pairs, list(planes)


def _class_rows(probe: Probe) -> list[tuple[str, str, str]]:
    scores = ["" for _ in probe.classes_]
    if probe.held_out_ is not None:
        scores = ["" if score is None else f"{score:.2f}" for score in probe.held_out_.f1]
    return [
        (f"{c} {class_name(probe, int(c))}", str(probe.strokes_[int(c)]), score)
        for c, score in zip(probe.classes_, scores, strict=True)
    ]


def _held_out(held_out: HeldOut | None) -> dict[str, Any] | None:
    return None if held_out is None else asdict(held_out)
