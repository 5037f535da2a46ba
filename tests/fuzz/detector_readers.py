"""What the detector reads from outside; for the detector's environment."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from detector import picture
from detector.errors import DetectorError
from detector.serving import server
from detector.serving.inference import Detections
from detector.training import hyperparameters
from detector.training.dataset import read_channel
from uvicorn.server import ServerState

from tests.fuzz.fuzzing import Reader

NOTHING = Detections(np.empty((0, 4), np.float32), np.empty(0, np.int64), np.empty(0, np.float32))


class MistakeError(Exception):
    """The server answered 500, or logged a traceback."""


def pictures(data: bytes, _folder: Path) -> None:
    picture.decode(data, 640 * 480)
    picture.decode(data)


def channels(data: bytes, folder: Path) -> None:
    (folder / "images").mkdir()
    for name in ("001.jpg", "a.jpg"):
        (folder / "images" / name).touch()
    (folder / "annotations.json").write_bytes(data)
    read_channel(folder)


def hyperparameters_of_a_job(data: bytes, folder: Path) -> None:
    (folder / "hyperparameters.json").write_bytes(data)
    hyperparameters.read(folder / "hyperparameters.json")


def requests(data: bytes, _folder: Path) -> None:
    """A connection that sends `data` and no more, to the server as it is configured; only its networks are left out."""
    mistakes: list[str] = []
    heard = logging.Handler()
    heard.emit = lambda record: mistakes.append(record.getMessage()) if record.exc_info else None  # type: ignore[method-assign]
    logging.getLogger().addHandler(heard)
    answer = asyncio.run(answer_to(data))
    if mistakes or re.search(rb"^HTTP/1\.1 5(?!03)", answer, re.MULTILINE):
        raise MistakeError(mistakes or answer[:100])


async def answer_to(data: bytes) -> bytes:
    settings = server.ServerSettings("127.0.0.1", 0, 6 * 1024 * 1024, 4, 1, 10)
    model = SimpleNamespace(description=SimpleNamespace(labels=("a",), image_size=320))
    config = server.configuration(server.Endpoint(model, model, settings), settings)  # type: ignore[arg-type]
    config.load()
    state, loop = ServerState(), asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: logging.error("%s", context, exc_info=context.get("exception")))
    theirs, ours = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    await loop.connect_accepted_socket(
        lambda: config.http_protocol_class(config=config, server_state=state, app_state={}, _loop=loop),  # type: ignore[call-arg]
        ours,
    )
    reader, writer = await asyncio.open_connection(sock=theirs)
    try:
        writer.write(data)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
    except OSError:  # closed in the midst of what it does not want
        answer = b""
    while state.tasks:
        await asyncio.sleep(0)
    return answer


def no_networks(_model: object, body: bytes, _effort: object) -> Detections:
    picture.decode(body, 640 * 480)
    return NOTHING


server.find = no_networks

READERS = (
    Reader("pictures", pictures, (DetectorError,), own_mb=150),
    Reader("channels", channels, (DetectorError,)),
    Reader("hyperparameters", hyperparameters_of_a_job, (DetectorError,)),
    Reader("requests", requests, (DetectorError,), own_mb=150),
)
