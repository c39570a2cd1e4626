"""One run of one principal, and the surroundings that a request may assert."""
from __future__ import annotations

from typing import Any, Dict, Optional, Sequence, Tuple

from ..wire.shape import integer, maybe, record, text
from ..wire.value import Value, value
from .decision import Label, labels


@value(frozen=True)
class Context(Value):
    """Who and where, as far as the key's `may_assert` allows it; everything else is refused."""

    principal: Optional[str] = None
    #: user, agent, service, scheduler or external
    kind: Optional[str] = None
    roles: Optional[Sequence[str]] = None
    on_behalf_of: Optional[str] = None
    ip: Optional[str] = None
    #: ISO 3166 alpha-2
    country: Optional[str] = None
    region: Optional[str] = None
    city: Optional[str] = None
    #: Degrees, WGS 84
    latitude: Optional[float] = None
    longitude: Optional[float] = None
    device: Optional[str] = None
    user_agent: Optional[str] = None

    def wire(self) -> Dict[str, Any]:
        found = {name: given for name, given in vars(self).items() if given is not None}
        # A text is no list of its letters: the sidecar refuses it.
        if isinstance(found.get("roles"), (tuple, set, frozenset)):
            found["roles"] = list(found["roles"])
        return found


@value(frozen=True)
class SessionView(Value):
    """How a session looks."""

    id: str
    principal: str
    #: RFC 3339
    opened: str
    #: open, closed or invalidated
    status: str
    #: none, read_only, isolated or frozen
    quarantine: str
    #: Actions decided, of any effect.
    actions: int
    denied: int
    labels: Tuple[Label, ...] = ()
    on_behalf_of: Optional[str] = None
    label: Optional[str] = None
    preset: Optional[str] = None
    #: The scope whose policy judges it.
    scope: Optional[str] = None
    #: The session that it is below: its quarantine holds here too.
    parent: Optional[str] = None


session = record(
    SessionView,
    id=text,
    principal=text,
    opened=text,
    status=text,
    quarantine=text,
    actions=integer,
    denied=integer,
    labels=labels,
    on_behalf_of=maybe(text),
    label=maybe(text),
    preset=maybe(text),
    scope=maybe(text),
    parent=maybe(text),
)
