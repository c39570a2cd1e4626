"""A private sidecar: a process with a data directory of its own, whose keys its maker can read."""
from __future__ import annotations

import json
import os
import queue
import shutil
from typing import Any, Mapping, Optional

from ..errors import Unavailable
from ..transport import endpoint
from . import process
from .discovery import read_key


class Keys:
    """The keys that a sidecar leaves in its data directory at its first start."""

    def __init__(self, data_dir: str) -> None:
        self.api_key = self._read(data_dir, "api-key")
        self.admin_key = self._read(data_dir, "admin-key")

    @staticmethod
    def _read(data_dir: str, name: str) -> str:
        key = read_key(os.path.join(data_dir, name))
        if key is None:
            raise Unavailable(f"the private sidecar left no {name}", retry="never")
        return key


class Child:
    """Started when made. `close` may be called twice, and is called at exit. A `data_dir` that is named stays, all else goes."""

    def __init__(self, policy: Optional[Mapping[str, Any]] = None, data_dir: Optional[str] = None) -> None:
        self.directory = process.make_directory()
        data = data_dir or os.path.join(self.directory, "data")
        # In a directory that is kept the path may be too long for a socket.
        options = [] if data_dir is None else ["--socket", os.path.join(self.directory, "socket")]
        lines: "queue.SimpleQueue[Optional[bytes]]" = queue.SimpleQueue()
        try:
            if policy is not None:
                path = os.path.join(self.directory, "policy.json")
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(dict(policy), file)
                options += ["--policy", path]
            self._process = process.Process(
                ["serve", "--private", "--data-dir", data, *options],
                lines.put,
                inherit=True,
                directory=self.directory,
            )
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        try:
            self.endpoint = self._ready(lines)
            keys = Keys(data)
            self.api_key, self.admin_key = keys.api_key, keys.admin_key
        except BaseException:
            self.close()
            raise

    def _ready(self, lines: "queue.SimpleQueue[Optional[bytes]]") -> endpoint.Endpoint:
        """Its address, from the first line that it says. Raises Unavailable with what went wrong."""
        try:
            line = lines.get(timeout=process.START_TIMEOUT)
        except queue.Empty:
            raise Unavailable(f"the private sidecar said nothing for {process.START_TIMEOUT:g} s") from None
        said = None if line is None else address_of(line)
        if said is None:
            raise self._process.failure()
        return said

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        self._process.close()


def address_of(line: bytes) -> Optional[endpoint.Endpoint]:
    """`{"ready": url}`; None for what is neither that nor `{"failed": …}`, which is raised."""
    said: Any = None
    try:
        said = json.loads(line)
        return endpoint.parse(said["ready"])
    except (ValueError, KeyError, TypeError):
        pass  # InvalidInput is a ValueError
    failed = said.get("failed") if isinstance(said, dict) else None
    if isinstance(failed, dict):
        raise Unavailable(f"the private sidecar failed: {failed.get('message')}", retry="after_change")
    return None
