"""A second verifier of the journal, written from docs/journal-format.md alone: standard library, no signatures (the standard
library has no Ed25519). Prints one JSON object; exit code 0 where everything fits. Usage: second-verifier.py DIRECTORY"""

import base64
import hashlib
import json
import os
import re
import sys

HEAD = re.compile(
    rb'^\{"v":1,"seq":([1-9][0-9]{0,15}),"ts":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z",'
    rb'"kind":"(?:decision|outcome|approval|state|system)","origin":"[A-Za-z0-9._-]{1,64}/([0-9a-f]{32})","tenant":"'
)
TAIL = re.compile(rb',"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$')


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Tree:
    """A compact range: (size of the subtree, root), largest first."""

    def __init__(self):
        self.range = []

    def add(self, leaf):
        size = 1
        while self.range and self.range[-1][0] == size:
            leaf = sha(b"\x01", self.range.pop()[1], leaf)
            size *= 2
        self.range.append((size, leaf))

    def root(self):
        if not self.range:
            return sha()
        root = self.range[-1][1]
        for _, node in reversed(self.range[:-1]):
            root = sha(b"\x01", node, root)
        return root


def checkpoints_of(directory):
    with open(os.path.join(directory, "checkpoints"), encoding="utf-8") as file:
        lines = file.read().split("\n")
    notes = []
    for at in range(0, len(lines) - 6, 6):
        origin, size, root, blank, signature, end = lines[at : at + 6]
        if blank or end or not signature.startswith("\u2014 %s " % origin):
            raise ValueError("checkpoint at line %d" % (at + 1))
        notes.append((origin, int(size), base64.b64decode(root, validate=True)))
    return notes


def verify(directory):
    notes = checkpoints_of(directory)
    journal = notes[0][0].rsplit("/", 1)[1]
    if any(origin != notes[0][0] for origin, _, _ in notes):
        raise ValueError("checkpoints of two journals")
    tree, seq = Tree(), 0
    before = sha(b"portcullis/journal/v1\x00", journal.encode())
    names = sorted(n for n in os.listdir(directory) if re.fullmatch(r"[0-9]{16}\.jsonl", n))
    if any(n.endswith(".summary") for n in os.listdir(directory)):
        raise ValueError("this verifier reads whole journals only")

    def meet():
        while notes and notes[0][1] <= seq:
            _, size, root = notes.pop(0)
            if size != seq or root != tree.root():
                raise ValueError("checkpoint over %d records" % size)

    meet()
    for name in names:
        if int(name[:16]) != seq + 1:
            raise ValueError("segment %s" % name)
        with open(os.path.join(directory, name), "rb") as file:
            content = file.read()
        if content and not content.endswith(b"\n"):
            raise ValueError("torn line in %s" % name)
        for line in content.split(b"\n")[:-1]:
            head, tail = HEAD.match(line), TAIL.search(line)
            if not head or not tail or head[2].decode() != journal or int(head[1]) != seq + 1:
                raise ValueError("record %d" % (seq + 1))
            body = line[:-75] + b"}"
            covered = b"portcullis/record/v1\x00" + len(body).to_bytes(8, "big") + before + body
            if bytes.fromhex(tail[1].decode()) != before or sha(covered).hex() != tail[2].decode():
                raise ValueError("hash of record %d" % (seq + 1))
            json.loads(line)
            tree.add(sha(b"\x00", covered))
            seq, before = seq + 1, sha(covered)
            meet()
    if notes:
        raise ValueError("a checkpoint knows %d records, there are %d" % (notes[0][1], seq))
    return {"ok": True, "records": seq, "root": tree.root().hex()}


if __name__ == "__main__":
    try:
        print(json.dumps(verify(sys.argv[1])))
    except (ValueError, OSError, IndexError) as error:
        print(json.dumps({"ok": False, "error": str(error)}))
        sys.exit(1)
