"""Where the story plays: a bank, a real `portcullis serve` beside it, and somebody of finance."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from bank import Bank  # noqa: E402
from sidecar import Sidecar  # noqa: E402

CAPABILITIES = ("invoices.read.yaml", "bank.pay.yaml")


class Stage(Sidecar):
    def __init__(self) -> None:
        self.bank = Bank()
        host = self.bank.url[len("http://") :]
        paths = {"policy.yaml": "policy.yaml", **{name: f"capabilities/{name}" for name in CAPABILITIES}}
        super().__init__(
            {"policy": {"file": "policy.yaml"}, "http": {"private_hosts": [host]}},
            {name: _own(path).replace("BANK", self.bank.url) for name, path in paths.items()},
            {"invoices.csv": _own("invoices.csv")},
        )
        self.memory = os.path.join(self.folder, "agent.json")
        # Once: what may be asked for, and who of finance sees payments first.
        for name in CAPABILITIES:
            self.portcullis("capabilities", "put", name)
        self.carol = self.portcullis(
            "keys", "create", "--principal", "carol", "--kind", "user", "--roles", "finance", "--rights", "approve,explain"
        ).stdout.strip()

    def approve(self) -> None:
        """As carol of finance, in a terminal of her own."""
        self.portcullis("approvals", "approve", self.remembered()["held"], "--reason", "it is on my list", key=self.carol)

    def agent(self, *args: str) -> subprocess.Popen:
        command = [sys.executable, os.path.join(HERE, "agent.py"), self.memory, *args]
        return subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def remembered(self) -> dict:
        """What the agent knows."""
        return json.loads(self.read("agent.json")) if os.path.exists(self.memory) else {"done": 0}

    def close(self) -> None:
        super().close()
        self.bank.close()


def _own(name: str) -> str:
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()
