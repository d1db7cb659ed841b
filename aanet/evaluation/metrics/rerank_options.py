"""Options of the re-ranking, as a config gives them."""

from typing import Any

from aanet.evaluation.functional.re_ranking import check_re_ranking

_DEFAULTS = {'k1': 20, 'k2': 6, 'lambda_value': 0.3}


def complete_rerank(rerank: dict[str, Any] | None) -> dict[str, Any] | None:
    """Check the options and fill in the defaults.

    Args:
        rerank (dict | None): ``k1``, ``k2`` and ``lambda_value``, or some of
            them; None for no re-ranking.

    Returns:
        dict | None: All three, or None.

    Raises:
        ValueError: If one is unknown or out of range.
    """
    if rerank is None:
        return None
    unknown = set(rerank) - set(_DEFAULTS)
    if unknown:
        raise ValueError(
            f'rerank of ReIDMetric has no option {sorted(unknown)}: it takes '
            f'{sorted(_DEFAULTS)}.'
        )
    complete = {**_DEFAULTS, **rerank}
    check_re_ranking(**complete)
    return complete
