"""The pictures in the docs: the kit's own pages and terminal, in both languages. `make screenshots`

They are of a whole `make local`, two people who label, and `make endpoint`; of the run that is named, where one is
(`make screenshots RUN=<name>`), in place of the first. `make docs-check` holds the docs to the pictures that are made
here, and this to the docs.
"""

from __future__ import annotations

import base64
import email
import email.policy
import html
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import EXECUTABLE
from tests.browser.test_team import PEOPLE, Worker
from tests.end_to_end import command
from tests.serving_endpoint import served

DOCS = Path(__file__).resolve().parents[1] / "docs"
# Each as `docs/<language>/images/<name>.webp`.
NAMES = ("overview", "labelling", "status", "report", "held-out", "endpoint")
LANGUAGES = ("en", "ja")
LARGEST_BYTES = 150_000
_SIZE = {"width": 1200, "height": 760}
# What the reader sees of the three steps.
_CAPTIONS = {
    "en": (
        "People draw boxes",
        "A model learns from them and finds others",
        "A page says how good it is, and what now",
    ),
    "ja": (
        "人が枠を描く",
        "学んだモデルが、ほかの画像で見つける",
        "出来と、次にすることがわかる",
    ),
}
_PATIENCE_MS = 120_000
# Five plugs of two classes are on it.
_HELD_OUT = "plugs-043.jpg"
# In a process of its own, which reads the language once.
_WRITE_REPORT = """
import sys
from pathlib import Path
from kit.report import page
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.summary import summarise
folder = RunFolder(Path(sys.argv[1]))
journal = Journal.open(folder.journal)
page.write(folder, journal, summarise(journal), dict.fromkeys(journal.settings, "default"))
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="screenshots-") as temporary, _browser() as browser:
        made = Path(temporary)
        given = [Path(name).resolve() for name in sys.argv[1:]]
        run = given[0] if given else _rehearsed(made / "rehearsal")
        for language in LANGUAGES:
            os.environ["LANG_UI"] = language
            images = DOCS / language / "images"
            images.mkdir(exist_ok=True)
            context = browser.new_context(viewport=_SIZE, device_scale_factor=1.5)  # type: ignore[arg-type]
            folder = made / language
            shutil.copytree(run, folder / "runs" / run.name)
            (folder / "runs" / "latest").symlink_to(run.name)
            _report(context.new_page(), folder / "runs" / run.name, images)
            _endpoint(context.new_page(), folder, images)
            _labelling(browser, made / f"{language}-by-hand", images, context.new_page())
            drawn = folder / "runs" / run.name / "detections" / _HELD_OUT
            _overview(context.new_page(), drawn, _CAPTIONS[language], images)
            context.close()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # No sandbox, because root cannot have it; the pages are the kit's own.
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox"])
        yield browser
        browser.close()


def _rehearsed(folder: Path) -> Path:
    folder.mkdir()
    done = command.kit("local", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return command.latest(folder)


def _report(page: Page, run: Path, images: Path) -> None:
    subprocess.run([sys.executable, "-c", _WRITE_REPORT, run], check=True)
    page.goto((run / "report.html").as_uri())
    _keep(page.screenshot(), images / "report.webp")
    page.locator("#held-out").evaluate("list => list.scrollIntoView()")
    page.evaluate("window.scrollBy(0, -90)")
    _keep(page.screenshot(), images / "held-out.webp")
    page.close()


def _endpoint(page: Page, folder: Path, images: Path) -> None:
    with served(folder) as endpoint:
        page.goto(endpoint.url + "/")
        page.locator(f'#pictures button[title="{_HELD_OUT}"]').click()
        page.locator("#boxes .box").last.wait_for(timeout=_PATIENCE_MS)
        page.mouse.move(0, 0)
        _keep(page.screenshot(), images / "endpoint.webp")
    page.close()


def _labelling(browser: Browser, folder: Path, images: Path, terminal: Page) -> None:
    """Two people label some pictures; the page of one of them, and what `make status` says meanwhile."""
    folder.mkdir()
    process = command.start("local", folder=folder, labeler="human", assist="0", workers=",".join(PEOPLE[:2]))
    try:
        command.wait_for("the way in", lambda: (folder / "runs" / "latest" / "waiting").exists() or process.poll())
        ways_in = [_way_in(folder, person) for person in PEOPLE[:2]]
        contexts = [browser.new_context(viewport=_SIZE, device_scale_factor=1.5) for _person in ways_in]  # type: ignore[arg-type]
        workers = [Worker.at(each.new_page(), way) for each, way in zip(contexts, ways_in, strict=True)]
        for worker, pictures in zip(workers, (4, 3), strict=True):
            for _picture in range(pictures):
                worker.label_one()
        workers[0].draw_boxes()
        _keep(workers[0].labelling.page.screenshot(), images / "labelling.webp")
        command.wait_for("the count", lambda: "7 " in command.kit("status", folder=folder).stdout or process.poll())
        _terminal(terminal, "make status", command.kit("status", folder=folder).stdout, images / "status.webp")
    finally:
        process.terminate()
        process.wait(command.PATIENCE_SECONDS)


def _way_in(folder: Path, person: str) -> tuple[str, str, str]:
    """Address, user and password: the last word of each line of the invitation, in either language."""
    mail = (command.latest(folder) / "invitations" / f"{person}.eml").read_bytes()
    lines = email.message_from_bytes(mail, policy=email.policy.default).get_content().splitlines()
    address, user, password = (re.split("[ ：]", line)[-1] for line in lines[:3])
    return address, user, password


def _terminal(page: Page, typed: str, said: str, target: Path) -> None:
    signs = re.compile("[✓✗…·]")
    page.set_content(
        "<style>body { margin: 0; display: inline-block } pre { margin: 0; padding: 16px 24px; background: #1e1e1e;"
        " color: #ddd; font: 15px/1.45 'Noto Sans Mono CJK JP', 'DejaVu Sans Mono', monospace }"
        # As wide as on a terminal, which fonts for Japanese do not know.
        " i { display: inline-block; width: 1ch; font-style: normal }</style>"
        f"<pre>$ <b>{typed}</b>\n{signs.sub(lambda sign: f'<i>{sign[0]}</i>', html.escape(said.rstrip()))}</pre>"
    )
    _keep(page.locator("pre").screenshot(), target)
    page.close()


def _overview(page: Page, drawn: Path, captions: tuple[str, ...], images: Path) -> None:
    shown = (images / "labelling.webp", drawn, images / "report.webp")
    figures = "".join(
        f'<figure><img src="data:image;base64,{_base64(path)}"><figcaption>{number}. {caption}</figcaption></figure>'
        for number, (path, caption) in enumerate(zip(shown, captions, strict=True), start=1)
    )
    page.set_content(
        "<style>body { margin: 0; background: white; font: 17px sans-serif }"
        " main { padding: 12px; display: flex; gap: 12px }"
        " figure { margin: 0; flex: 1 1 0; min-width: 0 } figcaption { margin-top: 8px }"
        " img { width: 100%; height: 250px; object-fit: cover; object-position: top left; border: 1px solid #bbb }"
        f"</style><main>{figures}</main>"
    )
    _keep(page.locator("main").screenshot(), images / "overview.webp")
    page.close()


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _keep(png: bytes, target: Path) -> None:
    """Writes it as WebP, as good as its size allows."""
    with Image.open(io.BytesIO(png)) as picture:
        for quality in (88, 80, 70, 60, 50, 40):
            kept = io.BytesIO()
            picture.save(kept, "WEBP", quality=quality, method=6)
            if kept.tell() <= LARGEST_BYTES:
                break
    target.write_bytes(kept.getvalue())
    print(f"{target.relative_to(DOCS.parent)} {kept.tell() // 1000} kB", flush=True)


if __name__ == "__main__":
    main()
