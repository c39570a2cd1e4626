"""A capability kernel of the plain kind, for comparison: HMAC tokens over canonical JSON, roles, redaction, a summary and a trace; all in memory,
nothing on disk. `token_kernel.py CALLS` prints operations a second.
"""
import asyncio
import copy
import hashlib
import hmac
import json
import re
import sys
import time
import uuid
from dataclasses import asdict, dataclass, field

SECRET = b"s" * 32
ROW = {"id": 1, "name": "one", "amount": 12.5}
PATTERNS = [
    re.compile(p)
    for p in (
        r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{2,32}",
        r"\b(?:\d[ -]?){13,16}\b",
        r"\b\d{3}-\d{2}-\d{4}\b",
        r"\+?\d[\d ()-]{7,14}\d",
        r"Bearer \S+",
        r"eyJ[\w-]+\.[\w-]+\.[\w-]+",
        r"\w+://[^\s:@/]+:[^\s@/]+@\S+",
    )
]
HIDDEN = {"email", "phone", "card_number", "ssn", "cvv", "password", "secret"}


@dataclass
class Token:
    token_id: str
    capability: str
    principal: str
    issued_at: float
    expires_at: float
    constraints: dict
    audit_id: str
    signature: str = ""


@dataclass
class Trace:
    action_id: str
    capability: str
    principal: str
    token_id: str
    at: float
    args: dict
    summary: dict = field(default_factory=dict)


def signed(token):
    payload = asdict(token)
    del payload["signature"]
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest()


class Kernel:
    def __init__(self):
        self.capabilities = {"ok.row": {"safety": "READ", "fields": []}}
        self.handlers = {"ok.row": lambda args: copy.copy(ROW)}
        self.revoked, self.traces, self.handles, self.uses = set(), {}, {}, {}

    def grant(self, capability, principal, roles, constraints):
        found = self.capabilities[capability]
        if found["safety"] != "READ" and "writer" not in roles:
            raise PermissionError("missing_role")
        rows = min(int(constraints.get("max_rows", 50)), 50)
        window = self.uses.setdefault((principal, capability), [])
        now = time.time()
        window.append(now)
        if len(window) > 60:
            del window[0]
        token = Token(
            str(uuid.uuid4()), capability, principal, now, now + 3600, {**constraints, "max_rows": rows}, str(uuid.uuid4())
        )
        token.signature = signed(token)
        return token

    async def invoke(self, token, principal, args):
        if token.token_id in self.revoked or token.expires_at < time.time():
            raise PermissionError("expired")
        if not hmac.compare_digest(signed(token), token.signature) or token.principal != principal:
            raise PermissionError("invalid")
        action = str(uuid.uuid4())
        data = self.handlers[token.capability](args)
        handle = str(uuid.uuid4())
        self.handles[handle] = (data, time.time() + 3600)
        clean = self.redact(data, 0)
        facts = [f"{key}: {str(value)[:80]}" for key, value in list(clean.items())[:20]]
        frame = {"action": action, "facts": facts, "handle": handle, "capability": token.capability, "principal": principal}
        self.traces[action] = Trace(action, token.capability, principal, token.token_id, time.time(), args, {"facts": len(facts)})
        return frame

    def redact(self, value, depth):
        if isinstance(value, dict):
            return {k: "[REDACTED]" if k.lower() in HIDDEN else self.redact(v, depth + 1) for k, v in value.items()}
        if isinstance(value, list):
            return [self.redact(one, depth + 1) for one in value]
        if isinstance(value, str):
            for pattern in PATTERNS:
                value = pattern.sub("[REDACTED]", value)
        return value


async def main(calls):
    kernel = Kernel()
    found = {}
    token = kernel.grant("ok.row", "bot", [], {})

    async def both():
        await kernel.invoke(kernel.grant("ok.row", "bot", [], {}), "bot", {})

    async def granted():
        kernel.grant("ok.row", "bot", [], {})

    async def invoked():
        await kernel.invoke(token, "bot", {})

    for name, call in (("grant", granted), ("grant + invoke", both), ("invoke", invoked)):
        for _ in range(calls // 10):
            await call()
        began = time.perf_counter()
        for _ in range(calls):
            await call()
        found[name] = calls / (time.perf_counter() - began)
    print(json.dumps(found))


asyncio.run(main(int(sys.argv[1])))
