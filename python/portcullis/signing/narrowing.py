"""Narrowing a grant token offline: adds a block of caveats that whoever holds the token signs, asking nobody.

The format is in docs/grants.md. Whether the signatures hold, and whether the caveats mean anything, the kernel says when the token is
used: what it cannot read, it refuses.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from typing import Any, Mapping, NamedTuple, Tuple

from ..errors import ToolCallDenied
from ..types.grant import Attenuated
from ..wire.wirejson import encode
from . import ed25519
from .proof import canonical

_PREFIX = "pg1."
_MAX_TOKEN = 8_192
_MAX_BLOCKS = 16
_KEY = 32
_SIGNATURE = 64
_ED25519, _HMAC = 1, 2
_TEXT = re.compile(r"pg1\.[A-Za-z0-9_-]+", re.ASCII)
_BLOCK = b"portcullis/grant/v1\0"
_SEAL = b"portcullis/grant/seal/v1\0"
_ID = b"portcullis/grant/block/v1\0"


class _Read(NamedTuple):
    algorithm: int
    count: int
    #: All bytes of the blocks.
    blocks: bytes
    #: The last block's; empty with HMAC.
    signature: bytes
    secret: bytes


def attenuate(token: str, caveats: Mapping[str, Any], *, seal: bool = False) -> Attenuated:
    """A token that permits less, made here: no sidecar is asked. Nobody can add to it after `seal`.

    Raises `ToolCallDenied` with the code `token_invalid` where the token cannot be read, is sealed, or would be too long.
    """
    read = _decode(token)
    if read.count >= _MAX_BLOCKS:
        raise _refused(f"it has {_MAX_BLOCKS} blocks already")
    # What cannot be sent is refused as sending it would be.
    payload = canonical({"caveats": json.loads(encode(caveats))}).encode("utf-8", "surrogatepass")
    if len(payload) > 0xFFFF:
        raise _refused("too long")
    block, mark, proof = (_signed if read.algorithm == _ED25519 else _tagged)(read, payload, seal)
    raw = bytes([1, read.algorithm, read.count + 1]) + read.blocks + block + bytes([1 if seal else 0]) + proof
    text = _PREFIX + base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
    if len(text) > _MAX_TOKEN:
        raise _refused("too long")
    return Attenuated(token=text, block=hashlib.sha256(_ID + mark).digest()[:16].hex())


def _signed(read: _Read, payload: bytes, seal: bool) -> Tuple[bytes, bytes, bytes]:
    """The block, what its id is made of, and the proof."""
    seed = secrets.token_bytes(_KEY)
    next = ed25519.public_key(seed)
    framed = _frame(read.count, payload)
    signature = ed25519.sign(read.secret, _BLOCK + framed + next + read.signature)
    proof = ed25519.sign(seed, _SEAL + framed + next + signature) if seal else seed
    return framed[1:] + next + signature, signature, proof


def _tagged(read: _Read, payload: bytes, seal: bool) -> Tuple[bytes, bytes, bytes]:
    framed = _frame(read.count, payload)
    tag = hmac.digest(read.secret, _BLOCK + framed, "sha256")
    return framed[1:], tag, hmac.digest(tag, _SEAL, "sha256") if seal else tag


def _frame(index: int, payload: bytes) -> bytes:
    return bytes([index]) + len(payload).to_bytes(2, "big") + payload


def _decode(token: str) -> _Read:
    if not isinstance(token, str) or len(token) > _MAX_TOKEN or not _TEXT.fullmatch(token):
        raise _refused("not the text of a token")
    digits = token[len(_PREFIX) :]
    # No bytes end in one digit of base64.
    if len(digits) % 4 == 1:
        raise _refused("cut off")
    raw = base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
    if len(raw) < 3 or raw[0] != 1 or raw[1] not in (_ED25519, _HMAC):
        raise _refused("not a version that is known")
    algorithm, count = raw[1], raw[2]
    tail = _KEY + _SIGNATURE if algorithm == _ED25519 else 0
    at = 3
    for _ in range(count):
        at += 2 + int.from_bytes(raw[at : at + 2], "big") + tail
    if count == 0 or at >= len(raw):
        raise _refused("cut off")
    if raw[at] == 1:
        raise _refused("sealed")
    secret = raw[at + 1 :]
    if raw[at] != 0 or len(secret) != _KEY:
        raise _refused("cut off")
    return _Read(algorithm, count, raw[3:at], raw[at - _SIGNATURE : at] if tail else b"", secret)


def _refused(why: str) -> ToolCallDenied:
    return ToolCallDenied(f"it cannot be narrowed: {why}", code="token_invalid", retry="after_change")
