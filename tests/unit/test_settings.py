from pathlib import Path

import pytest

from kit.errors import InputError
from kit.settings import resolve


def test_each_source_overrides_the_one_before_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "kit.toml"
    file.write_text('epochs = 7\nseed = 3\nlabels = ["a", "b"]\nimages = "pics"\n')
    resolved = resolve({"seed": "5"}, {"KIT_SEED": "4", "KIT_HELD_OUT": "0.3", "KIT_EPOCHS": ""}, file)
    assert (resolved.settings.epochs, resolved.origins["epochs"]) == (7, "kit.toml")
    assert (resolved.settings.held_out, resolved.origins["held_out"]) == (0.3, "KIT_HELD_OUT")
    assert (resolved.settings.seed, resolved.origins["seed"]) == (5, "--seed")
    assert (resolved.settings.threshold, resolved.origins["threshold"]) == (None, "default")
    assert resolved.settings.labels == ("a", "b")


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
        ({"manifest": "m"}, "MANIFEST needs IMAGES"),
        ({"images": "x"}, "IMAGES needs LABELS"),
        ({"labels": "cat"}, "LABELS goes with IMAGES"),
        ({"images": "x", "labels": "cat", "labeler": "scripted"}, "knows the boxes of the sample pictures only"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(tmp_path: Path, flags: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve(flags, {}, tmp_path / "none.toml")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch = 3", "unknown settings epoch; known are"),
        ("epochs = ", "is not valid TOML"),
    ],
)
def test_a_settings_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "kit.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"kit\.toml") as caught:
        resolve({}, {}, file)
    assert said in str(caught.value)
