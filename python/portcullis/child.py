"""A private sidecar: a child process with a data directory of its own, closed to others, gone when it ends.

The child watches the pipe on its stdin and ends with this process, even where that is killed. A forked process neither
holds that pipe nor ends a child that is its parent's.
"""
from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import weakref
from typing import IO, Any, Dict, Mapping, Optional, Sequence

from . import endpoint
from .discovery import read_key
from .errors import Unavailable
from .program import find_program

#: Seconds.
START_TIMEOUT = 30.0
STOP_TIMEOUT = 10.0
MAX_LINE = 64 * 1024


class Child:
    """Started when made. `close` may be called twice, and is called at exit."""

    def __init__(self, options: Sequence[str] = (), *, config: Optional[str] = None, inherit: bool = True) -> None:
        self.directory = tempfile.mkdtemp(prefix="portcullis-")
        try:
            self._process = _start(self.directory, options, config, inherit)
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        self._finalizer = weakref.finalize(self, _end, self._process, self.directory, os.getpid())
        _children.add(self)
        try:
            self.endpoint = _ready(self._process, self.directory)
            self.api_key = self._key("api-key")
            self.admin_key = self._key("admin-key")
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def _key(self, name: str) -> str:
        key = read_key(os.path.join(self.directory, "data", name))
        if key is None:
            raise Unavailable(f"the private sidecar left no {name}", retry="never")
        return key

    def close(self) -> None:
        self._finalizer()


_children: "weakref.WeakSet[Child]" = weakref.WeakSet()


def _start(directory: str, options: Sequence[str], config: Optional[str], inherit: bool) -> "subprocess.Popen[bytes]":
    command = [*find_program(), "serve", "--private", "--data-dir", os.path.join(directory, "data")]
    if config is not None:
        path = os.path.join(directory, "portcullis.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        command += ["--config", path]
    with open(os.path.join(directory, "stderr"), "wb") as noise:
        try:
            return subprocess.Popen(
                [*command, *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=noise,
                env=_environment(os.environ, inherit),
                # Ctrl-C is for this program: whether that is its end, and so the child's, is its own to say.
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable(f"{command[0]} does not start: {error.strerror}", retry="after_change") from error


def _environment(given: Mapping[str, str], inherit: bool) -> Dict[str, str]:
    """Where the sidecar is nobody's but ours, what the user has set for another does not reach it."""
    return {k: v for k, v in given.items() if inherit or not k.startswith("PORTCULLIS_")}


def _ready(process: "subprocess.Popen[bytes]", directory: str) -> endpoint.Endpoint:
    """Its address, from the one line that it says. Raises Unavailable with what went wrong."""
    lines: "queue.SimpleQueue[bytes]" = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(process.stdout, lines), daemon=True).start()
    try:
        line = lines.get(timeout=START_TIMEOUT)
    except queue.Empty:
        raise Unavailable(f"the private sidecar said nothing for {START_TIMEOUT:g} s", retry="later") from None
    said: Any = None
    try:
        said = json.loads(line)
        return endpoint.parse(said["ready"])
    except (ValueError, KeyError, TypeError):
        pass  # InvalidInput is a ValueError
    failed = said.get("failed") if isinstance(said, dict) else None
    if isinstance(failed, dict):
        raise Unavailable(f"the private sidecar failed: {failed.get('message')}", retry="after_change")
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        pass
    raise Unavailable(f"the private sidecar did not start: {_noise(directory)}", retry="after_change")


def _listen(stdout: Optional[IO[bytes]], lines: "queue.SimpleQueue[bytes]") -> None:
    """The first line; what comes after is of no use, but must not fill the pipe."""
    if stdout is None:
        return
    with stdout:
        lines.put(stdout.readline(MAX_LINE))
        while stdout.read(MAX_LINE):
            pass


def _noise(directory: str) -> str:
    try:
        with open(os.path.join(directory, "stderr"), "rb") as file:
            text = file.read(MAX_LINE).decode("utf-8", "replace").strip()
    except OSError:
        text = ""
    return text[-2000:] or "it said nothing"


def _end(process: "subprocess.Popen[bytes]", directory: str, owner: int) -> None:
    if os.getpid() != owner:
        return
    _close_stdin(process)
    try:
        process.wait(timeout=STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(directory, ignore_errors=True)


def _close_stdin(process: "subprocess.Popen[bytes]") -> None:
    try:
        if process.stdin is not None:
            process.stdin.close()
    except OSError:
        pass


def _forked() -> None:
    for child in list(_children):
        _close_stdin(child._process)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
