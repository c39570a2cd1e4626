"""Narrowing a token offline: against a real sidecar with both kinds of token, and texts that are none."""
import _path  # noqa: F401 - first: finds the package
import base64
import random
import string
import unittest

import node
from portcullis import MalformedRequest, ToolCallDenied, attenuate, create_kernel
from portcullis.signing import ed25519


class Signing(unittest.TestCase):
    def test_the_examples_of_the_rfc(self):
        """RFC 8032, section 7.1, tests 1 to 3."""
        for seed, public, message, signature in (
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
        ):
            key, text = bytes.fromhex(seed), bytes.fromhex(message)
            self.assertEqual(ed25519.public_key(key).hex(), public)
            self.assertEqual(ed25519.sign(key, text).hex(), signature)
            self.assertTrue(ed25519.verify(bytes.fromhex(public), text, bytes.fromhex(signature)))


@node.needs_node
class Narrowed(unittest.TestCase):
    def test_by_ed25519(self):
        self.narrows("ed25519")

    def test_by_hmac(self):
        self.narrows("hmac")

    def narrows(self, algorithm):
        sidecar = node.Sidecar({"grants": {"algorithm": algorithm}}, {"a.txt": "hello", "b.txt": "other"})
        self.addCleanup(sidecar.close)
        kernel = create_kernel(url=sidecar.url, api_key=sidecar.api_key)
        self.addCleanup(kernel.close)
        admin = create_kernel(url=sidecar.url, api_key=sidecar.admin_key)
        self.addCleanup(admin.close)

        def asked(token, name="a.txt"):
            return kernel.invoke(token, {"resource": name}).decision.code

        token = kernel.grant("fs.read").token
        once = attenuate(token, {"resources": ["**/a.txt"], "keys": ["\u00e9"]})
        self.assertEqual([asked(once.token), asked(once.token, "b.txt")], ["permitted", "token_scope"])
        twice = attenuate(once.token, {"uses": 1}, seal=True)
        self.assertEqual([asked(twice.token), asked(twice.token)], ["permitted", "token_exhausted"])
        with self.assertRaises(ToolCallDenied) as refused:
            attenuate(twice.token, {})
        self.assertEqual(refused.exception.code, "token_invalid")
        mixed = kernel.attenuate(once.token, {"uses": 2}).token
        self.assertEqual(asked(attenuate(mixed, {}).token), "permitted")
        self.assertEqual(asked(attenuate(token, {"colour": "red"}).token), "token_invalid")
        admin.revoke("a test", block=once.block)
        self.assertEqual([asked(mixed), asked(token)], ["token_revoked", "permitted"])


class NoToken(unittest.TestCase):
    def refused(self, token, caveats=None):
        with self.assertRaises(ToolCallDenied) as refused:
            attenuate(token, caveats or {})
        self.assertEqual(refused.exception.code, "token_invalid")

    def test_is_refused_whatever_it_is(self):
        chance = random.Random(7)
        letters = string.ascii_letters + string.digits + "-_"
        for size in range(60):
            self.refused("pg1." + "".join(chance.choice(letters) for _ in range(size)))
        for other in ("", "pg1.", "pg1.=", "pg1.\u0661", "pg1.AQE\n", None, 7, b"pg1.AQEB", "pg1." + "A" * 8_192):
            self.refused(other)

    def test_and_each_cut_of_a_token(self):
        # One block without caveats, of the HMAC kind: nobody has to have made it, to be cut.
        raw = bytes([1, 2, 1, 0, 2]) + b"{}" + bytes([0]) + bytes(32)
        whole = "pg1." + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        self.assertTrue(attenuate(whole, {"uses": 1}).token.startswith("pg1.AQIC"))
        for size in range(len(whole)):
            self.refused(whole[:size])

    def test_nor_is_what_would_grow_too_long(self):
        raw = bytes([1, 2, 1, 0, 2]) + b"{}" + bytes([0]) + bytes(32)
        token = "pg1." + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        self.refused(token, {"resources": ["a" * 70_000]})
        self.refused(token, {"resources": ["a" * 7_000]})
        with self.assertRaises(MalformedRequest):
            attenuate(token, {"uses": float("nan")})
        for _ in range(15):
            token = attenuate(token, {}).token
        self.refused(token)


if __name__ == "__main__":
    unittest.main()
