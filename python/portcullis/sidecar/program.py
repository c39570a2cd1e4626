"""Finds the command that starts a sidecar: PORTCULLIS_BIN, the PATH, npx. A clear error where there is no Node."""
from __future__ import annotations

import os
import shutil
from typing import List, Optional

from ..errors import InvalidInput, Unavailable

_SCRIPTS = (".mjs", ".js", ".ts")


def find_program() -> List[str]:
    given = os.environ.get("PORTCULLIS_BIN")
    if given:
        return _given(given)
    found = shutil.which("portcullis")
    if found is not None:
        return [found]
    npx = shutil.which("npx")
    if npx is not None:
        # Never from a registry, nor is one asked: what is not installed is not run.
        return [npx, "--offline", "--no-install", "portcullis"]
    raise _no_node()


def _given(path: str) -> List[str]:
    path = os.path.abspath(path)
    if not os.path.isfile(path):
        raise InvalidInput(f"PORTCULLIS_BIN names {path}, and no file is there")
    if not path.endswith(_SCRIPTS):
        return [path]
    node = _node_beside(path) or shutil.which("node")
    if node is None:
        raise _no_node()
    return [node, path]


def _node_beside(script: str) -> Optional[str]:
    """The Node that is installed with the script: the one on the PATH may be too old."""
    folder = os.path.dirname(os.path.realpath(script))
    while True:
        found = shutil.which("node", path=os.path.join(folder, "node_modules", ".bin"))
        above = os.path.dirname(folder)
        if found is not None or above == folder:
            return found
        folder = above


def _no_node() -> Unavailable:
    return Unavailable(
        "a private sidecar needs Node 24 and the command portcullis, and neither it nor npx is on the PATH",
        remedy="install Node 24, or name the command: PORTCULLIS_BIN",
        retry="after_change",
    )
