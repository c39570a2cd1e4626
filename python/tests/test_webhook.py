"""Verifying webhooks: the examples of RFC 9421 (appendix B.2) and of RFC 8032 (section 7.1), then whatever could be changed on the way."""
import _path
import base64
import hashlib
import hmac
import json
import pickle
import time
import unittest

from portcullis import WebhookKey, WebhookRefused, verify_webhook
from portcullis.signing.ed25519 import _L, verify as verify_ed25519
from portcullis.webhook.message import signature_base
from portcullis.webhook.structured import parse_dictionary
from portcullis.webhook.verifying import verify_signature

DIGEST = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
URL = "https://example.com/foo?param=Value&Pet=dog"
HEADERS = {
    "Host": "example.com",
    "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "Content-Type": "application/json",
    "Content-Digest": DIGEST,
    "Content-Length": "18",
}
SHARED = WebhookKey(
    "test-shared-secret",
    secret=base64.b64decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="),
)
ED25519 = WebhookKey("test-key-ed25519", public_key="JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs")


def base_of(text):
    items, params = parse_dictionary("sig=" + text)["sig"]
    return signature_base(items, params, method="POST", url=URL, headers=HEADERS)


class Examples(unittest.TestCase):
    def test_b21_nothing_covered(self):
        text = '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"'
        self.assertEqual(base_of(text), f'"@signature-params": {text}')

    def test_b22_a_query_parameter(self):
        text = (
            '("@authority" "content-digest" "@query-param";name="Pet");created=1618884473'
            ';keyid="test-key-rsa-pss";tag="header-example"'
        )
        self.assertEqual(
            base_of(text),
            f'"@authority": example.com\n"content-digest": {DIGEST}\n"@query-param";name="Pet": dog\n"@signature-params": {text}',
        )

    def test_b23_everything(self):
        text = (
            '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length")'
            ';created=1618884473;keyid="test-key-rsa-pss"'
        )
        self.assertIn('"@path": /foo\n"@query": ?param=Value&Pet=dog\n"@authority": example.com\n', base_of(text))

    def test_b24_a_response(self):
        items, params = parse_dictionary('s=("@status" "content-type");created=1')["s"]
        base = signature_base(items, params, status=200, headers={"content-type": "application/json"})
        self.assertTrue(base.startswith('"@status": 200\n"content-type": application/json\n'))

    def test_b25_hmac_sha256(self):
        base = base_of('("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"')
        signature = base64.b64decode("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=")
        self.assertTrue(verify_signature(SHARED, base, signature))
        self.assertFalse(verify_signature(SHARED, base + " ", signature))
        self.assertFalse(verify_signature(ED25519, base, signature))

    def test_b26_ed25519(self):
        base = base_of(
            '("date" "@method" "@path" "@authority" "content-type" "content-length")'
            ';created=1618884473;keyid="test-key-ed25519"'
        )
        signature = base64.b64decode(
            "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
        )
        self.assertTrue(verify_signature(ED25519, base, signature))
        self.assertFalse(verify_signature(ED25519, base.replace("POST", "PUT"), signature))


class Ed25519(unittest.TestCase):
    #: Public key, message, signature: tests 1 to 3 of RFC 8032, section 7.1.
    VECTORS = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ]

    def test_examples_and_what_differs_from_them(self):
        for key, message, signature in self.VECTORS:
            key, message, signature = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
            self.assertTrue(verify_ed25519(key, message, signature))
            self.assertFalse(verify_ed25519(key, message + b"x", signature))
            for place in (0, 31, 32, 63):
                changed = bytearray(signature)
                changed[place] ^= 1
                self.assertFalse(verify_ed25519(key, message, bytes(changed)))
            s = int.from_bytes(signature[32:], "little") + _L
            self.assertFalse(verify_ed25519(key, message, signature[:32] + s.to_bytes(32, "little")))
            self.assertFalse(verify_ed25519(key, message, signature[:63]))

    def test_a_key_of_small_order_signs_nothing(self):
        for y in (0, 1):
            key = y.to_bytes(32, "little")
            self.assertFalse(verify_ed25519(key, b"any", key + bytes(32)))
        self.assertFalse(verify_ed25519(b"\xff" * 32, b"any", bytes(64)))


