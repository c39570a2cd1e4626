"""The verbs about grants, blocking and for asyncio: ask for one, narrow it, use it, give it up.

`attenuate` asks the sidecar; `portcullis.attenuate` narrows a token offline.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Sequence, Tuple

from . import calls
from .approval import is_held
from .approving import ApprovalVerbs, AsyncApprovalVerbs
from .request import GivenContext, Proof, Standing, placed

if TYPE_CHECKING:
    from ..types.grant import Attenuated, Capability, Grant, GrantPage, Revocation
    from ..types.result import Result

Members = Optional[Mapping[str, Any]]


def _grant(standing: Standing, session: Optional[str], context: GivenContext, **members: Any) -> Dict[str, Any]:
    return placed(standing, calls.present(**members), session, context)


class GrantVerbs(ApprovalVerbs):
    """Part of `Kernel`."""

    _transport: Any
    _standing: Standing

    def capabilities(self) -> "Tuple[Capability, ...]":
        """What this key could be granted; with the right `policy` all of them, and what waits to be approved."""
        found: "Tuple[Capability, ...]" = (self._transport.send(calls.capabilities())).capabilities
        return found

    def request_capabilities(
        self, goal: str, tags: Optional[Sequence[str]] = None, limit: Optional[int] = None
    ) -> "Tuple[Capability, ...]":
        """Of what this key could be granted, what fits a goal, best first."""
        call = calls.request_capabilities(goal, tags, limit)
        found: "Tuple[Capability, ...]" = (self._transport.send(call)).capabilities
        return found

    def register_capability(self, definition: Mapping[str, Any]) -> "Capability":
        """A changed definition is pending until it is approved by its digest."""
        view: "Capability" = self._transport.send(calls.register_capability(definition))
        return view

    def approve_capability(self, id: str, digest: str) -> "Capability":
        view: "Capability" = self._transport.send(calls.approve_capability(id, digest))
        return view

    def delete_capability(self, id: str) -> "Revocation":
        """Every grant of it falls. Registered again with another definition, it is pending."""
        done: "Revocation" = self._transport.send(calls.delete_capability(id))
        return done

    def grant(
        self,
        capability: Optional[str] = None,
        *,
        justification: Optional[str] = None,
        constraints: Members = None,
        session: Optional[str] = None,
        context: GivenContext = None,
        delegate_to: Optional[str] = None,
        token: Optional[str] = None,
        proof_key: Optional[str] = None,
        proof: Proof = None,
        execution: Optional[str] = None,
    ) -> "Grant":
        """Asks for a grant. A refusal is a value: `answer.token` is None then, and `answer.decision` says why.

        With `execution="none"` it is a pure check: a decision and no grant.
        """
        body = _grant(
            self._standing, session, context, capability=capability, justification=justification,
            constraints=constraints, delegate_to=delegate_to, token=token, proof_key=proof_key, proof=proof,
            execution=execution,
        )
        answer: "Grant" = self._transport.send(calls.grant(body))
        return answer

    def attenuate(self, token: str, caveats: Mapping[str, Any], *, seal: bool = False) -> "Attenuated":
        """A token that permits less, for somebody who needs no more."""
        answer: "Attenuated" = self._transport.send(calls.attenuate(token, caveats, seal))
        return answer

    def grants(
        self,
        *,
        principal: Optional[str] = None,
        capability: Optional[str] = None,
        after: Optional[str] = None,
        limit: Optional[int] = None,
    ) -> "GrantPage":
        """Live grants, oldest first: for an auditor all of the tenant, else what concerns this key."""
        page: "GrantPage" = self._transport.send(calls.grants(principal, capability, after, limit))
        return page

    def revoke_grant(self, id: str) -> "Revocation":
        """Gives up a grant of one's own, with what was delegated from it."""
        done: "Revocation" = self._transport.send(calls.revoke_grant(id))
        return done

    def revoke(
        self,
        reason: str,
        *,
        grant: Optional[str] = None,
        principal: Optional[str] = None,
        capability: Optional[str] = None,
        block: Optional[str] = None,
    ) -> "Revocation":
        """One of the four: a grant, all of a principal, all of a capability, every token with a block."""
        done: "Revocation" = self._transport.send(calls.revoke(reason, grant, principal, capability, block))
        return done

    def invoke(
        self,
        token: str,
        args: Members = None,
        *,
        response_mode: Optional[str] = None,
        session: Optional[str] = None,
        context: GivenContext = None,
        justification: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        resume: Optional[str] = None,
        proof: Proof = None,
    ) -> "Result":
        """Uses a grant: the operation is the token's, the arguments are yours. A refusal is a value."""
        body = _grant(
            self._standing, session, context, token=token, args=args, response_mode=response_mode,
            justification=justification, idempotency_key=idempotency_key, resume=resume, proof=proof,
        )
        result: "Result" = self._transport.send(calls.invoke(body))
        return self._approved(result) if is_held(result) else result


