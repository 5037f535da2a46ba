"""Input manifests as Ground Truth takes them, and what it refuses."""

from pathlib import Path

import pytest

from kit.annotations.problems import MalformedError
from kit.local_cloud.labelling.request import labels_of_lines, manifest_lines, split_s3_uri

GOOD = '{"source-ref": "s3://b/images/1.jpg"}'


def lines_of(tmp_path: Path, text: str) -> list[str]:
    manifest = tmp_path / "manifest"
    manifest.write_text(text, encoding="utf-8")
    return [line.source for line in manifest_lines(manifest, "s3://b/manifest.json")]


def test_lines_keep_their_order_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    other = '{"source-ref": "s3://b/ü 0.jpg", "older": {}, "older-metadata": {}}'
    assert lines_of(tmp_path, f"{GOOD}\r\n\n{other}") == ["s3://b/images/1.jpg", "s3://b/ü 0.jpg"]


@pytest.mark.parametrize(
    ("second_line", "problem"),
    [
        ('{"source-ref": "s3://b/im', "line 2 is not JSON"),
        ('["s3://b/2.jpg"]', "line 2 has no source-ref"),
        ('{"source": "a text"}', "line 2 has no source-ref"),
        ('{"source-ref": "https://b/2.jpg"}', "line 2 has no source-ref that is an S3 URI"),
        ('{"source-ref": 7}', "line 2 has no source-ref"),
        (GOOD, "line 2 names s3://b/images/1.jpg again, after line 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, second_line: str, problem: str) -> None:
    with pytest.raises(MalformedError, match=problem):
        lines_of(tmp_path, f"{GOOD}\n{second_line}\n")


def test_an_empty_manifest_names_no_picture(tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match=r"s3://b/manifest\.json names no picture"):
        lines_of(tmp_path, "\n")


METADATA = (
    '{"type": "groundtruth/object-detection", "class-map": {"0": "usb-a"}, "creation-date": "2026-01-02T03:04:05"}'
)
LABEL = '{"image_size": [{"width": 9, "height": 8, "depth": 3}], "annotations": []}'


def test_labels_are_those_of_the_jobs_own_attribute(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest"
    mine = f'{{"source-ref": "s3://b/mine.jpg", "plugs": {LABEL}, "plugs-metadata": {METADATA}}}'
    other = f'{{"source-ref": "s3://b/other.jpg", "older": {LABEL}, "older-metadata": {METADATA}}}'
    failed = '{"source-ref": "s3://b/failed.jpg", "plugs-metadata": {"failure-reason": "x"}}'
    manifest.write_text(f"{GOOD}\n{mine}\n{other}\n{failed}\n")
    assert labels_of_lines(manifest, "s3://b/m", "plugs", ["usb-a"]).keys() == {"s3://b/mine.jpg"}
    assert not labels_of_lines(manifest, "s3://b/m", "none", ["usb-a"])


def test_a_label_that_cannot_be_read_is_said_with_its_line(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest"
    manifest.write_text(f'{GOOD}\n{{"source-ref": "s3://b/2.jpg", "plugs": {{}}, "plugs-metadata": {METADATA}}}\n')
    with pytest.raises(MalformedError, match="s3://b/m line 2: "):
        labels_of_lines(manifest, "s3://b/m", "plugs", ["usb-a"])


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/", "s3:///key", "https://b/k", "bucket/key", ""])
def test_what_is_no_uri_of_an_object(uri: str) -> None:
    assert split_s3_uri(uri) is None


def test_a_key_may_hold_slashes_and_spaces() -> None:
    assert split_s3_uri("s3://bucket/a b/c?d#e.jpg") == ("bucket", "a b/c?d#e.jpg")
