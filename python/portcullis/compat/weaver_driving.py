"""What a driver runs in this process: after the permit for exactly this call was redeemed, once, and then reported whatever came of it."""
from __future__ import annotations

import asyncio
from typing import Any, Dict, Mapping, Optional, Sequence

from ..kernel.blocking import Kernel
from ..tools.guarding import MAX_ERROR
from ..types.result import Frame, Result
from .weaver_errors import DriverError
from .weaver_registry import ExecutionContext, ImplementationRef, InMemoryDriver


async def driven(
    kernel: Kernel,
    result: Result,
    context: ExecutionContext,
    drivers: Sequence[InMemoryDriver],
    impl: Optional[ImplementationRef],
    mode: str,
) -> Frame:
    """Raises DriverError. Without a driver that has a handler for it the permit stays unused, and nothing runs."""
    operation = context.capability_id if impl is None else impl.operation
    driver = next((one for one in drivers if one.handles(operation)), None)
    if driver is None:
        raise DriverError(f"no driver has a handler for {operation}: register_driver first", "provider_missing")
    permit = result.permit or ""
    status = await _aside(kernel.redeem_permit, permit)
    if not status.valid:
        raise DriverError("the permit is not good any more", status.code)
    try:
        raw = await driver.execute(operation, context)
    except Exception as error:
        await _report(kernel, permit, "error", error=f"{type(error).__name__}: {error}"[:MAX_ERROR])
        raise error if isinstance(error, DriverError) else DriverError(str(error), "provider_error") from error
    except BaseException:
        # Cancelled: nobody knows how far it came.
        kernel.report(permit, "unknown")
        raise
    frame = await _report(kernel, permit, "ok", result=raw.data, response_mode=mode)
    if frame is None:
        raise DriverError("its result could not be shown", "provider_error")
    return frame


async def _report(kernel: Kernel, permit: str, status: str, **facts: Any) -> Optional[Frame]:
    return (await _aside(lambda: kernel.report(permit, status, **facts))).frame


async def _aside(call: Any, *args: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, call, *args)


def permitted_args(result: Result, args: Mapping[str, Any]) -> Dict[str, Any]:
    """The arguments as permitted: what a rule set, took out or changed; the one that became the resource stays."""
    action = result.action
    if action is None:
        return dict(args)
    resource = action.resource.value
    kept = {name: given for name, given in args.items() if name in action.params or given == resource}
    return {**kept, **action.params}
