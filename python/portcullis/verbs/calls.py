"""Every verb of the wire as a function from arguments to a Call. Nothing here sends anything."""
from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Sequence
from urllib.parse import quote, urlencode

from ..errors import BadResponse, InvalidInput, MalformedRequest
from ..types import result as results
from ..wire import shape
from ..wire.call import Call
from ..wire.wirejson import encode

#: Seconds. Reading a long journal takes longer than a call.
VERIFY_TIMEOUT = 600.0
MAX_BATCH = 1000


def present(**members: Any) -> Dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def listed(given: Any) -> Any:
    """A list of what was given; a text is no list of its letters, and is left for the sidecar to refuse."""
    return given if given is None or isinstance(given, (str, bytes)) or not hasattr(given, "__iter__") else list(given)


def _flag(name: str, given: Any) -> bool:
    """A switch that opens something is thrown by True alone: "deny" and "false" are texts, and true as such."""
    if type(given) is not bool:
        raise InvalidInput(f"{name} is True or False, not {given!r:.40}")
    return given


def _segment(value: Any) -> str:
    """An id as one path segment that it cannot leave; dot segments are folded on the way, so they become unknown ids."""
    text = str(value)
    return "%00" if text in ("", ".", "..") else quote(text.encode("utf-8", "replace"), safe="")


def _same(what: str, given: Any) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        found = value[what] if isinstance(value, dict) else getattr(value, what)
        if found != given:
            raise BadResponse("the answer is about something else")

    return check


def submit(body: Dict[str, Any]) -> Call:
    return Call("POST", "/v1/submit", encode(body), results.result, "idempotency_key" in body)


def stream(verb: str, body: Dict[str, Any]) -> Call:
    """`submit` or `invoke`, answered with frames; what is refused before it is a stream is a result."""
    call = {**body, "stream": True}
    return Call("POST", f"/v1/{verb}", encode(call), results.result, "idempotency_key" in body)


def decide(body: Dict[str, Any]) -> Call:
    return Call("POST", "/v1/decide", encode(body), results.result)


def decide_batch(bodies: Sequence[Dict[str, Any]]) -> Call:
    if len(bodies) > MAX_BATCH:
        raise MalformedRequest(f"a batch has at most {MAX_BATCH} requests, not {len(bodies)}", code="too_large")

    def check(value: Any) -> None:
        if len(value) != len(bodies):
            raise BadResponse(f"{len(value)} answers to {len(bodies)} requests")

    return Call("POST", "/v1/decide", encode(list(bodies)), results.results, check=check)


def report(
    permit: str,
    status: str,
    result: Any,
    error: Optional[str],
    duration_ms: Optional[float],
    usage: Optional[Dict[str, Any]] = None,
    response_mode: Optional[str] = None,
) -> Call:
    body = present(
        permit=permit, status=status, result=result, error=error, duration_ms=duration_ms, usage=usage,
        response_mode=response_mode,
    )
    return Call("POST", "/v1/outcomes", encode(body), results.outcome_answer)


def _permit(
    verb: str, permit: str, audience: Optional[str], action: Any, on_behalf_of: Optional[str], observed: bool
) -> Call:
    if not isinstance(permit, str) or not permit:
        raise InvalidInput("a permit is a text", code="permit_invalid")
    body = present(permit=permit, audience=audience, on_behalf_of=on_behalf_of)
    if action is not None:
        resource = {"kind": action.resource.kind, "value": action.resource.value}
        body["action"] = {"name": action.name, "resource": resource, "params": action.params}
    if _flag("accept_observed", observed):
        body["accept_observed"] = True
    return Call("POST", f"/v1/permits/{verb}", encode(body), results.permit_status, verb == "verify")


def verify_permit(
    permit: str, audience: Optional[str], action: Any, on_behalf_of: Optional[str], accept_observed: bool
) -> Call:
    return _permit("verify", permit, audience, action, on_behalf_of, accept_observed)


def redeem_permit(
    permit: str, audience: Optional[str], action: Any, on_behalf_of: Optional[str], accept_observed: bool
) -> Call:
    return _permit("redeem", permit, audience, action, on_behalf_of, accept_observed)


def explain(id: str) -> Call:
    from ..types.journal import explanation

    return Call("GET", f"/v1/explain/{_segment(id)}", None, explanation, True, check=_same("id", id))


