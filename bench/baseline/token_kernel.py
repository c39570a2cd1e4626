"""A capability kernel of the plain kind, to measure against; all in memory, nothing on disk. Its parts lie in `tokenkernel/`.

Written from a description of what a published Python kernel does at each step, so that it does that work and no other. A grant
looks up the capability; goes by roles, justification, tenant and rows; counts in a sliding window, whose list each check makes
anew, with the limit raised; then signs canonical JSON with an HMAC and keeps the token's id with its principal's, under a lock.
A use verifies (revoked, expired, signed, principal, capability), routes, calls the driver, keeps the result behind a handle,
hides names and texts with a warning for each, makes a summary or a table within its budgets, and keeps a trace. Times are dates
with a zone, and what would be logged is put together though the level is off.

Published, quiet and loaded, and what this prints on the same kind of machine on a quiet day:

| a second             | published       | here   | here, brief |
|----------------------|-----------------|--------|-------------|
| grant                | 13,487 / 12,872 | 17,500 | 53,000      |
| grant + invoke       | 13,255 / 9,999  | 13,800 | 21,500      |
| invoke, one token    | 23,310 / 17,486 | 35,000 | 37,000      |
| 200 rows, summary    | 197 / 172       | 195    |             |
| 200 rows, table      | 230 / 166       | 200    |             |

The window makes a grant dearer the more went before, and nothing says how long the published runs were: each row here is a run
on a fresh kernel, as long as brings it near the published one, and `brief` are runs no longer than its own limit lets by in a
minute. The machine of that day was a third faster than the published rows': a token's verification, which has no length,
was published as 82,408 a second and runs 112,000 times here.

`token_kernel.py` prints operations a second; `token_kernel.py rows CALLS` of calls whose result is 200 rows of personal data.
"""

import asyncio
import json
import sys
import time

from tokenkernel.kernel import InMemoryDriver, Kernel
from tokenkernel.models import Capability, CapabilityRequest, Principal, SafetyClass, SensitivityTag
from tokenkernel.policy import LIMITS, WINDOW

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
CAPABILITIES = (
    Capability("ok.row", "row", "one of them", SafetyClass.READ),
    Capability("ok.rows", "rows", "all of them", SafetyClass.READ, SensitivityTag.PII),
)
HANDLERS = {"ok.row": lambda _: ROW, "ok.rows": lambda _: ROWS}
BOT = Principal("bot", ["reader"], {"tenant": "acme"})
UNLIMITED = {SafetyClass.READ: (1_000_000_000, WINDOW)}
RUN = {"grant": 5000, "grant + invoke": 3000, "invoke": 5000}


def fresh():
    return Kernel(CAPABILITIES, [InMemoryDriver(HANDLERS)], "s" * 32, UNLIMITED)


def granted(kernel, name="ok.row"):
    return kernel.grant(CapabilityRequest(name, "to see it"), BOT, "because somebody asked for it")


async def rate(calls, call):
    began = time.perf_counter()
    for _ in range(calls):
        await call()
    return calls / (time.perf_counter() - began)


def single():
    """One call of each row, on a kernel of its own."""
    kernel = fresh()
    token = granted(kernel).token

    async def grant():
        granted(kernel)

    async def both():
        await kernel.invoke(granted(kernel).token, BOT, {})

    async def invoke():
        await kernel.invoke(token, BOT, {})

    return {"grant": grant, "grant + invoke": both, "invoke": invoke}


async def tokens():
    for _ in range(5):
        for name in RUN:
            await rate(100, single()[name])
    rows = {name: await rate(calls, single()[name]) for name, calls in RUN.items()}
    limit, _ = LIMITS[SafetyClass.READ]
    brief = {name: [await rate(limit - 1, single()[name]) for _ in range(25)] for name in RUN}
    return {**rows, "brief": {name: sorted(rates)[len(rates) // 2] for name, rates in brief.items()}}


async def frames(calls):
    kernel = fresh()
    token = granted(kernel, "ok.rows").token
    found = {}
    for mode in ("summary", "table"):

        async def framed(mode=mode):
            await kernel.invoke(token, BOT, {}, mode)

        await rate(calls // 10, framed)
        found[mode] = await rate(calls, framed)
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(frames(int(sys.argv[2])) if sys.argv[1:2] == ["rows"] else tokens())))
