"""Kavach's gate in its own words, with only the import changed, against a real private sidecar."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import json
import os
import tempfile
import threading
import unittest
from unittest import mock

import node
from portcullis.compat.kavach import (
    ActionContext,
    Gate,
    GeoLocation,
    InMemoryInvalidationBroadcaster,
    Invalidated,
    Refused,
    guarded,
    spawn_invalidation_listener,
)

POLICY = {
    "policies": [
        {
            "name": "support refunds",
            "effect": "permit",
            "conditions": [
                {"identity_role": "support"},
                {"action": "issue_refund"},
                {"param_max": {"field": "amount", "max": 5000.0}},
                {"rate_limit": {"max": 3, "window": "24h"}},
            ],
        },
        {"name": "reports", "effect": "permit", "conditions": [{"action": "fetch_report"}]},
    ]
}
TOML = """
[[policy]]
name = "reports"
effect = "permit"
conditions = [{ action = "fetch_report" }]
"""
BANGALORE = GeoLocation("IN", city="Bangalore", latitude=12.97, longitude=77.59)
CHENNAI = GeoLocation("IN", city="Chennai", latitude=13.08, longitude=80.27)
DELHI = GeoLocation("IN", city="Delhi", latitude=28.61, longitude=77.21)


def refund(amount, **more):
    given = {"principal_id": "alice", "principal_kind": "agent", "roles": ["support"], **more}
    return ActionContext(action_name="issue_refund", params={"amount": amount}, **given)


def report(**more):
    return ActionContext(principal_id="alice", principal_kind="user", action_name="fetch_report", **more)


@node.needs_node
class Gates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.environ = mock.patch.dict(os.environ, {"PORTCULLIS_BIN": node.COMMAND})
        cls.environ.start()
        cls.addClassCleanup(cls.environ.stop)

    def gate(self, policy=POLICY, **options):
        gate = Gate.from_dict(policy, **options)
        self.addCleanup(gate.close)
        return gate

    def test_verdicts(self):
        gate = self.gate(invariants=[("hard_cap", "amount", 4000.0)])
        permitted = gate.evaluate(refund(1500.0))
        self.assertTrue(permitted.is_permit and permitted.token_id and permitted.permit)
        self.assertTrue(gate.redeem_permit(permitted.permit).valid)
        self.assertFalse(gate.redeem_permit(permitted.permit).valid)
        for context, code, evaluator in (
            (refund(1500.0, roles=[]), "NO_POLICY_MATCH", "policy"),
            (refund(4500.0), "INVARIANT_VIOLATION", "invariants"),
            (refund("1500"), "INVARIANT_VIOLATION", "invariants"),
            (ActionContext("alice", "agent", "Not An Action"), "POLICY_DENIED", "admission"),
            (refund(1500.0, roles="support"), "POLICY_DENIED", "admission"),
            (refund(1500.0, ip="999.1.1.1"), "POLICY_DENIED", "admission"),
            (refund(float("nan")), "POLICY_DENIED", "admission"),
        ):
            refused = gate.evaluate(context)
            self.assertTrue(refused.is_refuse, refused)
            self.assertEqual((refused.code, refused.evaluator, refused.token_id), (code, evaluator, None))
        with self.assertRaises(Refused) as caught:
            gate.check(refund(9000.0))
        self.assertEqual(caught.exception.code, "INVARIANT_VIOLATION")

    def test_only_what_is_permitted_counts_against_a_rate(self):
        gate = self.gate()
        for _ in range(5):
            self.assertTrue(gate.evaluate(refund(9999.0)).is_refuse)
        found = []
        workers = [threading.Thread(target=lambda: found.append(gate.evaluate(refund(1)))) for _ in range(10)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(sum(one.is_permit for one in found), 3)
        self.assertEqual({one.code for one in found if not one.is_permit}, {"RATE_LIMIT_EXCEEDED"})
        self.assertTrue(gate.evaluate(refund(1, principal_id="bob")).is_permit)

    def test_every_loader_and_reload(self):
        text = json.dumps(POLICY)
        with tempfile.TemporaryDirectory() as folder:
            files = {"kavach.json": text, "kavach.toml": TOML}
            for name, written in files.items():
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(written)
            gates = [
                Gate.from_json_string(text),
                Gate.from_json_file(os.path.join(folder, "kavach.json")),
                Gate.from_toml(TOML),
                Gate.from_file(os.path.join(folder, "kavach.toml")),
            ]
        for gate in gates:
            self.addCleanup(gate.close)
            self.assertTrue(gate.evaluate(report()).is_permit)
        gate = gates[-1]
        with self.assertRaisesRegex(ValueError, '4:1: .*"efect"'):
            gate.reload(TOML.replace("effect", "efect"))
        self.assertTrue(gate.evaluate(report()).is_permit)
        gate.reload("")
        self.assertTrue(gate.evaluate(report()).is_refuse)

    def test_what_cannot_be_honoured_is_an_error(self):
        for options in ({"token_signer": object()}, {"rate_store": object()}):
            with self.assertRaises(ValueError):
                Gate.from_dict(POLICY, **options)
        with self.assertRaises(ValueError):
            Gate.from_dict({"policies": [{"name": "a", "effect": "permit", "conditions": [{"acton": "b"}]}]})
        with self.assertRaises(ValueError):
            Gate.from_dict({"policies": {1, 2}})

    def test_a_place_that_is_too_far_ends_the_session_and_listeners_hear_it(self):
        broadcaster = InMemoryInvalidationBroadcaster()
        heard, told = [], threading.Event()
        gate = self.gate(geo_drift_max_km=500.0, broadcaster=broadcaster)
        handle = spawn_invalidation_listener(broadcaster, lambda scope: (heard.append(scope), told.set()))
        self.addCleanup(handle.abort)
        near = {"ip": "10.0.0.1", "origin_geo": BANGALORE}
        self.assertTrue(gate.evaluate(report(current_geo=CHENNAI, **near)).is_permit)
        self.assertTrue(gate.evaluate(report(current_geo=CHENNAI, session_id="s", **near)).is_permit)
        far = gate.evaluate(report(current_geo=DELHI, session_id="s", **near))
        self.assertTrue(far.is_invalidate)
        self.assertEqual((far.code, far.evaluator), ("DRIFT_DETECTED", "drift"))
        self.assertTrue(told.wait(60))
        self.assertEqual((heard[0].target, heard[0].evaluator), ("session", "drift"))
        with self.assertRaises(Invalidated):
            gate.check(report(current_geo=CHENNAI, session_id="s", **near))
        # Going back to where it began by saying that it began elsewhere is no way out.
        with self.assertRaises(ValueError):
            gate.evaluate(report(current_geo=DELHI, session_id="s", ip="10.0.0.1", origin_geo=DELHI))
        # Where it is, left out, is not where it was.
        self.assertTrue(gate.evaluate(report(session_id="t", **near)).is_invalidate)

    def test_sessions_count_together_whichever_way_they_are_named(self):
        gate = self.gate(max_session_actions=2)

        @guarded(gate, action="fetch_report")
        def fetch():
            return "here"

        who = {"_principal_id": "alice", "_principal_kind": "user", "_session_id": "s"}
        self.assertEqual(fetch(**who), "here")
        self.assertTrue(gate.evaluate(report(session_id="s")).is_permit)
        with self.assertRaises(Refused):
            fetch(**who)
        self.assertTrue(gate.evaluate(report(session_id="other")).is_permit)

    def test_guarded(self):
        gate, ran = self.gate(), []

        @guarded(gate, action="issue_refund", param_fields={"amount": "amount"})
        async def issue(order, amount):
            ran.append(order)
            return amount

        who = {"_principal_id": "alice", "_principal_kind": "agent", "_roles": ["support"]}
        self.assertEqual(asyncio.run(issue("ORD-1", 500.0, **who)), 500.0)
        for amount, more in ((999_999.0, who), (500.0, {}), (500.0, {**who, "_roles": ["sales"]})):
            with self.assertRaises(Refused) as caught:
                asyncio.run(issue("ORD-2", amount, **more))
            self.assertEqual(caught.exception.evaluator, "policy")
        self.assertEqual(ran, ["ORD-1"])

    def test_observe_only_refuses_nothing_but_what_is_malformed_and_hard_limits(self):
        gate = self.gate(observe_only=True, invariants=[("hard_cap", "amount", 10_000.0)])
        self.assertTrue(gate.evaluate(refund(9000.0)).is_permit)
        self.assertEqual(gate.evaluate(refund(20_000.0)).code, "INVARIANT_VIOLATION")
