"""How a private sidecar is found and started, with programs of the test's own in its place; no Node is needed here."""
import _path  # noqa: F401 - first: finds the package
import os
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from unittest import mock

from portcullis import InvalidInput, Unavailable, create_kernel
from portcullis.sidecar.child import Child
from portcullis.sidecar.program import find_program

POSIX = unittest.skipUnless(os.name == "posix", "needs POSIX")


class Folder(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def script(self, name, text):
        path = os.path.join(self.dir.name, name)
        with open(path, "w") as file:
            file.write(f"#!{sys.executable}\n" + textwrap.dedent(text))
        os.chmod(path, 0o700)
        return path

    def env(self, **env):
        return mock.patch.dict(os.environ, {"PATH": self.dir.name, "PORTCULLIS_BIN": "", **env})


@POSIX
class Finds(Folder):
    def test_the_order(self):
        node = self.script("node", "")
        npx = self.script("npx", "")
        with self.env():
            self.assertEqual(find_program(), [npx, "--offline", "--no-install", "portcullis"])
        command = self.script("portcullis", "")
        with self.env():
            self.assertEqual(find_program(), [command])
        script = self.script("other.mjs", "")
        with self.env(PORTCULLIS_BIN=script):
            self.assertEqual(find_program(), [node, script])
        with self.env(PORTCULLIS_BIN=command):
            self.assertEqual(find_program(), [command])

    def test_the_node_beside_the_script_comes_first(self):
        self.script("node", "")
        beside = os.path.join(self.dir.name, "node_modules", ".bin")
        os.makedirs(beside)
        os.makedirs(os.path.join(self.dir.name, "a", "b"))
        node = self.script(os.path.join("node_modules", ".bin", "node"), "")
        script = self.script(os.path.join("a", "b", "p.mjs"), "")
        with self.env(PORTCULLIS_BIN=script):
            self.assertEqual(find_program(), [node, script])

    def test_without_node_it_says_so(self):
        for env in ({}, {"PORTCULLIS_BIN": self.script("p.mjs", "")}):
            with self.env(**env), self.assertWarns(UserWarning), self.assertRaises(ConnectionError) as raised:
                create_kernel(mode="local")
            self.assertIn("Node 24", str(raised.exception))

    def test_a_name_that_is_nothing(self):
        with self.env(PORTCULLIS_BIN=os.path.join(self.dir.name, "nope")), self.assertRaises(InvalidInput):
            find_program()


@POSIX
class Starts(Folder):
    def started(self, text):
        command = self.script("portcullis", text)
        before = set(os.listdir(tempfile.gettempdir()))
        with self.env(PORTCULLIS_BIN=command):
            try:
                return Child()
            finally:
                left = [n for n in set(os.listdir(tempfile.gettempdir())) - before if n.startswith("portcullis-")]
                self.left = left

    def failure(self, text):
        with self.assertRaises(Unavailable) as raised:
            self.started(text)
        return str(raised.exception)

    def test_what_goes_wrong_is_told(self):
        self.assertIn("needs Node 24", self.failure("import sys; sys.stderr.write('portcullis needs Node 24'); sys.exit(3)"))
        self.assertIn("disk full", self.failure("""print('{"failed": {"code": "x", "message": "disk full"}}')"""))
        for text in ("pass", "print('')", "print('[]')", "print('nonsense')", "print('{\"ready\": 1}')"):
            self.failure(text)
        self.failure("""print('{"ready": "unix:/nonexistent/x.sock"}', flush=True); input()""")

    def test_one_that_says_nothing(self):
        with mock.patch("portcullis.sidecar.process.START_TIMEOUT", 0.3):
            self.assertIn("said nothing", self.failure("input()"))

    READY = """
        import os, sys
        folder = sys.argv[sys.argv.index("--data-dir") + 1]
        os.mkdir(folder)
        for name in ("api-key", "admin-key"):
            with open(os.path.join(folder, name), "w") as file:
                file.write("k" * 20)
        print('{"ready": "unix:%s/portcullis.sock"}' % folder, flush=True)
        with open(os.path.join(folder, "env"), "w") as file:
            file.write(repr({k: v for k, v in os.environ.items() if k.startswith("PORTCULLIS_")}))
        sys.stdin.read()
    """

    def test_it_ends_with_its_stdin_and_leaves_nothing(self):
        child = self.started(self.READY)
        directory = child.directory
        self.assertEqual(stat.S_IMODE(os.stat(directory).st_mode), 0o700)
        child.close()
        child.close()
        self.assertFalse(os.path.exists(directory))
        with self.assertRaises(ProcessLookupError):
            os.kill(child.pid, 0)

    def test_one_that_will_not_end_is_ended(self):
        child = self.started(self.READY.replace("sys.stdin.read()", "import time; time.sleep(60)"))
        with mock.patch("portcullis.sidecar.process.STOP_TIMEOUT", 0.3):
            child.close()
        with self.assertRaises(ProcessLookupError):
            os.kill(child.pid, 0)

    def test_it_ends_when_the_program_is_killed(self):
        command = self.script("portcullis", self.READY)
        program = (
            f"import sys; sys.path.insert(0, {_path.PYTHON!r}); from portcullis.sidecar.child import Child; c = Child();"
            "print(c.pid, c.directory, flush=True); input()"
        )
        with self.env(PORTCULLIS_BIN=command):
            process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        pid, directory = process.stdout.readline().decode().split()
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
        for _ in range(1_200):
            if not alive(int(pid)):
                break
            time.sleep(0.05)
        self.assertFalse(alive(int(pid)))
        subprocess.run(["rm", "-rf", directory], check=True)

    def test_a_forked_process_neither_holds_nor_ends_it(self):
        child = self.started(self.READY)
        pid = os.fork()
        if pid == 0:
            child.close()
            os._exit(0)
        os.waitpid(pid, 0)
        os.kill(child.pid, 0)
        release, wait = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(wait)
            os.read(release, 1)
            os._exit(0)
        # One whose pipe a fork held open would be waited for in vain, and be ended by a signal.
        popen = child._process._popen
        with mock.patch("portcullis.sidecar.process.STOP_TIMEOUT", 60):
            child.close()
        self.assertEqual(popen.returncode, 0, "a fork held the pipe open")
        os.close(wait)
        os.close(release)
        os.waitpid(pid, 0)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        pass
    except OSError:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not os.path.exists("/proc/self/stat")


if __name__ == "__main__":
    unittest.main()
