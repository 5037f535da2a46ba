"""Where settings come from, and what is refused of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from kit.aws.jumpstart import JumpStartModel
from kit.aws.preflight import require_hyperparameters
from kit.aws_api import Algorithm
from kit.commands.setting_flags import SettingsCommand, resolved_of
from kit.errors import InputError
from kit.local_cloud.algorithm import ALGORITHM
from kit.run.opening import identity
from kit.setting_names import declared
from kit.settings import (
    CloudSettings,
    LocalSettings,
    RehearsalSettings,
    ResolvedSettings,
    RunsSettings,
    S_co,
    Settings,
)
from kit.training_settings import hyperparameters, most_minutes


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings file is looked for."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def resolve(kind: type[S_co], **flags: str) -> ResolvedSettings[S_co]:
    arguments = [text for name, value in flags.items() for text in (f"--{name.replace('_', '-')}", value)]
    return resolved_of(SettingsCommand("local", kind=kind).make_context("local", arguments), kind)


def test_each_source_overrides_the_one_before_and_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "kit.toml").write_text(
        'epochs = 7\nseed = 3\nlabels = ["a", "b"]\nimages = "pics"\nregion = "us-east-1"\n'
    )
    for name, value in {"SEED": "4", "HELD_OUT": "0.3", "EPOCHS": "", "BATCH_SIZE": "8"}.items():
        monkeypatch.setenv(f"KIT_{name}", value)
    monkeypatch.setenv("KIT_FROM_MAKE", "BATCH_SIZE")
    resolved = resolve(LocalSettings, seed="5")
    assert (resolved.settings.epochs, resolved.origins["epochs"]) == (7, "kit.toml")
    assert (resolved.settings.held_out, resolved.origins["held_out"]) == (0.3, "KIT_HELD_OUT")
    assert (resolved.settings.batch_size, resolved.origins["batch_size"]) == (8, "make")
    assert (resolved.settings.seed, resolved.origins["seed"]) == (5, "--seed")
    assert (resolved.settings.threshold, resolved.origins["threshold"]) == (None, "default")
    assert resolved.settings.labels == ("a", "b")
    assert resolved.settings.images == folder / "pics"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"epochs": "many"}, '--epochs is "many", but it has to be a whole number from 1 to 1000.'),
        ({"epochs": "0"}, "a whole number from 1 to 1000"),
        ({"held_out": "nan"}, "a number from 0 to 0.9"),
        ({"images": "x", "labels": "cat,,dog"}, "none of them empty"),
        ({"images": "x", "labels": "cat,cat"}, "no name stands twice"),
        ({"labeler": "robot"}, "scripted or human"),
        ({"runtime": "podman"}, "auto or process or docker"),
        ({"annotations": "m"}, "ANNOTATIONS needs IMAGES"),
        ({"manifest": "s3://b/m", "images": "x"}, "ANNOTATIONS=s3://… goes with `make cloud`"),
        ({"images": "x"}, "IMAGES needs LABELS"),
        ({"workers": "a@example.org"}, "say LABELER=human too"),
        ({"labels": "cat"}, "LABELS goes with IMAGES"),
        ({"images": "x", "labels": "cat", "labeler": "scripted"}, "knows the boxes of the sample pictures only"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(flags: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve(LocalSettings, **flags)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"workers": "hanako"}, "e-mail addresses, such as a@example.org,b@example.org"),
        ({"workers": "a@example.org,A@example.org"}, "a list in which no name stands twice"),
        ({"train_instance": "g4dn"}, "an instance type, such as ml.g4dn.xlarge"),
        ({"region": "Tokyo"}, "a region, such as us-east-1"),
        ({"plan": "perhaps"}, "1 (yes) or 0 (no)"),
        ({"labeler": "human"}, "ground-truth or label-studio"),
        ({"prelabel": " "}, "the name of a run, or the path of a file or folder"),
        ({"prelabel": "latest", "labeler": "label-studio"}, "PRELABEL is for Ground Truth's workers"),
    ],
)
def test_so_is_what_does_not_fit_on_aws(flags: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve(CloudSettings, **flags)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("source", "named"),
    [("kit.toml", "epochs of kit.toml"), ("KIT_EPOCHS", "KIT_EPOCHS"), ("make", "EPOCHS")],
)
def test_a_refusal_names_what_was_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, named: str
) -> None:
    if source == "kit.toml":
        (folder / "kit.toml").write_text("epochs = 0.5\n")
    else:
        monkeypatch.setenv("KIT_EPOCHS", "0.5")
    if source == "make":
        monkeypatch.setenv("KIT_FROM_MAKE", "EPOCHS")
    with pytest.raises(InputError) as caught:
        resolve(LocalSettings)
    assert str(caught.value) == f'{named} is "0.5", but it has to be a whole number from 1 to 1000.'


OLD, NEW = "manifest", "annotations"


@pytest.mark.parametrize("name", [OLD, NEW])
def test_labels_that_exist_are_given_by_the_former_name_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """In each of the places where a setting may stand."""
    found = [resolve(LocalSettings, images="p", **{name: "x"})]
    (folder / "kit.toml").write_text(f'images = "p"\n{name} = "x"\n')
    found.append(resolve(LocalSettings))
    (folder / "kit.toml").unlink()
    monkeypatch.setenv("KIT_IMAGES", "p")
    monkeypatch.setenv(f"KIT_{name.upper()}", "x")
    found.append(resolve(LocalSettings))
    monkeypatch.setenv("KIT_FROM_MAKE", f"IMAGES {name.upper()}")
    found.append(resolve(LocalSettings))
    assert [each.settings.annotations for each in found] == [folder / "x"] * 4
    origins = [each.origins["annotations"] for each in found]
    assert origins == ["--annotations", "kit.toml", f"KIT_{name.upper()}", "make"]


def test_both_names_of_a_setting_have_to_agree(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    differ = "are one setting, and differ; give one of them"
    with pytest.raises(InputError, match=f"--annotations and --manifest {differ}"):
        resolve(LocalSettings, images="p", manifest="x", annotations="y")
    monkeypatch.setenv("KIT_IMAGES", "p")
    (folder / "kit.toml").write_text('manifest = "x"\nannotations = "x"\n')
    assert resolve(LocalSettings).settings.annotations == folder / "x"
    (folder / "kit.toml").write_text('manifest = "x"\nannotations = "y"\n')
    with pytest.raises(InputError, match=rf"kit\.toml: manifest and annotations {differ}"):
        resolve(LocalSettings)
    monkeypatch.setenv("KIT_MANIFEST", "x")
    (folder / "kit.toml").write_text('annotations = "y"\n')
    assert resolve(LocalSettings).settings.annotations == folder / "x", "the environment is before the file"
    monkeypatch.setenv("KIT_ANNOTATIONS", "y")
    with pytest.raises(InputError, match=f"KIT_ANNOTATIONS and KIT_MANIFEST {differ}"):
        resolve(LocalSettings)
    monkeypatch.setenv("KIT_FROM_MAKE", "MANIFEST ANNOTATIONS")
    with pytest.raises(InputError, match=f"ANNOTATIONS and MANIFEST {differ}"):
        resolve(LocalSettings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch = 3", "epoch is no setting; did you mean epochs?"),
        ("nonsense = 3", "nonsense is no setting; `make help` lists all"),
        ("epochs = ", "is not valid TOML"),
    ],
)
def test_a_settings_file_that_cannot_be_used_is_named(folder: Path, text: str, said: str) -> None:
    (folder / "kit.toml").write_text(text)
    with pytest.raises(InputError, match=r"kit\.toml") as caught:
        resolve(LocalSettings)
    assert said in str(caught.value)


def test_a_command_that_looks_at_runs_is_not_kept_from_it_by_settings_of_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "kit.toml").write_text('runs = "elsewhere"\nlabeler = "ground-truth"\n')
    monkeypatch.setenv("KIT_EPOCHS", "many")
    assert resolve(RunsSettings).settings.runs == folder / "elsewhere"


def test_make_knows_the_settings_that_are_declared() -> None:
    for kind in (RunsSettings, LocalSettings, CloudSettings, RehearsalSettings):
        assert set(declared(kind.__name__)) == {field.name for field in dataclasses.fields(kind)}
    assert declared("Settings")["epochs"] == ("passes over the training pictures", "30")
    assert declared("LocalSettings")["runtime"][1] == "auto"
    assert declared("Settings")["runs"][1] == "runs"
    assert declared("Settings")["seed"][1] == "0"
    assert declared("Settings")["images"][1] == ""


def test_a_run_goes_on_under_settings_that_do_not_decide_what_comes_out() -> None:
    chosen = {"threshold": 0.4, "train_minutes": 5.0, "yes": True, "train_instance": "ml.p3.2xlarge"}
    assert identity(CloudSettings(**chosen)) == identity(CloudSettings())
    assert identity(LocalSettings(runtime="docker", s3_port=4566)) == identity(LocalSettings())
    assert identity(Settings(epochs=3)) != identity(Settings(epochs=4))
    assert identity(Settings(held_out=0.1)) != identity(Settings())


def test_hyperparameters_have_the_names_that_jumpstart_gives_them() -> None:
    assert hyperparameters(Settings()) == {"epochs": "30", "seed": "0"}
    assert hyperparameters(Settings(epochs=2, learning_rate=0.01, batch_size=4, image_size=320, seed=9)) == {
        "epochs": "2",
        "adam-learning-rate": "0.01",
        "batch-size": "4",
        "image-size": "320",
        "seed": "9",
    }


def model(*tunable: str) -> JumpStartModel:
    algorithm = Algorithm("", "", "", "", {}, (), frozenset(tunable))
    return JumpStartModel("mxnet-od-ssd", "1.0", algorithm, (), (), ())


SSD = model("epochs", "adam-learning-rate", "batch-size")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"image_size": "320"}, "mxnet-od-ssd has no hyperparameter image-size: leave --image-size out"),
        ({"seed": "0"}, "mxnet-od-ssd has no hyperparameter seed: leave --seed out"),
        # Nothing is held out by chance.
        ({"seed": "1", "images": "x", "labels": "cat", "held_out": "0"}, "no hyperparameter seed"),
    ],
)
def test_a_hyperparameter_that_the_model_does_not_take_is_refused(flags: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        require_hyperparameters(resolve(CloudSettings, **flags), SSD)
    assert said in str(caught.value)
    assert "TRAINER=own" in str(caught.value)


def test_one_of_the_settings_file_is_refused_by_its_name_there(folder: Path) -> None:
    (folder / "kit.toml").write_text("image_size = 320\n")
    with pytest.raises(InputError, match=r"leave image_size of kit\.toml out"):
        require_hyperparameters(resolve(CloudSettings), SSD)


@pytest.mark.parametrize(
    ("flags", "model"),
    [
        ({}, SSD),  # a default is left to the model
        ({"epochs": "3", "batch_size": "4"}, SSD),
        ({"seed": "3", "images": "x", "labels": "cat"}, SSD),  # it draws the held-out pictures
        ({"seed": "3", "image_size": "320"}, dataclasses.replace(SSD, algorithm=ALGORITHM)),
    ],
)
def test_what_the_model_or_the_kit_takes_is_not(flags: dict[str, str], model: JumpStartModel) -> None:
    require_hyperparameters(resolve(CloudSettings, **flags), model)


@pytest.mark.parametrize(
    ("chosen", "pictures", "minutes"),
    [
        ({}, 35, 112.5),
        ({"epochs": 300}, 35, 585.0),
        ({"epochs": 1000}, 100_000, 6000.0),  # JumpStart's own limit
        ({"train_minutes": 7.5, "epochs": 1000}, 100_000, 7.5),
    ],
)
def test_the_time_for_training_grows_with_its_work(chosen: dict[str, float], pictures: int, minutes: float) -> None:
    assert most_minutes(Settings(**chosen), pictures) == minutes
