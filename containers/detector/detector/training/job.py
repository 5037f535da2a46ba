"""A training job, from SageMaker's input folders to its model folder."""

from __future__ import annotations

import torch

from detector.errors import InputError
from detector.paths import Paths
from detector.sample import serving_image_size
from detector.serving.inference import CLASSIFIER_FILE, DETECTOR_FILE, Description, write_description
from detector.training import hyperparameters, model_card
from detector.training.dataset import LabelledPicture, PictureCache, picture_scale, read_channel, train_validation_split
from detector.training.export import export_classifier, export_detector
from detector.training.fit import EpochMetrics, fit

# Training pictures to evaluate on where none are held out: enough to show that it learns, few enough to take no time.
STAND_IN_PICTURES = 4


def train(paths: Paths) -> None:
    """Read hyperparameters and the channel `training`, fine-tune, and write both networks, `model.json`, the model's
    card and its licence to `model/`.

    Prints a line for each epoch, from which the job's metric definitions take their numbers.

    Raises:
        DetectorError: the hyperparameters or the channel cannot be used, or the training fails.
        OSError: the model cannot be written.
    """
    settings = hyperparameters.read(paths.hyperparameters)
    pictures = read_channel(paths.training_channel)
    labels = label_names(settings.labels, pictures)
    training, validation = train_validation_split(pictures, settings.seed)
    keep_best = bool(validation)
    print(f"hyperparameters {settings}", flush=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    print(
        f"training {len(labels)} classes on {len(training)} pictures, {len(validation)} held out for validation, "
        f"device {device.type}",
        flush=True,
    )
    if not validation:
        print("too few pictures for a validation set: Val_CrossEntropy is of some training pictures", flush=True)
        validation = [item for item in training if len(item.boxes)][:STAND_IN_PICTURES]
    scale = picture_scale(training)
    if scale > 1:
        print(f"the objects are small: pictures are enlarged {scale:.1f} times", flush=True)
    training_cache = PictureCache(training, settings.image_size, scale)
    validation_cache = PictureCache(validation, settings.image_size, scale)
    detector, classifier = fit(
        training_cache, validation_cache, len(labels), settings, device, report, keep_best=keep_best
    )
    paths.model.mkdir(parents=True, exist_ok=True)
    export_detector(detector, paths.model / DETECTOR_FILE)
    export_classifier(classifier, paths.model / CLASSIFIER_FILE)
    image_size = serving_image_size(settings.image_size, scale)
    description = Description(labels, image_size, device.type, settings.epochs, len(training))
    write_description(paths.model, description)
    model_card.write(paths.model, description, settings, training, held_out=len(validation) if keep_best else 0)


def label_names(given: tuple[str, ...], pictures: list[LabelledPicture]) -> tuple[str, ...]:
    """The names of the classes 0, 1, …; their numbers where the hyperparameters name none.

    Raises:
        InputError: a picture has a class without a name.
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


def report(metrics: EpochMetrics) -> None:
    print(metrics, flush=True)
    left = metrics.epochs - metrics.epoch
    if metrics.epoch == 1 and left:
        # The first one also decodes the pictures, so that it is rather less.
        print(f"the other {left} epochs take about {left * metrics.seconds / 60:.1f} minutes", flush=True)
