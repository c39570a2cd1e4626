"""Long because `Kernel` is: the kernel for asyncio programs, the verbs of `Kernel`, each a coroutine, none of which blocks the loop."""
from __future__ import annotations

import asyncio
import os
import weakref
from typing import TYPE_CHECKING, Any, AsyncIterator, Callable, Dict, Mapping, Optional, Sequence, Tuple

from ..errors import PortcullisError
from ..sidecar.discovery import name_missing_key
from ..transport.aio import AsyncTransport
from ..transport.events import MAX_SILENCE, Event, EventParser, following
from ..types.decision import Decision
from ..types.result import CanonicalAction, Frame, OutcomeAnswer, PermitStatus, Result
from ..verbs import approval, calls
from ..verbs.aliases import resolve
from ..verbs.granting import AsyncGrantVerbs
from ..verbs.refusal import raise_refusal
from ..verbs.request import GivenContext, GivenLabels, Params, Proof, Standing, batch_body, body, wire_context, wire_labels
from ..verbs.streaming import AsyncStreamVerbs
from .connect import DEFAULT_TIMEOUT, check_timeout, place
from .opening import opening

if TYPE_CHECKING:
    from ..listening.aio import AsyncInvalidationListener, Callback
    from ..listening.blocking import OnError
    from ..types.invalidation import Invalidation
    from ..types.journal import Explanation, InclusionProof, JournalPage, VerifyReport
    from ..types.policy import BudgetView, PolicyReport, PolicyView, ScopeView
    from ..types.session import SessionView
    from ..types.status import KernelStatus


async def create_async_kernel(
    preset: Optional[str] = None,
    principal: Optional[str] = None,
    on_approval: Optional[approval.Handler] = None,
    mode: str = "sidecar",
    url: Optional[str] = None,
    api_key: Optional[str] = None,
    timeout: float = DEFAULT_TIMEOUT,
    session: Optional[str] = None,
    *,
    on_behalf_of: Optional[str] = None,
    label: Optional[str] = None,
    tls: Any = None,
    approval_timeout: float = approval.DEFAULT_APPROVAL_TIMEOUT,
) -> "AsyncKernel":
    """As `create_kernel`, in a running event loop."""
    check_timeout(timeout)
    found, release = await _place(mode, url, api_key)
    transport = AsyncTransport(found.endpoint, found.api_key, timeout, tls)
    try:
        opened = await _drive(transport, opening(preset, principal, on_behalf_of, session, label))
    except BaseException as error:
        await transport.close()
        await _released(release)
        name_missing_key(error, found)
        raise
    return AsyncKernel(
        transport,
        opened.standing,
        principal=opened.principal,
        owns_session=opened.owns_session,
        on_approval=on_approval,
        approval_timeout=approval_timeout,
        release=release,
    )


async def _place(mode: str, url: Optional[str], api_key: Optional[str]) -> Any:
    if mode != "local":
        return place(mode, url, api_key)
    return await asyncio.get_running_loop().run_in_executor(None, place, mode, url, api_key)


async def _released(release: Optional[Callable[[], None]]) -> None:
    """A private sidecar ends when its connections have, and those end as the loop goes on."""
    if release is not None:
        await asyncio.get_running_loop().run_in_executor(None, release)


async def _drive(transport: AsyncTransport, steps: Any) -> Any:
    call = next(steps)
    while True:
        try:
            try:
                answer = await transport.send(call)
            except Exception as error:
                call = steps.throw(error)
            else:
                call = steps.send(answer)
        except StopIteration as done:
            return done.value


