"""The errors that are told to a person, in one sentence each.

KitError
├── InputError      something the user gave: pictures, labels, manifests, settings      exit status 2
├── SetupError      this machine: environments, ports, disk, network                    exit status 3
└── ServiceError    a part of the workshop failed: S3, labelling, training, endpoint    exit status 4

A message says what was wrong, where (file and line, S3 URI, job name) and what to do next. `kit.cli` prints it
without a traceback; any other exception is a bug in the kit and keeps its traceback.
"""


class KitError(Exception):
    """An error the user can act upon; the base of all errors that the kit raises knowingly."""

    exit_status = 1


class InputError(KitError):
    """The user's input cannot be used."""

    exit_status = 2


class SetupError(KitError):
    """This machine lacks something, or something is in the way."""

    exit_status = 3


class ServiceError(KitError):
    """A service or a job of the workshop failed."""

    exit_status = 4
