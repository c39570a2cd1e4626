"""`@protect_tool` and `@guarded`: whose body runs, with which arguments, and what the caller gets, against a scripted sidecar."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import unittest
import warnings

from portcullis import (
    ApprovalRequiredError,
    Handle,
    Invalidated,
    OutcomeUnknown,
    ToolCallDenied,
    ToolFailed,
    create_async_kernel,
    create_kernel,
    guarded,
    protect_tool,
)
from portcullis.tools.guarding import UnreportedOutcome
from scripted import RESULT, Server, answer, problem

KEY = "k" * 20


def denied(code="denied_by_rule", effect="deny"):
    refusal = {"id": "act_2", "effect": effect, "code": code, "reason": "no", "remedy": "ask less"}
    return {
        "decision": refusal,
        "session": "ses_1",
        "mode": "enforce",
        "outcome": {"status": "not_executed", "duration_ms": 0},
    }


def failed(status, code):
    return {**RESULT, "outcome": {"status": status, "duration_ms": 1, "error": {"code": code, "message": "m"}}}


class Protect(unittest.TestCase):
    def serve(self, reply):
        server = Server({"POST /v1/submit": reply})
        self.addCleanup(server.close)
        kernel = create_kernel(url=server.url, api_key=KEY)
        self.addCleanup(kernel.close)
        return server, kernel

    def test_the_body_never_runs_and_arguments_bind_by_signature(self):
        server, kernel = self.serve(answer(RESULT))

        @protect_tool("file.write", kernel=kernel)
        def write_file(path, content, parents=None, *, overwrite=True):
            raise AssertionError("the body ran")

        for call in (
            lambda: write_file("a.txt", "x"),
            lambda: write_file("a.txt", content="x"),
            lambda: write_file(content="x", path="a.txt"),
        ):
            self.assertEqual(call(), "hello")
            sent = server.requests[-1].json
            self.assertEqual((sent["action"], sent["resource"]), ("fs.write", "a.txt"))
            self.assertEqual(sent["params"], {"content": "x", "overwrite": True})
        self.assertEqual(write_file.__name__, "write_file")
        count = len(server.requests)
        with self.assertRaises(TypeError):
            write_file()
        with self.assertRaises(TypeError):
            write_file("a", "b", nope=1)
        self.assertEqual(len(server.requests), count)

    def test_methods_and_further_keywords(self):
        server, kernel = self.serve(answer(RESULT))

        class Tools:
            @protect_tool("issue_refund", kernel=kernel)
            def refund(self, amount, **more):
                raise AssertionError

        Tools().refund(5, currency="EUR")
        self.assertEqual(server.requests[-1].json["params"], {"amount": 5, "currency": "EUR"})
        with self.assertRaises(TypeError):
            protect_tool("x", kernel=kernel)(lambda *args: None)

    def test_refusals_and_failures_are_raised(self):
        for reply, kind in (
            (denied(), ToolCallDenied),
            (denied("approval_denied"), ToolCallDenied),
            (denied("approval_expired"), ApprovalRequiredError),
            (denied("approval_required", "require_approval"), ApprovalRequiredError),
            (denied("deferred", "defer"), ToolCallDenied),
            (denied("a_code_of_tomorrow"), ToolCallDenied),
            (denied("journal_unavailable"), ToolCallDenied),
            (denied("permitted", "an_effect_of_tomorrow"), ToolCallDenied),
            (denied("session_closed"), Invalidated),
            (failed("error", "provider_error"), ToolFailed),
            (failed("unknown", "unknown_outcome"), OutcomeUnknown),
            (failed("not_executed", "no_provider"), ToolFailed),
        ):
            _, kernel = self.serve(answer(reply))
            with self.subTest(reply["decision"]["code"]), self.assertRaises(kind) as raised:
                protect_tool("fs.read", kernel=kernel)(lambda path: None)("a")
            error = raised.exception
            self.assertEqual(error.decision.id, reply["decision"]["id"])
            self.assertTrue(error.code and error.reason is not None)
        self.assertFalse(issubclass(Invalidated, ToolCallDenied))

    def test_a_cut_result_is_a_handle_and_a_masked_one_is_not(self):
        cut = {**RESULT, "frame": {"data": "he", "labels": [], "notes": ["cut: 1 texts shortened; the result has 999 bytes, a frame 2"], "bytes": 999}}
        _, kernel = self.serve(answer(cut))
        handle = protect_tool("fs.read", kernel=kernel)(lambda path: None)("a")
        self.assertIsInstance(handle, Handle)
        self.assertEqual((handle.id, handle.bytes, handle.data), ("act_1", 999, "he"))
        masked = {**RESULT, "frame": {"data": "he", "labels": [], "notes": ["masked: bearer_token"], "bytes": 2}}
        _, kernel = self.serve(answer(masked))
        self.assertEqual(protect_tool("fs.read", kernel=kernel)(lambda path: None)("a"), "he")

    def test_asyncio(self):
        server, kernel = self.serve(answer(RESULT))

        async def read(path):
            raise AssertionError

        async def run():
            async with await create_async_kernel(url=server.url, api_key=KEY) as other:
                with self.assertRaises(TypeError):
                    protect_tool("fs.read", kernel=other)(lambda path: None)
                return [
                    await protect_tool("fs.read", kernel=other)(read)("a"),
                    await protect_tool("fs.read", kernel=kernel)(read)("a"),
                ]

        self.assertEqual(asyncio.run(run()), ["hello", "hello"])


class Host:
    """A sidecar that permits what the host executes, and keeps what is reported."""

    def __init__(self, test, result=None, redeem=None, report=None):
        permitted = {
            **RESULT,
            "permit": "pc1.x",
            "outcome": {"status": "not_executed", "duration_ms": 0},
            "action": {"name": "issue_refund", "resource": {"kind": "other", "value": ""}, "params": {"amount": 500}},
        }
        del permitted["frame"]
        self.permitted = permitted
        outcome = {
            "id": "act_1",
            "outcome": {"status": "ok", "duration_ms": 1},
            "record": RESULT["record"],
            "unredeemed": False,
        }
        self.server = Server(
            {
                "POST /v1/decide": answer(result(permitted) if result else permitted),
                "POST /v1/permits/redeem": redeem or answer({"valid": True, "code": "permit_ok"}),
                "POST /v1/outcomes": report or answer(outcome),
            }
        )
        test.addCleanup(self.server.close)
        self.kernel = create_kernel(url=self.server.url, api_key=KEY)
        test.addCleanup(self.kernel.close)

    def sent(self, path):
        return [r.json for r in self.server.requests if r.path == path]


class Guarded(unittest.TestCase):
    def guard(self, host, body=None, **options):
        @guarded(host.kernel, action="issue_refund", param_fields={"amount": "amount"}, **options)
        def issue_refund(order_id, amount):
            return body(order_id, amount) if body else {"order": order_id, "amount": amount}

        return issue_refund

    def test_the_body_runs_after_the_permit_and_its_outcome_is_reported(self):
        host = Host(self)
        got = self.guard(host)(
            "ORD-1", 500, _principal_id="bot", _principal_kind="agent", _roles=["support"], _ip="10.0.0.1", _session_id="s"
        )
        self.assertEqual(got, {"order": "ORD-1", "amount": 500})
        (asked,) = host.sent("/v1/decide")
        self.assertEqual(asked["params"], {"amount": 500})
        self.assertEqual(
            asked["context"], {"principal": "bot", "kind": "agent", "roles": ["support"], "ip": "10.0.0.1"}
        )
        self.assertEqual((asked["session"], asked["execution"]), ("s", "host"))
        (redeemed,) = host.sent("/v1/permits/redeem")
        self.assertEqual((redeemed["permit"], redeemed["action"]["params"]), ("pc1.x", {"amount": 500}))
        (reported,) = host.sent("/v1/outcomes")
        self.assertEqual((reported["status"], reported["result"]), ("ok", got))

    def test_a_refused_call_never_reaches_the_body(self):
        def refuse(_):
            return denied()

        ran = []
        for host in (
            Host(self, result=refuse),
            Host(self, result=lambda permitted: {**permitted, "permit": None} and {k: v for k, v in permitted.items() if k != "permit"}),
            Host(self, redeem=answer({"valid": False, "code": "permit_used"})),
            Host(self, redeem=problem("kernel_fault", 500)),
            Host(self, redeem=answer(b"junk")),
        ):
            with self.assertRaises(Exception):
                self.guard(host, lambda *a: ran.append(a))("ORD-1", 500)
            self.assertEqual((ran, host.sent("/v1/outcomes")), ([], []))

    def test_a_modified_action_runs_as_permitted(self):
        def capped(permitted):
            action = {**permitted["action"], "params": {"amount": 100}}
            return {**permitted, "action": action, "decision": {**permitted["decision"], "effect": "modify"}}

        host = Host(self, result=capped)
        self.assertEqual(self.guard(host)("ORD-1", 500)["amount"], 100)
        self.assertEqual(self.guard(host)(order_id="ORD-1", amount=500)["amount"], 100)

    def test_a_change_that_no_argument_holds_is_not_carried_out(self):
        def added(permitted):
            action = {**permitted["action"], "params": {"amount": 500, "dry_run": True}}
            return {**permitted, "action": action, "decision": {**permitted["decision"], "effect": "modify"}}

        ran = []
        host = Host(self, result=added)
        with self.assertRaises(ToolCallDenied):
            self.guard(host, lambda *a: ran.append(a))("ORD-1", 500)
        self.assertEqual((ran, host.sent("/v1/permits/redeem")), ([], []))

    def test_what_the_body_raises_is_reported_and_raised(self):
        def boom(*_):
            raise RuntimeError("boom " + "x" * 5000)

        host = Host(self)
        with self.assertRaises(RuntimeError):
            self.guard(host, boom)("ORD-1", 500)
        (reported,) = host.sent("/v1/outcomes")
        self.assertEqual(reported["status"], "error")
        self.assertTrue(reported["error"].startswith("RuntimeError: boom") and len(reported["error"]) <= 1000)

        def interrupt(*_):
            raise KeyboardInterrupt

        host = Host(self)
        with self.assertRaises(KeyboardInterrupt):
            self.guard(host, interrupt)("ORD-1", 500)
        self.assertEqual(host.sent("/v1/outcomes")[0]["status"], "unknown")

    def test_a_result_that_is_no_json_is_reported_without_it(self):
        host = Host(self)
        value = object()
        self.assertIs(self.guard(host, lambda *_: value)("ORD-1", 500), value)
        self.assertNotIn("result", host.sent("/v1/outcomes")[0])

    def test_an_outcome_that_cannot_be_reported_warns_and_keeps_the_result(self):
        host = Host(self, report=problem("draining", 503))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.assertEqual(self.guard(host)("ORD-1", 500)["amount"], 500)
        self.assertTrue(any(issubclass(w.category, UnreportedOutcome) for w in caught))

    def test_asyncio_with_both_kernels(self):
        host = Host(self)

        async def refund(order_id, amount):
            await asyncio.sleep(0)
            return amount

        async def run():
            async with await create_async_kernel(url=host.server.url, api_key=KEY) as other:
                with self.assertRaises(TypeError):
                    guarded(other, action="issue_refund")(lambda amount: amount)(5)
                first = await guarded(other, action="issue_refund")(refund)("ORD-1", 500)
                return first, await guarded(host.kernel, action="issue_refund")(refund)("ORD-1", 500)

        self.assertEqual(asyncio.run(run()), (500, 500))
        self.assertEqual([r["status"] for r in host.sent("/v1/outcomes")], ["ok", "ok"])
        self.assertEqual(host.sent("/v1/decide")[-1]["params"], {"order_id": "ORD-1", "amount": 500})

    def test_a_cancelled_body_has_an_unknown_outcome(self):
        host = Host(self)

        async def run():
            begun = asyncio.Event()

            async def forever(amount):
                begun.set()
                await asyncio.sleep(600)

            body = asyncio.ensure_future(guarded(host.kernel, action="issue_refund")(forever)(500))
            await asyncio.wait({body, asyncio.ensure_future(begun.wait())}, return_when=asyncio.FIRST_COMPLETED)
            body.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await body

        asyncio.run(run())
        self.assertEqual(host.sent("/v1/outcomes")[0]["status"], "unknown")

    def test_mistakes_show_when_the_function_is_decorated(self):
        host = Host(self)
        with self.assertRaises(TypeError):
            guarded(host.kernel, action="a", param_fields={"amount": "nope"})(lambda amount: None)
        with self.assertRaises(TypeError):
            guarded(host.kernel, action="a", resource="nope")(lambda amount: None)
        with self.assertRaises(TypeError):
            guarded(host.kernel, action="a")(lambda _ip: None)
        with self.assertRaises(TypeError):
            guarded(host.kernel, action="a")(lambda *args: None)

    def test_the_resource_comes_from_an_argument_or_the_call(self):
        host = Host(self)
        refund = guarded(host.kernel, action="issue_refund", resource="order")(lambda order, amount: None)
        refund("o/1", 500)
        with self.assertRaises(TypeError, msg="judged by one name, run with another"):
            refund("o/1", 500, _resource="o/2")
        guarded(host.kernel, action="issue_refund")(lambda amount: None)(500, _resource="o/3")
        self.assertEqual([r["resource"] for r in host.sent("/v1/decide")], ["o/1", "o/3"])
        self.assertEqual(host.sent("/v1/decide")[0]["params"], {"amount": 500})


if __name__ == "__main__":
    unittest.main()
