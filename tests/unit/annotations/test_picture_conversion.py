"""What becomes of pictures of every kind, files written by Pillow, OpenCV and pillow-heif."""

from __future__ import annotations

import base64
import io
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from kit.annotations.picture_conversion import converted
from kit.annotations.picture_files import upright_size
from kit.errors import InputError
from kit.run.picture_set import SAMPLES
from tests.unit.annotations.pictures import picture_file

PHOTOGRAPH = SAMPLES / "train" / "plugs-002.jpg"
HEICS = Path(__file__).parents[2] / "pictures"


def photograph() -> Image.Image:
    with Image.open(PHOTOGRAPH) as image:
        return image.convert("RGB")


def far_from_photograph(pixels: npt.NDArray[np.uint8]) -> float:
    """How far the rows that are given are from the photograph's, on average."""
    return float(np.abs(pixels[..., ::-1].astype(int) - np.asarray(photograph())[: len(pixels)]).mean())


def as_mpo(path: Path) -> None:
    photograph().save(path, "MPO", save_all=True, append_images=[photograph().rotate(180)])


def as_gif(path: Path) -> None:
    photograph().save(path, save_all=True, append_images=[photograph().rotate(180)])


KINDS: dict[str, Callable[[Path], None]] = {
    "x.webp": lambda path: photograph().save(path, quality=90),
    "x.avif": lambda path: photograph().save(path, quality=90),
    "x.heic": lambda path: path.write_bytes((HEICS / "plugs-002.heic").read_bytes()) and None,
    "x.bmp": lambda path: photograph().save(path),
    "x.tif": lambda path: photograph().save(path),
    "x.gif": as_gif,
    "x.png": lambda path: photograph().save(path),
    "x.mpo": as_mpo,
    "cmyk.jpg": lambda path: photograph().convert("CMYK").save(path, quality=95),
    "alpha.png": lambda path: photograph().convert("RGBA").save(path),
    "webp.jpg": lambda path: photograph().save(path, "WEBP", quality=90),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_becomes_a_jpeg_or_png_that_looks_the_same(tmp_path: Path, name: str) -> None:
    KINDS[name](tmp_path / name)
    picture = converted(tmp_path / name)
    assert picture.remark == ""
    assert picture.size == upright_size(tmp_path / name) == (640, 480)
    with Image.open(io.BytesIO(picture.content)) as image:
        assert f"image/{(image.format or '').lower()}".replace("mpo", "jpeg") == picture.content_type
        assert image.mode in ("RGB", "L")
    seen = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
    assert far_from_photograph(seen) < 6
    assert (seen == picture.pixels).all()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".tif"])
@pytest.mark.parametrize("orientation", [3, 5, 6, 8])
def test_pictures_are_turned_upright(tmp_path: Path, suffix: str, orientation: int) -> None:
    white_corner = {3: (-1, -1), 5: (0, 0), 6: (0, -1), 8: (-1, 0)}
    path = picture_file(tmp_path / f"x{suffix}", 60, 40, orientation)
    picture = converted(path)
    assert picture.size == upright_size(path) == ((60, 40) if orientation == 3 else (40, 60))
    corners = {place: int(picture.pixels[place].min()) for place in ((0, 0), (0, -1), (-1, 0), (-1, -1))}
    assert [place for place, value in corners.items() if value > 200] == [white_corner[orientation]]


def test_a_heic_that_was_taken_upright_is_shown_upright() -> None:
    picture = converted(HEICS / "turned.heic")
    assert picture.size == upright_size(HEICS / "turned.heic") == (72, 96)
    lying = cv2.rotate(picture.pixels, cv2.ROTATE_90_COUNTERCLOCKWISE)
    small = np.asarray(photograph().resize((96, 72)))[..., ::-1]
    assert np.abs(lying.astype(int) - small).mean() < 8


def test_exif_after_the_pixels_of_a_png_counts_as_for_opencv(tmp_path: Path) -> None:
    content = picture_file(tmp_path / "before.png", 60, 40, 6).read_bytes()
    begin = content.index(b"eXIf") - 4
    length = 12 + int.from_bytes(content[begin : begin + 4], "big")
    exif, rest = content[begin : begin + length], content[:begin] + content[begin + length :]
    path = tmp_path / "after.png"
    path.write_bytes(rest[:-12] + exif + rest[-12:])
    shown = cv2.imread(str(path))
    assert converted(path).size == upright_size(path) == (shown.shape[1], shown.shape[0]) == (40, 60)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (40, 30), (10, 20, 30, 0))
    image.paste((10, 20, 30, 255), (0, 0, 20, 30))
    image.save(tmp_path / "x.png")
    pixels = converted(tmp_path / "x.png").pixels
    assert pixels[10, 5].tolist() == [30, 20, 10]
    assert pixels[10, 35].tolist() == [255, 255, 255]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize(("brightest", "remarks"), [(4095, "only 12 are in use"), (65535, "")])
