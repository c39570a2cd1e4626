"""The first seed's Python, with only its import line changed, against a real sidecar."""
import _path  # noqa: F401 - first: finds the package
import ast
import base64
import glob
import os
import re
import subprocess
import unittest
import warnings
from unittest import mock

import node
from portcullis import InvalidInput, ToolFailed
from portcullis.compat import ari
from scripted import RESULT, SESSION, Server, answer

QUICK_START = '''
from arikernel import create_kernel, protect_tool

kernel = create_kernel(preset="safe-research")

@protect_tool("file.read", kernel=kernel)
def read_file(path: str) -> str:
    # In sidecar mode, this body is NOT called.
    # The sidecar's FileExecutor handles the read.
    return open(path).read()

@protect_tool("http.read", kernel=kernel)
def fetch_url(url: str) -> str:
    # In sidecar mode, this body is NOT called.
    # The sidecar's HttpExecutor handles the fetch.
    return httpx.get(url).text

read_file(path="./data/report.csv")     # ALLOWED
read_file(path="/etc/shadow")           # DENIED
fetch_url(url="https://example.com")    # ALLOWED
'''

APPROVALS = '''
from arikernel import create_kernel

def my_approval_handler(tool_call: dict, decision: dict) -> bool:
    """Return True to approve, False to deny."""
    print(f"Approval requested for {tool_call['toolClass']}.{tool_call['action']}")
    return input("Approve? [y/N] ").lower() == "y"

kernel = create_kernel(
    preset="safe-research",
    on_approval=my_approval_handler,
)
'''

LOCAL = '''
from arikernel import create_kernel

kernel = create_kernel(preset="safe-research", mode="local")
'''

CONTEXT_MANAGER = '''
from arikernel import create_kernel, ToolCallDenied, ApprovalRequiredError

with create_kernel(preset="safe-research") as kernel:
    result = kernel.execute_tool("file", "read", {"path": "./data/report.csv"})
    try:
        kernel.execute_tool("file", "read", {"path": "/etc/shadow"})
    except ToolCallDenied as denied:
        reason = denied
    token = kernel.request_capability("http.read")
    kernel.close()
'''

#: The sidecar of these tests has no names to resolve: nothing leaves the machine.
NO_NAMES = (
    "import dns from 'node:dns';import{syncBuiltinESMExports}from'node:module';"
    "const no=()=>Object.assign(new Error('ENOTFOUND'),{code:'ENOTFOUND'});"
    "const all=dns.lookup;dns.lookup=(h,o,c)=>/^[\\d.:]+$/.test(h)?all(h,o,c):(c??o)(no());"
    "dns.promises.lookup=async()=>{throw no()};syncBuiltinESMExports()"
)
IMPORT = "from arikernel import"

SHARED = os.environ.get("PORTCULLIS_SHARED", os.path.join(_path.REPOSITORY, "..", "shared"))


def seed(number):
    """The text of a seed document; a test that asks for one that is not here is skipped."""
    found = glob.glob(os.path.join(SHARED, "seeds", f"{number:03d}_*"))
    if not found:
        raise unittest.SkipTest(f"there is no {SHARED}/seeds")
    with open(found[0], encoding="utf-8") as file:
        return file.read()


def programs(text):
    """The Python of the first seed, whose lines run into the prose around them."""
    start = text.index(IMPORT)
    handler = text.index("def my_approval_handler", start)
    listed = text.index("create_kernel(preset, principal", handler)
    local = text.index("kernel = create_kernel", listed)
    return indented(text[start:handler]), indented(text[handler:listed]), text[local : text.index("\n", local)]


def indented(text):
    """The document lost its indentation: what follows a `def` is its body, up to the `return`."""
    found, inside = [], False
    for line in text.splitlines():
        found.append("    " + line if inside else line)
        inside = line.startswith("def ") or (inside and not line.startswith("return"))
    return "\n".join(found)