class AsyncGrantVerbs(AsyncApprovalVerbs):
    """Part of `AsyncKernel`."""

    _transport: Any
    _standing: Standing

    async def capabilities(self) -> "Tuple[Capability, ...]":
        """What this key could be granted; with the right `policy` all of them, and what waits to be approved."""
        found: "Tuple[Capability, ...]" = (await self._transport.send(calls.capabilities())).capabilities
        return found

    async def request_capabilities(
        self, goal: str, tags: Optional[Sequence[str]] = None, limit: Optional[int] = None
    ) -> "Tuple[Capability, ...]":
        """Of what this key could be granted, what fits a goal, best first."""
        call = calls.request_capabilities(goal, tags, limit)
        found: "Tuple[Capability, ...]" = (await self._transport.send(call)).capabilities
        return found

    async def register_capability(self, definition: Mapping[str, Any]) -> "Capability":
        """A changed definition is pending until it is approved by its digest."""
        view: "Capability" = await self._transport.send(calls.register_capability(definition))
        return view

    async def approve_capability(self, id: str, digest: str) -> "Capability":
        view: "Capability" = await self._transport.send(calls.approve_capability(id, digest))
        return view

    async def delete_capability(self, id: str) -> "Revocation":
        """Every grant of it falls. Registered again with another definition, it is pending."""
        done: "Revocation" = await self._transport.send(calls.delete_capability(id))
        return done

    async def grant(
        self,
        capability: Optional[str] = None,
        *,
        justification: Optional[str] = None,
        constraints: Members = None,
        session: Optional[str] = None,
        context: GivenContext = None,
        delegate_to: Optional[str] = None,
        token: Optional[str] = None,
        proof_key: Optional[str] = None,
        proof: Proof = None,
        execution: Optional[str] = None,
    ) -> "Grant":
        body = _grant(
            self._standing, session, context, capability=capability, justification=justification,
            constraints=constraints, delegate_to=delegate_to, token=token, proof_key=proof_key, proof=proof,
            execution=execution,
        )
        answer: "Grant" = await self._transport.send(calls.grant(body))
        return answer

    async def attenuate(self, token: str, caveats: Mapping[str, Any], *, seal: bool = False) -> "Attenuated":
        answer: "Attenuated" = await self._transport.send(calls.attenuate(token, caveats, seal))
        return answer

    async def grants(
        self,
        *,
        principal: Optional[str] = None,
        capability: Optional[str] = None,
        after: Optional[str] = None,
        limit: Optional[int] = None,
    ) -> "GrantPage":
        page: "GrantPage" = await self._transport.send(calls.grants(principal, capability, after, limit))
        return page

    async def revoke_grant(self, id: str) -> "Revocation":
        done: "Revocation" = await self._transport.send(calls.revoke_grant(id))
        return done

    async def revoke(
        self,
        reason: str,
        *,
        grant: Optional[str] = None,
        principal: Optional[str] = None,
        capability: Optional[str] = None,
        block: Optional[str] = None,
    ) -> "Revocation":
        done: "Revocation" = await self._transport.send(calls.revoke(reason, grant, principal, capability, block))
        return done

    async def invoke(
        self,
        token: str,
        args: Members = None,
        *,
        response_mode: Optional[str] = None,
        session: Optional[str] = None,
        context: GivenContext = None,
        justification: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        resume: Optional[str] = None,
        proof: Proof = None,
    ) -> "Result":
        body = _grant(
            self._standing, session, context, token=token, args=args, response_mode=response_mode,
            justification=justification, idempotency_key=idempotency_key, resume=resume, proof=proof,
        )
        result: "Result" = await self._transport.send(calls.invoke(body))
        return await self._approved(result) if is_held(result) else result
