"""How many camera frames a second the page of `make endpoint` gets answered: `make bench-live`.

The camera is Chromium's own stand-in, which plays the held-out sample pictures, 640x480, one after the other. The
browser, the page's server and the endpoint share the cores of this machine.
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

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
HELD_OUT = ROOT / "samples" / "plugs" / "held_out"
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
            with sync_playwright() as playwright:
                options = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
                options.append(f"--use-file-for-fake-video-capture={film}")
                browser = playwright.chromium.launch(executable_path=chromium, args=options)
                _measure(browser, address, arguments.seconds)
                browser.close()
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
    begun, milliseconds = time.monotonic(), []
    answered.clear()
    while time.monotonic() < begun + seconds:
        page.wait_for_timeout(250)
        if told := _TOLD.search(page.locator("#status").inner_text()):
            milliseconds.append(float(told[1]))
    rate = len(answered) / (time.monotonic() - begun)
    load = os.getloadavg()[0]
    print(f"{rate:.1f} frames a second over {seconds} s, answers of {statistics.median(milliseconds):.0f} ms (median)")
    print(f"cores: {os.cpu_count()}, load of the machine: {load:.1f}")


if __name__ == "__main__":
    main()
