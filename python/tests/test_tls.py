"""https: the certificate is checked, by both clients, against the platform's authorities or those of a context."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import unittest

from portcullis import Unavailable, create_async_kernel, create_kernel
from scripted import RESULT, Server, answer

KEY = "k" * 20


class TlsServer(Server):
    """The scripted server behind TLS: each accepted socket is wrapped in its own thread."""

    def __init__(self, on, context):
        self.context = context
        super().__init__(on)
        self.url = self.url.replace("http://127.0.0.1", "https://localhost")

    def _serve(self, sock):
        try:
            wrapped = self.context.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        super()._serve(wrapped)


@unittest.skipUnless(shutil.which("openssl"), "needs the openssl command to make a certificate")
class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        key, cls.cert = os.path.join(folder.name, "key.pem"), os.path.join(folder.name, "cert.pem")
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
        subprocess.run([*command, *subject, "-keyout", key, "-out", cls.cert], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.cert, key)
        cls.server = TlsServer({"POST /v1/submit": answer(RESULT)}, context)
        cls.addClassCleanup(cls.server.close)

    def trusting(self):
        return ssl.create_default_context(cafile=self.cert)

    def test_a_known_authority(self):
        before = self.server.connections
        with create_kernel(url=self.server.url, api_key=KEY, tls=self.trusting()) as kernel:
            for _ in range(5):
                self.assertTrue(kernel.submit("fs.read", "a").ok)
        self.assertEqual(self.server.connections - before, 1)

        async def run():
            async with await create_async_kernel(url=self.server.url, api_key=KEY, tls=self.trusting()) as kernel:
                return [(await kernel.submit("fs.read", "a")).ok for _ in range(5)]

        self.assertEqual(asyncio.run(run()), [True] * 5)

    def test_an_unknown_authority_and_a_wrong_name(self):
        seen = len(self.server.requests)
        other = self.server.url.replace("localhost", "127.0.0.1")
        for url, context in ((self.server.url, None), (other, self.trusting())):
            with self.assertRaises(Unavailable):
                create_kernel(url=url, api_key=KEY, tls=context)
            with self.assertRaises(Unavailable):
                asyncio.run(create_async_kernel(url=url, api_key=KEY, tls=context))
        self.assertEqual(len(self.server.requests), seen, "no key was sent")

    def test_threads(self):
        with create_kernel(url=self.server.url, api_key=KEY, tls=self.trusting()) as kernel:
            done = []
            threads = [threading.Thread(target=lambda: done.append(kernel.submit("fs.read", "a").ok)) for _ in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(done, [True] * 16)


if __name__ == "__main__":
    unittest.main()
