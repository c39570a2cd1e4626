"""Runs the conformance suite through the Python client: the cases are data, the world is the harness's (conformance/README.md).

    python3 python/tests/conformance.py [PART OF A NAME]
"""
import _path
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

import node
from portcullis import PortcullisError
from portcullis.kernel.blocking import Kernel
from portcullis.kernel.connect import DEFAULT_TIMEOUT
from portcullis.transport.blocking import Transport
from portcullis.transport.endpoint import parse
from portcullis.types import grant as grants
from portcullis.types.plain import plain
from portcullis.verbs import calls
from portcullis.verbs.request import Standing
from portcullis.wire.call import Call
from portcullis.wire.wirejson import encode

HARNESS = os.path.join(_path.REPOSITORY, "conformance", "src", "harness.ts")
ADMINISTRATIVE = frozenset(
    "policy replace_policy check_policy freeze quarantine journal record proof checkpoint verify resolve status"
    " revoke invalidate restore invalidations".split()
)


class Fault(Exception):
    """The harness could not do what it was asked: its case fails, and the next one may go."""


class Harness:
    """The process that holds a case's world: one JSON line asked, one answered."""

    def __init__(self):
        self._process = subprocess.Popen(
            [node.NODE, HARNESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_path.REPOSITORY
        )

    def ask(self, **message):
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the harness went away")
        answer = json.loads(line)
        if "error" in answer:
            raise Fault(answer["error"])
        return answer

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


class Case:
    """One case while it is open: kernels by actor, variables, the decisions to be accounted for."""

    def __init__(self, harness, name):
        opened = harness.ask(op="open", case=name)
        self.harness = harness
        self.place = opened
        self.keys = opened["keys"]
        self.steps = opened["steps"]
        self.canaries = opened["canaries"]
        self.variables = {}
        self.decided = set()
        self.kernels = {}
        self._lock = threading.Lock()

    def run(self):
        wrong = []
        try:
            for number, step in enumerate(self.steps, 1):
                found = self.step(step)
                wrong += [f"step {number} ({step['verb']}): {one}" for one in found]
                if found:
                    break
        finally:
            self.drop_kernels()
            closing = self.harness.ask(op="close", decided=sorted(self.decided))["differences"]
        return wrong or closing

    def drop_kernels(self):
        for kernel in self.kernels.values():
            kernel.close()
        self.kernels = {}

    def kernel(self, actor):
        with self._lock:
            if actor not in self.kernels:
                place = self.place.get("socket")
                url = f"unix:{place}" if place else self.place["url"]
                transport = Transport(parse(url), self.keys[actor], DEFAULT_TIMEOUT)
                self.kernels[actor] = Kernel(transport, Standing())
            return self.kernels[actor]

    def step(self, step):
        request = fill(step.get("request", {}), self.variables)
        expect = fill(step.get("expect", {}), self.variables)
        answers = self.answers(step, request)
        for answer in answers:
            self.note(answer)
        if "codes" in expect:
            seen = {}
            for answer in answers:
                code = at(answer["value"], "/decision/code") if "value" in answer else answer["error"]["code"]
                seen[code] = seen.get(code, 0) + 1
            return [] if same(seen, expect["codes"]) else [f"codes: expected {expect['codes']}, got {seen}"]
        wrong = [one for answer in answers for one in compare(expect, answer)]
        if step["verb"] != "world":
            wrong += [f"{canary} came out" for answer in answers for canary in self.leaks(answer)]
        if "rule" in expect and not wrong:
            wrong += self.rule(answers[-1], expect["rule"])
        if not wrong and "value" in answers[-1]:
            for name, pointer in step.get("save", {}).items():
                self.variables[name] = at(answers[-1]["value"], pointer)
        return wrong

    def answers(self, step, request):
        if "at_once" not in step:
            return [self.call(step, request) for _ in range(step.get("times", 1))]
        found = [None] * step["at_once"]

        def one(index):
            found[index] = self.call(step, request)

        threads = [threading.Thread(target=one, args=(i,)) for i in range(len(found))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    def call(self, step, request):
        verb = step["verb"]
        actor = step.get("as", "admin" if verb in ADMINISTRATIVE else "agent")
        if verb == "world":
            answer = self.harness.ask(op="world", request=request)
            if request.get("restart"):
                self.drop_kernels()
                self.place = answer
            return {"value": answer["value"]}
        if verb == "raw":
            return {"value": raw(self.place["url"], self.keys.get(actor), request)}
        try:
            return {"value": plain(VERBS[verb](self.kernel(actor), request))}
        except PortcullisError as error:
            return {"error": {"code": error.code, "status": error.status}}

    def leaks(self, answer):
        """Canaries in an answer, but for what the requester itself said."""
        text = json.dumps(without_own_words(answer.get("value")), ensure_ascii=False)
        return [canary for canary in self.canaries if canary in text]

    def note(self, answer):
        value = answer.get("value")
        results = at(value, "/results")
        for result in results if isinstance(results, list) else [value]:
            id = at(result, "/decision/id")
            if isinstance(id, str) and at(result, "/record") is not None:
                self.decided.add(id)

    def rule(self, answer, rule):
        explained = plain(self.kernel("admin").explain(at(answer["value"], "/decision/id")))
        found = at(explained, "/records/0/rule")
        return [] if found == rule else [f"rule: expected {rule}, got {found}"]


def send(kernel, call):
    """Bodies that are wrong on purpose have members that no argument of the client takes; they go by the same way."""
    return kernel._transport.send(call)


def take(kernel, request):
    found = []
    stream = kernel.events(request.get("after"))
    for event in stream:
        found.append(event)
        if len(found) == request["take"]:
            stream.close()
            return {"events": found}
    raise RuntimeError("the stream ended")


def frames(kernel, stream, most=None):
    """All frames, or the first few, after which who reads leaves."""
    found = []
    for frame in stream:
        found.append(frame)
        if len(found) == most:
            stream.close()
            break
    pieces = [frame.data for frame in found if not frame.final]
    last = plain(found[-1])
    return {
        "text": "".join(data for data in pieces if isinstance(data, str)),
        "values": [data for data in pieces if not isinstance(data, str)],
        "in_order": all(
            frame.seq == at and frame.final == (at == len(found) - 1) for at, frame in enumerate(found)
        ),
        **({"last": last} if found[-1].final else {"left": cancelled(kernel)}),
        **(last.get("result") or {}),
    }


def cancelled(kernel):
    """The outcome of the call that was left, which who left does not wait for."""
    for _ in range(6_000):
        for record in kernel.journal(kind="outcome", reverse=True, limit=1).records:
            if record.get("error", {}).get("code") == "cancelled":
                return record
        time.sleep(0.01)
    raise RuntimeError("no outcome says that the call was left")


def without(name, request):
    return {one: value for one, value in request.items() if one != name}


VERBS = {
    "submit": lambda k, r: ask(k.submit, calls.submit, k, r),
    "submit_stream": lambda k, r: frames(k, k._frames("submit", without("take", r)), r.get("take")),
    "decide": lambda k, r: ask(k.decide, calls.decide, k, r),
    "decide_batch": lambda k, r: {"results": plain(send(k, calls.decide_batch(r["requests"])))},
    "report": lambda k, r: ask_body(k, "/v1/outcomes", r, calls.results.outcome_answer),
    "verify_permit": lambda k, r: ask_body(k, "/v1/permits/verify", r, calls.results.permit_status),
    "redeem_permit": lambda k, r: ask_body(k, "/v1/permits/redeem", r, calls.results.permit_status),
    "explain": lambda k, r: k.explain(r["id"]),
    "open_session": lambda k, r: k.open_session(**r) if set(r) <= SESSION else ask_body(k, "/v1/sessions", r),
    "session": lambda k, r: k.session(r.get("id")),
    "close_session": lambda k, r: k.close_session(r["id"]),
    "add_turn": lambda k, r: (
        k.add_turn(r["text"], session=r["id"])
        if r.get("role") == "user" and set(r) == {"id", "role", "text"}
        else ask_body(k, f"/v1/sessions/{calls._segment(r['id'])}/turns", {n: v for n, v in r.items() if n != "id"})
    ),
    "quarantine": lambda k, r: k.quarantine(r["id"], r["level"], r["reason"]),
    "endorse": lambda k, r: k.endorse(r["id"], r["value"], r["reason"]),
    "declassify": lambda k, r: k.declassify(r["id"], r["value"], r["reason"]),
    "invalidate": lambda k, r: k.invalidate(r["target"], r["id"], r["reason"]),
    "restore": lambda k, r: {"restored": k.restore(r["target"], r["id"], r["reason"]) is None},
    "invalidations": lambda k, r: {"invalidations": [plain(one) for one in k.invalidations()]},
    "grant": lambda k, r: ask_grant(k.grant, "/v1/grants", k, r),
    "attenuate": lambda k, r: ask_body(k, "/v1/grants/attenuate", r, grants.attenuated)
    if set(r) - {"token", "caveats"}
    else k.attenuate(**r),
    "grants": lambda k, r: k.grants(**r),
    "revoke_grant": lambda k, r: k.revoke_grant(r["id"]),
    "revoke": lambda k, r: k.revoke(**r),
    "invoke": lambda k, r: ask_grant(k.invoke, "/v1/invoke", k, r),
    "invoke_stream": lambda k, r: frames(k, k.invoke_stream(**without("take", r)), r.get("take")),
    "expand": lambda k, r: ask_body(k, "/v1/expand", r, calls.results.frame),
    "capabilities": lambda k, r: {"capabilities": plain(k.capabilities())},
    "request_capabilities": lambda k, r: ask_body(k, "/v1/capabilities/search", r),
    "register_capability": lambda k, r: k.register_capability(r),
    "approve_capability": lambda k, r: k.approve_capability(r["id"], r["digest"]),
    "delete_capability": lambda k, r: k.delete_capability(r["id"]),
    "budgets": lambda k, r: {"budgets": plain(k.budgets())},
    "approvals": lambda k, r: {"approvals": plain(k.approvals(**r))},
    "approval": lambda k, r: k.approval(r["id"]),
    "answer_approval": lambda k, r: ask_body(
        k, f"/v1/approvals/{calls._segment(r['id'])}", {n: v for n, v in r.items() if n != "id"}
    ),
    "answer_approvals": lambda k, r: ask_body(k, "/v1/approvals", r),
    "withdraw_approval": lambda k, r: k.withdraw_approval(r["id"]),
    "resume": lambda k, r: k.resume(r["id"]),
    "policy": lambda k, r: k.policy(),
    "replace_policy": lambda k, r: k.replace_policy(r["text"], r.get("format", "yaml")),
    "check_policy": lambda k, r: k.check_policy(r["text"], r.get("format", "yaml")),
    "create_scope": lambda k, r: ask_body(k, "/v1/scopes", r),
    "replace_scope": lambda k, r: k.replace_scope(r["id"], r["policy"], r.get("format", "yaml")),
    "drop_scope": lambda k, r: k.drop_scope(r["id"]),
    "freeze": lambda k, r: k.freeze(r["on"], r["reason"]),
    "journal": lambda k, r: k.journal(**r),
    "record": lambda k, r: k.record(r["seq"]),
    "proof": lambda k, r: k.proof(r["seq"]),
    "checkpoint": lambda k, r: {"note": k.checkpoint()},
    "verify": lambda k, r: k.verify(),
    "resolve": lambda k, r: k.resolve(r["id"], happened=r["outcome"] == "happened"),
    "status": lambda k, r: k.status(),
    "events": take,
}

SESSION = {"preset", "on_behalf_of", "label", "context"}
GRANT_ARGUMENTS = {
    "grant": set("capability justification constraints session context delegate_to token proof_key proof".split()),
    "invoke": set("token args response_mode session context justification idempotency_key resume proof".split()),
}
ARGUMENTS = {
    "submit": set("action resource params session context justification labels token idempotency_key resume response_mode".split()),
    "decide": set("action resource params session context justification labels token execution audience".split()),
}


def ask(method, call, kernel, request):
    """Through the method wherever its arguments can say the request."""
    fits = isinstance(request, dict) and "action" in request and set(request) <= ARGUMENTS[method.__name__]
    if fits and all(value is not None for value in request.values()) and isinstance(request.get("params", {}), dict):
        if isinstance(request.get("context", {}), dict):
            return method(**request)
    return send(kernel, call(request))


def ask_grant(method, path, kernel, request):
    fits = isinstance(request, dict) and set(request) <= GRANT_ARGUMENTS[method.__name__]
    if fits and (method.__name__ == "grant" or "token" in request):
        return method(**request)
    return ask_body(kernel, path, request, grants.grant if path == "/v1/grants" else calls.results.result)


def ask_body(kernel, path, request, reader=None):
    call = Call("POST", path, encode(request))
    return send(kernel, call if reader is None else call._replace(reader=reader))


def raw(url, key, request):
    """The request exactly as written, over a connection of its own."""
    _, _, authority = url.partition("://")
    host, _, port = authority.rpartition(":")
    body = request.get("body", "")
    body = body if isinstance(body, str) else json.dumps(body)
    headers = {"host": "127.0.0.1"}
    if key is not None:
        headers["authorization"] = f"Bearer {key}"
    headers.update({name.lower(): value for name, value in request.get("headers", {}).items()})
    if not headers.get("authorization"):
        headers.pop("authorization", None)
    data = body.encode("utf-8", "surrogatepass")
    if "body" in request:
        headers.setdefault("content-length", str(len(data)))
    head = f"{request['method']} {request['path']} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items())
    with socket.create_connection((host.strip("[]"), int(port)), 10) as sock:
        sock.sendall(head.encode("utf-8") + b"connection: close\r\n\r\n" + data)
        found = b""
        while True:
            part = sock.recv(65536)
            if not part:
                break
            found += part
    head, _, body = found.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    if re.search(rb"transfer-encoding: chunked", head, re.I):
        body = unchunk(body)
    try:
        value = json.loads(body)
    except ValueError:
        value = body.decode("utf-8", "replace")
    return {"http_status": status, "body": value}


def unchunk(body):
    found = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        count = int(size, 16)
        if count == 0:
            return found
        found += body[:count]
        body = body[count + 2 :]


def fill(value, variables):
    """`{{name}}` alone becomes the variable, inside a longer text its text; what is not one of ours stays."""
    if isinstance(value, str):
        whole = re.fullmatch(r"\{\{(\w+)\}\}", value)
        if whole and whole[1] in variables:
            return variables[whole[1]]
        return re.sub(
            r"\{\{(\w+)\}\}",
            lambda m: as_text(variables[m[1]]) if m[1] in variables else m[0],
            value,
        )
    if isinstance(value, list):
        return [fill(item, variables) for item in value]
    if isinstance(value, dict):
        return {fill(key, variables): fill(item, variables) for key, item in value.items()}
    return value


def without_own_words(value):
    """An answer without the action's own parameters and resource, given back to who sent them."""
    if isinstance(value, list):
        return [without_own_words(item) for item in value]
    if not isinstance(value, dict):
        return value
    rest = {name: member for name, member in value.items() if name not in ("action", "results")}
    return {**rest, "results": without_own_words(value["results"])} if "results" in value else rest


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def at(value, pointer):
    """RFC 6901; None where nothing is."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def present(value, pointer):
    parent, _, last = pointer.rpartition("/")
    holder = at(value, parent) if parent or pointer else value
    key = last.replace("~1", "/").replace("~0", "~")
    if isinstance(holder, dict):
        return key in holder
    return isinstance(holder, list) and key.isdigit() and int(key) < len(holder)


def same(one, other):
    """Equal as JSON: 1 is 1.0 and is not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


SHORT = {
    "effect": "/decision/effect",
    "code": "/decision/code",
    "status": "/outcome/status",
    "error": "/outcome/error/code",
    "frame": "/frame/data",
    "http_status": "/http_status",
}


def compare(expect, answer):
    if "error" in answer:
        code = answer["error"]["code"]
        # What the client cannot even say is as good as refused with the code.
        if code in (expect.get("throws"), expect.get("code")):
            return []
        return [f"failed with {code}, expected {expect}"]
    value = answer["value"]
    if "throws" in expect:
        return [f"expected failure {expect['throws']}, got {str(value)[:300]}"]
    wrong = []
    wanted = {SHORT[name]: expect[name] for name in SHORT if name in expect}
    for pointer, want in {**wanted, **expect.get("at", {})}.items():
        if not same(at(value, pointer), want):
            wrong.append(f"{pointer}: expected {want!r}, got {at(value, pointer)!r:.300}")
    for pointer in expect.get("absent", []):
        if present(value, pointer):
            wrong.append(f"{pointer} is there")
    for pointer, want in expect.get("contains", {}).items():
        found = at(value, pointer)
        holds = str(want) in found if isinstance(found, str) else any(same(one, want) for one in found or [])
        if not holds:
            wrong.append(f"{pointer}: {found!r:.300} does not contain {want!r}")
    whole = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for secret in expect.get("lacks", []):
        if json.dumps(secret, ensure_ascii=False)[1:-1] in whole:
            wrong.append(f"the answer contains {secret}")
    return wrong


def lacking(needs):
    """The first thing that a case needs and this machine or way has not; None where it has all."""
    sandbox = None
    for need in needs:
        if need in ("sandbox", "no-sandbox"):
            sandbox = has_sandbox() if sandbox is None else sandbox
            there = sandbox is (need == "sandbox")
        else:
            there = {"linux": sys.platform.startswith("linux"), "http": True}.get(need, False)
        if not there:
            return need
    return None


def has_sandbox():
    try:
        tried = subprocess.run(["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"], capture_output=True)
    except OSError:
        return False
    return tried.returncode == 0


def run(part="", report=print):
    """(how many passed, {name: differences}, {name: what is missing})."""
    harness = Harness()
    passed, failed, skipped, missing = 0, {}, {}, {}
    try:
        for case in harness.ask(op="cases")["cases"]:
            name = case["name"]
            if part not in name:
                continue
            key = tuple(case["needs"])
            if key not in missing:
                missing[key] = lacking(key)
            if missing[key]:
                skipped[name] = missing[key]
                continue
            try:
                differences = Case(harness, name).run()
            except Fault as fault:
                differences = [str(fault)]
            if differences:
                failed[name] = differences
                report(f"FAILED {name}: {'; '.join(differences)}")
            else:
                passed += 1
    finally:
        harness.close()
    return passed, failed, skipped


def main(arguments):
    if not node.AVAILABLE:
        print(node.MISSING)
        return 3
    passed, failed, skipped = run(*arguments[:1])
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
