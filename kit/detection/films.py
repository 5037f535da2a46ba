"""Films and cameras, by OpenCV's own readers and writer (FFmpeg's inside them): frames in, drawn frames out."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from kit import MOST_PIXELS
from kit.annotations.picture_conversion import Picture
from kit.errors import InputError, SetupError
from kit.language import _

SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".ts", ".mts", ".3gp", ".flv", ".ogv",
)  # fmt: skip
# Of a film that does not say how fast it goes, and of what a camera saw.
USUAL_RATE = 25.0
CAMERA_RATE = 10.0
# A film of which less can be decoded than this share of the frames that it claims is damaged; the claim itself is an
# estimate in some containers.
_LEAST_SHARE = 0.9
_WAIT_SECONDS = 5.0
# MPEG-4 in an .mp4, the one that every build of OpenCV writes and players know.
_CODEC = cv2.VideoWriter.fourcc(*"mp4v")
DRAWN_SUFFIX = ".mp4"
# A film from outside is one file: FFmpeg would also open playlists, which name other files and addresses.
_OPTIONS = "protocol_whitelist;file|format_whitelist;mov,avi,matroska,webm,mpeg,mpegts,asf,flv,ogg,mjpeg,mpegvideo,h264"


@dataclass(frozen=True)
class Frame:
    """One frame of a film.

    Attributes:
        pixels: upright, blue-green-red.
        number: from 0.
        seconds: from the film's beginning.
    """

    pixels: Picture
    number: int
    seconds: float


class Film:
    """A film file; it is opened once to see that it is one.

    Attributes:
        frames: how many it claims to have; 0 where it does not say.
        rate: frames a second.

    Raises:
        InputError: no frame of it can be decoded, or they are too large.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        capture = self._opened()
        self.frames = max(0, round(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 1 <= rate <= 240 else USUAL_RATE
        width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        readable = capture.isOpened() and width * height <= MOST_PIXELS and capture.grab()
        capture.release()
        if not readable:
            raise InputError(
                _("{film}: cannot be decoded as a video; convert it to MP4 (H.264), or give its pictures").format(
                    film=path
                )
            )

    def __iter__(self) -> Iterator[Frame]:
        """The frames in order. Raises InputError at the end when far fewer can be decoded than there are."""
        capture, number = self._opened(), 0
        try:
            while True:
                done, pixels = capture.read()
                if not done:
                    break
                yield Frame(_colours(pixels), number, number / self.rate)
                number += 1
        finally:
            capture.release()
        if number < _LEAST_SHARE * self.frames:
            raise InputError(
                _("{film}: is damaged, only {number} of {frames} frames can be decoded").format(
                    film=self.path, number=number, frames=self.frames
                )
            )

    def _opened(self) -> cv2.VideoCapture:
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = _OPTIONS
        with _silent:
            return cv2.VideoCapture(os.fspath(self.path), cv2.CAP_FFMPEG)


class Camera:
    """A camera of this machine, while the block runs: the newest frame whenever one is asked for, the others dropped.

    Args:
        number: 0 for the first, as the system counts them.

    Raises:
        SetupError: it is not there, may not be used, or gives no pictures.
    """

    rate = CAMERA_RATE

    def __init__(self, number: int) -> None:
        self.number = number
        with _silent:
            self._capture = cv2.VideoCapture(number)
        if not self._capture.isOpened():
            raise SetupError(_camera_fault(number))
        self._newest: Picture | None = None
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._follow, name=f"camera {number}", daemon=True)

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the camera ends; never one twice."""
        started, number = time.monotonic(), 0
        while (pixels := self._next()) is not None:
            yield Frame(pixels, number, time.monotonic() - started)
            number += 1
        if not number:
            raise SetupError(
                _("Camera {number} gives no pictures; does another program use it?").format(number=self.number)
            )

    def _next(self) -> Picture | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended, timeout=_WAIT_SECONDS)
            pixels, self._newest = self._newest, None
        return pixels

    def _follow(self) -> None:
        while not self._ended:
            done, pixels = self._capture.read()
            with self._changed:
                self._newest = _colours(pixels) if done else None
                self._ended = self._ended or not done
                self._changed.notify()

    def __enter__(self) -> Camera:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended = True
        self._thread.join(_WAIT_SECONDS)
        self._capture.release()


def _camera_fault(number: int) -> str:
    device = Path(f"/dev/video{number}")
    if device.exists() and not os.access(device, os.R_OK | os.W_OK):
        return _(
            "Camera {number} may not be used ({device} is not yours); add yourself to its group, video mostly."
        ).format(number=number, device=device)
    return _(
        "There is no camera {number} that can be opened; is it plugged in, and permitted to this terminal?"
    ).format(number=number)


class FilmWriter:
    """Writes drawn frames as a film; it has its name when it is whole.

    Args:
        path: of an `.mp4`.
        rate: frames a second.

    Raises:
        SetupError: it cannot be written.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path = path
        self._rate = rate
        # OpenCV takes the kind of film from the suffix.
        self._part = path.with_name(f".{path.stem}.partial{path.suffix}")
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._written = 0

    def add(self, pixels: Picture, seconds: float) -> None:
        """Adds a frame, as often as it takes to have it at its time: a camera's frames come when they come."""
        if self._writer is None:
            self._size = (pixels.shape[1], pixels.shape[0])
            with _silent:
                self._writer = cv2.VideoWriter(os.fspath(self._part), _CODEC, self._rate, self._size)
            if not self._writer.isOpened():
                raise self._failed()
        if (pixels.shape[1], pixels.shape[0]) != self._size:
            pixels = cv2.resize(pixels, self._size)  # type: ignore[assignment]
        while self._written == 0 or self._written <= round(seconds * self._rate):
            self._writer.write(pixels)
            self._written += 1

    def close(self) -> None:
        """Ends the film; nothing is there when no frame came."""
        if self._writer is None:
            return
        self._writer.release()
        # OpenCV does not say when the disk is full.
        with _silent:
            capture = cv2.VideoCapture(os.fspath(self._part), cv2.CAP_FFMPEG)
        whole = round(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == self._written
        capture.release()
        if not whole:
            self._part.unlink(missing_ok=True)
            raise self._failed()
        self._part.replace(self.path)

    def _failed(self) -> SetupError:
        return SetupError(
            _("{film}: the film cannot be written; is there space, and may it be?").format(film=self.path)
        )


def _colours(pixels: object) -> Picture:
    array = np.asarray(pixels, np.uint8)
    return array if array.ndim == 3 else np.asarray(cv2.cvtColor(array, cv2.COLOR_GRAY2BGR), np.uint8)


class _Silent:
    """Without OpenCV's own words on standard error: what is wrong is told in a sentence of ours."""

    def __enter__(self) -> None:
        self._before = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        cv2.utils.logging.setLogLevel(self._before)


_silent = _Silent()