def test_sixteen_bits_become_eight_and_twelve_of_them_are_not_black(
    tmp_path: Path, suffix: str, colours: int, brightest: int, remarks: str
) -> None:
    ramp = np.linspace(0, brightest, 256).astype(np.uint16)
    pixels = np.repeat(np.tile(ramp, (20, 1))[..., None], colours, axis=2)
    (tmp_path / f"x{suffix}").write_bytes(cv2.imencode(suffix, pixels)[1].tobytes())
    picture = converted(tmp_path / f"x{suffix}")
    assert picture.content_type == "image/png"
    assert remarks in picture.remark
    assert bool(remarks) == bool(picture.remark)
    assert np.abs(picture.pixels[0, :, 0].astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize(
    ("suffix", "orientation", "lost"),
    [
        (".jpg", None, 1),
        (".jpg", 6, 2),
        (".jpg", None, 500),
        (".png", None, 1),
        (".png", None, 13),
        (".png", None, 500),
        (".png", 6, 500),
    ],
)
def test_a_picture_without_its_last_bytes_is_taken_as_others_show_it(
    tmp_path: Path, suffix: str, orientation: int | None, lost: int
) -> None:
    path = tmp_path / f"x{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation or 1
    photograph().save(path, quality=95, exif=exif)
    path.write_bytes(path.read_bytes()[:-lost])
    assert cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) is None
    picture = converted(path)
    assert "the end of the file is missing" in picture.remark
    assert picture.size == upright_size(path) == ((480, 640) if orientation else (640, 480))
    whole = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
    upright = cv2.rotate(whole, cv2.ROTATE_90_COUNTERCLOCKWISE) if orientation else whole
    assert far_from_photograph(upright[:432]) < 6


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_of_a_picture_that_is_cut_off_the_part_that_is_there_is_told(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    photograph().save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=rf"x\{suffix}: the picture is cut off, only [3-6]\d% of it is there"):
        converted(path)


@pytest.mark.parametrize("name", ["x.webp", "x.avif", "x.heic", "x.tif", "x.bmp"])
def test_other_kinds_are_damaged_when_cut_off(tmp_path: Path, name: str) -> None:
    KINDS[name](tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=name):
        converted(tmp_path / name)


def test_a_photograph_with_a_film_behind_it_is_one_that_the_detector_takes(tmp_path: Path) -> None:
    """Telephones append the seconds around a photograph, megabytes in which a JPEG's markers occur by chance."""
    film = np.random.default_rng(0).integers(0, 256, 8_000_000, np.uint8).tobytes()
    (tmp_path / "x.jpg").write_bytes(PHOTOGRAPH.read_bytes() + film)
    picture = converted(tmp_path / "x.jpg")
    assert film.count(b"\xff\xda") > 64 >= picture.content.count(b"\xff\xda")
    assert picture.content_type == "image/jpeg"
    assert far_from_photograph(cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)) < 6


def test_numbers_that_are_no_colours_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "x.tif")
    with pytest.raises(InputError, match="32 bits"):
        converted(tmp_path / "x.tif")


def test_opencv_makes_no_room_for_more_pixels_than_the_detector_takes(tmp_path: Path) -> None:
    """Whatever Pillow read in the header. In a process of its own: OpenCV reads its limit when first imported."""
    Image.new("L", (8000, 7000)).save(tmp_path / "large.png")
    code = (
        "import sys; from pathlib import Path; from kit.annotations.picture_conversion import decoded;"
        "print(decoded(Path(sys.argv[1]).read_bytes()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "large.png"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "None\n"


CLAIMS_4_GB = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAADIAAAAeCAIAAADhM9qr////8ElEQVR4eHh4eHh4eHh4eHh4eHh4eHh4eA==")


def frame_after_ff00() -> bytes:
    """A JPEG of 20000 x 20000 pixels; before that frame a part that only some readers step over, with one of 64."""
    whole = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes()
    frame = whole.index(b"\xff\xc0")
    false = b"\xff\x00\x00\x0b" + whole[frame : frame + 9]
    true = whole[frame : frame + 5] + struct.pack(">HH", 20_000, 20_000) + whole[frame + 9 :]
    return whole[:2] + false + whole[2:frame] + true


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("content", [CLAIMS_4_GB, frame_after_ff00()], ids=["chunk of 4 GB", "frame after FF00"])
def test_a_few_bytes_take_no_gigabytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    # Not `getrusage`, whose maximum begins with the size of the process that this one was forked from.
    code = (
        "import re, sys; from pathlib import Path; from kit.errors import InputError\n"
        "from kit.annotations.picture_conversion import converted\n"
        "try: converted(Path(sys.argv[1]))\n"
        "except InputError: print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
    )
    # Nor is room asked for that is then not used, which a machine may have no more of.
    address_space = "import resource; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))\n"
    done = subprocess.run(
        [sys.executable, "-c", address_space + code, tmp_path / "x"], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 400_000, "kilobytes, with Python and the decoders"
