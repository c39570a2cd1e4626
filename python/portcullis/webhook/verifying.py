"""Verifying webhooks of a sidecar: HTTP Message Signatures (RFC 9421) with ed25519 or hmac-sha256, over a Content-Digest (RFC 9530).

What is not covered, not fresh or not ours is a WebhookRefused, whose `code` says why. Standard library only.
"""
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from typing import Any, Dict, List, Mapping, NamedTuple, NoReturn, Optional, Sequence, Tuple, Union
from urllib.parse import parse_qsl, quote, urlsplit

from ..signing.ed25519 import verify as verify_ed25519

Headers = Mapping[str, Union[str, Sequence[str]]]

TAG = "portcullis-webhook"
REQUIRED = ("@method", "@target-uri", "content-type", "content-digest", "webhook-id")
_LONGEST = 16_384
_MOST_SIGNATURES = 8
_DEFAULT_PORTS = {"http": 80, "https": 443}


class WebhookRefused(Exception):
    """`code`: no_signature, malformed, unknown_key, not_covered, stale, digest_mismatch or bad_signature."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


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
        secret = key.secret.encode() if isinstance(key.secret, str) else key.secret
        return hmac.compare_digest(hmac.new(secret, text, hashlib.sha256).digest(), signature)
    x = key.public_key or ""
    try:
        raw = base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
    except (binascii.Error, ValueError):
        return False
    return verify_ed25519(raw, text, signature)


# ---- the signature fields


class Token(str):
    """A bare word of a structured field, which is no text."""


Params = Dict[str, Any]
Item = Tuple[str, Params]
_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_NUMBER = re.compile(r"-?[0-9]{1,15}")
_TEXT = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
_FLAG = re.compile(r"\?([01])")
_SPACES = re.compile(r" *")
_COMMA = re.compile(r"[ \t]*,[ \t]*")


class _Reader:
    """Structured fields (RFC 9651), as far as signatures need them; linear."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    def take(self, character: str) -> bool:
        taken = self.text.startswith(character, self.at)
        self.at += taken
        return taken

    def read(self, pattern: "re.Pattern[str]") -> "Optional[re.Match[str]]":
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def need(self, pattern: "re.Pattern[str]") -> "re.Match[str]":
        found = self.read(pattern)
        if found is None:
            raise ValueError
        return found

    def bare(self) -> Any:
        text = self.read(_TEXT)
        if text:
            return re.sub(r'\\(["\\])', r"\1", text[1])
        data = self.read(_BYTES)
        if data:
            return base64.b64decode(data[1], validate=True)
        number = self.read(_NUMBER)
        if number:
            return int(number[0])
        flag = self.read(_FLAG)
        if flag:
            return flag[1] == "1"
        return Token(self.need(_TOKEN)[0])

    def params(self) -> Params:
        found: Params = {}
        while self.take(";"):
            self.need(_SPACES)
            key = self.need(_KEY)[0]
            found.pop(key, None)
            found[key] = self.bare() if self.take("=") else True
        return found

    def member(self) -> Tuple[Any, Params]:
        if not self.take("("):
            return self.bare(), self.params()
        items: List[Tuple[Any, Params]] = []
        while True:
            spaces = len(self.need(_SPACES)[0])
            if self.take(")"):
                return items, self.params()
            if items and not spaces:
                raise ValueError
            items.append((self.bare(), self.params()))


def parse_dictionary(text: str) -> Optional[Dict[str, Tuple[Any, Params]]]:
    """Members with their parameters: a list of items, or a bare value. None where the text is none."""
    if len(text) > _LONGEST:
        return None
    reader = _Reader(text)
    members: Dict[str, Tuple[Any, Params]] = {}
    try:
        while not reader.done:
            key = reader.need(_KEY)[0]
            members[key] = reader.member() if reader.take("=") else (True, reader.params())
            if reader.done:
                break
            reader.need(_COMMA)
            if reader.done:
                return None
    except (ValueError, binascii.Error):
        return None
    return members


def _bare_text(value: Any) -> str:
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if isinstance(value, (int, Token)):
        return str(value)
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'"{escaped}"'


def _params_text(params: Params) -> str:
    return "".join(f";{key}" if value is True else f";{key}={_bare_text(value)}" for key, value in params.items())


# ---- the message


def field(headers: Headers, name: str) -> Optional[str]:
    """The value of a field, its lines joined (RFC 9421, section 2.1); None where it is not there."""
    lines: List[str] = []
    for key, value in headers.items():
        if key.lower() == name:
            lines.extend([value] if isinstance(value, str) else value)
    return ", ".join(re.sub(r"\s*\r\n\s+", " ", line).strip() for line in lines) if lines else None


def signature_base(
    items: Sequence[Tuple[Any, Params]],
    params: Params,
    *,
    headers: Headers,
    method: Optional[str] = None,
    url: Optional[str] = None,
    status: Optional[int] = None,
) -> Optional[str]:
    """The text that a signature is over (RFC 9421, section 2.5); None where something covered is not there, is there
    twice or is not understood."""
    lines: Dict[str, str] = {}
    for name, own in items:
        identifier = _bare_text(name) + _params_text(own)
        value = _component(name, own, method, url, status, headers)
        if value is None or identifier in lines:
            return None
        lines[identifier] = value
    listed = " ".join(lines)
    lines['"@signature-params"'] = f"({listed}){_params_text(params)}"
    return "\n".join(f"{name}: {value}" for name, value in lines.items())


def _component(
    name: Any, own: Params, method: Optional[str], url: Optional[str], status: Optional[int], headers: Headers
) -> Optional[str]:
    if not isinstance(name, str) or isinstance(name, Token) or name != name.lower():
        return None
    if name == "@query-param":
        return _query_param(url, own)
    if own:
        return None
    if name == "@method":
        return method
    if name == "@status":
        return None if status is None else str(status)
    if not name.startswith("@"):
        return field(headers, name)
    return None if url is None else _of_target(url, name)


def _of_target(url: str, name: str) -> Optional[str]:
    """RFC 9421, section 2.2."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if not scheme or not host:
        return None
    if ":" in host:
        host = f"[{host}]"
    authority = host if port in (None, _DEFAULT_PORTS.get(scheme)) else f"{host}:{port}"
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    return {
        "@target-uri": f"{scheme}://{authority}{path}{query}",
        "@authority": authority,
        "@scheme": scheme,
        "@request-target": path + query,
        "@path": path,
        "@query": query or "?",
    }.get(name)


def _query_param(url: Optional[str], own: Params) -> Optional[str]:
    """RFC 9421, section 2.2.8: there once, decoded and encoded again."""
    if url is None or set(own) != {"name"}:
        return None
    found = [value for key, value in parse_qsl(urlsplit(url).query, True) if _encoded(key) == own["name"]]
    return _encoded(found[0]) if len(found) == 1 else None


def _encoded(text: str) -> str:
    return quote(text, safe="*-._").replace("~", "%7E")


# ---- the parts of the check


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
