"""Answers to requests for pixels: computed while the browser waits, and known to it the next time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tilegan.errors import TileganError
from tilegan.images.metadata.provenance import digest
from tilegan.viewing.desk import DroppedError
from tilegan.viewing.encode import MEDIA, QUALITY
from tilegan.viewing.layers import Layer, Shown

Result = TypeVar("Result")

FOREVER = "private, max-age=31536000, immutable"  # where the address tells the version of the layer
ASK = "private, no-cache"  # with the entity tag, whether it is still the same
PARTIAL = "x-tilegan-complete"  # '0' where pixels are missing
GONE = 499  # what some servers note where nobody waits for the answer any more


async def pixels_answer(
    request: Request, layer: Layer, named: Any, ending: str, read: Callable[[], Awaitable[Shown]], encode: Any
) -> Response:
    """Answer a request for pixels of a layer.

    Args:
        request: that is answered.
        layer: whose pixels they are.
        named: which ones, as JSON types: with the layer's version, what is the same is the same.
        ending: of the kind of file.
        read: reads the pixels.
        encode: makes the bytes of them, in a thread.

    Returns:
        Them; nothing but the entity tag where the browser has them or asks for headers only.
    """
    tag = f'"{digest([layer.version, named, ending, QUALITY])}"'
    is_named = request.query_params.get("v") == layer.version
    headers = {"ETag": tag, "Cache-Control": FOREVER if is_named else ASK}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        return Response(headers=headers, media_type=MEDIA[ending])

    async def made() -> Response:
        found = await read()
        content = await run_in_threadpool(encode, found.pixels)
        sent = headers if found.is_whole else {"Cache-Control": "no-store", PARTIAL: "0"}
        return Response(content, headers=sent, media_type=MEDIA[ending])

    return await while_waited_for(request, made())


def unknown() -> Response:
    """Answer a request for what is not served."""
    return PlainTextResponse("there is no such thing here", 404)


async def while_waited_for(request: Request, work: Awaitable[Response]) -> Response:
    """Do the work of an answer, and cancel it when the browser closes the connection."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            return Response(status_code=GONE)
    finally:
        task.cancel()
        gone.cancel()
    if task.cancelled():
        return PlainTextResponse("the server stops", 503)
    error = task.exception()
    if isinstance(error, DroppedError):
        return PlainTextResponse("the server stops", 503)
    if isinstance(error, (TileganError, OSError, MemoryError)):
        return PlainTextResponse(" ".join(str(error).split()) or type(error).__name__, 500)
    return task.result()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
