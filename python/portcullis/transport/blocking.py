"""Requests over kept connections: TCP, TLS or a unix socket, blocking, for any number of threads.

A connection serves one request at a time and is dropped at the first doubt. After a fork the child drops what it
inherited. A request is sent again by itself only where that cannot do a thing twice and no byte of an answer came.
"""
from __future__ import annotations

import os
import socket
import weakref
from collections import deque
from time import monotonic
from typing import Any, Callable, Deque, Dict, Iterator, Optional, Tuple

from ..errors import BadResponse, DeadlineExceeded, PortcullisError, Unavailable
from ..wire.call import MAX_ANSWER, Call, value_of
from .endpoint import Endpoint
from .http1 import Answer, Request, RequestHead

USER_AGENT = "portcullis-python/0.1.0"
#: Connections kept while nobody uses them.
MAX_IDLE = 64
#: Seconds an idle connection is trusted where the server does not say.
IDLE_SECONDS = 4.0
READ_SIZE = 64 * 1024


#: Called with what ends a stream from another thread.
Opened = Callable[[Callable[[], None]], None]


class Stale(Exception):
    """The connection broke before a byte of the answer."""


class Connection:
    """A socket, the process it belongs to, and until when it may be used again."""

    __slots__ = ("socket", "pid", "expires", "reused", "_tls")

    def __init__(self, endpoint: Endpoint, tls: Any, timeout: float) -> None:
        self.socket = open_socket(endpoint, tls, timeout)
        self.pid = os.getpid()
        self.expires = 0.0
        self.reused = False
        self._tls = endpoint.tls

    def usable(self, now: float) -> bool:
        """Nothing to read and not closed: an answer nobody asked for ends a connection too."""
        if now >= self.expires:
            return False
        self.socket.settimeout(0)
        try:
            if self._tls:
                self.socket.recv(1)
            else:
                self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError as error:
            return type(error).__name__ == "SSLWantReadError"
        return False

    def exchange(self, request: Request, deadline: float) -> Tuple[Answer, bytes]:
        answer = Answer(MAX_ANSWER)
        sock = self.socket
        sock.settimeout(max(deadline - monotonic(), 0.001))
        try:
            sock.sendall(request.bytes)
        except (BrokenPipeError, ConnectionResetError):
            pass  # A server that refuses a body answers and closes: the answer may be there to read.
        while not answer.done:
            try:
                part = sock.recv(READ_SIZE)
            except (ConnectionResetError, BrokenPipeError) as error:
                raise Stale(str(error)) if not answer.started else cut() from None
            if not part:
                raise Stale("closed") if not answer.started else cut()
            answer.feed(part)
            if not answer.done:
                left = deadline - monotonic()
                if left <= 0:
                    raise socket.timeout("timed out")
                sock.settimeout(left)
        return answer, answer.take()

    def close(self) -> None:
        self.socket.close()


def hang_up(connection: Connection) -> None:
    """Whoever reads it reads its end."""
    try:
        connection.socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # It had ended.


def cut() -> BadResponse:
    return BadResponse("the answer was cut")


