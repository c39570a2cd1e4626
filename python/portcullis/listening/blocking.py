"""Listening for what is over: a reader that follows the events across reconnects, and a worker that calls the callback.

Each invalidation is told once, in order, one call at a time. A callback that raises is reported and goes on; one that is slow
holds up nobody but itself, and is told how many it missed.
"""
from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any, Callable, Deque, Mapping, Optional, Sequence, Tuple

from ..errors import PortcullisError, Unavailable
from ..transport.events import MAX_SILENCE, EventParser, following
from ..types.invalidation import Invalidation, InvalidationScope

if TYPE_CHECKING:
    from ..kernel.blocking import Kernel

Callback = Callable[[InvalidationScope], Any]
OnError = Callable[[BaseException], Any]

#: Scopes that wait for one callback.
MAX_WAITING = 1024
#: Invalidations told apart from those told before.
MAX_KNOWN = 16_384
FIRST_WAIT = 0.1
LONGEST_WAIT = 5.0


class Told:
    """What waits to be told, and what was told already."""

    def __init__(self) -> None:
        self._known: "OrderedDict[Tuple[int, str, str], None]" = OrderedDict()
        self.waiting: Deque[InvalidationScope] = deque()
        self.lost = 0

    def know(self, found: Sequence[Invalidation]) -> None:
        for one in found:
            self._remember((one.record, one.target, one.id))

    def event(self, event: Mapping[str, Any]) -> bool:
        """True where there is something new to tell."""
        target, id, reason, guard = (str(event.get(name, "")) for name in ("target", "id", "reason", "guard"))
        number = event.get("record", 0)
        scope = InvalidationScope(target=target, id=id, reason=reason, guard=guard)
        return self._add((number, target, id), scope)

    def list(self, found: Sequence[Invalidation]) -> bool:
        new = [self._add((one.record, one.target, one.id), one.scope) for one in found]
        return any(new)

    def missed(self) -> Optional[Exception]:
        lost, self.lost = self.lost, 0
        if not lost:
            return None
        return RuntimeError(f"a listener was too slow for {lost} invalidations: list them with invalidations()")

    def _add(self, key: Tuple[int, str, str], scope: InvalidationScope) -> bool:
        if key in self._known:
            return False
        self._remember(key)
        if len(self.waiting) >= MAX_WAITING:
            self.lost += 1
            return False
        self.waiting.append(scope)
        return True

    def _remember(self, key: Tuple[int, str, str]) -> None:
        self._known[key] = None
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def reporter(on_error: Optional[OnError]) -> OnError:
    """Reports go to `on_error`, else to the logger `portcullis`; a report that fails has nobody left to tell."""

    def report(error: BaseException) -> None:
        try:
            if on_error is not None:
                on_error(error)
                return
            import logging

            logging.getLogger("portcullis").error("a listener of invalidations failed", exc_info=error)
        except Exception:  # noqa: BLE001
            pass

    return report


def ends(error: BaseException) -> bool:
    """Whether asking again is of no use: the key is gone, or has no right to this."""
    return isinstance(error, PortcullisError) and not isinstance(error, Unavailable) and error.retry != "later"


class InvalidationListener:
    """A listener at work. `abort` ends it."""

    def __init__(self, kernel: "Kernel", callback: Callback, on_error: Optional[OnError]) -> None:
        if not callable(callback):
            raise TypeError("a callback is a function of one argument, the scope")
        self._kernel = kernel
        self._pid = os.getpid()
        self._callback = callback
        self._report = reporter(on_error)
        self._told = Told()
        self._changed = threading.Condition()
        self._aborted = threading.Event()
        self._ready = threading.Event()
        self._failure: Optional[BaseException] = None
        self._hang_up: Optional[Callable[[], None]] = None
        for work, name in ((self._read, "events"), (self._call, "calls")):
            threading.Thread(target=work, name=f"portcullis-invalidation-{name}", daemon=True).start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def running(self) -> bool:
        return os.getpid() == self._pid and not self._aborted.is_set()

    def abort(self) -> None:
        """Ends the listening: no call begins after this. A second abort does nothing, and neither does one in a forked process."""
        if os.getpid() != self._pid:
            return  # The threads, the connection and whoever holds the lock are the parent's.
        self._aborted.set()
        with self._changed:
            self._told.waiting.clear()
            self._changed.notify_all()
        hang_up = self._hang_up
        if hang_up is not None:
            hang_up()

    # the reader

    def _read(self) -> None:
        wait, after, streak = FIRST_WAIT, None, False
        try:
            # What was over before anybody listened is no news.
            self._told.know(self._kernel.invalidations())
        except BaseException as error:  # noqa: BLE001 - told to who is waiting
            return self._give_up(error)
        while not self._aborted.is_set():
            try:
                parser = EventParser()
                for data in self._kernel._transport.stream(following(after), MAX_SILENCE, self._opened):
                    wait, streak = FIRST_WAIT, False
                    for event in parser.feed(data):
                        after = event["seq"]
                        if event["type"] == "invalidated":
                            self._add(lambda told, event=event: told.event(event))
                        elif event["type"] == "missed":
                            self._catch_up()
                    if self._aborted.is_set():
                        return
            except Exception as error:  # noqa: BLE001 - a listener does not end by itself
                if self._aborted.is_set():
                    return
                if not self._ready.is_set() or ends(error):
                    return self._give_up(error)
                if not streak:
                    self._report(error)
                streak = True
            self._aborted.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    def _opened(self, hang_up: Callable[[], None]) -> None:
        """The stream stands: what happened since the last one stands in the list."""
        self._hang_up = hang_up
        if self._aborted.is_set():
            hang_up()
            return
        self._catch_up()
        self._ready.set()

    def _catch_up(self) -> None:
        found = self._kernel.invalidations()
        self._add(lambda told: told.list(found))

    def _add(self, add: Callable[[Told], bool]) -> None:
        with self._changed:
            if not self._aborted.is_set() and add(self._told):
                self._changed.notify_all()

    def _give_up(self, error: BaseException) -> None:
        if self._ready.is_set():
            self._report(error)
        else:
            self._failure = error
        self.abort()
        self._ready.set()

    # the worker

    def _call(self) -> None:
        while True:
            with self._changed:
                while not self._told.waiting and not self._aborted.is_set():
                    self._changed.wait()
                if self._aborted.is_set():
                    return
                scope = self._told.waiting.popleft()
            try:
                self._callback(scope)
            except BaseException as error:  # noqa: BLE001 - a SystemExit of a callback ends nothing either
                self._report(error)
            with self._changed:
                missed = self._told.missed()
            if missed is not None:
                self._report(missed)


def spawn_invalidation_listener(
    source: Any, callback: Callback, *, on_error: Optional[OnError] = None
) -> InvalidationListener:
    """Listens at a kernel or a gate: `callback(scope)` for each session, principal or role that is over from now on."""
    handle: InvalidationListener = source.spawn_invalidation_listener(callback, on_error=on_error)
    return handle
