"""Pictures of what the demonstration did, composed without a plotting library."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ..io import Stack
from ..normalisation import Normalisation
from .run import COLORS, Demo

Picture = npt.NDArray[np.uint8]

_GROUND, _TEXT, _FAINT = (24, 27, 32), (236, 238, 241), (158, 165, 174)
_PANEL, _GAP, _MARGIN = 470, 18, 26
_HEAD, _CAPTION, _FOOT = 74, 48, 36
# Classes are tinted so that the image stays legible below; the first is mostly background.
_TINT = {1: 0.16, 2: 0.58}
_RIGHT, _MISSED, _WRONG = (76, 195, 107), (86, 180, 233), (213, 94, 0)
_CUT_HEIGHT = 230


def segmentation_picture(demo: Demo) -> Picture:
    """Compose the section with its strokes, predictions there and elsewhere, and truth or probability.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    norm = demo.embedding.normalisation
    painted = _rgb(demo.stack.plane(demo.painted), norm)
    other = _other_plane(demo)
    panels = [
        (_with_strokes(painted, demo.strokes), f"Section {demo.painted} with strokes", _strokes_line(demo)),
        (
            _overlaid(painted, demo.predicted_plane(demo.painted)),
            f"Prediction on section {demo.painted}",
            _score_line(demo, "seen"),
        ),
    ]
    shown = demo.painted if other is None else other
    if other is not None:
        plain = _rgb(demo.stack.plane(other), norm)
        line = _score_line(demo, "unseen") or "no strokes here: the same probe"
        panels.append((_overlaid(plain, demo.predicted_plane(other)), f"Prediction on section {other}", line))
    truth = demo.stack.label_plane(shown)
    if truth is not None and truth.any():
        image = _rgb(demo.stack.plane(shown), norm)
        panels.append((_compared(image, truth, demo.predicted_plane(shown)), *_COMPARED))
    else:
        heat = _probability(demo)
        panels.append((heat, f"Probability of {demo.class_names[2]}", f"section {demo.painted}; white is 1"))
    title = f"{demo.stack.name} · two classes from {_count(demo)} strokes"
    return _sheet(title, _subtitle(demo), panels, _legend(demo))


def alignment_picture(demo: Demo) -> Picture | None:
    """Compose cuts across the sections and two neighbours over each other, before and after alignment.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3), or None for a single plane
    """
    if demo.alignment is None or demo.agreement is None:
        return None
    norm = demo.embedding.normalisation
    before, after = demo.stack, demo.alignment.apply(replace(demo.stack, labels=None))
    a, b = _most_moved(demo)
    agreement = demo.agreement
    panels = []
    for stack, when, similarity, residual in (
        (before, "Before", agreement.similarity_before, agreement.residual_before),
        (after, "After", agreement.similarity_after, agreement.residual_after),
    ):
        off = "" if residual is None else f", {residual:.1f} px off the truth"
        line = f"neighbours correlate {similarity:.2f}{off}"
        panels.append((_cut_through(stack, norm), f"{when}: cut across the sections", line))
    for stack, when in ((before, "Before"), (after, "After")):
        pair = [_grey(stack.plane(plane), norm) for plane in (a, b)]
        both = (pair[0] > 0) & (pair[1] > 0)
        red_cyan = np.stack([pair[0], pair[1], pair[1]], axis=2) * both[:, :, None]
        panels.append((red_cyan, f"{when}: sections {a} and {b}", "red and cyan; grey where they agree"))
    title = f"{demo.stack.name} · {demo.alignment.summary()}"
    size = ", ".join(f"{s:g}" for s in np.abs(demo.alignment.shifts).max(axis=0).round(1))
    return _sheet(title, f"largest shift y, x: {size} px", panels, [], columns=2)


_COMPARED = ("Compared with the truth", "green found · blue missed · red not there")


def _rgb(plane: npt.NDArray[np.generic], normalisation: Normalisation) -> Picture:
    unit = np.clip(normalisation.apply(plane), 0, 1)
    colour = np.repeat(unit[:, :, None], 3, axis=2) if unit.ndim == 2 else unit[:, :, :3]
    return np.asarray(np.rint(colour * 255), np.uint8)


def _grey(plane: npt.NDArray[np.generic], normalisation: Normalisation) -> Picture:
    return np.asarray(np.rint(_rgb(plane, normalisation).mean(axis=2)), np.uint8)


def _fit(image: Picture, width: int, smooth: bool = True) -> Picture:
    """Scale to a width; enlarged pixels stay square and crisp."""
    factor = width / image.shape[1]
    how = cv2.INTER_AREA if factor < 1 and smooth else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(image, (width, max(1, round(image.shape[0] * factor))), interpolation=how))


def _with_strokes(image: Picture, strokes: npt.NDArray[np.uint8]) -> Picture:
    """Show strokes at least three pixels wide at the size of the panel, or they could not be seen."""
    shown = _fit(image, _PANEL)
    width = max(3, round(0.009 * _PANEL))
    for number, color in COLORS.items():
        mask = (strokes == number).astype(np.uint8)
        mask = cv2.resize(mask, (shown.shape[1], shown.shape[0]), interpolation=cv2.INTER_NEAREST)
        if shown.shape[1] < image.shape[1]:
            mask = np.zeros_like(mask)
            y, x = np.nonzero(strokes == number)
            scale = shown.shape[1] / image.shape[1]
            mask[(y * scale).astype(int).clip(max=mask.shape[0] - 1), (x * scale).astype(int)] = 1
        thick = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
        shown[thick > 0] = _rgb_of(color)
    return shown


