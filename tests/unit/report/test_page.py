"""The report of a run of the test's own making: two pictures, one held out, classes that are awkward to write."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from kit.annotations.formats import coco, ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.detection.scores import ClassScore
from kit.errors import InputError
from kit.report import page, plots, settings_table
from kit.run.folder import RunFolder
from kit.run.journal import Journal, Resource
from kit.run.remark import Remark
from kit.run.results import (
    CleanUpResult,
    ConversionResult,
    DetectionResult,
    LabellingResult,
    PicturesResult,
    ScoringResult,
    StageResult,
    TrainingResult,
)
from kit.run.summary import summarise
from kit.settings import DECLARATIONS

LABELS = ("<b>", "ライトニング")
PRECISION = [1.0] * 90 + [0.0] * 11
TRAINED = TrainingResult(
    job="job",
    model_artifact="s3://bucket/model.tar.gz",
    train_seconds=9,
    billable_seconds=9,
    epochs=2,
    device="cpu",
    history=({"epoch": 1, "Train_Loss": 2.0, "Val_CrossEntropy": 1.5}, {"epoch": 2, "Train_Loss": 1.0}),
)
ALL_DEFAULT = dict.fromkeys(DECLARATIONS, "default")


class Balance(HTMLParser):
    """Notes tags that are left open or closed out of turn."""

    VOID = ("meta", "img", "br", "link", "path", "use", "input", "rect", "image")

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
    images = folder / "images"
    images.mkdir()
    for name in ("a.jpg", "b.jpg"):
        cv2.imwrite(str(images / name), np.full((60, 80, 3), 128, np.uint8))
    boxes = (BoundingBox("<b>", 10, 10, 30, 30), BoundingBox("ライトニング", 40, 20, 70, 50))
    labelled = AnnotatedPicture("s3://bucket/a.jpg", 80, 60, boxes)
    run.results.mkdir()
    now = datetime.datetime(2026, 11, 22)
    run.output_manifest.write_bytes(ground_truth.output_line(labelled, LABELS, attribute="job", created=now))
    held_out = (AnnotatedPicture("b.jpg", 80, 60, boxes),) if scored else ()
    coco.write(run.held_out_truth, AnnotationStream(LABELS, iter(held_out)))
    answer = {
        "normalized_boxes": [[0.125, 1 / 6, 0.375, 0.5], [0.5, 1 / 3, 0.875, 5 / 6], [0, 0, 0.1, 0.1]],
        "classes": [0, 0, 1],
        "scores": [0.91, 0.77, 0.01],
        "labels": list(LABELS),
    }
    line = json.dumps({"picture": "b.jpg", "seconds": 0.0125, "answer": answer}) + "\n"
    run.detections_file.write_text(line if scored else "")
    journal = Journal(run.journal, "run-1", "local", {"images": str(images), "labels": list(LABELS)})
    journal.runs_on("process", "as RUNTIME says")
    classes = (
        ClassScore("<b>", 2, 0.9, 0.6, tuple(PRECISION)),
        ClassScore("ライトニング", 0, None, None, None),
    )
    results: list[StageResult] = [
        PicturesResult("bucket", 2, LABELS, (Remark("c<d>.jpg", "the picture is damaged", 3),)),
        LabellingResult(
            "s3://bucket/output.manifest", 1, 2, dict.fromkeys(LABELS, 1), {"labelled": 1, "unlabelled": 1}
        ),
        ConversionResult(1, 2, ()),
        TRAINED,
        DetectionResult(len(held_out), 0.5, "setting", 2, 12.5 if scored else None),
        ScoringResult(0.9, 0.6, 1, 2, classes) if scored else ScoringResult(None, None),
        CleanUpResult(()),
    ]
    for result in results:
        journal.begin(result.stage)
        journal.finish(result.stage, 1.0, result)
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


def test_what_was_left_out_is_in_report_and_summary(tmp_path: Path) -> None:
    run, journal = finished_run(tmp_path, scored=True)
    summary = summarise(Journal.open(run.journal))
    page.write(run, journal, summary, dict.fromkeys(journal.settings, "default"))
    assert summary["left_out"] == [{"picture": "c<d>.jpg", "text": "the picture is damaged", "boxes": 3}]
    assert "c&lt;d&gt;.jpg: the picture is damaged (labelled boxes: 3)" in run.report.read_text()


def test_verdicts_are_shown_on_the_held_out_picture(tmp_path: Path) -> None:
    html = written(tmp_path, scored=True)
    assert "1 right, 1 wrong, 1 missed" in html
    assert "✗ &lt;b&gt; 0.77" in html
    assert "ライトニング 0.01" not in html, "the page is spared hopeless detections"


def test_a_run_that_could_not_be_scored_says_so(tmp_path: Path) -> None:
    html = written(tmp_path, scored=False)
    assert "No labelled picture was held out" in html
    assert "Nobody knows" in html
    assert "The endpoint was not asked." in html


def settings_of(folder: Path, settings: dict[str, object], origins: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Value and origin by name, as the report's table has them."""
    _run, journal = finished_run(folder, scored=True)
    journal.settings = {"images": None, **settings}
    journal.finish("training", 1.0, dataclasses.replace(TRAINED, hyperparameters={"adam-learning-rate": "0.001"}))
    return {name: (value, origin) for name, value, origin in settings_table.rows(journal, {**ALL_DEFAULT, **origins})}


