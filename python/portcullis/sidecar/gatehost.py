"""The process behind this program's gates: one for all of them, started for the first and ended with the last.

Each gate in it is a sidecar of its own, with its own directory, keys, socket, policy and journal.
"""
from __future__ import annotations

import json
import os
import queue
import shutil
import threading
from typing import Any, Dict, Optional

from ..errors import Unavailable
from ..transport import endpoint
from . import process
from .child import Keys, address_of


class Place:
    """Where one gate lives, until it is closed."""

    def __init__(self, host: "GateHost", data_dir: str, address: endpoint.Endpoint) -> None:
        self.endpoint = address
        self.admin_key = Keys(data_dir).admin_key
        self.pid = host.pid
        self._host = host
        self._data_dir = data_dir
        self._owner = os.getpid()
        self._open = True

    def close(self) -> None:
        """A forked process leaves what is its parent's alone."""
        if self._open and os.getpid() == self._owner:
            self._open = False
            _release(self._host, self._data_dir)


class GateHost:
    def __init__(self) -> None:
        self.owner = os.getpid()
        self.gates = 0
        self._count = 0
        self._lock = threading.Lock()
        self._waiting: "Dict[int, queue.SimpleQueue[Optional[bytes]]]" = {}
        directory = process.make_directory()
        try:
            self._process = process.Process(["gates"], self._heard, inherit=False, directory=directory)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def usable(self) -> bool:
        return self.owner == os.getpid() and not self._process.ended

    @property
    def dying(self) -> bool:
        """Asked where it gave no answer: a process that was killed takes a moment to be gone."""
        return self._process.ends(within=1)

    def open(self, observe: bool, drift: Optional[Dict[str, Any]]) -> Place:
        with self._lock:
            self._count += 1
            data_dir = os.path.join(self._process.directory, str(self._count))
        asked = {"data_dir": data_dir, "mode": "observe" if observe else "enforce"}
        line = self._ask(open=asked if drift is None else {**asked, "drift": drift})
        address = None if line is None else address_of(line)
        if address is None:
            raise self._process.failure()
        return Place(self, data_dir, address)

    def drop(self, data_dir: str) -> None:
        try:
            self._ask(close=data_dir)
        except Unavailable:
            pass  # Gone with the process.
        shutil.rmtree(data_dir, ignore_errors=True)

    def close(self) -> None:
        self._process.close()

    def _ask(self, **message: Any) -> Optional[bytes]:
        answer: "queue.SimpleQueue[Optional[bytes]]" = queue.SimpleQueue()
        with self._lock:
            self._count += 1
            id = self._count
            self._waiting[id] = answer
            self._process.say(json.dumps({"id": id, **message}).encode())
        if self._process.ended:
            return None
        try:
            return answer.get(timeout=process.START_TIMEOUT)
        except queue.Empty:
            raise Unavailable(f"the private sidecar said nothing for {process.START_TIMEOUT:g} s") from None
        finally:
            self._waiting.pop(id, None)

    def _heard(self, line: Optional[bytes]) -> None:
        if line is None:
            for waiting in list(self._waiting.values()):
                waiting.put(None)
            return
        try:
            waiting = self._waiting[json.loads(line)["id"]]
        except (ValueError, KeyError, TypeError):
            return
        waiting.put(line)


_host: Optional[GateHost] = None
_hosts = threading.Lock()


def open_place(observe: bool, drift: Optional[Dict[str, Any]] = None) -> Place:
    """A place in this process's host. Raises Unavailable where none can be started."""
    shared = _host
    try:
        return _open(observe, drift)
    except Unavailable:
        if shared is None or not shared.dying:
            raise
    # The one that was shared had died, and its end was noticed only now: nothing was opened, so a new one is asked.
    return _open(observe, drift)


def _open(observe: bool, drift: Optional[Dict[str, Any]]) -> Place:
    global _host
    with _hosts:
        if _host is None or not _host.usable:
            _host = GateHost()
        host = _host
        host.gates += 1
    try:
        return host.open(observe, drift)
    except BaseException:
        _release(host, None)
        raise


def _release(host: GateHost, data_dir: Optional[str]) -> None:
    global _host
    if data_dir is not None:
        host.drop(data_dir)
    with _hosts:
        host.gates -= 1
        last = host.gates == 0
        if last and _host is host:
            _host = None
    if last:
        host.close()


def _forked() -> None:
    """A lock that another thread of the parent held would never be let go of here."""
    global _hosts, _host
    _hosts, _host = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
