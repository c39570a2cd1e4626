"""Makes the modules beside this one importable by their bare names, however the tests are started."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
