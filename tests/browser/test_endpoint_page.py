"""The page of `kit endpoint` in a real browser: every way in for pictures, camera, slider, what is saved and kept."""

from __future__ import annotations

import colorsys
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Route, expect, sync_playwright

from kit.annotations.formats import ground_truth
from kit.run.picture_set import SAMPLES
from tests.browser.chromium import EXECUTABLE, needs_chromium
from tests.browser.endpoint_page import Opened, assert_drawn, expected_boxes, opened_in
from tests.end_to_end import command
from tests.serving_endpoint import Served, copy_of, served

pytestmark = needs_chromium

HELD_OUT = sorted((SAMPLES / "held_out").glob("*.jpg"))
HEIC = Path(__file__).parents[1] / "pictures" / "plugs-002.heic"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}


@pytest.fixture(scope="module")
def endpoint(rehearsal: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(copy_of(rehearsal, tmp_path_factory.mktemp("endpoint-page") / "here")) as running:
        yield running


@pytest.fixture(scope="module")
def filming() -> Iterator[Browser]:
    """A browser with a camera of its own making, which it lets pages use unless told otherwise."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=EXECUTABLE,
            args=["--no-sandbox", "--disable-background-networking", "--use-fake-device-for-media-stream"],
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(filming: Browser, endpoint: Served) -> Iterator[Opened]:
    with filming.new_context(viewport=DESKTOP, permissions=["camera"]) as context:
        opened = opened_in(context, endpoint)
        opened.shown(HELD_OUT[0].name)
        yield opened
        assert opened.complaints == []


def test_held_out_pictures_are_clicked_through_and_answered_as_in_the_run(opened: Opened) -> None:
    kept = (command.latest(opened.endpoint.folder) / "results" / "detections.jsonl").read_text().splitlines()
    answers = {entry["picture"]: entry["answer"] for entry in map(json.loads, kept)}
    assert opened.page.locator("#pictures img").count() == 65
    assert opened.answer() == answers[HELD_OUT[0].name]
    assert_drawn(opened, 640, 480)
    opened.page.locator("#after").click()
    opened.shown(HELD_OUT[1].name)
    opened.page.keyboard.press("ArrowRight")
    opened.shown(HELD_OUT[2].name)
    assert opened.answer() == answers[HELD_OUT[2].name]
    # The page asks this machine only, and is one file.
    assert {re.sub(r"(?<=\d)/.*|^(data|blob):.*", "", url) for url in opened.addresses} <= {opened.endpoint.url, ""}


def test_a_file_is_chosen_and_sent_as_it_is(opened: Opened) -> None:
    opened.choose(HELD_OUT[5])
    opened.shown(HELD_OUT[5].name)
    assert opened.sent() == HELD_OUT[5].read_bytes()
    assert_drawn(opened, 640, 480)
    assert "Content-Type: application/x-image" in opened.page.locator("#request").text_content()  # type: ignore[operator]
    assert json.loads(opened.page.locator("#answer").text_content() or "") == opened.answer()


def test_a_file_is_dropped_and_one_pasted(opened: Opened) -> None:
    for event, holder, picture in (("drop", "dataTransfer", HELD_OUT[6]), ("paste", "clipboardData", HELD_OUT[7])):
        opened.page.evaluate(
            """([event, holder, name, bytes]) => {
                const data = new DataTransfer();
                data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
                const made = holder === "dataTransfer"
                    ? new DragEvent(event, { dataTransfer: data, bubbles: true, cancelable: true })
                    : new ClipboardEvent(event, { clipboardData: data, bubbles: true });
                document.querySelector("#stage").dispatchEvent(made);
            }""",
            [event, holder, picture.name, list(picture.read_bytes())],
        )
        opened.shown(picture.name)
        assert_drawn(opened, 640, 480)


def test_what_the_browser_cannot_decode_the_kit_does(opened: Opened) -> None:
    opened.choose(HEIC)
    opened.shown(HEIC.name)
    sent = Image.open(io.BytesIO(opened.sent()))
    assert sent.format == "JPEG"
    assert_drawn(opened, *sent.size)


def test_a_photograph_is_sent_upright_and_small_enough(opened: Opened, tmp_path: Path) -> None:
    grain = Image.effect_noise((5000, 3750), 60).convert("RGB")
    plugs = Image.blend(Image.open(HELD_OUT[0]).convert("RGB").resize(grain.size), grain, 0.1)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    photograph = tmp_path / "photograph.jpg"
    plugs.transpose(Image.Transpose.ROTATE_90).save(photograph, quality=100, exif=exif)
    assert photograph.stat().st_size > 6_291_456
    opened.choose(photograph)
    opened.shown("photograph.jpg")
    body = opened.sent()
    sent = Image.open(io.BytesIO(body))
    assert len(body) <= 6_291_456
    assert sent.size == (4096, 3072)
    assert_drawn(opened, 4096, 3072)


def test_a_wrong_and_a_damaged_file_get_a_sentence_and_the_page_goes_on(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear model")
    (tmp_path / "half.jpg").write_bytes(HELD_OUT[0].read_bytes()[:700])
    trouble = opened.page.locator("#trouble")
    for name in ("letter.txt", "half.jpg"):
        opened.choose(tmp_path / name)
        expect(trouble).to_contain_text(f"{name} is not a picture that can be shown, or it is damaged (")
        assert "kit-picture" not in trouble.inner_text(), "the kit's own file is nobody's business"
    opened.choose(HELD_OUT[5])
    opened.shown(HELD_OUT[5].name)
    expect(trouble).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (415, "The endpoint takes JPEG and PNG only"),
        (413, "This picture is too large"),
        (503, "The endpoint has too much to do: try again in a moment."),
        (400, "The endpoint cannot read this picture: because"),
        (500, "The endpoint refused this picture: because"),
    ],
)
def test_what_the_endpoint_refuses_is_told_in_a_sentence(opened: Opened, status: int, said: str) -> None:
    error = {"Message": "…", "OriginalStatusCode": status, "OriginalMessage": "because\n"}
    opened.page.route(
        "**/invocations",
        lambda route: route.fulfill(status=424, headers={"x-amzn-errortype": "ModelError"}, json=error),
    )
    opened.choose(HELD_OUT[5])
    expect(opened.page.locator("#trouble")).to_contain_text(said)


def test_the_slider_acts_at_once_and_asks_nothing(opened: Opened) -> None:
    opened.choose(HELD_OUT[5])
    opened.shown(HELD_OUT[5].name)
    asked = opened.answers
    counts, answer = [], opened.answer()
    for lowest in ("0.01", "0.4", "0.99"):
        opened.page.locator("#threshold").fill(lowest)
        wanted = expected_boxes(answer, 640, 480, float(lowest))
        assert [box["text"] for box in opened.boxes()] == [box["text"] for box in wanted]
        expect(opened.page.locator("#status")).to_contain_text(f"{len(wanted)} found")
        counts.append(len(wanted))
    assert counts[0] > counts[1] > counts[2] == 0
    assert opened.answers == asked


def test_the_camera_still_and_live(opened: Opened) -> None:
    page = opened.page
    page.locator("#camera").click()
    page.locator("#still").click()
    expect(page.locator("#pictures button[aria-current]")).to_have_attribute("title", re.compile(r"^camera-.*\.jpg$"))
    expect(page.locator("#status")).to_contain_text("answered in")
    assert Image.open(io.BytesIO(opened.sent())).size == (640, 480)
    page.locator("#camera").click()
    page.locator("#live").click()
    expect(page.locator("#status")).to_contain_text("pictures a second")
    before = opened.answers
    while opened.answers < before + 3:
        page.wait_for_event("response")
    page.locator("#camera").click()
    expect(page.locator("#live")).to_be_hidden()
    assert page.evaluate("document.querySelector('#video').srcObject") is None


def test_live_has_two_frames_under_way_and_never_more(opened: Opened) -> None:
    page = opened.page
    under_way: list[str] = []
    most = 0

    def begun(request: Any) -> None:
        nonlocal most
        if "/invocations" in request.url:
            under_way.append(request.url)
            most = max(most, len(under_way))

    page.on("request", begun)
    page.on("requestfinished", lambda request: "/invocations" in request.url and under_way.pop())
    page.locator("#camera").click()
    before = opened.answers
    page.locator("#live").click()
    while opened.answers < before + 5:
        page.wait_for_event("response")
    assert most == 2


def test_an_answer_that_comes_after_a_later_frame_s_is_not_shown(opened: Opened) -> None:
    page = opened.page
    # Answers the second to the fourth; the first waits until it is let go, those after for good.
    page.evaluate(
        """() => {
            const ask = window.fetch;
            const late = { normalized_boxes: [[0, 0, 1, 1]], classes: [0], scores: [1], labels: ["late"] };
            let number = 0;
            window.fetch = async (...what) => {
                const asked = (number += 1);
                document.body.dataset.asked = asked;
                if (asked > 4) await new Promise(() => {});
                if (asked > 1) return ask(...what);
                await new Promise((go) => { window.letGo = go; });
                return new Response(JSON.stringify(late));
            };
        }"""
    )
    page.locator("#camera").click()
    page.locator("#live").click()
    expect(page.locator("body")).to_have_attribute("data-asked", "5")
    told = page.locator("#status").inner_text()
    page.evaluate("window.letGo()")
    expect(page.locator("body")).to_have_attribute("data-asked", "6")
    assert page.locator("#status").inner_text() == told
    assert not page.locator("#found li", has_text="late").count()


def test_a_camera_that_is_not_permitted_is_told(filming: Browser, endpoint: Served) -> None:
    with filming.new_context() as context:
        opened = opened_in(context, endpoint)
        opened.page.evaluate(
            """() => { navigator.mediaDevices.getUserMedia = async () => {
                throw new DOMException("", "NotAllowedError");
            }; }"""
        )
        opened.page.locator("#camera").click()
        expect(opened.page.locator("#trouble")).to_contain_text("does not let the page use the camera: allow it")


def test_the_language_is_switched_in_the_page(opened: Opened, screenshots: Path) -> None:
    opened.page.locator("#language").select_option("ja")
    expect(opened.page.get_by_role("heading", level=1)).to_have_text("モデルを試す")
    expect(opened.page.locator("#status")).to_contain_text("ミリ秒")
    expect(opened.page.get_by_role("button", name="描いた画像を保存")).to_be_visible()
    assert opened.page.evaluate("document.documentElement.lang") == "ja"
    opened.page.screenshot(path=screenshots / "endpoint-ja.png", full_page=True)


def hue_and_saturation(colour: Any) -> tuple[float, float]:
    """Both in 0..1, of red, green and blue in 0..255."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*(value / 255 for value in colour))
    return hue, saturation


def test_the_drawing_is_saved_with_its_boxes(opened: Opened, tmp_path: Path) -> None:
    opened.choose(HELD_OUT[5])
    opened.shown(HELD_OUT[5].name)
    with opened.page.expect_download() as download:
        opened.page.locator("#save").click()
    assert download.value.suggested_filename == f"{HELD_OUT[5].stem}-detections.jpg"
    download.value.save_as(tmp_path / "drawn.jpg")
    drawn, plain = Image.open(tmp_path / "drawn.jpg").convert("RGB"), Image.open(HELD_OUT[5]).convert("RGB")
    assert drawn.size == (640, 480)
    best = opened.boxes()[-1]
    wanted = tuple(map(int, re.findall(r"\d+", best["colour"])))
    # JPEG blurs the line's colour, more or less by where it runs, but leaves its hue, which the grey around has not.
    row, left = round(best["y"] + best["height"] / 2), round(best["x"])
    edge = [hue_and_saturation(drawn.getpixel((left + beside, row))) for beside in (-1, 0, 1)]
    hue, saturation = max(edge, key=lambda each: each[1])
    assert saturation > 0.4
    assert hue == pytest.approx(hue_and_saturation(wanted)[0], abs=0.05)
    assert drawn.tobytes() != plain.tobytes()


def test_what_is_wrong_is_kept_with_the_boxes_as_shown(opened: Opened) -> None:
    opened.choose(HELD_OUT[5])
    opened.shown(HELD_OUT[5].name)
    opened.page.locator("#keep").click()
    expect(opened.page.locator("#kept")).to_contain_text("Kept with these boxes: ")
    kept = Path(opened.page.locator("#kept").inner_text().removeprefix("Kept with these boxes: "))
    assert kept.parent == command.latest(opened.endpoint.folder) / "to-label"
    assert kept.read_bytes() == HELD_OUT[5].read_bytes()
    pictures = {each.source: each for each in ground_truth.read(kept.parent / "output.manifest").pictures}
    drawn = sorted((box["text"].split()[0], round(box["x"]), round(box["y"])) for box in opened.boxes())
    assert sorted((box.label, round(box.left), round(box.top)) for box in pictures[kept.name].boxes) == drawn


def test_it_can_be_used_with_the_keyboard_alone(opened: Opened) -> None:
    page = opened.page
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.title"))
    assert reached[:5] == ["language", "files", "camera", "before", HELD_OUT[0].name]
    page.locator("#pictures button").nth(3).focus()
    page.keyboard.press("Enter")
    opened.shown(HELD_OUT[3].name)
    page.locator("#threshold").focus()
    lowest = float(page.locator("#threshold").input_value())
    page.keyboard.press("ArrowRight")
    assert float(page.locator("#threshold").input_value()) == pytest.approx(lowest + 0.01)


def test_light_dark_and_phone(filming: Browser, endpoint: Served, screenshots: Path) -> None:
    for name, viewport, scheme in (("light", DESKTOP, "light"), ("dark", DESKTOP, "dark"), ("phone", PHONE, "light")):
        with filming.new_context(viewport=viewport, color_scheme=scheme) as context:  # type: ignore[arg-type]
            opened = opened_in(context, endpoint)
            opened.shown(HELD_OUT[0].name)
            opened.page.locator("#pictures button").nth(3).click()
            opened.shown(HELD_OUT[3].name)
            for image in opened.page.locator("#pictures img").all()[:4]:
                expect(image).to_have_js_property("complete", True)
            opened.page.screenshot(path=screenshots / f"endpoint-{name}.png", full_page=True)
            wide = opened.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= viewport["width"], "nothing sticks out at the side"


def test_the_page_may_ask_nobody_else(opened: Opened) -> None:
    refused = opened.page.evaluate(
        """() => new Promise(done => {
            document.addEventListener("securitypolicyviolation", event => done(event.effectiveDirective));
            new Image().src = "http://127.0.0.1:9/picture.png";
        })"""
    )
    assert refused == "img-src"


def test_what_the_browser_gives_up_as_the_network_changes_is_asked_again(filming: Browser, endpoint: Served) -> None:
    """As Chromium does when an address comes or goes, such as a container's: net::ERR_NETWORK_CHANGED."""
    given_up: set[str] = set()

    def give_up_once(route: Route) -> None:
        if (url := route.request.url) in given_up:
            route.continue_()
        else:
            given_up.add(url)
            route.abort("failed")

    with filming.new_context(viewport=DESKTOP) as context:
        context.route(re.compile(r"/(held-out/.*|invocations|pictures|to-label)$"), give_up_once)
        opened = opened_in(context, endpoint)
        opened.shown(HELD_OUT[0].name)
        first = opened.page.locator("#pictures img").first
        expect(first).to_have_js_property("complete", True)
        expect(first).not_to_have_js_property("naturalWidth", 0)  # complete is what has failed as well
        opened.choose(HEIC)
        opened.shown(HEIC.name)
        opened.page.locator("#keep").click()
        expect(opened.page.locator("#kept")).to_contain_text("Kept with these boxes: ")
        assert {"invocations", "pictures", "to-label"} <= {url.rpartition("/")[2] for url in given_up}
        assert opened.complaints == []


def test_a_server_that_is_gone_is_told(rehearsal: Path, filming: Browser, tmp_path: Path) -> None:
    with served(copy_of(rehearsal, tmp_path / "gone")) as running, filming.new_context() as context:
        opened = opened_in(context, running)
        opened.shown(HELD_OUT[0].name)
        assert running.stop() == 0
        opened.page.locator("#after").click()
        expect(opened.page.locator("#trouble")).to_contain_text("Was it stopped? Start it again with `make endpoint`.")
