"""Runs the Python tests and holds the line coverage of the package to a bound, with the standard library alone.

`python-tests.py BOUND`: exit 1 when a test fails or fewer than BOUND percent of the lines ran. Lines that only run in a child
process of a test count as not run, and so do lines marked `# pragma: no cover`.
"""

import os
import sys
import threading
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "python"
PACKAGE = str(ROOT / "portcullis") + os.sep

ran = {}


def trace(frame, event, _):
    name = frame.f_code.co_filename
    if not name.startswith(PACKAGE):
        return None
    lines = ran.setdefault(name, set())
    lines.add(frame.f_lineno)

    def line(inner, kind, _arg):
        if kind == "line":
            lines.add(inner.f_lineno)
        return line

    return line


def code_lines(code):
    for _, _, number in code.co_lines() if hasattr(code, "co_lines") else ():
        if number:
            yield number
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            yield from code_lines(constant)


def executable(path):
    text = path.read_text(encoding="utf-8")
    skipped = {at for at, line in enumerate(text.splitlines(), 1) if "pragma: no cover" in line}
    return set(code_lines(compile(text, str(path), "exec"))) - skipped


def main():
    bound = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    sys.path.insert(0, str(ROOT))
    threading.settrace(trace)
    sys.settrace(trace)
    try:
        suite = unittest.defaultTestLoader.discover(str(ROOT / "tests"), top_level_dir=str(ROOT))
        result = unittest.TextTestRunner(verbosity=1).run(suite)
    finally:
        sys.settrace(None)
        threading.settrace(None)
    total = covered = 0
    rows = []
    for path in sorted(Path(PACKAGE).rglob("*.py")):
        lines = executable(path)
        hit = lines & ran.get(str(path), set())
        total += len(lines)
        covered += len(hit)
        rows.append((100 * len(hit) / max(1, len(lines)), len(lines) - len(hit), path.relative_to(ROOT)))
    for share, missed, path in sorted(rows)[:10]:
        if share < bound:
            print(f"{share:5.1f} %  {missed:4d} lines not run  {path}")
    share = 100 * covered / max(1, total)
    print(f"python lines: {share:.1f} % of {total} ran (wanted {bound:.0f} %)")
    return 0 if result.wasSuccessful() and share >= bound else 1


if __name__ == "__main__":
    sys.exit(main())
