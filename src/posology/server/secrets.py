"""The key that signs cookies: from the environment, or from a file that only this account reads."""

import secrets
from pathlib import Path

NO_KEY = "no-key-has-been-set-and-serving-is-refused"
SHORTEST = 40


def secret_key(given: str, data: Path) -> str:
    """Return the key from the environment or the key file, or nothing when there is neither."""
    if given:
        return given
    kept = data / "secret-key"
    return kept.read_text().strip() if kept.is_file() else ""


def make_key_file(data: Path) -> Path:
    """Make a key file where there is none, readable by its owner only."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = data / "secret-key"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48))
    return kept