def test_settings_are_shown_as_they_are_typed(tmp_path: Path) -> None:
    shown = settings_of(tmp_path, {"images": "/photos", "labels": ["raccoon", "red fox"], "spot": True}, {})
    assert (shown["labels"][0], shown["images"][0], shown["spot"][0]) == ("raccoon,red fox", "/photos", "1")


def test_a_setting_that_was_not_given_shows_the_value_that_was_used(tmp_path: Path) -> None:
    shown = settings_of(tmp_path, dict.fromkeys(("labels", "labeler", "learning_rate", "batch_size")), {})
    assert {name: value for name, (value, _origin) in shown.items()} == {
        "images": "samples/plugs",
        "labels": "<b>,ライトニング",
        "labeler": "scripted",
        "learning_rate": "0.001",
        "batch_size": "the model's own",  # whose log did not name it
        "threshold": "0.50",
    }


def test_an_origin_is_told_in_words(tmp_path: Path) -> None:
    given = {"epochs": 5, "seed": 7, "held_out": 0.3, "image_size": 320, "batch_size": 4}
    shown = settings_of(
        tmp_path,
        given,
        {"epochs": "make", "seed": "--seed", "held_out": "KIT_HELD_OUT", "image_size": "kit.toml"},
    )
    assert {name: shown[name][1] for name in given} == {
        "epochs": "command line",
        "seed": "command line",
        "held_out": "environment (KIT_HELD_OUT)",
        "image_size": "kit.toml",
        "batch_size": "given when the run was begun",  # whatever the command that writes the report was given
    }


@pytest.mark.parametrize(
    ("pictures", "legend", "note"),
    [
        (0, "Val_CrossEntropy (of pictures trained on)", "Val_CrossEntropy is of pictures trained on"),
        (7, "Val_CrossEntropy (of 7 pictures not trained on)", "of 7 labelled pictures that were not trained on"),
        (None, "Val_CrossEntropy", "The training&#39;s log does not say"),
    ],
)
def test_the_validation_loss_says_of_what_pictures_it_is(
    tmp_path: Path, pictures: int | None, legend: str, note: str
) -> None:
    run, journal = finished_run(tmp_path, scored=True)
    journal.finish("training", 1.0, dataclasses.replace(TRAINED, validation_pictures=pictures))
    page.write(run, journal, summarise(journal), dict.fromkeys(journal.settings, "default"))
    plot, beside = run.report.read_text().split("Train_Loss</text>")[1].split("</svg>", 1)
    assert f">{legend}</text>" in plot
    assert note in beside


def test_the_page_begins_with_whether_it_worked_how_good_it_is_and_what_now(tmp_path: Path) -> None:
    html = written(tmp_path, scored=True)
    places = [
        html.index(text) for text in ("Did it work?", "How good is it?", "What now?", 'id="pictures"', 'id="scores"')
    ]
    assert places == sorted(places)
    good = html[places[1] : places[2]]
    assert "It finds 5 of 10 objects (1 of 2)." in good
    assert "Of 10 boxes that it draws, 5 are wrong (1 of 2)." in good
    assert '<code class="command">make local ' in html[places[2] : places[3]]
    for term in ("Held-out pictures are", "IoU, intersection over union", "Mean average precision", "F1", "recall"):
        assert term in html[places[3] :], f"{term} is explained where it stands"


