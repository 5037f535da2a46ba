"""A package index with one wheel made by hand, which can be kept waiting."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WHEEL = "made_by_hand-1.0-py3-none-any.whl"


def wheel() -> bytes:
    information = "made_by_hand-1.0.dist-info"
    files = {
        "made_by_hand.py": "VALUE = 'from the index'\n",
        f"{information}/METADATA": "Metadata-Version: 2.1\nName: made-by-hand\nVersion: 1.0\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{information}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{information}/RECORD"])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(zipfile.ZipInfo(name), text)
    return archive.getvalue()


class PackageIndex:
    """Serves on a free port of 127.0.0.1 (https://peps.python.org/pep-0503/) while the block lasts.

    Attributes:
        address: for pip's settings.
        lock: a lock that names the wheel.
        asked: set when somebody downloads the wheel.
        released: until it is set, that download waits.
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.released = threading.Event()
        content = wheel()
        self.lock = f"made-by-hand==1.0 \\\n    --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/simple/made-by-hand/":
                    self.answer(f'<a href="/files/{WHEEL}">{WHEEL}</a>'.encode(), "text/html")
                elif self.path.startswith("/files/"):
                    index.asked.set()
                    index.released.wait()
                    self.answer(content, "application/octet-stream")
                else:
                    self.send_error(404)

            def answer(self, body: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    # Who was killed does not read on.
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/simple"

    def __enter__(self) -> PackageIndex:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
