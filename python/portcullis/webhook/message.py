"""What a signature is over: the parts of a message that it covers, as one text (RFC 9421, section 2)."""
from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import parse_qsl, quote, urlsplit

from .structured import Params, Token, bare_text, params_text

Headers = Mapping[str, Union[str, Sequence[str]]]

_DEFAULT_PORTS = {"http": 80, "https": 443}


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
        identifier = bare_text(name) + params_text(own)
        value = _component(name, own, method, url, status, headers)
        if value is None or identifier in lines:
            return None
        lines[identifier] = value
    listed = " ".join(lines)
    lines['"@signature-params"'] = f"({listed}){params_text(params)}"
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
