"""A plain allow-list kernel to measure against: fnmatch over rules, the call, one JSON line appended and flushed after it.

Written from a description of how the Python kernel behaves whose published rows the benchmark repeats; it has no intent
record, no chain, no sessions. Prints one JSON object: operations a second and p50/p99 in microseconds for each row.
"""

import fnmatch
import json
import os
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Optional


@dataclass
class ActionRequest:
    action: str
    target: str
    params: dict = field(default_factory=dict)

    def validate(self):
        return bool(self.action) and bool(self.target)


@dataclass
class ActionResult:
    status: str
    data: object = None
    error: Optional[str] = None
    record_id: Optional[str] = None


@dataclass
class Record:
    timestamp: str
    action: str
    target: str
    status: str
    error: Optional[str] = None
    duration_ms: Optional[int] = None
    record_id: Optional[str] = None


@dataclass
class Rule:
    action: str
    resource: str
    constraint: dict = field(default_factory=dict)

    def matches(self, request):
        return (
            request.action == self.action
            and fnmatch.fnmatch(request.target, self.resource)
            and all(request.params.get(key) == value for key, value in self.constraint.items())
        )


class Kernel:
    def __init__(self, rules, log_path):
        self.rules = [Rule(*rule) for rule in rules]
        self.log = open(log_path, "a", encoding="utf-8")

    def submit(self, action, target, params):
        request = ActionRequest(action, target, params)
        if not request.validate():
            return self._end(request, "INVALID", "malformed request")
        if not any(rule.matches(request) for rule in self.rules):
            return self._end(request, "DENIED", "not permitted")
        started = time.monotonic()
        try:
            data = self._execute(request)
        except OSError as error:
            return self._end(request, "FAILED", str(error), started)
        return self._end(request, "OK", None, started, data)

    def _execute(self, request):
        path = Path(request.target)
        if request.action == "fs.read":
            return path.read_text(encoding="utf-8")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(request.params["content"], encoding="utf-8")
        return {"bytes_written": len(request.params["content"])}

    def _end(self, request, status, error, started=None, data=None):
        duration = None if started is None else int((time.monotonic() - started) * 1000)
        record = Record(datetime.now(timezone.utc).isoformat(), request.action, request.target, status, error, duration)
        kept = {key: value for key, value in asdict(record).items() if value is not None}
        self.log.write(json.dumps(kept) + "\n")
        self.log.flush()
        return ActionResult(status, data, error)


def series(count, call):
    samples = []
    began = time.perf_counter()
    for index in range(count):
        at = time.perf_counter()
        call(index)
        samples.append(time.perf_counter() - at)
    return row(count, time.perf_counter() - began, samples)


def row(count, wall, samples):
    samples.sort()
    at = lambda share: samples[min(len(samples) - 1, int(len(samples) * share))] * 1e6
    return {"per_second": count / wall, "p50": at(0.5), "p99": at(0.99)}


def main():
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        fresh = lambda rules, name: Kernel(rules, os.path.join(folder, name))
        files = os.path.join(folder, "files")
        os.mkdir(files)
        read = [("fs.read", files + "/**")]
        big, small, tiny = (os.path.join(files, name) for name in ("big", "small", "tiny"))
        for path, size in ((big, 2500), (small, 20), (tiny, 4)):
            Path(path).write_text("x" * size)
        kernel = fresh([], "deny")
        rows["deny-only"] = series(2000, lambda _: kernel.submit("fs.read", "/nobody/permits", {}))
        kernel = fresh(read, "read")
        rows["fs.read"] = series(500, lambda _: kernel.submit("fs.read", big, {}))
        kernel = fresh(read, "mixed")
        turns = [("fs.read", tiny), ("fs.write", tiny), ("fs.read", "/etc/passwd")]
        rows["mixed"] = series(1000, lambda i: kernel.submit(*turns[i % 3], {"content": "x"}))
        kernel = fresh([("fs.write", files + "/**")], "write")
        rows["write"] = series(200, lambda i: kernel.submit("fs.write", os.path.join(files, f"new{i}"), {"content": "y" * (190 + i % 31)}))
        kernel = fresh(read, "threads")
        samples = []

        def work():
            for _ in range(100):
                at = time.perf_counter()
                kernel.submit("fs.read", small, {})
                samples.append(time.perf_counter() - at)

        began = time.perf_counter()
        threads = [threading.Thread(target=work) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rows["10 x 100"] = row(1000, time.perf_counter() - began, samples)
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
