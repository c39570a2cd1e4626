"""examples/contained: what an agent in a box does by itself fails, what it asks for is decided."""
import _path  # noqa: F401 - first: finds the package
import os
import unittest

import example
import node


@node.needs_node
class Contained(unittest.TestCase):
    def test_the_socket_is_the_only_way_out(self):
        story = example.load("contained")
        if not story.works():
            self.skipTest("needs bubblewrap, and to be allowed to make namespaces")
        box = story.Box()
        self.addCleanup(box.close)
        became = box.run_agent()
        direct = {name: how for name, how in became.items() if "gate" not in name and name != "administer"}
        self.assertEqual(len(direct), 9)
        self.assertNotIn("done", direct.values())
        self.assertEqual(
            {name: how for name, how in became.items() if name not in direct},
            {
                "get a page through the gate": "done",
                "write a file through the gate": "done",
                "write elsewhere through the gate": "no_matching_rule",
                "read the admin key through the gate": "no_matching_rule",
                "administer": "no_matching_rule",
            },
        )
        self.assertEqual(box.page.asked, ["/news"])
        self.assertEqual(box.read("work/notes.txt"), "remember the milk\n")
        self.assertEqual(box.read("work/drafts/report.txt"), "The ferry sails.\n")
        self.assertEqual(sorted(os.listdir(os.path.join(box.folder, "work"))), ["drafts", "notes.txt"])
        self.assertEqual(box.portcullis("verify", check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
