"""Numbers as readers want them: few digits, units with them, an exact zero told from a rounded one."""

__all__ = ["amount", "bytes_text", "count", "duration", "rate_text", "share", "short_count"]

_NARROW = "\u00a0"


def count(value: float) -> str:
    """``60492288`` as ``60,492,288``."""
    return f"{value:,.0f}"


def short_count(value: float) -> str:
    """``60492288`` as ``60.5 M``: three digits and a unit."""
    return amount(value, 1000.0, ("", "k", "M", "G", "T", "P", "E"))


def bytes_text(value: float) -> str:
    """``3200000`` as ``3.2 MB`` (powers of 1000)."""
    return amount(value, 1000.0, ("B", "kB", "MB", "GB", "TB", "PB"))


def amount(value: float, base: float, units: tuple[str, ...]) -> str:
    """Scale a non-negative number to three digits and the unit that fits."""
    index = 0
    while value >= base * 0.9995 and index < len(units) - 1:
        value /= base
        index += 1
    digits = 0 if index == 0 or value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f}{_NARROW}{units[index]}".rstrip(_NARROW)


def duration(seconds: float) -> str:
    """Seconds as ``0.4 s``, ``42 s``, ``3 min 20 s`` or ``2 h 05 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f}{_NARROW}s"
    if seconds < 59.5:
        return f"{seconds:.0f}{_NARROW}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}{_NARROW}min {whole % 60:02d}{_NARROW}s"
    minutes = round(seconds / 60)
    return f"{minutes // 60}{_NARROW}h {minutes % 60:02d}{_NARROW}min"


def share(fraction: float) -> str:
    """``0.0773`` as ``7.7 %``; small shares keep two digits."""
    percent = 100 * fraction
    digits = 0 if percent >= 99.95 else 1 if percent >= 1 else 2
    return f"{percent:.{digits}f}{_NARROW}%"


def rate_text(value: float) -> str:
    """Tokens a second as ``1,240/s``."""
    return f"{value:,.0f}/s"
