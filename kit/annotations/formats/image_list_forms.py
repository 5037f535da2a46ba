"""Whether the boxes of a document of the COCO kind are what its form says, or two corners for a size or the reverse.

COCO's `bbox` is x, y, width and height, JumpStart's is two corners; both are four numbers, and people have either in
the other's file. The boxes themselves tell: of many in one reading some would be inverted or far outside their picture,
and in the other all fit.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from kit.annotations.account import Account
from kit.annotations.formats.image_list_boxes import CORNERS, SIZED
from kit.language import _, marked

OTHER_FORM = marked(
    "boxes read as {form}, which all of them fit, for as {other} {bad} would be inverted or outside their picture: "
    "{count}; if that is wrong, name the format with --from"
)

# So many boxes are looked at first; all of them only where one of these does not fit.
_FIRST = 1000
# A part of a picture's side, and pixels, that a box may reach outside.
_SLACK, _PIXELS = 1.02, 2
# Less of COCO's boxes outside is carelessness with edges. An inverted box is none in either form.
_MANY = 0.2

# As edges the boxes are in the table; as the other form they would end here.
_AS_SIZED = ('"left" + "right"', "top + bottom")
_AS_CORNERS = ('"right" - "left"', "bottom - top")


@dataclass(frozen=True)
class _Fit:
    boxes: int
    bad: int
    bad_otherwise: int


def settle_form(database: sqlite3.Connection, form: str, account: Account) -> str | None:
    """Turn the boxes in the database into the other form where only that fits.

    Args:
        form: what the boxes were read as.

    Returns:
        What is wrong, for the caller to tell, where it is not certain what they are.
    """
    fit = _fit(database, form, f"LIMIT {_FIRST}")
    if fit.bad:
        fit = _fit(database, form, "")
    if not fit.bad or (form == SIZED and fit.bad < _MANY * fit.boxes):
        return None
    other = CORNERS if form == SIZED else SIZED
    if not fit.bad_otherwise:
        right, bottom = _AS_SIZED if form == CORNERS else _AS_CORNERS
        database.execute(
            f'UPDATE box SET "right" = {right}, bottom = {bottom} '  # noqa: S608 - constants above
            "WHERE line NOT IN (SELECT line FROM outlined)"
        )
        account.note(OTHER_FORM, 0, fit.boxes, form=other, other=form, bad=str(fit.bad))
        return None
    if fit.bad_otherwise * 2 < fit.bad:
        return _(
            "{bad} of {boxes} boxes would be inverted or outside their picture as {form}, {less} as {other}; say which "
            "they are: --from coco ({sized}) or --from jumpstart ({corners})"
        ).format(
            bad=fit.bad,
            boxes=fit.boxes,
            less=fit.bad_otherwise,
            form=form,
            other=other,
            sized=SIZED,
            corners=CORNERS,
        )
    return None


def _fit(database: sqlite3.Connection, form: str, limit: str) -> _Fit:
    bad = _bad('"right"', "bottom")
    bad_otherwise = _bad(*(_AS_SIZED if form == CORNERS else _AS_CORNERS))
    row = database.execute(
        f"""SELECT count(*), total({bad}), total({bad_otherwise}) FROM
        (SELECT box.*, width, height FROM box JOIN image ON image.id = box.image
        WHERE width > 0 AND height > 0 AND box.line NOT IN (SELECT line FROM outlined) {limit})"""  # noqa: S608
    ).fetchone()
    return _Fit(int(row[0]), int(row[1]), int(row[2]))


def _bad(right: str, bottom: str) -> str:
    return (
        f'({right} <= "left" OR {bottom} <= top OR '
        f"{right} > width * {_SLACK} + {_PIXELS} OR {bottom} > height * {_SLACK} + {_PIXELS})"
    )
