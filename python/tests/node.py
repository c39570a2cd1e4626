"""Finds a Node that runs the sidecar; tests that need one say clearly when it is missing."""
import _path
import os
import shutil
import subprocess
import unittest

COMMAND = os.path.join(_path.REPOSITORY, "packages", "cli", "src", "portcullis.mjs")


def _find():
    beside = os.path.join(_path.REPOSITORY, "node_modules", ".bin")
    for node in (shutil.which("node", path=beside), shutil.which("node")):
        if node is None:
            continue
        version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
        if version.startswith("v") and int(version[1:].split(".")[0]) >= 24:
            return node
    return None


NODE = _find()
MISSING = "needs Node 24 and the repository's packages: run npm install at its root"
AVAILABLE = NODE is not None and os.path.exists(COMMAND)
needs_node = unittest.skipUnless(AVAILABLE, MISSING)
