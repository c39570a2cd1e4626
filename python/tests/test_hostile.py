"""A sidecar that lies or breaks off, and a program that is careless with its kernel: nothing opens, nothing is done twice."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import copy
import json
import os
import threading
import unittest

import test_faces as faces
import test_transport
from portcullis import (
    BadResponse,
    Gate,
    InvalidInput,
    PortcullisError,
    Unavailable,
    create_async_kernel,
    create_kernel,
    spawn_invalidation_listener,
)
from portcullis.kernel.connect import MAX_TIMEOUT
from portcullis.transport.http1 import Answer
from portcullis.types.approval import approval
from portcullis.types.grant import grant
from portcullis.types.result import result, stream_frame
from portcullis.types.session import session
from portcullis.verbs.refusal import raise_failure
from portcullis.wire.call import Call, value_of
from scripted import DECISION, RESULT, SESSION, Server, answer, problem

KEY = "pk_test"
HELD, VIEW, REF = (getattr(test_transport.Approvals, name) for name in ("HELD", "VIEW", "REF"))


def kernel(server, **more):
    return create_kernel(url=server.url, api_key=KEY, **more)


class Switches(unittest.TestCase):
    """What opens something is opened by True alone: a text is true as such, whatever it says."""

    TEXTS = ("deny", "false", "no", "", 1, 0, None, [], object())

    def test_an_answer_of_people(self):
        with Server() as server, kernel(server) as k:
            for given in self.TEXTS:
                with self.assertRaises(InvalidInput):
                    k.answer_approval("act_1", given)
                with self.assertRaises(InvalidInput):
                    k.resolve("act_1", happened=given)
                with self.assertRaises(InvalidInput):
                    k.redeem_permit("p", accept_observed=given)
            self.assertEqual(len(server.requests), 1)

    def test_observing(self):
        for given in self.TEXTS:
            with self.assertRaises(InvalidInput):
                Gate.from_dict({}, observe_only=given)

    def test_settings_that_no_socket_takes(self):
        for settings in (
            {"timeout": MAX_TIMEOUT * 2},
            {"url": "https://" + "a" * 64 + ".example"},
            {"url": "https://a..example"},
            {"on_approval": "yes"},
        ):
            with Server() as server, self.assertRaises(InvalidInput):
                create_kernel(**{"url": server.url, "api_key": KEY, **settings})


class Types(unittest.TestCase):
    #: A reader and an answer that it takes.
    ANSWERS = (
        (result, {**RESULT, "permit": "p", "approval": REF, "handle": "h"}),
        (result, HELD),
        (approval, {**VIEW, "chains": ["c"], "on_behalf_of": "u"}),
        (session, SESSION),
        (grant, {"decision": DECISION, "token": "t", "id": "grt_1", "expires": 1, "session": "ses_1"}),
        (stream_frame, {"seq": 0, "data": "x", "labels": [], "notes": [], "bytes": 1, "final": True, "result": RESULT}),
    )
    OTHERS = [None, True, False, 0, -1, 1.5, 1e308, 10**300, "", "x", "\ud800", [], [[]], {}, {"a": 1}, {"effect": "permit"}]

    def places(self, document, path=()):
        yield path
        items = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
        for name, inner in items:
            yield from self.places(inner, (*path, name))

    def changed(self, document, path, value):
        if not path:
            return value
        whole = copy.deepcopy(document)
        at = whole
        for name in path[:-1]:
            at = at[name]
        at[path[-1]] = value
        return whole

    def read(self, reader, document):
        headers = {b"content-type": b"application/json"}
        return value_of(Call("POST", "/", None, reader), 200, headers, json.dumps(document).encode())

    def test_any_other_value_anywhere_is_read_or_refused_and_permits_nothing_more(self):
        for reader, document in self.ANSWERS:
            self.read(reader, document)
            for path in self.places(document):
                for other in self.OTHERS:
                    try:
                        came = self.read(reader, self.changed(document, path, other))
                    except BadResponse:
                        continue
                    repr(came)
                    if reader is result and path[:2] == ("decision", "effect"):
                        self.assertFalse(came.decision.is_permit, other)
                    if reader is result:
                        try:
                            raise_failure(came)
                        except PortcullisError:
                            continue
                        self.assertTrue(came.decision.is_permit and came.outcome.status == "ok")

    def test_numbers_that_are_none(self):
        headers = {b"content-type": b"application/json"}
        for number in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"9" * 401, b"+1", b"01", b"0x1"):
            with self.assertRaises(BadResponse):
                value_of(Call("GET", "/"), 200, headers, b'{"a":[' + number + b"]}")
        self.assertEqual(value_of(Call("GET", "/"), 200, headers, b'{"a":[1.5e3]}'), {"a": [1500.0]})

    def test_depth(self):
        headers = {b"content-type": b"application/json"}
        for depth in (65, 1_000, 100_000):
            for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
                with self.assertRaises(BadResponse):
                    value_of(Call("GET", "/"), 200, headers, opening * depth + b"1" + closing * depth)


class Counted(bytes):
    """Counts the bytes that are cut out of it, and out of what was cut out of it."""

    copied = 0

    def __getitem__(self, key):
        found = Counted(super().__getitem__(key))
        Counted.copied += len(found)
        return found


class Linear(unittest.TestCase):
    def test_many_small_chunks_are_not_copied_for_each_other(self):
        data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 5_000 + b"0\r\n\r\n"
        Counted.copied = 0
        read = Answer(1 << 20)
        read.feed(Counted(data))
        self.assertTrue(read.done)
        self.assertEqual(read.take(), b"a" * 5_000)
        self.assertLess(Counted.copied, 2 * len(data))


#: Asked again by itself where the connection breaks before a byte of the answer. All others are sent once.
REPEATED = set(
    "approval approvals attenuate budgets capabilities check_policy checkpoint close_session declassify endorse explain"
    " freeze grants invalidate invalidations journal policy proof record register_capability replace_policy replace_scope"
    " request_capabilities revoke revoke_grant session status verify verify_permit".split()
)


class Once(unittest.TestCase):
    def test_what_could_happen_twice_is_sent_once(self):
        """Each verb on a kept connection, which is where anything is sent again, to a server that reads and hangs up."""

        def hang_up(_sock, _request):
            return None

        for verb in faces.VERBS:
            stream = verb.endswith("_stream") or verb == "events"
            args, kwargs = faces.arguments(verb, only_needed=not stream)
            with self.subTest(verb), Server({"*": hang_up}) as server:
                k = kernel(server)
                server.requests.clear()
                server.on = {"*": hang_up}
                with self.assertRaises(Unavailable):
                    came = getattr(k, verb)(*args, **kwargs)
                    list(came if stream else ())
                self.assertEqual(len(server.requests), 2 if verb in REPEATED else 1)
                k._transport.close()

    def test_a_handler_is_asked_once_however_often_the_sidecar_holds_a_stream(self):
        asked = []
        on = {
            "POST /v1/submit": problem("approval_required", 403, result=HELD),
            "GET /v1/approvals/act_9": answer(VIEW),
            "POST /v1/approvals/act_9": answer(VIEW),
        }
        with Server(on) as server, kernel(server, on_approval=lambda call, decision: asked.append(call) or True) as k:
            frames = list(k.submit_stream("fs.write"))
        self.assertEqual((len(frames), len(asked)), (1, 1))
        self.assertEqual(frames[-1].result.decision.effect, "require_approval")


class Cancelled(unittest.TestCase):
    def test_every_verb_in_the_middle(self):
        """The request is there, the answer is not: the cancellation comes out, the connection is used no more."""

        async def cancel(url, came, verb, args, kwargs):
            k = await create_async_kernel(url=url, api_key=KEY)
            answer_ = getattr(k, verb)(*args, **kwargs)
            task = asyncio.ensure_future(answer_.__anext__() if hasattr(answer_, "__anext__") else answer_)
            await asyncio.get_running_loop().run_in_executor(None, came.acquire)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual([one for kept in k._transport._idle.values() for one in kept if one.reused], [])
            return (await k.submit("b")).ok

        for verb in faces.VERBS:
            came, release = threading.Semaphore(0), threading.Event()
            args, kwargs = faces.arguments(verb, only_needed=True)
            first = []

            def once(sock, request, came=came, release=release, first=first):
                if request.path == "/v1/sessions" and not server.opened:
                    server.opened = True
                    return answer(SESSION, 201)
                if not first:
                    first.append(request)
                    came.release()
                    release.wait(60)
                    return None
                return answer(RESULT)

            with self.subTest(verb), Server({"*": once}) as server:
                server.opened = False
                server.on.pop("POST /v1/sessions")
                try:
                    self.assertTrue(asyncio.run(cancel(server.url, came, verb, args, kwargs)))
                finally:
                    release.set()

    def test_a_handler_that_cancels_itself_denies(self):
        async def handler(call, decision):
            raise asyncio.CancelledError

        said = []
        on = {
            "POST /v1/submit": answer(HELD),
            "GET /v1/approvals/act_9": answer(VIEW),
            "POST /v1/approvals/act_9": lambda sock, request: said.append(request.json) or answer(VIEW),
        }

        async def run(url):
            async with await create_async_kernel(url=url, api_key=KEY, on_approval=handler) as k:
                await k.submit("a")

        with Server(on) as server, self.assertRaises(PortcullisError):
            asyncio.run(run(server.url))
        self.assertEqual([one["decision"] for one in said], ["deny"])


class Loops(unittest.TestCase):
    def test_a_connection_goes_back_to_its_own_loop(self):
        """Two loops in two threads share a kernel: while one waits for its answer, the other one asks, and again afterwards."""
        waits, goes_on = threading.Event(), threading.Event()

        def reply(sock, request):
            if request.json["action"] == "slow":
                waits.set()
                goes_on.wait(60)
            return answer(RESULT)

        with Server({"POST /v1/submit": reply}) as server:
            k = asyncio.run(create_async_kernel(url=server.url, api_key=KEY))
            ended = threading.Event()
            came = []

            async def slow():
                came.append((await k.submit("slow")).ok)
                ended.set()
                # This loop stays, and turns no more: nobody reads for it what another one asks.
                await asyncio.get_running_loop().run_in_executor(None, more.wait, 60)

            async def quick():
                await k.submit("quick")
                goes_on.set()
                self.assertTrue(ended.wait(60))
                for _ in range(3):
                    came.append((await asyncio.wait_for(k.submit("quick"), 60)).ok)

            more = threading.Event()
            thread = threading.Thread(target=lambda: asyncio.run(slow()))
            thread.start()
            try:
                self.assertTrue(waits.wait(60))
                asyncio.run(quick())
            finally:
                goes_on.set()
                more.set()
                thread.join()
            self.assertEqual(came, [True] * 4)

    def test_closing_where_it_was_not_opened(self):
        async def joined(url):
            return await create_async_kernel(url=url, api_key=KEY, session="ses_1")

        with Server({"GET /v1/sessions/ses_1": answer(SESSION)}) as server:
            k = asyncio.run(joined(server.url))
            asyncio.run(k.close())
            with self.assertRaises(Unavailable):
                asyncio.run(k.submit("a"))

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_forked_child_leaves_the_loop_of_its_parent_alone(self):
        async def child(k):
            ok = (await k.submit("child")).ok
            await k.close()
            return ok

        async def parent(url):
            k = await create_async_kernel(url=url, api_key=KEY)
            await k.submit("parent")
            pid = os.fork()
            if pid == 0:
                ok = False
                try:
                    ok = asyncio.run(child(k))
                    k._transport._idle = None  # As at its end: what it inherited is let go of.
                finally:
                    os._exit(0 if ok else 1)
            status = await asyncio.get_running_loop().run_in_executor(None, os.waitpid, pid, 0)
            self.assertEqual(status[1], 0)
            # Over the connection that was there before.
            return (await asyncio.wait_for(k.submit("parent"), 60)).ok

        with Server({"POST /v1/submit": answer(RESULT)}) as server:
            self.assertTrue(asyncio.run(parent(server.url)))
            self.assertEqual(server.connections, 2)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_forked_child_that_closes_leaves_the_listener_of_its_parent_alone(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        text = b'data: {"seq":%d,"type":"invalidated","at":"x","target":"session","id":"%s","reason":"r","guard":"g","record":%d}\n\n'
        go = threading.Event()

        def events(sock, request):
            comment = b": hello\n\n"
            sock.sendall(head + b"%x\r\n%s\r\n" % (len(comment), comment))
            go.wait(60)
            event = text % (1, b"ses_over", 1)
            sock.sendall(b"%x\r\n%s\r\n" % (len(event), event))
            go.clear()
            go.wait(60)

        told, heard = [], threading.Event()
        on = {"GET /v1/events": events, "GET /v1/invalidations": answer({"invalidations": []})}
        with Server(on) as server:
            k = kernel(server)
            listener = spawn_invalidation_listener(k, lambda scope: told.append(scope.id) or heard.set())
            pid = os.fork()
            if pid == 0:
                try:
                    listener.abort()
                    k.close()
                finally:
                    os._exit(0)
            os.waitpid(pid, 0)
            go.set()
            self.assertTrue(heard.wait(60))
            self.assertEqual(told, ["ses_over"])
            self.assertEqual([r.path for r in server.requests].count("/v1/events"), 1)
            self.assertTrue(listener.running)
            listener.abort()
            go.set()


if __name__ == "__main__":
    unittest.main()
