"""Verifying webhooks of a sidecar: HTTP Message Signatures (RFC 9421) with ed25519 or hmac-sha256, over a Content-Digest (RFC 9530).

What is not covered, not fresh or not ours is a WebhookRefused, whose `code` says why. Standard library only.
"""
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any, Dict, List, NamedTuple, NoReturn, Optional, Sequence, Tuple, Union

from ..signing.ed25519 import verify as verify_ed25519
from .message import Headers, field, signature_base
from .structured import Params, parse_dictionary

TAG = "portcullis-webhook"
REQUIRED = ("@method", "@target-uri", "content-type", "content-digest", "webhook-id")
_MOST_SIGNATURES = 8


class WebhookRefused(Exception):
    """`code`: no_signature, malformed, unknown_key, not_covered, stale, digest_mismatch or bad_signature."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.reason = message

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.reason)


class WebhookKey(NamedTuple):
    """A key that is trusted, by the id that signatures name it by: a shared secret, or an Ed25519 public key."""

    id: str
    secret: Union[bytes, str, None] = None
    #: 32 bytes, base64url: member `x` of the sidecar's /.well-known/jwks.json.
    public_key: Optional[str] = None

    def __repr__(self) -> str:
        return f"<WebhookKey {self.id}>"


def verify_webhook(
    *,
    method: str,
    url: str,
    headers: Headers,
    body: bytes,
    keys: Sequence[WebhookKey],
    tolerance: float = 300,
    now: Optional[float] = None,
) -> Dict[str, Any]:
    """The event: id, type, at, tenant, record and data. Keep ids for as long as the tolerance and drop what you had.

    `url` is the one that the sidecar was configured with, whatever a proxy made of it; `body` is as it came, byte for
    byte; `tolerance` is in seconds, `now` in seconds since the epoch.
    """
    items, params, signature = _signature_of(headers)
    covered = [name for name, own in items if not own]
    lacking = [name for name in REQUIRED if name not in covered]
    if lacking:
        _refuse("not_covered", f"the signature leaves out {', '.join(lacking)}")
    _check_time(params, tolerance, time.time() if now is None else now)
    key = next((one for one in keys if one.id == params.get("keyid")), None)
    if key is None:
        _refuse("unknown_key", "the key is not among those trusted")
    algorithm = "hmac-sha256" if key.secret is not None else "ed25519"
    if params.get("alg", algorithm) != algorithm:
        _refuse("unknown_key", "the key is of another algorithm")
    if not _digest_fits(headers, body):
        _refuse("digest_mismatch", "the body is not what was digested")
    base = signature_base(items, params, method=method, url=url, headers=headers)
    if base is None:
        _refuse("not_covered", "something covered is not there")
    if not verify_signature(key, base, signature):
        _refuse("bad_signature", "the signature is not of this request")
    return _event_of(body, field(headers, "webhook-id"))


def _refuse(code: str, message: str) -> NoReturn:
    raise WebhookRefused(code, message)


def verify_signature(key: WebhookKey, base: str, signature: bytes) -> bool:
    """Whether this key signed this text."""
    text = base.encode()
    if key.secret is not None:
        if not key.secret:
            return False  # Anybody can sign with an empty one.
        secret = key.secret.encode() if isinstance(key.secret, str) else key.secret
        return hmac.compare_digest(hmac.new(secret, text, hashlib.sha256).digest(), signature)
    x = key.public_key or ""
    try:
        raw = base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
    except (binascii.Error, ValueError):
        return False
    return verify_ed25519(raw, text, signature)


def _signature_of(headers: Headers) -> Tuple[List[Tuple[Any, Params]], Params, bytes]:
    """The one signature that says it is of a webhook."""
    input_text, signature_text = field(headers, "signature-input"), field(headers, "signature")
    if input_text is None or signature_text is None:
        _refuse("no_signature", "there is no signature")
    inputs, signatures = parse_dictionary(input_text), parse_dictionary(signature_text)
    if inputs is None or signatures is None or len(inputs) > _MOST_SIGNATURES:
        _refuse("malformed", "Signature-Input and Signature are dictionaries")
    ours = [
        (label, value, params)
        for label, (value, params) in inputs.items()
        if isinstance(value, list) and params.get("tag") == TAG
    ]
    if not ours:
        _refuse("no_signature", "no signature is of a webhook")
    if len(ours) > 1:
        _refuse("malformed", "two signatures say they are of a webhook")
    label, items, params = ours[0]
    signature = signatures.get(label, (None, {}))[0]
    if not isinstance(signature, bytes):
        _refuse("malformed", "a signature is a byte sequence")
    return items, params, signature


def _check_time(params: Params, tolerance: float, now: float) -> None:
    created, expires = params.get("created"), params.get("expires")
    if type(created) is not int:
        _refuse("stale", "the signature does not say when it was made")
    if not abs(now - created) <= tolerance:
        _refuse("stale", "it was signed too long ago, or later")
    if expires is not None and not (type(expires) is int and now < expires):
        _refuse("stale", "the signature has expired")


def _digest_fits(headers: Headers, body: bytes) -> bool:
    """Whether a digest that is understood is there, and every one that is fits."""
    known = 0
    for name, (said, _) in (parse_dictionary(field(headers, "content-digest") or "") or {}).items():
        if name not in ("sha-256", "sha-512"):
            continue
        known += 1
        made = hashlib.new(name.replace("-", ""), body).digest()
        if not isinstance(said, bytes) or not hmac.compare_digest(said, made):
            return False
    return known > 0


def _event_of(body: bytes, id: Optional[str]) -> Dict[str, Any]:
    try:
        event = json.loads(body.decode())
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str) or event.get("id") != id:
        _refuse("malformed", "the body is no event of this id")
    return event
