"""weaver-kernel's five verbs in its own words, with only the import changed, against a real sidecar."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import json
import os
import unittest
from unittest import mock

import node
from portcullis import InvalidInput, create_kernel
from portcullis.compat import weaver
from test_compat_ari import seed

QUICK_START = '''
import asyncio
import json
from weaver_kernel import Kernel, Principal, PolicyDenied

kernel = Kernel()
principal = Principal(principal_id="bot", roles=["reader"])

requests = kernel.request_capabilities("list the files of a folder")
grant = kernel.grant_capability(requests[0], principal, justification="the weekly report needs it")

async def main():
    frame = await kernel.invoke(grant.token, principal=principal, args={"resource": "."}, response_mode="table")
    page = kernel.expand(frame.handle, query={"offset": 0, "limit": 1, "fields": ["name"]})
    return frame, page, kernel.explain(frame.action_id)

frame, page, trace = asyncio.run(main())
'''

POLICY = {
    "rules": [
        {"name": "files", "effect": "permit", "when": {"action": ["fs.list", "fs.read"], "resource": "{{start}}/**"}},
        {"name": "why", "effect": "permit", "when": {"action": "fs.write", "justification": {"min": 15}}},
    ]
}
LIST = {
    "id": "files.list",
    "name": "List files",
    "description": "List the files of a folder.",
    "action": "fs.list",
    "resource_from": "resource",
    "safety": "read",
    "sensitivity": "pii",
}


@node.needs_node
class Weaver(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sidecar = node.Sidecar({"policy": {"managed": True}}, files={"a.txt": "hello", "b.txt": "world"})
        with create_kernel(url=cls.sidecar.url, api_key=cls.sidecar.admin_key) as admin:
            text = json.dumps(POLICY).replace("{{start}}", cls.sidecar.start)
            admin.replace_policy(text, "json")
            admin.register_capability(LIST)
        cls.key = cls.sidecar.make_key(["submit", "explain", "sessions:open"], "bot")

    @classmethod
    def tearDownClass(cls):
        cls.sidecar.close()

    def kernel(self):
        made = weaver.Kernel(url=self.sidecar.url, api_key=self.key)
        self.addCleanup(made.close)
        return made

    def test_the_quick_start(self):
        names = {}
        source = QUICK_START.replace("from weaver_kernel import", "from portcullis.compat.weaver import")
        env = {"PORTCULLIS_URL": self.sidecar.url, "PORTCULLIS_API_KEY": self.key}
        with mock.patch.dict(os.environ, env):
            exec(compile(source, "quick start", "exec"), names)
        names["kernel"].close()
        frame, page, trace = names["frame"], names["page"], names["trace"]
        self.assertEqual((frame.response_mode, frame.capability_id), ("table", "files.list"))
        self.assertEqual(len(page.table_preview), 1)
        self.assertEqual((trace.effect, trace.reason_code, trace.principal_id), ("permit", "permitted", "bot"))
        self.assertEqual(frame.to_dict()["handle"]["handle_id"], frame.handle.handle_id)

    def test_the_document_itself(self):
        """The second seed asks for five verbs over the wire, a client with the same names, and values that have a dictionary form."""
        text = seed(1)
        here = create_kernel(url=self.sidecar.url, api_key=self.key)
        self.addCleanup(here.close)
        for verb in ("request_capabilities", "grant", "invoke", "expand", "explain"):
            self.assertIn(verb, text)
            self.assertTrue(callable(getattr(here, verb)))
            self.assertTrue(callable(getattr(weaver.Kernel, {"grant": "grant_capability"}.get(verb, verb))))
        for value in ("Frame", "CapabilityToken", "ActionTrace"):
            self.assertIn(value, text)
            self.assertTrue(callable(getattr(weaver, value).to_dict))

    def test_tokens_go_through_their_dictionary_form(self):
        kernel, bot = self.kernel(), weaver.Principal("bot")
        token = kernel.get_token(weaver.CapabilityRequest("files.list", "look"), bot)
        again = weaver.CapabilityToken.from_dict(token.to_dict())
        self.assertEqual(again, token)
        frame = asyncio.run(kernel.invoke(again, principal=bot, args={"resource": "."}))
        self.assertEqual(frame.response_mode, "summary")
        kernel.revoke(token)
        with self.assertRaises(weaver.TokenRevoked):
            asyncio.run(kernel.invoke(token, principal=bot, args={"resource": "."}))

    def test_a_trace_has_every_field_that_theirs_had(self):
        kernel, bot = self.kernel(), weaver.Principal("bot")
        token = kernel.get_token(weaver.CapabilityRequest("files.list", "x"), bot)
        frame = asyncio.run(kernel.invoke(token, principal=bot, args={"resource": "."}, response_mode="summary"))
        kernel.expand(frame.handle, query={"limit": 1})
        trace = kernel.explain(frame.action_id)
        theirs = (
            "action_id capability_id principal_id token_id invoked_at args response_mode driver_id handle_id error"
            " result_summary sensitivity event_type reason_code"
        ).split()
        self.assertLessEqual(set(theirs), set(trace.to_dict()))
        self.assertEqual(
            (trace.action_id, trace.capability_id, trace.principal_id, trace.token_id, trace.response_mode),
            (frame.action_id, "files.list", "bot", token.token_id, "summary"),
        )
        self.assertEqual((trace.driver_id, trace.error, trace.event_type), ("fs", None, "invoke"))
        self.assertEqual((trace.sensitivity, trace.reason_code), ("pii", "permitted"))
        self.assertRegex(trace.args["commitment"], "^[0-9a-f]{64}$")
        self.assertRegex(trace.handle_id, "^[0-9a-f]{64}$")
        summary = trace.result_summary
        self.assertTrue(summary["fact_count"] > 0 and summary["has_handle"])
        self.assertEqual((summary["row_count"], len(trace.expansions)), (2, 1))

    def test_a_denial_is_explained(self):
        kernel, bot = self.kernel(), weaver.Principal("bot")
        request = weaver.CapabilityRequest("fs.write", "x")
        why = kernel.explain_denial(request, bot, justification="short")
        self.assertEqual((why.denied, why.reason_code), (True, "justification_required"))
        # A key that may not read the policy: no rule, and not how long a reason has to be.
        self.assertEqual((why.rule_name, [one.required for one in why.failed_conditions]), ("", [None]))
        self.assertEqual((why.failed_conditions[0].condition, why.failed_conditions[0].actual), ("/justification", "short"))
        self.assertTrue(why.remediation and why.narrative)
        key = self.sidecar.make_key(["submit", "explain", "policy"], "owner")
        with weaver.Kernel(url=self.sidecar.url, api_key=key) as owner:
            mine = weaver.Principal("owner")
            told = owner.explain_denial(request, mine, justification="short")
            self.assertIn([{"length": {"min": 15}}], [one.required for one in told.failed_conditions])
            self.assertIn("/when/justification", [one.condition for one in told.failed_conditions])
            before = owner._kernel.grants().grants
            again = owner.explain_denial(request, mine, justification="long enough to be a reason")
            self.assertEqual((again.denied, again.failed_conditions), (False, []))
            self.assertEqual(owner._kernel.grants().grants, before)
        denied = kernel.explain_denial(weaver.CapabilityRequest("http.get", "x"), bot)
        self.assertEqual((denied.denied, denied.reason_code, denied.remediation), (True, "no_matching_rule", []))

    def test_refusals_are_theirs(self):
        kernel, bot = self.kernel(), weaver.Principal("bot")
        with self.assertRaises(weaver.CapabilityNotFound):
            kernel.grant_capability(weaver.CapabilityRequest("no.such", "x"), bot)
        with self.assertRaises(weaver.PolicyDenied) as denied:
            kernel.grant_capability(weaver.CapabilityRequest("fs.write", "x"), bot, justification="short")
        self.assertEqual(denied.exception.reason_code, "justification_required")
        with self.assertRaises(weaver.HandleNotFound):
            kernel.expand("hdl_AAAAAAAAAAAAAAAAAAAAAA")
        with self.assertRaises(weaver.AgentKernelError):
            kernel.explain("nothing")
        with self.assertRaises(weaver.AgentKernelError):
            kernel.grant_capability(weaver.CapabilityRequest("files.list", "x"), weaver.Principal("somebody-else"))

    def test_arguments_never_choose_another_operation(self):
        kernel, bot = self.kernel(), weaver.Principal("bot")
        token = kernel.get_token(weaver.CapabilityRequest("files.list", "x"), bot)
        for args in ({"operation": "fs.delete", "resource": "."}, {"action": "fs.delete", "resource": "."}):
            with self.assertRaises(weaver.AgentKernelError):
                asyncio.run(kernel.invoke(token, principal=bot, args=args))

    def test_constraints_narrow_or_are_refused(self):
        kernel, bot = self.kernel(), weaver.Principal("bot")
        inside = {"args": {"allowed_keys": []}, "ttl_s": 60}
        token = kernel.get_token(weaver.CapabilityRequest("files.list", "x", inside), bot)
        with self.assertRaises(weaver.TokenScopeError):
            asyncio.run(kernel.invoke(token, principal=bot, args={"resource": ".", "limit": 1}))
        with self.assertRaises(InvalidInput):
            kernel.grant_capability(weaver.CapabilityRequest("files.list", "x", {"max_rows": 5}), bot)

    def test_a_constraint_that_says_nothing_known_is_refused_and_never_left_out(self):
        kernel, bot = self.kernel(), weaver.Principal("bot")
        for constraints in (
            {"args": {"pined": {"resource": "/a"}}},
            {"args": 7},
            {"args": {"allowed_keys": "resource"}},
            {"args": {"allowed_keys": 7}},
            {"args": {"pinned": None}},
            {"args": {"pinned": {"resource": 5}}},
            {"args": {"pinned": {"resource": "/a"}, "prefix": {"resource": "/"}}},
            {"args": {"pinned": {"resource": "a.txt"}}},
            {"ttl_s": "x"},
            5,
        ):
            for error in (weaver.PolicyDenied, ValueError):
                with self.subTest(constraints), self.assertRaises(error):
                    kernel.get_token(weaver.CapabilityRequest("files.list", "x", constraints), bot)
        self.assertTrue(kernel.get_token(weaver.CapabilityRequest("files.list", "x", None), bot).signature)

    def test_the_argument_that_becomes_the_resource_is_pinned_and_bounded_like_any_other(self):
        kernel, bot, start = self.kernel(), weaver.Principal("bot"), self.sidecar.start
        for capability in ("files.list", "fs.list"):
            for args, fits in (
                ({"pinned": {"resource": start}}, True),
                ({"pinned": {"resource": start + "/sub"}}, False),
                ({"prefix": {"resource": start + "/"}}, True),
                ({"prefix": {"resource": start[:-1]}}, False),
                ({"allowed_keys": ["resource"]}, True),
                ({"allowed_keys": ["other"]}, False),
                ({"prefix": {"resource": "/"}, "allowed_keys": ["resource"]}, True),
            ):
                with self.subTest(capability=capability, args=args):
                    request = weaver.CapabilityRequest(capability, "x", {"args": args})
                    token = kernel.get_token(request, bot)
                    invoked = kernel.invoke(token, principal=bot, args={"resource": "."})
                    if fits:
                        self.assertTrue(asyncio.run(invoked).action_id)
                    else:
                        with self.assertRaises(weaver.TokenScopeError):
                            asyncio.run(invoked)

    def test_a_dictionary_that_says_other_than_what_is_signed_is_no_token(self):
        kernel, bot = self.kernel(), weaver.Principal("bot")
        token = kernel.get_token(weaver.CapabilityRequest("files.list", "x"), bot)
        said = token.to_dict()
        for change in (
            {"capability_id": "fs.write"},
            {"principal_id": "root"},
            {"token_id": "grt_other"},
            {"expires_at": "2099-01-01T00:00:00+00:00"},
            {"expires_at": "2099-01-01T00:00:00"},
            {"expires_at": None},
            {"signature": ""},
            {"signature": 5},
            {"signature": token.signature + "\n"},
            {"signature": token.signature.swapcase()},
            {"more": 1},
        ):
            with self.subTest(change), self.assertRaises(weaver.TokenInvalid):
                changed = weaver.CapabilityToken.from_dict({**said, **change})
                asyncio.run(kernel.invoke(changed, principal=bot, args={"resource": "."}))
        for other in ([], {}, None):
            with self.assertRaises(weaver.TokenInvalid):
                weaver.CapabilityToken.from_dict(other)

    def test_what_is_malformed_is_one_of_their_errors(self):
        kernel, bot = self.kernel(), weaver.Principal("bot")
        token = kernel.get_token(weaver.CapabilityRequest("files.list", "x"), bot)
        with self.assertRaises(weaver.AgentKernelError):
            asyncio.run(kernel.invoke(token, principal=bot, args=[1]))
        handle = asyncio.run(kernel.invoke(token, principal=bot, args={"resource": "."})).handle
        for query in ({"limit": -1}, {"fields": "name"}, {"filter": []}, {"rows": 1}, [1]):
            with self.subTest(query), self.assertRaises(weaver.InvalidConstraint):
                kernel.expand(handle, query=query)
        with self.assertRaises(weaver.AgentKernelError):
            kernel.expand(5)


if __name__ == "__main__":
    unittest.main()
