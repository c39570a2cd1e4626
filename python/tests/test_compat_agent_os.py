"""Agent OS Kernel's names with only the import changed: one kernel over a real private sidecar, its providers, its log, its loop."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import json
import os
import tempfile
import unittest
from types import SimpleNamespace
from unittest import mock

import node
from portcullis.compat.agent_os import (
    ActionRequest,
    AgentLoop,
    FilesystemProvider,
    HttpProvider,
    Kernel,
    Policy,
    ProcessProvider,
    Provider,
    ToolDef,
    load_policy,
    run_agent_loop,
)
from portcullis.errors import InvalidInput, Unavailable


class Shelf(Provider):
    """A provider of the host's own, with state."""

    def __init__(self):
        self.held = {}

    @property
    def actions(self):
        return ["shelf.put", "shelf.get"]

    def execute(self, request):
        if request.action == "shelf.put":
            self.held[request.target] = request.params["value"]
            return {"put": request.target}
        return self.held[request.target]


READ = ToolDef(
    name="read_file",
    description="Read a file",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
    action="fs.read",
    target_from="path",
)


def policy(folder):
    return f"""
capabilities:
  - {{action: fs.read, resource: "{folder}/**"}}
  - {{action: fs.write, resource: "{folder}/output/**"}}
  - {{action: fs.delete, resource: "{folder}/output/**"}}
  - {{action: proc.exec, resource: echo}}
  - {{action: net.http, resource: "https://127.0.0.1:1/**", constraint: {{method: GET}}}}
  - {{action: mcp.call, resource: server/**}}
  - {{action: shelf.put, resource: a/**}}
  - {{action: shelf.get, resource: "**"}}
"""


