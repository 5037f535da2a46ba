"""What can go wrong in the detector, told in one sentence.

DetectorError
├── InputError    hyperparameters, pictures, annotations, a request: what the user gave
├── SetupError    this machine or this installation: files missing, disk full
└── TrainingError the training itself went wrong

`python -m detector` writes the sentence to standard error and to `output/failure`; any other exception is a bug and
keeps its traceback.
"""


class DetectorError(Exception):
    """An error that somebody can act upon."""


class InputError(DetectorError):
    """What the user gave cannot be used."""


class SetupError(DetectorError):
    """This machine or this installation lacks something."""


class TrainingError(DetectorError):
    """The training went wrong."""
