"""weaver-kernel's exceptions, and which of them each code of ours is."""
from __future__ import annotations

from ..errors import InvalidInput


class AgentKernelError(Exception):
    """`reason_code` is our code: docs/codes.md."""

    def __init__(self, message: str, reason_code: str = "") -> None:
        super().__init__(message)
        self.reason_code = reason_code


class PolicyDenied(AgentKernelError):
    pass


class InvalidConstraint(PolicyDenied, InvalidInput):
    """A constraint, an argument or a query that is not well-formed, or cannot be honoured here."""


class TokenInvalid(AgentKernelError):
    pass


class TokenExpired(AgentKernelError):
    pass


class TokenRevoked(AgentKernelError):
    pass


class TokenScopeError(AgentKernelError):
    pass


class DriverError(AgentKernelError):
    pass


class CapabilityNotFound(AgentKernelError):
    pass


class CapabilityAlreadyRegistered(AgentKernelError):
    pass


class HandleNotFound(AgentKernelError):
    pass


class HandleExpired(AgentKernelError):
    pass


#: Our code -> their exception; what is not here is a PolicyDenied.
ERRORS = {
    "token_invalid": TokenInvalid,
    "token_expired": TokenExpired,
    "token_exhausted": TokenExpired,
    "token_not_yet_valid": TokenInvalid,
    "token_revoked": TokenRevoked,
    "token_scope": TokenScopeError,
    "unknown_capability": CapabilityNotFound,
    "unknown_handle": HandleNotFound,
    "handle_expired": HandleExpired,
    "handle_exhausted": TokenScopeError,
}


def refusal(code: str, reason: str) -> AgentKernelError:
    return ERRORS.get(code, PolicyDenied)(f"{code}: {reason}", code)
