"""What ran and was stopped before it was shown: nothing of it passes for a tool that returned nothing."""
import _path  # noqa: F401 - first: finds the package
import unittest

from portcullis import Invalidated, ToolCallDenied, ToolFailed
from portcullis.compat import agent_os, ari, weaver
from portcullis.tools.protect import value_of
from portcullis.types.result import result as reader
from portcullis.wire.shape import read
from scripted import RESULT

EMPTY = {"data": None, "labels": [], "notes": ["stopped: everything is frozen"], "bytes": 5}


def stopped(code, **more):
    return read(reader, {**RESULT, "frame": EMPTY, "withheld": code, **more})


class Withheld(unittest.TestCase):
    def test_a_tool_raises_with_the_code(self):
        for code, kind in (("frozen", ToolFailed), ("token_revoked", ToolFailed), ("a_code_of_tomorrow", ToolFailed), ("session_closed", Invalidated)):
            with self.subTest(code), self.assertRaises(kind) as raised:
                value_of(stopped(code))
            # It ran: whoever is told that nothing did does it again.
            self.assertNotIsInstance(raised.exception, ToolCallDenied)
            self.assertEqual((raised.exception.code, raised.exception.decision.id), (code, "act_1"))

    def test_what_failed_as_well_says_how(self):
        error = {"code": "provider_error", "message": "stopped: everything is frozen"}
        with self.assertRaises(ToolFailed) as raised:
            value_of(stopped("frozen", outcome={"status": "error", "duration_ms": 1, "error": error}))
        self.assertEqual(raised.exception.code, "provider_error")

    def test_nor_do_the_runtimes_of_others_say_that_it_worked(self):
        answer = ari.answer_of(stopped("frozen"))
        self.assertEqual((answer["success"], answer["result"]), (False, None))
        self.assertIn("frozen", answer["error"])
        shown = agent_os._result("fs.read", stopped("frozen"))
        self.assertEqual(shown.status, "ERROR")
        self.assertIn("frozen", shown.error)
        with self.assertRaises(weaver.DriverError) as raised:
            weaver._shown(stopped("frozen"), stopped("frozen").frame)
        self.assertIn("frozen", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
