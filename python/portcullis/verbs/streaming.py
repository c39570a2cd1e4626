"""Results as they come: the frames of one call, for blocking and for asyncio programs.

The call begins with the first frame that is asked for. Leaving (`break`, `close()`, an exception) closes the connection,
which ends the call: the provider is told, and the journal has the outcome.
"""
from __future__ import annotations

from typing import Any, AsyncIterator, Dict, Generic, Iterator, Mapping, Optional, TypeVar, Union

from ..errors import BadResponse, Unavailable
from ..transport.events import MAX_SILENCE, EventTexts
from ..types.result import Result, StreamFrame, stream_frame
from ..wire import shape
from ..wire.call import MAX_ANSWER, Call
from ..wire.wirejson import decode
from . import calls
from .approval import is_held
from .request import GivenContext, GivenLabels, Proof, Standing, body, placed, wire_labels

Members = Optional[Mapping[str, Any]]


class Frames:
    """The frames of one answer, each held to its place."""

    def __init__(self) -> None:
        self._texts = EventTexts(MAX_ANSWER)
        self._seq = 0
        #: The last one, once it came.
        self.last: Optional[StreamFrame] = None

    def feed(self, came: Union[bytes, Result]) -> Iterator[StreamFrame]:
        """The frames before the last."""
        if isinstance(came, Result):
            self.last = StreamFrame(data=None, labels=(), notes=(), bytes=0, final=True, result=came)
            return
        for text in self._texts.feed(came):
            frame: StreamFrame = shape.read(stream_frame, decode(text))
            if frame.seq != self._seq or self.last is not None:
                raise BadResponse(f"frame {frame.seq} in the place of {self._seq}")
            if frame.final != (frame.result is not None):
                raise BadResponse("the last frame is the one with the result")
            self._seq += 1
            if frame.final:
                self.last = frame
            else:
                yield frame

    def end(self, call: Call) -> StreamFrame:
        if self.last is None:
            raise Unavailable(
                "the stream ended before its last frame",
                remedy="the journal tells whether the action was carried out",
                retry="later" if call.repeatable else "never",
            )
        return self.last


def _held(frame: StreamFrame) -> Optional[Result]:
    return frame.result if frame.result is not None and is_held(frame.result) else None


Stream = TypeVar("Stream")


class _Verbs(Generic[Stream]):
    """What both say; how the frames come is each one's own."""

    _transport: Any
    _standing: Standing
    _answered: Any

    def submit_stream(
        self,
        action: str,
        resource: Optional[str] = None,
        params: Members = None,
        *,
        session: Optional[str] = None,
        context: GivenContext = None,
        justification: Optional[str] = None,
        labels: GivenLabels = None,
        token: Optional[str] = None,
        proof: Proof = None,
        idempotency_key: Optional[str] = None,
        resume: Optional[str] = None,
        response_mode: Optional[str] = None,
    ) -> Stream:
        """As `submit`, the result as it comes: pieces, then a last frame with `result`. Leaving ends the call."""
        more = calls.present(
            justification=justification, labels=wire_labels(labels), token=token, proof=proof,
            idempotency_key=idempotency_key, resume=resume, response_mode=response_mode,
        )  # fmt: skip
        return self._frames("submit", body(self._standing, action, resource, params, session, context, more))

    def invoke_stream(
        self,
        token: str,
        args: Members = None,
        *,
        response_mode: Optional[str] = None,
        session: Optional[str] = None,
        context: GivenContext = None,
        justification: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        resume: Optional[str] = None,
        proof: Proof = None,
    ) -> Stream:
        """As `invoke`, the result as it comes."""
        members = calls.present(
            token=token, args=args, response_mode=response_mode, justification=justification,
            idempotency_key=idempotency_key, resume=resume, proof=proof,
        )  # fmt: skip
        return self._frames("invoke", placed(self._standing, members, session, context))

    def _frames(self, verb: str, asked: Dict[str, Any]) -> Stream:
        raise NotImplementedError  # pragma: no cover


class StreamVerbs(_Verbs["Iterator[StreamFrame]"]):
    """Part of `Kernel`."""

    def _frames(self, verb: str, asked: Dict[str, Any]) -> "Iterator[StreamFrame]":
        answered = False
        while True:
            call, frames = calls.stream(verb, asked), Frames()
            stream = self._transport.stream(call, MAX_SILENCE)
            try:
                for came in stream:
                    yield from frames.feed(came)
            finally:
                stream.close()
            last = frames.end(call)
            held = None if answered else _held(last)
            again = None if held is None else self._answered(held)
            if again is None:
                yield last
                return
            answered, asked = True, {**asked, "resume": again}


class AsyncStreamVerbs(_Verbs["AsyncIterator[StreamFrame]"]):
    """Part of `AsyncKernel`."""

    async def _frames(self, verb: str, asked: Dict[str, Any]) -> "AsyncIterator[StreamFrame]":
        answered = False
        while True:
            call, frames = calls.stream(verb, asked), Frames()
            stream = self._transport.stream(call, MAX_SILENCE)
            try:
                async for came in stream:
                    for frame in frames.feed(came):
                        yield frame
            finally:
                await stream.aclose()
            last = frames.end(call)
            held = None if answered else _held(last)
            again = None if held is None else await self._answered(held)
            if again is None:
                yield last
                return
            answered, asked = True, {**asked, "resume": again}
