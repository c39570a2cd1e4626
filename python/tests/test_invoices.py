"""examples/invoices as a user runs it, and cut short: between any two steps, at records of the journal, and with the money on its way."""
import _path  # noqa: F401 - first: finds the package
import contextlib
import io
import os
import random
import unittest

import example
import node

#: Rounds of the last test; `npm run soak` says more.
ROUNDS = 1


@node.needs_node
class Invoices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.story = example.load("invoices")
        cls.killed = example.load("invoices", "killed")
        cls.stage = example.load("invoices", "stage")

    def test_the_story(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(self.story.main(), 0)
        # How wide a column is depends on what else the command has to tell.
        text = " ".join(said.getvalue().split())
        for expected in (
            "61 rows, of which 50 are shown",
            "a person has to answer act_",
            "because invoice 4731 is due",
            "permitted, ok",
            "People",
            "approve (once) by carol",
            "it is on my list",
            " grant grt_",
            "of bank.pay",
            "1 of 1 used up",
            "211.5 1788.5",
            "verified",
            "the bank booked [{'amount': 211.5,",
        ):
            self.assertIn(expected, text)

    def test_killed_between_any_two_steps(self):
        self.assertEqual(self.killed.between_any_two_steps(), [])

    def test_killed_with_the_money_on_its_way(self):
        self.assertEqual(self.killed.with_the_money_on_its_way(), [])

    def test_killed_at_records_of_the_journal(self):
        # Which one, says this line: `npm run soak` tries others.
        chance = random.Random(4731)
        for number in chance.sample(self.killed.RECORDS, ROUNDS):
            with self.subTest(record=number):
                self.assertEqual(self.killed.at_a_record(number), [])

    def test_what_was_revoked_denied_and_held_is_so_after_a_kill(self):
        from portcullis import create_kernel

        stage = self.stage.Stage()
        self.addCleanup(stage.close)
        socket = f"unix:{stage.data}/portcullis.sock"
        with open(os.path.join(stage.data, "api-key"), encoding="utf-8") as file:
            key = file.read().strip()
        with create_kernel(url=socket, api_key=key) as kernel:
            grants = [kernel.grant("bank.pay", justification="invoices are due") for _ in range(2)]
            pay = lambda n, token: kernel.invoke(token, {"body": {"invoice": str(n), "to": "DE1", "amount": 5}})  # noqa: E731
            open_, denied, approved = [pay(n, grants[0].token).approval.id for n in range(3)]
            stage.restart()
            self.assertEqual([one.id for one in kernel.approvals(status="open")], [open_, denied, approved])
            stage.portcullis("approvals", "deny", denied, "--reason", "not this one", key=stage.carol)
            stage.portcullis("approvals", "approve", approved, key=stage.carol)
            stage.restart()
            self.assertEqual(kernel.approval(open_).status, "open")
            self.assertEqual(kernel.resume(denied).decision.code, "approval_denied")
            self.assertEqual(kernel.resume(denied).decision.reason, "not this one")
            self.assertTrue(kernel.resume(approved).ok)
            stage.restart()
            self.assertEqual(kernel.resume(approved).decision.code, "approval_used")
            self.assertEqual(kernel.resume(open_).decision.code, "approval_required")
            stage.portcullis("grants", "revoke", grants[1].id, "--reason", "not needed")
            stage.restart()
            self.assertEqual(pay(9, grants[1].token).decision.code, "token_revoked")
            self.assertEqual([one.used for one in kernel.grants().grants if one.id == grants[0].id], [1])
        self.assertEqual([one["invoice"] for one in stage.bank.booked], ["2"])


if __name__ == "__main__":
    unittest.main()
