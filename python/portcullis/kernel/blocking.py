"""Long because it is one face: the kernel as a Python program sees it, every verb of the wire, blocking, for any number of threads.

`submit` and `decide` answer with values, refusals included; `check` and `execute_tool` raise them. What is raised is a
PortcullisError, and nothing else that the sidecar or the way to it can cause.
"""
from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, Mapping, Optional, Sequence, Tuple

from ..errors import PortcullisError
from ..transport.events import MAX_SILENCE, Event, EventParser, following
from ..types.decision import Decision
from ..types.result import CanonicalAction, Frame, OutcomeAnswer, PermitStatus, Result
from ..verbs import approval, calls
from ..verbs.aliases import resolve
from ..verbs.granting import GrantVerbs
from ..verbs.refusal import raise_refusal
from ..verbs.request import GivenContext, GivenLabels, Params, Proof, Standing, batch_body, body, wire_context, wire_labels
from ..verbs.streaming import StreamVerbs

if TYPE_CHECKING:
    from ..listening.blocking import Callback, InvalidationListener, OnError
    from ..transport.blocking import Transport
    from ..types.invalidation import Invalidation
    from ..types.journal import Explanation, InclusionProof, JournalPage, VerifyReport
    from ..types.policy import BudgetView, PolicyReport, PolicyView, ScopeView
    from ..types.session import SessionView
    from ..types.status import KernelStatus


