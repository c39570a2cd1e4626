"""Listening for what is over, in tasks of an event loop. As `listening`, which says what it promises."""
from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Optional, Union

from ..transport.events import MAX_SILENCE, EventParser, following
from ..types.invalidation import InvalidationScope
from .blocking import FIRST_WAIT, LONGEST_WAIT, OnError, Told, ends, reporter

if TYPE_CHECKING:
    from ..kernel.aio import AsyncKernel

Callback = Callable[[InvalidationScope], Union[Any, Awaitable[Any]]]


class AsyncInvalidationListener:
    """A listener at work. `abort` ends it."""

    def __init__(self, kernel: "AsyncKernel", callback: Callback, on_error: Optional[OnError]) -> None:
        if not callable(callback):
            raise TypeError("a callback is a function of one argument, the scope")
        self._kernel = kernel
        self._callback = callback
        self._report = reporter(on_error)
        self._told = Told()
        self._changed = asyncio.Event()
        self._aborted = False
        self._ready: "asyncio.Future[None]" = asyncio.get_running_loop().create_future()
        self._reader = asyncio.ensure_future(self._read())
        self._worker = asyncio.ensure_future(self._call())

    @property
    def running(self) -> bool:
        return not self._aborted

    def abort(self) -> None:
        """Ends the listening: no call begins after this. A second abort does nothing."""
        self._aborted = True
        self._told.waiting.clear()
        self._reader.cancel()
        self._worker.cancel()

    async def _read(self) -> None:
        wait, after, streak = FIRST_WAIT, None, False
        try:
            self._told.know(await self._kernel.invalidations())
        except Exception as error:  # noqa: BLE001 - told to who is waiting
            return self._give_up(error)
        while not self._aborted:
            try:
                parser, opened = EventParser(), False
                async for data in self._kernel._transport.stream(following(after), MAX_SILENCE):
                    wait, streak = FIRST_WAIT, False
                    if not opened:
                        opened = True
                        await self._catch_up()
                        if not self._ready.done():
                            self._ready.set_result(None)
                    for event in parser.feed(data):
                        after = event["seq"]
                        if event["type"] == "invalidated":
                            self._note(self._told.event(event))
                        elif event["type"] == "missed":
                            await self._catch_up()
            except Exception as error:  # noqa: BLE001 - a listener does not end by itself
                if not self._ready.done() or ends(error):
                    return self._give_up(error)
                if not streak:
                    self._report(error)
                streak = True
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _catch_up(self) -> None:
        self._note(self._told.list(await self._kernel.invalidations()))

    def _note(self, new: bool) -> None:
        if new:
            self._changed.set()

    def _give_up(self, error: Exception) -> None:
        if self._ready.done():
            self._report(error)
        else:
            self._ready.set_exception(error)
        self._aborted = True
        self._worker.cancel()

    async def _call(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._told.waiting:
                scope = self._told.waiting.popleft()
                try:
                    answer = self._callback(scope)
                    if inspect.isawaitable(answer):
                        await answer
                except Exception as error:  # noqa: BLE001
                    self._report(error)
                missed = self._told.missed()
                if missed is not None:
                    self._report(missed)


async def listen(
    kernel: "AsyncKernel", callback: Callback, on_error: Optional[OnError]
) -> AsyncInvalidationListener:
    """Raises what the first connection does; from then on the listener goes on by itself."""
    listener = AsyncInvalidationListener(kernel, callback, on_error)
    try:
        await asyncio.shield(listener._ready)
    except BaseException:
        listener.abort()
        raise
    return listener
