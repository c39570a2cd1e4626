"""Where the sidecar is and which key to bring: what the caller says, else the environment, else the data directory.

A key read from the data directory goes to this machine only. Without a key and a URL only the directory's own socket will
do: anybody on this machine may hold a port while the sidecar is down.
"""
from __future__ import annotations

import os
import stat
import sys
from typing import NamedTuple, Optional

from ..errors import InvalidInput, Unauthenticated, Unavailable
from ..transport import endpoint

SOCKET_NAME = "portcullis.sock"
MAX_KEY = 1024


class Found(NamedTuple):
    endpoint: endpoint.Endpoint
    api_key: Optional[str]

    def __repr__(self) -> str:
        """Without the key: a traceback that shows variables shows this."""
        return f"<Found {self.endpoint}>"


def discover(url: Optional[str] = None, api_key: Optional[str] = None) -> Found:
    url = url or os.environ.get("PORTCULLIS_URL") or None
    key = api_key if api_key is not None else os.environ.get("PORTCULLIS_API_KEY") or None
    place = endpoint.parse(url) if url else _nearest(key is not None)
    if key is None and place.local:
        key = read_key(os.path.join(data_dir(), "api-key"))
    return Found(place, check_key(key))


def data_dir() -> str:
    """The user's state directory, as the sidecar chooses it."""
    env = os.environ
    given = env.get("PORTCULLIS_DATA_DIR")
    if given:
        return os.path.abspath(given)
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        return os.path.join(env.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local"), "portcullis")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Application Support", "portcullis")
    state = env.get("XDG_STATE_HOME", "")
    base = state if os.path.isabs(state) else os.path.join(home, ".local", "state")
    return os.path.join(base, "portcullis")


def _nearest(has_key: bool) -> endpoint.Endpoint:
    """The data directory's socket where there is one, else the default port."""
    path = os.path.join(data_dir(), SOCKET_NAME)
    sockets = sys.platform != "win32"
    try:
        if sockets and stat.S_ISSOCK(os.stat(path).st_mode):
            return endpoint.unix(path)
    except OSError:
        pass
    if sockets and not has_key:
        raise Unavailable(
            f"no sidecar has its socket at {path}",
            remedy="start one: portcullis serve; or name it: url=, PORTCULLIS_URL",
        )
    return endpoint.parse(f"http://127.0.0.1:{endpoint.DEFAULT_PORT}")


def read_key(path: str) -> Optional[str]:
    """The key in a file; None where there is none or it may not be read."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(MAX_KEY + 2).strip() or None
    except OSError:
        return None


def name_missing_key(error: BaseException, found: Found) -> None:
    """Says where a key was looked for, in an error that came because there was none."""
    if isinstance(error, Unauthenticated) and found.api_key is None:
        looked = f"; there is none in {os.path.join(data_dir(), 'api-key')}" if found.endpoint.local else ""
        error.remedy = f"give api_key, or set PORTCULLIS_API_KEY{looked}"


def check_key(key: Optional[str]) -> Optional[str]:
    """A key goes into a header: printable ASCII and nothing else."""
    if key is None:
        return None
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY or not all("!" <= char <= "~" for char in key):
        raise InvalidInput("the API key has a character, or a length, that no key has", code="unauthenticated")
    return key
