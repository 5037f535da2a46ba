"""A training job, from what it is given to its model folder."""

from __future__ import annotations

import torch

from detector.paths import Paths
from detector.sample import serving_image_size
from detector.serving.inference import CLASSIFIER_FILE, DETECTOR_FILE, Description, write_description
from detector.training import model_card
from detector.training.dataset import PictureCache, picture_scale, train_validation_split
from detector.training.export import export_classifier, export_detector
from detector.training.fit import EpochMetrics, fit
from detector.training.inputs import Inputs

# Training pictures to evaluate on where none are held out: enough to show that it learns, few enough to take no time.
STAND_IN_PICTURES = 4


def train(paths: Paths, inputs: Inputs) -> None:
    """Fine-tune, and write both networks, `model.json`, the model's card and its licence to `model/`.

    Prints a line for each epoch, from which the job's metric definitions take their numbers.

    Raises:
        DetectorError: a picture cannot be used, or the training fails.
        OSError: the model cannot be written.
    """
    settings, labels = inputs.settings, inputs.labels
    training, validation = train_validation_split(inputs.pictures, settings.seed)
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


def report(metrics: EpochMetrics) -> None:
    print(metrics, flush=True)
    left = metrics.epochs - metrics.epoch
    if metrics.epoch == 1 and left:
        # The first one also decodes the pictures, so that it is rather less.
        print(f"the other {left} epochs take about {left * metrics.seconds / 60:.1f} minutes", flush=True)