def open_session(
    preset: Optional[str],
    on_behalf_of: Optional[str],
    label: Optional[str],
    context: Optional[Dict[str, Any]] = None,
    scope: Optional[str] = None,
    parent: Optional[str] = None,
) -> Call:
    from ..types.session import session

    body = present(
        preset=preset, scope=scope, on_behalf_of=on_behalf_of, label=label, context=context, parent=parent
    )
    return Call("POST", "/v1/sessions", encode(body), session)


def session(id: Optional[str]) -> Call:
    from ..types.session import session as view

    if id is None:
        return Call("GET", "/v1/sessions/current", None, view, True)
    return Call("GET", f"/v1/sessions/{_segment(id)}", None, view, True, check=_same("id", id))


def close_session(id: str) -> Call:
    from ..types.session import session as view

    return Call("DELETE", f"/v1/sessions/{_segment(id)}", None, view, True, check=_same("id", id))


def add_turn(id: str, text: str) -> Call:
    from ..types.session import session as view

    body = encode({"role": "user", "text": text})
    return Call("POST", f"/v1/sessions/{_segment(id)}/turns", body, view, check=_same("id", id))


def quarantine(id: str, level: str, reason: str) -> Call:
    from ..types.session import session as view

    body = encode({"level": level, "reason": reason})
    return Call("POST", f"/v1/sessions/{_segment(id)}/quarantine", body, view, check=_same("id", id))


def vouch(verb: str, id: str, value: str, reason: str) -> Call:
    from ..types.session import session as view

    body = encode({"value": value, "reason": reason})
    return Call("POST", f"/v1/sessions/{_segment(id)}/{verb}", body, view, True, check=_same("id", id))


def invalidate(target: str, id: str, reason: str) -> Call:
    from ..types.invalidation import invalidation

    body = encode({"target": target, "id": id, "reason": reason})
    return Call("POST", "/v1/invalidate", body, invalidation, True, check=_same("id", id))


def restore(target: str, id: str, reason: str) -> Call:
    return Call("POST", "/v1/restore", encode({"target": target, "id": id, "reason": reason}), shape.mapping)


def invalidations() -> Call:
    from ..types.invalidation import listing

    return Call("GET", "/v1/invalidations", None, listing, True)


def grant(body: Dict[str, Any]) -> Call:
    from ..types.grant import grant as answer

    return Call("POST", "/v1/grants", encode(body), answer)


def attenuate(token: str, caveats: Any, seal: bool) -> Call:
    from ..types.grant import attenuated

    body = present(token=token, caveats=caveats, seal=seal or None)
    return Call("POST", "/v1/grants/attenuate", encode(body), attenuated, True)


def grants(principal: Optional[str], capability: Optional[str], after: Optional[str], limit: Optional[int]) -> Call:
    from ..types.grant import page

    query = present(principal=principal, capability=capability, after=after, limit=limit)
    return Call("GET", "/v1/grants" + (f"?{urlencode(query)}" if query else ""), None, page, True)


def revoke_grant(id: str) -> Call:
    from ..types.grant import revocation

    return Call("DELETE", f"/v1/grants/{_segment(id)}", None, revocation, True)


def revoke(
    reason: str, grant: Optional[str], principal: Optional[str], capability: Optional[str], block: Optional[str]
) -> Call:
    from ..types.grant import revocation

    body = present(grant=grant, principal=principal, capability=capability, block=block, reason=reason)
    return Call("POST", "/v1/grants/revoke", encode(body), revocation, True)


def invoke(body: Dict[str, Any]) -> Call:
    return Call("POST", "/v1/invoke", encode(body), results.result, "idempotency_key" in body)


def policy() -> Call:
    from ..types.policy import policy_view

    return Call("GET", "/v1/policy", None, policy_view, True)


def replace_policy(text: str, format: str) -> Call:
    from ..types.policy import policy_view

    return Call("PUT", "/v1/policy", encode({"text": text, "format": format}), policy_view, True)


def check_policy(text: str, format: str) -> Call:
    from ..types.policy import policy_report

    return Call("POST", "/v1/policy/check", encode({"text": text, "format": format}), policy_report, True)


def freeze(on: bool, reason: str) -> Call:
    from ..types.status import status as view

    return Call("POST", "/v1/freeze", encode({"on": on, "reason": reason}), view, True)


def journal(query: Dict[str, Any]) -> Call:
    from ..types.journal import journal_page

    given = {name: value for name, value in query.items() if value is not None}
    pairs = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
    return Call("GET", "/v1/journal" + (f"?{urlencode(pairs)}" if pairs else ""), None, journal_page, True)


