"""Proposed boxes in a real browser: they are there when a picture is opened, and count when they are submitted."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.local_cloud.labelling.label_studio_projects import labelled_pictures, project_progress
from kit.local_cloud.labelling.model_proposals import propose_anew, show_least_certain_first
from tests.browser.chromium import needs_chromium
from tests.browser.labelling_page import LabellingPage
from tests.integration.conftest import label_studio  # noqa: F401 - a fixture
from tests.integration.labelling_workshop import PICTURES, Workshop, workshop  # noqa: F401 - a fixture

pytestmark = needs_chromium

FIRST, SECOND, THIRD = PICTURES
SIZES = {FIRST: (640, 480), SECOND: (301, 200), THIRD: (97, 211)}
ON_FIRST = (BoundingBox("usb-a", 64, 48, 160, 144), BoundingBox("ライトニング", 320, 240, 480, 360))
ON_SECOND = (BoundingBox("usb-a", 30, 20, 150, 100),)
DRAWN = BoundingBox("usb-a", 500, 60, 600, 160)


def test_the_least_certain_picture_comes_first_with_its_boxes_and_only_what_is_submitted_counts(
    workshop: Workshop,  # noqa: F811
    chromium: Browser,
    screenshots: Path,
) -> None:
    name = workshop.create(*PICTURES)
    project = workshop.jobs.project(LabelingJobName=name)
    show_least_certain_first(workshop.access, project)

    def proposed(*of: tuple[str, tuple[BoundingBox, ...], float]) -> int:
        uris = {picture: workshop.uri(f"images/{picture}") for picture, _boxes, _certainty in of}
        return propose_anew(
            workshop.access,
            project,
            {uris[name]: AnnotatedPicture(uris[name], *SIZES[name], boxes) for name, boxes, _certainty in of},
            f"model-{len(of)}",
            {uris[name]: certainty for name, _boxes, certainty in of},
        )

    assert proposed((FIRST, ON_FIRST[:1], 0.3)) == 1
    # The proposals of a model that has learned more take the place of what was there.
    assert proposed((FIRST, ON_FIRST, 0.9), (SECOND, ON_SECOND, 0.5), (THIRD, (), 0.95)) == 3
    assert project_progress(workshop.access, project).labelled == 0
    portal = workshop.jobs.portal(LabelingJobName=name)
    with chromium.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = LabellingPage(context.new_page())
        (person,) = portal.people
        page.sign_in(portal.url, person.user, person.password)
        regions = page.page.locator(".lsf-outliner-item")
        assert page.task == 2
        expect(regions).to_have_count(len(ON_SECOND))
        page.submit()
        assert page.task == 1
        expect(regions).to_have_count(len(ON_FIRST))
        page.page.screenshot(path=screenshots / "labelling-proposals.png")
        page.draw("1", DRAWN)
        page.submit()
    answers = labelled_pictures(workshop.access, project)
    first, second, third = (answers[workshop.uri(f"images/{picture}")] for picture in PICTURES)
    assert [box.label for box in first.boxes] == ["usb-a", "ライトニング", "usb-a"]
    for got, wanted in zip((*first.boxes, *second.boxes), (*ON_FIRST, DRAWN, *ON_SECOND), strict=True):
        off = [abs(getattr(got, edge) - getattr(wanted, edge)) for edge in ("left", "top", "right", "bottom")]
        assert max(off) <= 1, f"{got} in place of {wanted}"
    assert third.boxes == ()
    assert project_progress(workshop.access, project).labelled == 2
