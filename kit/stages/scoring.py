"""Stage "scoring": mean average precision of the endpoint's answers over the held-out pictures."""

from __future__ import annotations

from kit.detection import scoring
from kit.language import _
from kit.run.context import Context
from kit.run.results import ScoringResult
from kit.stages import detection


def run(context: Context) -> ScoringResult:
    found = detection.judged(context)
    pictures = [judged.picture for judged in found.values()]
    detections = {name: judged.detections for name, judged in found.items()}
    scores = scoring.score(pictures, detections, context.pictures.labels)
    if scores is None:
        context.console.say(_("  no boxes to score against"))
        return ScoringResult(None, None)
    context.console.say(f"  mAP@0.5 {scores.map50:.3f}   mAP@[.5:.95] {scores.map:.3f}")
    return ScoringResult(scores.map50, scores.map, scores.pictures, scores.boxes, scores.classes)
