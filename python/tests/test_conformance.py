"""The conformance suite through the Python client: the same request in the same state gets the same decision."""
import _path  # noqa: F401 - first: finds the package
import unittest

import node


@node.needs_node
class Conformance(unittest.TestCase):
    def test_every_case(self):
        import conformance

        passed, failed, skipped = conformance.run(report=lambda line: None)
        for name, need in skipped.items():
            print(f"skipped {name}: needs {need}")
        self.assertEqual(failed, {})
        self.assertGreater(passed, 900)


if __name__ == "__main__":
    unittest.main()
