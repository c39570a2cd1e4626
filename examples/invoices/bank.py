"""A bank: every POST /payments is booked, whatever it says and however often it comes. What it booked is what really happened."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Bank(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Counter)
        self.booked = []
        #: Called behind each booking, before the answer.
        self.on_booked = lambda: None
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Counter(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        payment = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.booked.append(payment)
        self.server.on_booked()
        body = json.dumps({"booked": payment["invoice"]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass  # Who asked is gone; it is booked all the same.

    def log_message(self, *_: object) -> None:
        pass
