"""JSON as the wire has it: exact out, bounded in. What cannot be written or read is a typed error, never a guess."""
from __future__ import annotations

import json
from typing import Any

from ..errors import BadResponse, MalformedRequest

MAX_DEPTH = 40
_MAX_DIGITS = 400


def encode(value: Any) -> bytes:
    """ASCII JSON without spaces. Raises MalformedRequest for what JSON has no word for: bytes, NaN, keys that are no text."""
    try:
        _check_keys(value)
        return _encode(value).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        if isinstance(error, MalformedRequest):
            raise
        if isinstance(error, RecursionError):
            raise MalformedRequest("the arguments nest too deep", code="too_deep") from None
        raise MalformedRequest(f"the arguments cannot be written as JSON: {error}") from error


def decode(data: bytes) -> Any:
    """The value, or BadResponse: not UTF-8, not JSON, NaN, nested beyond what a parser of this interpreter bears."""
    try:
        return _decoder.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise BadResponse(f"the answer is not JSON: {why}") from None


def _check_keys(value: Any, depth: int = 0) -> None:
    """json.dumps turns the keys 1, True and None into text in silence: the arguments judged would not be those given."""
    if isinstance(value, dict):
        if depth == MAX_DEPTH:
            raise MalformedRequest("the arguments nest too deep", code="too_deep")
        for key, item in value.items():
            if not isinstance(key, str):
                raise MalformedRequest(f"a key of the arguments is not text: {key!r:.60}")
            if isinstance(item, (dict, list, tuple)):
                _check_keys(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        if depth == MAX_DEPTH:
            raise MalformedRequest("the arguments nest too deep", code="too_deep")
        for item in value:
            if isinstance(item, (dict, list, tuple)):
                _check_keys(item, depth + 1)


def _integer(text: str) -> int:
    # Reading digits is quadratic before Python 3.12; nothing of the wire is this long.
    if len(text) > _MAX_DIGITS:
        raise ValueError("a number is too long")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:
        raise ValueError("a number is too large")
    return number


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_decoder = json.JSONDecoder(parse_int=_integer, parse_float=_finite, parse_constant=_no_constant)
