"""A capability kernel of the plain kind, for comparison: HMAC tokens over canonical JSON, roles, redaction, a summary and a trace; all in memory,
nothing on disk. `token_kernel.py CALLS` prints operations a second; with `rows` as well, of calls whose result is 200 rows of personal data.
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
ROWS = [
    {
        "id": i,
        "name": f"Customer {i}",
        "email": f"customer.{i}@example.com",
        "phone": f"+44 20 7946 {i:04}",
        "ssn": f"{100 + i}-45-{6000 + i}",
        "city": ("Lyon", "Porto", "Graz")[i % 3],
        "balance": i * 12.5,
        "note": f"Asked on 2026-03-{i % 28 + 1:02} to be written to at other.{i}@example.org, card 4111 1111 1111 1111.",
    }
    for i in range(200)
]
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
        self.capabilities = {name: {"safety": "READ", "fields": []} for name in ("ok.row", "ok.rows")}
        self.handlers = {"ok.row": lambda args: copy.copy(ROW), "ok.rows": lambda args: copy.copy(ROWS)}
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

    async def invoke(self, token, principal, args, mode="summary"):
        if token.token_id in self.revoked or token.expires_at < time.time():
            raise PermissionError("expired")
        if not hmac.compare_digest(signed(token), token.signature) or token.principal != principal:
            raise PermissionError("invalid")
        action = str(uuid.uuid4())
        data = self.handlers[token.capability](args)
        handle = str(uuid.uuid4())
        self.handles[handle] = (data, time.time() + 3600)
        warnings = []
        clean = self.redact(data, warnings)
        if isinstance(clean, dict):
            facts = [f"{key}: {str(value)[:80]}" for key, value in list(clean.items())[:20]]
        elif mode == "table":
            facts = [dict(list(row.items())[:20]) for row in clean[:50]]
        else:
            facts = summary(clean)
        frame = {"action": action, "facts": facts, "handle": handle, "capability": token.capability, "principal": principal}
        frame["warnings"] = warnings
        self.traces[action] = Trace(action, token.capability, principal, token.token_id, time.time(), args, {"facts": len(facts)})
        return frame

    def redact(self, value, warnings):
        if isinstance(value, dict):
            clean = {}
            for key, inner in value.items():
                if key.lower() in HIDDEN:
                    clean[key] = "[REDACTED]"
                    warnings.append(f"field {key} redacted")
                else:
                    clean[key] = self.redact(inner, warnings)
            return clean
        if isinstance(value, list):
            return [self.redact(one, warnings) for one in value]
        if isinstance(value, str):
            for pattern in PATTERNS:
                value, hits = pattern.subn("[REDACTED]", value)
                warnings.extend(["text redacted"] * hits)
        return value


def summary(rows):
    keys = list(dict.fromkeys(key for row in rows[:10] for key in row))[:10]
    facts = [f"{len(rows)} rows", f"keys: {', '.join(keys)}"]
    for key in keys:
        values = [row[key] for row in rows if key in row]
        numbers = [value for value in values if isinstance(value, (int, float))]
        if numbers:
            facts.append(f"{key}: min {min(numbers)}, max {max(numbers)}, avg {sum(numbers) / len(numbers)}")
            continue
        counts = {}
        for value in values:
            counts[value] = counts.get(value, 0) + 1
        if 2 <= len(counts) <= 10:
            facts.append(f"{key}: {counts}")
    return facts


async def main(calls, rows):
    kernel = Kernel()
    found = {}
    token = kernel.grant("ok.row", "bot", [], {})

    async def both():
        await kernel.invoke(kernel.grant("ok.row", "bot", [], {}), "bot", {})

    async def granted():
        kernel.grant("ok.row", "bot", [], {})

    async def invoked():
        await kernel.invoke(token, "bot", {})

    many = kernel.grant("ok.rows", "bot", [], {})

    async def summed():
        await kernel.invoke(many, "bot", {})

    async def tabled():
        await kernel.invoke(many, "bot", {}, "table")

    single = (("grant", granted), ("grant + invoke", both), ("invoke", invoked))
    for name, call in (("summary", summed), ("table", tabled)) if rows else single:
        for _ in range(calls // 10):
            await call()
        began = time.perf_counter()
        for _ in range(calls):
            await call()
        found[name] = calls / (time.perf_counter() - began)
    print(json.dumps(found))


asyncio.run(main(int(sys.argv[1]), "rows" in sys.argv[2:]))
