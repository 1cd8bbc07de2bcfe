"""The headers of every answer: what the browser may load, from where, and that nobody may frame the page."""

from __future__ import annotations

from collections.abc import Iterable

_EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_MEDIA_PREFIXES = ("/media/", "/app/static/", "/_stcore/upload_file/")


def security_headers(path: str, inline_scripts: Iterable[str] = ()) -> dict[str, str]:
    """The headers for an answer at `path`, by lower-case name.

    Args:
        path: of the request, without a query.
        inline_scripts: hashes of scripts that stand in the page itself, as `sha256-...`.
    """
    is_media = path.startswith(_MEDIA_PREFIXES)
    policy = _media_policy() if is_media else _page_policy(inline_scripts)
    return {**_EVERYWHERE, "referrer-policy": "no-referrer", "content-security-policy": policy}


def form_headers(style_hash: str) -> dict[str, str]:
    """The headers of a page of our own that is a form and nothing else, with one style in it."""
    policy = {"default-src": "'none'", "style-src": f"'{style_hash}'", "form-action": "'self'", **_UNFRAMED}
    return {
        **_EVERYWHERE,
        # Under "no-referrer" a browser hides from which page a form was sent, and a foreign one could not be told.
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
        "content-security-policy": _written(policy),
    }


_UNFRAMED = {"frame-ancestors": "'none'", "base-uri": "'none'", "object-src": "'none'"}


def _page_policy(inline_scripts: Iterable[str]) -> str:
    scripts = " ".join(["'self'", "blob:", *(f"'{each}'" for each in inline_scripts)])
    return _written(
        {
            "default-src": "'self'",
            "script-src": scripts,  # blob: for the components written for these pages, which arrive as text
            "style-src": "'self' 'unsafe-inline'",  # the page's own styles are put in while it runs
            "img-src": "'self' data: blob:",  # so a picture in a text a person wrote is fetched from nowhere
            "font-src": "'self' data:",
            "media-src": "'self' data: blob:",
            "connect-src": "'self' data: blob:",
            "worker-src": "'self' blob:",
            "frame-src": "'self'",
            "form-action": "'self'",
            **_UNFRAMED,
        }
    )


def _media_policy() -> str:
    """Files are shown in a page or saved; opened by themselves, nothing in them may run."""
    return _written({"default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:", **_UNFRAMED}) + (
        "; sandbox"
    )


def _written(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())
