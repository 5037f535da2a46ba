"""Making batches in a background thread, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Batch = TypeVar("Batch")

# Batches that wait for training at most: each is megabytes, and an epoch may have thousands.
PREFETCH = 4


def prefetch(make: Callable[[NDArray[np.int64]], Batch], groups: list[NDArray[np.int64]]) -> Iterator[Batch]:
    """`make` of each group of indices, in order, made in one thread up to `PREFETCH` groups ahead of the caller."""
    waiting: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(1) as pool:
        for group in groups:
            waiting.append(pool.submit(make, group))
            if len(waiting) > PREFETCH:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
