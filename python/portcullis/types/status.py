"""How the kernel is: what `/readyz` shows."""
from __future__ import annotations

from typing import Tuple

from ..wire.shape import boolean, integer, many, record, text
from ..wire.value import Value, value


@value(frozen=True)
class PolicyStatus(Value):
    """Which policy is in force."""

    digest: str
    rules: int
    source: str


@value(frozen=True)
class JournalStatus(Value):
    """How the journal is."""

    seq: int
    writable: bool
    id: str


@value(frozen=True)
class KernelStatus(Value):
    """How the kernel is."""

    version: str
    api: str
    features: Tuple[str, ...]
    #: enforce or observe
    mode: str
    #: Everything of who asks is denied.
    frozen: bool
    #: The freezes that do: all (every tenant's), tenant (one's own)
    freezes: Tuple[str, ...]
    policy: PolicyStatus
    #: required, off or unavailable
    sandbox: str
    #: os, fsync or memory
    durability: str
    journal: JournalStatus
    sessions: int
    #: Actions waiting for an approval.
    held: int
    #: Actions whose outcome nobody knows.
    unknown: int
    #: What this platform cannot give, in words.
    limits: Tuple[str, ...]


status = record(
    KernelStatus,
    version=text,
    api=text,
    features=many(text),
    mode=text,
    frozen=boolean,
    freezes=many(text),
    policy=record(PolicyStatus, digest=text, rules=integer, source=text),
    sandbox=text,
    durability=text,
    journal=record(JournalStatus, seq=integer, writable=boolean, id=text),
    sessions=integer,
    held=integer,
    unknown=integer,
    limits=many(text),
)
