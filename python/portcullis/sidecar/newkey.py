"""Keys of a private sidecar's own: whoever started it says who may ask."""
from __future__ import annotations

from typing import Any, Mapping

from ..transport.blocking import Transport
from ..wire.call import Call
from ..wire.shape import record, text
from ..wire.value import Value, value
from ..wire.wirejson import encode


@value(frozen=True)
class NewKey(Value):
    """What is used of the answer to a new key."""

    key: str


_new_key = record(NewKey, key=text)


def new_key(admin: Transport, asked: Mapping[str, Any]) -> str:
    """The text of a key with these rights: `POST /v1/keys`."""
    made: NewKey = admin.send(Call("POST", "/v1/keys", encode(dict(asked)), _new_key))
    return made.key
