"""The choice of the epoch whose weights a training returns."""

from __future__ import annotations

import torch
from detector.networks.classifier import Classifier
from detector.training.trainer import BestCheckpoint, Trainer


def test_the_last_epoch_that_is_not_clearly_worse_is_kept() -> None:
    trainer = Trainer(Classifier(2), 0.001, steps=4, frozen_blocks=3, device=torch.device("cpu"))
    best = BestCheckpoint(trainer)
    for epoch, loss in enumerate((2.0, 1.0, 1.05, 1.2, 3.0), start=1):
        trainer.ema.class_maps.bias.fill_(epoch)
        best.update(loss)
    assert best.network.class_maps.bias.tolist() == [3, 3, 3, 3, 3, 3]


def test_with_nothing_held_out_the_last_weights_are_returned() -> None:
    trainer = Trainer(Classifier(2), 0.001, steps=4, frozen_blocks=3, device=torch.device("cpu"))
    best = BestCheckpoint(trainer)
    trainer.ema.class_maps.bias.fill_(7)
    assert best.network.class_maps.bias.tolist() == [7, 7, 7, 7, 7, 7]
