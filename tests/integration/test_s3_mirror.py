"""The mirror between real LocalStack services and a folder."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.errors import ServiceError
from kit.local_cloud.s3 import mirror as s3_mirror
from kit.local_cloud.s3.localstack import LocalStack

ENVIRONMENT = Path(__file__).parents[2] / ".venvs" / "localstack"
BUCKET = "jumpstart-finetune-handson-test"


@pytest.fixture(scope="module")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(ENVIRONMENT, tmp_path_factory.mktemp("localstack")) as service:
        yield service


@pytest.fixture
def s3(localstack: LocalStack) -> Any:
    """An S3 with one empty bucket and nothing else."""
    s3 = localstack.client()
    clear(s3)
    s3.create_bucket(Bucket=BUCKET)
    return s3


def clear(s3: Any) -> None:
    for bucket in s3.list_buckets()["Buckets"]:
        for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            s3.delete_object(Bucket=bucket["Name"], Key=item["Key"])
        s3.delete_bucket(Bucket=bucket["Name"])


def contents(s3: Any) -> dict[str, bytes]:
    return {
        item["Key"]: s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()
        for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    }


def saved_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


ODD_KEYS = [
    "../../escaped",
    "/etc/absolute",
    "a",
    "a/b",  # both a file and a folder
    "marker/",
    "./here",
    "double//slash",
    "写真/テーブル 1.jpg",
    "per%2e%2ecent",
    "%index.json",
    "back\\slash:colon",
    "new\nline",
    "long/" + "x" * 900,
    "~/tilde",
]


def test_every_key_survives_and_none_leaves_the_folder(s3: Any, tmp_path: Path) -> None:
    folder = tmp_path / "run" / "s3"
    for key in ODD_KEYS:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    assert s3_mirror.save(s3, folder) == len(ODD_KEYS)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["s3"]
    assert len(saved_files(folder)) == len(ODD_KEYS) + 1

    clear(s3)
    assert s3_mirror.restore(s3, folder) == len(ODD_KEYS)
    assert contents(s3) == {key: key.encode() for key in ODD_KEYS}


def test_ordinary_keys_are_files_that_a_person_finds(s3: Any, tmp_path: Path) -> None:
    key = "bounding_box/ground_truth/job/manifests/output/output.manifest"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}\n", ContentType="application/jsonlines", Metadata={"by": "kit"})
    s3_mirror.save(s3, tmp_path)
    assert (tmp_path / BUCKET / key).read_bytes() == b"{}\n"

    clear(s3)
    s3_mirror.restore(s3, tmp_path)
    head = s3.head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentType"], head["Metadata"]) == ("application/jsonlines", {"by": "kit"})


def test_only_what_changed_is_fetched(s3: Any, tmp_path: Path) -> None:
    for name, body in {"kept": b"1", "changed": b"1", "deleted": b"1", "folder/deleted": b"1"}.items():
        s3.put_object(Bucket=BUCKET, Key=name, Body=body)
    s3_mirror.save(s3, tmp_path)
    s3.put_object(Bucket=BUCKET, Key="changed", Body=b"2")  # of the same size
    s3.put_object(Bucket=BUCKET, Key="added", Body=b"3")
    s3.delete_object(Bucket=BUCKET, Key="deleted")
    s3.delete_object(Bucket=BUCKET, Key="folder/deleted")
    assert s3_mirror.save(s3, tmp_path) == 2
    assert saved_files(tmp_path / BUCKET) == {"kept", "changed", "added"}
    assert (tmp_path / BUCKET / "changed").read_bytes() == b"2"
    assert s3_mirror.save(s3, tmp_path) == 0


def test_an_object_uploaded_in_parts_is_not_fetched_again_after_a_restart(s3: Any, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(os.urandom(20_000_000))
    s3.upload_file(str(large), BUCKET, "model.tar.gz")
    assert s3.head_object(Bucket=BUCKET, Key="model.tar.gz")["ETag"].endswith('-3"')
    folder = tmp_path / "s3"
    s3_mirror.save(s3, folder)
    clear(s3)
    s3_mirror.restore(s3, folder)
    assert contents(s3) == {"model.tar.gz": large.read_bytes()}
    assert s3_mirror.save(s3, folder) == 0


def test_a_deleted_bucket_is_forgotten_and_an_empty_one_kept(s3: Any, tmp_path: Path) -> None:
    s3.create_bucket(Bucket="second-bucket")
    s3.put_object(Bucket="second-bucket", Key="x/y", Body=b"1")
    s3_mirror.save(s3, tmp_path)
    s3.delete_object(Bucket="second-bucket", Key="x/y")
    s3.delete_bucket(Bucket="second-bucket")
    s3_mirror.save(s3, tmp_path)
    assert saved_files(tmp_path) == {"%index.json"}
    clear(s3)
    assert s3_mirror.restore(s3, tmp_path) == 0
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]


def test_a_missing_file_is_told_by_its_object(s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="picture.jpg", Body=b"1")
    s3_mirror.save(s3, tmp_path)
    (tmp_path / BUCKET / "picture.jpg").unlink()
    clear(s3)
    with pytest.raises(ServiceError, match=f"s3://{BUCKET}/picture.jpg was saved as .*gone"):
        s3_mirror.restore(s3, tmp_path)


def test_a_kill_during_save_leaves_every_saved_object_whole(localstack: LocalStack, s3: Any, tmp_path: Path) -> None:
    """Saves over and over while the objects change, is killed in the midst, and restores."""
    folder = tmp_path / "s3"
    names = [f"object-{i}" for i in range(20)]
    for name in names:
        s3.put_object(Bucket=BUCKET, Key=name, Body=body_of(0))
    s3_mirror.save(s3, folder)
    driver = textwrap.dedent("""
        import sys
        from pathlib import Path
        from kit.local_cloud.s3 import localstack
        from kit.local_cloud.s3 import mirror as s3_mirror
        s3 = localstack.s3_client(sys.argv[1])
        print("saving", flush=True)
        while True:
            s3_mirror.save(s3, Path(sys.argv[2]))
    """)
    saver = subprocess.Popen(
        [sys.executable, "-c", driver, localstack.url, folder], stdout=subprocess.PIPE, cwd=ENVIRONMENT.parents[1]
    )
    with saver:
        assert saver.stdout is not None
        assert saver.stdout.readline() == b"saving\n"
        for version in range(1, 8):
            for name in names:
                s3.put_object(Bucket=BUCKET, Key=name, Body=body_of(version))
        saver.send_signal(signal.SIGKILL)
    clear(s3)
    assert s3_mirror.restore(s3, folder) == len(names)
    restored = contents(s3)
    assert sorted(restored) == sorted(names)
    whole = {hashlib.sha256(body_of(version)).digest() for version in range(8)}
    assert {hashlib.sha256(body).digest() for body in restored.values()} <= whole


def body_of(version: int) -> bytes:
    return bytes([version]) * 1_000_000


@pytest.mark.parametrize("content", [b"", b"thre", b"three!"], ids=["nothing", "less", "more"])
def test_an_object_that_was_cut_short_is_not_taken_for_whole(s3: Any, tmp_path: Path, content: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"one")
    s3.put_object(Bucket=BUCKET, Key="b", Body=b"three")
    s3_mirror.save(s3, tmp_path)
    (tmp_path / BUCKET / "b").write_bytes(content)
    clear(s3)
    with pytest.raises(
        ServiceError, match=rf"s3://{BUCKET}/b was saved as .*/b, which has {len(content)} bytes where 5"
    ):
        s3_mirror.restore(s3, tmp_path)
    assert s3.list_buckets()["Buckets"] == [], "half of it would be taken for all"


@pytest.mark.parametrize("content", [b"", b"{", b"[]"])
def test_a_damaged_index_is_named(s3: Any, tmp_path: Path, content: bytes) -> None:
    s3_mirror.save(s3, tmp_path)
    (tmp_path / "%index.json").write_bytes(content)
    with pytest.raises(ServiceError, match=r"%index\.json is damaged"):
        s3_mirror.restore(s3, tmp_path)


def test_objects_are_on_disk_before_the_index_says_so(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr("os.fsync", noted)
    s3.put_object(Bucket=BUCKET, Key="folder/a", Body=b"one")
    s3_mirror.save(s3, tmp_path)
    index = next(number for number, name in enumerate(synced) if ".%index.json." in name)
    assert str(tmp_path / "%unfinished") in synced[:index]
    assert str(tmp_path / BUCKET / "folder") in synced[:index]
    assert synced[index + 1 :] == [str(tmp_path)]
