"""What the Python client adds to a call: each verb through it, and the same bytes over a bare socket, turn by turn.

    PORTCULLIS_BIN=packages/cli/src/portcullis.mjs python3 python/bench/latency.py [CALLS]

The bare socket is the server's own time and the kernel's; the difference is the client's. Prints microseconds, p50 and p99.
"""
import os
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from portcullis import Gate  # noqa: E402
from portcullis.verbs import calls  # noqa: E402
from portcullis.kernel.connect import create_kernel  # noqa: E402
from portcullis.sidecar.child import Child  # noqa: E402

WARM_UP = 300


class Bare:
    """One request's bytes, sent as they are; the answer read to the length of the first one's and not looked at."""

    def __init__(self, kernel, call):
        transport = kernel._transport
        place = transport.endpoint
        self.data = transport._head.bytes(call.method, call.path, call.body)
        if place.path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(place.path)
        else:
            self.socket = socket.create_connection((place.host, place.port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __call__(self):
        self.socket.sendall(self.data)
        data = self.socket.recv(65536)
        end = data.find(b"\r\n\r\n")
        head = data[:end].lower()
        at = head.find(b"content-length: ") + 16
        length = int(head[at : at + 8].split(b"\r")[0])
        while len(data) < end + 4 + length:
            data += self.socket.recv(65536)


def measure(functions, calls):
    """The functions in turn, so that a busy moment of the machine falls on all of them."""
    times = [[] for _ in functions]
    for i in range(WARM_UP + calls):
        for function, found in zip(functions, times):
            began = time.perf_counter()
            function()
            if i >= WARM_UP:
                found.append(time.perf_counter() - began)
    return [sorted(found) for found in times]


def micro(times, share):
    return 1e6 * times[int((len(times) - 1) * share)]


def row(name, client, bare):
    added = micro(client, 0.5) - micro(bare, 0.5)
    print(
        f"{name:32} {micro(client, 0.5):8.0f} {micro(client, 0.99):8.0f} {micro(bare, 0.5):8.0f} {micro(bare, 0.99):8.0f}"
        f" {added:8.0f}"
    )


def import_time():
    code = "import time; t = time.perf_counter(); from portcullis import create_kernel, protect_tool; print(time.perf_counter() - t)"
    env = {**os.environ, "PYTHONPATH": sys.path[0]}
    runs = [
        float(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout)
        for _ in range(7)
    ]
    return 1e3 * sorted(runs)[3]


def main(calls):
    print(f"Python {sys.version.split()[0]}, {calls} calls each; import of the package {import_time():.0f} ms (median of 7)\n")
    print(f"{'microseconds':32} {'p50':>8} {'p99':>8} {'bare p50':>8} {'bare p99':>8} {'added':>8}")
    start = tempfile.TemporaryDirectory()
    with open(os.path.join(start.name, "small.txt"), "w") as file:
        file.write("hello")
    child = Child(["--start-dir", start.name])
    try:
        with create_kernel(url=str(child.endpoint), api_key=child.api_key) as kernel:
            asked = {"action": "fs.read", "resource": "/etc/shadow", "session": kernel.session_id}
            for name, ask, call in (
                ("submit, denied", lambda: kernel.submit("fs.read", "/etc/shadow"), calls.submit(asked)),
                (
                    "submit, fs.read of a small file",
                    lambda: kernel.submit("fs.read", "small.txt"),
                    calls.submit({**asked, "resource": "small.txt"}),
                ),
                (
                    "decide, denied",
                    lambda: kernel.decide("fs.read", "/etc/shadow", execution="none"),
                    calls.decide({**asked, "execution": "none"}),
                ),
            ):
                client, bare = measure([ask, Bare(kernel, call)], calls)
                row(name, client, bare)
    finally:
        child.close()
        start.cleanup()
    with Gate.from_dict({"rules": [{"name": "all", "effect": "permit", "when": {"action": "refund"}}]}) as gate:
        call = calls.decide({"action": "refund", "params": {"amount": 1}, "execution": "host"})
        client, bare = measure([lambda: gate.evaluate("refund", params={"amount": 1}), Bare(gate.kernel, call)], calls)
        row("gate: evaluate", client, bare)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
