"""Whether a server is asked for by a name that it goes by, so that no foreign name can be made to point at it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit


def is_host_allowed(host: str | None, allowed: Iterable[str]) -> bool:
    """Whether the `Host` of a request is one of `allowed`.

    Args:
        host: the header, with or without a port.
        allowed: names; `*.school.example` for all below one, `*` or nothing at all for any.
    """
    patterns = [name.strip().strip("[]").lower().rstrip(".") for name in allowed]
    if not patterns or "*" in patterns:
        return True
    try:
        name = (urlsplit(f"//{host or ''}").hostname or "").rstrip(".")
    except ValueError:
        return False
    return any(name.endswith(each[1:]) if each.startswith("*.") else bool(name) and name == each for each in patterns)
