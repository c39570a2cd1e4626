"""Results as they come, from a real sidecar that fetches from a server of this test."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import json
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import node
from portcullis import PortcullisError, StreamFrame, create_async_kernel, create_kernel
from portcullis.errors import BadResponse, Unavailable
from portcullis.verbs.calls import stream as stream_call
from portcullis.verbs.streaming import Frames

CANARY = "ghp_CANARYcanary0123456789CANARYcanary01"


class Pages(BaseHTTPRequestHandler):
    """`/lines`: a line each time `more` is set. `/secret`: one in the middle of two writes. `/endless`: lines until nobody reads."""

    protocol_version = "HTTP/1.1"
    more = threading.Event()
    left = threading.Event()
    asked = threading.Event()

    def do_GET(self):
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            if self.path == "/lines":
                self.asked.set()
                for at in range(3):
                    self.more.wait(60)
                    self.more.clear()
                    self.chunk(f"line {at} of it\n")
            elif self.path == "/secret":
                self.chunk(f"a key: {CANARY[:9]}")
                self.chunk(f"{CANARY[9:]} and no more\n")
            else:
                while True:
                    self.chunk("a line without an end in sight\n" * 100)
            self.chunk("")
        except OSError:
            self.left.set()
            self.close_connection = True

    def chunk(self, text):
        data = text.encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def log_message(self, *args):
        pass


@node.needs_node
class Streaming(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        cls.server.daemon_threads = True
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.host = f"127.0.0.1:{cls.server.server_address[1]}"
        rules = [
            {"name": "get", "effect": "permit", "when": {"action": "http.get"}},
            {"name": "ask", "effect": "require_approval", "when": {"action": "http.options"}},
        ]
        config = {"policy": {"managed": True}, "http": {"private_hosts": [cls.host]}}
        cls.sidecar = node.Sidecar(config)
        with create_kernel(url=cls.sidecar.url, api_key=cls.sidecar.admin_key) as admin:
            admin.replace_policy(json.dumps({"version": 1, "rules": rules}), "json")

    @classmethod
    def tearDownClass(cls):
        cls.sidecar.close()
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        Pages.more.clear()
        Pages.left.clear()
        Pages.asked.clear()
        self.kernel = create_kernel(url=self.sidecar.url, api_key=self.sidecar.api_key)
        self.addCleanup(self.kernel.close)

    def url(self, path):
        return f"http://{self.host}/{path}"

    def last_outcome(self, wanted, after=0):
        with create_kernel(url=self.sidecar.url, api_key=self.sidecar.admin_key) as admin:
            for _ in range(6_000):
                records = admin.journal(kind="outcome", reverse=True, limit=1).records
                if records and records[0]["seq"] > after and records[0]["status"] == wanted:
                    return records[0]
                time.sleep(0.01)
        self.fail(f"no outcome is {wanted}")

    def test_as_it_comes(self):
        frames = self.kernel.submit_stream("http.get", self.url("lines"))
        for at in range(3):
            Pages.more.set()
            frame = next(frames)
            self.assertIsInstance(frame, StreamFrame)
            self.assertEqual((frame.seq, frame.final, frame.data), (at, False, f"line {at} of it\n"))
            self.assertEqual(frame.labels[0].source, "http")
        last = next(frames)
        self.assertTrue(last.final and last.result.ok)
        self.assertEqual(last.data["status"], 200)
        self.assertIsNone(last.result.frame)
        with self.assertRaises(StopIteration):
            next(frames)

    def test_a_secret_in_two_writes(self):
        frames = list(self.kernel.submit_stream("http.get", self.url("secret")))
        self.assertEqual("".join(f.data for f in frames[:-1]), "a key: [masked:github_token] and no more\n")
        self.assertNotIn("CANARY", repr(frames))

    def test_who_leaves_ends_the_call(self):
        frames = self.kernel.submit_stream("http.get", self.url("endless"))
        next(frames)
        frames.close()
        self.assertTrue(Pages.left.wait(60))
        self.assertEqual(self.last_outcome("error")["error"]["code"], "cancelled")

    def test_in_asyncio(self):
        async def run():
            kernel = await create_async_kernel(url=self.sidecar.url, api_key=self.sidecar.api_key)
            try:
                found = [frame async for frame in kernel.submit_stream("http.get", self.url("secret"))]
                self.assertTrue(found[-1].final and found[-1].result.ok)
                self.assertNotIn("CANARY", repr(found))
                frames = kernel.submit_stream("http.get", self.url("endless"))
                async for frame in frames:
                    self.assertEqual(frame.seq, 0)
                    break
                await frames.aclose()
                inside = asyncio.get_running_loop().run_in_executor
                self.assertTrue(await inside(None, Pages.left.wait, 60))
                before = await inside(None, self.last_outcome, "error")
                # A task that is cancelled leaves too.

                async def read():
                    async for _ in kernel.submit_stream("http.get", self.url("lines")):
                        pass

                task = asyncio.ensure_future(read())
                self.assertTrue(await inside(None, Pages.asked.wait, 60))
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                outcome = await inside(None, self.last_outcome, "error", before["seq"])
                self.assertEqual(outcome["error"]["code"], "cancelled")
                grant = await kernel.grant("http.get")
                args = {"resource": self.url("secret")}
                found = [frame async for frame in kernel.invoke_stream(grant.token, args)]
                self.assertTrue(found[-1].result.ok)
            finally:
                await kernel.close()

        asyncio.run(run())

    def test_refusals_are_the_last_frame(self):
        for action in ("http.post", "NO"):
            (frame,) = self.kernel.submit_stream(action, self.url("lines"))
            self.assertTrue(frame.final)
            self.assertEqual((frame.data, frame.result.decision.effect), (None, "deny"))
        (frame,) = self.kernel.invoke_stream("nope")
        self.assertEqual(frame.result.decision.code, "token_invalid")

    def test_nothing_runs_until_somebody_reads(self):
        with create_kernel(url=self.sidecar.url, api_key=self.sidecar.admin_key) as admin:
            before = admin.status().journal
            self.kernel.submit_stream("http.get", self.url("lines")).close()
            self.assertEqual(admin.status().journal, before)

    def test_a_held_action_is_put_to_the_handler_and_then_streams(self):
        asked = []
        with create_kernel(
            url=self.sidecar.url, api_key=self.sidecar.api_key, on_approval=lambda *a: asked.append(a) or True
        ) as kernel:
            frames = list(kernel.submit_stream("http.options", self.url("lines")))
        self.assertEqual(len(asked), 1)
        self.assertEqual(frames[-1].result.decision.effect, "permit")
        self.assertEqual(frames[-1].data["status"], 501)


class Broken(unittest.TestCase):
    """What no sidecar sends."""

    FRAME = {"data": "x", "labels": [], "notes": [], "bytes": 1, "seq": 0, "final": False}

    def feed(self, *frames):
        parser = Frames()
        for frame in frames:
            list(parser.feed(b"data: %b\n\n" % json.dumps(frame).encode()))
        return parser

    def test_frames_out_of_their_place(self):
        for wrong in ({"seq": 1}, {"final": True}, {"seq": "0"}, {"result": {}}, {"labels": None}):
            with self.assertRaises(BadResponse, msg=str(wrong)):
                self.feed({**self.FRAME, **wrong})
        with self.assertRaises(BadResponse):
            self.feed(self.FRAME, self.FRAME)

    def test_an_end_before_the_last_frame(self):
        with self.assertRaises(Unavailable) as raised:
            self.feed(self.FRAME).end(stream_call("submit", {"action": "a"}))
        self.assertIsInstance(raised.exception, PortcullisError)
        self.assertEqual(raised.exception.retry, "never")

    def test_an_event_without_an_end(self):
        parser = Frames()
        with self.assertRaises(BadResponse):
            for _ in range(300):
                list(parser.feed(b"data: " + b"x" * 65536))


if __name__ == "__main__":
    unittest.main()