@node.needs_node
class Kernels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        environ = mock.patch.dict(os.environ, {"PORTCULLIS_BIN": node.COMMAND})
        environ.start()
        cls.addClassCleanup(environ.stop)
        folder = tempfile.TemporaryDirectory(prefix="pcl-aos-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = os.path.realpath(folder.name)
        cls.workspace = os.path.join(cls.folder, "ws")
        os.mkdir(cls.workspace)
        for name, text in {"ws/data.csv": "a,b\n", "policy.yaml": policy(cls.workspace)}.items():
            with open(os.path.join(cls.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        cls.log = os.path.join(cls.folder, "kernel.log")
        cls.shelf = Shelf()
        cls.kernel = cls.open()
        cls.addClassCleanup(lambda: cls.kernel.close())

    @classmethod
    def open(cls):
        providers = [FilesystemProvider(), ProcessProvider(), HttpProvider(), cls.shelf]
        return Kernel(policy=os.path.join(cls.folder, "policy.yaml"), providers=providers, log_path=cls.log)

    def ask(self, action, target, **params):
        return self.kernel.submit(ActionRequest(action=action, target=target, params=params))

    def at(self, *parts):
        return os.path.join(self.workspace, *parts)

    def test_what_is_permitted_is_carried_out_in_their_shapes(self):
        self.assertEqual(self.ask("fs.read", self.at("data.csv")).data, "a,b\n")
        self.assertEqual(self.ask("fs.write", self.at("output", "new", "r.txt"), content="x").data, {"bytes_written": 1})
        self.assertEqual(self.ask("fs.delete", self.at("output", "new", "r.txt")).data, {"deleted": True})
        ran = self.ask("proc.exec", "echo", args=["hi"], timeout=5)
        self.assertEqual(ran.data, {"returncode": 0, "stdout": "hi\n", "stderr": ""}, ran)
        self.assertEqual(self.ask("shelf.put", "a/b", value=1).data, {"put": "a/b"})
        self.assertEqual(self.shelf.held, {"a/b": 1})

    def test_each_status(self):
        for action, target, params, status, error in (
            ("fs.read", "/etc/passwd", {}, "DENIED", "not permitted"),
            ("fs.read", self.at("..", "policy.yaml"), {}, "DENIED", "not permitted"),
            ("fs.read", os.path.join(self.log, "admin-key"), {}, "DENIED", "not permitted"),
            ("proc.exec", "rm", {"args": ["-rf", "/"]}, "DENIED", "not permitted"),
            ("net.http", "https://127.0.0.1:1/x", {"method": "POST", "body": {"a": 1}}, "DENIED", "not permitted"),
            ("net.http", "https://127.0.0.1:1/x", {}, "ERROR", "public"),
            ("net.http", "https://127.0.0.1:1/x", {"method": "BREW"}, "ERROR", "method"),
            ("shelf.put", "b", {"value": 1}, "DENIED", "not permitted"),
            ("shelf.get", "nothing", {}, "ERROR", "nothing"),
            ("mcp.call", "server/tool", {}, "ERROR", "no provider"),
            ("fs.read", self.at("nope"), {}, "ERROR", "no such file"),
            ("", "", {}, "ERROR", "malformed request"),
            ("fs.read", 5, {}, "ERROR", "malformed request"),
            ("fs.read", "x", {"path": "/etc/passwd"}, "ERROR", "malformed request"),
        ):
            result = self.ask(action, target, **params)
            self.assertEqual(result.status, status, (action, target, result))
            self.assertIn(error, result.error)
        self.assertNotIn("b", self.shelf.held)
        self.assertEqual(self.kernel.submit(ActionRequest("fs.read", "x", [1])).status, "ERROR")

    def test_one_line_for_each_and_the_log_goes_on_where_it_was(self):
        cls = type(self)
        before = len(self.kernel.log.read_all())
        self.ask("fs.read", self.at("data.csv"))
        self.ask("fs.read", "/etc/passwd")
        self.ask("mcp.call", "server/tool")
        self.ask("shelf.get", "nothing")
        self.ask("", "")
        found = self.kernel.log.read_all()[before:]
        self.assertEqual([one.status for one in found], ["OK", "DENIED", "NO_PROVIDER", "FAILED", "INVALID"])
        self.assertEqual(found[0].target, self.at("data.csv"))
        self.assertTrue(self.kernel.log.verify())
        cls.kernel.close()
        cls.kernel = self.open()
        again = self.kernel.log.read_all()
        self.assertEqual([one.record_id for one in again[before:]], [one.record_id for one in found])
        with self.assertRaisesRegex(Unavailable, "already_running|another process"):
            self.open()

    def test_what_cannot_be_honoured_is_an_error(self):
        text = Policy('capabilities: [{action: fs.read, resource: "/x", constraints: {a: 1}}]', "yaml")
        with self.assertRaisesRegex(InvalidInput, "constraints"):
            Kernel(text, log_path=os.path.join(self.folder, "other"))
        with self.assertRaises(FileNotFoundError):
            load_policy(os.path.join(self.folder, "nope.yaml"))
        with self.assertRaisesRegex(InvalidInput, "is a file"):
            Kernel(Policy.of([]), log_path=os.path.join(self.folder, "policy.yaml"))

        class Fake(Shelf):
            actions = ["fs.read"]

        for providers in ([Fake()], [Shelf(), Shelf()], {"fs.read": ProcessProvider()}):
            with self.assertRaises(InvalidInput):
                Kernel(Policy.of([]), providers, os.path.join(self.folder, "other"))

    # the loop

    def model(self, *turns):
        """A model that says these: a text, or calls as (name, arguments)."""
        asked = []

        async def complete(**request):
            asked.append(json.loads(json.dumps(request)))
            turn = turns[len(asked) - 1]
            if isinstance(turn, Exception):
                raise turn
            calls = [] if isinstance(turn, str) else [
                SimpleNamespace(id=f"c{n}", function=SimpleNamespace(name=name, arguments=arguments))
                for n, (name, arguments) in enumerate(turn)
            ]
            message = SimpleNamespace(content=turn if isinstance(turn, str) else None, tool_calls=calls)
            return SimpleNamespace(choices=[SimpleNamespace(message=message)])

        return complete, asked

    def test_every_call_of_a_model_is_submitted_and_what_is_no_call_is_recorded_too(self):
        before = len(self.kernel.log.read_all())
        permitted = json.dumps({"path": self.at("data.csv")})
        complete, asked = self.model(
            [("read_file", permitted), ("read_file", '{"path": "/etc/passwd"}')],
            [("rm_rf", "{}"), ("read_file", "{not json"), ("read_file", '{"file": "x"}')],
            "done",
        )
        loop = AgentLoop(self.kernel, "m", instructions="be brief", tools=[READ], completion=complete)
        self.assertEqual(asyncio.run(loop.run("go")), "done")
        told = [json.loads(one["content"]) for one in asked[-1]["messages"] if one["role"] == "tool"]
        self.assertEqual([one["status"] for one in told], ["OK", "DENIED", "ERROR", "ERROR", "ERROR"])
        self.assertEqual(told[0]["data"], "a,b\n")
        self.assertEqual(asked[0]["messages"][0], {"role": "system", "content": "be brief"})
        found = self.kernel.log.read_all()[before:]
        self.assertEqual([one.status for one in found], ["OK", "DENIED", "DENIED", "INVALID", "INVALID"])

    def test_a_model_is_told_that_a_text_was_cut(self):
        with open(self.at("large.txt"), "w", encoding="utf-8") as file:
            file.write("x" * 400_000)
        complete, asked = self.model([("read_file", json.dumps({"path": self.at("large.txt")}))], "ok")
        asyncio.run(AgentLoop(self.kernel, "m", tools=[READ], completion=complete).run("go"))
        told = json.loads(asked[-1]["messages"][-1]["content"])
        self.assertEqual((told["status"], told["data"]["of_bytes"]), ("OK", 400_000))
        self.assertLess(len(told["data"]["part"]), 400_000)
        self.assertTrue(told["data"]["notes"])

    def test_ends(self):
        complete, _ = self.model(RuntimeError("no key"))
        self.assertEqual(asyncio.run(run_agent_loop(self.kernel, "m", "go", completion=complete)), "[LLM error: no key]")
        complete, _ = self.model(*[[("read_file", "{}")]] * 3)
        loop = AgentLoop(self.kernel, "m", tools=[READ], max_turns=3, completion=complete)
        self.assertEqual(asyncio.run(loop.run("go")), "[max turns reached]")
        whole = ToolDef("any", "", {}, "fs.read", target_from=lambda args: self.at(args["name"] + ".csv"))
        complete, asked = self.model([("any", '{"name": "data"}')], "ok")
        asyncio.run(AgentLoop(self.kernel, "m", tools=[whole], completion=complete).run("go"))
        self.assertEqual(json.loads(asked[-1]["messages"][-1]["content"])["data"], "a,b\n")


if __name__ == "__main__":
    unittest.main()