def signed(covered=("@method", "@target-uri", "content-type", "content-digest", "webhook-id"), created=None, secret=None, **more):
    body = json.dumps({"id": "1.0.aa", "type": "freeze", "data": {}}).encode()
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "Content-Digest": f"sha-256=:{digest}:",
        "Webhook-Id": "1.0.aa",
    }
    given = {"created": int(time.time()) if created is None else created, "keyid": SHARED.id, "tag": "portcullis-webhook"}
    given.update(more)
    items = [(name, {}) for name in covered]
    base = signature_base(items, given, method="POST", url=URL, headers=headers) or ""
    mac = base64.b64encode(hmac.new(SHARED.secret if secret is None else secret, base.encode(), hashlib.sha256).digest()).decode()
    headers["Signature-Input"] = "s=" + base.rpartition('"@signature-params": ')[2]
    headers["Signature"] = f"s=:{mac}:"
    return {"method": "POST", "url": URL, "headers": headers, "body": body, "keys": [SHARED]}


def code(request, **changed):
    try:
        return verify_webhook(**{**request, **changed})["type"]
    except WebhookRefused as refused:
        return refused.code


class Webhooks(unittest.TestCase):
    def test_one_that_is_ours(self):
        request = signed()
        self.assertEqual(verify_webhook(**request), {"id": "1.0.aa", "type": "freeze", "data": {}})
        lists = {name.lower(): [value] for name, value in request["headers"].items()}
        self.assertEqual(code(request, headers=lists), "freeze")

    def test_whatever_is_changed_is_found_out(self):
        request = signed()
        headers = request["headers"]
        self.assertEqual(code(request, body=request["body"] + b" "), "digest_mismatch")
        self.assertEqual(code(request, method="PUT"), "bad_signature")
        self.assertEqual(code(request, url=URL + "&x=1"), "bad_signature")
        self.assertEqual(code(request, url="http://[::1"), "not_covered")
        self.assertEqual(code(request, keys=[]), "unknown_key")
        self.assertEqual(code(request, keys=[WebhookKey(SHARED.id, public_key=ED25519.public_key)]), "bad_signature")
        self.assertEqual(code(request, headers={**headers, "Webhook-Id": "2"}), "bad_signature")
        self.assertEqual(code(request, headers={**headers, "Signature": "s=1"}), "malformed")
        self.assertEqual(code(request, headers={**headers, "Signature": "s=:A:"}), "malformed")
        for name in headers:
            left = {key: value for key, value in headers.items() if key != name}
            self.assertIn(code(request, headers=left), ("no_signature", "digest_mismatch", "not_covered"), name)

    def test_an_empty_secret_is_anybodys(self):
        for empty in (b"", ""):
            request = signed(secret=b"")
            self.assertEqual(code(request, keys=[WebhookKey(SHARED.id, secret=empty)]), "bad_signature")

    def test_a_refusal_travels_between_processes(self):
        refused = pickle.loads(pickle.dumps(WebhookRefused("stale", "too late")))
        self.assertEqual((refused.code, refused.reason, str(refused)), ("stale", "too late", "stale: too late"))

    def test_what_it_says_of_itself_is_checked(self):
        now = int(time.time())
        self.assertEqual(code(signed(created=now - 301)), "stale")
        self.assertEqual(code(signed(created=now + 302)), "stale")
        self.assertEqual(code(signed(created=now - 600), now=now - 500), "freeze")
        self.assertEqual(code(signed(created=now - 600), tolerance=float("nan")), "stale")
        self.assertEqual(code(signed(), now=float("nan")), "stale")
        self.assertEqual(code(signed(created="now")), "stale")
        self.assertEqual(code(signed(expires=now - 1)), "stale")
        self.assertEqual(code(signed(tag="other")), "no_signature")
        self.assertEqual(code(signed(alg="ed25519")), "unknown_key")
        self.assertEqual(code(signed(keyid="other")), "unknown_key")
        self.assertEqual(code(signed(covered=("@method", "content-digest"))), "not_covered")

    def test_hostile_headers_are_answered_in_a_moment(self):
        request = signed()
        began = time.process_time()
        for piece in ('("a" ', ";a", "a,", '\\"', " ", "(", "\u0661", "=" * 10):
            for name in ("Signature-Input", "Signature", "Content-Digest"):
                text = "s=" + piece * (16_000 // len(piece))
                self.assertNotEqual(code(request, headers={**request["headers"], name: text}), "freeze")
        # Quadratic time would take minutes.
        self.assertLess(time.process_time() - began, 20)


if __name__ == "__main__":
    unittest.main()
