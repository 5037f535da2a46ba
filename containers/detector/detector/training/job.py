"""A training job from SageMaker's folders to SageMaker's folders."""

from __future__ import annotations

import torch

from detector.errors import InputError
from detector.paths import Paths
from detector.sample import serving_size
from detector.serving.inference import CLASSIFIER_FILE, DETECTOR_FILE, Description, write_description
from detector.training import hyperparameters
from detector.training.dataset import LabelledPicture, PictureCache, enlargement_for, read_channel, split
from detector.training.export import export_classifier, export_detector
from detector.training.fit import Epoch, fit

# Training pictures that stand in for those held back: enough to show that it learns, few enough to take no time.
FEW = 4


def train(paths: Paths) -> None:
    """Read hyperparameters and the channel `training`, fine-tune, and leave both networks and `model.json` in `model/`.

    Prints a line for each epoch, from which the platform's metric definitions take their numbers.

    Raises:
        DetectorError: the hyperparameters, the channel or the training itself are at fault.
        OSError: the disk is.
    """
    settings = hyperparameters.read(paths.hyperparameters)
    pictures = read_channel(paths.training_channel)
    labels = label_names(settings.labels, pictures)
    learned, held_back = split(pictures, settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    print(
        f"training {len(labels)} classes on {len(learned)} pictures, {len(held_back)} held back for validation, "
        f"device {device.type}",
        flush=True,
    )
    watched = held_back
    if not held_back:
        print("too few pictures to hold any back: Val_CrossEntropy is of some it trains on", flush=True)
        watched = [item for item in learned if len(item.boxes)][:FEW]
    enlargement = enlargement_for(learned)
    if enlargement > 1:
        print(f"the objects are small: pictures are looked at {enlargement:.1f} times as large", flush=True)
    train_cache = PictureCache(learned, settings.image_size, enlargement)
    watched_cache = PictureCache(watched, settings.image_size, enlargement)
    detector, classifier = fit(
        train_cache, watched_cache, len(labels), settings, device, report, choose=bool(held_back)
    )
    paths.model.mkdir(parents=True, exist_ok=True)
    export_detector(detector, paths.model / DETECTOR_FILE)
    export_classifier(classifier, paths.model / CLASSIFIER_FILE)
    write_description(
        paths.model,
        Description(labels, serving_size(settings.image_size, enlargement), device.type, settings.epochs, len(learned)),
    )


def label_names(given: tuple[str, ...], pictures: list[LabelledPicture]) -> tuple[str, ...]:
    """The classes' names, their numbers where the job was not told any.

    Raises:
        InputError: a picture has a class beyond the names.
    """
    highest = max(int(item.classes.max(initial=0)) for item in pictures)
    if not given:
        return tuple(str(number) for number in range(highest + 1))
    if highest >= len(given):
        raise InputError(
            f"annotations.json has category_id {highest}, but the hyperparameter labels names {len(given)} classes, "
            f"counted from 0: {', '.join(given)}"
        )
    return given


def report(epoch: Epoch) -> None:
    print(epoch, flush=True)
