"""Names of many parameters, in few words."""

from collections.abc import Collection, Sequence

_SHOWN = 3
_LENGTH = 80
"""Characters beyond which fewer are shown."""


def summarize_names(names: Collection[str], everything: Sequence[str]) -> str:
    """Name the modules that hold just these parameters.

    Args:
        names (Collection[str]): Dotted names of parameters.
        everything (Sequence[str]): Those of all parameters.

    Returns:
        str: The largest modules, or single parameters, that belong to
        ``names`` as a whole, in the order of ``everything``; of many, the
        first few.
    """
    others = [name for name in everything if name not in names]
    if not others:
        return 'all parameters'
    spoiled = {prefix for name in others for prefix in _prefixes(name)}
    found = dict.fromkeys(
        next(prefix for prefix in _prefixes(name) if prefix not in spoiled)
        for name in everything
        if name in names
    )
    shown = list(found)[:_SHOWN]
    while len(shown) > 1 and len(', '.join(shown)) > _LENGTH:
        shown.pop()
    rest = len(found) - len(shown)
    return ', '.join(shown) + (f' and {rest} more' if rest else '')


def _prefixes(name: str) -> list[str]:
    """From the outermost module to the parameter itself."""
    parts = name.split('.')
    return ['.'.join(parts[: end + 1]) for end in range(len(parts))]