def _overlaid(image: Picture, labels: npt.NDArray[np.uint8]) -> Picture:
    out = image.astype(np.float32)
    for number, color in COLORS.items():
        here = labels == number
        out[here] = (1 - _TINT[number]) * out[here] + _TINT[number] * np.array(_rgb_of(color))
    return np.asarray(out, np.uint8)


def _compared(image: Picture, truth: npt.NDArray[np.generic], labels: npt.NDArray[np.uint8]) -> Picture:
    out = image.astype(np.float32) * 0.55
    is_true, is_found, known = truth == 2, labels == 2, truth != 0
    for where, color in (
        (is_true & is_found, _RIGHT),
        (is_true & ~is_found, _MISSED),
        (~is_true & is_found & known, _WRONG),
    ):
        out[where] = 0.25 * out[where] + 0.75 * np.array(color)
    return np.asarray(out, np.uint8)


def _probability(demo: Demo) -> Picture:
    probability = demo.probe.predict_proba(demo.embedding)[:, :, 1]
    return np.asarray(
        cv2.cvtColor(
            cv2.applyColorMap(np.rint(probability * 255).astype(np.uint8), cv2.COLORMAP_INFERNO),
            cv2.COLOR_BGR2RGB,
        )
    )


def _cut_through(stack: Stack, normalisation: Normalisation) -> Picture:
    """Cut along y and z in the middle column: sections from top to bottom."""
    column = stack.plane_shape[1] // 2
    lines = [_grey(plane, normalisation)[:, column] for plane in stack.planes()]
    cut = np.repeat(np.stack(lines), max(1, _CUT_HEIGHT // len(lines)), axis=0)
    cut = np.asarray(cv2.resize(cut, (_PANEL, cut.shape[0]), interpolation=cv2.INTER_LINEAR))
    return np.repeat(cut[:, :, None], 3, axis=2)


def _other_plane(demo: Demo) -> int | None:
    """Choose a plane that was not painted, with truth where there is any."""
    scored = () if demo.unseen is None else demo.unseen.planes
    others = scored or [plane for plane in range(demo.stack.n_planes) if plane != demo.painted]
    return others[len(others) // 2] if others else None


def _most_moved(demo: Demo) -> tuple[int, int]:
    """Find the neighbours that alignment brought together from farthest."""
    assert demo.alignment is not None
    best, pair = -1.0, (0, 1)
    for plane in range(1, len(demo.alignment)):
        section = demo.alignment[plane]
        length = float(np.hypot(*section.step))
        if section.status != "failed" and section.reference is not None and length > best:
            best, pair = length, (section.reference, plane)
    return pair


def _count(demo: Demo) -> int:
    return sum(demo.probe.strokes_.values())


def _strokes_line(demo: Demo) -> str:
    share = 100 * np.count_nonzero(demo.strokes) / demo.strokes.size
    kind = "suggested, " if demo.suggested else ""
    return f"{kind}{_count(demo)} strokes, {share:.2g} % of the pixels"


def _score_line(demo: Demo, which: str) -> str:
    scores = demo.seen if which == "seen" else demo.unseen
    if scores is None:
        held = demo.probe.held_out_
        if held is None or which == "unseen":
            return ""
        kind = "suggested " if demo.suggested else ""
        return f"held-out {kind}strokes: accuracy {held.accuracy:.2f}"
    many = "" if which == "seen" else f" over the {len(scores.planes)} sections without strokes"
    return f"F1 of {demo.class_names[2]} {scores.f1:.2f}{many}"


def _subtitle(demo: Demo) -> str:
    steps = ", ".join(f"{step} {seconds:.2g} s" for step, seconds in demo.seconds.items() if step != "load")
    return f"features: {demo.embedding.backbone} · {steps}"


def _legend(demo: Demo) -> list[tuple[str, tuple[int, int, int]]]:
    return [(name, _rgb_of(COLORS[number])) for number, name in demo.class_names.items()]


def _rgb_of(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _sheet(
    title: str,
    subtitle: str,
    panels: list[tuple[Picture, str, str]],
    legend: list[tuple[str, tuple[int, int, int]]],
    columns: int | None = None,
) -> Picture:
    """Lay panels out in rows, each below its caption."""
    columns = columns or (len(panels) if len(panels) < 4 else 2)
    images = [_fit(image, _PANEL) for image, _, _ in panels]
    rows = [range(start, min(start + columns, len(panels))) for start in range(0, len(panels), columns)]
    heights = [max(images[i].shape[0] for i in row) for row in rows]
    width = 2 * _MARGIN + columns * _PANEL + (columns - 1) * _GAP
    foot = _FOOT if legend else _MARGIN // 2
    canvas = Image.new("RGB", (width, _HEAD + sum(h + _CAPTION + _GAP for h in heights) + foot), _GROUND)
    draw = ImageDraw.Draw(canvas)
    draw.text((_MARGIN, 16), title, _TEXT, font=_font(21))
    draw.text((_MARGIN, 46), subtitle, _FAINT, font=_font(14))
    y = _HEAD
    for row, height in zip(rows, heights, strict=True):
        for place, i in enumerate(row):
            x = _MARGIN + place * (_PANEL + _GAP)
            draw.text((x, y), panels[i][1], _TEXT, font=_font(16))
            draw.text((x, y + 21), panels[i][2], _FAINT, font=_font(13))
            canvas.paste(Image.fromarray(images[i]), (x, y + _CAPTION - 4))
        y += height + _CAPTION + _GAP
    x = _MARGIN
    for name, color in legend:
        draw.rectangle((x, y + 2, x + 13, y + 15), fill=color)
        draw.text((x + 21, y), name, _TEXT, font=_font(14))
        x += 48 + int(draw.textlength(name, font=_font(14)))
    return np.asarray(canvas)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
