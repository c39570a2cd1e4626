"""Proofs of possession: the text that is signed, and each verb that takes one, against a real sidecar."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import base64
import json
import os
import struct
import unittest

import node
from portcullis import InvalidInput, create_async_kernel, create_kernel
from portcullis.signing import ed25519
from portcullis.signing.proof import canonical

POLICY = {"rules": [{"name": "reads", "effect": "permit", "when": {"action": "fs.*", "resource": "{{start}}/**"}}]}


class Key:
    """Of somebody who has a library for it, played by the client's own arithmetic."""

    def __init__(self, seed):
        self._seed = seed
        self.raw = ed25519.public_key(seed)
        self.public = base64.urlsafe_b64encode(self.raw).rstrip(b"=").decode()

    def sign(self, message):
        return ed25519.sign(self._seed, message)


class Text(unittest.TestCase):
    def test_numbers_are_those_of_the_rfc(self):
        """RFC 8785, appendix B."""
        for bits, text in (
            (0x0000000000000000, "0"),
            (0x8000000000000000, "0"),
            (0x0000000000000001, "5e-324"),
            (0x8000000000000001, "-5e-324"),
            (0x7FEFFFFFFFFFFFFF, "1.7976931348623157e+308"),
            (0x4340000000000000, "9007199254740992"),
            (0xC340000000000000, "-9007199254740992"),
            (0x4430000000000000, "295147905179352830000"),
            (0x44B52D02C7E14AF5, "9.999999999999997e+22"),
            (0x44B52D02C7E14AF6, "1e+23"),
            (0x44B52D02C7E14AF7, "1.0000000000000001e+23"),
            (0x444B1AE4D6E2EF4E, "999999999999999700000"),
            (0x444B1AE4D6E2EF4F, "999999999999999900000"),
            (0x444B1AE4D6E2EF50, "1e+21"),
            (0x3EB0C6F7A0B5ED8C, "9.999999999999997e-7"),
            (0x3EB0C6F7A0B5ED8D, "0.000001"),
            (0x41B3DE4355555553, "333333333.3333332"),
            (0x41B3DE4355555557, "333333333.33333343"),
            (0xBECBF647612F3696, "-0.0000033333333333333333"),
            (0x43143FF3C1CB0959, "1424953923781206.2"),
        ):
            self.assertEqual(canonical(struct.unpack(">d", struct.pack(">Q", bits))[0]), text)

    def test_texts_and_keys(self):
        given = {"\U0001f600": 1, "\ufb33": 2, "b": [True, None, "\u20ac$\x0f\nA'B\"\\\\\"/\x7f"], "a": 10.0}
        wanted = '{"a":10,"b":[true,null,"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"],"\U0001f600":1,"\ufb33":2}'
        self.assertEqual(canonical(given), wanted)


@node.needs_node
class Proven(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sidecar = node.Sidecar({"policy": {"managed": True}}, files={"a.txt": "hello"})
        cls.addClassCleanup(cls.sidecar.close)
        with create_kernel(url=cls.sidecar.url, api_key=cls.sidecar.admin_key) as admin:
            admin.replace_policy(json.dumps(POLICY).replace("{{start}}", cls.sidecar.start), "json")
        cls.key = cls.sidecar.make_key(["submit", "decide", "explain", "sessions:open"], "bot")
        cls.mine = Key(os.urandom(32))

    def test_each_verb(self):
        mine = self.mine
        with create_kernel(url=self.sidecar.url, api_key=self.key) as kernel:
            token = kernel.grant("fs.read", proof_key=mine.public, constraints={"uses": 50}).token
            args = {"resource": "a.txt"}
            self.assertEqual(kernel.invoke(token, args).decision.code, "proof_required")
            self.assertEqual(kernel.invoke(token, args, proof=Key(os.urandom(32)).sign).decision.code, "proof_invalid")
            kept = []

            def seen(message):
                kept.append(message)
                return mine.sign(message)

            self.assertEqual(kernel.invoke(token, args, proof=seen).data, "hello")
            self.assertTrue(kept[0].startswith(b"portcullis/proof/v1\0"))
            self.assertEqual(kernel.invoke(token, args, proof=mine.sign, justification="why \u00e9").data, "hello")
            self.assertEqual(kernel.submit("fs.read", "a.txt", token=token, proof=mine.sign).data, "hello")
            self.assertEqual(kernel.decide("fs.read", "a.txt", token=token, proof=mine.sign).decision.code, "permitted")
            *_, last = kernel.invoke_stream(token, args, proof=mine.sign)
            self.assertTrue(last.result.ok)
            *_, last = kernel.submit_stream("fs.read", "a.txt", token=token, proof=mine.sign)
            self.assertTrue(last.result.ok)
            self.assertIsNone(kernel.grant(token=token, delegate_to="helper").token)
            self.assertIsNotNone(kernel.grant(token=token, delegate_to="helper", proof=mine.sign).token)
            batch = [{"action": "fs.read", "resource": "a.txt", "token": token, "proof": mine.sign}] * 2
            self.assertEqual([one.decision.code for one in kernel.decide_batch(batch)], ["permitted"] * 2)
            with self.assertRaises(InvalidInput):
                kernel.invoke(token, args, proof=lambda message: "signed")

    def test_in_asyncio(self):
        async def run():
            async with await create_async_kernel(url=self.sidecar.url, api_key=self.key) as kernel:
                token = (await kernel.grant("fs.read", proof_key=self.mine.public)).token
                return await kernel.invoke(token, {"resource": "a.txt"}, proof=self.mine.sign)

        self.assertEqual(asyncio.run(run()).data, "hello")


if __name__ == "__main__":
    unittest.main()
