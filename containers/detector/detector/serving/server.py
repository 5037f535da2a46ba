"""The endpoint: SageMaker's container contract around JumpStart's request and response."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from detector import picture
from detector.errors import InputError, SetupError
from detector.paths import Paths
from detector.serving.connections import BACKLOG, is_ambiguous, limited
from detector.serving.contract import (
    CONTENT_TYPES,
    CUSTOM_ATTRIBUTES,
    parse_accept,
    parse_effort,
    response,
    whole_number,
)
from detector.serving.inference import Detections, Effort, Model, detect, load, refine_and_classify
from detector.serving.waiting import Bodies, GoneError, Queue, TurnedAwayError

# SageMaker kills a container 30 s after SIGTERM.
SECONDS_TO_FINISH = 25
# Bytes of a request's head: what SageMaker and clients send is below 2 kB.
LONGEST_HEAD = 16 * 1024
# Pictures are decoded with at least this many times the network's pixels, so that resizing can average.
DECODING_RESERVE = 4


@dataclass(frozen=True)
class ServerSettings:
    """From the environment.

    Attributes:
        host: DETECTOR_HOST, the address to listen on.
        port: SAGEMAKER_BIND_TO_PORT.
        largest_body: DETECTOR_LARGEST_BODY, bytes of a request; SageMaker's own limit is 6 MB.
        queue: DETECTOR_QUEUE, requests that may wait or be worked on before others are turned away.
        workers: DETECTOR_WORKERS, pictures worked on at a time.
        connections: DETECTOR_CONNECTIONS, kept open at a time; fewer where there are too few file descriptors.
        spin: not where OMP_WAIT_POLICY is "PASSIVE", OpenMP's word for cores that other programs want too; see `load`.
    """

    host: str
    port: int
    largest_body: int
    queue: int
    workers: int
    connections: int
    spin: bool = True

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ServerSettings:
        """Raises SetupError where a number is none."""

        def number(name: str, default: int) -> int:
            text = environment.get(name, str(default))
            value = whole_number(text)
            if value is None:
                raise SetupError(f'environment variable {name} is "{text}": give a whole number above 0')
            return value

        return cls(
            host=environment.get("DETECTOR_HOST", "0.0.0.0"),  # noqa: S104 - a container is reached from outside
            port=number("SAGEMAKER_BIND_TO_PORT", 8080),
            largest_body=number("DETECTOR_LARGEST_BODY", 6 * 1024 * 1024),
            queue=number("DETECTOR_QUEUE", 16),
            workers=number("DETECTOR_WORKERS", len(os.sched_getaffinity(0))),
            connections=number("DETECTOR_CONNECTIONS", 500),
            spin=environment.get("OMP_WAIT_POLICY", "").upper() != "PASSIVE",
        )


class Endpoint:
    """A model and the requests it is working on.

    Args:
        alone: works on a picture that comes when there is no other.
        beside: the same model, with fewer threads: works on a picture while there are others.
    """

    def __init__(self, alone: Model, beside: Model, settings: ServerSettings) -> None:
        self._alone, self._beside = alone, beside
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="inference")
        self._queue = Queue(settings.workers, settings.queue)
        self._bodies = Bodies(settings.largest_body, settings.queue * settings.largest_body)

    def application(self) -> Starlette:
        routes = [
            Route("/ping", self.ping, methods=["GET"]),
            Route("/invocations", self.invocations, methods=["POST"]),
        ]
        return Starlette(routes=routes, middleware=[Middleware(Unambiguous)])

    async def ping(self, _request: Request) -> Response:
        """The server listens only after its first inference, so being reached is being ready."""
        return Response()

    async def invocations(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind not in CONTENT_TYPES:
            return refusal(415, f'Content-Type is "{kind}": send a JPEG or PNG as application/x-image')
        try:
            wanted = parse_accept(request.headers.get("accept"))
            if wanted is None:
                return refusal(406, "only application/json is answered, also with ;verbose;n_predictions=N")
            effort = parse_effort(request.headers.get(CUSTOM_ATTRIBUTES))
            body = await self._bodies.read(request)
            async with self._queue.turn(request) as alone:
                model = self._alone if alone else self._beside
                found = await asyncio.get_running_loop().run_in_executor(self._pool, find, model, body, effort)
        except InputError as error:
            return refusal(400, str(error))
        except TurnedAwayError as error:
            return refusal(error.status, str(error), {"Retry-After": "1"} if error.status == 503 else None)
        except (ClientDisconnect, GoneError):
            logging.getLogger(__name__).info("the client hung up")
            return Response(status_code=499)  # for nobody: nginx's number for it
        return JSONResponse(response(found, wanted, model.description.labels))


class Unambiguous:
    """Refuses requests that say in two ways where they end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._app
        if scope["type"] == "http" and is_ambiguous(scope["headers"]):
            text = "Content-Length and Transfer-Encoding contradict each other: send one of them"
            answer = refusal(400, text, {"Connection": "close"})
        await answer(scope, receive, send)


def find(model: Model, body: bytes, effort: Effort) -> Detections:
    """Objects in a JPEG or PNG; raises InputError where it is neither."""
    return detect(model, picture.decode(body, DECODING_RESERVE * model.description.image_size**2), effort)


def refusal(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    logging.getLogger(__name__).warning("%d: %s", status, text)
    return PlainTextResponse(text + "\n", status, headers)


def serve(paths: Paths, settings: ServerSettings) -> None:
    """Load the model from `model/`, use it once, then answer until SIGTERM.

    Raises:
        SetupError: there is no model, or it does not work.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    cores = len(os.sched_getaffinity(0))
    # A core for each picture does the most work; all cores for the only one answer it soonest.
    shares = (cores, max(1, cores // settings.workers))
    alone, beside = (load(paths.model, threads, spin=settings.spin) for threads in shares)
    for model in (alone, beside):
        warm_up(model)
    uvicorn.Server(configuration(Endpoint(alone, beside, settings), settings)).run()


def configuration(endpoint: Endpoint, settings: ServerSettings) -> uvicorn.Config:
    return uvicorn.Config(
        endpoint.application(),
        host=settings.host,
        port=settings.port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        http=limited(settings.connections),
        ws="none",
        backlog=BACKLOG,
        h11_max_incomplete_event_size=LONGEST_HEAD,
    )


def warm_up(model: Model) -> None:
    """Run both networks, so that the first request need not wait for what they do once."""
    size = model.description.image_size
    nothing = np.zeros((size, size, 3), np.uint8)
    detect(model, nothing)
    refine_and_classify(model, nothing, np.array([[0, 0, 1, 1]], np.float32))
