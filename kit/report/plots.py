"""The report's plots, as inline SVG that takes its text colour from the page."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

# Colours that stay apart for colour-blind readers (Okabe and Ito), in light and in dark.
BLUE, ORANGE = "#0072b2", "#d55e00"
_TEXT = "#123456"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "kit",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": _TEXT,
    "axes.labelcolor": _TEXT,
    "text.color": _TEXT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def loss_curve(history: Sequence[Mapping[str, float]]) -> str:
    """SVG of the losses by epoch."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7, 2.8), layout="constrained")
        axes = figure.subplots()
        for name, colour, text in (
            ("Train_Loss", ORANGE, "training"),
            ("Val_CrossEntropy", BLUE, "validation (Val_CrossEntropy)"),
        ):
            points = [(entry["epoch"], entry[name]) for entry in history if name in entry]
            if points:
                axes.plot(*zip(*points, strict=True), color=colour, label=text, linewidth=2)
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        return _svg(figure)


def bars(values: Mapping[str, float], unit: str) -> str:
    """SVG of horizontal bars, one a name, with the value behind each."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7, 0.5 + 0.32 * max(len(values), 1)), layout="constrained")
        axes = figure.subplots()
        drawn = axes.barh(list(values), list(values.values()), color=BLUE, height=0.65)
        axes.bar_label(drawn, fmt="{:g}", padding=4)
        axes.invert_yaxis()
        axes.set_xlabel(unit)
        axes.margins(x=0.12)
        return _svg(figure)


def _svg(figure: Figure) -> str:
    target = io.StringIO()
    figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    text = target.getvalue()
    text = text[text.index("<svg") :].replace(_TEXT, "currentColor")
    # The page's width decides, not the figure's.
    head, rest = text.split(">", 1)
    return re.sub(r' (?:width|height)="[^"]*"', "", head) + ">" + rest
