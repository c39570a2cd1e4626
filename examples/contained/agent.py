"""What an agent in a box can do by itself, and what through the gate. Prints each attempt with what became of it, as JSON.

    python3 agent.py FOLDER SITE
"""
import json
import os
import socket
import subprocess
import sys
import urllib.request
from typing import Any, Callable, Dict

from portcullis import create_kernel


def main(folder: str, site: str) -> None:
    work = os.path.join(folder, "work")
    became: Dict[str, Any] = {}

    def directly(name: str, attempt: Callable[[], Any]) -> None:
        try:
            attempt()
            became[name] = "done"
        except Exception as error:
            became[name] = type(error).__name__

    directly("get a page", lambda: urllib.request.urlopen(f"{site}/news", timeout=2))
    directly("connect to an address", lambda: socket.create_connection(("192.0.2.1", 443), timeout=2))
    directly("write a file", lambda: open(os.path.join(work, "report.txt"), "w"))
    directly("delete a file", lambda: os.remove(os.path.join(work, "notes.txt")))
    directly("read the admin key", lambda: open(os.path.join(folder, "data", "admin-key")))
    directly("read the policy", lambda: open(os.path.join(folder, "policy.yaml")))
    directly("change the journal", lambda: os.listdir(os.path.join(folder, "data", "journal")))
    directly("see other processes", lambda: _others())
    directly("run a program that does it", lambda: subprocess.run(["sh", "-c", f"echo x > {work}/x"], check=True, capture_output=True))

    with create_kernel() as kernel:
        through = {
            "get a page through the gate": kernel.submit("http.get", f"{site}/news"),
            "write a file through the gate": kernel.submit("fs.write", "drafts/report.txt", {"content": "The ferry sails.\n"}),
            "write elsewhere through the gate": kernel.submit("fs.write", "notes.txt", {"content": "x"}),
            "read the admin key through the gate": kernel.submit("fs.read", os.path.join(folder, "data", "admin-key")),
            "administer": kernel.submit("portcullis.freeze"),
        }
        for name, result in through.items():
            became[name] = "done" if result.ok else result.decision.code
    print(json.dumps(became))


def _others() -> None:
    names = [name for name in os.listdir("/proc") if name.isdigit()]
    for name in names:
        with open(f"/proc/{name}/cmdline", "rb") as file:
            if b"portcullis.mjs" in file.read():
                return
    raise ProcessLookupError(names)


if __name__ == "__main__":
    main(*sys.argv[1:])
