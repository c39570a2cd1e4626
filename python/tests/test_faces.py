"""The blocking and the asyncio kernel are written by hand, twice: each verb of both sends the very same request, and takes all that the wire takes."""
import _path  # noqa: F401 - first: finds the package
import asyncio
import inspect
import unittest

import node
from portcullis import AsyncKernel, Kernel, create_kernel
from portcullis.verbs.request import Standing
from portcullis.wire.call import Call

#: One value for every argument of every verb, by name. A new argument is a missing name here until it has one.
GIVEN = {
    "accept_observed": True,
    "action": "fs.read",
    "after": 7,
    "answers": [{"id": "act_1", "decision": "deny"}],
    "approve": True,
    "args": {"path": "a"},
    "audience": "worker",
    "block": "b1",
    "capability": "files.read",
    "caveats": {"uses": 1},
    "constraints": {"ttl": 60},
    "context": {"ip": "192.0.2.1"},
    "definition": {"id": "files.read"},
    "delegate_to": "child",
    "digest": "00",
    "duration_ms": 1.5,
    "error": "why",
    "execution": "none",
    "fields": ["a"],
    "filter": {"/a": 1},
    "format": "json",
    "goal": "read",
    "grant": "grt_1",
    "handle": "hdl_1",
    "happened": True,
    "id": "id_1",
    "idempotency_key": "once",
    "justification": "because",
    "label": "for people",
    "labels": [{"source": "web", "origin": "a.example", "integrity": "untrusted", "confidentiality": "public"}],
    "level": "frozen",
    "limit": 3,
    "mode": "observe",
    "narrow": {"uses": 1},
    "offset": 2,
    "on": True,
    "on_behalf_of": "user:1",
    "parameters": {"path": "a"},
    "params": {"path": "a"},
    "parent": "ses_2",
    "permit": "a permit",
    "policy": "{}",
    "preset": "safe",
    "principal": "bot",
    "proof": "1.n.s",
    "proof_key": "k",
    "reason": "because",
    "requests": [{"action": "fs.read", "params": {"path": "a"}, "labels": []}],
    "resource": "a.txt",
    "response_mode": "table",
    "result": {"rows": 1},
    "resume": "act_2",
    "scope": "scp_1",
    "seal": True,
    "seq": 3,
    "session": "ses_1",
    "status": "error",
    "tags": ["t"],
    "target": "session",
    "term": "once",
    "text": "a text",
    "token": "a token",
    "tokens": 5,
    "tool_class": "file",
    "value": "v",
}
#: What means something else at one verb.
ELSEWHERE = {
    ("execute_tool", "action"): "read",
    ("redeem_permit", "action"): None,
    ("verify_permit", "action"): None,
    ("journal", "query"): {"limit": 2, "reverse": True},
}
#: They ask nothing of the wire that other verbs do not.
NO_REQUEST = {"close", "session_id", "spawn_invalidation_listener"}

VERBS = sorted(name for name in dir(Kernel) if not name.startswith("_") and name not in NO_REQUEST)


class Sent(Exception):
    def __init__(self, call):
        super().__init__(call)
        self.call = call


class Blocking:
    def send(self, call):
        raise Sent(call)

    def stream(self, call, *_):
        raise Sent(call)
        yield  # a generator


class Looping:
    async def send(self, call):
        raise Sent(call)

    async def stream(self, call, *_):
        raise Sent(call)
        yield


def parameters(kind, verb):
    return [p for name, p in inspect.signature(getattr(kind, verb)).parameters.items() if name != "self"]


def arguments(verb, only_needed):
    args, kwargs = [], {}
    for p in parameters(Kernel, verb):
        if only_needed and p.default is not p.empty:
            continue
        value = ELSEWHERE[verb, p.name] if (verb, p.name) in ELSEWHERE else GIVEN[p.name]
        if p.kind is p.VAR_KEYWORD:
            kwargs.update(value)
        elif p.kind is p.KEYWORD_ONLY:
            kwargs[p.name] = value
        else:
            args.append(value)
    return args, kwargs


