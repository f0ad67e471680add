"""Decision weights at work: the overlay follows the sliders, and a suggestion is seen before it is taken."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from qtpy.QtCore import QObject

from .._cache import EmbeddingCache
from .._predicting import Prediction
from .._work import Computing, Source, predict_plane
from ..probe import LinearProbe, Suggestion, suggest_weights
from ..probe.suggestion import shares
from ._jobs import JobRunner
from ._layers import current_plane
from ._live_probe import LiveProbe
from ._rare_section import RareSection, weight_text
from ._session import session_of

_NO_PROBE = "Paint a little of two classes first"
_NOTHING = "The classes are as common as painted: nothing to change."


class RareClasses:
    """Between the section of decision weights and the live probe.

    Weights change what is decided, not what is predicted: the plane that is seen follows from its logits,
    other planes when they are seen.

    Parameters
    ----------
    live : LiveProbe
    section : RareSection
    parent : QObject
        What the background jobs end with.
    """

    def __init__(self, live: LiveProbe, section: RareSection, parent: QObject) -> None:
        self._live = live
        self._section = section
        self._seen: Prediction | None = None
        self._suggested: Suggestion | None = None
        self._jobs = JobRunner(parent)
        self._connect()
        self._show()
        self._on_fitted()

    @property
    def is_previewing(self) -> bool:
        """Whether the overlay shows a suggestion that is not taken yet."""
        return self._suggested is not None

    def _connect(self) -> None:
        section, live = self._section, self._live
        section.weighed.connect(self._on_weighed)
        section.evened.connect(lambda: self._set({}))
        section.suggest_requested.connect(self._suggest)
        section.taken.connect(self._take)
        section.dismissed.connect(self._dismiss)
        self._jobs.yielded.connect(self._on_report)
        self._jobs.failed.connect(live.failed.emit)
        live.predicted.connect(self._on_predicted)
        live.fitted.connect(self._on_fitted)
        live.viewer.dims.events.current_step.connect(self._on_moved)
        live.state.events.classes.connect(self._on_classes)
        live.state.events.decision_weights.connect(self._on_weights)
        section.destroyed.connect(self._close)

    def _close(self, *_: object) -> None:
        self._live.viewer.dims.events.current_step.disconnect(self._on_moved)

    # --- what the user wants ---

    def _on_weighed(self, number: int, weight: float) -> None:
        self._set({**self._live.state.decision_weights, number: weight})

    def _set(self, weights: Mapping[int, float]) -> None:
        self._forget_suggestion()
        self._live.state.decision_weights = dict(weights)

    def _suggest(self) -> None:
        live, source = self._live, self._live.source
        if source is None or live.probe is None or live.image is None:
            return
        plane = current_plane(live.viewer, live.image)
        cache = session_of(live.viewer).cache
        self._jobs.start(_suggesting, source, live.probe, plane, cache, self._seen)

    def _take(self) -> None:
        if self._suggested is not None:
            self._set(self._suggested.weights)

    def _dismiss(self) -> None:
        self._forget_suggestion()
        if self._seen is not None:
            self._live.overlay.show_again(self._seen)

    # --- what happens ---

    def _on_weights(self) -> None:
        """Let the overlay follow at once, without a fit."""
        live, weights = self._live, self._live.state.decision_weights
        self._section.show_weights(weights)
        if live.probe is None:
            return
        if self._seen is not None:
            self._seen = self._seen.weighed(weights)
        live.take_probe(live.probe.with_decision_weights(weights), self._seen)
        live.update()

    def _on_predicted(self, prediction: Prediction | None) -> None:
        self._seen = prediction
        self._forget_suggestion()

    def _on_fitted(self) -> None:
        missing = _NO_PROBE if self._live.probe is None else ""
        self._section.set_missing(missing)
        if missing:
            self._seen = None
            self._forget_suggestion()

    def _on_moved(self) -> None:
        image = self._live.image
        if self._seen is None or image is None:
            return
        if current_plane(self._live.viewer, image) != self._seen.plane:
            if self.is_previewing:
                self._dismiss()
            self._seen = None

    def _on_classes(self) -> None:
        numbers = {known.number for known in self._live.state.classes}
        weights = self._live.state.decision_weights
        if not set(weights) <= numbers:
            self._set({number: weight for number, weight in weights.items() if number in numbers})
        self._show()

    def _on_report(self, suggested: Suggested | Computing) -> None:
        if isinstance(suggested, Computing):
            return
        self._seen = suggested.prediction.weighed(self._live.state.decision_weights)
        preview = self._seen.weighed(suggested.suggestion.weights)
        if (preview.labels == self._seen.labels).all():
            self._section.end_preview(_NOTHING)
            return
        self._suggested = suggested.suggestion
        self._live.overlay.show_again(preview)
        self._section.begin_preview(self._in_words(self._seen, preview))

    def _in_words(self, now: Prediction, then: Prediction) -> str:
        names = {known.number: known.name for known in self._live.state.classes}
        before, after = shares(now.logits, now.decision), shares(then.logits, then.decision)
        lines = [
            f"{names.get(number, number)} {weight_text(weight)}: {before[number]:.1%} → {after[number]:.1%}"
            for number, weight in then.decision.weights.items()
        ]
        return "Preview of a suggestion, with shares of this plane:\n" + "\n".join(lines)

    def _forget_suggestion(self) -> None:
        self._jobs.drop()
        self._suggested = None
        self._section.end_preview()

    def _show(self) -> None:
        state = self._live.state
        self._section.show_classes(state.classes, state.decision_weights)


@dataclass(frozen=True, eq=False)
class Suggested:
    """Suggested weights, and the prediction that they were estimated from."""

    suggestion: Suggestion
    prediction: Prediction


def _suggesting(
    source: Source, probe: LinearProbe, plane: int, cache: EmbeddingCache, seen: Prediction | None
) -> Generator[Computing | Suggested, None, None]:
    """Suggest weights for what one plane looks like."""
    if seen is None:
        seen = yield from predict_plane(source, probe, plane, cache)
    yield Suggested(suggest_weights(seen.logits, seen.decision.classes, probe.training_prior_), seen)
