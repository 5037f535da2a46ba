"""From the light on the sensor to a telephone's JPEG."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Light = NDArray[np.float32]


def develop(light: Light, path: Path, rng: Random) -> None:
    """Expose, balance, vignette, tone, add noise, sharpen and save.

    Args:
        light: (height, width, 3) linear RGB, any scale.
        path: The JPEG to write.
        rng: What this telephone and hand did.
    """
    noise = np.random.default_rng(rng.randrange(2**32))
    exposed = _vignette(_balance(_expose(light, rng), rng), rng)
    grain = rng.uniform(0.004, 0.016)
    shot = noise.normal(size=exposed.shape) * grain * np.sqrt(np.clip(exposed, 0, 1) + 0.02)
    toned = np.clip(_tone(exposed + shot, rng), 0, 1)
    picture = Image.fromarray((toned * 255 + 0.5).astype(np.uint8))
    if rng.random() < 0.12:  # the hand was not quite still
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 0.9)))
    picture = picture.filter(ImageFilter.UnsharpMask(1.2, rng.randint(25, 70), 2))
    picture.save(path, quality=rng.randint(87, 92), subsampling="4:2:0", optimize=True)


def _expose(light: Light, rng: Random) -> Light:
    """Automatic exposure: towards middle grey, darker where much would burn out."""
    grey = light @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    mean = float(np.exp(np.mean(np.log(grey + 1e-4))))
    # A telephone leaves dark desks darkish and pale ones pale: it corrects most of the way, not all.
    gain = 0.24 / mean**0.8 / 0.45**0.2
    gain = min(gain, 2.3 / float(np.percentile(grey, 97)))
    return np.asarray(light * gain * 2 ** rng.gauss(0, 0.25), np.float32)


def _balance(light: Light, rng: Random) -> Light:
    """Automatic white balance, which takes away most of a lamp's colour but not all."""
    means = light.reshape(-1, 3).mean(axis=0)
    strength = rng.uniform(0.35, 0.7)
    gains = (means[1] / np.maximum(means, 1e-6)) ** strength
    warmth = rng.gauss(0, 0.035)
    return np.asarray(light * gains * (1 + warmth, 1.0, 1 - warmth), np.float32)


def _vignette(light: Light, rng: Random) -> Light:
    height, width = light.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.asarray(light * (1 - rng.uniform(0.03, 0.12) * (x * x + y * y))[..., None], np.float32)


def _tone(light: Light, rng: Random) -> Light:
    """A shoulder for highlights, the sRGB curve, and a touch of contrast and colour."""
    white = 4.0
    x = np.maximum(light, 0)
    rolled = np.clip(x * (1 + x / white**2) / (1 + 0.85 * x), 0, None) * 1.25
    shown = np.where(rolled <= 0.0031308, 12.92 * rolled, 1.055 * np.maximum(rolled, 1e-6) ** (1 / 2.4) - 0.055)
    shown = np.clip(shown, 0, 1)
    curve = rng.uniform(0.15, 0.45)
    shown = shown + curve * (shown * shown * (3 - 2 * shown) - shown)
    grey = shown.mean(axis=2, keepdims=True)
    return np.asarray(grey + (shown - grey) * rng.uniform(1.0, 1.18), np.float32)