def request(call):
    return call._replace(reader=None, check=None)


def sent_by_blocking(verb, args, kwargs):
    kernel = Kernel(Blocking(), Standing("ses_0", {"principal": "bot"}, "bot"))
    try:
        answer = getattr(kernel, verb)(*args, **kwargs)
        if inspect.isgenerator(answer):
            next(answer)
    except Sent as sent:
        return sent.call
    raise AssertionError(f"{verb} sent nothing")


async def sent_by_looping(verb, args, kwargs):
    kernel = AsyncKernel(Looping(), Standing("ses_0", {"principal": "bot"}, "bot"))
    try:
        answer = getattr(kernel, verb)(*args, **kwargs)
        if inspect.isasyncgen(answer):
            await answer.__anext__()
        else:
            await answer
    except Sent as sent:
        return sent.call
    raise AssertionError(f"{verb} sent nothing")


class Faces(unittest.TestCase):
    def test_they_take_the_same_arguments_with_the_same_defaults(self):
        for verb in VERBS:
            one, other = ([(p.name, p.kind, p.default) for p in parameters(kind, verb)] for kind in (Kernel, AsyncKernel))
            self.assertEqual(one, other, verb)

    def test_they_send_the_same_request(self):
        for verb in VERBS:
            for only_needed in (False, True):
                with self.subTest(verb=verb, only_needed=only_needed):
                    args, kwargs = arguments(verb, only_needed)
                    blocking = sent_by_blocking(verb, args, kwargs)
                    looping = asyncio.run(sent_by_looping(verb, args, kwargs))
                    self.assertIsInstance(blocking, Call)
                    self.assertEqual(request(blocking), request(looping))
                    for part in ("reader", "check"):
                        one, other = getattr(blocking, part), getattr(looping, part)
                        self.assertEqual(getattr(one, "__code__", None), getattr(other, "__code__", None), part)


#: Verb to the route whose body it makes, and the members of that body that are no argument of it.
BODIES = {
    "submit": ("/v1/submit", {"stream"}),
    "submit_stream": ("/v1/submit", {"stream"}),
    "decide": ("/v1/decide", set()),
    "check": ("/v1/decide", {"resume", "execution", "audience"}),
    "report": ("/v1/outcomes", {"usage"}),
    "grant": ("/v1/grants", set()),
    "attenuate": ("/v1/grants/attenuate", set()),
    "revoke": ("/v1/grants/revoke", set()),
    "invoke": ("/v1/invoke", {"stream"}),
    "invoke_stream": ("/v1/invoke", {"stream"}),
    "expand": ("/v1/expand", {"query"}),
    "request_capabilities": ("/v1/capabilities/search", set()),
    "open_session": ("/v1/sessions", set()),
    "create_scope": ("/v1/scopes", set()),
    "verify_permit": ("/v1/permits/verify", set()),
    "redeem_permit": ("/v1/permits/redeem", set()),
}


@node.needs_node
class Wire(unittest.TestCase):
    def test_a_verb_takes_every_member_of_its_request(self):
        sidecar = node.Sidecar()
        self.addCleanup(sidecar.close)
        with create_kernel(url=sidecar.url, api_key=sidecar.api_key) as kernel:
            openapi = kernel._transport.send(Call("GET", "/openapi.json"))
        for verb, (route, other) in BODIES.items():
            with self.subTest(verb=verb):
                taken = {p.name for p in parameters(Kernel, verb)}
                self.assertEqual(members(openapi, route) - other - taken, set())


def members(openapi, route):
    """Of the object that a POST takes; of an array's items where it takes both."""

    def resolved(schema):
        while "$ref" in schema:
            schema = openapi["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    schema = resolved(openapi["paths"][route]["post"]["requestBody"]["content"]["application/json"]["schema"])
    kinds = [resolved(kind) for kind in schema.get("anyOf", [schema])]
    found = set().union(*(kind.get("properties", {}) for kind in kinds))
    assert found, route
    return found


if __name__ == "__main__":
    unittest.main()
