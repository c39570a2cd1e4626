"""The same wire over asyncio streams: one event loop, any number of tasks, nothing that blocks the loop.

A connection belongs to the loop it was opened on, and to its process: no other touches it.
"""
from __future__ import annotations

import asyncio
import os
import socket
from time import monotonic
from typing import Any, AsyncIterator, Dict, List, Optional, Tuple

from ..errors import BadResponse, PortcullisError, Unavailable
from ..wire.call import MAX_ANSWER, Call, value_of
from .blocking import (
    MAX_IDLE,
    READ_SIZE,
    USER_AGENT,
    Stale,
    broken,
    cut,
    expired,
    idle_seconds,
    tls_context,
    unreachable,
)
from .endpoint import Endpoint
from .http1 import Answer, Request, RequestHead


class Writer(asyncio.StreamWriter):
    def __del__(self) -> None:
        """Nothing: in a forked process closing would reach into the selector that the parent waits on, and in another thread
        into a loop that runs there."""


class AsyncConnection:
    """Its streams, and the loop and process that alone may touch them."""

    __slots__ = ("reader", "writer", "loop", "pid", "expires", "reused")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, loop: asyncio.AbstractEventLoop) -> None:
        self.reader = reader
        self.writer = writer
        self.loop = loop
        self.pid = os.getpid()
        self.expires = 0.0
        self.reused = False

    def usable(self, now: float) -> bool:
        """Nothing buffered and not closed. The loop reads ahead, so this needs no system call."""
        # `_buffer` is how StreamReader tells bytes nobody asked for; where it is gone, a stray answer shows as such later.
        stray = getattr(self.reader, "_buffer", b"")
        return now < self.expires and not self.reader.at_eof() and not stray and not self.writer.is_closing()

    async def exchange(self, request: Request) -> Tuple[Answer, bytes]:
        answer = Answer(MAX_ANSWER)
        try:
            self.writer.write(request.bytes)
            await self.writer.drain()
        except (BrokenPipeError, ConnectionResetError):
            pass  # A server that refuses a body answers and closes: the answer may be there to read.
        while not answer.done:
            try:
                part = await self.reader.read(READ_SIZE)
            except (BrokenPipeError, ConnectionResetError) as error:
                raise Stale(str(error)) if not answer.started else cut() from None
            if not part:
                raise Stale("closed") if not answer.started else cut()
            answer.feed(part)
        return answer, answer.take()

    def close(self) -> None:
        """In its own loop."""
        self.writer.transport.abort()

    def forget(self) -> None:
        """From anywhere: a loop that is closed, or the parent's, is left alone."""
        if self.pid == os.getpid():
            try:
                self.loop.call_soon_threadsafe(self.close)
            except RuntimeError:
                pass  # It is closed, and what it had is too.


