"""Settings that do not go with each other."""

from __future__ import annotations

from kit.errors import InputError
from kit.language import _
from kit.setting_types import S3Address
from kit.settings import GROUND_TRUTH, HUMAN, LABEL_STUDIO, CloudSettings, RelabelSettings, Settings


def check_together(settings: Settings) -> None:
    """Raises InputError for settings that do not go with each other."""
    if isinstance(settings, RelabelSettings) and settings.relabel is None:
        return  # they are not yet what they will be with those of the run
    if settings.suspects and settings.relabel is None:
        raise InputError(_("SUSPECTS=1 goes with `make relabel`: say there whose labels to look at again."))
    if settings.relabel is not None:
        if settings.annotations is not None:
            raise InputError(_("RELABEL takes the labels of a run: leave ANNOTATIONS out."))
        if settings.labeler not in (HUMAN, LABEL_STUDIO):
            raise InputError(
                _("RELABEL is for people to label: say LABELER=human too, or label-studio with `make cloud`.")
            )
    own = settings.images is not None
    if isinstance(settings.annotations, S3Address) and not isinstance(settings, CloudSettings):
        raise InputError(_("ANNOTATIONS=s3://… goes with `make cloud`; download it and give the file."))
    if settings.annotations is not None and not own:
        raise InputError(_("ANNOTATIONS needs IMAGES: say in which folder the pictures are."))
    if own and settings.annotations is None and settings.labels is None:
        raise InputError(
            _("IMAGES needs LABELS (the class names, comma-separated) or ANNOTATIONS (labels that exist).")
        )
    if own and settings.labeler == "scripted":
        raise InputError(_("LABELER=scripted knows the boxes of the sample pictures only; leave it out with IMAGES."))
    if settings.workers and not own and settings.labeler in (None, "scripted"):
        raise InputError(_("WORKERS are people, and a program labels the samples: say LABELER=human too."))
    if settings.assist not in (None, "0") and isinstance(settings, CloudSettings) and settings.labeler != LABEL_STUDIO:
        raise InputError(_("ASSIST proposes boxes in Label Studio: say LABELER=label-studio too."))
    if isinstance(settings, CloudSettings) and settings.prelabel is not None and settings.labeler != GROUND_TRUTH:
        raise InputError(
            _(
                "PRELABEL is for Ground Truth's workers: leave it out; with LABELER=label-studio ASSIST=<run> proposes "
                "what a run's model finds, and ANNOTATIONS shows the boxes of a file."
            )
        )
    if not own and settings.labels is not None:
        raise InputError(_("LABELS goes with IMAGES: the sample pictures have their own classes."))
