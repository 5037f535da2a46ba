"""Films are read frame by frame and written as films; what is none is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kit.detection.films import Camera, Film, FilmWriter
from kit.errors import InputError, SetupError


def film(path: Path, frames: int = 20, codec: str = "mp4v", rate: float = 10.0) -> Path:
    """A film whose frames grow lighter."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), min(255, 10 * number), np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("a.webm", "VP80")])
def test_every_frame_comes_in_order_at_its_time(tmp_path: Path, name: str, codec: str) -> None:
    found = Film(film(tmp_path / name, codec=codec))
    frames = list(found)
    assert (found.frames, found.rate, len(frames)) == (20, 10.0, 20)
    assert [frame.number for frame in frames] == list(range(20))
    assert [round(frame.seconds, 1) for frame in frames[:3]] == [0.0, 0.1, 0.2]
    assert all(abs(float(frame.pixels.mean()) - 10 * frame.number) < 8 for frame in frames)
    assert frames[0].pixels.shape == (48, 64, 3)


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no film")
    (tmp_path / "cut.mp4").write_bytes(film(tmp_path / "a.mp4").read_bytes()[:600])
    for name in ("text.mp4", "cut.mp4", "none.mp4"):
        with pytest.raises(InputError, match=rf"{name}: cannot be decoded as a video"):
            Film(tmp_path / name)


def test_a_film_that_leads_to_other_files_is_refused(tmp_path: Path) -> None:
    """FFmpeg knows a playlist by its content, whatever it is called, and opens what it names."""
    film(tmp_path / "secret.mp4")
    playlist = tmp_path / "playlist.mp4"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsecret.mp4\n#EXT-X-ENDLIST\n")
    with pytest.raises(InputError, match="cannot be decoded"):
        Film(playlist)


def test_a_film_that_breaks_off_is_told_at_its_end(tmp_path: Path) -> None:
    whole = film(tmp_path / "a.avi", frames=200, codec="MJPG").read_bytes()
    broken = tmp_path / "broken.avi"
    broken.write_bytes(whole[: len(whole) // 2])
    frames = iter(Film(broken))
    assert next(frames).number == 0
    with pytest.raises(InputError, match=r"broken.avi: is damaged, only \d+ of 200 frames"):
        list(frames)


def test_a_film_is_written_with_a_frame_for_each_moment(tmp_path: Path) -> None:
    writer = FilmWriter(tmp_path / "out.mp4", 10.0)
    # A camera's frames come when they come: the second is held for half a second.
    for value, seconds in ((0, 0.0), (100, 0.1), (200, 0.6)):
        writer.add(np.full((48, 64, 3), value, np.uint8), seconds)
    assert not (tmp_path / "out.mp4").exists()
    writer.close()
    values = [round(float(frame.pixels.mean()) / 100) for frame in Film(tmp_path / "out.mp4")]
    assert values == [0, 1, 2, 2, 2, 2, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_a_film_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    writer = FilmWriter(tmp_path / "missing" / "out.mp4", 10.0)
    with pytest.raises(SetupError, match=r"out.mp4: the film cannot be written"):
        writer.add(np.zeros((48, 64, 3), np.uint8), 0.0)


def test_a_camera_that_is_not_there_is_told() -> None:
    with pytest.raises(SetupError, match="There is no camera 63 that can be opened"):
        Camera(63)
