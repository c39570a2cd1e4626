"""What is kept in memory: results behind handles, and a trace of each call."""

import uuid
from datetime import datetime, timedelta, timezone

from .models import Handle

TTL = timedelta(seconds=3600)
SWEEP_EVERY = 128
MOST = 10_000


class Handles:
    """The driver's object itself, by reference. Expired ones go at every 128th; over the cap all are sorted and the oldest go."""

    def __init__(self):
        self._data, self._about, self._stored = {}, {}, 0

    def store(self, capability_id, data):
        now = datetime.now(timezone.utc)
        rows = len(data) if isinstance(data, list) else 1
        handle = Handle(str(uuid.uuid4()), capability_id, now, now + TTL, rows)
        self._data[handle.handle_id] = data
        self._about[handle.handle_id] = handle
        self._stored += 1
        if self._stored % SWEEP_EVERY == 0:
            self._sweep()
        if len(self._about) > MOST:
            self._sweep()
            oldest = sorted(self._about.values(), key=lambda one: one.created_at)
            for one in oldest[: max(0, len(self._about) - MOST)]:
                self._forget(one.handle_id)
        return handle

    def _sweep(self):
        now = datetime.now(timezone.utc)
        for gone in [key for key, one in self._about.items() if one.expires_at <= now]:
            self._forget(gone)

    def _forget(self, handle_id):
        del self._data[handle_id], self._about[handle_id]


class Traces:
    def __init__(self):
        self._by_action = {}

    def record(self, trace):
        self._by_action[trace.action_id] = trace
