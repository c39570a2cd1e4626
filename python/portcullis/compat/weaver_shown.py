"""What the wire tells, in weaver-kernel's values."""
from __future__ import annotations

from typing import Any, List, Mapping

from ..types.decision import Decision
from ..types.journal import Explanation
from ..types.result import Frame as _Frame
from .weaver_values import ActionTrace, DenialExplanation, FailedCondition, Frame, Handle, Provenance


def trace_of(told: Explanation) -> ActionTrace:
    outcome, grant, shown = told.outcome, told.grant or {}, told.shown or {}
    failed = None if outcome is None or outcome.status == "ok" else outcome.status
    permitted = told.effect in ("permit", "modify")
    driver = told.provider or ("host" if told.execution == "host" else "")
    return ActionTrace(
        action_id=told.id,
        capability_id=grant.get("capability") or told.action,
        principal_id=told.principal,
        token_id=grant.get("id", ""),
        invoked_at=told.at,
        args={"commitment": told.params} if told.params else {},
        response_mode=shown.get("mode", ""),
        driver_id=driver if outcome is not None else "",
        handle_id=shown.get("handle"),
        error=failed,
        result_summary={
            "fact_count": shown.get("facts", 0),
            "row_count": shown.get("rows", 0),
            "warning_count": shown.get("notes", 0),
            "has_handle": "handle" in shown,
        },
        sensitivity=grant.get("sensitivity", "none"),
        event_type="invoke" if permitted else "deny",
        reason_code=told.code,
        effect=told.effect,
        expansions=list(told.expansions),
    )


#: What to do for each retry class; of the others nothing helps.
_REMEDIES = {
    "after_approval": "People have to approve it.",
    "new_session": "Ask in a new session.",
}


def denial_of(decision: Decision, told: Explanation, given: Mapping[str, Any]) -> DenialExplanation:
    help = decision.help
    code = decision.code
    failed = [
        FailedCondition(path, None, None, f"rule {rule['rule']} does not hold there", code)
        for rule in told.unmet
        for path in rule["conditions"]
    ]
    remedies: List[str] = []
    for change in help.arguments if help is not None else ():
        required = list(change.permitted) if change.permitted is not None else None
        text = f"Change {change.argument}" + ("" if required is None else f" to what meets {required}")
        failed.append(FailedCondition(change.argument, required, given.get(change.argument), text, code))
        remedies.append(text + ".")
    if help is not None and help.retry == "after":
        when = help.after
        known = when is not None and when.seconds is not None
        remedies.append(f"Ask again in {when.seconds} s." if when is not None and known else "Ask again later.")
    if help is not None and help.retry == "get_grant":
        remedies.append(f"Ask for a grant of {help.capability}.")
    if help is not None and help.retry in _REMEDIES:
        remedies.append(_REMEDIES[help.retry])
    if decision.remedy is not None:
        remedies.append(decision.remedy)
    return DenialExplanation(True, decision.rule or "", failed, remedies, decision.reason, code)


def frame_of(frame: _Frame, action: str, capability: str, principal: str, mode: str) -> Frame:
    shown = frame.mode or mode
    data = frame.data
    rows = data if isinstance(data, list) else [] if data is None else [data]
    handle = None if frame.handle is None else Handle(frame.handle, capability, frame.handle_expires, frame.rows)
    return Frame(
        action_id=action,
        capability_id=capability,
        response_mode=shown,
        facts=rows if shown == "summary" else [],
        table_preview=rows if shown == "table" else [],
        handle=handle,
        warnings=list(frame.notes),
        provenance=Provenance(capability, principal, action),
        raw_data=data if shown == "raw" else None,
    )
