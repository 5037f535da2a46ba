"""The detector's errors, each told in one sentence.

DetectorError
├── InputError    hyperparameters, pictures, annotations, a request: the user's input
├── SetupError    this machine or this installation: files missing, disk full
└── TrainingError the training itself went wrong

`python -m detector` writes the sentence to standard error and to `output/failure`; any other exception is a bug and
keeps its traceback.
"""


class DetectorError(Exception):
    """Base of the errors that the user can act upon."""


class InputError(DetectorError):
    """Input of the user's cannot be used."""


class SetupError(DetectorError):
    """This machine or this installation lacks something."""


class TrainingError(DetectorError):
    """The training went wrong."""
