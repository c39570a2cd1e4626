"""HTTP/1.1 without a socket: the bytes of a request, and a strict, bounded reader of the answer that is fed bytes.

The client sits on a path measured in microseconds and talks to one server, so this takes what RFC 9112 requires of that
server and refuses the rest: no folded headers, no two lengths, no body whose end only a closed connection would show.
"""
from __future__ import annotations

import re
from typing import Dict, List, NoReturn, Optional

from ..errors import BadResponse

MAX_HEAD = 32 * 1024
MAX_INTERIM = 8
#: Bytes of the head of a chunk.
MAX_LINE = 1024
CHUNK_COST = 64

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?\Z")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)\Z")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e]*)?\Z")
_LENGTH = re.compile(rb"\d{1,15}\Z")

#: Lengths that must not come twice; of other headers the last one counts.
_SINGLE = (b"content-length", b"transfer-encoding", b"content-type")


class Request:
    """One request, ready to be sent. The API key is in `bytes`: what shows the variables of a traceback shows this by its name."""

    __slots__ = ("bytes", "_name")

    def __init__(self, data: bytes, name: str) -> None:
        self.bytes = data
        self._name = name

    def __repr__(self) -> str:
        return f"<Request {self._name}>"


class RequestHead:
    """The part of every request to one server that does not change, made once."""

    __slots__ = ("_fixed",)

    def __init__(self, host: str, api_key: Optional[str], user_agent: str) -> None:
        lines = [f"Host: {host}", f"User-Agent: {user_agent}", "Accept: application/json"]
        if api_key is not None:
            lines.append(f"Authorization: Bearer {api_key}")
        self._fixed = "".join(f"{line}\r\n" for line in lines).encode("ascii")

    def request(self, method: str, path: str, body: Optional[bytes]) -> Request:
        name = f"{method} {path}"
        first = f"{name} HTTP/1.1\r\n".encode("ascii")
        if body is None:
            return Request(b"%b%b\r\n" % (first, self._fixed), name)
        length = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        return Request(b"%b%b%b%b" % (first, self._fixed, length, body), name)

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not copied to another process: open a kernel there")


class Answer:
    """Reads one answer. Feed it until `done`; `take()` gives what came of the body since. Raises BadResponse.

    Without a bound it is for a stream, whose reader takes what came after each feed.
    """

    __slots__ = (
        "status", "headers", "done", "keep_alive", "_max", "_buffer", "_at", "_parts", "_bytes", "_left", "_state", "_interim",
    )  # fmt: skip

    def __init__(self, max_body: Optional[int]) -> None:
        self.status = 0
        self.headers: Dict[bytes, bytes] = {}
        self.done = False
        self.keep_alive = True
        self._max = max_body
        self._buffer = b""
        #: How much of the buffer is eaten: to cut it at every chunk would copy it as often.
        self._at = 0
        self._parts: List[bytes] = []
        self._bytes = 0
        #: Bytes of the body, or of the chunk, still to come.
        self._left = 0
        self._state = self._head
        self._interim = 0

    @property
    def started(self) -> bool:
        """Whether a byte of it came."""
        return bool(self.status or self._buffer or self._interim)

    @property
    def received(self) -> int:
        """Bytes of the body announced so far."""
        return self._bytes

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        while self._state():
            pass
        self._buffer, self._at = self._buffer[self._at :], 0
        if self.done and self._buffer:
            raise BadResponse("the answer is longer than it says")

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return parts[0] if len(parts) == 1 else b"".join(parts)

    # Each state eats from the buffer and says whether to go on at once.

    def _head(self) -> bool:
        start = self._at
        end = self._buffer.find(b"\r\n\r\n", start)
        if end < 0 or end - start > MAX_HEAD:
            if len(self._buffer) - start > MAX_HEAD:
                raise BadResponse("the head of the answer is too large")
            if not b"HTTP/1.".startswith(self._buffer[start : start + 7]):
                raise BadResponse("the answer is not HTTP/1.1")
            return False
        lines = self._buffer[start:end].split(b"\r\n")
        self._at = end + 4
        first = _STATUS.match(lines[0])
        if first is None:
            raise BadResponse("the answer is not HTTP/1.1")
        status = int(first[2])
        headers = _headers(lines)
        if status < 200:
            self._interim += 1
            if status == 101 or self._interim > MAX_INTERIM:
                raise BadResponse("the answer does not come to the point")
            return self._more()
        self.status, self.headers = status, headers
        connection = headers.get(b"connection", b"").lower()
        self.keep_alive = first[1] == b"1" and b"close" not in connection
        self._begin_body()
        return not self.done

    def _begin_body(self) -> None:
        coding = self.headers.get(b"transfer-encoding")
        length = self.headers.get(b"content-length")
        if coding is not None:
            if length is not None or coding.lower() != b"chunked":
                raise BadResponse("the length of the answer is not clear")
            self._state = self._chunk_head
        elif length is not None:
            if _LENGTH.match(length) is None:
                raise BadResponse("the length of the answer is not clear")
            self._left = int(length)
            self._room(self._left)
            self._state = self._body
            self.done = self._left == 0
        elif self.status in (204, 304):
            self.done = True
        else:
            raise BadResponse("the answer has no length")

    def _body(self) -> bool:
        self._eat()
        self.done = self._left == 0
        return False

    def _chunk_head(self) -> bool:
        end = self._line_end("a chunk of the answer is not well-formed")
        if end < 0:
            return False
        size = _CHUNK.match(self._buffer[self._at : end])
        if size is None:
            raise BadResponse("a chunk of the answer is not well-formed")
        self._at = end + 2
        self._left = int(size[1], 16)
        # Each chunk costs a list entry: a body of empty words must not cost more memory than its bound.
        self._room(self._left + CHUNK_COST)
        self._state = self._chunk if self._left else self._trailer
        return self._more()

    def _chunk(self) -> bool:
        self._eat()
        if self._left or len(self._buffer) - self._at < 2:
            return False
        if not self._buffer.startswith(b"\r\n", self._at):
            raise BadResponse("a chunk of the answer is not well-formed")
        self._at += 2
        self._state = self._chunk_head
        return self._more()

    def _trailer(self) -> bool:
        end = self._line_end("the answer has too long a trailer")
        if end < 0:
            return False
        if end > self._at:
            raise BadResponse("the answer has a trailer")
        self._at += 2
        self.done = True
        return False

    def _more(self) -> bool:
        return self._at < len(self._buffer)

    def _line_end(self, endless: str) -> int:
        """Where the line ends, or -1 where that has not come yet; `endless` says of one that goes on and on what is wrong."""
        end = self._buffer.find(b"\r\n", self._at, self._at + MAX_LINE)
        if end < 0 and len(self._buffer) - self._at >= MAX_LINE:
            raise BadResponse(endless)
        return end

    def _eat(self) -> None:
        if self._left and self._more():
            part = self._buffer[self._at : self._at + self._left]
            self._at += len(part)
            self._left -= len(part)
            self._parts.append(part)

    def _room(self, more: int) -> None:
        self._bytes += more
        if self._max is not None and self._bytes > self._max:
            raise BadResponse(f"the answer is larger than {self._max} bytes")


def _headers(lines: List[bytes]) -> Dict[bytes, bytes]:
    found: Dict[bytes, bytes] = {}
    for line in lines[1:]:
        match = _HEADER.match(line)
        if match is None:
            raise BadResponse("a header of the answer is not well-formed")
        name = match[1].lower()
        if name in found and name in _SINGLE:
            raise BadResponse("a header of the answer comes twice")
        found[name] = match[2].rstrip(b" \t")
    return found
