"""Sessions of the pages: a signed cookie says who visits, and until when. Knows no page and no key.

Nothing is kept on the server but the secret that signs, a private file in the data folder which processes over the same
folder share. A staff session ends with its key: whoever reads one asks whether that key is still good.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer
from pydantic import TypeAdapter, ValidationError

from service.errors import UnavailableError

Visitor = Literal["shopper", "staff"]
SECRET_FILE = "pages.secret"  # noqa: S105 - a file's name
LIFETIME = {"shopper": 24 * 3600, "staff": 8 * 3600}
"""Seconds from the beginning of a session to its end."""
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Who visits. `key_id` is the key that a member of staff came in by; empty for shoppers."""

    id: str
    visitor: Visitor
    key_id: str = ""


_SESSION = TypeAdapter(Session)


class Sessions:
    """Gives sessions out and knows them again. Raises UnavailableError where the secret cannot be kept."""

    def __init__(self, data_dir: Path) -> None:
        secret = _secret(data_dir / SECRET_FILE)
        self._cookies = {v: URLSafeTimedSerializer(secret, salt=f"{v} session") for v in LIFETIME}
        self._tokens = URLSafeSerializer(secret, salt="form")

    def begin(self, visitor: Visitor, key_id: str = "") -> tuple[Session, str]:
        """A new session, and the text of its cookie."""
        session = Session(secrets.token_hex(16), visitor, key_id)
        return session, self._cookies[visitor].dumps(asdict(session))

    def read(self, cookie: str, visitor: Visitor) -> Session | None:
        """The session of a cookie; None for one that is not ours, of another kind, or over."""
        try:
            return _SESSION.validate_python(self._cookies[visitor].loads(cookie, max_age=LIFETIME[visitor]))
        except (BadSignature, ValidationError):
            return None

    def token(self, session: Session) -> str:
        """What a page of this session sends along with whatever changes something."""
        return str(self._tokens.dumps(session.id))

    def is_token(self, session: Session, token: str) -> bool:
        """Whether it is the token of this session."""
        try:
            return secrets.compare_digest(str(self._tokens.loads(token)), session.id)
        except BadSignature:
            return False


def _secret(path: Path) -> bytes:
    """The secret in the file; made where there is none, by one of several processes that begin at once."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            descriptor, name = tempfile.mkstemp(
                dir=path.parent, prefix=path.name
            )  # readable by its owner alone
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_BYTES))
            with suppress(FileExistsError):
                os.link(name, path)
            Path(name).unlink()
        secret = path.read_bytes()
    except OSError as error:
        raise UnavailableError(f"sessions need {path.name} in the data folder: {error.strerror}") from error
    if len(secret) < _BYTES:
        raise UnavailableError(f"{path.name} in the data folder is damaged: delete it, and sign in again")
    return secret