class AsyncTransport:
    def __init__(self, endpoint: Endpoint, api_key: Optional[str], timeout: float, tls: Any = None) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self._head = RequestHead(endpoint.authority, api_key, USER_AGENT)
        self._tls = tls_context(tls) if endpoint.tls else None
        self._idle: Dict[asyncio.AbstractEventLoop, List[AsyncConnection]] = {}
        self._closed = False

    async def send(self, call: Call) -> Any:
        seconds = self.timeout if call.timeout is None else max(call.timeout, self.timeout)
        request = self._head.request(call.method, self.endpoint.prefix + call.path, call.body)
        if self._closed:
            raise Unavailable("this kernel is closed", retry="never")
        try:
            answer, body = await asyncio.wait_for(self._exchange(request, call), seconds)
        except asyncio.TimeoutError as error:
            if isinstance(error, Unavailable):
                raise
            raise expired(call, seconds) from None
        except Stale as error:
            raise broken(call, "the connection broke") from error
        return value_of(call, answer.status, answer.headers, body)

    async def stream(self, call: Call, silence: float) -> AsyncIterator[Any]:
        """As Transport.stream."""
        deadline = monotonic() + self.timeout
        try:
            connection = await asyncio.wait_for(self._open(), self.timeout)
        except asyncio.TimeoutError as error:
            if isinstance(error, PortcullisError):
                raise
            raise expired(call, self.timeout) from None
        answer = Answer(None)
        try:
            connection.writer.write(self._head.request(call.method, self.endpoint.prefix + call.path, call.body).bytes)
            while not answer.done:
                waiting = silence if answer.status == 200 else deadline - monotonic()
                part = await asyncio.wait_for(connection.reader.read(READ_SIZE), waiting)
                if not part:
                    raise broken(call, "the stream broke")
                answer.feed(part)
                if answer.status == 200:
                    yield answer.take()
                elif answer.status and answer.received > MAX_ANSWER:
                    raise BadResponse("the answer is too large")
            if answer.status != 200:
                yield value_of(call, answer.status, answer.headers, answer.take())
        except asyncio.TimeoutError as error:
            if isinstance(error, PortcullisError):
                raise
            raise expired(call, silence if answer.status == 200 else self.timeout) from None
        except OSError as error:
            if isinstance(error, PortcullisError):
                raise
            raise broken(call, str(error)) from error
        finally:
            connection.close()

    async def _exchange(self, request: Request, call: Call) -> Tuple[Answer, bytes]:
        connection = await self._take()
        try:
            answer, body = await self._once(connection, request, call)
        except Stale:
            if not (call.repeatable and connection.reused):
                raise
            connection = await self._open()
            answer, body = await self._once(connection, request, call)
        self._give_back(connection, answer)
        return answer, body

    async def _once(self, connection: AsyncConnection, request: Request, call: Call) -> Tuple[Answer, bytes]:
        try:
            return await connection.exchange(request)
        except BaseException as error:  # cancellation too: half an answer is in the socket
            connection.close()
            if isinstance(error, OSError) and not isinstance(error, Unavailable):
                raise broken(call, str(error)) from error
            if isinstance(error, BadResponse) and call.repeatable:
                error.retry = "later"
            raise

    async def _take(self) -> AsyncConnection:
        now = monotonic()
        idle = self._kept()
        while idle:
            connection = idle.pop()
            if connection.pid != os.getpid():
                continue
            if connection.usable(now):
                connection.reused = True
                return connection
            connection.close()
        return await self._open()

    def _kept(self) -> List[AsyncConnection]:
        """What is idle in this loop. Of loops that are closed nothing is kept."""
        loop = asyncio.get_running_loop()
        found = self._idle.get(loop)
        if found is None:
            for other in [one for one in list(self._idle) if one.is_closed()]:
                self._idle.pop(other, None)
            found = self._idle[loop] = []
        return found

    async def _open(self) -> AsyncConnection:
        place, loop = self.endpoint, asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=READ_SIZE, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            if place.path is None:
                name = None if self._tls is None else place.host
                made = loop.create_connection(lambda: protocol, place.host, place.port, ssl=self._tls, server_hostname=name)
            elif hasattr(socket, "AF_UNIX"):
                made = loop.create_unix_connection(lambda: protocol, place.path)
            else:
                raise OSError("this platform's Python has no unix sockets; use http://127.0.0.1")
            transport, _ = await made
        except OSError as error:
            raise unreachable(place, error) from error
        return AsyncConnection(reader, Writer(transport, protocol, reader, loop), loop)

    def _give_back(self, connection: AsyncConnection, answer: Answer) -> None:
        idle = idle_seconds(answer.headers) if answer.keep_alive else 0.0
        kept = self._kept()
        if idle <= 0 or self._closed or len(kept) >= MAX_IDLE:
            connection.close()
            return
        connection.expires = monotonic() + idle
        kept.append(connection)

    async def close(self) -> None:
        self._closed = True
        here = asyncio.get_running_loop()
        for loop, kept in list(self._idle.items()):
            while kept:
                connection = kept.pop()
                if loop is here and connection.pid == os.getpid():
                    connection.close()
                else:
                    connection.forget()
        self._idle.clear()
