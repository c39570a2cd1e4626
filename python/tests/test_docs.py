"""Every Python block of docs/python.md and python/README.md runs, in order, against a real sidecar."""
import _path
import contextlib
import io
import os
import re
import unittest
from unittest import mock

import node
import portcullis

PAGES = ("docs/python.md", "python/README.md")


@node.needs_node
class Pages(unittest.TestCase):
    def test_every_block_runs(self):
        sidecar = node.Sidecar(files={"notes.txt": "remember the milk\n", "README.md": "hello\n"})
        self.addCleanup(sidecar.close)
        env = {"PORTCULLIS_DATA_DIR": sidecar.data, "PORTCULLIS_BIN": node.COMMAND}
        with mock.patch.dict(os.environ, env), contextlib.redirect_stdout(io.StringIO()):
            for page in PAGES:
                with open(os.path.join(_path.REPOSITORY, page), encoding="utf-8") as file:
                    blocks = re.findall(r"^```python\n(.*?)^```$", file.read(), re.M | re.S)
                self.assertTrue(blocks)
                names = {}
                for number, block in enumerate(blocks, 1):
                    exec(compile(block, f"{page} block {number}", "exec"), names)

    def test_the_first_screen_says_what_is_not_mediated(self):
        with open(os.path.join(_path.REPOSITORY, "docs", "python.md"), encoding="utf-8") as file:
            first = file.read().split("\n")[:8]
        self.assertIn("not mediated", " ".join(first))

    def test_every_verb_is_named(self):
        with open(os.path.join(_path.REPOSITORY, "docs", "python.md"), encoding="utf-8") as file:
            named = set(re.findall(r"\w+", file.read()))
        for kind in (portcullis.Kernel, portcullis.Gate):
            self.assertEqual([name for name in dir(kind) if not name.startswith("_") and name not in named], [], kind)


if __name__ == "__main__":
    unittest.main()
