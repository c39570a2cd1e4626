"""From what a driver gave to a frame: redaction of names and of texts, then a summary or a table within its budgets."""

import re
from datetime import datetime, timezone

from .models import Frame, Provenance

MAX_ROWS, MAX_FIELDS, MAX_CHARS, MAX_DEPTH, MAX_FACTS = 50, 20, 4000, 3, 20
HIDDEN = frozenset(
    ("email", "phone", "card_number", "ssn", "social_security_number", "cvv", "credit_card", "password", "secret")
)
MASK = "[REDACTED]"
#: E-mail, phone, card, SSN, bearer, JWT, a named key, credentials in a URL; what stays of a text stands in the second half.
PATTERNS = (
    (re.compile(r"[a-z0-9._+A-Z-]+@[a-z0-9A-Z-]+(?:\.[a-z0-9A-Z-]+)+"), MASK),
    (re.compile(r"(?<!\d)(?:\+\d{1,3}[ .-])?(?:\d{2,4}|\(\d{2,4}\))[ .-]\d{3,4}[ .-]?\d{3,5}(?!\d)"), MASK),
    (re.compile(r"\b\d(?:[ -]?\d){12,15}\b"), MASK),
    (re.compile(r"\b\d{3}[ -]\d{2}[ -]\d{4}\b"), MASK),
    (re.compile(r"Bearer\s+[\w.~+/=-]+", re.IGNORECASE), MASK),
    (re.compile(r"eyJ[\w-]+(?:\.[\w-]+){2}"), MASK),
    (re.compile(r"((?:api|access)[_-]?(?:key|token)\s*[=:]\s*)\S{8,}", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"([a-z][a-z0-9+.-]*://)[^\s:@/]+:[^\s@/]+@"), rf"\1{MASK}@"),
)


def redact(value, allowed, depth, warnings):
    if depth >= MAX_DEPTH:
        return value
    if isinstance(value, dict):
        clean = {}
        for key, inner in value.items():
            if allowed and key not in allowed:
                warnings.append(f"field {key} left out")
            elif str(key).lower() in HIDDEN:
                clean[key] = MASK
                warnings.append(f"field {key} hidden")
            else:
                clean[key] = redact(inner, None, depth + 1, warnings)
        return clean
    if isinstance(value, list):
        return [redact(one, allowed, depth + 1, warnings) for one in value]
    if isinstance(value, str):
        for pattern, instead in PATTERNS:
            value, hits = pattern.subn(instead, value)
            if hits:
                warnings.append("a text held what is hidden")
    return value


def summarize(data):
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return of_rows(data)
    if isinstance(data, dict):
        shown = [f"{key}: {str(value)[:80]}" for key, value in data.items()]
        return [f"keys: {', '.join(list(data)[:20])}", *shown][:MAX_FACTS]
    if isinstance(data, list):
        return [f"{len(data)} items", *(repr(one)[:100] for one in data[: MAX_FACTS - 1])]
    return [data[:500] if isinstance(data, str) else repr(data)[:200]]


def of_rows(rows):
    seen = {}
    for row in rows[:10]:
        for key in row:
            seen[key] = seen.get(key, 0) + 1
    keys = sorted(seen, key=seen.get, reverse=True)[:10]
    facts = [f"{len(rows)} rows", f"keys: {', '.join(keys)}"]
    columns = {key: [row[key] for row in rows if key in row] for key in keys}
    numeric = [key for key in keys if all(isinstance(value, (int, float)) for value in columns[key])]
    for key in numeric[:5]:
        values = columns[key]
        facts.append(f"{key}: min {min(values):.2f}, max {max(values):.2f}, avg {sum(values) / len(values):.2f}")
    for key in keys:
        texts = [value for value in columns[key] if isinstance(value, str)]
        distinct = sorted(set(texts))
        if 2 <= len(distinct) <= 10:
            facts.append(f"{key}: {', '.join(f'{text} {texts.count(text)}' for text in distinct)}")
    return facts[:MAX_FACTS]


def within(facts):
    kept, total = [], 0
    for fact in facts:
        total += len(fact)
        if total > MAX_CHARS:
            break
        kept.append(fact)
    return kept


def table(data, max_rows):
    rows = data[:max_rows] if isinstance(data, list) else [data]
    return [dict(list(row.items())[:MAX_FIELDS]) if isinstance(row, dict) else {"value": row} for row in rows]


def transform(raw, action_id, principal, mode, constraints, handle):
    max_rows = int(constraints.get("max_rows", MAX_ROWS))
    made = datetime.now(timezone.utc)
    provenance = Provenance(raw.capability_id, principal.principal_id, made, action_id)
    warnings = []
    data = redact(raw.data, constraints.get("allowed_fields"), 0, warnings)
    frame = Frame(action_id, raw.capability_id, mode, handle=handle, warnings=warnings, provenance=provenance)
    if mode == "table":
        frame.table_preview = table(data, max_rows)
    elif mode == "summary":
        frame.facts = within(summarize(data))
    return frame
