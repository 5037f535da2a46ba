"""What the page's server answers: the page, the run's held-out pictures, SageMaker's runtime, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kit.aws_api import LARGEST_BODY
from kit.detection.request import CONTENT_TYPE, QUICK, accept
from kit.errors import KitError
from kit.language import language
from kit.serving import pictures, protocol, to_label
from kit.serving.address import Address, qr_picture
from kit.serving.connections import read_body
from kit.serving.guard import Guard
from kit.serving.page import Page, render
from kit.serving.pieces import Piece
from kit.serving.protocol import OneEndpoint
from kit.serving.subject import Subject
from kit.serving.words import words

# A telephone's photograph, whole.
LARGEST_UPLOAD = 50_000_000
N_PREDICTIONS = 100
N_PREDICTIONS_LIVE = 20


class PageServer:
    """Answers for one endpoint and one run.

    Args:
        price: what the endpoint costs, in words; "" where it costs nothing.
    """

    def __init__(
        self, endpoint: OneEndpoint, subject: Subject, address: Address, pieces: Sequence[Piece], price: str = ""
    ) -> None:
        self._endpoint = endpoint
        self._subject = subject
        self._held_out = list(subject.held_out.values())
        facts = {
            "run": subject.run,
            "endpoint": endpoint.name,
            "labels": subject.labels,
            "colours": subject.colours,
            "threshold": round(subject.threshold, 2),
            "heldOut": list(subject.held_out),
            "missing": subject.missing,
            "largestBody": LARGEST_BODY,
            "largestUpload": LARGEST_UPLOAD,
            "headers": {"Content-Type": CONTENT_TYPE, "Accept": accept(N_PREDICTIONS)},
            "headersLive": {
                "Content-Type": CONTENT_TYPE,
                "Accept": accept(N_PREDICTIONS_LIVE),
                protocol.CUSTOM_ATTRIBUTES: QUICK,
            },
            "language": language(),
            "words": words(),
            "pieces": [asdict(piece) for piece in pieces],
            "price": price,
            "phone": {"address": address.page, "qr": qr_picture(address.page)} if address.is_open else None,
        }
        self._page: Page = render(facts)
        self._secret = address.secret

    def application(self) -> Starlette:
        routes = [
            Route("/", self._show, methods=["GET"]),
            Route("/held-out/{number:int}", self._show_held_out, methods=["GET"]),
            Route("/held-out/{number:int}/thumbnail", self._show_thumbnail, methods=["GET"]),
            Route("/pictures", self._decode, methods=["POST"]),
            Route("/to-label", self._keep, methods=["POST"]),
            Route(protocol.PATH, self._endpoint.invocations, methods=["POST"]),
        ]
        guard = Middleware(Guard, secret=self._secret, headers=self._page.headers)
        return Starlette(
            routes=routes,
            middleware=[guard],
            exception_handlers={KitError: _refused, ClientDisconnect: _hung_up},
        )

    async def _show(self, _request: Request) -> Response:
        return Response(self._page.html, media_type="text/html; charset=utf-8")

    async def _show_held_out(self, request: Request) -> Response:
        return _picture(await run_in_threadpool(pictures.as_sent, self._path(request)))

    async def _show_thumbnail(self, request: Request) -> Response:
        return _picture(await run_in_threadpool(pictures.thumbnail, self._path(request)))

    async def _decode(self, request: Request) -> Response:
        body = await read_body(request, LARGEST_UPLOAD)
        return _picture(await run_in_threadpool(pictures.decoded_here, body))

    async def _keep(self, request: Request) -> Response:
        body = await read_body(request, 2 * LARGEST_BODY)
        subject = self._subject
        path = await run_in_threadpool(to_label.keep, subject.to_label, subject.labels, body)
        return JSONResponse({"path": str(path)})

    def _path(self, request: Request) -> Path:
        number: int = request.path_params["number"]
        if number >= len(self._held_out):
            raise HTTPException(404)
        return self._held_out[number]


def _picture(content: bytes) -> Response:
    return Response(content, media_type="image/png" if content.startswith(b"\x89PNG") else "image/jpeg")


async def _refused(_request: Request, error: Exception) -> Response:
    return JSONResponse({"reason": str(error)}, 400)


async def _hung_up(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)  # for nobody: nginx's number for it
