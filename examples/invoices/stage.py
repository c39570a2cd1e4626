"""Where the story plays: a bank, a real `portcullis serve` as a process of its own, and the command line as people type it."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import Dict, List, Optional

from bank import Bank

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
COMMAND = os.path.join(ROOT, "packages", "cli", "src", "portcullis.mjs")
sys.path.insert(0, os.path.join(ROOT, "python"))
NODE = shutil.which("node", path=os.path.join(ROOT, "node_modules", ".bin")) or "node"


class Stage:
    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="invoices-")
        self.bank = Bank()
        self.memory = os.path.join(self.folder, "agent.json")
        self.data = os.path.join(self.folder, "data")
        work = os.path.join(self.folder, "work")
        os.mkdir(work)
        shutil.copy(os.path.join(HERE, "invoices.csv"), work)
        for name in ("policy.yaml", "capabilities/invoices.read.yaml", "capabilities/bank.pay.yaml"):
            with open(os.path.join(HERE, name), encoding="utf-8") as file:
                text = file.read().replace("START", os.path.realpath(work)).replace("BANK", self.bank.url)
            self._write(os.path.basename(name), text)
        host = self.bank.url[len("http://") :]
        config = {"data_dir": self.data, "start_dir": work, "policy": {"file": "policy.yaml"}}
        config.update(http={"private_hosts": [host]}, listen={"port": 0})
        self._write("portcullis.yaml", json.dumps(config))
        self.env = {name: text for name, text in os.environ.items() if not name.startswith("PORTCULLIS_")}
        self.env.update(PYTHONPATH=os.path.join(ROOT, "python"), PORTCULLIS_DATA_DIR=self.data)
        self.env["PORTCULLIS_CONFIG"] = os.path.join(self.folder, "portcullis.yaml")
        self.sidecar: Optional[subprocess.Popen] = None
        self.serve()
        # Once: what may be asked for, and who of finance sees payments first.
        for name in ("invoices.read.yaml", "bank.pay.yaml"):
            self.portcullis("capabilities", "put", os.path.join(self.folder, name))
        self.carol = self.portcullis(
            "keys", "create", "--principal", "carol", "--kind", "user", "--roles", "finance", "--rights", "approve,explain"
        ).stdout.strip()

    def _write(self, name: str, text: str) -> None:
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def serve(self) -> None:
        """Up when this returns."""
        self.sidecar = subprocess.Popen(
            [NODE, COMMAND, "serve"], env=self.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said: List[str] = []
        for line in self.sidecar.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                return
        raise RuntimeError("".join(said))

    def kill(self) -> None:
        """As a crash or an operator in a hurry does: kill -9."""
        self.sidecar.send_signal(signal.SIGKILL)
        self.sidecar.wait()
        self.sidecar.stdout.close()

    def restart(self) -> None:
        self.kill()
        self.serve()

    def approve(self) -> None:
        """As carol of finance, in a terminal of her own."""
        self.portcullis("approvals", "approve", self.remembered()["held"], "--reason", "it is on my list", key=self.carol)

    def records(self) -> List[dict]:
        """What its journal holds now, read from the files; a line that is being written is left out."""
        found = []
        for name in sorted(glob.glob(os.path.join(self.data, "journal", "*.jsonl"))):
            with open(name, encoding="utf-8") as file:
                found += [json.loads(line) for line in file.read().split("\n")[:-1]]
        return found

    def portcullis(self, *args: str, key: Optional[str] = None, check: bool = True) -> subprocess.CompletedProcess:
        env: Dict[str, str] = self.env if key is None else {**self.env, "PORTCULLIS_API_KEY": key}
        return subprocess.run(
            [NODE, COMMAND, *args], env=env, cwd=self.folder, capture_output=True, text=True, check=check, timeout=60
        )

    def agent(self, *args: str) -> subprocess.Popen:
        command = [sys.executable, os.path.join(HERE, "agent.py"), self.memory, *args]
        return subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def remembered(self) -> dict:
        if not os.path.exists(self.memory):
            return {"done": 0}
        with open(self.memory, encoding="utf-8") as file:
            return json.load(file)

    def close(self) -> None:
        if self.sidecar is not None and self.sidecar.poll() is None:
            self.sidecar.send_signal(signal.SIGTERM)
            self.sidecar.communicate()
        self.bank.close()
        shutil.rmtree(self.folder, ignore_errors=True)
