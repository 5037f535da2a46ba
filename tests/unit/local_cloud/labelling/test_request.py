"""Input manifests as Ground Truth takes them, and what it refuses."""

from pathlib import Path

import pytest

from kit.annotations.problems import MalformedError
from kit.local_cloud.labelling.request import manifest_lines, split_s3_uri

GOOD = '{"source-ref": "s3://b/images/1.jpg"}'


def lines_of(tmp_path: Path, text: str) -> list[str]:
    manifest = tmp_path / "manifest"
    manifest.write_text(text, encoding="utf-8")
    return [line.source for line in manifest_lines(manifest, "s3://b/manifest.json", "plugs")]


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
        ('{"source-ref": "s3://b/2.jpg", "plugs": {}}', "line 2 has the label attribute plugs already"),
        ('{"source-ref": "s3://b/2.jpg", "plugs-metadata": {}}', "line 2 has the label attribute plugs already"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, second_line: str, problem: str) -> None:
    with pytest.raises(MalformedError, match=problem):
        lines_of(tmp_path, f"{GOOD}\n{second_line}\n")


def test_an_empty_manifest_names_no_picture(tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match=r"s3://b/manifest\.json names no picture"):
        lines_of(tmp_path, "\n")


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/", "s3:///key", "https://b/k", "bucket/key", ""])
def test_what_is_no_uri_of_an_object(uri: str) -> None:
    assert split_s3_uri(uri) is None


def test_a_key_may_hold_slashes_and_spaces() -> None:
    assert split_s3_uri("s3://bucket/a b/c?d#e.jpg") == ("bucket", "a b/c?d#e.jpg")
