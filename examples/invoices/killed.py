"""The story again, with kill -9 of the sidecar between any two steps, at any record of its journal, and with the money on its way.

It goes on where it was: nothing is lost, nothing is done twice, and what nobody can know is called unknown. `npm run soak` does it more often:

    python3 examples/invoices/killed.py [ROUNDS] [SEED]
"""
import json
import random
import sys
import time
from typing import Callable, List

from stage import Stage  # first: finds the package
import agent

PAID = {"amount": 211.5, "invoice": "4731", "to": "DE90479257486709571113"}
#: What the story writes, and a few more for the steps that are done again.
RECORDS = range(7, 26)


def between_any_two_steps() -> List[str]:
    """One story, killed and started again behind every single step, before and after the answer of carol."""
    stage = Stage()
    try:
        while stage.remembered()["done"] < len(agent.STEPS):
            code = _finished(stage, "--one-step")
            stage.restart()
            if code == agent.WAITING:
                stage.approve()
                stage.restart()
            elif code != 0:
                return [f"a step ended with {code}"]
        return audit(stage, certain=True)
    finally:
        stage.close()


def at_a_record(number: int, delay: float = 0.0) -> List[str]:
    """Killed when its journal has so many records, some time later, in the middle of whatever it does then."""
    stage = Stage()
    try:
        _run(stage, lambda: _wait(stage, number, delay))
        return audit(stage, certain=False)
    finally:
        stage.close()


def with_the_money_on_its_way() -> List[str]:
    """Killed when the bank has booked it and before it could say so: the outcome is unknown until a person looks."""
    stage = Stage()
    try:
        def kill_once() -> None:
            stage.bank.on_booked = lambda: None
            stage.kill()

        stage.bank.on_booked = kill_once
        _run(stage, None)
        broken = audit(stage, certain=False)
        if stage.remembered()["outcome"] != "unknown" or len(stage.bank.booked) != 1:
            broken.append(f"it ended as {stage.remembered()['outcome']}, booked {stage.bank.booked}")
        stage.portcullis("resolve", stage.remembered()["payment"], "--happened")
        stage.restart()
        told = json.loads(stage.portcullis("explain", stage.remembered()["payment"], "--json").stdout)
        if told["outcome"].get("resolved", {}).get("as") != "happened":
            broken.append("what the person found is lost")
        return broken
    finally:
        stage.close()


def _run(stage: Stage, kill: "Callable[[], None] | None") -> None:
    """To the end, as an operator would: what fell is started again, what is asked is answered. `kill` is called once, beside the agent."""
    for _ in range(12):
        running = stage.agent()
        if kill is not None:
            kill()
            kill = None
        code = running.wait(timeout=60)
        running.stdout.close()
        if stage.process.poll() is not None:
            stage.serve()
        if code == 0:
            return
        if code == agent.WAITING:
            stage.approve()
    raise RuntimeError(f"it does not end: {stage.remembered()}")


def _finished(stage: Stage, *args: str) -> int:
    running = stage.agent(*args)
    running.communicate(timeout=60)
    return running.returncode


def _wait(stage: Stage, number: int, delay: float) -> None:
    end = time.monotonic() + 2
    while time.monotonic() < end and len(stage.records()) < number:
        time.sleep(0.0005)
    time.sleep(delay)
    stage.kill()


def audit(stage: Stage, certain: bool) -> List[str]:
    """What does not add up between the bank, the agent, the journal, the grants and the budgets. `certain`: nothing may be unknown."""
    broken: List[str] = []
    memory = stage.remembered()
    verified = stage.portcullis("verify", check=False)
    if verified.returncode != 0:
        broken.append(f"the journal does not verify: {verified.stdout}")
    outcome = memory["outcome"]
    if outcome not in (("ok",) if certain else ("ok", "unknown")):
        broken.append(f"the payment ended as {outcome}")
    if stage.bank.booked not in ([PAID], []) or (outcome == "ok" and not stage.bank.booked):
        broken.append(f"{outcome}, and the bank booked {stage.bank.booked}")
    records = stage.records()
    decisions = [one for one in records if one["kind"] == "decision"]
    permitted = {action: [one for one in decisions if one["action"] == action and one["effect"] == "permit"] for action in ("http.post", "fs.read")}
    outcomes = [one["id"] for one in records if one["kind"] == "outcome" and "resolved" not in one]
    for action, found in permitted.items():
        for one in found:
            if outcomes.count(one["id"]) != 1:
                broken.append(f"{action} {one['id']} has {outcomes.count(one['id'])} outcomes")
    if len(permitted["http.post"]) != 1 or permitted["http.post"][0]["id"] != memory["payment"]:
        broken.append(f"{len(permitted['http.post'])} payments were permitted")
    if len([one for one in decisions if "held" in one]) != 1:
        broken.append("not one action was held")
    grants = {one["id"]: one for one in json.loads(stage.portcullis("grants", "list", "--json").stdout)}
    if grants[memory["pay_grant"]]["used"] != 1:
        broken.append(f"the grant to pay was used {grants[memory['pay_grant']]['used']} times")
    uses = sum(one["used"] for one in grants.values() if one["capability"] == "invoices.read")
    if uses != len(permitted["fs.read"]):
        broken.append(f"{uses} uses of {len(permitted['fs.read'])} reads")
    budgets = {(one["name"], one["subject"].get("principal")): one for one in json.loads(stage.portcullis("budgets", "--json").stdout)}
    for name, spent in (("payments", PAID["amount"]), ("reads", len(permitted["fs.read"]))):
        if budgets[(name, "local")]["used"] != spent:
            broken.append(f"budget {name}: {budgets[(name, 'local')]} where {spent} was spent")
    return broken


def main(rounds: int, seed: int) -> int:
    print(f"seed {seed}")
    chance = random.Random(seed)
    stories = [between_any_two_steps, with_the_money_on_its_way]
    for _ in range(rounds):
        number, delay = chance.choice(RECORDS), chance.choice((0, chance.random() * 0.02))
        stories.append(lambda number=number, delay=delay: at_a_record(number, delay))
    broken = [promise for story in stories for promise in story()]
    for promise in broken:
        print(f"BROKEN {promise}")
    print(f"{len(stories)} stories cut short: {'nothing lost, nothing done twice' if not broken else 'see above'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())))
