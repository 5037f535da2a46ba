"""What counsel is drawn from: the results of a run that went to its end."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.detection.confidence import Interval
from kit.detection.verdicts import NOTHING, JudgedPicture, confusion
from kit.run.results import (
    ConversionResult,
    DetectionResult,
    LabellingResult,
    PicturesResult,
    ScoringResult,
    TrainingResult,
)


@dataclass(frozen=True)
class Evidence:
    """A run's results, as its journal and the held-out pictures have them.

    Attributes:
        run: its name.
        settings: that the run was begun with, as in the journal.
        defaults: of these settings, in the same form.
        target: of make: `local`, `cloud`, `cloud-rehearsal`.
        labels_file: of the labels that the run was trained on, as typed on the command line.
        truth_file: of the labels of the held-out pictures, in the same way.
        judged: the held-out pictures with the verdicts on them.
        interval: of mAP@0.5; None where there is no score.
    """

    run: str
    settings: Mapping[str, Any]
    defaults: Mapping[str, Any]
    target: str
    labels_file: str
    truth_file: str
    pictures: PicturesResult
    labelling: LabellingResult
    conversion: ConversionResult
    training: TrainingResult
    detection: DetectionResult
    scoring: ScoringResult
    judged: tuple[JudgedPicture, ...]
    interval: Interval | None

    @property
    def samples(self) -> bool:
        """Whether it was run with the kit's own pictures."""
        return self.settings.get("images") is None

    @property
    def by_hand(self) -> bool:
        """Whether people labelled in this run: work that nobody wants to do twice."""
        scripted = self.samples and self.target == "local" and self.settings.get("labeler") != "human"
        return self.settings.get("annotations") is None and not scripted

    @property
    def own_detector(self) -> bool:
        """Whether the kit's detector was trained, rather than JumpStart's."""
        return self.target == "local" or self.settings.get("trainer") == "own"

    @property
    def tally(self) -> Tally:
        """The verdicts at the run's threshold, counted."""
        counts = confusion(self.judged, self.detection.threshold)
        right = sum(count for (true, taken), count in counts.items() if true == taken)
        wrong = sum(count for (true, taken), count in counts.items() if taken not in (true, NOTHING))
        missed = sum(count for (true, taken), count in counts.items() if true not in (taken, NOTHING))
        return Tally(right, wrong, missed, counts)


@dataclass(frozen=True)
class Tally:
    """Counts at a threshold.

    Attributes:
        right, wrong: detections.
        missed: true boxes.
        confusion: as `kit.detection.verdicts.confusion`.
    """

    right: int
    wrong: int
    missed: int
    confusion: Mapping[tuple[str, str], int] = dataclasses.field(repr=False)

    @property
    def mixed_up(self) -> list[tuple[int, str, str]]:
        """How often each two classes were taken for one another, either way; the most often first."""
        pairs: dict[tuple[str, str], int] = {}
        for (true, taken), count in self.confusion.items():
            if NOTHING not in (true, taken) and true != taken:
                one, other = sorted((true, taken))
                pairs[one, other] = pairs.get((one, other), 0) + count
        return sorted(((count, one, other) for (one, other), count in pairs.items()), key=lambda each: (-each[0], each))
