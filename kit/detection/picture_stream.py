"""A stream of pictures, one after the other, as a pipe brings them: JPEG and PNG files, told apart by their own bytes.

Such a stream comes of `ffmpeg … -f image2pipe -`, of a camera's motion JPEG, or of `cat *.jpg`. Sources of where a file
ends: ITU-T T.81, annex B (a JPEG holds others, as thumbnails, inside segments that name their length), and
https://www.w3.org/TR/png-3/.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from kit.errors import InputError
from kit.language import _

JPEG = b"\xff\xd8"
PNG = b"\x89PNG\r\n\x1a\n"
# No picture that a camera takes is larger; without a limit a stream that never ends a picture fills the memory.
MOST_BYTES = 100_000_000
_PIECE = 1 << 16
_END_OF_IMAGE = 0xD9
# Markers without a length: TEM, RST0 to RST7, start of image.
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))


class _EndedError(Exception):
    """The stream has no more bytes."""


class PictureStream:
    """Cuts a stream into the pictures in it, as they come.

    Args:
        stream: read forwards only; what it holds is not trusted.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._bytes = bytearray()

    def begins_with_a_picture(self) -> bool:
        """Whether the stream begins as a JPEG or PNG does; waits for its first bytes."""
        try:
            self._need(len(PNG))
        except _EndedError:
            return False
        return self._bytes.startswith((JPEG, PNG))

    def rest(self) -> bytes:
        """Everything that has not been cut off yet, as far as `MOST_BYTES`.

        Raises:
            InputError: there is more.
        """
        try:
            self._need(MOST_BYTES + 1)
        except _EndedError:
            return bytes(self._bytes)
        raise _too_long()

    def pictures(self) -> Iterator[bytes]:
        """The pictures; what follows the last whole one is the last of them, for a decoder to judge.

        Raises:
            InputError: something that is no picture stands between them, or one does not end.
        """
        while True:
            try:
                self._need(1)
            except _EndedError:
                return
            try:
                self._need(len(PNG))
                length = self._end_of_jpeg() if self._bytes.startswith(JPEG) else self._end_of_png()
            except _EndedError:
                length = len(self._bytes)
            yield bytes(self._bytes[:length])
            del self._bytes[:length]

    def _end_of_png(self) -> int:
        if not self._bytes.startswith(PNG):
            raise InputError(_("The stream holds something that is neither a JPEG nor a PNG; send pictures alone."))
        position = len(PNG)
        while True:
            self._need(position + 8)
            kind = self._bytes[position + 4 : position + 8]
            position += 12 + int.from_bytes(self._bytes[position : position + 4], "big")
            self._need(position)
            if kind == b"IEND":
                return position

    def _end_of_jpeg(self) -> int:
        position = len(JPEG)
        while True:
            position = self._marker_from(position)
            marker = self._bytes[position + 1]
            position += 2
            if marker == _END_OF_IMAGE:
                return position
            if marker not in _WITHOUT_LENGTH:
                self._need(position + 2)
                position += int.from_bytes(self._bytes[position : position + 2], "big")
                self._need(position)

    def _marker_from(self, position: int) -> int:
        """Where the next marker is: in compressed data 0xFF before 0 is none, and before another 0xFF padding."""
        while True:
            self._need(position + 2)
            found = self._bytes.find(b"\xff", position, len(self._bytes) - 1)
            if found < 0:
                position = len(self._bytes) - 1
            elif self._bytes[found + 1] == 0:
                position = found + 2
            elif self._bytes[found + 1] == 0xFF:
                position = found + 1
            else:
                return found

    def _need(self, count: int) -> None:
        if count > MOST_BYTES + 1:
            raise _too_long()
        while len(self._bytes) < count:
            # What is there, without waiting for more: a camera's next picture may be long in coming.
            piece = self._stream.read1(_PIECE) if hasattr(self._stream, "read1") else self._stream.read(_PIECE)
            if not piece:
                raise _EndedError
            self._bytes += piece


def _too_long() -> InputError:
    return InputError(
        _("The stream holds something of more than {count:,} bytes that is no picture or film.").format(
            count=MOST_BYTES
        )
    )
