"""A loop between a model and `submit`: every call that the model makes is submitted, and nothing else is."""
from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Sequence, Union

from ..tools.protect import Handle
from .agent_os_actions import BUILT_IN

#: What asks a model: litellm.acompletion, or anything of its shape.
Completion = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class ToolDef:
    """A tool as the model sees it. It holds nothing that could be run."""

    name: str
    description: str
    #: A JSON Schema.
    parameters: Mapping[str, Any]
    action: str
    #: Which argument is the target, or what makes it of all of them.
    target_from: Union[str, Callable[[Mapping[str, Any]], str]] = "target"


class AgentLoop:
    """`completion` takes the place of `litellm.acompletion`, which is loaded where none is given."""

    def __init__(
        self,
        kernel: Any,
        model: str,
        instructions: str = "",
        tools: Sequence[ToolDef] = (),
        max_turns: int = 20,
        submit: Optional[Callable[[Any], Any]] = None,
        completion: Optional[Completion] = None,
    ) -> None:
        self._model, self._instructions, self._max_turns = model, instructions, max_turns
        self._tools = {tool.name: tool for tool in tools}
        self._submit = submit or kernel.submit
        self._completion = completion

    async def run(self, prompt: str) -> str:
        ask = self._completion or _litellm()
        messages: List[Dict[str, Any]] = []
        if self._instructions:
            messages.append({"role": "system", "content": self._instructions})
        messages.append({"role": "user", "content": prompt})
        tools = [_shown(tool) for tool in self._tools.values()]
        for _ in range(self._max_turns):
            try:
                answer = await ask(model=self._model, messages=messages, **({"tools": tools} if tools else {}))
                message = answer.choices[0].message
            except Exception as error:  # noqa: BLE001 - a model that fails is an answer, as there
                return f"[LLM error: {error}]"
            calls = list(getattr(message, "tool_calls", None) or ())
            if not calls:
                return message.content or ""
            messages.append({"role": "assistant", "content": message.content, "tool_calls": list(map(_said, calls))})
            for call in calls:
                found = await self._call(call.function.name, call.function.arguments)
                messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(found)})
        return "[max turns reached]"

    async def _call(self, name: str, written: Any) -> Dict[str, Any]:
        """What cannot be a call is submitted too, so that it is refused and recorded where everything else is."""
        from .agent_os import ActionRequest

        tool = self._tools.get(name)
        if tool is None:
            await self._submitted(ActionRequest("unknown_tool", str(name)[:200] or "unnamed"))
            return {"status": "ERROR", "data": None, "error": f"there is no tool {name!r:.200}"}
        try:
            params = json.loads(written or "{}")
            if not isinstance(params, dict):
                raise ValueError("they are no object")
            target = self._target(tool, params)
        except Exception as error:  # noqa: BLE001 - the model's text, and a callable over it
            await self._submitted(ActionRequest(tool.action, ""))
            return {"status": "ERROR", "data": None, "error": f"malformed arguments: {error}"}
        takes = BUILT_IN.get(tool.action)
        if takes is not None:
            # What only helps to find the target is no parameter, and was passed over there.
            params = {name: value for name, value in params.items() if name in takes}
        result = await self._submitted(ActionRequest(tool.action, target, params))
        return {"status": result.status, "data": _plain(result.data), "error": result.error}

    @staticmethod
    def _target(tool: ToolDef, params: Dict[str, Any]) -> str:
        """Taken out of the arguments where it is one of them: a parameter that restates the target is refused."""
        if callable(tool.target_from):
            return tool.target_from(dict(params))
        target = params.pop(tool.target_from, None)
        if not isinstance(target, str):
            raise ValueError(f"{tool.target_from} is missing, or no text")
        return target

    async def _submitted(self, request: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, self._submit, request)


async def run_agent_loop(kernel: Any, model: str, prompt: str, **options: Any) -> str:
    return await AgentLoop(kernel, model, **options).run(prompt)


def _shown(tool: ToolDef) -> Dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _said(call: Any) -> Dict[str, Any]:
    function = {"name": call.function.name, "arguments": call.function.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _plain(data: Any) -> Any:
    """As JSON. What was cut says so: no part passes for the whole."""
    if isinstance(data, Handle):
        return {"part": _plain(data.data), "of_bytes": data.bytes, "notes": list(data.notes)}
    try:
        json.dumps(data)
    except (TypeError, ValueError, RecursionError):
        return str(data)
    return data


def _litellm() -> Completion:
    from importlib import import_module

    try:
        found: Completion = import_module("litellm").acompletion
    except ImportError:
        raise ImportError("an AgentLoop asks a model through litellm: install it, or give completion=") from None
    return found
