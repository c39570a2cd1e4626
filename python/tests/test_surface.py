"""The public surface: names, signatures, exceptions by code, what an import costs, and that the package installs without a network."""
import _path
import importlib
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

import portcullis
from portcullis import AsyncKernel, Kernel
from portcullis.errors import EXCEPTIONS, exception_for

NAMES = """
ApprovalRequiredError AsyncKernel BadResponse Context DeadlineExceeded Decision Forbidden Frame Gate Grant Handle InvalidInput
Invalidated Invalidation InvalidationListener InvalidationScope Kernel Label MalformedRequest NotFound Outcome OutcomeUnknown PermitStatus PortcullisError RequestFailed Result
SessionView StreamFrame ToolCallDenied ToolFailed Unauthenticated Unavailable Verdict WebhookKey WebhookRefused attenuate create_async_kernel create_kernel guarded
protect_tool set_default_kernel spawn_invalidation_listener verify_webhook
""".split()
VERBS = """
add_turn answer_approval answer_approvals approval approvals approve_capability attenuate budgets capabilities check checkpoint close close_session create_scope decide decide_batch declassify delete_capability drop_scope endorse events execute_tool expand explain freeze grant grants
invalidate invalidations invoke invoke_stream journal open_session policy principal proof quarantine record redeem_permit register_capability replace_policy replace_scope
check_policy report request_capabilities resolve restore resume revoke revoke_grant session session_id spawn_invalidation_listener status submit submit_stream verify verify_permit withdraw_approval
""".split()
#: Of a gate.
GATE = """
check close decide evaluate from_dict from_file from_json_file from_json_string from_toml from_yaml kernel redeem_permit
reload report spawn_invalidation_listener
""".split()


def public(kind):
    return sorted(name for name in dir(kind) if not name.startswith("_"))


def modules():
    """Every module of the package, packages included, without the package's own name."""
    found = pkgutil.walk_packages(portcullis.__path__, "portcullis.")
    return {module.name.partition(".")[2] for module in found}


class Names(unittest.TestCase):
    def test_no_module_stands_in_the_way_of_a_name(self):
        """To import a module puts it into the package under its own name, over a name that loads on first use."""
        self.assertEqual({name for name in modules() if "." not in name} & set(portcullis.__all__), set())

    def test_what_may_be_imported_besides_the_names(self):
        """These are the modules that programs name. All others are the package's own, and move as it grows."""
        kinds = "approval decision grant invalidation journal plain policy result session status".split()
        public = {"errors", *(f"types.{name}" for name in kinds), *(f"compat.{name}" for name in "agent_os ari kavach weaver".split())}
        self.assertEqual(public - modules(), set())
        inner = {name.split(".")[0] for name in modules()} - {"errors", "types", "compat"}
        self.assertEqual(inner, set("gate kernel listening sidecar signing tools transport verbs webhook wire".split()))

    def test_every_module_says_what_it_is_for(self):
        for name in modules():
            self.assertTrue(importlib.import_module(f"portcullis.{name}").__doc__, name)

    def test_pinned(self):
        self.assertEqual(sorted(portcullis.__all__), sorted(NAMES))
        for name in NAMES:
            self.assertEqual(getattr(portcullis, name).__name__, name)
        with self.assertRaises(AttributeError):
            portcullis.nothing
        self.assertEqual(public(portcullis.Gate), sorted(GATE))
        self.assertEqual(public(Kernel), sorted(set(VERBS) - {"principal"}))

    def test_both_kernels_have_the_same_verbs_with_the_same_arguments(self):
        self.assertEqual(public(Kernel), public(AsyncKernel))
        for name in public(Kernel):
            one, other = inspect.getattr_static(Kernel, name), inspect.getattr_static(AsyncKernel, name)
            if isinstance(one, property):
                continue
            self.assertEqual(list(inspect.signature(one).parameters), list(inspect.signature(other).parameters), name)
        given = lambda f: [p for p in inspect.signature(f).parameters]  # noqa: E731
        self.assertEqual(given(portcullis.create_kernel), given(portcullis.create_async_kernel))

    def test_exceptions(self):
        wanted = {
            "ToolCallDenied": portcullis.PortcullisError,
            "ApprovalRequiredError": portcullis.ToolCallDenied,
            "Invalidated": portcullis.PortcullisError,
            "MalformedRequest": ValueError,
            "InvalidInput": ValueError,
            "Unauthenticated": ValueError,
            "Unavailable": ConnectionError,
            "DeadlineExceeded": TimeoutError,
            "BadResponse": ConnectionError,
            "Forbidden": PermissionError,
            "NotFound": LookupError,
        }
        for name, parent in wanted.items():
            kind = getattr(portcullis, name)
            self.assertTrue(issubclass(kind, parent) and issubclass(kind, portcullis.PortcullisError), name)
            error = kind("why", code="c", remedy="try", decision=None)
            self.assertEqual((error.reason, error.code, error.remedy, error.decision), ("why", "c", "try", None))
            self.assertEqual(str(error), "c: why (try)")
        self.assertFalse(issubclass(portcullis.Invalidated, portcullis.ToolCallDenied))

    def test_exceptions_travel_between_processes(self):
        import pickle

        for kind in {*EXCEPTIONS.values()}:
            error = pickle.loads(pickle.dumps(kind("why", code="c", retry_after=2)))
            self.assertEqual((type(error), error.reason, error.code, error.retry_after), (kind, "why", "c", 2))

    def test_values_are_frozen_equal_and_travel(self):
        import copy
        import dataclasses
        import pickle

        label = portcullis.Label("http", "example.com", "untrusted", "public")
        self.assertEqual(label, portcullis.Label(source="http", origin="example.com", integrity="untrusted", confidentiality="public"))
        self.assertEqual({label, pickle.loads(pickle.dumps(label)), copy.deepcopy(label)}, {label})
        for change in (lambda: setattr(label, "source", "x"), lambda: delattr(label, "source"), lambda: setattr(label, "y", 1)):
            with self.assertRaises(dataclasses.FrozenInstanceError):
                change()
        with self.assertRaises(TypeError):
            portcullis.Label("http")
        with self.assertRaises(TypeError):
            portcullis.Label("http", "a", "b", "c", "d")
        with self.assertRaises(TypeError):
            portcullis.Label(nonsense=1)
        self.assertEqual(dataclasses.asdict(label)["origin"], "example.com")
        self.assertEqual(dataclasses.replace(label, source="fs").source, "fs")
        self.assertIn("source='http'", repr(label))
        self.assertNotEqual(label, portcullis.Context())


