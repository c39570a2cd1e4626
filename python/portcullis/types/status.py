"""How the kernel is: what `/readyz` shows."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from ..shape import boolean, integer, many, record, text


@dataclass(frozen=True)
class PolicyStatus:
    digest: str
    rules: int
    source: str


@dataclass(frozen=True)
class JournalStatus:
    seq: int
    writable: bool
    id: str


@dataclass(frozen=True)
class KernelStatus:
    version: str
    api: str
    features: Tuple[str, ...]
    #: enforce or observe
    mode: str
    frozen: bool
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
    policy=record(PolicyStatus, digest=text, rules=integer, source=text),
    sandbox=text,
    durability=text,
    journal=record(JournalStatus, seq=integer, writable=boolean, id=text),
    sessions=integer,
    held=integer,
    unknown=integer,
    limits=many(text),
)
