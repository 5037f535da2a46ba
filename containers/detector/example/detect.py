"""Finds objects on pictures with the two networks in this folder, by ONNX Runtime, NumPy and OpenCV alone.

    python detect.py picture.jpg …             a line of JSON for each picture
    python detect.py picture.jpg --drawn here  its drawing in the folder `here`, too

It does what the endpoint does, in one file, to be read and taken elsewhere. `detector.onnx` takes a picture, float32
(1, 3, height, width) in -1..1, RGB, sides multiples of 32, and gives for each anchor a score that there is an object,
and a box. `classifier.onnx` takes a cut of the picture around such a box, and a mask of the box in it; it gives the
probability of each class and a better box.
"""

import argparse
import json
import math
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

HERE = Path(__file__).parent
DESCRIPTION = json.loads((HERE / "model.json").read_text("utf-8"))
LABELS, SIZE = DESCRIPTION["labels"], DESCRIPTION["image_size"]
DETECTOR = onnxruntime.InferenceSession(HERE / "detector.onnx", providers=["CPUExecutionProvider"])
CLASSIFIER = onnxruntime.InferenceSession(HERE / "classifier.onnx", providers=["CPUExecutionProvider"])

# The detector's anchors: sides in strides, and width over height.
STRIDES, SCALES, RATIOS = (8, 16, 32, 64), (4.0, 5.7), (0.5, 1.0, 2.0)
# Where the first look finds nothing, or things of less than so many pixels, the picture is shown to the detector once
# more, larger and flipped: two looks err differently.
FIRST_LOOK, SECOND_LOOK = (1.0, False), (1.2, True)
SMALL, SURE_OBJECT = 44, 0.3
# The classifier's cut: side in pixels, side over the longer side of the box, cells of the mask along a side.
CUT, CONTEXT, CELLS = 128, 1.4, 8
ORANGE = (0, 159, 230)  # blue, green, red
LEAST_OBJECT, LEAST_SCORE, SAME_OBJECT, SAME_BOX = 0.15, 0.01, 0.5, 0.7


def find(picture):
    """The objects on a picture, best first.

    Args:
        picture: uint8 (height, width, 3), RGB, upright.

    Returns:
        A list of label, score in 0..1, and box: left, top, right, bottom in pixels.
    """
    first = propose(picture, *FIRST_LOOK)
    boxes, objects = merge([first])
    left, top, right, bottom = boxes[objects >= SURE_OBJECT].T
    if not len(left) or np.median(np.sqrt((right - left) * (bottom - top)) * SIZE) < SMALL:
        boxes, objects = merge([first, propose(picture, *SECOND_LOOK)])
    if not len(boxes):
        return []
    sides = np.array([picture.shape[1], picture.shape[0]] * 2, np.float32)
    refined, probabilities = zip(*(classify(picture, box) for box in boxes * sides), strict=True)
    refined = np.clip(np.stack(refined) / sides, 0, 1)
    kept = suppress(refined, objects)
    scores = objects[kept, None] * np.stack(probabilities)[kept] ** 0.5
    found = [
        (LABELS[number], float(scores[row, number]), (refined[kept][row] * sides).tolist())
        for row, number in zip(*np.nonzero(scores >= LEAST_SCORE), strict=True)
    ]
    return sorted(found, key=lambda each: -each[1])[:100]


def propose(picture, scale, flipped):
    """One look: boxes (n, 4) in 0..1 where the detector sees an object of any class, and scores (n,), best first."""
    aspect = min(max(picture.shape[1] / picture.shape[0], 0.5), 2) ** 0.5
    side = round(scale * SIZE)
    width, height = (max(1, math.floor(each / 32 + 0.5)) * 32 for each in (side * aspect, side / aspect))
    small = resized(picture, width, height)
    outputs = DETECTOR.run(["scores", "offsets"], {"picture": planes(small[:, ::-1] if flipped else small)})
    scores, offsets = outputs[0][0], outputs[1][0]
    likely = np.flatnonzero(scores >= LEAST_OBJECT)
    best = likely[np.argsort(-scores[likely], kind="stable")[:1000]]
    anchors, offsets = all_anchors(width, height)[best], offsets[best]
    # SSD's coding: the centre moves by anchor sides, the sides grow by powers of e.
    centres, sides = (anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2:] - anchors[:, :2]
    centres = centres + offsets[:, :2] * 0.1 * sides
    sides = sides * np.exp(np.minimum(offsets[:, 2:] * 0.2, math.log(1000 / 16)))
    boxes = np.concatenate([centres - sides / 2, centres + sides / 2], 1) / np.array([width, height] * 2)
    boxes = np.clip(boxes, 0, 1).astype(np.float32)
    if flipped:
        boxes[:, [0, 2]] = 1 - boxes[:, [2, 0]]
    return boxes, scores[best]


def merge(looks):
    """One box for each object of all looks: the mean of those that agree, weighted by their squared scores."""
    boxes, scores = (np.concatenate(each) for each in zip(*looks, strict=True))
    kept = suppress(boxes, scores)[:100]
    agree = overlaps(boxes[kept], boxes) > SAME_BOX
    agree[np.arange(len(kept)), kept] = True
    weights = agree * np.square(scores)
    voted = (weights @ boxes / weights.sum(1, keepdims=True)).astype(np.float32)
    seen = [((overlaps(boxes[kept], b) > SAME_BOX) * s).max(1, initial=0) for b, s in looks]
    objects = np.mean(seen, 0, dtype=np.float32)
    once = suppress(voted, objects)
    return voted[once], objects[once]


