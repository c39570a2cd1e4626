"""An agent that pays an invoice: it asks for what it needs, is granted that and no more, and a person sees the payment first.

It can be killed at any moment, and so can the sidecar: what it knows is in a file, what happened is in the sidecar's journal, and it goes on where it was.
Each step is written down when it is done; one that was cut off is done again, which is safe: the steps that act say an idempotency key or resume by id.

    python3 agent.py MEMORY [--one-step]     # exit code 0: done; 4: a person has to answer first; 75: no sidecar answers, run it again
"""
import csv
import json
import os
import sys

from portcullis import Kernel, Unavailable, create_kernel

INVOICE = "4731"
WAITING, TRY_AGAIN = 4, 75


def discover(kernel: Kernel, memory: dict) -> None:
    """Of what this agent could be granted, what fits: it never learns of the rest."""
    for need, goal in (("read", "read the invoices that are open"), ("pay", "transfer money to a supplier")):
        found = kernel.request_capabilities(goal, tags=["accounting"])
        memory[need] = found[0].id
        print(f"  {goal!r}: {found[0].id}, {found[0].name}")


def ask_to_read(kernel: Kernel, memory: dict) -> None:
    grant = kernel.grant(memory["read"], constraints={"uses": 3}, justification="find out what is due")
    memory["read_token"], memory["read_grant"] = grant.token, grant.id
    print(f"  grant {grant.id}: {grant.uses} uses of {grant.capability}")


def read(kernel: Kernel, memory: dict) -> None:
    """A table of the first rows; the rest has a name. Reading twice does no harm, so it has no idempotency key; it costs a use."""
    result = kernel.invoke(memory["read_token"], response_mode="table")
    if result.decision.code in ("token_exhausted", "token_expired"):
        ask_to_read(kernel, memory)
        result = kernel.invoke(memory["read_token"], response_mode="table")
    memory["read_action"], memory["handle"] = result.decision.id, result.frame.handle
    print(f"  {result.frame.rows} rows, of which {len(result.data)} are shown")


def expand(kernel: Kernel, memory: dict) -> None:
    """Page by page, until the invoice is found."""
    for offset in range(0, 100, 20):
        page = kernel.expand(memory["handle"], offset=offset, limit=20)
        for number, supplier, account, amount, _ in csv.reader(page.data):
            if number == INVOICE:
                memory["invoice"] = {"invoice": number, "to": account, "amount": float(amount)}
                print(f"  {number}: {amount} to {supplier}, {account}")
                return


def ask_to_pay(kernel: Kernel, memory: dict) -> None:
    """For this payment and no other."""
    pinned = {f"/body/{name}": {"eq": value} for name, value in memory["invoice"].items()}
    grant = kernel.grant(
        memory["pay"], constraints={"uses": 1, "params": pinned, "ttl": 3600}, justification=f"invoice {INVOICE} is due"
    )
    memory["pay_token"], memory["pay_grant"] = grant.token, grant.id
    print(f"  grant {grant.id}: {grant.uses} use of {grant.capability}")


def pay(kernel: Kernel, memory: dict) -> None:
    """Held: nothing is sent until somebody of finance has seen it."""
    result = kernel.invoke(memory["pay_token"], {"body": memory["invoice"]}, idempotency_key=f"pay {INVOICE}")
    memory["held"] = result.approval.id
    print(f"  {result.decision.code}: portcullis approvals show {result.approval.id}")


def resume(kernel: Kernel, memory: dict) -> None:
    """The gate decides again, with what people said as a fact. Asked twice, it runs once and answers twice."""
    result = kernel.resume(memory["held"])
    if result.decision.code == "approval_required":
        raise Waiting(memory["held"])
    memory["payment"], memory["outcome"] = result.decision.id, result.outcome.status
    # unknown: it was cut off behind the intent. Nobody asks the bank a second time; a person looks there and says so: portcullis resolve.
    print(f"  {result.decision.code}, {result.outcome.status}")


def explain(kernel: Kernel, memory: dict) -> None:
    told = kernel.explain(memory["payment"])
    memory["told"] = f"{told.action} {told.resource}: {told.code}, {memory['outcome']}"
    print(f"  {memory['told']}")


STEPS = (discover, ask_to_read, read, expand, ask_to_pay, pay, resume, explain)


class Waiting(Exception):
    pass


def run(path: str, steps: int) -> int:
    memory = load(path)
    try:
        if "session" not in memory:
            # One that outlives this process.
            with create_kernel() as kernel:
                memory["session"] = kernel.open_session(label=f"invoice {INVOICE}").id
            save(path, memory)
        with create_kernel(session=memory["session"]) as kernel:
            for step in STEPS[memory["done"] : memory["done"] + steps]:
                print(step.__name__)
                step(kernel, memory)
                memory["done"] += 1
                save(path, memory)
    except Waiting as held:
        print(f"  a person has to answer {held} first")
        return WAITING
    except Unavailable as gone:
        print(f"  {gone}")
        return TRY_AGAIN
    return 0


def load(path: str) -> dict:
    if not os.path.exists(path):
        return {"done": 0}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save(path: str, memory: dict) -> None:
    """Whole or not at all; nobody else reads it, for it holds tokens."""
    beside = f"{path}.new"
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(memory, file)
    os.replace(beside, path)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], 1 if "--one-step" in sys.argv else len(STEPS)))
