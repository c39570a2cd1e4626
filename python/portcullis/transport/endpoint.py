"""Where a sidecar listens: a URL read once into what a socket needs.

`unix:/path`, `http://host:port` and `https://host:port`. Plain http goes to loopback only: the API key is in every request.
"""
from __future__ import annotations

import os
from typing import NamedTuple, Optional
from urllib.parse import urlsplit

from ..errors import InvalidInput

DEFAULT_PORT = 8787
#: sockaddr_un holds 108 bytes on Linux, 104 on macOS, with the closing zero.
MAX_SOCKET_PATH = 103


class Endpoint(NamedTuple):
    #: The unix socket, or None for TCP.
    path: Optional[str]
    host: str
    port: int
    tls: bool
    #: What stands before every path: a sidecar behind a proxy.
    prefix: str
    #: The Host header.
    authority: str

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"{'https' if self.tls else 'http'}://{self.authority}"

    @property
    def local(self) -> bool:
        return self.path is not None or self.host in ("localhost", "::1") or _loopback(self.host)


def _loopback(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(part.isdigit() and len(part) < 4 for part in parts)


def parse(url: str) -> Endpoint:
    if not isinstance(url, str) or not url.isprintable() or url != url.strip():
        raise InvalidInput("url is not a text without spaces and control characters")
    if url.startswith("unix:"):
        return unix(url[5:][2:] if url[5:].startswith("//") else url[5:])
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        why = "it is not well-formed" if "@" in url else error
        raise InvalidInput(f"url {_shown(url)!r}: {why}") from None
    url = _shown(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput(f"url {url!r} is none of unix:/path, http://host:port, https://host:port")
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidInput("url may have no user, query or fragment; the key is api_key=")
    host, tls = parts.hostname, parts.scheme == "https"
    if port is None:
        port = 443 if tls else DEFAULT_PORT
    name = f"[{host}]" if ":" in host else host
    if not all(part.isascii() for part in (host, parts.path)) or not set("\r\n \t").isdisjoint(parts.path):
        raise InvalidInput(f"url {url!r}: the host and path must be ASCII")
    if not all(0 < len(label) < 64 for label in host.rstrip(".").split(".")):
        raise InvalidInput(f"url {url!r}: a name in the host is empty or longer than 63")
    endpoint = Endpoint(None, host, port, tls, parts.path.rstrip("/"), f"{name}:{port}")
    if not tls and not endpoint.local:
        raise InvalidInput(f"url {url!r} is not loopback: use https, the API key is in every request")
    return endpoint


def _shown(url: str) -> str:
    """Without a user and a password, which it may not have and which no message repeats."""
    said, at, rest = url.rpartition("@")
    scheme, colon, _ = said.partition("://")
    return f"{scheme}{colon}{rest}" if colon or not at else rest


def unix(path: str) -> Endpoint:
    if not os.path.isabs(path):
        raise InvalidInput(f"unix socket {path!r} is not an absolute path")
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise InvalidInput(f"unix socket {path!r} is longer than {MAX_SOCKET_PATH} bytes")
    return Endpoint(path, "", 0, False, "", "localhost")
