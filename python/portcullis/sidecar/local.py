"""mode="local": a kernel over a private sidecar, for development. It warns, since nothing of it outlives the program."""
from __future__ import annotations

import warnings

from .child import Child


class LocalModeWarning(UserWarning):
    """Local mode keeps no journal, and its keys are within reach of this program."""


def start_local() -> Child:
    warnings.warn(
        "mode='local' starts a private sidecar whose journal is deleted with it and whose admin key this program can"
        " read: use it for development only",
        LocalModeWarning,
        stacklevel=4,
    )
    return Child()
