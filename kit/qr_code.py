"""A QR code in the terminal, by which a telephone gets to an address."""

from __future__ import annotations

import segno

_HALF_BLOCKS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
QR_BORDER = 2


def qr_code(text: str) -> str:
    """A QR code for a terminal, light on dark, which cameras read both ways."""
    rows = [[not module for module in row] for row in segno.make(text).matrix_iter(border=QR_BORDER)]
    pairs = zip(rows[::2], [*rows[1::2], [False] * len(rows[0])], strict=False)
    return "\n".join("".join(_HALF_BLOCKS[pair] for pair in zip(*both, strict=True)) for both in pairs)
