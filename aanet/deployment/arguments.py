"""Numbers on the command lines of the tools."""

import argparse
from collections.abc import Callable


def at_least(low: int) -> Callable[[str], int]:
    """A ``type`` for argparse: whole numbers that are not too small.

    Args:
        low (int): The smallest that is accepted.

    Returns:
        Callable[[str], int]: Turns a word into a number, or refuses it.
    """

    def whole_number(word: str) -> int:
        if not word.isdecimal() or int(word) < low:
            raise argparse.ArgumentTypeError(
                f'must be a whole number from {low} on, not {word!r}'
            )
        return int(word)

    return whole_number