class AsyncKernel(AsyncGrantVerbs, AsyncStreamVerbs):
    """Made by `create_async_kernel`. Close it, or use it with `async with`. For the verbs see `Kernel`."""

    def __init__(
        self,
        transport: AsyncTransport,
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
        self._listeners: "weakref.WeakSet[AsyncInvalidationListener]" = weakref.WeakSet()
        self.principal = principal

    async def submit(
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
        result: Result = await self._transport.send(calls.submit(request))
        return await self._approved(result) if approval.is_held(result) else result

    async def expand(
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
        frame: Frame = await self._transport.send(calls.expand(handle, query or None, session or self._standing.session))
        return frame

    async def decide(
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
        result: Result = await self._transport.send(calls.decide(request))
        return await self._approved(result) if approval.is_held(result) else result

    async def decide_batch(self, requests: Sequence[Mapping[str, Any]]) -> Tuple[Result, ...]:
        bodies = [batch_body(self._standing, request) for request in requests]
        results: Tuple[Result, ...] = await self._transport.send(calls.decide_batch(bodies))
        return results

    async def check(
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
        result = await self.decide(
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

    async def execute_tool(
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
        named = resolve(f"{tool_class}.{action}", parameters or {})
        return raise_refusal(
            await self.submit(
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

    async def report(
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
        usage = None if tokens is None else {"tokens": tokens}
        call = calls.report(permit, status, result, error, duration_ms, usage, response_mode)
        answer: OutcomeAnswer = await self._transport.send(call)
        return answer

    async def verify_permit(
        self,
        permit: str,
        *,
        audience: Optional[str] = None,
        action: Optional[CanonicalAction] = None,
        on_behalf_of: Optional[str] = None,
        accept_observed: bool = False,
    ) -> PermitStatus:
        call = calls.verify_permit(permit, audience, action, on_behalf_of, accept_observed)
        answer: PermitStatus = await self._transport.send(call)
        return answer

    async def redeem_permit(
        self,
        permit: str,
        *,
        audience: Optional[str] = None,
        action: Optional[CanonicalAction] = None,
        on_behalf_of: Optional[str] = None,
        accept_observed: bool = False,
    ) -> PermitStatus:
        call = calls.redeem_permit(permit, audience, action, on_behalf_of, accept_observed)
        answer: PermitStatus = await self._transport.send(call)
        return answer

    async def explain(self, id: str) -> "Explanation":
        answer: Explanation = await self._transport.send(calls.explain(id))
        return answer

    @property
    def session_id(self) -> Optional[str]:
        return self._standing.session

    async def open_session(
        self,
        *,
        preset: Optional[str] = None,
        on_behalf_of: Optional[str] = None,
        label: Optional[str] = None,
        context: GivenContext = None,
        scope: Optional[str] = None,
        parent: Optional[str] = None,
    ) -> "SessionView":
        call = calls.open_session(preset, on_behalf_of, label, wire_context(context) or None, scope, parent)
        view: SessionView = await self._transport.send(call)
        return view

    async def session(self, id: Optional[str] = None) -> "SessionView":
        view: SessionView = await self._transport.send(calls.session(id or self._standing.session))
        return view

    async def close_session(self, id: str) -> "SessionView":
        view: SessionView = await self._transport.send(calls.close_session(id))
        return view

    async def add_turn(self, text: str, *, session: Optional[str] = None) -> "SessionView":
        id = session or self._standing.session or (await self.session()).id
        view: SessionView = await self._transport.send(calls.add_turn(id, text))
        return view

    async def quarantine(self, id: str, level: str, reason: str) -> "SessionView":
        view: SessionView = await self._transport.send(calls.quarantine(id, level, reason))
        return view

    async def endorse(self, id: str, value: str, reason: str) -> "SessionView":
        view: SessionView = await self._transport.send(calls.vouch("endorse", id, value, reason))
        return view

    async def declassify(self, id: str, value: str, reason: str) -> "SessionView":
        view: SessionView = await self._transport.send(calls.vouch("declassify", id, value, reason))
        return view

    async def invalidate(self, target: str, id: str, reason: str) -> "Invalidation":
        found: Invalidation = await self._transport.send(calls.invalidate(target, id, reason))
        return found

    async def restore(self, target: str, id: str, reason: str) -> None:
        await self._transport.send(calls.restore(target, id, reason))

    async def invalidations(self) -> "Tuple[Invalidation, ...]":
        found: Tuple[Invalidation, ...] = (await self._transport.send(calls.invalidations())).invalidations
        return found

    async def spawn_invalidation_listener(
        self, callback: "Callback", *, on_error: "Optional[OnError]" = None
    ) -> "AsyncInvalidationListener":
        """As `Kernel.spawn_invalidation_listener`, in tasks of this loop; the callback may be a coroutine function."""
        from ..listening.aio import listen

        listener = await listen(self, callback, on_error)
        self._listeners.add(listener)
        return listener

    async def policy(self) -> "PolicyView":
        view: PolicyView = await self._transport.send(calls.policy())
        return view

    async def replace_policy(self, text: str, format: str = "yaml") -> "PolicyView":
        view: PolicyView = await self._transport.send(calls.replace_policy(text, format))
        return view

    async def check_policy(self, text: str, format: str = "yaml") -> "PolicyReport":
        view: PolicyReport = await self._transport.send(calls.check_policy(text, format))
        return view

    async def budgets(self) -> "Tuple[BudgetView, ...]":
        """What is left of budgets: this key's own, for an auditor everybody's."""
        found: "Tuple[BudgetView, ...]" = (await self._transport.send(calls.budgets())).budgets
        return found

    async def create_scope(self, policy: str, format: str = "yaml", *, mode: Optional[str] = None) -> "ScopeView":
        """A policy of one's own, in place of the server's, for the sessions that this key opens in it."""
        view: ScopeView = await self._transport.send(calls.create_scope(policy, format, mode))
        return view

    async def replace_scope(self, id: str, policy: str, format: str = "yaml") -> "ScopeView":
        view: ScopeView = await self._transport.send(calls.replace_scope(id, policy, format))
        return view

    async def drop_scope(self, id: str) -> "ScopeView":
        """What goes on in its sessions is denied."""
        view: ScopeView = await self._transport.send(calls.drop_scope(id))
        return view

    async def freeze(self, on: bool, reason: str) -> "KernelStatus":
        view: KernelStatus = await self._transport.send(calls.freeze(on, reason))
        return view

    async def journal(self, **query: Any) -> "JournalPage":
        page: JournalPage = await self._transport.send(calls.journal(query))
        return page

    async def record(self, seq: int) -> Dict[str, Any]:
        found: Dict[str, Any] = await self._transport.send(calls.record(seq))
        return found

    async def proof(self, seq: int) -> "InclusionProof":
        found: InclusionProof = await self._transport.send(calls.proof(seq))
        return found

    async def checkpoint(self) -> str:
        note: str = await self._transport.send(calls.checkpoint())
        return note

    async def verify(self) -> "VerifyReport":
        report: VerifyReport = await self._transport.send(calls.verify())
        return report

    async def resolve(self, id: str, *, happened: bool) -> "Explanation":
        found: Explanation = await self._transport.send(calls.resolve(id, happened))
        return found

    async def status(self) -> "KernelStatus":
        view: KernelStatus = await self._transport.send(calls.status())
        return view

    async def events(self, after: Optional[int] = None) -> "AsyncIterator[Event]":
        parser = EventParser()
        async for data in self._transport.stream(following(after), MAX_SILENCE):
            for event in parser.feed(data):
                yield event

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for listener in list(self._listeners):
            listener.abort()
        try:
            if self._owns_session and self._standing.session and os.getpid() == self._pid:
                await self._transport.send(calls.close_session(self._standing.session))
        except PortcullisError:
            pass  # The sidecar is gone, or the session is: either way it is over.
        finally:
            await self._transport.close()
            if os.getpid() == self._pid:
                await _released(self._release)

    async def __aenter__(self) -> "AsyncKernel":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncKernel {self.principal or '?'} at {self._transport.endpoint}>"
