"""Server-sent events: the lines of a stream to events, each bounded, whatever it is cut into."""
from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional

from ..errors import BadResponse
from ..wire import shape
from ..wire.call import Call
from ..wire.wirejson import decode

MAX_EVENT = 1024 * 1024
#: Seconds of silence after which a stream is lost: the sidecar says something every 15.
MAX_SILENCE = 60.0

Event = Dict[str, Any]


def following(after: Optional[int]) -> Call:
    return Call("GET", "/v1/events" if after is None else f"/v1/events?after={int(after)}", repeatable=True)


class EventTexts:
    """The event stream format of the HTML standard: `data` lines up to an empty line; other fields are not ours."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts: List[bytes] = []
        self._held = 0
        self._data: List[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole = b"".join(self._parts) + line if self._parts else line
            self._parts, self._held = [], 0
            text = self._read(whole.rstrip(b"\r"))
            if text is not None:
                yield text
        if rest:
            self._parts.append(rest)
            self._held += len(rest)
        if self._held > self._most:
            raise BadResponse("an event is too large")

    def _read(self, line: bytes) -> Optional[bytes]:
        if line.startswith(b"data:"):
            self._size += len(line)
            if self._size > self._most:
                raise BadResponse("an event is too large")
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            return None
        if line or not self._data:
            return None
        text, self._data, self._size = b"\n".join(self._data), [], 0
        return text


class EventParser:
    """What happens, each event with its number, type and time."""

    def __init__(self) -> None:
        self._texts = EventTexts(MAX_EVENT)

    def feed(self, data: bytes) -> Iterator[Event]:
        for text in self._texts.feed(data):
            yield self._event(text)

    def _event(self, text: bytes) -> Event:
        event: Event = shape.read(shape.mapping, decode(text))
        for name, kind in (("seq", int), ("type", str), ("at", str)):
            if type(event.get(name)) is not kind:
                raise BadResponse(f"an event has no {name}")
        return event
