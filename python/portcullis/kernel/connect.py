"""The door: finds the sidecar, opens a session with it, gives back a kernel. Raises at once where nobody answers."""
from __future__ import annotations

from typing import Any, Callable, Optional

from ..errors import InvalidInput
from ..sidecar.discovery import Found, check_key, discover, name_missing_key
from ..transport.blocking import Transport
from ..verbs.approval import DEFAULT_APPROVAL_TIMEOUT, Handler
from .blocking import Kernel
from .opening import opening

#: Seconds for one call, its answer included.
DEFAULT_TIMEOUT = 120.0
#: As long as a socket can wait, in milliseconds of 31 bits: 24 days.
MAX_TIMEOUT = 2_147_483.0


def create_kernel(
    preset: Optional[str] = None,
    principal: Optional[str] = None,
    on_approval: Optional[Handler] = None,
    mode: str = "sidecar",
    url: Optional[str] = None,
    api_key: Optional[str] = None,
    timeout: float = DEFAULT_TIMEOUT,
    session: Optional[str] = None,
    *,
    on_behalf_of: Optional[str] = None,
    label: Optional[str] = None,
    tls: Any = None,
    approval_timeout: float = DEFAULT_APPROVAL_TIMEOUT,
) -> Kernel:
    """A kernel that speaks to a running sidecar, or with mode="local" to a private one that this starts.

    Without `url` and `api_key`: PORTCULLIS_URL and PORTCULLIS_API_KEY, else the data directory's socket and key.
    `principal` must be the key's own or one that it may assert. `session` joins an open one; left out, a clean one is
    opened, and closed with the kernel. `tls` is an ssl.SSLContext. Raises Unavailable (a ConnectionError),
    Unauthenticated and InvalidInput (ValueErrors), Forbidden (a PermissionError); nothing falls back to anything.
    """
    check_timeout(timeout)
    found, release = place(mode, url, api_key)
    transport = Transport(found.endpoint, found.api_key, timeout, tls)
    try:
        opened = drive(transport, opening(preset, principal, on_behalf_of, session, label))
    except BaseException as error:
        transport.close()
        if release is not None:
            release()
        name_missing_key(error, found)
        raise
    return Kernel(
        transport,
        opened.standing,
        principal=opened.principal,
        owns_session=opened.owns_session,
        on_approval=on_approval,
        approval_timeout=approval_timeout,
        release=release,
    )


def place(
    mode: str, url: Optional[str], api_key: Optional[str]
) -> "tuple[Found, Optional[Callable[[], None]]]":
    """Where to connect, and what to do when that is over."""
    if mode == "sidecar":
        return discover(url, api_key), None
    if mode != "local":
        raise InvalidInput(f"mode is 'sidecar' or 'local', not {mode!r:.40}")
    if url is not None or api_key is not None:
        raise InvalidInput("mode='local' starts its own sidecar: it takes no url and no api_key")
    from ..sidecar.local import start_local

    child = start_local()
    return Found(child.endpoint, check_key(child.api_key)), child.close


def drive(transport: Transport, steps: Any) -> Any:
    """Runs a generator of Calls: each answer is sent in, each exception thrown in."""
    call = next(steps)
    while True:
        try:
            try:
                answer = transport.send(call)
            except Exception as error:
                call = steps.throw(error)
            else:
                call = steps.send(answer)
        except StopIteration as done:
            return done.value


def check_timeout(timeout: float) -> None:
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout <= MAX_TIMEOUT:
        raise InvalidInput(f"timeout is a number of seconds above 0 and at most {MAX_TIMEOUT:.0f}, not {timeout!r:.40}")
