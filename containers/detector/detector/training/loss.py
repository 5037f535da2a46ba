"""What training the detector minimises: quality focal loss for objects, generalised IoU for boxes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from detector.anchors import CENTRE_VARIANCE, LARGEST_LOG_SIZE, SIZE_VARIANCE
from detector.training.detector_batches import Batch

BOX_WEIGHT = 2.0
# Of the distance of edges: it still tells the way where boxes hardly overlap.
DISTANCE_WEIGHT = 4.0


def decode(offsets: Tensor, anchors: Tensor) -> Tensor:
    """`detector.anchors.decode` for tensors (..., 4), so that gradients pass."""
    anchor_size = anchors[..., 2:] - anchors[..., :2]
    centre = (anchors[..., :2] + anchors[..., 2:]) / 2 + offsets[..., :2] * CENTRE_VARIANCE * anchor_size
    half = anchor_size * (offsets[..., 2:] * SIZE_VARIANCE).clamp(max=LARGEST_LOG_SIZE).exp() / 2
    return torch.cat([centre - half, centre + half], -1)


def overlaps(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU (Rezatofighi et al., arXiv:1902.09630) of boxes with their twins, each (n,)."""
    inner = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    outer = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - inner
    iou = inner / union.clamp(min=1e-6)
    return iou, iou - (outer - union) / outer.clamp(min=1e-6)


def detection_loss(predicted: tuple[Tensor, Tensor], batch: Batch) -> Tensor:
    """What is wrong with the network's outputs for a batch, summed over the anchors.

    A matched anchor's object logit is to tell the IoU its box reaches, so that scores rank boxes by how well they fit
    (quality focal loss: Li et al., arXiv:2006.04388).
    """
    objects, offsets = (output.float() for output in predicted)
    matched = batch.owners >= 0
    iou, generalised = overlaps(decode(offsets, batch.anchors)[matched], batch.boxes[batch.owners[matched]])
    wanted = torch.zeros_like(objects)
    wanted[matched] = iou.detach()
    doubt = functional.binary_cross_entropy_with_logits(objects, wanted, reduction="none")
    focus = (wanted - objects.sigmoid()).abs().square()
    return (focus * doubt).sum() + BOX_WEIGHT * (1 - generalised).sum()


def edges_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """How far edges (n, 4) are from those wanted, summed."""
    _, generalised = overlaps(found, wanted)
    return (1 - generalised).sum() + DISTANCE_WEIGHT * (found - wanted).abs().mean(1).sum()
