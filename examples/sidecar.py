"""For the examples: a real `portcullis serve` as a process of its own, in a folder that ends with it, and the command line as people type it."""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, Mapping, Optional

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
COMMAND = os.path.join(ROOT, "packages", "cli", "src", "portcullis.mjs")
sys.path.insert(0, os.path.join(ROOT, "python"))
NODE = shutil.which("node", path=os.path.join(ROOT, "node_modules", ".bin")) or "node"


class Sidecar:
    """`files` are written into the folder, those of `work` where relative paths of actions begin; then it serves."""

    def __init__(self, config: Mapping[str, Any], files: Mapping[str, str], work: Mapping[str, str]) -> None:
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="portcullis-"))
        self.data = os.path.join(self.folder, "data")
        os.mkdir(os.path.join(self.folder, "work"))
        start = os.path.join(self.folder, "work")
        for name, text in work.items():
            self.write(os.path.join("work", name), text)
        for name, text in files.items():
            self.write(name, text.replace("START", start))
        own = {"data_dir": self.data, "start_dir": start, "listen": {"port": 0}}
        self.write("portcullis.yaml", json.dumps({**own, **config}))
        self.env = {name: text for name, text in os.environ.items() if not name.startswith("PORTCULLIS_")}
        self.env.update(PYTHONPATH=os.path.join(ROOT, "python"), PORTCULLIS_DATA_DIR=self.data)
        self.env["PORTCULLIS_CONFIG"] = os.path.join(self.folder, "portcullis.yaml")
        self.process: Optional[subprocess.Popen] = None
        self.serve()

    def write(self, name: str, text: str) -> None:
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name: str) -> str:
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def serve(self) -> None:
        """Up when this returns."""
        self.process = subprocess.Popen(
            [NODE, COMMAND, "serve"], env=self.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said: List[str] = []
        for line in self.process.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                return
        raise RuntimeError("".join(said))

    def kill(self) -> None:
        """As a crash or an operator in a hurry does: kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def restart(self) -> None:
        self.kill()
        self.serve()

    def portcullis(self, *args: str, key: Optional[str] = None, check: bool = True) -> subprocess.CompletedProcess:
        return self.run(NODE, COMMAND, *args, key=key, check=check)

    def run(self, *command: str, key: Optional[str] = None, check: bool = True) -> subprocess.CompletedProcess:
        env: Dict[str, str] = self.env if key is None else {**self.env, "PORTCULLIS_API_KEY": key}
        done = subprocess.run(list(command), env=env, cwd=self.folder, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def records(self) -> List[dict]:
        """What its journal holds now, read from the files; a line that is being written is left out."""
        found = []
        for name in sorted(glob.glob(os.path.join(self.data, "journal", "*.jsonl"))):
            with open(name, encoding="utf-8") as file:
                found += [json.loads(line) for line in file.read().split("\n")[:-1]]
        return found

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)
