"""From a frozen value of the wire back to plain JSON data, as the wire wrote it."""
from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any


def plain(value: Any) -> Any:
    """Dictionaries, lists and scalars; a member that was absent is absent again."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name))
            for field in fields(value)
            if not (getattr(value, field.name) is field.default and (field.default is None or field.default is False))
        }
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
