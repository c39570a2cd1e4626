"""Proof of possession: a token may name a key, and whoever shows it signs each request with that key (docs/grants.md).

The standard library has no Ed25519, and a key is best kept where it was made: signing is the caller's.
"""
from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from decimal import Decimal
from typing import Any, Callable, Dict, Mapping

from ..errors import InvalidInput
from ..wire.wirejson import encode

_DOMAIN = b"portcullis/proof/v1\0"
_text = json.JSONEncoder(ensure_ascii=False).encode


def proof_of(body: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Of a request as it is sent, in every member but `proof` and `stream`; good for a minute, once."""
    head = f"{int(time.time() * 1000)}.{secrets.token_urlsafe(16)}"
    # What cannot be sent is refused as sending it would be.
    asked = _asked(json.loads(encode({name: body[name] for name in body if name not in ("proof", "stream")})))
    digest = hashlib.sha256(canonical(asked).encode("utf-8", "surrogatepass")).hexdigest()
    signature = sign(_DOMAIN + f"{head}.{digest}".encode("ascii"))
    if not isinstance(signature, (bytes, bytearray)):
        raise InvalidInput("proof signs with 64 bytes: it is a function of the message, such as Ed25519PrivateKey.sign")
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode('ascii')}"


def _asked(body: Dict[str, Any]) -> Dict[str, Any]:
    """As the kernel reads it: arguments that are left out are none, and an empty list of labels says nothing."""
    if body.get("labels") == []:
        del body["labels"]
    if "action" in body:
        body.setdefault("params", {})
    elif "capability" not in body and "delegate_to" not in body:
        body.setdefault("args", {})
    return body


def canonical(value: Any) -> str:
    """The RFC 8785 text of what `json.loads` gave."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(name)}:{canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(float(value))
    return _text(value)


def _number(value: float) -> str:
    """As ECMAScript writes a double: the fewest digits that read back as it."""
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    if 0 < point <= 21:
        body = text[:point].ljust(point, "0") + (f".{text[point:]}" if len(text) > point else "")
    elif -6 < point <= 0:
        body = "0." + "0" * -point + text
    else:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        body = f"{text[0]}{fraction}e{point - 1:+d}"
    return ("-" if sign else "") + body