def test_the_price_is_of_times_that_are_on_the_page(tmp_path: Path) -> None:
    run, journal = finished_run(tmp_path, scored=True)
    journal.track = "cloud"
    journal.resources = [Resource("endpoint", "plugs", True, "2026-11-22T10:00:00+00:00", "2026-11-22T10:40:00+00:00")]
    page.write(run, journal, summarise(journal, 1.25), dict.fromkeys(journal.settings, "default"))
    html = run.report.read_text()
    price = html[html.index('id="price"') : html.index('id="resources"')]
    assert "Created and deleted" in price
    assert "10:00:00" in html[html.index('id="resources"') :]
    assert "10:40:00" in html[html.index('id="resources"') :]


def test_before_clean_up_the_report_tells_what_is_still_there(tmp_path: Path) -> None:
    run, journal = finished_run(tmp_path, scored=True)
    del journal.stages["clean-up"]
    journal.will_create("endpoint", "plugs-run-1")
    page.write(run, journal, summarise(journal), dict.fromkeys(journal.settings, "default"))
    html = run.report.read_text()
    assert "Still there:</strong> endpoint plugs-run-1" in html
    assert "Everything is gone" not in html


def test_a_picture_that_has_moved_away_is_named(tmp_path: Path) -> None:
    run, journal = finished_run(tmp_path, scored=True)
    (tmp_path / "images" / "b.jpg").unlink()
    with pytest.raises(InputError, match=r"b\.jpg"):
        page.write(run, journal, summarise(journal), dict.fromkeys(journal.settings, "default"))


def test_plots_are_svg_in_the_colour_of_the_page() -> None:
    history = [{"epoch": 1.0, "Train_Loss": 2.0, "Val_CrossEntropy": 1.5}, {"epoch": 2.0, "Train_Loss": 1.0}]
    drawn = {
        "loss": plots.loss_curve(history, "of pictures trained on"),
        "stages": plots.stage_strip({"Fine-tuning": 61.2, "Clean-up": 1.0}),
        "bars": plots.bars({"ライトニング": 30}, "boxes", ["#0072b2"]),
        "sizes": plots.box_sizes({"usb-a": [(10, 20)], "usb-c": []}, ["#0072b2", "#d55e00"]),
        "curves": plots.precision_recall({"usb-a": PRECISION}, ["#0072b2"]),
        "latency": plots.histogram([12.5, 13.0, 40.0], "milliseconds", "pictures"),
    }
    for svg in drawn.values():
        root = ElementTree.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "width" not in root.attrib
        assert "viewBox" in root.attrib
        texts = list(root.iter("{http://www.w3.org/2000/svg}text"))
        assert texts
        inks = [re.search(r"fill: ([^;]+)", text.get("style", "")) for text in texts]
        assert {ink[1] for ink in inks if ink} <= {"currentColor", "#ffffff"}, "read in light and in dark"
        assert all(inks)
    assert "Fine-tuning  61.2 s" in drawn["stages"]
    assert "ライトニング" in drawn["bars"]


@pytest.mark.parametrize("name", ["$_$", "$x", "_hidden", r"\alpha"])
def test_names_are_no_formulas_and_none_is_hidden(name: str) -> None:
    drawn = [
        plots.bars({name: 30}, name, ["#0072b2"]),
        plots.box_sizes({name: [(10, 20)]}, ["#0072b2"]),
        plots.precision_recall({name: PRECISION}, ["#0072b2"]),
    ]
    for svg in drawn:
        texts = [
            "".join(text.itertext()) for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
        ]
        assert name in texts


def test_a_time_is_with_its_date_unless_that_is_the_first_day_s(tmp_path: Path) -> None:
    run, journal = finished_run(tmp_path, scored=True)
    journal.created = "2026-11-22T22:00:00+00:00"
    for stage, begun in (("pictures", "2026-11-22T22:00:05+00:00"), ("labelling", "2026-11-23T09:30:00+00:00")):
        journal.stages[stage] = dataclasses.replace(journal.stages[stage], started=begun)
    page.write(run, journal, summarise(journal), dict.fromkeys(journal.settings, "default"))
    html = run.report.read_text()
    assert "begun 2026-11-22 22:00:00 UTC" in html
    assert ">22:00:05<" in html
    assert ">2026-11-23 09:30:00<" in html
