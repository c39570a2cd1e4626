"""Ari Kernel's taint labels, to and from ours. What it calls tainted is untrusted here; how sure somebody was of it does not count."""
from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from ..errors import InvalidInput
from ..types.decision import Label

Taint = Union[str, Mapping[str, Any]]
Taints = Optional[Sequence[Taint]]

#: Their sources -> what a label of ours says of them. A model's own words are no source: what it says is traced.
SOURCES: Dict[str, Optional[str]] = {
    "web": "public",
    "rag": "public",
    "email": "public",
    "retrieved-doc": "public",
    "user-provided": "public",
    "content-scan": "public",
    "tool-output": "public",
    "model-generated": None,
    "derived-sensitive": "secret",
}
#: Members of their labels that say nothing that could be held against anybody.
_PASSED_OVER = {"confidence", "addedAt", "propagatedFrom"}
#: Our sources -> theirs, where they have a name for it.
_THEIRS = {"http": "web", "behaviour": "derived-sensitive"}


def labels_of(taints: Taints) -> List[Label]:
    """`"web"`, `"web:news.test"` or their dictionaries. Raises ValueError for a source that there is not."""
    if taints is None:
        return []
    if isinstance(taints, (str, bytes, Mapping)):
        raise InvalidInput("taint_labels is a list")
    found = [_label(taint) for taint in taints]
    return [label for label in found if label is not None]


def _label(taint: Taint) -> Optional[Label]:
    if isinstance(taint, str):
        source, _, origin = taint.partition(":")
    elif isinstance(taint, Mapping):
        odd = sorted(set(taint) - _PASSED_OVER - {"source", "origin"})
        if odd:
            raise InvalidInput(f"a taint label has no member {odd[0]!r:.40}")
        source, origin = taint.get("source", ""), taint.get("origin", "")
    else:
        raise InvalidInput("a taint label is a text or a mapping")
    if source not in SOURCES:
        raise InvalidInput(f"taint source {source!r:.40} is none of {', '.join(SOURCES)}")
    confidentiality = SOURCES[source]
    if confidentiality is None:
        return None
    return Label(str(source), str(origin or source)[:256], "untrusted", confidentiality)


def taints_of(labels: Sequence[Label]) -> List[Dict[str, Any]]:
    """Their dictionaries, of what holds something back; with our words beside theirs."""
    return [
        {
            "source": _source(label),
            "origin": label.origin,
            "confidence": 1.0,
            "integrity": label.integrity,
            "confidentiality": label.confidentiality,
        }
        for label in labels
        if label.integrity == "untrusted" or label.confidentiality != "public"
    ]


def _source(label: Label) -> str:
    if label.source in SOURCES:
        return label.source
    return _THEIRS.get(label.source, "tool-output")
