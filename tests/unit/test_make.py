"""make's command line: what it takes, what it hands over, and what it refuses."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.command import hear_signals
from tests.unit.annotations.pictures import picture_file

ROOT = Path(__file__).parents[2]


def make(*arguments: str, language: str = "en", folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KIT_", "MAKE"))}
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *arguments],
        cwd=folder,
        env={**kept, "LANG_UI": language},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("target", "given", "said"),
    [
        ("local", "EPOCS=3", "EPOCS is no setting; did you mean EPOCHS?"),
        ("local", "labeler=human", "labeler is no setting; did you mean LABELER?"),
        ("test", "SEDE=1", "SEDE is no setting; did you mean SEED?"),
        ("local", "GPU=1", "GPU is no setting"),  # of make images
        ("bench-far", "NONSENSE=1", "NONSENSE is no setting; `make help` lists all"),
    ],
)
def test_a_name_that_is_no_setting_is_refused_before_anything_is_done(target: str, given: str, said: str) -> None:
    done = make(target, given)
    assert done.returncode == 2
    assert said in done.stderr
    assert "nothing was made" in done.stderr
    assert done.stdout == ""


def examples() -> list[list[str]]:
    """The `make target NAME=value …` of the Makefile's own help and of every page."""
    pages = [ROOT / "Makefile", *ROOT.glob("*.md"), *ROOT.glob("bench/*.md"), *ROOT.glob("docs/*/*.md")]
    found = re.findall(r"\bmake ([a-z-]+)((?: [A-Z_]+=\S+)+)", "".join(page.read_text("utf-8") for page in pages))
    return sorted([target, *re.findall(r"[A-Z_]+=", given)] for target, given in found)


def test_every_make_command_that_people_are_told_of_takes_what_it_is_given() -> None:
    told = examples()
    assert ["fuzz", "SECONDS="] in told
    refused = {" ".join(words): done.stderr for words in told if (done := make("-n", *words)).returncode}
    assert refused == {}


def test_the_refusal_is_japanese_where_the_reader_is() -> None:
    done = make("local", "EPOCS=3", language="ja")
    assert "EPOCS という設定はありません" in done.stderr
    assert "何も作っていません" in done.stderr


def test_a_setting_that_the_target_does_not_take_is_refused() -> None:
    done = make("status", "EPOCHS=3")
    assert done.returncode == 2
    assert "EPOCHS goes with `make local`; leave it out here." in done.stderr


@pytest.mark.parametrize(
    "name",
    ["two words", "it's", 'say "x"', "$HOME", "$(shell false)", "`false`", "#1", "日本語", "a;b&c|d", "back\\slash"],
)
def test_a_value_arrives_as_it_was_typed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    done = make("status", f"RUNS={folder}")
    assert f"There is no run under {folder} yet; `make local` begins one." in done.stderr


def test_a_value_that_does_not_fit_is_named_as_it_was_typed(tmp_path: Path) -> None:
    done = make("up", f"RUNS={tmp_path}", "S3_PORT=many", "-o", "kit-environment")
    assert 'S3_PORT is "many", but it has to be a whole number from 1 to 65535.' in done.stderr


def test_labels_by_both_names_of_their_setting_have_to_agree(tmp_path: Path) -> None:
    picture_file(tmp_path / "pictures" / "a.png", 9, 9)
    given = ["local", f"RUNS={tmp_path}/runs", f"IMAGES={tmp_path}/pictures", "-o", "kit-environment"]
    done = make(*given, "MANIFEST=a", "ANNOTATIONS=b")
    assert "ANNOTATIONS and MANIFEST are one setting, and differ; give one of them." in done.stderr
    for name in ("MANIFEST", "ANNOTATIONS"):
        assert f"{tmp_path}/none: there is no such file" in make(*given, f"{name}={tmp_path}/none").stderr


def test_what_a_target_and_its_programs_read_themselves_is_let_through() -> None:
    for given in (
        ["compare", "RUNS=a b"],
        ["images", "GPU=1"],
        ["detect", "IMAGES=a.jpg b", "OUT=drawn", "RUN=latest", "THRESHOLD=0.5"],
        ["bench-far", "SEEDS=1"],
        ["cloud", "AWS_PROFILE=workshop", "HTTPS_PROXY=http://127.0.0.1:9", "PIP_INDEX_URL=http://127.0.0.1:9"],
    ):
        done = make("--dry-run", *given)
        assert done.returncode == 0, done.stderr


def test_help_lists_every_setting_with_what_it_is() -> None:
    listed = make("help").stdout
    assert "  EPOCHS             passes over the training pictures (default: 30)\n" in listed
    assert "  FAULT              let operations fail once" in listed


def test_help_is_bold_on_a_terminal_alone() -> None:
    assert "\x1b" not in make("help").stdout


@pytest.mark.parametrize("target", ["status", "compare", "go-on", "logs"])
def test_on_a_fresh_clone_what_looks_at_runs_says_how_to_begin(tmp_path: Path, target: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    done = make(target, folder=tmp_path)
    assert done.returncode != 0
    assert "Nothing has run here yet: `make local` begins." in done.stderr


def ended_by(keys: bytes, folder: Path) -> tuple[int, str]:
    """`make local` on a terminal, with a command that stops as the kit does; its status and all that was printed."""
    shutil.copy(ROOT / "Makefile", folder)
    kit = folder / ".venvs" / "kit" / "bin" / "kit"
    kit.parent.mkdir(parents=True)
    kit.write_text(f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n{STOPS_AS_THE_KIT}")
    kit.chmod(0o755)
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        hear_signals()
        os.execvp("make", ["make", "-o", "kit-environment", "local"])  # noqa: S606 (in a process that has a terminal)
    said = b""
    try:
        while piece := os.read(terminal, 1000):
            said += piece
            if b"at work" in said and keys:
                os.write(terminal, keys)
                keys = b""
    except OSError:  # it has ended
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), said.decode()


STOPS_AS_THE_KIT = """
from kit import stopping
stopping.listen()
try:
    with stopping.at_safe_places():
        print("at work", flush=True)
        stopping.pause(60)
except stopping.Stopped:
    sys.exit(stopping.exit_status())
"""


def test_after_a_wanted_ctrl_c_make_says_nothing_of_an_error(tmp_path: Path) -> None:
    status, said = ended_by(b"\x03", tmp_path)
    assert "Stopping; a second signal ends everything at once." in said
    assert "***" not in said
    assert status == -signal.SIGINT, "what called make sees 130"


def test_a_kit_that_alone_is_interrupted_fails_for_make() -> None:
    """As a script, or an engine's `stop`, does: nothing else would tell that it is not done."""
    program = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nimport os, signal\n{STOPS_AS_THE_KIT}".replace(
        "stopping.pause(60)", "os.kill(os.getpid(), signal.SIGINT); stopping.pause(60)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "MAKELEVEL": "1"},
        stdin=subprocess.DEVNULL,
        preexec_fn=hear_signals,
        check=False,
    )
    assert done.returncode == 130
