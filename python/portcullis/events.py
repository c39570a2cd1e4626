"""Server-sent events: the lines of a stream to events, each bounded, whatever it is cut into."""
from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional

from . import shape
from .errors import BadResponse
from .wirejson import decode

MAX_EVENT = 1024 * 1024
#: Seconds of silence after which a stream is lost: the sidecar says something every 15.
MAX_SILENCE = 60.0

Event = Dict[str, Any]


def path_of(after: Optional[int]) -> str:
    return "/v1/events" if after is None else f"/v1/events?after={int(after)}"


class EventParser:
    """The event stream format of the HTML standard: `data` lines up to an empty line; other fields are not ours."""

    def __init__(self) -> None:
        self._line = b""
        self._data: List[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Event]:
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            event = self._read(line.rstrip(b"\r"))
            if event is not None:
                yield event
        if len(self._line) > MAX_EVENT:
            raise BadResponse("an event is too large")

    def _read(self, line: bytes) -> Optional[Event]:
        if line.startswith(b"data:"):
            self._size += len(line)
            if self._size > MAX_EVENT:
                raise BadResponse("an event is too large")
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            return None
        if line or not self._data:
            return None
        text, self._data, self._size = b"\n".join(self._data), [], 0
        event: Event = shape.read(shape.mapping, decode(text))
        for name, kind in (("seq", int), ("type", str), ("at", str)):
            if type(event.get(name)) is not kind:
                raise BadResponse(f"an event has no {name}")
        return event
