"""Layers that compute the same as PyTorch's, sooner."""

from __future__ import annotations

import pytest
import torch
from detector.networks.layers import Depthwise, Pointwise, convolution
from torch.nn.functional import conv2d


@pytest.mark.parametrize("bias", [True, False])
def test_a_depthwise_convolution_learns_as_pytorch_s_does(bias: bool) -> None:
    torch.manual_seed(0)
    layer = Depthwise(6, 6, 5, 1, 2, groups=6, bias=bias).double()
    x = torch.randn(3, 6, 7, 9, dtype=torch.double).to(memory_format=torch.channels_last).requires_grad_()
    ours, theirs = layer(x), conv2d(x, layer.weight, layer.bias, padding=2, groups=6)
    assert torch.equal(ours, theirs)
    gradient = torch.randn_like(theirs)
    learned = [x, *layer.parameters()]
    wanted = torch.autograd.grad(theirs, learned, gradient)
    for got, want in zip(torch.autograd.grad(ours, learned, gradient), wanted, strict=True):
        torch.testing.assert_close(got, want)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_1_x_1_convolution_gives_what_one_that_learns_gives(frozen: bool) -> None:
    torch.manual_seed(0)
    layer = convolution(5, 7, 1).requires_grad_(not frozen)
    assert isinstance(layer, Pointwise)
    x = torch.randn(2, 5, 9, 8).to(memory_format=torch.channels_last)
    torch.testing.assert_close(layer(x), conv2d(x, layer.weight, layer.bias))
