"""Gates over a policy of one's own, on private sidecars: all loaders alike, invariants, sessions, reloads, the kill switch."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import json
import os
import signal
import tempfile
import threading
import unittest
from unittest import mock

import node
from portcullis import (
    Context,
    Gate,
    InvalidInput,
    Invalidated,
    MalformedRequest,
    ToolCallDenied,
    Unavailable,
    create_kernel,
    guarded,
)
from portcullis.gate.document import of_mapping, of_text

POLICY = {
    "version": 1,
    "rules": [
        {
            "name": "agent-small-refunds",
            "effect": "permit",
            "when": {
                "principal": {"kind": "agent"},
                "action": "issue_refund",
                "params": {"/amount": {"max": 1000}},
                "rate": {"max": 50, "per": "24h"},
            },
        },
        {"name": "support-reports", "effect": "permit", "when": {"principal": {"roles": ["support"]}, "action": "fetch_report"}},
    ],
}
TOML = """
version = 1
[[rules]]
name = "agent-small-refunds"
effect = "permit"
[rules.when]
action = "issue_refund"
principal = {kind = "agent"}
[rules.when.params."/amount"]
max = 1000
[rules.when.rate]
max = 50
per = "24h"
"""
YAML = """
version: 1
rules:
  - name: agent-small-refunds
    effect: permit
    when: {action: issue_refund, principal: {kind: agent}, params: {/amount: {max: 1000}}, rate: {max: 50, per: 24h}}
