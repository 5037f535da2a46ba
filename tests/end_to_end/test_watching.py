"""Services that end while people label or a job runs: it is said within seconds, and they are started again."""

from __future__ import annotations

import re
from pathlib import Path

import psutil

from tests.end_to_end import command
from tests.end_to_end.few_samples import few_samples
from tests.end_to_end.test_resume import QUICK


def processes(folder: Path, *words: str) -> list[psutil.Process]:
    """Those whose command has a word that ends with each of these, and that are of a run in the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            line, variables = process.cmdline(), process.environ()
        except psutil.Error:
            continue
        ours = str(folder) in " ".join([*line, *variables.values()])
        if ours and all(any(part.endswith(word) for part in line) for word in words):
            found.append(process)
    return found


def the_only(folder: Path, *words: str) -> psutil.Process:
    (process,) = command.wait_for(f"{words}", lambda: processes(folder, *words))
    return process


def test_a_training_that_is_killed_ends_the_stage_with_a_sentence_and_the_next_command_trains_anew(
    tmp_path: Path,
) -> None:
    samples = few_samples(tmp_path / "samples")
    given = {"images": str(samples / "train"), "annotations": str(samples / "train.coco.json"), **QUICK}
    process = command.start("local", folder=tmp_path, **given)
    words = ("_guard.py", "training.log.process")
    command.wait_for("the training", lambda: processes(tmp_path, *words) or process.poll() is not None)
    the_only(tmp_path, *words).kill()
    assert process.wait(command.PATIENCE_SECONDS) == 4
    said = (tmp_path / "output.txt").read_text()
    assert re.search(r"Training job \S+-1 ended as Failed: .* killed from outside, .*run the same command again", said)
    assert command.processes_of(tmp_path) == []
    done = command.kit("local", folder=tmp_path, **given)
    assert done.returncode == 0, done.stdout + done.stderr
    attempts = {name: stage["attempts"] for name, stage in command.journal(tmp_path)["stages"].items()}
    assert attempts == {**dict.fromkeys(attempts, 1), "training": 2}
    assert command.journal(tmp_path)["stages"]["training"]["result"]["job"].endswith("-2")


def test_what_ends_in_the_midst_of_a_run_is_said_and_started_again_and_the_run_ends_well(tmp_path: Path) -> None:
    output = tmp_path / "output.txt"

    def said(text: str) -> bool:
        return re.search(text, output.read_text()) is not None

    process = command.start("local", folder=tmp_path, **QUICK)
    command.wait_for("labels", lambda: said(r"labelled: \d+ of") or process.poll() is not None)
    # Its guard: nobody is left then to end Label Studio but the kit itself.
    the_only(tmp_path, "_guard.py", "server.log.process").kill()
    command.wait_for("Label Studio's end", lambda: said(r"Label Studio has ended with status 137; it is started again"))
    command.wait_for("the training", lambda: list(command.latest(tmp_path).glob("cloud/training-jobs/*/training.log")))
    # Not the guard, whose command line has the same words.
    (localstack,) = [
        each for each in processes(tmp_path, "localstack/serve.py") if "_guard.py" not in " ".join(each.cmdline())
    ]
    localstack.kill()
    command.wait_for("LocalStack's end", lambda: said(r"LocalStack \(S3\) has ended with status 137; it is started"))
    command.wait_for("detections", lambda: said(r"detected: \d+ of") or process.poll() is not None)
    (serving,) = [each for each in processes(tmp_path, "serve") if "_guard.py" not in " ".join(each.cmdline())]
    serving.kill()
    command.wait_for("the endpoint's end", lambda: said(r"Endpoint \S+ has ended; it is started again"))
    assert process.wait(2 * command.PATIENCE_SECONDS) == 0, output.read_text()
    summary = command.summary(tmp_path)
    assert (summary["labelled"], summary["left_behind"]) == (35, [])
    assert {name: stage["attempts"] for name, stage in command.journal(tmp_path)["stages"].items()} == dict.fromkeys(
        command.journal(tmp_path)["stages"], 1
    )
    assert command.processes_of(tmp_path) == []