class Transport:
    def __init__(self, endpoint: Endpoint, api_key: Optional[str], timeout: float, tls: Any = None) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self._head = RequestHead(endpoint.authority, api_key, USER_AGENT)
        self._tls = tls_context(tls) if endpoint.tls else None
        self._idle: Deque[Connection] = deque()
        self._pid = os.getpid()
        self._closed = False
        _transports.add(self)

    def send(self, call: Call) -> Any:
        """The value of the answer. Raises Unavailable and its kinds, and what problem documents stand for."""
        seconds = self.timeout if call.timeout is None else max(call.timeout, self.timeout)
        deadline = monotonic() + seconds
        request = self._head.request(call.method, self.endpoint.prefix + call.path, call.body)
        connection = self._take(seconds)
        try:
            answer, body = self._exchange(connection, request, call, deadline, seconds)
        except Stale as stale:
            if not (call.repeatable and connection.reused):
                raise broken(call, "the connection broke") from stale
            connection = self._open(max(deadline - monotonic(), 0.001))
            try:
                answer, body = self._exchange(connection, request, call, deadline, seconds)
            except Stale as again:
                raise broken(call, "the connection broke") from again
        self._give_back(connection, answer)
        return value_of(call, answer.status, answer.headers, body)

    def stream(self, call: Call, silence: float, opened: Optional[Opened] = None) -> Iterator[Any]:
        """The body of a stream as it comes, over a connection of its own. Raises when it breaks or is silent too long; what is
        no stream has the time of a request.

        `opened` is called once when the stream stands, with what ends it from another thread. A refusal that `call` reads
        as a value comes as that value.
        """
        deadline = monotonic() + self.timeout
        connection = self._open(self.timeout)
        answer = Answer(None)
        try:
            connection.socket.settimeout(self.timeout)
            connection.socket.sendall(self._head.request(call.method, self.endpoint.prefix + call.path, call.body).bytes)
            while not answer.done:
                waiting = silence if answer.status == 200 else deadline - monotonic()
                if waiting <= 0:
                    raise socket.timeout("timed out")
                connection.socket.settimeout(waiting)
                part = connection.socket.recv(READ_SIZE)
                if not part:
                    raise broken(call, "the stream broke")
                answer.feed(part)
                if answer.status == 200:
                    if opened is not None:
                        opened(lambda: hang_up(connection))
                        opened = None
                    yield answer.take()
                elif answer.status and answer.received > MAX_ANSWER:
                    raise BadResponse("the answer is too large")
            if answer.status != 200:
                yield value_of(call, answer.status, answer.headers, answer.take())
        except socket.timeout:
            raise expired(call, silence if answer.status == 200 else self.timeout) from None
        except OSError as error:
            if isinstance(error, PortcullisError):
                raise
            raise broken(call, str(error)) from error
        finally:
            connection.close()

    def _exchange(
        self, connection: Connection, request: Request, call: Call, deadline: float, seconds: float
    ) -> Tuple[Answer, bytes]:
        try:
            return connection.exchange(request, deadline)
        except BaseException as error:  # a signal's exception too: half an answer is in the socket
            connection.close()
            if isinstance(error, socket.timeout):
                raise expired(call, seconds) from None
            if isinstance(error, OSError) and not isinstance(error, Unavailable):
                raise broken(call, str(error)) from error
            if isinstance(error, BadResponse) and call.repeatable:
                error.retry = "later"
            raise

    def _take(self, seconds: float) -> Connection:
        if self._closed:
            raise Unavailable("this kernel is closed", retry="never")
        if os.getpid() != self._pid:
            self._forked()
        now = monotonic()
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._open(seconds)
            if connection.usable(now):
                connection.reused = True
                return connection
            connection.close()

    def _open(self, seconds: float) -> Connection:
        try:
            return Connection(self.endpoint, self._tls, seconds)
        except OSError as error:
            raise unreachable(self.endpoint, error) from error

    def _give_back(self, connection: Connection, answer: Answer) -> None:
        idle = idle_seconds(answer.headers) if answer.keep_alive else 0.0
        kept = not self._closed and len(self._idle) < MAX_IDLE and connection.pid == os.getpid()
        if idle <= 0 or not kept:
            connection.close()
            return
        connection.expires = monotonic() + idle
        self._idle.append(connection)
        if self._closed:
            self._drop()

    def _forked(self) -> None:
        """The parent goes on using these: the child closes its copies without a word on the wire."""
        self._pid = os.getpid()
        self._drop()

    def _drop(self) -> None:
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return

    def close(self) -> None:
        self._closed = True
        self._drop()


_transports: "weakref.WeakSet[Transport]" = weakref.WeakSet()


def _forked() -> None:
    """At the fork itself where the platform tells of it: a child that never asks must not hold connections open."""
    for transport in list(_transports):
        transport._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def open_socket(endpoint: Endpoint, tls: Any, timeout: float) -> socket.socket:
    if endpoint.path is not None:
        if not hasattr(socket, "AF_UNIX"):
            raise OSError("this platform's Python has no unix sockets; use http://127.0.0.1")
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(timeout)
            sock.connect(endpoint.path)
        except BaseException:
            sock.close()
            raise
        return sock
    sock = socket.create_connection((endpoint.host, endpoint.port), timeout)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock if tls is None else tls.wrap_socket(sock, server_hostname=endpoint.host)
    except BaseException:
        sock.close()
        raise


def tls_context(given: Any) -> Any:
    if given is not None:
        return given
    import ssl

    return ssl.create_default_context()


def idle_seconds(headers: Dict[bytes, bytes]) -> float:
    """`Keep-Alive: timeout=5`, less a second for the way."""
    said = headers.get(b"keep-alive", b"")
    if not said:
        return IDLE_SECONDS
    for part in said.split(b","):
        name, _, value = part.strip().partition(b"=")
        if name.lower() == b"timeout" and value.isdigit() and len(value) < 7:
            return float(value) - 1.0
    return IDLE_SECONDS


def unreachable(endpoint: Endpoint, error: OSError) -> Unavailable:
    what = "timed out" if isinstance(error, socket.timeout) else error.strerror or str(error)
    remedy = "start one: portcullis serve"
    if endpoint.path and isinstance(error, ConnectionRefusedError):
        what += ", the socket file is a stale one"
    return Unavailable(f"no sidecar answers at {endpoint}: {what}", remedy=remedy, retry="later")


def broken(call: Call, what: str) -> Unavailable:
    if call.repeatable:
        return Unavailable(what, retry="later")
    return Unavailable(
        f"{what}: whether the request was carried out is not known",
        remedy="the journal tells; with an idempotency_key asking again is safe",
        retry="never",
    )


def expired(call: Call, seconds: float) -> DeadlineExceeded:
    fault = broken(call, f"no answer within {seconds:g} s")
    return DeadlineExceeded(fault.reason, remedy=fault.remedy, retry=fault.retry)
