"""The wire against a server that cuts, floods, lies, dawdles and dies; and many threads, forks and signals on one kernel."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import threading
import time
import unittest
from unittest import mock

from portcullis import (
    ApprovalRequiredError,
    BadResponse,
    DeadlineExceeded,
    Forbidden,
    InvalidInput,
    MalformedRequest,
    NotFound,
    RequestFailed,
    Unauthenticated,
    Unavailable,
    create_async_kernel,
    create_kernel,
)
from scripted import RESULT, SESSION, Server, answer, problem

KEY = "k" * 20


def kernel(server, **more):
    return create_kernel(url=server.url, api_key=KEY, **{"timeout": 60.0, **more})


def deep(levels):
    return json.dumps({**RESULT, "frame": {"data": "@", "labels": [], "notes": [], "bytes": 1}}).replace(
        '"@"', "[" * levels + "]" * levels
    )


#: name -> what answers POST /v1/submit. Each must be a BadResponse, on both clients.
HOSTILE = {
    "nothing": lambda sock, request: None,
    "cut in the head": lambda sock, request: sock.sendall(b"HTTP/1.1 200 OK\r\nContent-"),
    "cut in the body": lambda sock, request: sock.sendall(answer(RESULT)[:-10]),
    "wrong JSON": answer(b'{"decision":'),
    "not UTF-8": answer(b'"\xff\xfe"'),
    "NaN": answer(b'{"decision": NaN}'),
    "a number of a million digits": answer(b'{"decision": ' + b"9" * 1_000_000 + b"}"),
    "a list": answer([]),
    "null": answer(b"null"),
    "nothing in it": answer({}),
    "no decision": answer({**RESULT, "decision": None}),
    "effect is a number": answer({**RESULT, "decision": {**RESULT["decision"], "effect": 1}}),
    "code is missing": answer({**RESULT, "decision": {"id": "a", "effect": "permit", "reason": ""}}),
    "duration is text": answer({**RESULT, "outcome": {"status": "ok", "duration_ms": "1"}}),
    "labels is an object": answer({**RESULT, "frame": {**RESULT["frame"], "labels": {}}}),
    "a label is text": answer({**RESULT, "frame": {**RESULT["frame"], "labels": ["x"]}}),
    "replayed is 1": answer({**RESULT, "replayed": 1}),
    "HTML": answer(b"<html>", kind="text/html"),
    "no type": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "an error that is no problem": answer({"error": "no"}, 500),
    "an HTML error": answer(b"<h1>502</h1>", 502, "text/html"),
    "a redirect": answer(b"", 302, "text/plain", "Location: http://127.0.0.1:1/\r\n"),
    "huge, it says": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n",
    "deep": answer(deep(100).encode()),
    "very deep": answer(deep(200_000).encode()),
    "a refusal that permits": answer(
        {"type": "x", "title": "x", "status": 400, "code": "invalid_action", "retry": "never", "result": RESULT},
        400,
        "application/problem+json",
    ),
}


def flood(sock, request):
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    while True:
        sock.sendall(chunk)


def drip(sock, request):
    for byte in answer(RESULT):
        sock.sendall(bytes([byte]))
        time.sleep(0.05)


def silence(sock, request):
    time.sleep(60)


class Hostile(unittest.TestCase):
    def test_every_answer_that_is_not_one_is_a_bad_response(self):
        for name, reply in {**HOSTILE, "flood": flood}.items():
            with self.subTest(name), Server({"POST /v1/submit": reply}) as server, kernel(server) as k:
                with self.assertRaises(Unavailable) as raised:
                    k.submit("fs.read", "a")
                if name != "nothing":
                    self.assertIsInstance(raised.exception, BadResponse)
                self.assertEqual(raised.exception.retry, "never", "a submit may have happened")

    def test_the_same_in_asyncio(self):
        async def run(server):
            async with await create_async_kernel(url=server.url, api_key=KEY, timeout=60.0) as k:
                await k.submit("fs.read", "a")

        for name, reply in {**HOSTILE, "flood": flood}.items():
            with self.subTest(name), Server({"POST /v1/submit": reply}) as server:
                with self.assertRaises(Unavailable) as raised:
                    asyncio.run(run(server))
                self.assertEqual(raised.exception.retry, "never")

    def test_slow_answers_end_at_the_deadline_of_the_whole_call(self):
        for reply in (drip, silence):
            with Server({"POST /v1/submit": reply}) as server:
                k = kernel(server)
                # From here on: the session had all the time that it wanted. What drips would come in the end, and pass for an answer.
                k._transport.timeout = 1.0
                with self.assertRaises(DeadlineExceeded) as raised:
                    k.submit("fs.read", "a")
                self.assertIsInstance(raised.exception, TimeoutError)
                self.assertEqual(raised.exception.retry, "never")

                async def run(url):
                    kernel = await create_async_kernel(url=url, api_key=KEY)
                    kernel._transport.timeout = 1.0
                    with self.assertRaises(DeadlineExceeded):
                        await kernel.submit("fs.read", "a")

                asyncio.run(run(server.url))

    def test_a_connection_is_not_used_again_after_doubt(self):
        replies = [answer(b"[1"), answer(RESULT)]
        with Server({"POST /v1/submit": lambda s, r: replies.pop(0)}) as server, kernel(server) as k:
            with self.assertRaises(BadResponse):
                k.submit("fs.read", "a")
            self.assertEqual(k.submit("fs.read", "b").data, "hello")
        # An answer that reads as one, whatever its JSON, leaves the connection in order.
        self.assertEqual(server.connections, 1)
        replies = [answer(RESULT) + b"HTTP/1.1 200 OK", answer(RESULT)]
        with Server({"POST /v1/submit": lambda s, r: replies.pop(0)}) as server, kernel(server) as k:
            with self.assertRaises(BadResponse):
                k.submit("fs.read", "a")
            self.assertEqual(k.submit("fs.read", "b").data, "hello")
        self.assertEqual(server.connections, 2)

    def test_an_answer_nobody_asked_for_ends_the_connection(self):
        poison = {**RESULT, "frame": {**RESULT["frame"], "data": "poison"}}

        taken = threading.Event()

        def twice(sock, request):
            sock.sendall(answer(RESULT))
            taken.wait(60)
            return answer(poison)

        with Server({"POST /v1/submit": twice}) as server, kernel(server) as k:
            self.assertEqual(k.submit("fs.read", "a").data, "hello")
            taken.set()
            # Once it is there; what comes when the next is under way, nobody can tell from an answer.
            select.select([k._transport._idle[0].socket], [], [])
            taken.clear()
            self.assertEqual(k.submit("fs.read", "b").data, "hello")
            taken.set()

    def test_an_explanation_of_something_else(self):
        other = {
            "id": "act_2", "view": "requester", "action": "fs.read", "principal": "local", "at": "x",
            "effect": "deny", "code": "c", "reason": "r",
        }  # fmt: skip
        with Server({"GET /v1/explain/act_1": answer(other)}) as server, kernel(server) as k:
            with self.assertRaises(BadResponse):
                k.explain("act_1")

    def test_an_id_cannot_leave_its_path_segment(self):
        with Server() as server, kernel(server) as k:
            for id in ("../policy", "a/b", "?x", "#", "a b\r\nX: y", "..", "", "\ud800"):
                with self.assertRaises(NotFound):
                    k.explain(id)
            paths = [r.path for r in server.requests[1:]]
        for path in paths:
            self.assertRegex(path, r"^/v1/explain/[A-Za-z0-9%_.~-]+$")
            self.assertNotIn(path.rsplit("/", 1)[1], (".", "..", ""))


class Problems(unittest.TestCase):
    def raised(self, code, status, **more):
        with Server({"POST /v1/submit": problem(code, status, **more)}) as server, kernel(server) as k:
            with self.assertRaises(Exception) as caught:
                k.submit("fs.read", "a")
            return caught.exception

    def test_each_problem_is_the_exception_of_its_code(self):
        self.assertIsInstance(self.raised("unauthenticated", 401), Unauthenticated)
        self.assertIsInstance(self.raised("unauthenticated", 401), ValueError)
        self.assertIsInstance(self.raised("forbidden", 403), Forbidden)
        self.assertIsInstance(self.raised("principal_mismatch", 403), PermissionError)
        self.assertIsInstance(self.raised("unknown_session", 404), LookupError)
        self.assertIsInstance(self.raised("too_large", 413), MalformedRequest)
        self.assertIsInstance(self.raised("draining", 503), ConnectionError)
        error = self.raised("too_many_requests", 429, retry="later", retry_after=1.5, detail="slow down")
        self.assertIsInstance(error, RequestFailed)
        self.assertEqual((error.retry, error.retry_after, error.reason, error.status), ("later", 1.5, "slow down", 429))

    def test_a_code_of_a_newer_sidecar_is_read_by_its_status(self):
        self.assertIsInstance(self.raised("brand_new", 403), Forbidden)
        self.assertIsInstance(self.raised("brand_new", 404), NotFound)
        self.assertIsInstance(self.raised("brand_new", 400), InvalidInput)
        self.assertIsInstance(self.raised("brand_new", 500), RequestFailed)

    def test_a_refusal_at_admission_is_a_value(self):
        denied = {**RESULT, "decision": {"id": "a", "effect": "deny", "code": "invalid_resource", "reason": "r"}}
        del denied["frame"]
        reply = problem("invalid_resource", 400, result=denied)
        with Server({"POST /v1/submit": reply, "POST /v1/decide": reply}) as server, kernel(server) as k:
            self.assertEqual(k.submit("fs.read", "\0").decision.code, "invalid_resource")
            with self.assertRaises(MalformedRequest) as raised:
                k.check("fs.read", "\0")
            self.assertIsInstance(raised.exception, ValueError)
            self.assertEqual(raised.exception.decision.id, "a")


class Nobody(unittest.TestCase):
    def at_once(self, url):
        started = time.monotonic()
        with self.assertRaises(ConnectionError) as raised:
            create_kernel(url=url, api_key=KEY)
        self.assertLess(time.monotonic() - started, 15)
        self.assertIn("portcullis serve", str(raised.exception))
        return raised.exception

    def test_no_sidecar_is_a_connection_error_at_once(self):
        self.at_once("http://127.0.0.1:1")
        self.at_once("unix:/nonexistent/portcullis.sock")

    def test_a_stale_socket_file(self):
        with Server(unix=True, leave_file=True) as server:
            pass
        self.assertIn("stale", str(self.at_once(server.url)))
        server.remove_file()

    def test_asyncio_too(self):
        with self.assertRaises(ConnectionError):
            asyncio.run(create_async_kernel(url="http://127.0.0.1:1", api_key=KEY))
        with self.assertRaises(ConnectionError):
            asyncio.run(create_async_kernel(url="unix:/nonexistent/portcullis.sock", api_key=KEY))


class Connections(unittest.TestCase):
    ON = {"POST /v1/submit": answer(RESULT), "GET /v1/status": problem("forbidden", 403)}

    def test_connections_are_kept_over_both_kinds_of_socket(self):
        for unix in (False, True):
            with Server(self.ON, unix=unix) as server, kernel(server) as k:
                for _ in range(20):
                    self.assertTrue(k.submit("fs.read", "a").ok)
                self.assertEqual(server.connections, 1)

    def test_the_server_says_how_long_a_connection_lives(self):
        on = {"POST /v1/submit": answer(RESULT, extra="Keep-Alive: timeout=1\r\n")}
        with Server(on) as server, kernel(server) as k:
            k.submit("fs.read", "a")
            k.submit("fs.read", "a")
            self.assertEqual(server.connections, 2)

    def test_a_restart_between_calls_goes_unnoticed(self):
        with Server(self.ON) as server, kernel(server) as k:
            k.submit("fs.read", "a")
            server.drop_connections()
            select.select([k._transport._idle[0].socket], [], [])
            self.assertTrue(k.submit("fs.read", "a").ok)

    def test_killed_in_the_middle_of_a_submit_is_never_sent_again(self):
        on = {"POST /v1/submit": lambda sock, request: sock.shutdown(socket.SHUT_RDWR)}
        with Server(on) as server, kernel(server) as k:
            with self.assertRaises(Unavailable) as raised:
                k.submit("fs.write", "a")
            self.assertEqual(raised.exception.retry, "never")
            self.assertEqual(sum(r.path == "/v1/submit" for r in server.requests), 1)

    def test_what_cannot_happen_twice_is_asked_again_once(self):
        times = []

        def once(sock, request):
            times.append(1)
            return sock.shutdown(socket.SHUT_RDWR) if len(times) == 1 else answer(RESULT)

        with Server({"POST /v1/submit": once}) as server, kernel(server) as k:
            self.assertTrue(k.submit("fs.write", "a", idempotency_key="key").ok)
            self.assertEqual(len(times), 2)

    def test_a_body_that_the_server_refuses_early(self):
        refusal = problem("too_large", 413)
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(4)

        def serve():
            sock, _ = listener.accept()
            with sock:
                sock.recv(10)
                sock.sendall(answer(SESSION, 201, extra="Connection: close\r\n"))
            sock, _ = listener.accept()
            with sock:
                sock.recv(100)
                sock.sendall(refusal)
                sock.shutdown(socket.SHUT_WR)
                sock.settimeout(2)
                try:  # A server drains for a moment, so that the answer is not lost to a reset.
                    while sock.recv(1 << 20):
                        pass
                except OSError:
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        k = create_kernel(url="http://127.0.0.1:%d" % listener.getsockname()[1], api_key=KEY, timeout=5)
        with self.assertRaises(MalformedRequest):
            k.submit("fs.write", "a", {"content": "x" * 8_000_000})
        listener.close()

    def test_sixty_four_threads_share_one_kernel(self):
        def echo(sock, request):
            data = request.json["resource"]
            return answer({**RESULT, "frame": {**RESULT["frame"], "data": data}})

        wrong = []
        with Server({"POST /v1/submit": echo}) as server, kernel(server) as k:

            def work(number):
                for i in range(25):
                    name = f"{number}/{i}"
                    if k.submit("fs.read", name).data != name:
                        wrong.append(name)

            threads = [threading.Thread(target=work, args=(n,)) for n in range(64)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(wrong, [])
            self.assertEqual(sum(r.path == "/v1/submit" for r in server.requests), 64 * 25)

    def test_threads_and_asyncio_beside_each_other(self):
        with Server(self.ON) as server, kernel(server) as k:

            async def tasks():
                async with await create_async_kernel(url=server.url, api_key=KEY) as other:
                    return await asyncio.gather(*[other.submit("fs.read", "a") for _ in range(50)])

            done = []
            threads = [
                threading.Thread(target=lambda: done.append(k.submit("fs.read", "a").ok)) for _ in range(16)
            ]
            for thread in threads:
                thread.start()
            results = asyncio.run(tasks())
            for thread in threads:
                thread.join()
            self.assertTrue(all(r.ok for r in results) and done == [True] * 16)

    def test_an_async_kernel_goes_on_in_another_loop(self):
        with Server(self.ON) as server:

            async def begin():
                k = await create_async_kernel(url=server.url, api_key=KEY)
                await k.submit("fs.read", "a")
                return k

            k = asyncio.run(begin())
            self.assertTrue(asyncio.run(k.submit("fs.read", "a")).ok)
            asyncio.run(k.close())

    def test_a_cancelled_task_leaves_no_half_answer_behind(self):
        replies = [silence, answer(RESULT)]

        def next_reply(sock, request):
            reply = replies.pop(0)
            return reply(sock, request) if callable(reply) else reply

        async def run(url):
            k = await create_async_kernel(url=url, api_key=KEY)
            asked = asyncio.ensure_future(k.submit("fs.read", "a"))
            while replies[0] is silence:
                await asyncio.sleep(0.01)
            asked.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await asked
            return await k.submit("fs.read", "b")

        with Server({"POST /v1/submit": next_reply}) as server:
            self.assertTrue(asyncio.run(run(server.url)).ok)

    @unittest.skipUnless(hasattr(signal, "pthread_kill"), "needs pthread_kill")
    def test_a_signal_in_the_middle_of_a_call(self):
        class Interrupted(Exception):
            pass

        def interrupt(*_):
            raise Interrupted

        def interrupts(sock, request):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)
            silence(sock, request)

        replies = [interrupts, answer(RESULT)]

        def next_reply(sock, request):
            reply = replies.pop(0)
            return reply(sock, request) if callable(reply) else reply

        with Server({"POST /v1/submit": next_reply}) as server, kernel(server) as k:
            before = signal.signal(signal.SIGALRM, interrupt)
            try:
                with self.assertRaises(Interrupted):
                    k.submit("fs.read", "a")
            finally:
                signal.signal(signal.SIGALRM, before)
            self.assertTrue(k.submit("fs.read", "b").ok)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_forked_child_takes_connections_of_its_own(self):
        def echo(sock, request):
            data = request.json["resource"]
            return answer({**RESULT, "frame": {**RESULT["frame"], "data": data}})

        with Server({"POST /v1/submit": echo}) as server, kernel(server) as k:
            self.assertEqual(k.submit("fs.read", "parent").data, "parent")
            read, write = os.pipe()
            pid = os.fork()
            if pid == 0:
                try:
                    same = all(k.submit("fs.read", f"child{i}").data == f"child{i}" for i in range(10))
                    k.close()
                    os.write(write, b"y" if same else b"n")
                finally:
                    os._exit(0)
            for i in range(10):
                self.assertEqual(k.submit("fs.read", f"parent{i}").data, f"parent{i}")
            os.waitpid(pid, 0)
            self.assertEqual(os.read(read, 1), b"y")
            os.close(read)
            os.close(write)
            self.assertEqual(server.connections, 2)
            self.assertFalse(any(r.method == "DELETE" for r in server.requests), "the session is the parent's")

    def test_after_close(self):
        with Server(self.ON) as server:
            k = kernel(server)
            k.close()
            k.close()
            with self.assertRaises(Unavailable):
                k.submit("fs.read", "a")
            self.assertEqual([r.method for r in server.requests].count("DELETE"), 1)


class Events(unittest.TestCase):
    HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    def chunk(self, data):
        return b"%x\r\n%b\r\n" % (len(data), data)

    def collect(self, reply, count):
        with Server({"GET /v1/events?after=4": reply}) as server, kernel(server) as k:
            found = []
            for event in k.events(after=4):
                found.append(event)
                if len(found) == count:
                    break

            async def run():
                async with await create_async_kernel(url=server.url, api_key=KEY) as other:
                    also = []
                    async for event in other.events(after=4):
                        also.append(event)
                        if len(also) == count:
                            break
                    return also

            self.assertEqual(asyncio.run(run()), found)
            return found

    def test_events_however_they_are_cut(self):
        def reply(sock, request):
            text = b""
            for seq in (5, 6):
                text += b": beat\r\n\r\nid: 1\ndata: {\"seq\": %d, \"type\": \"x\",\ndata: \"at\": \"t\"}\n\n" % seq
            sock.sendall(self.HEAD)
            for byte in text:
                sock.sendall(self.chunk(bytes([byte])))
            time.sleep(1)

        self.assertEqual([e["seq"] for e in self.collect(reply, 2)], [5, 6])

    def test_a_silent_stream(self):
        def quiet(sock, request):
            sock.sendall(self.HEAD)
            time.sleep(60)

        with Server({"GET /v1/events": quiet}) as server, kernel(server) as k:
            with mock.patch("portcullis.kernel.blocking.MAX_SILENCE", 0.2), self.assertRaises(DeadlineExceeded):
                next(iter(k.events()))

            async def run():
                async with await create_async_kernel(url=server.url, api_key=KEY) as other:
                    with mock.patch("portcullis.kernel.aio.MAX_SILENCE", 0.2), self.assertRaises(DeadlineExceeded):
                        async for _ in other.events():
                            pass

            asyncio.run(run())

    def test_a_refusal_of_a_stream_that_drips_has_the_time_of_a_request(self):
        def head(sock, request):
            drops(sock, b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000)

        def refusal(sock, request):
            sock.sendall(b"HTTP/1.1 403 X\r\nContent-Length: 1000\r\n\r\n")
            drops(sock, b" " * 1000)

        def drops(sock, text):
            with contextlib.suppress(OSError):
                for byte in text:
                    sock.sendall(bytes([byte]))
                    time.sleep(0.02)

        for reply in (head, refusal):
            with Server({"GET /v1/events": reply}) as server, kernel(server) as k:
                k._transport.timeout = 1.0
                # What drips ends in the end, and then it is another error.
                with self.assertRaises(DeadlineExceeded):
                    next(iter(k.events()))

                async def run():
                    async with await create_async_kernel(url=server.url, api_key=KEY) as other:
                        other._transport.timeout = 1.0
                        async for _ in other.events():
                            pass

                with self.assertRaises(DeadlineExceeded):
                    asyncio.run(run())

    def test_streams_that_are_none_in_asyncio(self):
        async def run(url):
            async with await create_async_kernel(url=url, api_key=KEY) as k:
                async for _ in k.events():
                    pass

        cut = lambda sock, request: sock.sendall(self.HEAD)  # noqa: E731
        for reply, kind in ((self.HEAD + self.chunk(b"data: []\n\n"), BadResponse), (problem("forbidden", 403), Forbidden), (cut, Unavailable)):
            with Server({"GET /v1/events": reply}) as server, self.assertRaises(kind):
                asyncio.run(run(server.url))

    def test_streams_that_are_none(self):
        big = b"data: " + b"x" * 2_000_000
        for body in (b"data: nope\n\n", b"data: []\n\n", b'data: {"seq": "1"}\n\n', big):
            reply = self.HEAD + self.chunk(body)
            with Server({"GET /v1/events": reply}) as server, kernel(server) as k, self.assertRaises(BadResponse):
                next(iter(k.events()))
        with Server({"GET /v1/events": problem("forbidden", 403)}) as server, kernel(server) as k:
            with self.assertRaises(Forbidden):
                next(iter(k.events()))
        cut = lambda sock, request: sock.sendall(self.HEAD)  # noqa: E731
        with Server({"GET /v1/events": cut}) as server, kernel(server) as k, self.assertRaises(Unavailable):
            next(iter(k.events()))


class Arguments(unittest.TestCase):
    def test_what_json_has_no_word_for_never_leaves(self):
        loop = []
        loop.append(loop)
        nested = {}
        for _ in range(100):
            nested = {"a": nested}
        bad = [b"bytes", {1, 2}, float("nan"), float("inf"), object(), 1j, loop, nested, {1: "a"}, {None: 1}, {True: 1}]
        with Server({"POST /v1/submit": answer(RESULT)}) as server, kernel(server) as k:
            for value in bad:
                with self.subTest(type(value)), self.assertRaises(MalformedRequest) as raised:
                    k.submit("fs.write", "a", {"content": value})
                self.assertIsInstance(raised.exception, ValueError)
            self.assertFalse(any(r.path == "/v1/submit" for r in server.requests))

    def test_what_it_has_arrives_exactly(self):
        params = {"é": ["\u2028", "\x00", "\U0001f600", 1, 1.5, True, None, {"": {}}], "t": (1, 2), "n": 2**53}
        with Server({"POST /v1/submit": answer(RESULT)}) as server, kernel(server) as k:
            k.submit("x.y", None, params)
            sent = server.requests[-1].json["params"]
        self.assertEqual(sent, {**params, "t": [1, 2]})

    def test_a_lone_surrogate_arrives_for_the_gate_to_refuse(self):
        with Server({"POST /v1/submit": answer(RESULT)}) as server, kernel(server) as k:
            k.submit("x.y", "\ud800")
            self.assertIn(b"\\ud800", server.requests[-1].body)

    def test_settings_that_cannot_be_meant(self):
        bad = [
            {"url": "ftp://x"},
            {"url": "http://example.com"},
            {"url": "http://127.evil.com"},
            {"url": "http://user:pw@127.0.0.1"},
            {"url": "http://127.0.0.1/?q"},
            {"url": "http://127.0.0.1:99999"},
            {"url": "http://127.0.0.1\r\nX: y"},
            {"url": "unix:relative"},
            {"url": "unix:/" + "a" * 200},
            {"url": 7},
            {"api_key": "has space"},
            {"api_key": "line\r\nbreak"},
            {"api_key": "ключ"},
            {"api_key": "k" * 5000},
            {"timeout": 0},
            {"timeout": -1},
            {"timeout": float("nan")},
            {"timeout": float("inf")},
            {"timeout": True},
            {"timeout": "5"},
            {"mode": "embedded"},
            {"mode": "local", "url": "http://127.0.0.1:1"},
        ]
        for settings in bad:
            with self.subTest(str(settings)[:60]), self.assertRaises(ValueError):
                create_kernel(**{"url": "http://127.0.0.1:1", "api_key": KEY, **settings})


class Session(unittest.TestCase):
    def test_a_clean_session_is_opened_used_and_closed(self):
        with Server({"POST /v1/submit": answer(RESULT)}) as server:
            with kernel(server, preset="safe-research", label="run 1") as k:
                self.assertEqual((k.session_id, k.principal), ("ses_1", "local"))
                k.submit("fs.read", "a")
            first, second, last = server.requests
        self.assertEqual(first.json, {"preset": "safe-research", "label": "run 1"})
        self.assertEqual(second.json["session"], "ses_1")
        self.assertEqual((last.method, last.path), ("DELETE", "/v1/sessions/ses_1"))
        self.assertEqual(first.headers["authorization"], "Bearer " + KEY)

    def test_a_key_that_may_not_open_any_has_its_standing_one(self):
        on = {"POST /v1/sessions": problem("forbidden", 403), "POST /v1/submit": answer(RESULT)}
        with Server(on) as server, kernel(server) as k:
            k.submit("fs.read", "a")
            self.assertNotIn("session", server.requests[-1].json)
            with self.assertRaises(Forbidden):
                kernel(server, preset="strict")

    def test_a_session_is_joined_and_left_open(self):
        with Server({"GET /v1/sessions/ses_1": answer(SESSION)}) as server:
            kernel(server, session="ses_1").close()
            self.assertEqual([r.method for r in server.requests], ["GET"])
            with self.assertRaises(LookupError):
                kernel(server, session="ses_2")
            with self.assertRaises(Forbidden) as raised:
                kernel(server, session="ses_1", principal="other")
            self.assertEqual(raised.exception.code, "principal_mismatch")

    def test_an_unknown_preset_is_a_value_error(self):
        with Server({"POST /v1/sessions": problem("not_found", 404)}) as server, self.assertRaises(ValueError):
            kernel(server, preset="no-such")

    def test_a_principal_is_asserted_with_the_session_and_every_request(self):
        with Server({"POST /v1/submit": answer(RESULT)}) as server, kernel(server, principal="local") as k:
            self.assertEqual(server.requests[-1].json, {"context": {"principal": "local"}})
            k.submit("fs.read", "a", context={"ip": "10.0.0.1"})
            sent = server.requests[-1].json
            self.assertEqual((sent["session"], sent["context"]), ("ses_1", {"principal": "local", "ip": "10.0.0.1"}))
            k.submit("fs.read", "a", context={"principal": "other"})
            sent = server.requests[-1].json
            self.assertEqual(sent["context"], {"principal": "other"})
            self.assertNotIn("session", sent, "the session is another principal's")

    def test_the_own_principal_named_in_a_request_stays_in_the_session(self):
        with Server({"POST /v1/submit": answer(RESULT)}) as server, kernel(server) as k:
            k.submit("fs.read", "a", context={"principal": "local"})
            self.assertEqual(server.requests[-1].json["session"], "ses_1")
            k.submit("fs.read", "a", context={"on_behalf_of": "alice"})
            self.assertNotIn("session", server.requests[-1].json)

    def test_a_principal_that_may_not_be_asserted(self):
        with Server({"POST /v1/sessions": problem("principal_mismatch", 403)}) as server:
            with self.assertRaises(Forbidden) as raised:
                kernel(server, principal="bot-2")
            self.assertEqual(raised.exception.code, "principal_mismatch")

    def test_without_sessions_a_principal_is_tried_before_the_first_action(self):
        denied = {**RESULT, "decision": {"id": "a", "effect": "deny", "code": "principal_mismatch", "reason": ""}}
        unknown = {**RESULT, "decision": {"id": "a", "effect": "deny", "code": "unknown_action", "reason": ""}}
        on = {"POST /v1/sessions": problem("forbidden", 403), "POST /v1/submit": answer(RESULT)}
        with Server({**on, "POST /v1/decide": problem("principal_mismatch", 403, result=denied)}) as server:
            with self.assertRaises(Forbidden):
                kernel(server, principal="bot-2")
        with Server({**on, "POST /v1/decide": answer(unknown)}) as server, kernel(server, principal="bot-2") as k:
            self.assertEqual(k.principal, "bot-2")
            k.submit("fs.read", "a")
            self.assertEqual(server.requests[-1].json["context"], {"principal": "bot-2"})


class Approvals(unittest.TestCase):
    REF = {"id": "act_9", "status": "open", "expires": 1}
    HELD = {
        **RESULT,
        "decision": {"id": "act_9", "effect": "require_approval", "code": "approval_required", "reason": "r"},
        "approval": REF,
    }
    VIEW = {
        **REF,
        "action": {"name": "fs.write", "resource": "/a", "params": {"content": "x"}},
        "principal": "bot-1",
        "session": "ses_1",
        "requested": "2026-01-05T12:00:00Z",
        "labels": [],
        "asks": [],
        "answers": [],
        "steps": [],
        "offers": {"action": "fs.write", "resource": "/a", "uses": 10},
        "answerable": True,
    }
    NO = {**RESULT, "decision": {"id": "act_10", "effect": "deny", "code": "approval_denied", "reason": "r"}}

    def script(self, answerable=True):
        said = []

        def answered(sock, request):
            said.append(request.json)
            return answer(self.VIEW)

        def resumed(sock, request):
            return answer(RESULT if said[-1]["decision"] == "approve" else self.NO)

        self.said = said
        return {
            "POST /v1/submit": answer(self.HELD),
            "GET /v1/approvals/act_9": answer({**self.VIEW, "answerable": answerable}),
            "POST /v1/approvals/act_9": answered,
            "POST /v1/approvals/act_9/resume": resumed,
        }

    def run_with(self, handler, answerable=True, **more):
        with Server(self.script(answerable)) as server, kernel(server, on_approval=handler, **more) as k:
            try:
                return k.submit("fs.write", "a", {"content": "x"})
            except Exception as error:
                return error

    def test_yes_approves_and_takes_the_held_action_up_again(self):
        seen = []
        result = self.run_with(lambda call, decision: seen.append((call, decision)) or True)
        self.assertTrue(result.ok)
        self.assertEqual((seen[0][0]["action"], seen[0][0]["resource"]), ("fs.write", "/a"))
        self.assertEqual(seen[0][1]["id"], "act_9")
        self.assertEqual(self.said, [{"decision": "approve"}])

    def test_asyncio(self):
        async def yes(call, decision):
            await asyncio.sleep(0)
            return True

        async def slow(call, decision):
            await asyncio.sleep(30)
            return True

        async def stubborn(call, decision):
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                return True

        def blocking(call, decision):
            time.sleep(0.1)
            return True

        def boom(call, decision):
            raise RuntimeError

        async def run(url):
            codes = []
            no = lambda call, decision: "yes"  # noqa: E731
            in_time = [(one, 60) for one in (None, yes, lambda call, decision: True, no)]
            late = [(one, 0.05) for one in (slow, stubborn, blocking)]
            for handler, time_ in in_time + late:
                made = create_async_kernel(url=url, api_key=KEY, on_approval=handler, approval_timeout=time_)
                async with await made as k:
                    codes.append((await k.submit("fs.write", "a")).decision.code)
            async with await create_async_kernel(url=url, api_key=KEY, on_approval=boom) as k:
                with self.assertRaises(ApprovalRequiredError):
                    await k.submit("fs.write", "a")
            return codes

        with Server(self.script()) as server:
            codes = asyncio.run(run(server.url))
        self.assertEqual(codes, ["approval_required", *["permitted"] * 2, *["approval_denied"] * 4])
        self.assertEqual([one["decision"] for one in self.said], ["approve"] * 2 + ["deny"] * 5)

    def test_a_coroutine_answers_without_a_loop_too(self):
        async def yes(call, decision):
            await asyncio.sleep(0)
            return True

        async def slow(call, decision):
            await asyncio.sleep(30)
            return True

        self.assertTrue(self.run_with(yes).ok)
        self.assertEqual(self.run_with(slow, approval_timeout=0.05).decision.code, "approval_denied")

    def test_anything_but_true_is_no(self):
        for value in (False, None, 1, "yes"):
            result = self.run_with(lambda call, decision, value=value: value)
            self.assertEqual(result.decision.code, "approval_denied")
            self.assertEqual([one["decision"] for one in self.said], ["deny"])

    def test_a_handler_that_throws_denies(self):
        def handler(call, decision):
            raise RuntimeError("boom")

        error = self.run_with(handler)
        self.assertIsInstance(error, ApprovalRequiredError)
        self.assertIsInstance(error.__cause__, RuntimeError)
        self.assertEqual(self.said, [{"decision": "deny", "reason": "the handler failed"}])

    def test_a_handler_that_is_not_done_in_time_denies(self):
        release = threading.Event()
        self.addCleanup(release.set)
        result = self.run_with(lambda call, decision: release.wait(30), approval_timeout=0.05)
        self.assertEqual(result.decision.code, "approval_denied")
        self.assertEqual(self.said, [{"decision": "deny", "reason": "the handler did not answer in time"}])
        for wrong in (0, -1, "1", True, float("nan")):
            self.assertIsInstance(self.run_with_options(wrong), ValueError)

    def run_with_options(self, timeout):
        with Server(self.script()) as server:
            try:
                return kernel(server, approval_timeout=timeout)
            except ValueError as error:
                return error

    def test_what_others_have_to_approve_is_not_asked(self):
        asked = []
        result = self.run_with(lambda call, decision: asked.append(call) or True, answerable=False)
        self.assertEqual((result.decision.code, asked, self.said), ("approval_required", [], []))

    def test_a_handler_that_hangs_holds_up_only_its_own_thread(self):
        release = threading.Event()

        def submit(sock, request):
            return answer(self.HELD if request.json["resource"] == "held" else RESULT)

        with Server({**self.script(), "POST /v1/submit": submit}) as server:
            k = kernel(server, on_approval=lambda call, decision: release.wait(60) and False)
            thread = threading.Thread(target=k.submit, args=("fs.read", "held"))
            thread.start()
            self.assertTrue(k.submit("fs.read", "free").ok)
            release.set()
            thread.join()
            k.close()


if __name__ == "__main__":
    unittest.main()
