"""How many camera frames a second the page of `make endpoint` gets answered, and how exactly: `make bench-live`.

The camera is Chromium's own stand-in, which plays the held-out sample pictures, 640x480, one after the other. The
browser, the page's server and the endpoint share the cores of this machine. Then each of these pictures is asked about
as the page asks live, and as it asks otherwise, and both answers are scored.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import urllib3
from playwright.sync_api import Browser, sync_playwright

from kit.annotations.formats import coco
from kit.detection.request import CONTENT_TYPE, QUICK
from kit.detection.response import parse
from kit.detection.scoring import score
from kit.run.picture_set import SAMPLES
from kit.serving.protocol import CUSTOM_ATTRIBUTES

HELD_OUT = SAMPLES / "held_out"
EFFORTS = {"full": "detector-effort=full", "quick": QUICK}
_ENDPOINT = re.compile(r"^Endpoint: +(\S+)$", re.M)
_PAGE = re.compile(r"^Page: +(http://\S+/)$", re.M)
_TOLD = re.compile(r"answered in (\d+) ms; ([\d.]+) pictures a second")
_START_SECONDS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="", help="the run whose model is served; default: the latest finished one")
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("There is no Chromium on this machine; Debian: apt-get install chromium.")
    with tempfile.TemporaryDirectory(prefix="kit-bench-live-") as folder:
        film, log = Path(folder) / "camera.mjpeg", Path(folder) / "endpoint.log"
        film.write_bytes(b"".join(path.read_bytes() for path in sorted(HELD_OUT.glob("*.jpg"))))
        with log.open("w") as output:
            command = [str(Path(sys.executable).with_name("kit")), "endpoint", *filter(None, [arguments.run])]
            endpoint = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            address = _address(endpoint, log)
            invocations = f"{address}endpoints/{_ENDPOINT.findall(log.read_text())[0]}/invocations"
            with sync_playwright() as playwright:
                options = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
                options.append(f"--use-file-for-fake-video-capture={film}")
                browser = playwright.chromium.launch(executable_path=chromium, args=options)
                _measure(browser, address, arguments.seconds)
                browser.close()
            for name, attributes in EFFORTS.items():
                _score(name, invocations, attributes)
        finally:
            endpoint.send_signal(signal.SIGINT)
            endpoint.wait()


def _address(endpoint: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while not (found := _PAGE.search(log.read_text())):
        if endpoint.poll() is not None or time.monotonic() > deadline:
            sys.exit(log.read_text())
        time.sleep(0.1)
    return found[1]


def _measure(browser: Browser, address: str, seconds: int) -> None:
    page = browser.new_page(locale="en")
    page.goto(address)
    page.locator("#language").select_option("en")
    page.locator("#camera").click()
    page.locator("#live").click()
    answered: list[float] = []
    page.on("response", lambda answer: "/invocations" in answer.url and answered.append(time.monotonic()))
    page.locator("#status", has_text="a second").wait_for()
    begun, milliseconds, spent = time.monotonic(), list[float](), _processor_seconds()
    answered.clear()
    while time.monotonic() < begun + seconds:
        page.wait_for_timeout(250)
        if told := _TOLD.search(page.locator("#status").inner_text()):
            milliseconds.append(float(told[1]))
    rate = len(answered) / (time.monotonic() - begun)
    spent = (_processor_seconds() - spent) / len(answered)
    load = os.getloadavg()[0]
    print(f"{rate:.1f} frames a second over {seconds} s, answers of {statistics.median(milliseconds):.0f} ms (median)")
    print(f"processor time of browser, page and endpoint: {1000 * spent:.0f} ms a frame")
    print(f"cores: {os.cpu_count()}, load of the machine: {load:.1f}")


def _processor_seconds() -> float:
    """Of all that this program has started and that still runs."""
    times = [process.cpu_times() for process in psutil.Process().children(recursive=True)]
    return sum(each.user + each.system for each in times)


def _score(name: str, invocations: str, attributes: str) -> None:
    truth, found, milliseconds = list(coco.read(SAMPLES / "held_out.coco.json").pictures), {}, []
    labels = (SAMPLES / "labels.txt").read_text(encoding="utf-8").split()
    headers = {"Content-Type": CONTENT_TYPE, "Accept": "application/json;verbose", CUSTOM_ATTRIBUTES: attributes}
    for picture in truth:
        body, begun = (HELD_OUT / picture.file_name).read_bytes(), time.monotonic()
        answer = urllib3.request("POST", invocations, body=body, headers=headers).data
        milliseconds.append(1000 * (time.monotonic() - begun))
        found[picture.file_name] = parse(answer, labels, picture.width, picture.height)
    scores = score(truth, found, labels)
    assert scores is not None  # noqa: S101 (the samples have boxes)
    told = f"answers of {statistics.median(milliseconds):.0f} ms (median), {min(milliseconds):.0f} at best"
    print(f"{name}: mAP@0.5 {scores.map50:.3f}, mAP@[.5:.95] {scores.map:.3f}; {told}")


if __name__ == "__main__":
    main()
