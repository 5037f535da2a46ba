"""Where the pictures of a task of Label Studio's are: S3 URIs, or paths and names behind its own addresses."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from kit.annotations.problems import MalformedError
from kit.annotations.streaming.json_values import shown, text
from kit.language import _
from kit.s3_uri import is_s3_uri

_PICTURE = re.compile(r"\.(jpe?g|png|webp|bmp|tiff?|gif|heic|heif|avif)([?#].*)?$", re.IGNORECASE)
# The key of a task's `data` that holds the picture, unless another does.
IMAGE = "image"


def picture_fields(data: Mapping[str, Any], image_field: str | None = None) -> dict[str, list[str]]:
    """The keys of `data` that name pictures, with the pictures of each: one, or those that a person leafed through."""
    if image_field is not None:
        value = data.get(image_field)
        return {image_field: value if isinstance(value, list) else [value]} if value else {}
    found = {}
    for field, value in data.items():
        pages = value if isinstance(value, list) else [value]
        if pages and (field == IMAGE or all(isinstance(page, str) and _PICTURE.search(page) for page in pages)):
            found[field] = pages
    return found


def source_of(data: Mapping[str, Any], image_field: str | None = None) -> str:
    """Where the picture of a task with one picture is.

    Args:
        image_field: the key of `data` that holds the picture; by default `image`, else the one that names a picture.

    Raises:
        MalformedError: there is no picture, or it is not clear which value it is.
    """
    field = image_field or IMAGE
    if data.get(field) is None and image_field is None:
        fields = picture_fields(data)
        if len(fields) != 1:
            raise MalformedError(
                _("data has no field image, and {count} others name a picture").format(count=len(fields))
            )
        (field,) = fields
    return source_behind(data.get(field), field)


def source_behind(value: Any, field: str) -> str:
    """The S3 URI, path or address that a value of `data` stands for.

    An uploaded file keeps the eight digits before its name, by which two uploads of one name differ.

    Raises:
        MalformedError: it is no text, or an address that hides nothing.
    """
    if isinstance(value, str) and is_s3_uri(value):
        return value
    address = text(value, f"data.{field}")
    try:
        parts = urlsplit(address)
    except ValueError as error:  # brackets, of which an address may have one pair
        raise MalformedError(
            _("{name} is {value}, not an address").format(name=f"data.{field}", value=shown(address))
        ) from error
    if parts.path.endswith("/resolve/") and (hidden := parse_qs(parts.query).get("fileuri")):
        return _stored_uri(hidden[0])
    if not parts.scheme and not parts.path.startswith("/data/"):
        return address
    if parts.path.endswith("/data/local-files/"):
        return text(parse_qs(parts.query).get("d", [""])[0], "the d of data.image")
    path = unquote(parts.path)
    if "/data/upload/" in path:
        return path
    return f"{parts.scheme}://{parts.netloc}{path}" if parts.scheme else path


def _stored_uri(hidden: str) -> str:
    """The URI in an address by which Label Studio passes on a picture of its storage, `/tasks/1/resolve/?fileuri=…`."""
    try:
        return base64.urlsafe_b64decode(hidden).decode()
    except ValueError as error:
        raise MalformedError(_("fileuri {value} is not base64").format(value=shown(hidden))) from error
