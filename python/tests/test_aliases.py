"""The table of class aliases, pinned: a change here changes what other systems' programs ask for."""
import _path  # noqa: F401 - first: finds the package
import json
import unittest

from portcullis import MalformedRequest
from portcullis.verbs.aliases import ALIASES, FAMILIES, resolve

PINNED = """{
  "file.read": {"action": "fs.read", "resource": ["path"]},
  "file.write": {"action": "fs.write", "resource": ["path"]},
  "http.read": {"action": "http.get", "resource": ["url"],
    "methods": {"GET": "http.get", "HEAD": "http.head", "OPTIONS": "http.options"}},
  "http.write": {"action": "http.post", "resource": ["url"],
    "methods": {"POST": "http.post", "PUT": "http.put", "PATCH": "http.patch", "DELETE": "http.delete"}},
  "net.http": {"action": "http.get", "resource": ["url"],
    "methods": {"GET": "http.get", "HEAD": "http.head", "OPTIONS": "http.options", "POST": "http.post",
      "PUT": "http.put", "PATCH": "http.patch", "DELETE": "http.delete"}},
  "shell.exec": {"action": "proc.exec", "resource": ["program", "executable"], "line": "command"},
  "database.read": {"action": "sql.query", "resource": ["database"]},
  "database.write": {"action": "sql.exec", "resource": ["database"]}
}"""


class Table(unittest.TestCase):
    def test_pinned(self):
        self.assertEqual(ALIASES, json.loads(PINNED))
        self.assertEqual(FAMILIES, {"fs": "path", "http": "url", "proc": "program", "sql": "database"})

    def test_it_is_json(self):
        self.assertEqual(json.loads(json.dumps(ALIASES)), ALIASES)


class Resolves(unittest.TestCase):
    def test_each_alias(self):
        self.assertEqual(resolve("file.read", {"path": "a"}), ("fs.read", "a", {}))
        self.assertEqual(resolve("file.write", {"path": "a", "content": "x"}), ("fs.write", "a", {"content": "x"}))
        self.assertEqual(resolve("http.read", {"url": "u", "method": "head"}), ("http.head", "u", {}))
        self.assertEqual(resolve("http.write", {"url": "u", "method": "PUT"}), ("http.put", "u", {}))
        self.assertEqual(resolve("net.http", {"url": "u"}), ("http.get", "u", {}))
        self.assertEqual(resolve("shell.exec", {"command": "git log 'a b'"}), ("proc.exec", "git", {"args": ["log", "a b"]}))
        self.assertEqual(resolve("shell.exec", {"executable": "ls", "args": ["-l"]}), ("proc.exec", "ls", {"args": ["-l"]}))
        self.assertEqual(resolve("database.read", {"database": "d", "sql": "s"}), ("sql.query", "d", {"sql": "s"}))

    def test_our_own_names_and_a_tool_of_the_users(self):
        self.assertEqual(resolve("fs.read", {"path": "a"}), ("fs.read", "a", {}))
        self.assertEqual(resolve("issue_refund", {"amount": 1}), ("issue_refund", None, {"amount": 1}))
        self.assertEqual(resolve("issue_refund", {"resource": "o/1"}), ("issue_refund", "o/1", {}))

    def test_the_caller_keeps_its_parameters(self):
        given = {"path": "a"}
        resolve("file.read", given)
        self.assertEqual(given, {"path": "a"})

    def test_a_second_name_of_the_resource_stays_for_the_gate_to_refuse(self):
        named = resolve("shell.exec", {"command": "git status", "executable": "python3", "args": ["-c", "x"]})
        self.assertEqual(named.resource, "python3")
        self.assertIn("command", named.params)
        self.assertEqual(resolve("file.read", {"path": "a", "resource": "b"}).params, {"resource": "b"})

    def test_what_only_a_shell_understands(self):
        for line in ("a; b", "a | b", "a && b", "a > f", "$(a)", "`a`", "a $HOME", "a\nb", "ls *", "'open", "", " "):
            with self.subTest(line), self.assertRaises(MalformedRequest):
                resolve("shell.exec", {"command": line})

    def test_wrong_types(self):
        for name, params in [
            ("file.read", {"path": b"a"}),
            ("file.read", {"path": 1}),
            ("file.read", {"path": None}),
            ("http.read", {"url": "u", "method": "POST"}),
            ("http.read", {"url": "u", "method": 1}),
            ("http.read", {"url": "u", "method": "gEﬅ"}),
            ("shell.exec", {"command": ["a"]}),
            (7, {}),
            ("file.read", []),
        ]:
            with self.subTest(name), self.assertRaises(MalformedRequest):
                resolve(name, params)


if __name__ == "__main__":
    unittest.main()
