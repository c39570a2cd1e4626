"""Keys and tokens stay out of what a program prints, logs, keeps or hands on: representations, tracebacks, messages, pickles."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import copy
import pickle
import traceback
import unittest

from portcullis import Grant, InvalidInput, Result, Unavailable, WebhookKey, create_async_kernel, create_kernel
from portcullis.compat.weaver import CapabilityToken
from portcullis.sidecar.discovery import discover
from portcullis.types.plain import plain
from portcullis.types.result import result
from portcullis.verbs import calls
from portcullis.wire.shape import read
from scripted import RESULT, SESSION, Server, answer, problem

KEY = "pk_canary_of_the_key"
CANARY = "pg1.canary_of_a_token"


def own_frames(error):
    """What a reporter shows that takes the variables along, of the package's frames."""
    shown = []
    while error is not None:
        for frame in traceback.TracebackException.from_exception(error, capture_locals=True).stack:
            if "/portcullis/" in frame.filename:
                shown.append(f"{frame.name} {frame.locals}")
        error = error.__cause__ or error.__context__
    return "\n".join(shown)


class Tracebacks(unittest.TestCase):
    BROKEN = {
        "dropped": lambda sock, request: None,
        "cut": lambda sock, request: answer(RESULT)[:-3] if sock.sendall(answer(RESULT)[:-3]) else None,
        "no HTTP": b"SSH-2.0-x\r\n",
        "refused": problem("forbidden", 403),
        "no JSON": answer(b"{"),
        "other types": answer({**RESULT, "mode": 1}),
    }

    def test_no_variable_of_ours_shows_the_key(self):
        for name, reply in self.BROKEN.items():
            for streams in (False, True):
                with self.subTest(name, streams=streams), Server({"POST /v1/submit": reply}) as server:
                    k = create_kernel(url=server.url, api_key=KEY)
                    with self.assertRaises(Exception) as raised:
                        list(k.submit_stream("a")) if streams else k.submit("a")
                    self.assertNotIn(KEY, own_frames(raised.exception))
                    self.assertNotIn(KEY, str(raised.exception))

    def test_nor_in_asyncio(self):
        async def ask(url):
            k = await create_async_kernel(url=url, api_key=KEY)
            await k.submit("a")

        for name, reply in self.BROKEN.items():
            with self.subTest(name), Server({"POST /v1/submit": reply}) as server:
                with self.assertRaises(Exception) as raised:
                    asyncio.run(ask(server.url))
                self.assertNotIn(KEY, own_frames(raised.exception))

    def test_who_cannot_connect_shows_it_under_its_own_name_only(self):
        with Server() as server:
            url = server.url
        with self.assertRaises(Unavailable) as raised:
            create_kernel(url=url, api_key=KEY)
        shown = own_frames(raised.exception).replace(f"""'api_key': "'{KEY}'\"""", "")
        self.assertNotIn(KEY, shown)

    def test_what_was_sent_shows_no_body(self):
        with Server({"POST /v1/invoke": lambda sock, request: None}) as server:
            k = create_kernel(url=server.url, api_key=KEY)
            with self.assertRaises(Unavailable) as raised:
                k.invoke(CANARY)
        shown = [line for line in own_frames(raised.exception).splitlines() if not line.startswith("invoke ")]
        self.assertTrue(shown)
        self.assertNotIn(CANARY, "\n".join(shown))


class Representations(unittest.TestCase):
    def test_what_is_itself_a_right_is_not_shown(self):
        grant = Grant(decision=read(result, RESULT).decision, token=CANARY, id="grt_1", session="ses_1")
        permitted = read(result, {**RESULT, "permit": CANARY})
        token = CapabilityToken("grt_1", "c", "p", None, {}, "act_1", CANARY)
        call = calls.invoke({"token": CANARY})
        found = discover("http://127.0.0.1:1", KEY)
        shown = [repr(one) for one in (grant, permitted, token, call, found, WebhookKey("k", secret=KEY))]
        for one in shown:
            self.assertNotIn("canary", one)
        self.assertIn("grt_1", shown[0])
        self.assertIn("token=<hidden>", shown[0])
        self.assertIn("permit=None", repr(read(result, RESULT)))
        self.assertEqual((grant.token, permitted.permit, token.signature), (CANARY,) * 3)

    def test_a_value_is_whole_where_it_is_asked_for(self):
        permitted = read(result, {**RESULT, "permit": CANARY})
        self.assertEqual(plain(permitted)["permit"], CANARY)
        self.assertEqual(pickle.loads(pickle.dumps(permitted)), permitted)
        self.assertIsInstance(permitted, Result)

    def test_a_password_in_a_url_is_not_repeated(self):
        for url in ("http://u:canary@127.0.0.1:99999", "http://u:canary@127.0.0.1", "u:canary@127.0.0.1", "http://u:canary//x@h:1",
                    "ftp://u:canary@h"):  # fmt: skip
            with self.assertRaises(InvalidInput) as raised:
                create_kernel(url=url, api_key=KEY)
            self.assertNotIn("canary", str(raised.exception))


class Copies(unittest.TestCase):
    def test_no_kernel_travels_with_its_key(self):
        async def opened(url):
            return await create_async_kernel(url=url, api_key=KEY)

        last = {"extra": "Connection: close\r\n"}
        with Server({"POST /v1/sessions": answer(SESSION, 201, **last)}) as server:
            for k in (create_kernel(url=server.url, api_key=KEY), asyncio.run(opened(server.url))):
                for one in (k, k._transport, k._transport._head):
                    for copied in (pickle.dumps, copy.deepcopy):
                        with self.assertRaises((TypeError, AttributeError)):
                            copied(one)


if __name__ == "__main__":
    unittest.main()
