"""Where a gate's policy is in force: a private sidecar of its own, or an isolated scope on one that is named.

Its rates and sessions are nobody else's either way; a private one has its own journal too.
"""
from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

from ..errors import InvalidInput, PortcullisError
from ..kernel.blocking import Kernel
from ..kernel.connect import check_timeout
from ..sidecar.discovery import check_key, discover
from ..sidecar.gatehost import Place, open_place
from ..sidecar.newkey import new_key
from ..transport.blocking import Transport
from ..verbs import calls
from ..verbs.request import GivenContext, Standing, wire_context
from .document import Document

if TYPE_CHECKING:
    from ..types.policy import ScopeView

#: Names of sessions that one scope tells apart.
MAX_SESSIONS = 65_536

#: The key of a private gate: it decides for anybody, since whoever owns the policy says who asks.
_GATE_KEY = {
    "principal": {"id": "gate", "kind": "service"},
    "label": "gate",
    "rights": ["decide", "outcomes", "sessions:open", "explain", "journal"],
    "may_assert": {"principals": ["*"], "roles": ["*"], "on_behalf_of": ["*"], "context": ["*"]},
}


class Scope:
    def __init__(
        self, kernel: Kernel, admin: Transport, place: Optional[Place] = None, named: "Optional[ScopeView]" = None
    ) -> None:
        #: Decides under the scope's policy.
        self.kernel = kernel
        self._admin = admin
        self._place = place
        self._named = named
        self._sessions: Dict[Tuple[Any, ...], str] = {}
        self._lock = threading.Lock()

    def replace(self, document: Document) -> None:
        """Raises InvalidInput, and changes nothing, where the document does not load."""
        if self._named is None:
            self._admin.send(calls.replace_policy(document.text, document.format))
        else:
            self._admin.send(calls.replace_scope(self._named.id, document.text, document.format))

    @property
    def audience(self) -> Optional[str]:
        """Who the permits are for; None for the default."""
        return None if self._named is None else self._named.audience

    def session(self, name: Optional[str], context: GivenContext) -> Optional[str]:
        """The kernel's id for a session that the host calls `name`; one for each principal that uses the name.

        None is the key's standing session, which a scope on a shared sidecar has not: there it is one without a name.
        """
        if name is None and self._named is None:
            return None
        said = wire_context(context)
        who: Dict[str, Any] = {key: said[key] for key in ("principal", "kind", "on_behalf_of") if key in said}
        key = (name, who.get("principal"), who.get("on_behalf_of"))
        found = self._sessions.get(key)
        if found is not None:
            return found  # Without the lock: whoever opens another one may wait for the sidecar.
        with self._lock:
            found = self._sessions.get(key)
            if found is not None:
                return found
            if len(self._sessions) >= MAX_SESSIONS:
                # Forgetting one would let it start anew, with everything that it has used up.
                raise InvalidInput(f"a gate tells {MAX_SESSIONS} sessions apart, and these are used up")
            scope = None if self._named is None else self._named.id
            opened = self.kernel.open_session(label=name[:200] if name else None, context=who or None, scope=scope)
            self._sessions[key] = opened.id
            return opened.id

    def close(self) -> None:
        try:
            if self._named is not None:
                self._admin.send(calls.drop_scope(self._named.id))
        except PortcullisError:
            pass  # It ends with the sidecar at the latest.
        self.kernel.close()
        self._admin.close()
        if self._place is not None:
            self._place.close()


def open_scope(
    document: Document,
    observe_only: bool,
    url: Optional[str],
    api_key: Optional[str],
    timeout: float,
    drift: Optional[Dict[str, Any]] = None,
) -> Scope:
    check_timeout(timeout)
    if url is None and api_key is None:
        return _private(document, observe_only, timeout, drift)
    if drift is not None:
        raise InvalidInput("drift is the configuration of the sidecar that is named, and not a gate's to change")
    return _named(document, observe_only, url, api_key, timeout)


def _private(document: Document, observe_only: bool, timeout: float, drift: Optional[Dict[str, Any]]) -> Scope:
    place = open_place(observe_only, drift)
    admin = Transport(place.endpoint, check_key(place.admin_key), timeout)
    try:
        admin.send(calls.replace_policy(document.text, document.format))
        key = new_key(admin, _GATE_KEY)
        kernel = Kernel(Transport(place.endpoint, check_key(key), timeout), Standing(), principal="gate")
    except BaseException:
        admin.close()
        place.close()
        raise
    return Scope(kernel, admin, place)


def _named(
    document: Document, observe_only: bool, url: Optional[str], api_key: Optional[str], timeout: float
) -> Scope:
    found = discover(url, api_key)
    transport = Transport(found.endpoint, found.api_key, timeout)
    try:
        mode = "observe" if observe_only else "enforce"
        named = transport.send(calls.create_scope(document.text, document.format, mode))
    except BaseException:
        transport.close()
        raise
    return Scope(Kernel(transport, Standing()), transport, named=named)