class Kernel(GrantVerbs, StreamVerbs):
    """Made by `create_kernel`. Close it, or use it as a context manager."""

    def __init__(
        self,
        transport: "Transport",
        standing: Standing,
        *,
        principal: Optional[str] = None,
        owns_session: bool = False,
        on_approval: Optional[approval.Handler] = None,
        approval_timeout: float = approval.DEFAULT_APPROVAL_TIMEOUT,
        release: Optional[Callable[[], None]] = None,
    ) -> None:
        self._transport = transport
        self._standing = standing
        self._owns_session = owns_session
        self._on_approval = approval.checked_handler(on_approval)
        self._approval_timeout = approval.checked_timeout(approval_timeout)
        self._release = release
        self._pid = os.getpid()
        self._closed = False
        self._listeners: "weakref.WeakSet[InvalidationListener]" = weakref.WeakSet()
        #: Who this kernel acts as.
        self.principal = principal

    # actions

    def submit(
        self,
        action: str,
        resource: Optional[str] = None,
        params: Params = None,
        *,
        session: Optional[str] = None,
        context: GivenContext = None,
        justification: Optional[str] = None,
        labels: GivenLabels = None,
        token: Optional[str] = None,
        proof: Proof = None,
        idempotency_key: Optional[str] = None,
        resume: Optional[str] = None,
        response_mode: Optional[str] = None,
    ) -> Result:
        """Decide, journal, run, bound what comes back. A refusal is a value: see `result.decision`."""
        more = {
            "justification": justification,
            "labels": wire_labels(labels),
            "token": token,
            "proof": proof,
            "idempotency_key": idempotency_key,
            "resume": resume,
            "response_mode": response_mode,
        }
        request = body(self._standing, action, resource, params, session, context, more)
        result: Result = self._transport.send(calls.submit(request))
        return self._approved(result) if approval.is_held(result) else result

    def expand(
        self,
        handle: str,
        *,
        offset: Optional[int] = None,
        limit: Optional[int] = None,
        fields: Optional[Sequence[str]] = None,
        filter: Optional[Mapping[str, Any]] = None,
        session: Optional[str] = None,
    ) -> Frame:
        """A page of what a handle names: rows filtered by equal members, then cut out, then cut down to `fields`. `session` reads it and bears its labels."""
        chosen = calls.listed(fields)
        query = calls.present(offset=offset, limit=limit, fields=chosen, filter=filter)
        frame: Frame = self._transport.send(calls.expand(handle, query or None, session or self._standing.session))
        return frame

    def decide(
        self,
        action: str,
        resource: Optional[str] = None,
        params: Params = None,
        *,
        execution: str = "host",
        audience: Optional[str] = None,
        session: Optional[str] = None,
        context: GivenContext = None,
        justification: Optional[str] = None,
        labels: GivenLabels = None,
        token: Optional[str] = None,
        proof: Proof = None,
        resume: Optional[str] = None,
    ) -> Result:
        """Decide and journal only. With execution="host" a signed permit comes back: `report` what came of it."""
        more = {
            "execution": execution,
            "audience": audience,
            "justification": justification,
            "labels": wire_labels(labels),
            "token": token,
            "proof": proof,
            "resume": resume,
        }
        request = body(self._standing, action, resource, params, session, context, more)
        result: Result = self._transport.send(calls.decide(request))
        return self._approved(result) if approval.is_held(result) else result

    def decide_batch(self, requests: Sequence[Mapping[str, Any]]) -> Tuple[Result, ...]:
        """Each request (the keyword arguments of `decide`) decided on its own, in order; at most 1,000."""
        bodies = [batch_body(self._standing, request) for request in requests]
        results: Tuple[Result, ...] = self._transport.send(calls.decide_batch(bodies))
        return results

    def check(
        self,
        action: str,
        resource: Optional[str] = None,
        params: Params = None,
        *,
        session: Optional[str] = None,
        context: GivenContext = None,
        justification: Optional[str] = None,
        labels: GivenLabels = None,
        token: Optional[str] = None,
        proof: Proof = None,
    ) -> Decision:
        """Whether this would be permitted: nothing executes and no permit is made. Raises the refusal."""
        result = self.decide(
            action,
            resource,
            params,
            execution="none",
            session=session,
            context=context,
            justification=justification,
            labels=labels,
            token=token,
            proof=proof,
        )
        return raise_refusal(result).decision

    def execute_tool(
        self,
        tool_class: str,
        action: str,
        parameters: Params = None,
        *,
        session: Optional[str] = None,
        context: GivenContext = None,
        justification: Optional[str] = None,
        labels: GivenLabels = None,
        token: Optional[str] = None,
        proof: Proof = None,
        idempotency_key: Optional[str] = None,
    ) -> Result:
        """`execute_tool("file", "read", {"path": …})`: the action by class and name (see aliases). Raises the refusal."""
        named = resolve(f"{tool_class}.{action}", parameters or {})
        return raise_refusal(
            self.submit(
                named.action,
                named.resource,
                named.params,
                session=session,
                context=context,
                justification=justification,
                labels=labels,
                token=token,
                proof=proof,
                idempotency_key=idempotency_key,
            )
        )

    def report(
        self,
        permit: str,
        status: str = "ok",
        *,
        result: Any = None,
        error: Optional[str] = None,
        duration_ms: Optional[float] = None,
        tokens: Optional[int] = None,
        response_mode: Optional[str] = None,
    ) -> OutcomeAnswer:
        """What came of an action that this host executed: ok, error or unknown."""
        usage = None if tokens is None else {"tokens": tokens}
        call = calls.report(permit, status, result, error, duration_ms, usage, response_mode)
        answer: OutcomeAnswer = self._transport.send(call)
        return answer

    def verify_permit(
        self,
        permit: str,
        *,
        audience: Optional[str] = None,
        action: Optional[CanonicalAction] = None,
        on_behalf_of: Optional[str] = None,
        accept_observed: bool = False,
    ) -> PermitStatus:
        answer: PermitStatus = self._transport.send(
            calls.verify_permit(permit, audience, action, on_behalf_of, accept_observed)
        )
        return answer

    def redeem_permit(
        self,
        permit: str,
        *,
        audience: Optional[str] = None,
        action: Optional[CanonicalAction] = None,
        on_behalf_of: Optional[str] = None,
        accept_observed: bool = False,
    ) -> PermitStatus:
        """Verify and mark used: the second redeem answers `permit_used`."""
        answer: PermitStatus = self._transport.send(
            calls.redeem_permit(permit, audience, action, on_behalf_of, accept_observed)
        )
        return answer

    def explain(self, id: str) -> "Explanation":
        """Everything the kernel tells this caller of one action. `id` is `decision.id`."""
        answer: Explanation = self._transport.send(calls.explain(id))
        return answer

    # sessions

    @property
    def session_id(self) -> Optional[str]:
        """The session that requests belong to; None for the key's standing one."""
        return self._standing.session

    def open_session(
        self,
        *,
        preset: Optional[str] = None,
        on_behalf_of: Optional[str] = None,
        label: Optional[str] = None,
        context: GivenContext = None,
        scope: Optional[str] = None,
        parent: Optional[str] = None,
    ) -> "SessionView":
        """A clean session: pass its id as `session=`. This kernel's own stays as it is.

        While the session `parent` is quarantined, so is it.
        """
        call = calls.open_session(preset, on_behalf_of, label, wire_context(context) or None, scope, parent)
        view: SessionView = self._transport.send(call)
        return view

    def session(self, id: Optional[str] = None) -> "SessionView":
        view: SessionView = self._transport.send(calls.session(id or self._standing.session))
        return view

    def close_session(self, id: str) -> "SessionView":
        view: SessionView = self._transport.send(calls.close_session(id))
        return view

    def add_turn(self, text: str, *, session: Optional[str] = None) -> "SessionView":
        """The user's own words, as trusted input: needs `may_assert.user_turns`."""
        id = session or self._standing.session or self.session().id
        view: SessionView = self._transport.send(calls.add_turn(id, text))
        return view

    def quarantine(self, id: str, level: str, reason: str) -> "SessionView":
        view: SessionView = self._transport.send(calls.quarantine(id, level, reason))
        return view

    def endorse(self, id: str, value: str, reason: str) -> "SessionView":
        """From now on the value counts in this session as if the user had typed it: needs the right `approve`."""
        view: SessionView = self._transport.send(calls.vouch("endorse", id, value, reason))
        return view

    def declassify(self, id: str, value: str, reason: str) -> "SessionView":
        """From now on the value is not private in this session: needs the right `approve`."""
        view: SessionView = self._transport.send(calls.vouch("declassify", id, value, reason))
        return view

    def invalidate(self, target: str, id: str, reason: str) -> "Invalidation":
        """Ends a session, principal or role at once, permits that are out included: needs the right `quarantine`."""
        found: Invalidation = self._transport.send(calls.invalidate(target, id, reason))
        return found

    def restore(self, target: str, id: str, reason: str) -> None:
        """Lifts an invalidation. Permits that it voided stay void."""
        self._transport.send(calls.restore(target, id, reason))

    def invalidations(self) -> "Tuple[Invalidation, ...]":
        """What is over now: for an auditor all of the tenant, else what concerns this key."""
        found: Tuple[Invalidation, ...] = (self._transport.send(calls.invalidations())).invalidations
        return found

    def spawn_invalidation_listener(
        self, callback: "Callback", *, on_error: "Optional[OnError]" = None
    ) -> "InvalidationListener":
        """Calls `callback(scope)` for each session, principal or role that is over from now on, until `abort()`.

        In a thread of its own, one call at a time, each once, across reconnects. What the callback raises goes to
        `on_error`, else to the logger `portcullis`, and ends nothing.
        """
        from ..listening.blocking import InvalidationListener

        listener = InvalidationListener(self, callback, on_error)
        self._listeners.add(listener)
        return listener

    # policy, journal, state: for keys with the rights

    def policy(self) -> "PolicyView":
        view: PolicyView = self._transport.send(calls.policy())
        return view

    def replace_policy(self, text: str, format: str = "yaml") -> "PolicyView":
        """A text that does not load raises InvalidInput, and the last good set stays in force."""
        view: PolicyView = self._transport.send(calls.replace_policy(text, format))
        return view

    def check_policy(self, text: str, format: str = "yaml") -> "PolicyReport":
        view: PolicyReport = self._transport.send(calls.check_policy(text, format))
        return view

    def budgets(self) -> "Tuple[BudgetView, ...]":
        """What is left of budgets: this key's own, for an auditor everybody's."""
        found: "Tuple[BudgetView, ...]" = (self._transport.send(calls.budgets())).budgets
        return found

    def create_scope(self, policy: str, format: str = "yaml", *, mode: Optional[str] = None) -> "ScopeView":
        """A policy of one's own, in place of the server's, for the sessions that this key opens in it."""
        view: ScopeView = self._transport.send(calls.create_scope(policy, format, mode))
        return view

    def replace_scope(self, id: str, policy: str, format: str = "yaml") -> "ScopeView":
        view: ScopeView = self._transport.send(calls.replace_scope(id, policy, format))
        return view

    def drop_scope(self, id: str) -> "ScopeView":
        """What goes on in its sessions is denied."""
        view: ScopeView = self._transport.send(calls.drop_scope(id))
        return view

    def freeze(self, on: bool, reason: str) -> "KernelStatus":
        view: KernelStatus = self._transport.send(calls.freeze(on, reason))
        return view

    def journal(self, **query: Any) -> "JournalPage":
        """Records by id, session, principal, action, effect, status, kind, since, until, after, limit, reverse."""
        page: JournalPage = self._transport.send(calls.journal(query))
        return page

    def record(self, seq: int) -> Dict[str, Any]:
        found: Dict[str, Any] = self._transport.send(calls.record(seq))
        return found

    def proof(self, seq: int) -> "InclusionProof":
        found: InclusionProof = self._transport.send(calls.proof(seq))
        return found

    def checkpoint(self) -> str:
        """The newest checkpoint, a C2SP signed note."""
        note: str = self._transport.send(calls.checkpoint())
        return note

    def verify(self) -> "VerifyReport":
        report: VerifyReport = self._transport.send(calls.verify())
        return report

    def resolve(self, id: str, *, happened: bool) -> "Explanation":
        """Settle an action whose outcome nobody knows."""
        found: Explanation = self._transport.send(calls.resolve(id, happened))
        return found

    def status(self) -> "KernelStatus":
        view: KernelStatus = self._transport.send(calls.status())
        return view

    def events(self, after: Optional[int] = None) -> "Iterator[Event]":
        """What happens from now on, or after a sequence number, as dictionaries with seq, type and at. Ends by an
        exception when the connection does; go on with the last seq seen."""
        parser = EventParser()
        for data in self._transport.stream(following(after), MAX_SILENCE):
            yield from parser.feed(data)

    # life

    def close(self) -> None:
        """Ends the session that `create_kernel` opened, and the connections. A second close does nothing."""
        if self._closed:
            return
        self._closed = True
        for listener in list(self._listeners):
            listener.abort()
        try:
            # A forked child shares the session with its parent, whose it is.
            if self._owns_session and self._standing.session and os.getpid() == self._pid:
                self._transport.send(calls.close_session(self._standing.session))
        except PortcullisError:
            pass  # The sidecar is gone, or the session is: either way it is over.
        finally:
            self._transport.close()
            if self._release is not None and os.getpid() == self._pid:
                self._release()

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Kernel {self.principal or '?'} at {self._transport.endpoint}>"
