"""Teach the detector's new layers what a box is, before anybody's pictures: `python pretrain.py CLIPART HEADS.npz`.

CLIPART is the folder of Debian's package openclipart-png (usr/share/openclipart/png). The pretrained feature extractor
stays as it is; what stands on it learns from collages to box things of any kind. A training then has to learn only
which things are meant.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import numpy as np
import torch
from clipart import Cutout, cutouts
from collages import collage
from torch.utils.data import DataLoader, Dataset

from detector import mobilenet
from detector.batches import batch_of
from detector.layers import load_pretrained
from detector.learner import move_average, rate_factor
from detector.loss import detection_loss
from detector.network import Detector
from detector.sample import Sample

SIZE, BATCH_SIZE, STEPS, SEED = 320, 8, 900, 1
RATE, WEIGHT_DECAY, LARGEST_GRADIENT, AVERAGE_DECAY = 3e-3, 0.01, 10.0, 0.998


class Collages(Dataset[Sample]):
    """So many collages, each always the same."""

    def __init__(self, things: list[Cutout]) -> None:
        self._things = things

    def __len__(self) -> int:
        return STEPS * BATCH_SIZE

    def __getitem__(self, number: int) -> Sample:
        return collage(self._things, SIZE, np.random.default_rng((SEED, number)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clipart", type=Path)
    parser.add_argument("heads", type=Path)
    options = parser.parse_args()
    found = cutouts(options.clipart)
    print(f"{len(found)} things", flush=True)
    torch.manual_seed(SEED)
    torch.set_flush_denormal(True)
    network = Detector()
    load_pretrained(network.backbone, mobilenet.PRETRAINED)
    network.backbone.requires_grad_(False)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network)
    weights = [numbers for numbers in network.parameters() if numbers.requires_grad]
    optimizer = torch.optim.AdamW(weights, RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, STEPS))
    batches = DataLoader(Collages(found), BATCH_SIZE, num_workers=1, collate_fn=batch_of)
    for step, batch in enumerate(batches, start=1):
        loss = detection_loss(network(batch.pictures.to(memory_format=torch.channels_last)), batch)
        loss = loss / max(1, batch.targets)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        move_average(average, network, min(AVERAGE_DECAY, step / (9 + step)))
        if step % 50 == 0:
            print(f"step {step}/{STEPS} loss={loss.item():.4f}", flush=True)
    heads = {name: numbers.numpy().astype(np.float16) for name, numbers in average.heads.state_dict().items()}
    np.savez_compressed(options.heads, **heads)


if __name__ == "__main__":
    main()
