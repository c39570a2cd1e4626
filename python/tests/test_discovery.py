"""Where the client goes and which key it brings, when it is told little or nothing."""
import _path  # noqa: F401 - first: finds the package
import os
import socket
import tempfile
import unittest
from unittest import mock

from portcullis import InvalidInput, Unavailable
from portcullis.sidecar.discovery import data_dir, discover

VARIABLES = ("PORTCULLIS_URL", "PORTCULLIS_API_KEY", "PORTCULLIS_DATA_DIR", "XDG_STATE_HOME", "LOCALAPPDATA")


class Discovers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        env = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        patch = mock.patch.dict(os.environ, {**env, "PORTCULLIS_DATA_DIR": self.dir}, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def key(self, text):
        with open(os.path.join(self.dir, "api-key"), "w") as file:
            file.write(text)

    def socket(self):
        path = os.path.join(self.dir, "portcullis.sock")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        return path

    def test_the_data_directorys_socket_and_key(self):
        self.key("k" * 20 + "\n")
        path = self.socket()
        found = discover()
        self.assertEqual((found.endpoint.path, found.api_key), (path, "k" * 20))

    def test_the_directorys_key_never_goes_to_a_port_that_anybody_may_hold(self):
        self.key("k" * 20)
        with self.assertRaises(Unavailable) as raised:
            discover()
        self.assertIn("portcullis.sock", str(raised.exception))
        with open(os.path.join(self.dir, "portcullis.sock"), "w"):
            pass
        with self.assertRaises(Unavailable):
            discover()

    def test_a_key_of_ones_own_may_go_to_the_default_port(self):
        found = discover(api_key="x" * 20)
        self.assertEqual((str(found.endpoint), found.api_key), ("http://127.0.0.1:8787", "x" * 20))

    def test_what_the_caller_says_comes_before_the_environment(self):
        os.environ.update(PORTCULLIS_URL="http://127.0.0.1:1", PORTCULLIS_API_KEY="e" * 20)
        self.assertEqual(discover(), discover("http://127.0.0.1:1", "e" * 20))
        found = discover("unix:/tmp/x.sock", "c" * 20)
        self.assertEqual((found.endpoint.path, found.api_key), ("/tmp/x.sock", "c" * 20))

    def test_the_directorys_key_stays_on_this_machine(self):
        self.key("k" * 20)
        self.assertIsNone(discover("https://example.com").api_key)
        self.assertEqual(discover("https://localhost:1").api_key, "k" * 20)
        self.assertEqual(discover("http://[::1]:1").api_key, "k" * 20)
        self.assertEqual(discover("https://example.com", "x" * 20).endpoint.port, 443)

    def test_keys_that_are_none(self):
        for bad in ("", "a b", "a\nb", "\u00e9", "k" * 1025, 7):
            with self.subTest(bad), self.assertRaises(InvalidInput):
                discover("http://127.0.0.1:1", bad)
        self.key("two words")
        with self.assertRaises(InvalidInput):
            discover("http://127.0.0.1:1")
        self.key("")
        self.assertIsNone(discover("http://127.0.0.1:1").api_key)

    def test_the_default_directory_of_each_platform(self):
        del os.environ["PORTCULLIS_DATA_DIR"]
        os.environ["HOME"] = "/home/u"
        with mock.patch("sys.platform", "linux"):
            self.assertEqual(data_dir(), "/home/u/.local/state/portcullis")
            os.environ["XDG_STATE_HOME"] = "/state"
            self.assertEqual(data_dir(), "/state/portcullis")
            os.environ["XDG_STATE_HOME"] = "relative"
            self.assertEqual(data_dir(), "/home/u/.local/state/portcullis")
        with mock.patch("sys.platform", "darwin"):
            self.assertEqual(data_dir(), "/home/u/Library/Application Support/portcullis")
        with mock.patch("sys.platform", "win32"):
            os.environ["LOCALAPPDATA"] = "/local"
            self.assertEqual(data_dir(), "/local/portcullis")
            self.assertEqual(str(discover(api_key="x" * 20).endpoint), "http://127.0.0.1:8787")

    def test_url_forms(self):
        for url, shown in (
            ("unix:///tmp/a.sock", "unix:/tmp/a.sock"),
            ("http://LOCALHOST:9", "http://localhost:9"),
            ("http://127.0.0.1", "http://127.0.0.1:8787"),
            ("https://example.com/portcullis/", "https://example.com:443"),
        ):
            self.assertEqual(str(discover(url, "k" * 20).endpoint), shown)
        self.assertEqual(discover("https://example.com/portcullis/", "k" * 20).endpoint.prefix, "/portcullis")
        for url in ("http://127.0.0.1/\u00e9", "http://a\u0130b", "https://", "http://[::1", "file:///etc/passwd", "x"):
            with self.subTest(url), self.assertRaises(InvalidInput):
                discover(url, "k" * 20)


if __name__ == "__main__":
    unittest.main()
