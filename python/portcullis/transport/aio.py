"""The same wire over asyncio streams: one event loop, any number of tasks, nothing that blocks the loop.

A connection belongs to the loop it was opened on; in another loop, or after a fork, the kept ones are dropped.
"""
from __future__ import annotations

import asyncio
import os
from time import monotonic
from typing import Any, AsyncIterator, List, Optional, Tuple

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
from .http1 import Answer, RequestHead


class AsyncConnection:
    __slots__ = ("reader", "writer", "expires", "reused")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.expires = 0.0
        self.reused = False

    def usable(self, now: float) -> bool:
        """Nothing buffered and not closed. The loop reads ahead, so this needs no system call."""
        # `_buffer` is how StreamReader tells bytes nobody asked for; where it is gone, a stray answer shows as such later.
        stray = getattr(self.reader, "_buffer", b"")
        return now < self.expires and not self.reader.at_eof() and not stray and not self.writer.is_closing()

    async def exchange(self, data: bytes) -> Tuple[Answer, bytes]:
        answer = Answer(MAX_ANSWER)
        try:
            self.writer.write(data)
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
        self.writer.transport.abort()


class AsyncTransport:
    def __init__(self, endpoint: Endpoint, api_key: Optional[str], timeout: float, tls: Any = None) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self._head = RequestHead(endpoint.authority, api_key, USER_AGENT)
        self._tls = tls_context(tls) if endpoint.tls else None
        self._idle: List[AsyncConnection] = []
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._pid = os.getpid()
        self._closed = False

    async def send(self, call: Call) -> Any:
        seconds = self.timeout if call.timeout is None else max(call.timeout, self.timeout)
        data = self._head.bytes(call.method, self.endpoint.prefix + call.path, call.body)
        if self._closed:
            raise Unavailable("this kernel is closed", retry="never")
        try:
            answer, body = await asyncio.wait_for(self._exchange(data, call), seconds)
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
            connection.writer.write(self._head.bytes(call.method, self.endpoint.prefix + call.path, call.body))
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

    async def _exchange(self, data: bytes, call: Call) -> Tuple[Answer, bytes]:
        connection = await self._take()
        try:
            answer, body = await self._once(connection, data, call)
        except Stale:
            if not (call.repeatable and connection.reused):
                raise
            connection = await self._open()
            answer, body = await self._once(connection, data, call)
        self._give_back(connection, answer)
        return answer, body

    async def _once(self, connection: AsyncConnection, data: bytes, call: Call) -> Tuple[Answer, bytes]:
        try:
            return await connection.exchange(data)
        except BaseException as error:  # cancellation too: half an answer is in the socket
            connection.close()
            if isinstance(error, OSError) and not isinstance(error, Unavailable):
                raise broken(call, str(error)) from error
            if isinstance(error, BadResponse) and call.repeatable:
                error.retry = "later"
            raise

    async def _take(self) -> AsyncConnection:
        loop = asyncio.get_running_loop()
        if loop is not self._loop or os.getpid() != self._pid:
            self._forget()
            self._loop, self._pid = loop, os.getpid()
        now = monotonic()
        while self._idle:
            connection = self._idle.pop()
            if connection.usable(now):
                connection.reused = True
                return connection
            connection.close()
        return await self._open()

    async def _open(self) -> AsyncConnection:
        place = self.endpoint
        try:
            if place.path is not None:
                if not hasattr(asyncio, "open_unix_connection"):
                    raise OSError("this platform's Python has no unix sockets; use http://127.0.0.1")
                return AsyncConnection(*await asyncio.open_unix_connection(place.path, limit=READ_SIZE))
            if self._tls is None:
                return AsyncConnection(*await asyncio.open_connection(place.host, place.port, limit=READ_SIZE))
            return AsyncConnection(
                *await asyncio.open_connection(
                    place.host, place.port, limit=READ_SIZE, ssl=self._tls, server_hostname=place.host
                )
            )
        except OSError as error:
            raise unreachable(place, error) from error

    def _give_back(self, connection: AsyncConnection, answer: Answer) -> None:
        idle = idle_seconds(answer.headers) if answer.keep_alive else 0.0
        if idle <= 0 or self._closed or len(self._idle) >= MAX_IDLE:
            connection.close()
            return
        connection.expires = monotonic() + idle
        self._idle.append(connection)

    def _forget(self) -> None:
        """The sockets of another loop, or of the parent process. Only let go of: closing them through their loop would
        reach into a selector that the parent still waits on."""
        self._idle = []

    async def close(self) -> None:
        self._closed = True
        for connection in self._idle:
            connection.close()
        self._idle = []
