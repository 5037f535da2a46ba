"""A dev kit that rehearses the workshop on one machine, and runs it on AWS."""

import os

# No photograph has more pixels: a header can promise any size, and a decoder makes room for it. The detector's limit.
MOST_PIXELS = 50_000_000
# OpenCV's own limit, for what Pillow reads otherwise. It is read once, when cv2 is first imported.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MOST_PIXELS)
