"""For tests: a program of examples/ as a module of its own, though several are called the same."""
import _path
import importlib.util
import os
import sys


def load(folder, name="story"):
    path = os.path.join(_path.REPOSITORY, "examples", folder, f"{name}.py")
    sys.path.insert(0, os.path.dirname(path))
    # What another example is called the same is not this one's.
    for other in ("agent", "stage", "story"):
        sys.modules.pop(other, None)
    try:
        spec = importlib.util.spec_from_file_location(f"example_{folder}_{name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(os.path.dirname(path))