def record(seq: int) -> Call:
    return Call("GET", f"/v1/journal/records/{_segment(seq)}", None, shape.mapping, True, check=_same("seq", seq))


def proof(seq: int) -> Call:
    from ..types.journal import inclusion_proof

    return Call("GET", f"/v1/journal/proof/{_segment(seq)}", None, inclusion_proof, True, check=_same("seq", seq))


def checkpoint() -> Call:
    return Call("GET", "/v1/journal/checkpoint", repeatable=True, plain=True)


def verify() -> Call:
    from ..types.journal import verify_report

    return Call("POST", "/v1/journal/verify", None, verify_report, True, timeout=VERIFY_TIMEOUT)


def resolve(id: str, happened: bool) -> Call:
    from ..types.journal import explanation

    body = encode({"id": id, "outcome": "happened" if _flag("happened", happened) else "not"})
    return Call("POST", "/v1/journal/resolve", body, explanation, check=_same("id", id))


def status() -> Call:
    from ..types.status import status as view

    return Call("GET", "/v1/status", None, view, True)


def expand(handle: str, query: Optional[Dict[str, Any]], session: Optional[str] = None) -> Call:
    asked = present(handle=handle, query=query, session=session)
    return Call("POST", "/v1/expand", encode(asked), results.frame)


def capabilities() -> Call:
    from ..types.grant import capability_listing

    return Call("GET", "/v1/capabilities", None, capability_listing, True)


def request_capabilities(goal: str, tags: Any, limit: Optional[int]) -> Call:
    from ..types.grant import capability_listing

    body = present(goal=goal, tags=listed(tags), limit=limit)
    return Call("POST", "/v1/capabilities/search", encode(body), capability_listing, True)


def register_capability(definition: Any) -> Call:
    from ..types.grant import capability

    id = _segment(str(definition.get("id", "")))
    return Call("PUT", f"/v1/capabilities/{id}", encode(dict(definition)), capability, True)


def approve_capability(id: str, digest: str) -> Call:
    from ..types.grant import capability

    body = encode({"digest": digest})
    return Call("POST", f"/v1/capabilities/{_segment(id)}/approve", body, capability, check=_same("id", id))


def delete_capability(id: str) -> Call:
    from ..types.grant import revocation

    return Call("DELETE", f"/v1/capabilities/{_segment(id)}", None, revocation)


def budgets() -> Call:
    from ..types.policy import budgets as listing

    return Call("GET", "/v1/budgets", None, listing, True)


def approvals(status: Optional[str], session: Optional[str], principal: Optional[str], limit: Optional[int]) -> Call:
    from ..types.approval import listing

    query = present(status=status, session=session, principal=principal, limit=limit)
    return Call("GET", "/v1/approvals" + (f"?{urlencode(query)}" if query else ""), None, listing, True)


def approval(id: str) -> Call:
    from ..types.approval import approval as view

    return Call("GET", f"/v1/approvals/{_segment(id)}", None, view, True, check=_same("id", id))


def answer_approval(id: str, approve: bool, reason: Optional[str], term: Any, narrow: Any) -> Call:
    from ..types.approval import approval as view

    body = present(decision="approve" if _flag("approve", approve) else "deny", reason=reason, narrow=narrow, **{"for": term})
    return Call("POST", f"/v1/approvals/{_segment(id)}", encode(body), view, check=_same("id", id))


def answer_approvals(answers: Any) -> Call:
    from ..types.approval import listing

    return Call("POST", "/v1/approvals", encode({"answers": [dict(one) for one in answers]}), listing)


def withdraw_approval(id: str) -> Call:
    from ..types.approval import approval as view

    return Call("DELETE", f"/v1/approvals/{_segment(id)}", None, view, check=_same("id", id))


def resume(id: str) -> Call:
    return Call("POST", f"/v1/approvals/{_segment(id)}/resume", encode({}), results.result)


def create_scope(policy: str, format: str, mode: Optional[str]) -> Call:
    from ..types.policy import scope

    return Call("POST", "/v1/scopes", encode(present(policy=policy, format=format, mode=mode)), scope)


def replace_scope(id: str, policy: str, format: str) -> Call:
    from ..types.policy import scope

    body = encode({"policy": policy, "format": format})
    return Call("PUT", f"/v1/scopes/{_segment(id)}", body, scope, True, check=_same("id", id))


def drop_scope(id: str) -> Call:
    from ..types.policy import scope

    return Call("DELETE", f"/v1/scopes/{_segment(id)}", None, scope, check=_same("id", id))
