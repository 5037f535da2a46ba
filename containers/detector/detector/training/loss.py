"""Loss functions: quality focal loss for objectness, generalised IoU (GIoU) and L1 for boxes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from detector.anchors import CENTRE_VARIANCE, MAX_LOG_SIZE, SIZE_VARIANCE
from detector.training.detector_batches import DetectorBatch

GIOU_WEIGHT = 2.0
# L1 still has a useful gradient where boxes hardly overlap.
L1_WEIGHT = 4.0


def decode_boxes(offsets: Tensor, anchors: Tensor) -> Tensor:
    """`detector.anchors.decode_boxes` for tensors (..., 4), with gradients."""
    anchor_size = anchors[..., 2:] - anchors[..., :2]
    centre = (anchors[..., :2] + anchors[..., 2:]) / 2 + offsets[..., :2] * CENTRE_VARIANCE * anchor_size
    half = anchor_size * (offsets[..., 2:] * SIZE_VARIANCE).clamp(max=MAX_LOG_SIZE).exp() / 2
    return torch.cat([centre - half, centre + half], -1)


def iou_and_giou(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU (Rezatofighi et al., arXiv:1902.09630) of pairs of boxes: (n, 4) each to (n,) each."""
    intersection = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    enclosing = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - intersection
    iou = intersection / union.clamp(min=1e-6)
    return iou, iou - (enclosing - union) / enclosing.clamp(min=1e-6)


def detection_loss(predicted: tuple[Tensor, Tensor], batch: DetectorBatch) -> Tensor:
    """Quality focal loss plus weighted GIoU loss of the detector's logits and offsets, summed over the anchors.

    The target of a matched anchor's objectness is the IoU that its box reaches, so that scores rank boxes by how well
    they fit (Li et al., "Generalized Focal Loss", arXiv:2006.04388).
    """
    objectness, offsets = (output.float() for output in predicted)
    foreground = batch.matched_boxes >= 0
    boxes = decode_boxes(offsets, batch.anchors)[foreground]
    iou, giou = iou_and_giou(boxes, batch.boxes[batch.matched_boxes[foreground]])
    target = torch.zeros_like(objectness)
    target[foreground] = iou.detach()
    cross_entropy = functional.binary_cross_entropy_with_logits(objectness, target, reduction="none")
    modulation = (target - objectness.sigmoid()).abs().square()
    return (modulation * cross_entropy).sum() + GIOU_WEIGHT * (1 - giou).sum()


def box_refinement_loss(boxes: Tensor, target: Tensor) -> Tensor:
    """GIoU loss plus weighted L1 loss of refined boxes (n, 4) in 0..1 of their crops, summed."""
    _, giou = iou_and_giou(boxes, target)
    return (1 - giou).sum() + L1_WEIGHT * (boxes - target).abs().mean(1).sum()
