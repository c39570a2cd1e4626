"""The answer's reader: what RFC 9112 allows is read however it is cut, what it forbids is refused, all in bounds."""
import _path  # noqa: F401 - first: finds the package
import random
import unittest

from portcullis.errors import BadResponse
from portcullis.transport.http1 import Answer, RequestHead

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"


def read(data, cuts=(), limit=1000):
    answer = Answer(limit)
    last = 0
    for cut in [*cuts, len(data)]:
        if not answer.done:
            answer.feed(data[last:cut])
        last = cut
    return answer


class Reads(unittest.TestCase):
    def test_every_cut_of_both_forms_reads_the_same(self):
        for data in (PLAIN, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN):
            for cut in range(1, len(data)):
                answer = read(data, [cut])
                self.assertTrue(answer.done)
                self.assertEqual((answer.status, answer.take()), (200, b"hello"))

    def test_byte_by_byte(self):
        for data in (PLAIN, CHUNKED):
            self.assertEqual(read(data, range(1, len(data))).take(), b"hello")

    def test_an_answer_that_is_not_whole_is_not_done(self):
        for data in (PLAIN, CHUNKED):
            for end in range(1, len(data)):
                self.assertFalse(read(data[:end]).done, data[:end])

    def test_keep_alive(self):
        self.assertTrue(read(PLAIN).keep_alive)
        self.assertFalse(read(PLAIN.replace(b"X-A: b", b"Connection: Close")).keep_alive)
        self.assertFalse(read(PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0")).keep_alive)

    def test_empty_bodies(self):
        self.assertTrue(read(b"HTTP/1.1 204 No Content\r\n\r\n").done)
        self.assertTrue(read(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").done)


class Refuses(unittest.TestCase):
    def refused(self, data, limit=1000):
        with self.assertRaises(BadResponse):
            read(data, limit=limit)

    def test_what_is_not_http(self):
        for data in (
            b"SSH-2.0-OpenSSH\r\n\r\n",
            b"\r\n\r\n",
            b"HTTP/2 200\r\n\r\n",
            b"HTTP/1.1 20 OK\r\n\r\n",
            b"HTTP/1.1  200 OK\r\n\r\n",
            b"HTTP/1.1 999 OK\r\n\r\n",
            b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n",
        ):
            self.refused(data)

    def test_lengths_that_are_not_clear(self):
        for headers in (
            b"Content-Length: 5\r\nContent-Length: 5",
            b"Content-Length: 5\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: gzip, chunked",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            b"Content-Length: -5",
            b"Content-Length: +5",
            b"Content-Length: 5, 5",
            b"Content-Length: 0x5",
            b"Content-Length: \xd9\xa5",
            b"Content-Length: " + b"9" * 5000,
            b"X: y",
        ):
            self.refused(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\nhello")

    def test_headers_that_are_not_well_formed(self):
        for line in (b" folded: x", b"no colon", b"Space : x", b": x", b"A: \x00", b"A: b\nC: d", b"A\xc3\xa4: b"):
            self.refused(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" + line + b"\r\n\r\nhello")

    def test_chunks_that_are_not_well_formed(self):
        for body in (b"z\r\n", b"-1\r\n", b"1\r\nab\r\n", b"\r\n\r\n", b"1 1\r\n", b"0\r\nX: y\r\n\r\n", b"f" * 2000):
            self.refused(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)

    def test_more_than_it_says(self):
        self.refused(PLAIN + b"HTTP/1.1 200 OK")
        self.refused(CHUNKED + b"x")

    def test_bounds(self):
        self.refused(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
        self.refused(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n")
        self.refused(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 100)
        self.refused(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40_000)
        self.refused(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40_000 + b"\r\n\r\n")
        self.refused(b"HTTP/1.1 100 Continue\r\n\r\n" * 20)
        self.refused(b"HTTP/1.1 101 Switching\r\n\r\n")

    def test_random_bytes_are_an_answer_or_a_refusal(self):
        source = random.Random(20260101)
        for _ in range(3000):
            data = bytearray(source.choice((PLAIN, CHUNKED)))
            for _ in range(source.randrange(1, 4)):
                data[source.randrange(len(data))] = source.randrange(256)
            try:
                read(bytes(data), [source.randrange(1, len(data))])
            except BadResponse:
                pass


class Requests(unittest.TestCase):
    def test_bytes(self):
        head = RequestHead("localhost", "key", "ua")
        self.assertEqual(
            head.request("POST", "/v1/submit", b"{}").bytes,
            b"POST /v1/submit HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ua\r\nAccept: application/json\r\n"
            b"Authorization: Bearer key\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        )
        self.assertTrue(RequestHead("h", None, "ua").request("GET", "/", None).bytes.endswith(b"json\r\n\r\n"))


if __name__ == "__main__":
    unittest.main()
