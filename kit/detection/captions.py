"""Where the caption of a box goes, so that none covers another. Any unit of length, origin in the top left corner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

# left, top, right, bottom
Rectangle = tuple[float, float, float, float]

# How far along the box's edge the next place is, in heights of the caption.
_STEP = 0.5


def place(
    box: Rectangle, across: float, down: float, frame: tuple[float, float], taken: Sequence[Rectangle]
) -> Rectangle | None:
    """A place of the given width and height at a box: above it, below it, in it or beside it, the best that is free.

    Args:
        frame: width and height of the picture, within which the caption stays.
        taken: where others are already.

    Returns:
        None where no place at the box is free.
    """
    width, height = frame
    near = (
        max(-across, min(box[0], width)),
        max(-down, min(box[1], height)),
        max(0.0, min(box[2], width + across)),
        max(0.0, min(box[3], height + down)),
    )
    for left, top in _corners(near, across, down):
        found = inside((left, top, left + across, top + down), *frame)
        if is_free(found, taken):
            return found
    return None


def inside(rectangle: Rectangle, width: float, height: float) -> Rectangle:
    """The rectangle moved into the frame, to its beginning where it is larger."""
    left, top, right, bottom = rectangle
    x = max(0.0, min(left, width - (right - left)))
    y = max(0.0, min(top, height - (bottom - top)))
    return x, y, x + right - left, y + bottom - top


def is_free(rectangle: Rectangle, taken: Sequence[Rectangle]) -> bool:
    """Whether it has no more than an edge in common with any of the others: asked a million times for a report."""
    left, top, right, bottom = rectangle
    for x, y, x_end, y_end in taken:  # noqa: SIM110 - twice as fast as `any`
        if left < x_end and x < right and top < y_end and y < bottom:
            return False
    return True


def _corners(box: Rectangle, across: float, down: float) -> Iterator[tuple[float, float]]:
    """Where the top left corner of a caption may go, the best place first."""
    left, top, right, bottom = box
    if top >= down:
        yield left, top - down
    yield left, bottom
    yield left, top
    yield right - across, top - down
    yield right - across, bottom
    yield right, top
    yield left - across, top
    # Along the edges, with at least a corner of the caption at the box; then a row farther off.
    step = _STEP * down
    for row in (top - down, bottom, top - 2 * down, bottom + down):
        for count in range(1, 1 + max(int((right - left) / step), int(across / step))):
            if count * step < right - left:
                yield left + count * step, row
            if count * step < across:
                yield left - count * step, row
    for count in range(1, 1 + int((bottom - top) / step)):
        yield right, top + count * step
        yield left - across, top + count * step
