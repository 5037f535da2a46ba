"""Object detection behind SageMaker's container contract and JumpStart's request and response."""

import os

# A picture that says it is larger is refused before a byte of it is decoded: 50 megapixels are 150 MB of memory.
MOST_PIXELS = 50_000_000
# OpenCV's own limit, for what a reader of ours may have overlooked. It is read once, when cv2 is first imported.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MOST_PIXELS)
# ONNX Runtime's packages for Linux, too, tell Microsoft of their use; it is asked when its library is first loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
