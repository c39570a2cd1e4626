"""A private sidecar for a program with a registry: the default policy engine's rules, and a key for each principal that the program names."""
from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from ..kernel.blocking import Kernel
from ..kernel.connect import DEFAULT_TIMEOUT
from ..sidecar.child import Child
from ..sidecar.discovery import check_key
from ..sidecar.newkey import new_key
from ..transport.blocking import Transport
from ..verbs.request import Standing
from .weaver_errors import InvalidConstraint
from .weaver_registry import Capability, CapabilityRegistry, SafetyClass, SensitivityTag

if TYPE_CHECKING:
    from .weaver_values import Principal

#: Characters of a justification, after trimming.
_REASON = 15
_WRITERS = ["writer", "admin"]
_ADMINS = ["admin"]
_SECRET_READERS = ["admin", "secrets_reader"]
_RIGHTS = ["submit", "decide", "outcomes", "sessions:open", "explain"]
#: Sees all that could be granted to anybody: their discovery knows no principal.
_CATALOGUE: Dict[str, Any] = {
    "id": "catalogue",
    "roles": ["admin", "pii_reader", "secrets_reader", "writer"],
    "attributes": {"tenant": "any"},
}
_PERSONAL = (SensitivityTag.PII, SensitivityTag.PCI)


def rule_of(capability: Capability) -> Dict[str, Any]:
    roles: List[List[str]] = []
    if capability.safety_class is SafetyClass.WRITE:
        roles.append(_WRITERS)
    if capability.safety_class is SafetyClass.DESTRUCTIVE:
        roles.append(_ADMINS)
    if capability.sensitivity is SensitivityTag.SECRETS:
        roles.append(_SECRET_READERS)
    if capability.sensitivity is SensitivityTag.MEMORY and capability.safety_class is not SafetyClass.READ:
        roles.append(["memory_writer", "admin"])
    # The condition on roles is settled when a grant is asked for, and an expression when it is used.
    tests = [
        "principal.roles.exists(one, %s)" % " || ".join(f'one == "{name}"' for name in names) for names in roles[1:]
    ]
    if capability.sensitivity in _PERSONAL:
        tests.append("has(principal.attributes.tenant)")
    # A token is the only way in, as it was there.
    when: Dict[str, Any] = {"action": capability.capability_id, "grant": "required"}
    if roles:
        when["principal"] = {"roles": roles[0]}
        when["justification"] = {"min": _REASON}
    if tests:
        when["expr"] = " && ".join(tests)
    return {"name": f"class-of-{capability.capability_id.replace('.', '-')}", "effect": "permit", "when": when}


def definition_of(capability: Capability) -> Dict[str, Any]:
    made: Dict[str, Any] = {
        "id": capability.capability_id,
        "name": capability.name,
        "description": capability.description,
        "action": capability.capability_id,
        "execution": "host",
        "safety": capability.safety_class.value.lower(),
        "sensitivity": capability.sensitivity.value.lower(),
        "tags": list(capability.tags),
    }
    if capability.allowed_fields:
        made["allowed_fields"] = list(capability.allowed_fields)
    if capability.parameters_schema is not None:
        made["args"] = capability.parameters_schema
    return made


class Own:
    """`catalogue` discovers; `of` is the kernel of a principal, with the roles and attributes that it is said to have."""

    def __init__(self, registry: CapabilityRegistry) -> None:
        known = registry.list_all()
        self._lock = threading.Lock()
        self._kernels: Dict[Tuple[Any, ...], Kernel] = {}
        self._child = Child({"version": 1, "visible": True, "rules": [rule_of(one) for one in known]})
        self._admin = Transport(self._child.endpoint, check_key(self._child.admin_key), DEFAULT_TIMEOUT)
        #: May read everybody's story, as everybody could there.
        self.auditor = Kernel(self._admin, Standing())
        try:
            for one in known:
                self.auditor.register_capability(definition_of(one))
            self.catalogue = self._kernel(_CATALOGUE)
        except BaseException:
            self.close()
            raise

    def of(self, principal: "Principal") -> Kernel:
        who = {
            "id": principal.principal_id,
            "roles": sorted(principal.roles),
            "attributes": {str(name): str(given) for name, given in principal.attributes.items()},
        }
        if who["id"] == _CATALOGUE["id"]:
            raise InvalidConstraint("a principal of this name is the kernel's own")
        key = (who["id"], tuple(who["roles"]), tuple(sorted(who["attributes"].items())))
        with self._lock:
            found = self._kernels.get(key)
            if found is None:
                found = self._kernels[key] = self._kernel(who)
            return found

    def _kernel(self, who: Dict[str, Any]) -> Kernel:
        key = new_key(self._admin, {"principal": {"kind": "agent", **who}, "rights": _RIGHTS})
        transport = Transport(self._child.endpoint, check_key(key), DEFAULT_TIMEOUT)
        return Kernel(transport, Standing(), principal=who["id"])

    def close(self) -> None:
        for kernel in self._kernels.values():
            kernel.close()
        self._admin.close()
        self._child.close()
