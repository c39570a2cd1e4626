"""Portcullis for Python: a thin client of the sidecar through which every tool call of an agent passes.

Direct OS calls in Python are not mediated: only what goes through the kernel is judged. Names load when they are first used.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import (
        ApprovalRequiredError,
        BadResponse,
        DeadlineExceeded,
        Forbidden,
        Invalidated,
        InvalidInput,
        MalformedRequest,
        NotFound,
        OutcomeUnknown,
        PortcullisError,
        RequestFailed,
        ToolCallDenied,
        ToolFailed,
        Unauthenticated,
        Unavailable,
    )
    from .gate.gate import Gate
    from .kernel.aio import AsyncKernel, create_async_kernel
    from .kernel.blocking import Kernel
    from .kernel.connect import create_kernel
    from .listening.blocking import InvalidationListener, spawn_invalidation_listener
    from .signing.narrowing import attenuate
    from .tools.guarding import guarded
    from .tools.protect import Handle, protect_tool, set_default_kernel
    from .types.decision import Decision, Label
    from .types.grant import Grant
    from .types.invalidation import Invalidation, InvalidationScope
    from .types.result import Frame, Outcome, PermitStatus, Result, StreamFrame, Verdict
    from .types.session import Context, SessionView
    from .webhook.verifying import WebhookKey, WebhookRefused, verify_webhook

__version__ = "0.1.0"

_HOMES = {
    "kernel.aio": "AsyncKernel create_async_kernel",
    "kernel.connect": "create_kernel",
    "errors": "ApprovalRequiredError BadResponse DeadlineExceeded Forbidden InvalidInput Invalidated MalformedRequest"
    " NotFound OutcomeUnknown PortcullisError RequestFailed ToolCallDenied ToolFailed Unauthenticated Unavailable",
    "gate.gate": "Gate",
    "tools.guarding": "guarded",
    "kernel.blocking": "Kernel",
    "listening.blocking": "InvalidationListener spawn_invalidation_listener",
    "signing.narrowing": "attenuate",
    "tools.protect": "Handle protect_tool set_default_kernel",
    "types.decision": "Decision Label",
    "types.grant": "Grant",
    "types.invalidation": "Invalidation InvalidationScope",
    "types.result": "Frame Outcome PermitStatus Result StreamFrame Verdict",
    "types.session": "Context SessionView",
    "webhook.verifying": "WebhookKey WebhookRefused verify_webhook",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [  # noqa: F822 - they load on first use
    "ApprovalRequiredError",
    "AsyncKernel",
    "BadResponse",
    "Context",
    "DeadlineExceeded",
    "Decision",
    "Forbidden",
    "Frame",
    "Gate",
    "Grant",
    "Handle",
    "InvalidInput",
    "Invalidated",
    "Invalidation",
    "InvalidationListener",
    "InvalidationScope",
    "Kernel",
    "Label",
    "MalformedRequest",
    "NotFound",
    "Outcome",
    "OutcomeUnknown",
    "PermitStatus",
    "PortcullisError",
    "RequestFailed",
    "Result",
    "SessionView",
    "StreamFrame",
    "ToolCallDenied",
    "ToolFailed",
    "Unauthenticated",
    "Unavailable",
    "Verdict",
    "WebhookKey",
    "WebhookRefused",
    "attenuate",
    "create_async_kernel",
    "create_kernel",
    "guarded",
    "protect_tool",
    "set_default_kernel",
    "spawn_invalidation_listener",
    "verify_webhook",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> "list[str]":
    return sorted({*globals(), *__all__})
