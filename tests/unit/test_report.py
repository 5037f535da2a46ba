import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np

from kit.report import page, plots
from kit.workshop.journal import Journal
from kit.workshop.run_folder import RunFolder
from kit.workshop.summary import summarise


class Balance(HTMLParser):
    """Notes tags that are left open or closed out of turn."""

    VOID = ("meta", "img", "br", "link", "path", "use")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(tag)


def finished_run(folder: Path, *, scored: bool) -> tuple[RunFolder, Journal]:
    run = RunFolder(folder)
    journal = Journal(run.journal, "run-1", "local", {"labels": ["<b>", "ライトニング"]})
    scores = {
        "map50": 0.9,
        "map": 0.6,
        "classes": [
            {"label": "<b>", "ap50": 0.9, "ap": 0.6, "boxes": 3},
            {"label": "ライトニング", "ap50": None, "ap": None, "boxes": 0},
        ],
    }
    results = {
        "pictures": {"images": 2, "labels": ["<b>", "ライトニング"]},
        "labelling": {"labelled": 2, "boxes": 3, "boxes_by_label": {"<b>": 3}, "pictures_by_state": {"labelled": 2}},
        "conversion": {"train_images": 2},
        "training": {
            "device": "cpu",
            "epochs": 2,
            "train_seconds": 9,
            "history": [{"epoch": 1, "Train_Loss": 2.0, "Val_CrossEntropy": 1.5}, {"epoch": 2, "Train_Loss": 1.0}],
        },
        "detection": {"pictures": 1, "endpoint_p50_ms": 12.5},
        "scoring": scores if scored else {"map50": None, "map": None},
        "clean-up": {"left_behind": []},
    }
    for stage, result in results.items():
        journal.begin(stage)
        journal.finish(stage, 1.0, result)
    run.detections.mkdir()
    cv2.imwrite(str(run.detections / "a.jpg"), np.zeros((4, 6, 3), np.uint8))
    return run, journal


def written(folder: Path, *, scored: bool) -> str:
    run, journal = finished_run(folder, scored=scored)
    origins = dict.fromkeys(journal.settings, "default")
    page.write(run, journal, summarise(journal), origins)
    return run.report.read_text()


def test_the_page_is_well_formed_and_escapes_class_names(tmp_path: Path) -> None:
    html = written(tmp_path, scored=True)
    balance = Balance()
    balance.feed(html)
    assert (balance.wrong, balance.open) == ([], [])
    assert "<b>" not in html
    assert html.count("&lt;b&gt;") >= 2
    assert "ライトニング" in html


def test_a_run_that_could_not_be_scored_says_so(tmp_path: Path) -> None:
    html = written(tmp_path, scored=False)
    assert "No labelled picture was held out" in html
    assert "not scored" in html


def test_plots_are_svg_in_the_colour_of_the_page() -> None:
    history = [{"epoch": 1.0, "Train_Loss": 2.0, "Val_CrossEntropy": 1.5}, {"epoch": 2.0, "Train_Loss": 1.0}]
    for svg in (plots.loss_curve(history), plots.bars({"training": 61.2}, "seconds")):
        root = ElementTree.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "width" not in root.attrib
        assert "viewBox" in root.attrib
        assert "currentColor" in svg
    assert "61.2" in plots.bars({"training": 61.2}, "seconds")