"""
BOT = Context(principal="agent-bot", kind="agent")


class Documents(unittest.TestCase):
    """What is done to a text before a sidecar reads it; no Node is needed here."""

    def test_invariants_are_added_by_the_rules_of_the_format(self):
        rows = [("hard_cap", "amount", 50000.0), {"name": "odd", "param": "/a~1b", "in": ["x\"y", 1]}]
        merged = json.loads(of_mapping(POLICY).with_invariants(rows, 5).text)
        self.assertEqual(merged["rules"], POLICY["rules"])
        self.assertEqual(
            merged["invariants"],
            [
                {"name": "hard_cap", "param": "/amount", "max": 50000.0},
                {"name": "odd", "param": "/a~1b", "in": ['x"y', 1]},
                {"name": "max-session-actions", "session": {"actions_max": 5}},
            ],
        )
        self.assertEqual(json.loads(of_text(json.dumps(POLICY), "json").with_invariants(rows, 5).text), merged)
        toml = of_text(TOML, "toml").with_invariants(rows, 5).text
        self.assertTrue(toml.startswith(TOML))
        self.assertEqual(toml.count("[[invariants]]"), 3)
        yaml = of_text(YAML, "yaml").with_invariants(rows, 5).text
        self.assertTrue(yaml.startswith(YAML))
        try:
            import tomllib
        except ImportError:
            return
        self.assertEqual(tomllib.loads(toml)["invariants"], merged["invariants"])

    def test_names_with_slashes_and_tildes(self):
        (row,) = json.loads(of_mapping({"rules": []}).with_invariants([("n", "a/b~c", 1)], None).text)["invariants"]
        self.assertEqual(row["param"], "/a~1b~0c")

    def test_an_empty_text_stays_empty(self):
        for text, format in (("", "json"), ("\n", "toml"), ("", "yaml")):
            self.assertEqual(of_text(text, format).with_invariants([("a", "b", 1)], 5).text, text)
        self.assertEqual(of_mapping({}).text, "")

    def test_what_does_not_fit_is_a_value_error(self):
        for make in (
            lambda: of_mapping([]),
            lambda: of_mapping({"a": {1, 2}}),
            lambda: of_mapping({"a": float("nan")}),
            lambda: of_text(b"", "json"),
            lambda: of_text("", "hcl"),
            lambda: of_mapping(POLICY).with_invariants([("a", "b")], None),
            lambda: of_mapping(POLICY).with_invariants([("a", "b", "1")], None),
            lambda: of_mapping(POLICY).with_invariants([("a", "b", True)], None),
            lambda: of_mapping(POLICY).with_invariants([("a", 1, 1)], None),
            lambda: of_text("invariants: []", "yaml").with_invariants([("a", "b", 1)], None),
            lambda: Gate.from_file("policy.hcl"),
        ):
            with self.assertRaises(ValueError):
                make()

    def test_missing_files(self):
        with self.assertRaises(FileNotFoundError):
            Gate.from_file("/nonexistent/policy.toml")


@node.needs_node
class WithNode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        patch = mock.patch.dict(os.environ, {"PORTCULLIS_BIN": node.COMMAND})
        patch.start()
        cls.addClassCleanup(patch.stop)

    def gate(self, make, *args, **options):
        gate = make(*args, **options)
        self.addCleanup(gate.close)
        return gate


class Decides(WithNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = Gate.from_dict(POLICY, invariants=[("hard_cap", "amount", 50_000.0)])
        cls.addClassCleanup(cls.shared.close)

    def test_permit_and_refuse(self):
        permit = self.shared.evaluate("issue_refund", params={"amount": 500.0}, context=BOT)
        self.assertTrue(permit.is_permit and not permit.is_refuse and not permit.is_invalidate)
        self.assertEqual(permit.rule, "agent-small-refunds", "who owns the policy sees the rule")
        for params, context, guard in (
            ({"amount": 5000}, BOT, "policy"),
            ({"amount": "500"}, BOT, "invariants"),
            ({"amount": True}, BOT, "invariants"),
            ({"amount": 60_000}, BOT, "invariants"),
            ({"amount": 500}, Context(principal="alice", kind="user"), "policy"),
            ({"amount": 500}, None, "policy"),
        ):
            refused = self.shared.evaluate("issue_refund", params=params, context=context)
            self.assertTrue(refused.is_refuse and refused.code and refused.reason)
            self.assertEqual(refused.guard, guard)

    def test_roles_and_surroundings_may_be_asserted(self):
        context = {"principal": "ann", "kind": "user", "roles": ["support"], "ip": "10.0.0.1", "country": "IN"}
        self.assertTrue(self.shared.evaluate("fetch_report", context=context).is_permit)

    def test_a_verdict_can_be_acted_on_and_reported(self):
        verdict = self.shared.evaluate("issue_refund", params={"amount": 5}, context=BOT)
        self.assertEqual(verdict.action.params, {"amount": 5})
        self.assertTrue(self.shared.redeem_permit(verdict.permit, action=verdict.action).valid)
        self.assertEqual(self.shared.report(verdict.permit, "ok", result=1).outcome.status, "ok")
        self.assertIsNone(self.shared.evaluate("nope", context=BOT).permit)
        pure = self.shared.decide("issue_refund", params={"amount": 5}, context=BOT, execution="none")
        self.assertTrue(pure.decision.is_permit and pure.permit is None)

    def test_check_raises(self):
        with self.assertRaises(ToolCallDenied) as raised:
            self.shared.check("issue_refund", params={"amount": 60_000}, context=BOT)
        self.assertEqual(raised.exception.code, "invariant_violated")
        self.assertTrue(self.shared.check("issue_refund", params={"amount": 1}, context=BOT).is_permit)

    def test_bad_input(self):
        with self.assertRaises(MalformedRequest):
            self.shared.evaluate("issue_refund", params={"amount": b"1"}, context=BOT)
        self.assertEqual(self.shared.evaluate("NOT AN ACTION", context=BOT).code, "invalid_action")
        with self.assertRaises(ValueError):
            self.shared.evaluate("issue_refund", context=7)

    def test_guarded(self):
        ran = []

        @guarded(self.shared, action="issue_refund", param_fields={"amount": "amount"})
        async def issue_refund(order_id: str, amount: float) -> dict:
            ran.append(amount)
            return {"status": "refunded", "order_id": order_id, "amount": amount}

        got = asyncio.run(
            issue_refund(
                "ORD-123", 500.0, _principal_id="agent-bot", _principal_kind="agent", _roles=["support"], _ip="10.0.0.1",
                _session_id="sess-1",
            )
        )  # fmt: skip
        self.assertEqual(got, {"status": "refunded", "order_id": "ORD-123", "amount": 500.0})
        with self.assertRaises(ToolCallDenied):
            asyncio.run(issue_refund("ORD-2", 999_999.0, _principal_id="agent-bot", _principal_kind="agent"))
        self.assertEqual(ran, [500.0])
        record = self.shared.kernel.journal(action="issue_refund", kind="outcome").records[-1]
        self.assertEqual((record["status"], record["principal"], record["redeemed"]), ("ok", "agent-bot", True))

    def test_explain_shows_the_owner_everything(self):
        decision = self.shared.evaluate("issue_refund", params={"amount": 5000}, context=BOT)
        self.assertEqual(self.shared.kernel.explain(decision.id).view, "auditor")

    def test_threads(self):
        wrong = []

        def work(number):
            for i in range(10):
                amount = 2000 if (number + i) % 2 else 50_001
                code = self.shared.evaluate("issue_refund", params={"amount": amount}, context=BOT).code
                if code != ("no_matching_rule" if amount == 2000 else "invariant_violated"):
                    wrong.append(code)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class Loads(WithNode):
    def test_every_loader_gives_the_same_decisions(self):
        with tempfile.TemporaryDirectory() as folder:
            def file(name, text):
                path = os.path.join(folder, name)
                with open(path, "w") as handle:
                    handle.write(text)
                return path

            makers = [
                lambda **o: Gate.from_json_string(json.dumps(POLICY), **o),
                lambda **o: Gate.from_json_file(file("p.json", json.dumps(POLICY)), **o),
                lambda **o: Gate.from_toml(TOML, **o),
                lambda **o: Gate.from_file(file("p.toml", TOML), **o),
                lambda **o: Gate.from_file(file("p.yaml", YAML), **o),
            ]
            for make in makers:
                with make(invariants=[("hard_cap", "amount", 800)], max_session_actions=3) as gate:
                    codes = [
                        gate.evaluate("issue_refund", params={"amount": amount}, context=BOT, session="s").code
                        for amount in (500, 900, 500, 500)
                    ]
                    self.assertEqual(codes, ["permitted", "invariant_violated", "permitted", "invariant_violated"])

    def test_mistakes_are_value_errors_that_name_the_place(self):
        for make, text in (
            (Gate.from_dict, {"rulez": []}),
            (Gate.from_json_string, '{"rules": [{"name": "a", "effect": "permitt"}]}'),
            (Gate.from_json_string, '{"rules": ['),
            (Gate.from_json_string, '{"rules": [], "rules": []}'),
            (Gate.from_toml, "[[rules]]\nnam = 'x'"),
            (Gate.from_yaml, "rules: [{name: a, effect: permit, when: {rate: {max: 1, per: forever}}}]"),
        ):
            with self.subTest(text), self.assertRaises(ValueError) as raised:
                make(text, invariants=[("a", "b", 1)])
            self.assertEqual(raised.exception.code, "invalid_policy")

    def test_reload_keeps_the_last_good_set_and_an_empty_text_denies_everything(self):
        gate = self.gate(Gate.from_dict, POLICY, invariants=[("hard_cap", "amount", 800)])
        ask = lambda amount=500: gate.evaluate("issue_refund", params={"amount": amount}, context=BOT).code  # noqa: E731
        self.assertEqual(ask(), "permitted")
        for bad in ({"rulez": []}, "{", '{"version": 2}', 7):
            with self.assertRaises(ValueError):
                gate.reload(bad)
            self.assertEqual(ask(), "permitted")
        gate.reload("")
        self.assertEqual(ask(), "no_matching_rule")
        gate.reload(YAML, "yaml")
        self.assertEqual((ask(), ask(900)), ("permitted", "invariant_violated"))
        gate.reload(POLICY)
        self.assertEqual((ask(), ask(900)), ("permitted", "invariant_violated"))

    def test_an_empty_policy_is_valid(self):
        for make, text in ((Gate.from_dict, {}), (Gate.from_toml, "")):
            with make(text) as gate:
                self.assertTrue(gate.evaluate("anything", context=BOT).is_refuse)

    def test_gates_share_nothing(self):
        policy = {"rules": [{"name": "once", "effect": "permit", "when": {"action": "a", "rate": {"max": 1, "per": "1h"}}}]}
        with Gate.from_dict(policy) as one, Gate.from_dict(policy) as other:
            self.assertEqual([one.evaluate("a").code for _ in range(2)], ["permitted", "rate_limited"])
            self.assertEqual(other.evaluate("a").code, "permitted")

    def test_observe_only(self):
        gate = self.gate(Gate.from_dict, {}, observe_only=True)
        decision = gate.evaluate("issue_refund", params={"amount": 1}, context=BOT)
        self.assertTrue(decision.is_permit)
        self.assertEqual(decision.would.effect, "deny")
        ran = []
        guarded(gate, action="issue_refund")(lambda amount: ran.append(amount))(5)
        self.assertEqual(ran, [5])

    def test_sessions_count_by_name_and_principal(self):
        gate = self.gate(Gate.from_dict, {"rules": [{"name": "a", "effect": "permit", "when": {"action": "a"}}]}, max_session_actions=2)
        ask = lambda name, who: gate.evaluate("a", session=name, context={"principal": who}).is_permit  # noqa: E731
        self.assertEqual([ask("s1", "bot-1") for _ in range(3)], [True, True, False])
        self.assertEqual([ask("s1", "bot-2"), ask("s2", "bot-1")], [True, True])
        with mock.patch("portcullis.gate.scope.MAX_SESSIONS", 3), self.assertRaises(InvalidInput):
            ask("s3", "bot-1")

    def test_a_session_that_was_ended_invalidates(self):
        gate = self.gate(Gate.from_dict, {"rules": [{"name": "a", "effect": "permit", "when": {"action": "a"}}]})
        gate.evaluate("a", session="s")
        gate.kernel.close_session(gate._scope.session("s", None))
        decision = gate.evaluate("a", session="s")
        self.assertFalse(decision.is_permit)
        if decision.is_invalidate:
            with self.assertRaises(Invalidated):
                gate.check("a", session="s")

    def test_a_sidecar_that_died_denies(self):
        gate = self.gate(Gate.from_dict, POLICY)
        os.kill(gate._scope._place.pid, signal.SIGKILL)
        with self.assertRaises(Unavailable):
            while True:
                gate.evaluate("issue_refund", params={"amount": 1}, context=BOT)
        with self.assertRaises(Unavailable):
            gate.reload("")
        with Gate.from_dict(POLICY) as other:
            self.assertTrue(other.evaluate("issue_refund", params={"amount": 1}, context=BOT).is_permit)

    def test_gates_share_one_process_that_ends_with_the_last(self):
        one, other = Gate.from_dict(POLICY), Gate.from_dict({})
        pid = one._scope._place.pid
        self.assertEqual(other._scope._place.pid, pid)
        one.close()
        one.close()
        os.kill(pid, 0)
        self.assertTrue(other.evaluate("a").is_refuse)
        made = []
        threads = [threading.Thread(target=lambda: made.append(Gate.from_dict(POLICY))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({gate._scope._place.pid for gate in made}, {pid})
        for gate in [*made, other]:
            gate.close()
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_forked_process_decides_by_its_parents_gates_and_has_its_own(self):
        with Gate.from_dict(POLICY) as gate:
            read, write = os.pipe()
            pid = os.fork()
            if pid == 0:
                try:
                    ok = gate.evaluate("issue_refund", params={"amount": 1}, context=BOT).is_permit
                    with Gate.from_dict(POLICY) as own:
                        ok = ok and own._scope._place.pid != gate._scope._place.pid
                        ok = ok and own.evaluate("issue_refund", params={"amount": 1}, context=BOT).is_permit
                    gate.close()
                    os.write(write, b"y" if ok else b"n")
                finally:
                    os._exit(0)
            os.waitpid(pid, 0)
            self.assertEqual(os.read(read, 1), b"y")
            os.close(read)
            os.close(write)
            self.assertTrue(gate.evaluate("issue_refund", params={"amount": 1}, context=BOT).is_permit)

    def test_what_the_user_set_for_another_sidecar_does_not_reach_it(self):
        with mock.patch.dict(os.environ, {"PORTCULLIS_MODE": "observe", "PORTCULLIS_API_KEY": "x", "PORTCULLIS_URL": "http://127.0.0.1:1"}):
            with Gate.from_dict({}) as gate:
                self.assertTrue(gate.evaluate("a").is_refuse)


class OverUrl(WithNode):
    def test_isolated_scopes_of_a_sidecar_that_is_named(self):
        sidecar = node.Sidecar({"policy": {"managed": True}})
        self.addCleanup(sidecar.close)
        with self.assertRaises(PermissionError):
            Gate.from_dict(POLICY, url=sidecar.url, api_key=sidecar.api_key)
        rights = ["decide", "outcomes", "policy", "sessions:open"]
        may = {"principals": ["*"], "roles": ["*"]}
        key, other = (sidecar.make_key(rights, name, may_assert=may) for name in ("one", "two"))
        with self.assertRaises(ValueError):
            Gate.from_dict({"rulez": []}, url=sidecar.url, api_key=key)
        refund = {"action": "issue_refund", "params": {"amount": 5}}
        none = {"rules": [{"name": "no", "effect": "deny", "when": {"action": "issue_refund"}}]}
        with Gate.from_dict(POLICY, url=sidecar.url, api_key=key) as gate:
            with Gate.from_dict(none, url=sidecar.url, api_key=other) as strict:
                with Gate.from_dict(none, url=sidecar.url, api_key=key, observe_only=True) as watching:
                    for named in (None, "s"):
                        verdict = gate.evaluate(**refund, session=named, context=BOT)
                        self.assertTrue(verdict.is_permit)
                        self.assertTrue(strict.evaluate(**refund, session=named, context=BOT).is_refuse)
                        seen = watching.evaluate(**refund, session=named, context=BOT)
                        self.assertTrue(seen.is_permit)
                        self.assertEqual(seen.would.code, "denied_by_rule")
                # A permit of a scope is worth nothing to who expects one of the sidecar's.
                result = gate.decide(**refund, context=BOT)
                self.assertEqual(gate.kernel.verify_permit(result.permit).code, "permit_mismatch")
                self.assertTrue(gate.redeem_permit(result.permit).valid)
                gate.reload("")
                self.assertTrue(gate.evaluate(**refund, context=BOT).is_refuse)
                self.assertTrue(strict.evaluate(**refund, context=BOT).is_refuse)
        # The sidecar's own policy is what it was: it knows nothing of refunds.
        with create_kernel(url=sidecar.url, api_key=sidecar.api_key) as kernel:
            self.assertEqual(kernel.decide(**refund, execution="none").decision.code, "no_matching_rule")

    def test_scopes_count_their_own_rates(self):
        sidecar = node.Sidecar({"policy": {"managed": True}})
        self.addCleanup(sidecar.close)
        key = sidecar.make_key(["decide", "policy", "sessions:open"], "one")
        once = {"rules": [{"name": "once", "effect": "permit", "when": {"action": "a", "rate": {"max": 1, "per": "1h"}}}]}
        with Gate.from_dict(once, url=sidecar.url, api_key=key) as one, Gate.from_dict(once, url=sidecar.url, api_key=key) as two:
            codes = [gate.evaluate("a").code for gate in (one, one, two, two)]
        self.assertEqual(codes, ["permitted", "rate_limited", "permitted", "rate_limited"])


if __name__ == "__main__":
    unittest.main()
