"""The verbs about what waits for people, blocking and for asyncio, and the handler that answers in the host's name."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional, Sequence, Tuple, Union

from . import approval, calls

if TYPE_CHECKING:
    from ..types.approval import Approval
    from ..types.result import Result

#: "once", "session", or {"until": milliseconds since the epoch}
Term = Union[str, Mapping[str, int]]


class ApprovalVerbs:
    """Part of `Kernel`."""

    _transport: Any
    _on_approval: Optional[approval.Handler]
    _approval_timeout: float

    def approvals(
        self,
        *,
        status: Optional[str] = None,
        session: Optional[str] = None,
        principal: Optional[str] = None,
        limit: Optional[int] = None,
    ) -> "Tuple[Approval, ...]":
        """What waits for people, oldest first: your own, what you may answer, for an auditor all of the tenant."""
        found: "Tuple[Approval, ...]" = self._transport.send(calls.approvals(status, session, principal, limit)).approvals
        return found

    def approval(self, id: str) -> "Approval":
        found: "Approval" = self._transport.send(calls.approval(id))
        return found

    def answer_approval(
        self,
        id: str,
        approve: bool,
        *,
        reason: Optional[str] = None,
        term: Optional[Term] = None,
        narrow: Optional[Mapping[str, Any]] = None,
    ) -> "Approval":
        """Approves or denies. Approving executes nothing: the requester resumes."""
        answer: "Approval" = self._transport.send(calls.answer_approval(id, approve, reason, term, narrow))
        return answer

    def answer_approvals(self, answers: Sequence[Mapping[str, Any]]) -> "Tuple[Approval, ...]":
        """Several answers, each {id, decision, reason?, for?, narrow?}: all count, or none."""
        found: "Tuple[Approval, ...]" = self._transport.send(calls.answer_approvals(answers)).approvals
        return found

    def withdraw_approval(self, id: str) -> "Approval":
        """Takes back what this key asked for."""
        answer: "Approval" = self._transport.send(calls.withdraw_approval(id))
        return answer

    def resume(self, id: str) -> "Result":
        """Takes a held action up as it was asked. The gate decides again, with what people said as a fact."""
        result: "Result" = self._transport.send(calls.resume(id))
        return result

    def _approved(self, result: "Result") -> "Result":
        held = self._answered(result)
        return result if held is None else self.resume(held)

    def _answered(self, result: "Result") -> Optional[str]:
        """What to resume, once the handler was asked and its answer was given."""
        if self._on_approval is None or result.approval is None:
            return None
        held = self.approval(result.approval.id)
        if not held.answerable:
            return None
        asked = approval.Asked(self._on_approval, *approval.question(held, result))
        said = asked.within(self._approval_timeout)
        reason = "the handler did not answer in time" if said is None else ""
        if asked.error is not None:
            reason = "the handler failed"
        self._transport.send(calls.answer_approval(held.id, said is True, reason or None, None, None))
        if asked.error is not None:
            raise approval.failed(result, asked.error) from asked.error
        return held.id


class AsyncApprovalVerbs:
    """Part of `AsyncKernel`."""

    _transport: Any
    _on_approval: Optional[approval.Handler]
    _approval_timeout: float

    async def approvals(
        self,
        *,
        status: Optional[str] = None,
        session: Optional[str] = None,
        principal: Optional[str] = None,
        limit: Optional[int] = None,
    ) -> "Tuple[Approval, ...]":
        answer = await self._transport.send(calls.approvals(status, session, principal, limit))
        found: "Tuple[Approval, ...]" = answer.approvals
        return found

    async def approval(self, id: str) -> "Approval":
        found: "Approval" = await self._transport.send(calls.approval(id))
        return found

    async def answer_approval(
        self,
        id: str,
        approve: bool,
        *,
        reason: Optional[str] = None,
        term: Optional[Term] = None,
        narrow: Optional[Mapping[str, Any]] = None,
    ) -> "Approval":
        answer: "Approval" = await self._transport.send(calls.answer_approval(id, approve, reason, term, narrow))
        return answer

    async def answer_approvals(self, answers: Sequence[Mapping[str, Any]]) -> "Tuple[Approval, ...]":
        answer = await self._transport.send(calls.answer_approvals(answers))
        found: "Tuple[Approval, ...]" = answer.approvals
        return found

    async def withdraw_approval(self, id: str) -> "Approval":
        answer: "Approval" = await self._transport.send(calls.withdraw_approval(id))
        return answer

    async def resume(self, id: str) -> "Result":
        result: "Result" = await self._transport.send(calls.resume(id))
        return result

    async def _approved(self, result: "Result") -> "Result":
        held = await self._answered(result)
        return result if held is None else await self.resume(held)

    async def _answered(self, result: "Result") -> Optional[str]:
        if self._on_approval is None or result.approval is None:
            return None
        held = await self.approval(result.approval.id)
        if not held.answerable:
            return None
        said, reason, error = False, None, None
        try:
            answer = await approval.asked(self._on_approval, *approval.question(held, result), self._approval_timeout)
            said = answer is True
            if answer is None:
                reason = "the handler did not answer in time"
        except Exception as thrown:
            error, reason = thrown, "the handler failed"
        await self._transport.send(calls.answer_approval(held.id, said, reason, None, None))
        if error is not None:
            raise approval.failed(result, error) from error
        return held.id
