"""The kit's own detector as it is in a `model.tar.gz`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kit.errors import InputError, ServiceError
from kit.language import _
from kit.local_cloud.model_archive import unpack

DETECTOR, CLASSIFIER, DESCRIPTION = "detector.onnx", "classifier.onnx", "model.json"
CARD, LICENCE, ATTRIBUTION = "MODEL_CARD.md", "LICENSE", "ATTRIBUTION.md"


def unpack_own(archive: Path, folder: Path) -> tuple[str, ...]:
    """Unpacks a model of the kit's own into `folder`; what it calls its classes, "0", "1", … where it was not told.

    Args:
        archive: it is not trusted.

    Raises:
        InputError: there is no such file, or it is no such archive.
    """
    if not archive.is_file():
        raise InputError(_("{archive}: there is no such file").format(archive=archive))
    try:
        unpack(archive, folder)
    except ServiceError as error:
        raise InputError(f"{archive}: {error}") from error
    if not all((folder / name).is_file() for name in (DETECTOR, CLASSIFIER, DESCRIPTION)):
        raise InputError(
            _(
                "{archive}: is not a model of the kit's own detector, the only one that runs on this machine; ask the "
                "endpoint of another by --endpoint"
            ).format(archive=archive)
        )
    try:
        described: Any = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        return tuple(map(str, described["labels"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            _("{archive}: {file} in it is damaged ({error})").format(archive=archive, file=DESCRIPTION, error=error)
        ) from error
