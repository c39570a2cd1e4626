"""Tokens: HMAC-SHA256 in hex over canonical JSON of all fields but the signature, and what is kept of each for its revocation."""

import hashlib
import hmac
import json
import threading
import uuid
from datetime import datetime, timedelta, timezone

from .models import CapabilityToken, KernelError

TTL = timedelta(seconds=3600)


def canonical(token):
    fields = {
        "token_id": token.token_id,
        "capability_id": token.capability_id,
        "principal_id": token.principal_id,
        "issued_at": token.issued_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "constraints": token.constraints,
        "audit_id": token.audit_id,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


class Tokens:
    def __init__(self, secret):
        self._secret = secret
        self._lock = threading.Lock()
        self._revoked = set()
        self._of_principal = {}

    def issue(self, capability_id, principal_id, constraints, audit_id):
        now = datetime.now(timezone.utc)
        token = CapabilityToken(str(uuid.uuid4()), capability_id, principal_id, now, now + TTL, constraints, audit_id)
        token.signature = self._sign(token)
        with self._lock:
            self._of_principal.setdefault(principal_id, set()).add(token.token_id)
        return token

    def verify(self, token, principal_id, capability_id):
        with self._lock:
            revoked = token.token_id in self._revoked
        if revoked:
            raise KernelError("revoked")
        if token.expires_at <= datetime.now(timezone.utc):
            raise KernelError("expired")
        if not hmac.compare_digest(self._sign(token), token.signature):
            raise KernelError("invalid")
        if token.principal_id != principal_id or token.capability_id != capability_id:
            raise KernelError("scope")

    def _sign(self, token):
        return hmac.new(self._secret.encode(), canonical(token).encode(), hashlib.sha256).hexdigest()
