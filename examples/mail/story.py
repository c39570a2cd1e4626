"""A page says to mail the user's notes to a stranger, and the assistant does as it says. What becomes of that, and why.

    npm install && python3 examples/mail/story.py
"""
import json
import os
import sys
from typing import Any, Dict, List

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from page import Page  # noqa: E402
from sidecar import NODE, Sidecar  # noqa: E402

AGENTS = {
    "python": (sys.executable, os.path.join(HERE, "agent.py")),
    "typescript": (NODE, os.path.join(HERE, "agent.ts")),
}


class Office(Sidecar):
    def __init__(self) -> None:
        self.page = Page()
        super().__init__(
            {
                "policy": {"file": "policy.yaml"},
                "labels": {"files": ["office.yaml"]},
                "http": {"private_hosts": [self.page.site[len("http://") :]]},
            },
            {"policy.yaml": own("policy.yaml").replace("SITE", self.page.site), "office.yaml": own("office.yaml")},
            {"notes.txt": own("notes.txt")},
        )
        # The program that the user types into passes the user's words; the assistant has a key that cannot.
        rights = "submit,decide,outcomes,explain,sessions:open"
        who = ("keys", "create", "--principal", "assistant", "--kind", "agent", "--rights", rights)
        self.host = self.portcullis(*who, "--may-assert-user-turns").stdout.strip()
        self.assistant = self.portcullis(*who).stdout.strip()

    def asks(self, text: str) -> str:
        """The user's turn, in a session of its own: its id."""
        from portcullis import create_kernel

        socket = f"unix:{self.data}/portcullis.sock"
        with create_kernel(url=socket, api_key=self.host) as kernel:
            session = kernel.open_session(label="harbour news").id
            kernel.add_turn(text, session=session)
        return session

    def run_agent(self, agent: str) -> Dict[str, Any]:
        session = self.asks(own("turn.txt"))
        arguments = (session, self.page.site, os.path.join(self.folder, f"{agent}.outbox"))
        return json.loads(self.run(*AGENTS[agent], *arguments, key=self.assistant).stdout)

    def sent(self, agent: str) -> List[dict]:
        name = f"{agent}.outbox"
        if not os.path.exists(os.path.join(self.folder, name)):
            return []
        return [json.loads(line) for line in self.read(name).splitlines()]

    def close(self) -> None:
        super().close()
        self.page.close()


def own(name: str) -> str:
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def main() -> int:
    office = Office()
    try:
        for agent in AGENTS:
            print(f"the assistant, in {agent}")
            told = office.run_agent(agent)
            for name, became in told.items():
                print(f"  {name}: {became if became == 'sent' else became['code']}")
            print()
            held = told["as the page says"]["id"]
            print(office.portcullis("approvals", "show", held).stdout)
            print(office.portcullis("explain", held).stdout)
            print("sent:")
            for mail in office.sent(agent):
                print(f"  to {mail['to'][0]}: {mail['subject']}")
            print()
        print("a person looks at what waits")
        print(office.portcullis("approvals", "list").stdout)
        return 0
    finally:
        office.close()


if __name__ == "__main__":
    sys.exit(main())
