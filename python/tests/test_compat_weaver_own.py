"""weaver-kernel's registry and drivers with only the import changed: a private sidecar decides, and handlers run here, once, as permitted."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import json
import os
import unittest
from unittest import mock

import node
from portcullis import create_kernel
from portcullis.compat import weaver
from portcullis.compat.weaver import Capability, CapabilityRequest, ImplementationRef, Principal, SafetyClass
from portcullis.compat.weaver import SensitivityTag

QUICK_START = '''
import asyncio
from weaver_kernel import (
    Capability, CapabilityRegistry, HMACTokenProvider, ImplementationRef, InMemoryDriver, Kernel, Principal, SafetyClass,
    StaticRouter,
)

registry = CapabilityRegistry()
registry.register(Capability(
    capability_id="billing.list_invoices",
    name="List invoices",
    description="List the invoices of a customer.",
    safety_class=SafetyClass.READ,
    tags=["billing", "invoices"],
    impl=ImplementationRef(driver_id="billing", operation="list_invoices"),
))
driver = InMemoryDriver(driver_id="billing")
driver.register_handler("list_invoices", lambda ctx: [{"id": n, "amount": 10 * n} for n in range(80)])
kernel = Kernel(registry=registry, token_provider=HMACTokenProvider(secret="a secret"), router=StaticRouter())
kernel.register_driver(driver)

async def main():
    principal = Principal(principal_id="alice", roles=["reader"])
    requests = kernel.request_capabilities("list invoices")
    grant = kernel.grant_capability(requests[0], principal, justification="the weekly report")
    frame = await kernel.invoke(grant.token, principal=principal, args={"operation": "list_invoices"})
    page = kernel.expand(frame.handle, query={"offset": 78, "limit": 5, "fields": ["id"]})
    return frame, page, kernel.explain(frame.action_id)

frame, page, trace = asyncio.run(main())
'''

WHY = "the invoice is due today"


def capability(id, safety=SafetyClass.READ, sensitivity=SensitivityTag.NONE):
    return Capability(id, id, f"It does {id}.", safety, sensitivity, impl=ImplementationRef("own", id))


@node.needs_node
class OwnRegistry(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        patch = mock.patch.dict(os.environ, {"PORTCULLIS_BIN": node.COMMAND})
        patch.start()
        cls.addClassCleanup(patch.stop)
        registry = weaver.CapabilityRegistry()
        registry.register_many([
            capability("own.read"),
            capability("own.write", SafetyClass.WRITE),
            capability("own.drop", SafetyClass.DESTRUCTIVE),
            capability("own.people", sensitivity=SensitivityTag.PII),
            capability("own.secret_write", SafetyClass.WRITE, SensitivityTag.SECRETS),
            capability("own.slow"),
            capability("own.none"),
        ])
        cls.kernel = weaver.Kernel(registry)
        cls.addClassCleanup(cls.kernel.close)
        cls.ran = []
        driver = weaver.InMemoryDriver("own")
        driver.register_handler("own.read", lambda ctx: cls.ran.append(ctx) or {"args": ctx.args})

        async def write(ctx):
            cls.ran.append(ctx)
            return weaver.RawResult(ctx.capability_id, {"done": True})

        async def slow(ctx):
            cls.ran.append(ctx)
            await asyncio.Event().wait()

        def drop(ctx):
            raise RuntimeError("no disk")

        driver.register_handler("own.write", write)
        driver.register_handler("own.secret_write", write)
        driver.register_handler("own.drop", drop)
        driver.register_handler("own.people", lambda ctx: [{"name": "A", "email": "canary@example.org"}])
        driver.register_handler("own.slow", slow)
        cls.kernel.register_driver(driver)
        other = weaver.InMemoryDriver("memory")
        other.register_handler("own.none", lambda ctx: cls.ran.append(ctx))
        cls.kernel.register_driver(other)

    def setUp(self):
        self.ran.clear()

    def token(self, id, who, why=WHY):
        return self.kernel.get_token(CapabilityRequest(id, "a test"), who, justification=why)

    def invoke(self, id, who, args=None, why=WHY, mode="summary"):
        token = self.token(id, who, why)
        return asyncio.run(self.kernel.invoke(token, principal=who, args=args, response_mode=mode))

    def test_the_quick_start(self):
        names = {}
        exec(compile(QUICK_START.replace("weaver_kernel", "portcullis.compat.weaver"), "quick start", "exec"), names)
        names["kernel"].close()
        frame, page, trace = names["frame"], names["page"], names["trace"]
        self.assertEqual((frame.response_mode, frame.facts[0]["rows"]), ("summary", 80))
        self.assertEqual(page.table_preview, [{"id": 78}, {"id": 79}])
        self.assertEqual((trace.capability_id, trace.principal_id, trace.driver_id), ("billing.list_invoices", "alice", "host"))
        self.assertEqual((trace.error, trace.result_summary["has_handle"]), (None, True))

    def test_the_rules_of_the_default_policy_engine(self):
        nobody, writer, admin = Principal("nobody"), Principal("bob", ["writer"]), Principal("root", ["admin"])
        reader = Principal("eve", ["writer", "secrets_reader"])
        self.invoke("own.read", nobody, why="")
        for id, who, why in (
            ("own.write", nobody, WHY),
            ("own.write", writer, "too short"),
            ("own.write", writer, "short" + " " * 40),
            ("own.drop", writer, WHY),
            ("own.people", nobody, ""),
            ("own.secret_write", writer, WHY),
            ("own.secret_write", Principal("carl", ["secrets_reader"]), WHY),
        ):
            with self.subTest(id=id, who=who.principal_id), self.assertRaises(weaver.PolicyDenied):
                self.invoke(id, who, why=why)
        self.assertEqual(len(self.ran), 1)
        for id, who in (("own.write", writer), ("own.write", admin), ("own.secret_write", reader)):
            self.invoke(id, who)
        self.assertEqual(len(self.ran), 4)
        told = self.kernel.explain_denial(CapabilityRequest("own.drop", "x"), writer, justification=WHY)
        self.assertTrue(told.denied)
        page = self.invoke("own.people", Principal("dora", [], {"tenant": "t"}), mode="table")
        self.assertNotIn("canary@example.org", str(page.to_dict()))

    def test_no_argument_names_another_operation(self):
        frame = self.invoke("own.read", Principal("alice"), {"operation": "own.drop", "n": 1})
        self.assertEqual([one.capability_id for one in self.ran], ["own.read"])
        self.assertEqual(self.ran[0].args, {"operation": "own.drop", "n": 1})
        self.assertEqual(self.ran[0].action_id, frame.action_id)

    def test_a_token_is_its_principals(self):
        token = self.token("own.read", Principal("alice"))
        with self.assertRaises(weaver.TokenScopeError):
            asyncio.run(self.kernel.invoke(token, principal=Principal("mallory"), args={}))
        self.kernel.revoke(token)
        with self.assertRaises(weaver.TokenRevoked):
            asyncio.run(self.kernel.invoke(token, principal=Principal("alice"), args={}))
        self.assertEqual(self.ran, [])

    def test_a_handler_that_fails_is_recorded_and_no_second_driver_is_tried(self):
        admin = Principal("admin-1", ["admin"])
        with self.assertRaisesRegex(weaver.DriverError, "no disk"):
            self.invoke("own.drop", admin)
        # It names the driver `own`, which has no handler for it; the one called `memory` does.
        with self.assertRaisesRegex(weaver.DriverError, "no driver has a handler for own.none"):
            self.invoke("own.none", admin)
        self.assertEqual(self.ran, [])

    def test_who_is_cancelled_leaves_an_unknown_outcome(self):
        who = Principal("hasty")
        token = self.token("own.slow", who)

        async def run():
            task = asyncio.ensure_future(self.kernel.invoke(token, principal=who, args={}))
            while not self.ran:
                await asyncio.sleep(0.001)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(run())
        self.assertEqual(self.kernel.explain(self.ran[0].action_id).error, "unknown")

    def test_what_cannot_be_honoured_is_an_error(self):
        registry = weaver.CapabilityRegistry()
        registry.register(capability("own.read"))
        with self.assertRaises(weaver.CapabilityAlreadyRegistered):
            registry.register(capability("own.read"))
        with self.assertRaises(weaver.CapabilityNotFound):
            registry.get("own.other")
        for option in ({"policy": object()}, {"firewall": object()}, {"url": "http://127.0.0.1:1"}):
            with self.assertRaises(weaver.InvalidConstraint):
                weaver.Kernel(registry, **option)
        with self.assertRaises(weaver.InvalidConstraint):
            self.kernel.register_driver(weaver.InMemoryDriver("own"))


@node.needs_node
class SharedSidecar(unittest.TestCase):
    def test_a_driver_runs_what_the_host_executes(self):
        sidecar = node.Sidecar({"policy": {"managed": True}})
        self.addCleanup(sidecar.close)
        rule = {"name": "cap", "effect": "modify", "when": {"action": "pay"}, "then": {"set": {"/amount": {"cap": 50}}}}
        with create_kernel(url=sidecar.url, api_key=sidecar.admin_key) as admin:
            admin.replace_policy(json.dumps({"rules": [rule]}), "json")
            admin.register_capability({
                "id": "crm.pay", "name": "Pay", "description": "Pay.", "action": "pay", "execution": "host",
                "safety": "write", "resource_from": "to",
            })
        key = sidecar.make_key(["decide", "outcomes", "explain", "sessions:open"], "bot")
        kernel = weaver.Kernel(url=sidecar.url, api_key=key)
        self.addCleanup(kernel.close)
        bot, ran = Principal("bot"), []

        def invoke():
            token = kernel.get_token(CapabilityRequest("crm.pay", "pay"), bot)
            return asyncio.run(kernel.invoke(token, principal=bot, args={"to": "ann", "amount": 80}, response_mode="table"))

        with self.assertRaisesRegex(weaver.DriverError, "register_driver"):
            invoke()
        driver = weaver.InMemoryDriver()
        driver.register_handler("crm.pay", lambda ctx: ran.append(ctx.args) or {"paid": ctx.args["amount"]})
        kernel.register_driver(driver)
        self.assertEqual(invoke().table_preview, [{"paid": 50}])
        self.assertEqual(ran, [{"to": "ann", "amount": 50}])


if __name__ == "__main__":
    unittest.main()
