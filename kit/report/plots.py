"""The report's plots, as inline SVG that takes its text colour from the page and its size from the column.

Every figure is narrow, so that its letters are still read on a phone.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from kit.language import _

# Colours that stay apart for colour-blind readers (Okabe and Ito), in light and in dark.
BLUE, ORANGE = "#0072b2", "#d55e00"
# Of the runs that are compared; the eighth begins anew, in dashes.
_RUN_COLOURS = (BLUE, ORANGE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c00")
_RUN_STYLES = ("-", "--", ":")
# The metrics that training tells by epoch.
LOSSES = ("Train_Loss", "Val_CrossEntropy")
# Stands for the colour of the page's text.
_TEXT = "#123456"
_ON_BARS = "#ffffff"
_WIDTH = 4.6
# Stands for a name in a legend until the legend is there.
_PLACE = "name"
_STYLE: dict[Any, Any] = {
    # Names of classes and stages are no formulas: "$_$" is a name.
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "kit",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.edgecolor": _TEXT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def stage_strip(seconds: Mapping[str, float], limit: float | None = None) -> str:
    """SVG of the stages one after the other along the time that the run took, waiting between attempts left out.

    Args:
        limit: seconds at which the axis ends, the same for runs that are compared; by default those of this run.
    """
    axes = _axes(0.8 + 0.32 * max(len(seconds), 1))
    total, begin = max(sum(seconds.values()), limit or 0.0), 0.0
    for row, (name, length) in enumerate(seconds.items()):
        axes.barh(row, length, left=begin, color=BLUE, height=0.65)
        # Where there is most room: behind the bar, before it, or in it.
        _room, place, side, colour = max(
            (total - begin - length, begin + length, "left", _TEXT),
            (begin, begin, "right", _TEXT),
            (length, begin, "left", _ON_BARS),
        )
        label = axes.annotate(
            f"{name}  {length:.1f} s",
            (place, row),
            xytext=(3 if side == "left" else -3, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            color=colour,
            fontsize=10,
        )
        label.set_in_layout(False)
        begin += length
    axes.invert_yaxis()
    axes.set_yticks([])
    axes.set_xlim(0, total or None)
    axes.set_xlabel(_("seconds"))
    axes.spines["left"].set_visible(False)
    return _svg(axes)


def bars(values: Mapping[str, float], unit: str, colours: Sequence[str]) -> str:
    """SVG of horizontal bars, one a name, with the value behind each."""
    axes = _axes(0.7 + 0.36 * max(len(values), 1))
    drawn = axes.barh(list(values), list(values.values()), color=colours, height=0.65)
    axes.bar_label(drawn, fmt="{:g}", padding=4)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.margins(x=0.12)
    return _svg(axes)


def box_sizes(sizes: Mapping[str, Sequence[tuple[float, float]]], colours: Sequence[str]) -> str:
    """SVG of every labelled box as a point: width and height in per cent of its picture's, by class."""
    axes = _axes(3.4)
    for points, colour in zip(sizes.values(), colours, strict=True):
        widths, heights = [width for width, _height in points], [height for _width, height in points]
        axes.scatter(widths, heights, s=22, color=colour, alpha=0.75, label=_PLACE)
    axes.set_xlabel(_("box width : picture width (%)"))
    axes.set_ylabel(_("box height : picture height (%)"))
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    _name_entries(axes.legend(frameon=False), sizes)
    return _svg(axes)


def loss_curve(history: Sequence[Mapping[str, float]], validated_on: str) -> str:
    """SVG of the losses by epoch, under their metrics' names.

    Args:
        validated_on: what pictures the validation loss is of; empty where nobody says.
    """
    axes = _axes(3.0)
    for name, colour, of in zip(LOSSES, (ORANGE, BLUE), ("", validated_on), strict=True):
        points = [(entry["epoch"], entry[name]) for entry in history if name in entry]
        if points:
            label = f"{name} ({of})" if of else name
            axes.plot(
                *zip(*points, strict=True), color=colour, label=label, linewidth=2, marker="." * (len(points) < 2)
            )
    axes.set_xlabel(_("epoch"))
    axes.set_ylabel(_("loss"))
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    return _svg(axes)


def curves(histories: Mapping[str, Sequence[Mapping[str, float]]], metric: str) -> str:
    """SVG of one metric by epoch, a line a run."""
    axes = _axes(3.0)
    names = list(histories)
    for index, history in enumerate(histories.values()):
        points = [(entry["epoch"], entry[metric]) for entry in history if metric in entry]
        epochs, values = [epoch for epoch, _value in points], [value for _epoch, value in points]
        colour, style = _RUN_COLOURS[index % len(_RUN_COLOURS)], _RUN_STYLES[index // len(_RUN_COLOURS) % 3]
        axes.plot(
            epochs, values, color=colour, linestyle=style, label=_PLACE, linewidth=2, marker="." * (len(points) < 2)
        )
    axes.set_xlabel(_("epoch"))
    axes.set_ylabel(metric)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _name_entries(axes.legend(frameon=False, fontsize=9), names)
    return _svg(axes)


def precision_recall(curves: Mapping[str, Sequence[float]], colours: Sequence[str]) -> str:
    """SVG of precision at recall 0.00, 0.01, … 1.00 at IoU 0.5, a line a class."""
    axes = _axes(3.4)
    for precision, colour in zip(curves.values(), colours, strict=True):
        recall = [step / (len(precision) - 1) for step in range(len(precision))]
        axes.plot(recall, precision, color=colour, label=_PLACE, linewidth=2)
    axes.set_xlabel(_("recall"))
    axes.set_ylabel(_("precision"))
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.05)
    _name_entries(axes.legend(frameon=False, loc="lower left"), curves)
    return _svg(axes)


def histogram(values: Sequence[float], unit: str, of: str) -> str:
    """SVG of how often values of which size occur."""
    axes = _axes(2.6)
    axes.hist(values, bins=min(20, max(5, len(values) // 3)), color=BLUE)
    axes.set_xlabel(unit)
    axes.set_ylabel(of)
    axes.set_xlim(left=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return _svg(axes)


def _axes(height: float) -> Axes:
    with mpl.rc_context(_STYLE):
        return Figure(figsize=(_WIDTH, height), layout="constrained").subplots()


def _name_entries(legend: Legend, names: Iterable[str]) -> None:
    """Puts the names into a legend of what was drawn as `_PLACE`: Matplotlib leaves out names that begin with "_"."""
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)


def _svg(axes: Axes) -> str:
    target = io.StringIO()
    figure = axes.get_figure(root=True)
    assert figure is not None  # noqa: S101 (`_axes` made it)
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_parse_math(False)
            if text.get_color() != _ON_BARS:
                text.set_color(_TEXT)
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # The letters are the browser's: that Matplotlib's own font lacks Japanese ones does not matter.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    svg = target.getvalue()
    svg = svg[svg.index("<svg") :].replace(_TEXT, "currentColor")
    # The page's width decides, not the figure's; and what names the parts ("axes_1") would be there once a figure.
    head, rest = svg.split(">", 1)
    return re.sub(r' (?:width|height)="[^"]*"', "", head) + ">" + re.sub(r' id="[a-zA-Z0-9.]+_\d+"', "", rest)