def classify(picture, box):
    """A better box than this one, in pixels, and the probability of each class (the rest is background)."""
    left, top, right, bottom = map(float, box)
    longer = max(right - left, bottom - top, 1.0)
    scale = CUT / (CONTEXT * longer)
    # From pixels of the picture to pixels of the cut: x * scale + shift.
    shift = np.array([CUT / 2 - scale * (left + right) / 2, CUT / 2 - scale * (top + bottom) / 2])
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) * scale + shift
    covered = np.zeros((CUT, CUT), np.float32)
    cv2.fillConvexPoly(covered, np.round(corners - 0.5).astype(np.int32), 1.0)
    mask = cv2.resize(covered, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    inputs = {"cuts": planes(cut_out(picture, scale, shift)), "masks": mask[None, None]}
    probabilities, edges = (output[0] for output in CLASSIFIER.run(["shares", "edges"], inputs))
    return (edges * CUT - np.tile(shift, 2)) / scale, probabilities


def cut_out(picture, scale, shift):
    """The square of the picture around a box, CUT x CUT pixels; beyond the picture its border is repeated."""
    across = down = scale
    if scale < 0.5:  # first averaged, so that thin lines stay
        height, width = picture.shape[:2]
        left, top = np.clip(np.floor(-shift / scale), 0, (width - 1, height - 1)).astype(int)
        right, bottom = np.clip(np.ceil((CUT - shift) / scale), (left + 1, top + 1), (width, height)).astype(int)
        columns, rows = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
        picture = resized(picture[top:bottom, left:right], columns, rows)
        shift = shift + scale * np.array([left, top])
        across, down = scale * (right - left) / columns, scale * (bottom - top) / rows
    # OpenCV's origin is the middle of the first pixel in place of its corner.
    matrix = np.array([[across, 0, shift[0] + (across - 1) / 2], [0, down, shift[1] + (down - 1) / 2]])
    return cv2.warpAffine(picture, matrix, (CUT, CUT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def all_anchors(width, height):
    """The detector's anchors (n, 4) in pixels of its input, in the order of its outputs."""
    grids = []
    for stride in STRIDES:
        y, x = np.mgrid[: math.ceil(height / stride), : math.ceil(width / stride)].astype(np.float32)
        centres = (np.stack([x, y, x, y], -1)[:, :, None] + 0.5) * stride
        sides = [(stride * scale * ratio**0.5, stride * scale / ratio**0.5) for scale in SCALES for ratio in RATIOS]
        halves = np.array([(-across / 2, -down / 2, across / 2, down / 2) for across, down in sides], np.float32)
        grids.append((centres + halves).reshape(-1, 4))
    return np.concatenate(grids)


def suppress(boxes, scores):
    """Non-maximum suppression: the indices of the boxes that overlap no better one, best first."""
    left, kept = np.argsort(-scores, kind="stable"), []
    while len(left):
        kept.append(left[0])
        left = left[1:][overlaps(boxes[left[:1]], boxes[left[1:]])[0] <= SAME_OBJECT]
    return np.array(kept, np.intp)


def overlaps(a, b):
    """Intersection over union of each of `a` with each of `b`."""
    across = np.minimum(a[:, None, 2], b[:, 2]) - np.maximum(a[:, None, 0], b[:, 0])
    down = np.minimum(a[:, None, 3], b[:, 3]) - np.maximum(a[:, None, 1], b[:, 1])
    both = np.maximum(across, 0) * np.maximum(down, 0)
    areas = [(each[:, 2] - each[:, 0]) * (each[:, 3] - each[:, 1]) for each in (a, b)]
    union = areas[0][:, None] + areas[1] - both
    return np.divide(both, union, out=np.zeros_like(both), where=union > 0)


def resized(picture, width, height):
    much_smaller = width * height < 0.25 * picture.shape[0] * picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if much_smaller else cv2.INTER_LINEAR)


def planes(picture):
    """Pixels as both networks take them: float32 (1, 3, height, width) in -1..1."""
    return (picture.transpose(2, 0, 1)[None] * np.float32(1 / 127.5) - np.float32(1)).astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--threshold", type=float, default=0.4, help="lowest score that counts (0.4)")
    parser.add_argument("--drawn", type=Path, help="folder for the drawings")
    chosen = parser.parse_args()
    for path in chosen.pictures:
        picture = cv2.imread(str(path))
        if picture is None:
            parser.error(f"{path} is no picture that OpenCV reads")
        found = [each for each in find(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)) if each[1] >= chosen.threshold]
        detections = [{"label": label, "score": score, "box": box} for label, score, box in found]
        print(json.dumps({"picture": str(path), "detections": detections}, ensure_ascii=False))
        if chosen.drawn:
            chosen.drawn.mkdir(exist_ok=True)
            for label, score, box in found:
                left, top, right, bottom = map(round, box)
                cv2.rectangle(picture, (left, top), (right, bottom), (0, 159, 230), 2)
                cv2.putText(
                    picture, f"{label} {score:.2f}", (left, top - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 159, 230)
                )
            cv2.imwrite(str(chosen.drawn / path.name), picture)


if __name__ == "__main__":
    main()
