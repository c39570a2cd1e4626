"""The body of submit and decide, from what the caller gave and what the kernel adds: its session, and who it acts as."""
from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Sequence, Union

from ..errors import InvalidInput
from ..types.decision import Label
from ..types.session import Context

Params = Optional[Mapping[str, Any]]
GivenContext = Union[Context, Mapping[str, Any], None]
#: What the caller knows of where the arguments come from. Labels only add: what they say is untrusted, private or secret is.
GivenLabels = Optional[Sequence[Union[Label, Mapping[str, Any]]]]
#: A proof as it is sent, or what signs one: the 64 bytes of the Ed25519 signature over a message, as `Ed25519PrivateKey.sign` of `cryptography` gives them.
Proof = Union[str, Callable[[bytes], bytes], None]


class Standing(NamedTuple):
    """What every request of one kernel carries unless it says otherwise."""

    session: Optional[str] = None
    context: Mapping[str, Any] = {}
    #: Whose the session is.
    principal: Optional[str] = None


def body(
    standing: Standing,
    action: str,
    resource: Optional[str],
    params: Optional[Mapping[str, Any]],
    session: Optional[str],
    context: GivenContext,
    more: Mapping[str, Any],
) -> Dict[str, Any]:
    found: Dict[str, Any] = {"action": action}
    if resource is not None:
        found["resource"] = resource
    if params is not None:
        found["params"] = dict(params) if isinstance(params, Mapping) else params
    for name, value in more.items():
        if value is not None:
            found[name] = value
    return placed(standing, found, session, context)


def batch_body(standing: Standing, request: Mapping[str, Any]) -> Dict[str, Any]:
    """One request of a batch: the keyword arguments of `decide` as a mapping."""
    more = dict(request)
    action = more.pop("action", "")
    resource, params = more.pop("resource", None), more.pop("params", None)
    session, context = more.pop("session", None), more.pop("context", None)
    more["labels"] = wire_labels(more.pop("labels", None))
    return body(standing, action, resource, params, session, context, more)


def placed(
    standing: Standing, found: Dict[str, Any], session: Optional[str], context: GivenContext
) -> Dict[str, Any]:
    """The body with its session, with who it acts as, and, last, with the proof of all that."""
    said = {**standing.context, **wire_context(context)} if context or standing.context else None
    if session is None and (said is None or _same_actor(said, standing)):
        session = standing.session
    if session is not None:
        found["session"] = session
    if said:
        found["context"] = said
    proof = found.get("proof")
    if callable(proof):
        from ..signing.proof import proof_of

        found["proof"] = proof_of(found, proof)
    return found


def wire_context(context: GivenContext) -> Dict[str, Any]:
    if context is None:
        return {}
    if isinstance(context, Context):
        return context.wire()
    if not isinstance(context, Mapping):
        raise InvalidInput("context is a Context or a mapping")
    return dict(context)


def wire_labels(labels: GivenLabels) -> Any:
    """What is no list of labels is for the sidecar to refuse."""
    if not isinstance(labels, (list, tuple)):
        return labels
    return [dict(vars(label)) if isinstance(label, Label) else label for label in labels]


def _same_actor(said: Mapping[str, Any], standing: Standing) -> bool:
    """The kernel's session is its own principal's: somebody else's request goes to that one's standing session."""
    return "on_behalf_of" not in said and said.get("principal") in (None, standing.principal)
