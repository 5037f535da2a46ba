"""Which epoch's weights a training gives."""

from __future__ import annotations

import torch
from detector.networks.classifier import Classifier
from detector.training.trainer import Best, Learner


def test_the_last_epoch_that_is_not_clearly_worse_is_kept() -> None:
    learner = Learner(Classifier(2), 0.001, steps=4, frozen=3, device=torch.device("cpu"))
    best = Best(learner)
    for epoch, loss in enumerate((2.0, 1.0, 1.05, 1.2, 3.0), start=1):
        learner.average.evidence.bias.fill_(epoch)
        best.offer(loss)
    assert best.network.evidence.bias.tolist() == [3, 3, 3, 3, 3, 3]


def test_with_nothing_held_back_the_last_weights_are_given() -> None:
    learner = Learner(Classifier(2), 0.001, steps=4, frozen=3, device=torch.device("cpu"))
    best = Best(learner)
    learner.average.evidence.bias.fill_(7)
    assert best.network.evidence.bias.tolist() == [7, 7, 7, 7, 7, 7]
