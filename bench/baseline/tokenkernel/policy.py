"""Roles, justification, tenant, rows and rate: in that order, and the first that fails is the answer."""

import logging
import time

from .models import PolicyDecision, PolicyDenied, SafetyClass, SensitivityTag

log = logging.getLogger(__name__)

WINDOW = 60.0
LIMITS = {SafetyClass.READ: (60, WINDOW), SafetyClass.WRITE: (10, WINDOW), SafetyClass.DESTRUCTIVE: (2, WINDOW)}
LEAST_JUSTIFICATION = 15


class Limiter:
    """A sliding window per key: each check makes the list of what still counts anew."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._times = {}

    def allows(self, key, limit, window):
        since = self._clock() - window
        kept = [at for at in self._times.get(key, ()) if at > since]
        self._times[key] = kept
        return len(kept) < limit

    def count(self, key):
        self._times.setdefault(key, []).append(self._clock())


class Policy:
    def __init__(self, limits=None, clock=time.monotonic):
        self._limits = {**LIMITS, **(limits or {})}
        self._limiter = Limiter(clock)

    def evaluate(self, request, capability, principal, justification):
        roles = set(principal.roles)
        safety, sensitivity = capability.safety_class, capability.sensitivity
        constraints = dict(request.constraints)
        if safety == SafetyClass.WRITE:
            self._role(roles, {"writer", "admin"})
            self._justified(justification)
        elif safety == SafetyClass.DESTRUCTIVE:
            self._role(roles, {"admin"})
            self._justified(justification)
        if sensitivity in (SensitivityTag.PII, SensitivityTag.PCI):
            if "tenant" not in principal.attributes:
                raise self._denied("missing tenant")
            if capability.allowed_fields and "pii_reader" not in roles:
                constraints["allowed_fields"] = capability.allowed_fields
        if sensitivity == SensitivityTag.SECRETS:
            self._role(roles, {"admin", "secrets_reader"})
            self._justified(justification)
        constraints["max_rows"] = self._rows(constraints, 500 if "service" in roles else 50)
        self._rate(f"{principal.principal_id}:{capability.capability_id}", safety, roles)
        log.info(
            "policy_allowed",
            extra={"principal_id": principal.principal_id, "capability_id": capability.capability_id},
        )
        return PolicyDecision(True, "allowed by the default rules", constraints)

    def _role(self, roles, wanted):
        if not roles & wanted:
            raise self._denied(f"needs one of {sorted(wanted)}")

    def _justified(self, justification):
        if len(justification.strip()) < LEAST_JUSTIFICATION:
            raise self._denied("justification too short")

    def _rows(self, constraints, most):
        try:
            return min(max(int(constraints.get("max_rows", most)), 0), most)
        except (TypeError, ValueError):
            raise self._denied("max_rows is no number") from None

    def _rate(self, key, safety, roles):
        limit, window = self._limits[safety]
        if not self._limiter.allows(key, limit * 10 if "service" in roles else limit, window):
            raise self._denied("rate")
        self._limiter.count(key)

    def _denied(self, reason):
        log.warning("policy_denied", extra={"reason": reason})
        return PolicyDenied(reason)
