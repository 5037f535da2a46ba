"""Label Studio's configuration of a labeling job: the rectangle tools and the instructions that a worker sees.

Source: https://labelstud.io/tags/rectanglelabels (and /header, /label, /image).
"""

from __future__ import annotations

import colorsys
import html
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from xml.etree import ElementTree

# The names that annotations refer to their tool and their picture by.
TOOL = "label"
PICTURE = "image"
# Of a task's data: which picture of how many it is.
PLACE = "place"

_DIGITS = "123456789"
_GOLDEN_RATIO = 0.618034
# The elements of a template whose end is the end of a line.
_LINES = ("p", "li", "div", "h1", "h2", "h3", "h4", "h5", "h6")


def labelling_config(labels: Sequence[str], short_instruction: str) -> str:
    """Label Studio's XML for drawing upright rectangles of `labels` on one picture.

    The first nine labels have the hotkeys 1 to 9; Label Studio finds keys for the rest.
    """
    view = ElementTree.Element("View")
    # In one line: what is below the fold is not labelled.
    above = ElementTree.SubElement(view, "View", style="display: flex; gap: 2em")
    if short_instruction:
        ElementTree.SubElement(above, "Header", value=short_instruction, size="5")
    ElementTree.SubElement(above, "Header", value=f"${PLACE}", size="5")
    # Ground Truth's boxes are upright, so a box that a worker turns by accident could only lose precision.
    tool = ElementTree.SubElement(view, "RectangleLabels", name=TOOL, toName=PICTURE, canRotate="false")
    for index, label in enumerate(labels):
        choice = ElementTree.SubElement(tool, "Label", value=label, background=_colour(index))
        if index < len(_DIGITS):
            choice.set("hotkey", _DIGITS[index])
    picture = ElementTree.SubElement(view, "Image", name=PICTURE, value=f"${PICTURE}", zoom="true", zoomControl="true")
    # All of the picture between the labels and the buttons: what is below the fold is not labelled.
    picture.set("maxHeight", "calc(100vh - 240px)")
    return ElementTree.tostring(view, encoding="unicode")


def _colour(index: int) -> str:
    """Hues a golden-ratio step apart stay distinct however many labels there are."""
    channels = colorsys.hsv_to_rgb(index * _GOLDEN_RATIO % 1.0, 0.85, 0.9)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


@dataclass(frozen=True)
class Instructions:
    """The texts of a worker template; empty where it has none."""

    short: str
    full: str

    def full_html(self) -> str:
        """The full instructions, a paragraph a line, with nothing in them that a browser would run."""
        return "".join(f"<p>{html.escape(line)}</p>" for line in self.full.splitlines())


def template_instructions(template: str) -> Instructions:
    """The text inside <short-instructions> and <full-instructions> of a Ground Truth worker template.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-ui-template-crowd-bounding-box.html
    """
    reader = _TemplateReader()
    reader.feed(template)
    reader.close()
    short, full = (reader.text[name] for name in ("short-instructions", "full-instructions"))
    return Instructions(short=" ".join(short.split()), full=_tidy(full))


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


class _TemplateReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = {"short-instructions": "", "full-instructions": ""}
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in self.text:
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = None
        elif self._inside and tag in _LINES:
            self.text[self._inside] += "\n"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text[self._inside] += data