class Codes(unittest.TestCase):
    def test_every_code_of_the_kernel_has_an_exception(self):
        path = os.path.join(_path.REPOSITORY, "packages", "kernel", "src", "errors.ts")
        if not os.path.exists(path):
            self.skipTest("the kernel's sources are not here: the table of codes cannot be compared")
        with open(path, encoding="utf-8") as file:
            table = file.read().split("export const CODES", 1)[1].split("satisfies Record", 1)[0]
        codes = set(re.findall(r"^  (\w+): code\(", table, re.M))
        self.assertGreater(len(codes), 50)
        permits = {"permitted", "modified", "permit_ok"}
        self.assertEqual(codes - permits - set(EXCEPTIONS), set())

    def test_unknown_codes(self):
        self.assertIs(exception_for("x"), portcullis.ToolCallDenied)
        self.assertIs(exception_for("x", 503), portcullis.RequestFailed)


class Package(unittest.TestCase):
    def python(self, code, path=_path.PYTHON):
        env = {**os.environ, "PYTHONPATH": path}
        return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout

    def test_an_import_loads_nothing_heavy(self):
        code = (
            "import sys; from portcullis import create_kernel, protect_tool, ToolCallDenied;"
            "print([m for m in ('asyncio', 'ssl', 'subprocess', 'http', 'urllib.request', 'tempfile', 'concurrent') if m in sys.modules])"
        )
        # What site brings before the first line of a program is not the package's.
        before = self.python("import sys; print([m for m in sys.modules])")
        found = [name for name in eval(self.python(code)) if f"'{name}'" not in before]
        self.assertEqual(found, [])

    def test_an_import_is_quick(self):
        """Beside what it does without, on the same machine in the same moment: what that takes differs, how they compare does not."""
        took = "import time; t = time.process_time(); %s; print(time.process_time() - t)"
        ours = took % "from portcullis import create_kernel, protect_tool"
        spared = took % "import asyncio, ssl, http.client"
        with tempfile.TemporaryDirectory() as cache:
            os.environ["PYTHONPYCACHEPREFIX"] = cache
            kept = os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
            try:
                times = [(float(self.python(ours)), float(self.python(spared))) for _ in range(6)]
            finally:
                del os.environ["PYTHONPYCACHEPREFIX"]
                if kept is not None:
                    os.environ["PYTHONDONTWRITEBYTECODE"] = kept
        self.assertLess(min(one for one, _ in times), 2.5 * min(other for _, other in times))

    def test_it_builds_and_runs_from_its_wheel_and_its_sdist(self):
        sys.path.insert(0, os.path.join(_path.PYTHON, "build_backend"))
        try:
            import portcullis_build as backend
        finally:
            sys.path.pop(0)
        with tempfile.TemporaryDirectory() as folder:
            name = backend.build_wheel(folder)
            with zipfile.ZipFile(os.path.join(folder, name)) as wheel:
                names = wheel.namelist()
                self.assertIsNone(wheel.testzip())
                record = wheel.read("portcullis-0.1.0.dist-info/RECORD").decode()
            self.assertEqual(sorted(line.split(",")[0] for line in record.splitlines()), sorted(names))
            self.assertIn("portcullis/py.typed", names)
            held = {name[len("portcullis/") : -3].replace("/", ".") for name in names if name.endswith(".py")}
            self.assertEqual({name[: -len(".__init__")] if name.endswith(".__init__") else name for name in held} - {"__init__"}, modules())
            self.assertIn("portcullis-0.1.0.dist-info/licenses/LICENSE", names)
            self.assertFalse(any("test" in one or "__pycache__" in one for one in names))
            path = os.path.join(folder, name)
            self.assertEqual(self.python("import portcullis; print(portcullis.create_kernel.__name__)", path), "create_kernel\n")
            self.assertEqual(backend.build_wheel(folder), name)
            with tarfile.open(os.path.join(folder, backend.build_sdist(folder))) as archive:
                self.assertIn("portcullis-0.1.0/LICENSE", archive.getnames())
            self.assertTrue(backend.build_editable(folder).endswith(".whl"))

    def test_pip_installs_it_without_a_network(self):
        with tempfile.TemporaryDirectory() as target:
            command = [sys.executable, "-m", "pip", "install", "--no-index", "--quiet", "--target", target, _path.PYTHON]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PIP_CONFIG_FILE": os.devnull})
            if "No module named pip" in done.stderr:
                self.skipTest("this Python has no pip")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(self.python("import portcullis, json; print(json.dumps(portcullis.__version__))", target)), "0.1.0")


if __name__ == "__main__":
    unittest.main()
