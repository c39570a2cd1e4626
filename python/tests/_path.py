"""Puts the package beside these tests first on the path: the tests run against the sources, installed or not."""
import os
import sys

PYTHON = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPOSITORY = os.path.dirname(PYTHON)
if PYTHON not in sys.path:
    sys.path.insert(0, PYTHON)
