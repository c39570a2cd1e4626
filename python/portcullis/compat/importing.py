"""Another system's policy as a document of ours, by the command that also imports files: nothing is translated in Python."""
from __future__ import annotations

import json
import subprocess
import warnings
from typing import Any, Dict

from ..errors import InvalidInput, Unavailable
from ..sidecar.program import find_program

#: Seconds.
TIMEOUT = 30.0


class PolicyMeansLess(UserWarning):
    """A rule permits less here than its text did there."""


def import_policy(system: str, text: str, format: str) -> Dict[str, Any]:
    """Raises InvalidInput with every mistake and its place, Unavailable where there is no Node."""
    command = [*find_program(), "policy", "import", "-", "--from", system, "--format", format, "--json"]
    try:
        ran = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT)
        said = json.loads(ran.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise Unavailable(f"{command[0]} could not read the policy: {error}", retry="after_change") from None
    found = said["diagnostics"]
    document = said["policy"]
    if document is None:
        mistakes = [one for one in found if one["severity"] == "error"]
        raise InvalidInput("; ".join(map(_placed, mistakes)), code="invalid_policy")
    for one in found:
        if one["code"] == "narrower":
            warnings.warn(_placed(one), PolicyMeansLess, stacklevel=4)
    return dict(document)


def _placed(one: Dict[str, Any]) -> str:
    place = f"{one['line']}:{one['column']}: " if "line" in one else ""
    return f"{place}{one['message']}"
