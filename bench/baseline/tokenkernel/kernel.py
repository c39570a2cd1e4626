"""The kernel: registry, policy and token for a grant; token, route, driver, handle, frame and trace for its use."""

import logging
import uuid
from datetime import datetime, timezone

from .firewall import transform
from .models import ActionTrace, CapabilityGrant, DriverError, ExecutionContext, KernelError, RawResult, RoutePlan
from .policy import Policy
from .stores import Handles, Traces
from .tokens import Tokens

log = logging.getLogger(__name__)


class Router:
    def __init__(self, routes=None, fallback=("memory",)):
        self._routes, self._fallback = routes or {}, fallback

    def route(self, capability_id):
        return RoutePlan(capability_id, list(self._routes.get(capability_id, self._fallback)))


class InMemoryDriver:
    driver_id = "memory"

    def __init__(self, handlers):
        self._handlers = handlers

    async def execute(self, context):
        operation = str(context.args.get("operation", context.capability_id))
        if operation not in self._handlers:
            raise DriverError(f"no handler for {operation}")
        return RawResult(context.capability_id, self._handlers[operation](context))


class Kernel:
    def __init__(self, capabilities, drivers, secret, limits=None):
        self._capabilities = {one.capability_id: one for one in capabilities}
        self._drivers = {one.driver_id: one for one in drivers}
        self._policy, self._tokens, self._router = Policy(limits), Tokens(secret), Router()
        self._handles, self._traces = Handles(), Traces()

    def grant(self, request, principal, justification):
        capability = self._capability(request.capability_id)
        decision = self._policy.evaluate(request, capability, principal, justification)
        audit_id = str(uuid.uuid4())
        token = self._tokens.issue(capability.capability_id, principal.principal_id, decision.constraints, audit_id)
        log.info(
            "grant_capability",
            extra={
                "principal_id": principal.principal_id,
                "capability_id": capability.capability_id,
                "audit_id": audit_id,
                "token_id": token.token_id,
            },
        )
        return CapabilityGrant(request, principal, decision, token, audit_id)

    async def invoke(self, token, principal, args, mode="summary"):
        # Which capability it is for is asked of the token itself, as described.
        self._tokens.verify(token, principal.principal_id, token.capability_id)
        action_id = str(uuid.uuid4())
        self._capability(token.capability_id)
        plan = self._router.route(token.capability_id)
        about = {
            "action_id": action_id,
            "principal_id": principal.principal_id,
            "capability_id": token.capability_id,
        }
        log.info("invoke_start", extra={**about, "token_id": token.token_id, "response_mode": mode})
        raw, driver_id = await self._execute(plan, token, principal, args, action_id)
        if raw is None:
            self._trace(action_id, token, principal, args, mode, driver_id, error="no driver")
            raise DriverError("no driver could")
        handle = self._handles.store(token.capability_id, raw.data)
        frame = transform(raw, action_id, principal, mode, token.constraints, handle)
        self._trace(action_id, token, principal, args, frame.response_mode, driver_id, handle.handle_id)
        log.info("invoke_success", extra={**about, "response_mode": frame.response_mode, "driver_id": driver_id})
        return frame

    async def _execute(self, plan, token, principal, args, action_id):
        for driver_id in plan.driver_ids:
            driver = self._drivers.get(driver_id)
            if driver is None:
                continue
            context = ExecutionContext(
                token.capability_id, principal.principal_id, args, token.constraints, action_id
            )
            try:
                return await driver.execute(context), driver_id
            except DriverError as error:
                log.warning("driver_failure", extra={"driver_id": driver_id, "error": str(error)})
        return None, ""

    def _trace(self, action_id, token, principal, args, mode, driver_id, handle_id=None, error=None):
        now = datetime.now(timezone.utc)
        self._traces.record(
            ActionTrace(
                action_id,
                token.capability_id,
                principal.principal_id,
                token.token_id,
                now,
                args,
                mode,
                driver_id,
                handle_id,
                error,
            )
        )

    def _capability(self, capability_id):
        if capability_id not in self._capabilities:
            raise KernelError(f"no capability {capability_id}")
        return self._capabilities[capability_id]
