"""One test that touches every public name against a real sidecar, and fails when one was not touched."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import inspect
import json
import os
import tempfile
import unittest
from unittest import mock

import node
import portcullis
from test_surface import public

POLICY = json.dumps(
    {
        "rules": [
            {"name": "all", "effect": "permit", "when": {"action": ["refund", "fs.read"]}},
            {"name": "ask", "effect": "require_approval", "when": {"action": "mail"}},
        ]
    }
)


class Touched:
    """Passes everything on, and keeps the names it was asked for."""

    def __init__(self, inner, names):
        self.__dict__.update(inner=inner, names=names)

    def __getattr__(self, name):
        self.names.add(name)
        return getattr(self.inner, name)


async def settled(value):
    return await value if inspect.isawaitable(value) else value


async def first(stream):
    if hasattr(stream, "__aiter__"):
        async for event in stream:
            await stream.aclose()
            return event
    found = next(iter(stream))
    stream.close()
    return found


@node.needs_node
class EveryName(unittest.TestCase):
    def setUp(self):
        self.sidecar = node.Sidecar({"policy": {"managed": True}}, {"a.txt": "hello"})
        self.addCleanup(self.sidecar.close)
        patch = mock.patch.dict(os.environ, {"PORTCULLIS_BIN": node.COMMAND})
        patch.start()
        self.addCleanup(patch.stop)
        self.names = set()
        self.module = Touched(portcullis, self.names)

    async def raises(self, kind, value):
        with self.assertRaises(kind) as raised:
            await settled(value() if callable(value) else value)
        return raised.exception

    async def verbs(self, create):
        """The same calls on both kinds of kernel; gives back the names that were touched."""
        p = self.module
        keys = {"url": self.sidecar.url}
        admin_key = self.sidecar.make_key(["policy", "journal", "freeze", "quarantine", "resolve", "explain", "approve"], "boss")
        user_key = self.sidecar.make_key(
            ["submit", "decide", "outcomes", "sessions:open", "explain"], "bot", may_assert={"user_turns": True}
        )
        seen = set()
        kernel = Touched(await settled(create(api_key=user_key, **keys)), seen)
        admin = Touched(await settled(create(api_key=admin_key, **keys)), seen)

        async def on(verb, *args, **kwargs):
            return await settled(verb(*args, **kwargs))

        self.assertTrue((await on(admin.check_policy, POLICY, "json")).ok)
        view = await on(admin.replace_policy, POLICY, "json")
        self.assertEqual((await on(admin.policy)).digest, view.digest)
        self.assertEqual(kernel.principal, "bot")
        result = await on(kernel.submit, "fs.read", "a.txt")
        self.assertIsInstance(result, p.Result)
        self.assertIsInstance(result.decision, p.Decision)
        self.assertIsInstance(result.outcome, p.Outcome)
        self.assertIsInstance(result.frame, p.Frame)
        for label in result.frame.labels:
            self.assertIsInstance(label, p.Label)
        shown = await on(kernel.submit, "fs.read", "a.txt", response_mode="handle_only")
        self.assertEqual((shown.frame.mode, shown.frame.data), ("handle_only", None))
        self.assertEqual((await on(kernel.expand, shown.frame.handle, limit=1)).data, ["hello"])
        self.assertEqual((await on(kernel.execute_tool, "file", "read", {"path": "a.txt"})).data, "hello")
        self.assertTrue((await on(kernel.check, "refund")).is_permit)
        hosted = await on(kernel.decide, "refund", params={"n": 1}, context=p.Context())
        self.assertIsInstance(await on(kernel.verify_permit, hosted.permit), p.PermitStatus)
        self.assertTrue((await on(kernel.redeem_permit, hosted.permit)).valid)
        self.assertFalse((await on(kernel.report, hosted.permit, "ok")).unredeemed)
        batch = await on(kernel.decide_batch, [{"action": "refund", "execution": "none"}])
        self.assertTrue(batch[0].decision.is_permit)
        self.assertEqual((await on(kernel.explain, result.decision.id)).id, result.decision.id)
        opened = await on(kernel.open_session, label="two")
        self.assertIsInstance(opened, p.SessionView)
        self.assertEqual((await on(kernel.session, opened.id)).label, "two")
        self.assertEqual((await on(kernel.add_turn, "please", session=opened.id)).id, opened.id)
        self.assertEqual((await on(admin.endorse, opened.id, "bob@example.com", "known")).id, opened.id)
        self.assertEqual((await on(admin.declassify, opened.id, "42", "published")).id, opened.id)
        id = "crm.refund_" + os.urandom(4).hex()
        refund = {"id": id, "name": "Refund", "description": "Pay money back.", "action": "refund", "safety": "write"}
        made = await on(admin.register_capability, refund)
        self.assertEqual((made.status, made.source), ("active", "managed"))
        changed = await on(admin.register_capability, {**refund, "description": "Pay it all back."})
        self.assertEqual(changed.status, "pending")
        self.assertEqual((await on(admin.approve_capability, id, changed.digest)).digest, changed.digest)
        self.assertEqual((await on(kernel.request_capabilities, "pay money back"))[0].description, "Pay it all back.")
        self.assertIn(id, [one.id for one in await on(kernel.capabilities)])
        self.assertEqual((await on(admin.delete_capability, id)).grants, 0)
        self.assertNotIn(id, [one.id for one in await on(kernel.capabilities)])
        grant = await on(kernel.grant, "fs.read", constraints={"uses": 3})
        self.assertIsInstance(grant, p.Grant)
        narrow = p.attenuate((await on(kernel.attenuate, grant.token, {"uses": 1})).token, {}, seal=True)
        self.assertEqual((await on(kernel.invoke, narrow.token, {"resource": "a.txt"})).data, "hello")
        frame = await first(kernel.submit_stream("fs.read", "a.txt"))
        self.assertIsInstance(frame, p.StreamFrame)
        self.assertEqual((frame.final, frame.data, frame.result.ok), (True, "hello", True))
        self.assertEqual((await first(kernel.invoke_stream(grant.token, {"resource": "a.txt"}))).data, "hello")
        self.assertEqual((await on(kernel.grants)).grants[0].used, 2)
        self.assertEqual((await on(kernel.revoke_grant, grant.id)).grants, 1)
        self.assertEqual((await on(admin.revoke, "test", principal="bot")).grants, 0)
        self.assertEqual((await on(kernel.invoke, grant.token, {"resource": "a.txt"})).decision.code, "token_revoked")
        held = await on(kernel.decide, "mail", params={"to": "x"})
        self.assertEqual((held.decision.code, held.approval.status), ("approval_required", "open"))
        self.assertEqual((await on(kernel.approval, held.approval.id)).action.params, {"to": "x"})
        self.assertEqual([one.id for one in await on(admin.approvals, status="open")], [held.approval.id])
        self.assertEqual((await on(admin.answer_approval, held.approval.id, True)).status, "approved")
        self.assertIsNotNone((await on(kernel.resume, held.approval.id)).permit)
        held = await on(kernel.decide, "mail", params={"to": "y"})
        self.assertEqual((await on(kernel.withdraw_approval, held.approval.id)).status, "withdrawn")
        held = await on(kernel.decide, "mail", params={"to": "z"})
        answers = [{"id": held.approval.id, "decision": "deny"}]
        self.assertEqual((await on(admin.answer_approvals, answers))[0].status, "denied")
        scope = await on(admin.create_scope, "", mode="observe")
        self.assertEqual((await on(admin.replace_scope, scope.id, POLICY, "json")).rules, 2)
        self.assertEqual((await on(admin.drop_scope, scope.id)).id, scope.id)
        self.assertEqual(await on(admin.budgets), ())
        listener = await on(admin.spawn_invalidation_listener, lambda scope: None)
        found = await on(admin.invalidate, "principal", "nobody", "test")
        self.assertIsInstance(found, p.Invalidation)
        self.assertIsInstance(found.scope, p.InvalidationScope)
        self.assertIn(found, await on(admin.invalidations))
        await on(admin.restore, "principal", "nobody", "test")
        listener.abort()
        self.assertEqual((await on(admin.quarantine, opened.id, "isolated", "test")).quarantine, "isolated")
        self.assertEqual((await on(kernel.close_session, opened.id)).status, "closed")
        self.assertTrue(kernel.session_id)
        self.assertTrue((await on(admin.journal, id=result.decision.id)).records)
        self.assertEqual((await on(admin.record, result.record.seq))["seq"], result.record.seq)
        note = await on(admin.checkpoint)
        self.assertTrue(note)
        self.assertTrue((await on(admin.verify)).ok)
        self.assertEqual((await on(admin.proof, 1)).seq, 1)
        self.assertTrue((await on(admin.freeze, True, "test")).frozen)
        self.assertFalse((await on(admin.freeze, False, "test")).frozen)
        self.assertFalse((await on(admin.status)).frozen)
        self.assertIn("seq", await first(kernel.events(after=0)))
        error = await self.raises(p.PortcullisError, lambda: admin.resolve(result.decision.id, happened=True))
        self.assertIn(error.code, ("conflict", "not_found"))
        await self.exceptions(kernel, keys, user_key, create)
        await on(kernel.close)
        await on(admin.close)
        return seen

    async def exceptions(self, kernel, keys, key, create):
        p = self.module
        await self.raises(p.ToolCallDenied, lambda: kernel.execute_tool("file", "write", {"path": "a.txt", "content": "x"}))
        await self.raises(p.MalformedRequest, lambda: kernel.submit("refund", params={"n": b""}))
        await self.raises(p.InvalidInput, lambda: create(api_key=key, preset="none such", **keys))
        await self.raises(p.Unauthenticated, lambda: create(api_key="k" * 30, **keys))
        await self.raises(p.Forbidden, lambda: create(api_key=key, principal="other", **keys))
        await self.raises(p.NotFound, lambda: kernel.explain("act_nothing"))
        await self.raises(p.Unavailable, lambda: create(api_key=key, url="http://127.0.0.1:1"))

    def gates(self):
        p, seen = self.module, set()
        rules = json.loads(POLICY)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "p.json")
            with open(path, "w") as file:
                file.write(POLICY)
            loaders = Touched(p.Gate, seen)
            makers = [
                lambda: loaders.from_dict(rules),
                lambda: loaders.from_json_string(POLICY),
                lambda: loaders.from_json_file(path),
                lambda: loaders.from_file(path),
                lambda: loaders.from_toml('[[rules]]\nname = "a"\neffect = "permit"\nwhen = {action = "refund"}'),
                lambda: loaders.from_yaml("rules: [{name: a, effect: permit, when: {action: refund}}]"),
            ]
            for make in makers:
                gate = Touched(make(), seen)
                verdict = gate.evaluate("refund")
                self.assertIsInstance(verdict, p.Verdict)
                self.assertTrue(gate.redeem_permit(verdict.permit).valid)
                self.assertEqual(gate.report(verdict.permit).outcome.status, "ok")
                self.assertTrue(gate.check("refund").is_permit)
                self.assertTrue(gate.decide("refund", execution="none").decision.is_permit)
                self.assertTrue(gate.kernel.status().policy.rules)
                listener = p.spawn_invalidation_listener(gate, print)
                self.assertIsInstance(listener, p.InvalidationListener)
                listener.abort()
                gate.reload("")
                self.assertTrue(gate.evaluate("refund").is_refuse)
                gate.close()
        return seen

    def tools(self):
        p = self.module
        kernel = p.create_kernel(url=self.sidecar.url, api_key=self.sidecar.api_key)
        p.set_default_kernel(kernel)
        try:
            self.assertEqual(p.protect_tool("fs.read")(lambda path: None)("a.txt"), "hello")
            self.assertEqual(p.guarded(kernel, action="refund")(lambda n: n)(1), 1)
        finally:
            p.set_default_kernel(None)
            kernel.close()

    def webhooks(self):
        p = self.module
        given = {"method": "POST", "url": self.sidecar.url, "headers": {}, "body": b"", "keys": [p.WebhookKey("ops", secret="x")]}
        with self.assertRaises(p.WebhookRefused) as refused:
            p.verify_webhook(**given)
        self.assertEqual(refused.exception.code, "no_signature")

    def test_every_public_name(self):
        p = self.module
        blocking = asyncio.run(self.verbs(p.create_kernel))
        waiting = asyncio.run(self.verbs(p.create_async_kernel))
        self.assertEqual(blocking - {"principal"}, set(public(p.Kernel)))
        self.assertEqual(waiting - {"principal"}, set(public(p.AsyncKernel)))
        self.assertEqual(self.gates(), set(public(portcullis.Gate)))
        self.tools()
        self.webhooks()
        # What this sidecar cannot be made to answer is shown by the tests against a scripted one.
        scripted = {"ApprovalRequiredError", "BadResponse", "DeadlineExceeded", "Handle", "Invalidated", "OutcomeUnknown", "RequestFailed", "ToolFailed"}
        self.assertEqual(self.names | scripted, set(portcullis.__all__))


if __name__ == "__main__":
    unittest.main()
