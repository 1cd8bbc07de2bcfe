"""Times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def duration_words(seconds: float) -> str:
    """Seconds as "under 0.1 s", "4.0 s", "3 min 20 s" or "2 h 5 min"."""
    if seconds < 0.05:
        return "under 0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about_words(seconds: float) -> str:
    """An expected time, no finer than it can be foretold: "about 4 s", "about 40 s", "about 13 min", "about 2 h"."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 19.5:
        return f"about {seconds:.0f} s"
    if seconds < 92.5:
        return f"about {5 * round(seconds / 5)} s"
    minutes = seconds / 60
    if minutes < 9.75:
        return f"about {round(2 * minutes) / 2:g} min"
    if minutes < 90:
        return f"about {minutes:.0f} min"
    return f"about {round(minutes / 30) / 2:g} h"


def moment_words(iso: str, zone: tzinfo | None = None) -> str:
    """An ISO 8601 time as "12 Nov 2026, 14:02" in the zone of the reader; empty where there is none."""
    if not iso:
        return ""
    moment = datetime.fromisoformat(iso).astimezone(zone)
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def short_moment_words(iso: str, now: datetime | None = None) -> str:
    """An ISO 8601 time as "today 14:02", "12 Nov, 14:02" or, of another year, "12 Nov 2025", in the reader's zone."""
    moment = datetime.fromisoformat(iso).astimezone()
    today = (now or datetime.now(UTC)).astimezone()
    if moment.date() == today.date():
        return f"today {moment:%H:%M}"
    return f"{moment.day} {moment:%b, %H:%M}" if moment.year == today.year else f"{moment.day} {moment:%b %Y}"


def age_words(iso: str, now: datetime | None = None) -> str:
    """How long ago an ISO 8601 time was: "just now", "5 min ago", "3 h ago", "2 days ago", else the date."""
    minutes = ((now or datetime.now(UTC)) - datetime.fromisoformat(iso)).total_seconds() / 60
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{int(minutes)} min ago"
    if minutes < 24 * 60:
        return f"{int(minutes / 60)} h ago"
    days = int(minutes / (24 * 60))
    return f"{days} day{'' if days == 1 else 's'} ago" if days < 14 else moment_words(iso)
