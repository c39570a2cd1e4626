"""Finds a Node that runs the sidecar; tests that need one say clearly when it is missing."""
import _path
import json
import os
import shutil
import subprocess
import tempfile
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


class Sidecar:
    """A real sidecar on a socket of its own, with a data directory and a start directory that end with the test."""

    def __init__(self, config=None, files=None, env=None):
        self._env = env or {}
        self._dir = tempfile.TemporaryDirectory(prefix="pcl-test-")
        self.start = os.path.realpath(os.path.join(self._dir.name, "start"))
        self.data = os.path.join(self._dir.name, "data")
        os.mkdir(self.start)
        for name, text in (files or {}).items():
            path = os.path.join(self.start, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
        self._config = os.path.join(self._dir.name, "portcullis.yaml")
        with open(self._config, "w") as file:
            json.dump(config or {}, file)
        self.process = None
        self.open()

    def open(self):
        env = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")}
        command = [NODE, COMMAND, "serve", "--private", "--config", self._config]
        self.process = subprocess.Popen(
            [*command, "--data-dir", self.data, "--start-dir", self.start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**env, **self._env},
        )
        said = json.loads(self.process.stdout.readline())
        if "ready" not in said:
            self.kill()
            raise RuntimeError(f"the sidecar did not start: {said}")
        self.url = said["ready"]
        self.api_key = self.key("api-key")
        self.admin_key = self.key("admin-key")

    def key(self, name):
        with open(os.path.join(self.data, name)) as file:
            return file.read().strip()

    def kill(self):
        """As the kernel's out-of-memory killer does it."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def close(self):
        if self.process.returncode is None:
            self.process.stdin.close()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
        self._dir.cleanup()

    def make_key(self, rights, principal="host", **more):
        """A key of its own, as an administrator makes one."""
        from portcullis import create_kernel
        from portcullis.wire.call import Call
        from portcullis.wire.wirejson import encode

        body = {"principal": {"id": principal, "kind": "agent"}, "rights": rights, **more}
        with create_kernel(url=self.url, api_key=self.admin_key) as admin:
            return admin._transport.send(Call("POST", "/v1/keys", encode(body)))["key"]
