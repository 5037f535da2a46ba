"""What to do about the errors that AWS gives on bad days, by the names it gives them."""

from __future__ import annotations

import errno

from kit.language import _, marked

_SIGN_IN = marked("sign in again (`aws sso login`, `aws configure`), then run the same command, it goes on from here")
_WAIT = marked("AWS is asked too often just now: wait a minute and run the same command again")
_CAPACITY = marked(
    "AWS has no such instance free just now: run the same command later, or with another instance type or REGION"
)
_DENIED = marked("ask the account's owner for the right to do that, then run the same command again")
_BY_CODE = {
    "ResourceLimitExceeded": marked(
        "the account's quota for this instance type is too small: `make cloud-quota` asks AWS for more, or choose "
        "another TRAIN_INSTANCE or ENDPOINT_INSTANCE; the same command then goes on from here"
    ),
    "CapacityError": _CAPACITY,
    "InsufficientInstanceCapacity": _CAPACITY,
    "AccessDenied": _DENIED,
    "UnauthorizedOperation": _DENIED,
    "ExpiredToken": _SIGN_IN,
    "RequestExpired": _SIGN_IN,
    "Throttling": _WAIT,
    "TooManyRequests": _WAIT,
    "SlowDown": _WAIT,
    "BucketAlreadyExists": marked("somebody else has a bucket of this name: remove the run's folder and start anew"),
}
_BY_OPERATION = {
    "CreateLabelingJob": marked(
        "should Ground Truth not take this account (it takes no new customers), label with LABELER=label-studio or "
        "bring labels with ANNOTATIONS=…"
    ),
}


def of(text: str) -> str | None:
    """What to do about an error code, or a failure reason that begins with one; None where nobody knows."""
    return next((_(todo) for code, todo in _BY_CODE.items() if code in text), None)


def full_disk(error: BaseException) -> str | None:
    """What an error of the system says of a full disk, and what to do; None where it is another error."""
    if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return None
    if error.filename is None:
        return _("the disk is full; free some space and run it again.")
    return _("the disk is full ({file}); free some space and run it again.").format(file=error.filename)


def not_writable(error: BaseException) -> str | None:
    """What an error of the system says of a place that may not be written to or read; None for another error."""
    if not isinstance(error, OSError) or error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
        return None
    return _("{file}: {reason}; give yourself the right to it, or set RUNS to a folder elsewhere.").format(
        file=error.filename, reason=error.strerror
    )


def again() -> str:
    """What to do where nothing better is known."""
    return _("correct that and run the same command again; it goes on from here")


def for_operation(operation: str) -> str | None:
    """What else to know when this operation is refused."""
    todo = _BY_OPERATION.get(operation)
    return todo and _(todo)
