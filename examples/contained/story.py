"""High assurance: the agent in a box without network, files or processes of others; the sidecar's socket is its only way out.

    npm install && python3 examples/contained/story.py     # needs bubblewrap
"""
import json
import os
import shutil
import subprocess
import sys
from typing import Dict, List

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(HERE, "..", "mail")]

from page import Page  # noqa: E402
from sidecar import ROOT, Sidecar  # noqa: E402


class Box(Sidecar):
    def __init__(self) -> None:
        self.page = Page()
        with open(os.path.join(HERE, "policy.yaml"), encoding="utf-8") as file:
            policy = file.read().replace("SITE", self.page.site)
        config = {
            "policy": {"file": "policy.yaml"},
            # In a directory of its own, which is all of the sidecar that the box is shown.
            "listen": {"port": 0, "socket": "run/portcullis.sock"},
            "http": {"private_hosts": [self.page.site[len("http://") :]]},
        }
        super().__init__(config, {"policy.yaml": policy}, {"notes.txt": "remember the milk\n"})
        os.mkdir(os.path.join(self.folder, "work", "drafts"))
        rights = ("--rights", "submit,explain,sessions:open")
        self.key = self.portcullis("keys", "create", "--principal", "boxed", "--kind", "agent", *rights).stdout.strip()

    def command(self) -> List[str]:
        """The agent's program and libraries, its workspace to read, the socket; no network, no other process, nothing else."""
        box = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
        for path in ("/usr", "/bin", "/lib", "/lib64", sys.base_prefix, os.path.realpath(os.path.join(ROOT, "python")), HERE):
            box += ["--ro-bind-try", path, path]
        run, work = os.path.join(self.folder, "run"), os.path.join(self.folder, "work")
        box += ["--ro-bind", work, work, "--bind", run, run, "--chdir", work]
        for name, text in {"PORTCULLIS_URL": f"unix:{run}/portcullis.sock", "PORTCULLIS_API_KEY": self.key, "PYTHONPATH": os.path.realpath(os.path.join(ROOT, "python")), "PATH": "/usr/bin:/bin"}.items():
            box += ["--setenv", name, text]
        return [*box, os.path.realpath(sys.executable), os.path.join(HERE, "agent.py"), self.folder, self.page.site]

    def run_agent(self) -> Dict[str, str]:
        return json.loads(self.run(*self.command()).stdout)

    def close(self) -> None:
        super().close()
        self.page.close()


def works() -> bool:
    """Whether this machine lets a user make such a box."""
    if shutil.which("bwrap") is None:
        return False
    return subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True).returncode == 0


def main() -> int:
    if not works():
        print("bubblewrap is missing, or may not make namespaces here")
        return 1
    box = Box()
    try:
        for name, became in box.run_agent().items():
            print(f"{name:40} {became}")
        print(box.portcullis("log").stdout)
        return 0
    finally:
        box.close()


if __name__ == "__main__":
    sys.exit(main())
