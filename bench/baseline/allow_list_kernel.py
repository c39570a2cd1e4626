"""A plain allow-list kernel to measure against: fnmatch over rules, the provider of the action, one JSON line appended and flushed after it.

Written from a description of how the Python kernel behaves whose published rows the benchmark repeats; it has no intent
record, no chain, no sessions. Prints one JSON object: operations a second and p50/p99 in microseconds for each row, the
request's making included. Published, quiet and loaded, and what this prints on the same kind of machine on a quiet day:

| a second  | published       | here           |
|-----------|-----------------|----------------|
| deny-only | 52,434 / 49,672 | 66,000         |
| fs.read   | 24,418 / 21,157 | 25,500         |
| mixed     | 29,696 / 24,977 | 39,000         |
| write     | 6,070 / 2,144   | 3,700 to 9,700 |
| 10 x 100  | 3,954 / 5,983   | 3,700 to 6,500 |
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
    constraint: Optional[dict] = None

    def matches(self, request):
        return (
            request.action == self.action
            and fnmatch.fnmatch(request.target, self.resource)
            and self.holds(request.params)
        )

    def holds(self, params):
        return self.constraint is None or all(params.get(key) == value for key, value in self.constraint.items())


class Files:
    actions = ("fs.read", "fs.write")

    def execute(self, request):
        path = Path(request.target)
        if request.action == "fs.read":
            if not path.exists():
                raise FileNotFoundError(request.target)
            return path.read_text()
        content = request.params.get("content", "")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return {"bytes_written": len(content)}


class Kernel:
    def __init__(self, rules, log_path, providers=(Files(),)):
        self.rules = [Rule(*rule) for rule in rules]
        self.providers = {action: one for one in providers for action in one.actions}
        self.log = open(log_path, "a")

    def submit(self, request):
        if not request.validate():
            return self._end(request, "INVALID", ActionResult("ERROR", error="malformed request"))
        if not self._permitted(request):
            return self._end(request, "DENIED", ActionResult("DENIED", error="not permitted"))
        provider = self.providers.get(request.action)
        if provider is None:
            return self._end(request, "NO_PROVIDER", ActionResult("ERROR", error="no provider"))
        started = time.monotonic()
        try:
            done = ActionResult("OK", provider.execute(request))
        except Exception as error:
            return self._end(request, "FAILED", ActionResult("ERROR", error=str(error)), started, str(error))
        return self._end(request, "OK", done, started)

    def _permitted(self, request):
        for rule in self.rules:
            if rule.matches(request):
                return True
        return False

    def _end(self, request, status, result, started=None, error=None):
        duration = None if started is None else int((time.monotonic() - started) * 1000)
        record = Record(datetime.now(timezone.utc).isoformat(), request.action, request.target, status, error, duration)
        kept = {key: value for key, value in asdict(record).items() if value is not None}
        self.log.write(json.dumps(kept) + "\n")
        self.log.flush()
        return result


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
        files = Path(folder) / "files"
        files.mkdir()
        read = [("fs.read", f"{files}/**")]
        big, small = files / "big", files / "small"
        for path, size in ((big, 2500), (small, 20), (files / "tiny", 4)):
            path.write_text("x" * size)
        kernel = fresh([], "deny")
        rows["deny-only"] = series(2000, lambda _: kernel.submit(ActionRequest("fs.read", "/nobody/permits")))
        kernel = fresh(read, "read")
        rows["fs.read"] = series(500, lambda _: kernel.submit(ActionRequest("fs.read", str(big))))
        kernel = fresh(read, "mixed")
        turns = (
            lambda: ActionRequest("fs.read", str(files / "tiny")),
            lambda: ActionRequest("fs.write", str(files / "tiny"), {"content": "x"}),
            lambda: ActionRequest("fs.read", "/etc/passwd"),
        )
        rows["mixed"] = series(1000, lambda i: kernel.submit(turns[i % 3]()))
        kernel = fresh([("fs.write", f"{files}/**")], "write")
        rows["write"] = series(
            200, lambda i: kernel.submit(ActionRequest("fs.write", str(files / f"new{i}"), {"content": "y" * (190 + i % 31)}))
        )
        kernel = fresh(read, "threads")
        samples = []

        def work():
            for _ in range(100):
                at = time.perf_counter()
                kernel.submit(ActionRequest("fs.read", str(small)))
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
