"""What is over: invalidating, listening across a restart, callbacks that raise or are slow, drift of a gate."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import logging
import os
import threading
import time
import unittest
from unittest import mock

import node
from portcullis import (
    Forbidden,
    Gate,
    Invalidated,
    InvalidInput,
    ToolCallDenied,
    Unavailable,
    create_async_kernel,
    create_kernel,
    spawn_invalidation_listener,
)
from portcullis.gate.drift import wire_drift
from portcullis.listening.blocking import MAX_WAITING, Told
from portcullis.types.invalidation import Invalidation

RULES = {"rules": [{"name": "all", "effect": "permit"}]}
RIGHTS = ["submit", "decide", "outcomes", "sessions:open", "explain"]
ANYWHERE = {"context": ["*"]}


def until(holds, seconds=60.0):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    if not holds():
        raise AssertionError("it did not come to be in time")


class Queue(unittest.TestCase):
    def one(self, record, id="bob"):
        return Invalidation(target="principal", id=id, reason="r", guard="administrator", at="", record=record)

    def test_each_is_told_once_whichever_way_it_came(self):
        told = Told()
        told.know([self.one(1)])
        event = {"target": "principal", "id": "bob", "reason": "r", "guard": "administrator", "record": 2}
        self.assertFalse(told.list([self.one(1)]))
        self.assertTrue(told.event(event))
        self.assertFalse(told.event(event))
        self.assertTrue(told.list([self.one(1), self.one(2), self.one(3)]))
        self.assertEqual(len(told.waiting), 2)

    def test_what_waits_is_bounded_and_what_is_lost_is_counted(self):
        told = Told()
        for number in range(MAX_WAITING + 5):
            told.list([self.one(number)])
        self.assertEqual(len(told.waiting), MAX_WAITING)
        self.assertIn("5 invalidations", str(told.missed()))
        self.assertIsNone(told.missed())


class Options(unittest.TestCase):
    def test_drift_is_checked_before_a_process_is_asked(self):
        self.assertIsNone(wire_drift(None))
        self.assertEqual(wire_drift(False), {"enabled": False})
        self.assertEqual(wire_drift({"geo_km": 500, "require": ("ip",)}), {"geo_km": 500, "require": ["ip"]})
        self.assertEqual(wire_drift({"age_max": False, "rate_max": False}), {"age_max": False, "rate_max": False})
        nan = float("nan")
        for wrong in (7, "x", {"geo_km": 0}, {"geo_km": nan}, {"geo_km": True}, {"geo_km": 1e9}, {"ip": 1}, {"moon": 1}):
            with self.assertRaises(InvalidInput):
                wire_drift(wrong)
        for wrong in ({"require": "ip"}, {"require": ["moon"]}, {"geo_km": False}, {"age_max": -1}):
            with self.assertRaises(InvalidInput):
                wire_drift(wrong)


@node.needs_node
class Listens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sidecar = node.Sidecar({"policy": {"managed": True}})
        cls.addClassCleanup(cls.sidecar.close)
        with create_kernel(url=cls.sidecar.url, api_key=cls.sidecar.admin_key) as admin:
            admin.replace_policy('{"rules": [{"name": "all", "effect": "permit"}]}', "json")

    def kernel(self, key, **more):
        kernel = create_kernel(url=self.sidecar.url, api_key=key, **more)
        self.addCleanup(kernel.close)
        return kernel

    def admin(self):
        return self.kernel(self.sidecar.admin_key)

    def test_refusals_carry_the_scope(self):
        admin, bot = self.admin(), self.kernel(self.sidecar.make_key(RIGHTS, "scoped"))
        found = admin.invalidate("principal", "scoped", "a lost laptop")
        with self.assertRaises(Invalidated) as raised:
            bot.check("refund")
        self.assertNotIsInstance(raised.exception, ToolCallDenied)
        self.assertEqual(raised.exception.code, "invalidated")
        self.assertEqual(raised.exception.scope, found.scope)
        self.assertEqual([one.id for one in bot.invalidations()], ["scoped"])
        admin.restore("principal", "scoped", "found again")
        self.assertTrue(bot.check("refund").is_permit)
        with self.assertRaises(Forbidden):
            bot.invalidate("principal", "scoped", "no")

    def test_each_once_in_order_and_what_raises_ends_nothing(self):
        admin = self.admin()
        admin.invalidate("principal", "before", "no news")
        heard, errors = [], []

        def callback(scope):
            heard.append(scope.id)
            raise SystemExit(scope.id)

        listener = admin.spawn_invalidation_listener(callback, on_error=errors.append)
        for number in range(20):
            admin.invalidate("principal", f"p{number}", "test")
        until(lambda: len(errors) == 20)
        self.assertEqual(heard, [f"p{number}" for number in range(20)])
        listener.abort()
        listener.abort()
        self.assertFalse(listener.running)
        # Whoever still listens hears it; the one before has no thread left that could.
        others = []
        still = admin.spawn_invalidation_listener(lambda scope: others.append(scope.id))
        self.addCleanup(still.abort)
        admin.invalidate("principal", "after", "test")
        until(lambda: others == ["after"])
        self.assertNotIn("after", heard)

    def test_what_nobody_catches_is_logged_and_a_report_may_raise(self):
        admin = self.admin()

        def callback(scope):
            raise RuntimeError("a bug")

        with self.assertLogs("portcullis", logging.ERROR) as logged:
            listener = spawn_invalidation_listener(admin, callback)
            admin.invalidate("role", "logged", "test")
            until(lambda: logged.output)
        listener.abort()

        def report(error):
            raise RuntimeError("a worse bug")

        heard = []
        listener = spawn_invalidation_listener(admin, lambda scope: heard.append(scope.id) or 1 / 0, on_error=report)
        for id in ("x1", "x2"):
            admin.invalidate("role", id, "test")
        until(lambda: heard == ["x1", "x2"])
        listener.abort()
        with self.assertRaises(TypeError):
            admin.spawn_invalidation_listener(None)

    def test_a_slow_callback_holds_up_nobody(self):
        admin, go, heard = self.admin(), threading.Event(), []
        slow = admin.spawn_invalidation_listener(lambda scope: go.wait(120))
        quick = admin.spawn_invalidation_listener(lambda scope: heard.append(scope.id))
        for number in range(50):
            admin.invalidate("principal", f"slow{number}", "test")
        until(lambda: len(heard) == 50)
        slow.abort()
        quick.abort()
        go.set()

    def test_closing_the_kernel_ends_its_listeners(self):
        kernel = create_kernel(url=self.sidecar.url, api_key=self.sidecar.admin_key)
        listener = kernel.spawn_invalidation_listener(print)
        kernel.close()
        self.assertFalse(listener.running)
        until(lambda: not [one for one in threading.enumerate() if one.name.startswith("portcullis-invalidation")])

    def test_asyncio(self):
        async def run():
            heard, errors = [], []

            async def callback(scope):
                await asyncio.sleep(0)
                heard.append(scope.id)
                raise RuntimeError("no")

            kernel = await create_async_kernel(url=self.sidecar.url, api_key=self.sidecar.admin_key)
            listener = await kernel.spawn_invalidation_listener(callback, on_error=errors.append)
            for id in ("a1", "a2", "a3"):
                await kernel.invalidate("principal", id, "test")
            for _ in range(6_000):
                if len(errors) == 3:
                    break
                await asyncio.sleep(0.01)
            listener.abort()
            await kernel.close()
            return heard, listener.running

        self.assertEqual(asyncio.run(run()), (["a1", "a2", "a3"], False))


@node.needs_node
class OverARestart(unittest.TestCase):
    def test_what_happened_meanwhile_is_told_once(self):
        sidecar = node.Sidecar()
        self.addCleanup(sidecar.close)
        admin = create_kernel(url=sidecar.url, api_key=sidecar.admin_key)
        self.addCleanup(admin.close)
        heard, errors = [], []
        listener = admin.spawn_invalidation_listener(lambda scope: heard.append(scope.id), on_error=errors.append)
        admin.invalidate("principal", "one", "test")
        until(lambda: heard == ["one"])
        address = sidecar.url
        sidecar.kill()
        until(lambda: errors)
        self.assertIsInstance(errors[0], Unavailable)
        sidecar.open()
        self.assertEqual(sidecar.url, address)
        with create_kernel(url=sidecar.url, api_key=sidecar.admin_key) as other:
            other.invalidate("principal", "two", "test")
        until(lambda: heard == ["one", "two"])
        admin.invalidate("principal", "three", "test")
        until(lambda: heard == ["one", "two", "three"])
        listener.abort()


@node.needs_node
class OfAGate(unittest.TestCase):
    def setUp(self):
        patch = mock.patch.dict(os.environ, {"PORTCULLIS_BIN": node.COMMAND})
        patch.start()
        self.addCleanup(patch.stop)

    def gate(self, **options):
        gate = Gate.from_dict(RULES, **options)
        self.addCleanup(gate.close)
        return gate

    def test_another_address_invalidates(self):
        gate, heard = self.gate(), []
        listener = spawn_invalidation_listener(gate, heard.append)
        here = {"session": "run", "context": {"principal": "bob", "ip": "10.0.0.1"}}
        self.assertTrue(gate.evaluate("refund", **here).is_permit)
        moved = gate.evaluate("refund", session="run", context={"principal": "bob", "ip": "10.0.0.2"})
        self.assertEqual((moved.is_permit, moved.is_refuse, moved.is_invalidate), (False, False, True))
        self.assertEqual((moved.invalidated.target, moved.invalidated.guard), ("session", "drift"))
        with self.assertRaises(Invalidated) as raised:
            gate.check("refund", **here)
        self.assertEqual(raised.exception.scope.target, "session")
        until(lambda: heard == [raised.exception.scope])
        listener.abort()

    def test_a_distance(self):
        gate = self.gate(drift={"geo_km": 500})
        at = lambda latitude, longitude: {"principal": "bob", "latitude": latitude, "longitude": longitude}  # noqa: E731
        ask = lambda context: gate.evaluate("refund", session="run", context=context)  # noqa: E731
        self.assertTrue(ask(at(12.97, 77.59)).is_permit)
        self.assertTrue(ask(at(13.08, 80.27)).is_permit)
        self.assertTrue(ask(at(28.61, 77.21)).is_invalidate)
        self.assertTrue(gate.evaluate("refund").is_permit)

    def test_off_and_not_for_a_named_sidecar(self):
        gate = self.gate(drift=False)
        for ip in ("10.0.0.1", "10.0.0.2"):
            self.assertTrue(gate.evaluate("refund", session="run", context={"ip": ip}).is_permit)
        with self.assertRaises(InvalidInput):
            Gate.from_dict(RULES, url="http://127.0.0.1:1", api_key="k" * 40, drift=False)


if __name__ == "__main__":
    unittest.main()
