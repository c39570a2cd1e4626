"""A child process of this program: it ends when the program does, by the pipe on its stdin, even where that is killed.

A forked process neither holds that pipe nor ends a child that is its parent's.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import weakref
from typing import IO, Callable, Dict, Mapping, Optional, Sequence

from ..errors import Unavailable
from .program import find_program

#: Seconds.
START_TIMEOUT = 30.0
STOP_TIMEOUT = 10.0
MAX_LINE = 64 * 1024


class Process:
    """Started when made, in a directory of its own that is closed to others and gone with it.

    `heard` gets each line it says, in a thread of its own, and None at the end. `close` may be called twice, and is called
    at exit.
    """

    def __init__(
        self, arguments: Sequence[str], heard: "Callable[[Optional[bytes]], None]", *, inherit: bool, directory: str
    ) -> None:
        self.directory = directory
        command = [*find_program(), *arguments]
        with open(os.path.join(directory, "stderr"), "wb") as noise:
            try:
                self._popen = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=noise,
                    env=_environment(os.environ, inherit),
                    # Ctrl-C is for this program: whether that is its end, and so the child's, is its own to say.
                    start_new_session=True,
                )
            except OSError as error:
                raise Unavailable(f"{command[0]} does not start: {error.strerror}", retry="after_change") from error
        self._finalizer = weakref.finalize(self, _end, self._popen, directory, os.getpid())
        _processes.add(self)
        threading.Thread(target=_listen, args=(self._popen.stdout, heard), daemon=True).start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def ended(self) -> bool:
        return self._popen.poll() is not None

    def ends(self, within: float) -> bool:
        """Whether it is at its end, or comes to it within so many seconds."""
        try:
            self._popen.wait(timeout=within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def say(self, line: bytes) -> None:
        try:
            if self._popen.stdin is None:
                raise BrokenPipeError
            self._popen.stdin.write(line + b"\n")
            self._popen.stdin.flush()
        except (OSError, ValueError):
            raise Unavailable("the private sidecar is gone", retry="later") from None

    def failure(self) -> Unavailable:
        """Why it said nothing: what it wrote to stderr."""
        self.ends(within=1)
        try:
            with open(os.path.join(self.directory, "stderr"), "rb") as file:
                text = file.read(MAX_LINE).decode("utf-8", "replace").strip()
        except OSError:
            text = ""
        return Unavailable(
            f"the private sidecar did not start: {text[-2000:] or 'it said nothing'}",
            remedy="run this where Portcullis is installed, or name its command: PORTCULLIS_BIN",
            retry="after_change",
        )

    def close(self) -> None:
        self._finalizer()


def make_directory() -> str:
    """0700, and short enough for the path of a socket in it."""
    return tempfile.mkdtemp(prefix="portcullis-")


_processes: "weakref.WeakSet[Process]" = weakref.WeakSet()


def _environment(given: Mapping[str, str], inherit: bool) -> Dict[str, str]:
    """Where the sidecar is nobody's but ours, what the user has set for another does not reach it."""
    return {name: value for name, value in given.items() if inherit or not name.startswith("PORTCULLIS_")}


def _listen(stdout: Optional[IO[bytes]], heard: "Callable[[Optional[bytes]], None]") -> None:
    if stdout is None:
        return
    with stdout:
        while True:
            line = stdout.readline(MAX_LINE)
            if not line:
                heard(None)
                return
            heard(line)


def _end(popen: "subprocess.Popen[bytes]", directory: str, owner: int) -> None:
    if os.getpid() != owner:
        return
    _close_stdin(popen)
    try:
        popen.wait(timeout=STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()
    shutil.rmtree(directory, ignore_errors=True)


def _close_stdin(popen: "subprocess.Popen[bytes]") -> None:
    try:
        if popen.stdin is not None:
            popen.stdin.close()
    except OSError:
        pass


def _forked() -> None:
    for process in list(_processes):
        _close_stdin(process._popen)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
