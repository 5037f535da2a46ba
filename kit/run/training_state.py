"""How far a training is: a file of the run that `kit status` reads while it goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kit.language import _


@dataclass(frozen=True)
class TrainingState:
    """At the end of an epoch.

    Attributes:
        epoch: how many are over.
        epochs: of how many.
        loss: JumpStart's `Val_CrossEntropy`.
        of_trained: whether that is of pictures trained on, for want of others.
        ends: when the last epoch will be over should the rest take as long, in seconds since 1970; None where nobody
            knows when training began.
    """

    epoch: int
    epochs: int
    loss: float
    of_trained: bool = False
    ends: float | None = None


def ends_of(began: float, now: float, epoch: int, epochs: int) -> float:
    """When the last epoch is over; all times in seconds since 1970."""
    return now + (now - began) / epoch * (epochs - epoch)


def loss_told(state: TrainingState) -> str:
    """`Val_CrossEntropy 0.123`, and what it was measured on where that is not what one would think."""
    loss = f"Val_CrossEntropy {state.loss:.3f}"
    return _("{loss} (of pictures trained on)").format(loss=loss) if state.of_trained else loss


def left_told(state: TrainingState, now: float) -> str:
    """How long the epochs will still take; "" where nobody knows, and after the last.

    Args:
        now: in seconds since 1970.
    """
    if state.ends is None or state.epoch == state.epochs:
        return ""
    minutes = math.ceil((state.ends - now) / 60)
    return _("about {minutes} min left").format(minutes=minutes) if minutes > 1 else _("a minute left at most")


def told(state: TrainingState, now: float) -> str:
    """Both, as one line has them."""
    return ", ".join(filter(None, (loss_told(state), left_told(state, now))))
