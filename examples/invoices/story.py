"""The whole story, on real processes: an agent asks, is granted, reads, is held, a person approves in another terminal, the agent goes on.

    npm install && python3 examples/invoices/story.py
"""
import sys

from stage import Stage


def main() -> int:
    stage = Stage()
    try:
        print("the agent")
        agent = stage.agent()
        print(agent.communicate()[0])
        held = stage.remembered()["held"]
        print("carol of finance, in another terminal")
        print(stage.portcullis("approvals", "show", held, key=stage.carol).stdout)
        stage.approve()
        print("the agent, started again")
        agent = stage.agent()
        print(agent.communicate()[0])
        print("an auditor")
        print(stage.portcullis("explain", stage.remembered()["payment"]).stdout)
        print(stage.portcullis("trace", "--latest").stdout)
        print(stage.portcullis("grants", "list").stdout)
        print(stage.portcullis("budgets").stdout)
        print(stage.portcullis("verify").stdout)
        print(f"the bank booked {stage.bank.booked}")
        return 0
    finally:
        stage.close()


if __name__ == "__main__":
    sys.exit(main())
