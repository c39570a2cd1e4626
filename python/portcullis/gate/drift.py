"""How far a gate's sessions may get from where they began, checked before a process is asked for it."""
from __future__ import annotations

import math
from typing import Any, Dict, Mapping, Optional, Union

from ..errors import InvalidInput

#: False measures nothing; None is the default.
Drift = Optional[Union[bool, Mapping[str, Any]]]

_FLAGS = ("ip", "device", "standing")
_NUMBERS = ("geo_km", "age_max", "rate_warn", "rate_max")
_MAY_BE_FALSE = ("age_max", "rate_max")
_REQUIRE = ("ip", "location", "device")
#: Half of the way round the Earth, and a bit.
_FARTHEST = 20_100


def wire_drift(drift: Drift) -> Optional[Dict[str, Any]]:
    """As the gate's process takes it. Raises InvalidInput that names the option."""
    if drift is None or drift is True:
        return None
    if drift is False:
        return {"enabled": False}
    if not isinstance(drift, Mapping):
        raise InvalidInput("drift is False or a mapping")
    for name, given in drift.items():
        if name in _FLAGS:
            fits = isinstance(given, bool)
        elif name in _NUMBERS:
            fits = _number(given, _FARTHEST if name == "geo_km" else 1e15) or (given is False and name in _MAY_BE_FALSE)
        elif name == "require":
            fits = isinstance(given, (list, tuple)) and all(one in _REQUIRE for one in given)
        else:
            known = ", ".join([*_FLAGS, *_NUMBERS, "require"])
            raise InvalidInput(f"drift has no option {name!r}; it has {known}")
        if not fits:
            raise InvalidInput(f"drift: {name} cannot be {given!r}")
    return {name: list(given) if name == "require" else given for name, given in drift.items()}


def _number(given: Any, most: float) -> bool:
    known = isinstance(given, (int, float)) and not isinstance(given, bool)
    return known and math.isfinite(given) and 0 < given <= most
