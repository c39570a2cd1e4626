"""The Python client and a real sidecar: each verb, the faults of the way there, and what a restart leaves."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import dataclasses
import json
import multiprocessing
import os
import tempfile
import threading
import time
import unittest
import warnings
from unittest import mock

import node
from portcullis import (
    ApprovalRequiredError,
    Context,
    Forbidden,
    Handle,
    InvalidInput,
    MalformedRequest,
    NotFound,
    ToolCallDenied,
    ToolFailed,
    Unauthenticated,
    Unavailable,
    create_async_kernel,
    create_kernel,
    guarded,
    protect_tool,
    set_default_kernel,
)
from portcullis.types.plain import plain

POLICY = {
    "rules": [
        {"name": "reads", "effect": "permit", "when": {"action": "fs.*", "resource": "{{start}}/**"}},
        {"name": "refunds", "effect": "permit", "when": {"action": "issue_refund", "params": {"/amount": {"max": 1000}}}},
        {
            "name": "big",
            "effect": "modify",
            "when": {"action": "issue_refund", "params": {"/amount": {"min": 1000.01}}},
            "then": {"set": {"/amount": {"cap": 1000}}},
        },
        {"name": "asks", "effect": "require_approval", "when": {"action": "send_mail"}},
    ]
}


@node.needs_node
class WithSidecar(unittest.TestCase):
    FILES = {"data/report.csv": "a,b\n1,2\n", ".env": "SECRET=x", "big.txt": "x" * 400_000}
    config = {"policy": {"managed": True}}

    @classmethod
    def setUpClass(cls):
        cls.sidecar = node.Sidecar(cls.config, cls.FILES)
        cls.addClassCleanup(cls.sidecar.close)

    def kernel(self, **more):
        made = create_kernel(url=self.sidecar.url, api_key=self.sidecar.api_key, **more)
        self.addCleanup(made.close)
        return made

    def admin(self):
        return self.kernel_with(self.sidecar.admin_key)

    def kernel_with(self, key, **more):
        made = create_kernel(url=self.sidecar.url, api_key=key, **more)
        self.addCleanup(made.close)
        return made


class Default(WithSidecar):
    config = None

    def test_who_has_no_key_is_told_where_it_was_looked_for(self):
        with tempfile.TemporaryDirectory() as empty, mock.patch.dict(os.environ, {"PORTCULLIS_DATA_DIR": empty}):
            os.environ.pop("PORTCULLIS_API_KEY", None)
            with self.assertRaises(Unauthenticated) as raised:
                create_kernel(url=self.sidecar.url)
            self.assertIn("PORTCULLIS_API_KEY", str(raised.exception))
            self.assertIn(os.path.join(empty, "api-key"), str(raised.exception))
            with self.assertRaises(Unauthenticated) as raised:
                asyncio.run(create_async_kernel(url=self.sidecar.url))
            self.assertIn("PORTCULLIS_API_KEY", str(raised.exception))
            with self.assertRaises(Unauthenticated) as raised:
                create_kernel(url=self.sidecar.url, api_key="pcl_0000000000000000_" + "a" * 43)
            self.assertIsNone(raised.exception.remedy)

    def test_the_first_steps(self):
        with mock.patch.dict(os.environ, {"PORTCULLIS_DATA_DIR": self.sidecar.data}):
            os.environ.pop("PORTCULLIS_URL", None)
            os.environ.pop("PORTCULLIS_API_KEY", None)
            with create_kernel() as kernel:
                self.assertEqual(kernel.submit("fs.read", "data/report.csv").data, "a,b\n1,2\n")
                denied = kernel.submit("fs.read", "/etc/shadow")
                self.assertEqual(denied.decision.effect, "deny")
                self.assertTrue(denied.decision.remedy)
                self.assertEqual(denied.decision.guard, None, "the requester is not told which guard")
                with self.assertRaises(ToolCallDenied):
                    kernel.check("fs.read", ".env")
                self.assertTrue(kernel.check("fs.read", "data/report.csv").is_permit)
                explained = kernel.explain(denied.decision.id)
                self.assertEqual((explained.view, explained.code), ("requester", denied.decision.code))
                self.assertEqual(kernel.session().actions, 4)
            with self.assertRaises(Unavailable):
                kernel.submit("fs.read", "a")

    def test_execute_tool_and_protect_tool(self):
        kernel = self.kernel()
        self.assertEqual(kernel.execute_tool("file", "read", {"path": "data/report.csv"}).data, "a,b\n1,2\n")
        with self.assertRaises(ToolCallDenied) as raised:
            kernel.execute_tool("file", "read", {"path": "/etc/shadow"})
        self.assertTrue(raised.exception.reason and raised.exception.code and raised.exception.remedy)
        self.assertEqual(kernel.explain(raised.exception.decision.id).effect, "deny")

        @protect_tool("file.read", kernel=kernel)
        def read_file(path: str) -> str:
            raise AssertionError("the body ran")

        self.assertEqual(read_file("./data/report.csv"), "a,b\n1,2\n")
        with self.assertRaises(ToolFailed) as failed:
            read_file("data/none.csv")
        self.assertIn(failed.exception.result.outcome.status, ("error", "not_executed"))
        handle = read_file("big.txt")
        self.assertIsInstance(handle, Handle)
        self.assertGreaterEqual(handle.bytes, 400_000)
        with self.assertRaises(MalformedRequest):
            read_file("a\0b")
        set_default_kernel(kernel)
        self.addCleanup(set_default_kernel, None)
        self.assertEqual(protect_tool("fs.read")(read_file.__wrapped__)("data/report.csv"), "a,b\n1,2\n")

    def test_asyncio(self):
        async def run():
            async with await create_async_kernel(url=self.sidecar.url, api_key=self.sidecar.api_key) as kernel:
                results = await asyncio.gather(*[kernel.submit("fs.read", "data/report.csv") for _ in range(100)])
                self.assertTrue(all(r.data == "a,b\n1,2\n" for r in results))
                with self.assertRaises(ToolCallDenied):
                    await kernel.execute_tool("file", "read", {"path": "/etc/shadow"})
                return (await kernel.session()).actions

        self.assertEqual(asyncio.run(run()), 101)

    def test_sixty_four_threads(self):
        kernel = self.kernel()
        wrong = []

        def work(number):
            for i in range(10):
                good = kernel.submit("fs.read", "data/report.csv")
                bad = kernel.submit("fs.read", f"/etc/{number}-{i}")
                if good.data != "a,b\n1,2\n" or f"/etc/{number}-{i}" != bad.action.resource.value:
                    wrong.append((good, bad))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(kernel.session().actions, 64 * 20)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_pool_of_forked_workers(self):
        kernel = self.kernel()
        kernel.submit("fs.read", "data/report.csv")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            queue = multiprocessing.get_context("fork").SimpleQueue()

            def work():
                queue.put([kernel.submit("fs.read", "data/report.csv").data for _ in range(20)])

            workers = [multiprocessing.get_context("fork").Process(target=work) for _ in range(4)]
            for worker in workers:
                worker.start()
        for _ in range(20):
            self.assertEqual(kernel.submit("fs.read", "data/report.csv").data, "a,b\n1,2\n")
        for _ in workers:
            self.assertEqual(queue.get(), ["a,b\n1,2\n"] * 20)
        for worker in workers:
            worker.join()
        self.assertEqual(kernel.session().status, "open")

    def test_keys_and_principals(self):
        for key in ("x" * 30, self.sidecar.api_key[:-1] + "?"):
            with self.assertRaises(Unauthenticated) as raised:
                self.kernel_with(key)
            self.assertIsInstance(raised.exception, ValueError)
        self.assertEqual(self.kernel(principal="local").principal, "local")
        with self.assertRaises(Forbidden) as mismatch:
            self.kernel(principal="somebody-else")
        self.assertEqual(mismatch.exception.code, "principal_mismatch")
        self.assertIsInstance(mismatch.exception, PermissionError)
        with self.assertRaises(InvalidInput):
            self.kernel(preset="no-such-preset")
        with self.assertRaises(LookupError):
            self.kernel(session="ses_AAAAAAAAAAAAAAAAAAAAAA")

    def test_sessions(self):
        kernel = self.kernel(preset="workspace-read", label="first")
        view = kernel.session()
        self.assertEqual((view.label, view.preset, view.status), ("first", "workspace-read", "open"))
        other = kernel.open_session(label="second")
        kernel.submit("fs.read", "data/report.csv", session=other.id)
        self.assertEqual(kernel.session(other.id).actions, 1)
        joined = self.kernel(session=other.id)
        joined.submit("fs.read", "data/report.csv")
        joined.close()
        self.assertEqual(kernel.close_session(other.id).status, "closed")
        id = kernel.session_id
        kernel.close()
        late = self.kernel().submit("fs.read", "data/report.csv", session=id)
        self.assertIn(late.decision.code, ("session_closed", "unknown_session"))

    def test_rights(self):
        kernel = self.kernel()
        for call in (kernel.policy, kernel.verify, lambda: kernel.freeze(True, "x")):
            with self.assertRaises(PermissionError):
                call()

    def test_a_text_is_no_list_of_its_letters(self):
        kernel = self.kernel()
        for ask in (
            lambda: kernel.request_capabilities("files", tags="read"),
            lambda: kernel.expand("hdl_x", fields="name"),
            lambda: kernel.submit("fs.read", "notes.txt", context={"roles": "admin"}),
            lambda: kernel.submit("fs.read", "notes.txt", context=Context(roles="admin")),
        ):
            try:
                found = ask()
            except MalformedRequest:
                continue
            self.assertEqual(found.decision.code, "malformed_request")

    def test_unknown_ids(self):
        with self.assertRaises(NotFound):
            self.kernel().explain("act_nothing")


class Administration(WithSidecar):
    def test_policy_journal_and_freeze(self):
        admin = self.admin()
        start = self.sidecar.start
        policy = json.dumps(POLICY).replace("{{start}}", start)
        report = admin.check_policy('{"rulez": []}', "json")
        self.assertFalse(report.ok)
        self.assertIn("rules", report.diagnostics[0].message)
        with self.assertRaises(InvalidInput) as raised:
            admin.replace_policy('{"rulez": []}', "json")
        self.assertEqual(raised.exception.code, "invalid_policy")
        view = admin.replace_policy(policy, "json")
        self.assertEqual(admin.policy().digest, view.digest)
        kernel = self.kernel()
        self.assertTrue(kernel.submit("fs.write", "out.txt", {"content": "é"}).ok)
        with open(os.path.join(start, "out.txt"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "é")
        self.approvals(kernel, admin)
        self.guarded_bodies(kernel)
        self.permits(kernel)
        last = kernel.submit("fs.read", "out.txt")
        self.journal(admin, last)
        frozen = admin.freeze(True, "test")
        self.assertTrue(frozen.frozen)
        with self.assertRaises(ToolCallDenied) as denied:
            kernel.check("fs.read", "out.txt")
        self.assertEqual(denied.exception.code, "frozen")
        self.assertFalse(admin.freeze(False, "test").frozen)
        self.assertEqual(admin.quarantine(kernel.session_id, "frozen", "test").quarantine, "frozen")
        with self.assertRaises(ToolCallDenied) as denied:
            kernel.check("fs.read", "out.txt")
        self.assertEqual(denied.exception.code, "session_quarantined")
        with self.assertRaises(PermissionError):
            kernel.add_turn("hello")

    def approvals(self, kernel, admin):
        asked = []
        approving = self.kernel(on_approval=lambda call, decision: asked.append(call) or call["params"]["to"] == "x")
        with self.assertRaises(ApprovalRequiredError) as raised:
            protect_tool("send_mail", kernel=kernel)(lambda to: None)("x")
        self.assertEqual(raised.exception.code, "approval_required")
        # Nothing here executes it: what counts is that the gate let it through once somebody said yes.
        self.assertEqual(approving.submit("send_mail", params={"to": "x"}).decision.code, "permitted")
        self.assertEqual(approving.submit("send_mail", params={"to": "y"}).decision.code, "approval_denied")
        self.assertEqual([call["params"] for call in asked], [{"to": "x"}, {"to": "y"}])
        held = kernel.decide("send_mail", params={"to": "z"})
        self.assertEqual([one.id for one in admin.approvals(status="open") if one.id == held.approval.id], [held.approval.id])
        self.assertEqual(admin.answer_approval(held.approval.id, True, reason="fine").status, "approved")
        self.assertIsNotNone(kernel.resume(held.approval.id).permit)
        self.assertEqual(kernel.resume(held.approval.id).decision.code, "approval_used")
        held = kernel.decide("send_mail", params={"to": "w"})
        self.assertEqual(kernel.approval(held.approval.id).action.params, {"to": "w"})
        self.assertEqual(kernel.withdraw_approval(held.approval.id).status, "withdrawn")
        both = [kernel.decide("send_mail", params={"to": to}).approval.id for to in ("a", "b")]
        answered = admin.answer_approvals([{"id": id, "decision": "deny", "reason": "no"} for id in both])
        self.assertEqual([one.status for one in answered], ["denied", "denied"])

    def guarded_bodies(self, kernel):
        ran = []

        @guarded(kernel, action="issue_refund", param_fields={"amount": "amount"})
        def refund(order, amount):
            ran.append(amount)
            return {"refunded": amount}

        self.assertEqual(refund("o", 500), {"refunded": 500})
        self.assertEqual(refund("o", amount=5000), {"refunded": 1000}, "the body gets what was permitted")
        with self.assertRaises(ToolCallDenied):
            refund("o", "500")
        with self.assertRaises(ToolCallDenied) as mismatch:
            refund("o", 5, _principal_id="somebody-else")
        self.assertEqual(mismatch.exception.code, "principal_mismatch")
        self.assertEqual(ran, [500, 1000])

        @guarded(kernel, action="issue_refund")
        async def later(amount):
            await asyncio.sleep(0)
            return amount

        self.assertEqual(asyncio.run(later(7)), 7)

    def permits(self, kernel):
        result = kernel.decide("issue_refund", params={"amount": 5})
        self.assertTrue(kernel.verify_permit(result.permit, action=result.action).valid)
        other = dataclasses.replace(result.action, params={"amount": 6})
        self.assertEqual(kernel.verify_permit(result.permit, action=other).code, "permit_mismatch")
        self.assertTrue(kernel.redeem_permit(result.permit).valid)
        self.assertEqual(kernel.redeem_permit(result.permit).code, "permit_used")
        answer = kernel.report(result.permit, "ok", result={"id": 1}, duration_ms=1.5)
        self.assertFalse(answer.unredeemed)
        self.assertEqual(answer.frame.data, {"id": 1})
        with self.assertRaises(Exception) as again:
            kernel.report(result.permit)
        self.assertEqual(again.exception.code, "conflict")
        for bad in ("", "x", "pc1.x", None, 7):
            with self.subTest(bad):
                try:
                    self.assertEqual(kernel.verify_permit(bad).code, "permit_invalid")
                except ValueError:
                    pass
            with self.assertRaises(ValueError):
                kernel.report(bad or "")
        batch = kernel.decide_batch(
            [{"action": "issue_refund", "params": {"amount": 1}, "execution": "none"}, {"action": "nope", "execution": "none"}]
        )
        self.assertEqual([r.decision.effect for r in batch], ["permit", "deny"])
        self.assertTrue(all(r.session == kernel.session_id for r in batch))

    def journal(self, admin, last):
        page = admin.journal(id=last.decision.id)
        self.assertEqual([record["kind"] for record in page.records], ["decision", "outcome"])
        explained = admin.explain(last.decision.id)
        self.assertEqual((explained.view, explained.records[0]["rule"]), ("auditor", "reads"))
        self.assertEqual(admin.record(last.record.seq)["hash"], last.record.hash)
        self.assertTrue(admin.verify().ok)
        self.assertIn("\n\n— ", admin.checkpoint())
        proof = admin.proof(last.record.seq)
        self.assertEqual(proof.seq, last.record.seq)
        self.assertTrue(admin.journal(limit=1, reverse=True).records)
        self.assertEqual(plain(explained)["records"][0]["rule"], "reads")
        with self.assertRaises(Exception) as raised:
            admin.resolve(last.decision.id, happened=True)
        self.assertIn(raised.exception.code, ("conflict", "not_found"), "it is known what came of it")
        status = admin.status()
        self.assertEqual((status.api, status.mode, status.frozen), ("v1", "enforce", False))

    def test_events(self):
        admin = self.admin()
        kernel = self.kernel()
        stream = kernel.events(after=0)
        kernel.submit("nope.x")
        for event in stream:
            if event["type"] == "decision" and event.get("action") == "nope.x":
                break
        stream.close()
        self.assertTrue(admin.status().journal.writable)


class Faults(WithSidecar):
    config = None

    def setUp(self):
        if self.sidecar.process.returncode is not None:
            self.sidecar.open()

    def test_killed_and_started_again(self):
        kernel = self.kernel()
        self.assertTrue(kernel.submit("fs.read", "data/report.csv").ok)
        session = kernel.session_id
        self.sidecar.kill()
        started = time.monotonic()
        with self.assertRaises(ConnectionError) as raised:
            kernel.submit("fs.read", "data/report.csv")
        self.assertLess(time.monotonic() - started, 15)
        self.assertIn("stale", str(raised.exception))
        with self.assertRaises(ConnectionError):
            create_kernel(url=self.sidecar.url, api_key=self.sidecar.api_key)
        self.sidecar.open()
        again = kernel.submit("fs.read", "data/report.csv")
        self.assertTrue(again.ok)
        self.assertEqual(again.session, session)

    def test_killed_in_the_middle_of_many_calls(self):
        kernel = self.kernel()
        ended = []
        under_way = threading.Semaphore(0)

        def work():
            try:
                while True:
                    kernel.submit("fs.read", "data/report.csv")
                    under_way.release()
            except Exception as error:
                ended.append(error)

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for _ in range(64):
            self.assertTrue(under_way.acquire(timeout=60))
        self.sidecar.kill()
        for thread in threads:
            thread.join(60)
        self.assertEqual(len(ended), 16)
        for error in ended:
            self.assertIsInstance(error, Unavailable)
            self.assertIn(error.retry, ("never", "later"))
        self.sidecar.open()
        self.assertTrue(self.admin().verify().ok)


class Observing(WithSidecar):
    config = {"mode": "observe"}

    def test_everything_runs_and_says_what_would_have_been(self):
        kernel = self.kernel()
        decision = kernel.check("issue_refund", params={"amount": 1})
        self.assertTrue(decision.is_permit)
        self.assertEqual(decision.would.effect, "deny")
        ran = []
        guarded(kernel, action="issue_refund")(lambda amount: ran.append(amount))(5)
        self.assertEqual(ran, [5])


@node.needs_node
class Local(unittest.TestCase):
    def test_a_private_sidecar_ends_with_its_kernel(self):
        with mock.patch.dict(os.environ, {"PORTCULLIS_BIN": node.COMMAND}), self.assertWarns(UserWarning):
            kernel = create_kernel(mode="local")
        place = kernel._transport.endpoint.path
        self.assertEqual(kernel.submit("fs.read", "/etc/shadow").decision.effect, "deny")
        kernel.close()
        self.assertFalse(os.path.exists(place))

        async def run():
            async with await create_async_kernel(mode="local") as other:
                return (await other.submit("fs.read", "/etc/shadow")).decision.effect

        with mock.patch.dict(os.environ, {"PORTCULLIS_BIN": node.COMMAND}), self.assertWarns(UserWarning):
            self.assertEqual(asyncio.run(run()), "deny")


if __name__ == "__main__":
    unittest.main()
