"""Ed25519 (RFC 8032, section 5.1), which Python's standard library does not have. A few milliseconds a signature.

What is secret takes no constant time here. So it signs only with keys that are made for one block of a token, beside the token itself;
whoever can measure this process could as well read them there. Keys that last longer sign elsewhere.
"""
from __future__ import annotations

import hashlib
from typing import Optional, Tuple

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)

#: Extended homogeneous coordinates: x = X/Z, y = Y/Z, x*y = T/Z.
_Point = Tuple[int, int, int, int]
_NEUTRAL: _Point = (0, 1, 1, 0)


def _add(a: _Point, b: _Point) -> _Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % _P
    f = (a[1] + a[0]) * (b[1] + b[0]) % _P
    g = 2 * a[3] * b[3] * _D % _P
    h = 2 * a[2] * b[2] % _P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    sum = _NEUTRAL
    while scalar > 0:
        if scalar & 1:
            sum = _add(sum, point)
        point = _add(point, point)
        scalar >>= 1
    return sum


def _same(a: _Point, b: _Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % _P == 0 and (a[1] * b[2] - b[1] * a[2]) % _P == 0


def _encode(point: _Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode(raw: bytes) -> Optional[_Point]:
    """None where the bytes are no point, or not the one way to write it."""
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P != 0:
        x = x * _SQRT_M1 % _P
    if (x * x - square) % _P != 0 or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _base() -> _Point:
    y = 4 * pow(5, _P - 2, _P) % _P
    point = _decode(y.to_bytes(32, "little"))
    assert point is not None
    return point


_B = _base()


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """False for everything that is not exactly 64 bytes and valid, S below the group order included; keys of small
    order sign nothing."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a, r = _decode(public_key), _decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= _L or _same(_times(8, a), _NEUTRAL):
        return False
    h = _number(signature[:32] + public_key + message)
    return _same(_times(s, _B), _add(r, _times(h, a)))


def public_key(seed: bytes) -> bytes:
    return _encode(_times(_scalar(_wide(seed)), _B))


def sign(seed: bytes, message: bytes) -> bytes:
    wide = _wide(seed)
    scalar = _scalar(wide)
    public = _encode(_times(scalar, _B))
    nonce = _number(wide[32:] + message)
    point = _encode(_times(nonce, _B))
    s = (nonce + _number(point + public + message) * scalar) % _L
    return point + s.to_bytes(32, "little")


def _wide(seed: bytes) -> bytes:
    return hashlib.sha512(seed).digest()


def _scalar(wide: bytes) -> int:
    return int.from_bytes(wide[:32], "little") & ((1 << 254) - 8) | 1 << 254


def _number(data: bytes) -> int:
    return int.from_bytes(hashlib.sha512(data).digest(), "little") % _L