@node.needs_node
class Snippets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        env = {"NODE_OPTIONS": "--import=data:text/javascript;base64," + base64.b64encode(NO_NAMES.encode()).decode()}
        cls.sidecar = node.Sidecar(files={"data/report.csv": "a,b\n1,2\n"}, env=env)
        cls.addClassCleanup(cls.sidecar.close)
        patch = mock.patch.dict(os.environ, {"PORTCULLIS_DATA_DIR": cls.sidecar.data, "PORTCULLIS_BIN": node.COMMAND})
        patch.start()
        cls.addClassCleanup(patch.stop)
        cls.preset = "safe-research"
        try:
            ari.create_kernel(preset=cls.preset).close()
        except InvalidInput:
            print("the sidecar has no preset safe-research: the snippets run with workspace-read")
            cls.preset = "workspace-read"

    def statements(self, snippet):
        """The snippet's statements, the import line changed."""
        self.assertEqual(snippet.count(IMPORT), 1)
        text = snippet.replace(IMPORT, "from portcullis.compat.ari import").replace("safe-research", self.preset)
        return ast.parse(text).body

    def run_all(self, snippet):
        names = {}
        for statement in self.statements(snippet):
            exec(compile(ast.Module([statement], []), "snippet", "exec"), names)
        self.addCleanup(names["kernel"].close)
        return names

    def test_quick_start(self):
        self.quick_start(QUICK_START)

    def test_the_document_itself(self):
        start, handler, local = programs(seed(0))
        self.quick_start(start)
        begin = "from arikernel import create_kernel\n"
        names = self.run_all(begin + handler)
        with mock.patch("builtins.input", return_value="n"), mock.patch("builtins.print"):
            self.assertFalse(names["my_approval_handler"]({"toolClass": "file", "action": "write"}, {}))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.run_all(begin + local)
        self.assertTrue(caught)

    def test_the_commands_of_the_document(self):
        lines = re.findall(r"^pnpm ari (.+) --db \./audit\.db", seed(0), re.M)
        self.assertEqual([line.split()[0] for line in lines], ["trace", "replay"])
        with ari.create_kernel(preset=self.preset) as kernel:
            kernel.execute_tool("file", "read", {"path": "./data/report.csv"})
        for line in lines:
            # What was a file there is a directory here.
            asked = [*line.split(), "--data-dir", self.sidecar.data]
            done = subprocess.run([node.NODE, node.COMMAND, *asked], capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("data/report.csv", done.stdout)

    def quick_start(self, program):
        names, outcomes = {}, []
        for statement in self.statements(program):
            code = ast.Module([statement], [])
            if isinstance(statement, ast.Expr):
                code = ast.Expression(statement.value)
                try:
                    outcomes.append(eval(compile(code, "snippet", "eval"), names))
                except Exception as error:
                    outcomes.append(error)
            else:
                exec(compile(code, "snippet", "exec"), names)
        self.addCleanup(names["kernel"].close)
        report, shadow, page = outcomes
        self.assertEqual(report, "a,b\n1,2\n")
        self.assertIsInstance(shadow, ari.ToolCallDenied)
        self.assertTrue(shadow.reason and shadow.code and shadow.decision)
        self.assertIsInstance(page, ToolFailed, "permitted; there is no network here to fetch it from")
        self.assertTrue(page.decision.is_permit)

    def test_approvals(self):
        names = self.run_all(APPROVALS)
        with mock.patch("builtins.input", return_value="y"), mock.patch("builtins.print"):
            self.assertTrue(names["my_approval_handler"]({"toolClass": "file", "action": "write"}, {}))

    def test_local_mode_warns(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            names = self.run_all(LOCAL)
        self.assertTrue(any("development" in str(w.message) for w in caught))
        names["kernel"].close()

    def test_the_context_manager_and_the_rest_of_the_names(self):
        names = self.run_all(CONTEXT_MANAGER)
        result = names["result"]
        self.assertEqual(
            {k: result[k] for k in ("verdict", "success", "result", "error")},
            {"verdict": "allow", "success": True, "result": "a,b\n1,2\n", "error": None},
        )
        self.assertTrue(result["call_id"])
        self.assertIsInstance(names["reason"], ari.ToolCallDenied)
        self.assertTrue(issubclass(ari.ApprovalRequiredError, ari.ToolCallDenied))
        self.assertTrue(names["token"]["granted"])

    def test_no_sidecar_is_a_connection_error(self):
        with self.assertRaises(ConnectionError):
            ari.create_kernel(preset="safe-research", sidecar_url="http://127.0.0.1:1", auth_token="k" * 20)


class Scripted(unittest.TestCase):
    def serve(self, **on):
        server = Server(on)
        self.addCleanup(server.close)
        return server

    def test_a_handler_sees_their_names(self):
        ref = {"id": "act_9", "status": "open", "expires": 1}
        decision = {"id": "act_9", "effect": "require_approval", "code": "approval_required", "reason": ""}
        view = {
            **ref, "action": {"name": "fs.write", "resource": "/a", "params": {"content": "x"}}, "principal": "bot-1",
            "session": "ses_1", "requested": "2026-01-05T12:00:00Z", "labels": [], "asks": [], "answers": [], "steps": [],
            "offers": {}, "answerable": True,
        }
        server = self.serve(**{
            "POST /v1/submit": answer({**RESULT, "decision": decision, "approval": ref}),
            "GET /v1/approvals/act_9": answer(view),
            "POST /v1/approvals/act_9": answer(view),
            "POST /v1/approvals/act_9/resume": answer(RESULT),
        })
        seen = []
        kernel = ari.create_kernel(
            on_approval=lambda call, decision: seen.append((call, decision)) or True, sidecar_url=server.url, auth_token="k" * 20
        )
        self.addCleanup(kernel.close)
        self.assertTrue(kernel.execute_tool("file", "write", {"path": "a", "content": "x"})["success"])
        call, decision = seen[0]
        self.assertEqual((call["toolClass"], call["action"]), ("file", "write"))
        self.assertEqual(decision["verdict"], "require-approval")

    def test_taint_that_is_told_while_a_call_waits_goes_with_the_next(self):
        meanwhile = []

        def submitted(sock, request):
            for tell in meanwhile:
                tell("http.read", taint_labels=[{"source": "web", "origin": "a.example"}])
            meanwhile.clear()
            return answer(RESULT)

        server = self.serve(**{"POST /v1/submit": submitted})
        with ari.create_kernel(sidecar_url=server.url, auth_token="k" * 20) as kernel:
            meanwhile.append(kernel.request_capability)
            kernel.execute_tool("http", "get", {"url": "u"})
            kernel.execute_tool("http", "get", {"url": "u"})
            asked = [one.json for one in server.requests if one.path == "/v1/submit"]
        self.assertNotIn("labels", asked[0])
        self.assertEqual([label["origin"] for label in asked[1]["labels"]], ["a.example"])

    def test_their_actions(self):
        server = self.serve(**{"POST /v1/submit": answer(RESULT), "GET /v1/sessions/ses_1": answer(SESSION)})
        with ari.create_kernel(sidecar_url=server.url, auth_token="k" * 20) as kernel:
            for tool, verb, params, action in (
                ("http", "get", {"url": "u"}, "http.get"),
                ("http", "POST", {"url": "u", "body": "x"}, "http.post"),
                ("shell", "exec", {"command": "git status"}, "proc.exec"),
                ("database", "query", {"database": "d"}, "sql.query"),
                ("database", "mutate", {"database": "d"}, "sql.exec"),
                ("mcp", "any", {}, "mcp.any"),
            ):
                kernel.execute_tool(tool, verb, params)
                self.assertEqual(server.requests[-1].json["action"], action)
            self.assertFalse(kernel.restricted)
            self.assertEqual(kernel.status()["principalId"], "local")
            kernel.execute_tool("file", "read", {"path": "a"}, taint_labels=["web:news.test"])
            said = {"source": "web", "origin": "news.test", "integrity": "untrusted", "confidentiality": "public"}
            self.assertEqual(server.requests[-1].json["labels"], [said])
            kernel.execute_tool("file", "read", {"path": "a"}, taint_labels=["model-generated"])
            self.assertNotIn("labels", server.requests[-1].json)
            for wrong in (["nowhere"], "web", [7], [{"source": "web", "trusted": True}], [{}]):
                with self.assertRaises(ValueError):
                    kernel.execute_tool("file", "read", {"path": "a"}, taint_labels=wrong)
            with self.assertRaises(ValueError):
                kernel.execute_tool("file", "read", {"path": "a"}, execute_fn=open)

    def test_what_cannot_be_honoured_is_refused(self):
        for option in (
            {"auto_scope": True},
            {"allow": {"shell": True}},
            {"audit_log": "./audit.db"},
            {"max_denied_sensitive_actions": 5},
            {"preset": "safe", "max_denied_sensitive_actions": 2},
            {"preset": "safe", "max_denied_sensitive_actions": True},
            {"preset": "safe", "max_denied_sensitive_actions": 5, "behavioral_rules": False},
            {"behavioral_rules": False},
        ):
            with self.assertRaises(ValueError):
                ari.create_kernel(sidecar_url="http://127.0.0.1:1", auth_token="k" * 20, **option)


if __name__ == "__main__":
    unittest.main()
