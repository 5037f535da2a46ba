"""What the workshop calls the things it makes on AWS, all with the run's own suffix."""

from __future__ import annotations


def role(suffix: str) -> str:
    return f"plugs-{suffix}"


def team(suffix: str) -> str:
    """Of the work team, of its group of users, and of workforce and user pool where the kit makes them."""
    return f"plugs-{suffix}"
