"""A real HTTP server, as hostile as a test wants it: for each request, a function that does what it likes with the socket."""
import json
import os
import socket
import tempfile
import threading

DECISION = {"id": "act_1", "effect": "permit", "code": "permitted", "reason": "permitted"}
RESULT = {
    "decision": DECISION,
    "session": "ses_1",
    "mode": "enforce",
    "outcome": {"status": "ok", "duration_ms": 0.5},
    "frame": {"data": "hello", "labels": [], "notes": [], "bytes": 5},
    "record": {"seq": 7, "hash": "00" * 32},
}
SESSION = {
    "id": "ses_1",
    "principal": "local",
    "opened": "2026-01-01T00:00:00.000Z",
    "status": "open",
    "quarantine": "none",
    "actions": 0,
    "denied": 0,
    "labels": [],
}


#: What a test does next on a connection finds it kept, however long the machine stood still in between.
KEPT = "Keep-Alive: timeout=600\r\n"


def answer(value, status=200, kind="application/json", extra=KEPT):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


def problem(code, status, **more):
    document = {"type": "about:blank", "title": code, "status": status, "code": code, "retry": "never", **more}
    return answer(document, status, "application/problem+json")


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """`on` maps "METHOD path" (or "*") to bytes, or to a function of (socket, request) that may return bytes."""

    def __init__(self, on=None, unix=False, leave_file=False):
        self.leave_file = leave_file
        self.on = {"POST /v1/sessions": answer(SESSION, 201), "DELETE /v1/sessions/ses_1": answer(SESSION)}
        self.on.update(on or {})
        self.requests = []
        self.connections = 0
        self._open = []
        self._lock = threading.Lock()
        if unix:
            self._dir = tempfile.TemporaryDirectory()
            path = os.path.join(self._dir.name, "s.sock")
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            self.url = "unix:" + path
        else:
            self.listener = socket.socket()
            self.listener.bind(("127.0.0.1", 0))
            self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.listener.listen(256)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            with sock, sock.makefile("rb") as stream:
                while True:
                    request = read_request(stream)
                    if request is None:
                        return
                    self.requests.append(request)
                    reply = self.on.get(f"{request.method} {request.path}", self.on.get("*"))
                    reply = problem("not_found", 404) if reply is None else reply
                    reply = reply(sock, request) if callable(reply) else reply
                    if reply is None:
                        return
                    sock.sendall(reply)
        except OSError:
            pass

    def drop_connections(self):
        """As a server does that ends idle connections, or dies."""
        with self._lock:
            for sock in self._open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self._open = []

    def close(self):
        # A thread in accept() keeps the port until it is woken.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.drop_connections()
        if self.url.startswith("unix:") and not self.leave_file:
            self.remove_file()

    def remove_file(self):
        self._dir.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def read_request(stream):
    first = stream.readline()
    if not first.strip():
        return None
    method, path, _ = first.decode().split(" ", 2)
    headers = {}
    while True:
        line = stream.readline().decode().strip()
        if not line:
            break
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)
