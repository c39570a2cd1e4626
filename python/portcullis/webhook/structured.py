"""Structured fields (RFC 9651), as far as signatures need them: read in linear time, and written as they are signed."""
from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Dict, List, Optional, Tuple

#: Characters of one field.
LONGEST = 16_384

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
    if len(text) > LONGEST:
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


def bare_text(value: Any) -> str:
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if isinstance(value, (int, Token)):
        return str(value)
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'"{escaped}"'


def params_text(params: Params) -> str:
    return "".join(f";{key}" if value is True else f";{key}={bare_text(value)}" for key, value in params.items())
