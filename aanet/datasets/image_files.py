"""Is an image file whole? Found out without decoding it, where possible."""

import os

import cv2
from PIL import Image

# How a whole file of each format ends, by how it starts. Some versions of
# OpenCV decode the rest of a truncated JPEG or PNG as gray and only print a
# line; the other formats they refuse.
_ENDS = {b'\xff\xd8': b'\xff\xd9', b'\x89P': b'IEND\xaeB`\x82'}
_TAIL_BYTES = 32


class UnreadableImageError(ValueError):
    """An image file is missing, empty, truncated or no image."""


def unreadable(path: str, reason: str) -> UnreadableImageError:
    """The error that names an unreadable file and says what to do."""
    return UnreadableImageError(
        f'image {path} cannot be read ({reason}): replace it or remove it '
        '(tools/dataset_tools/check_dataset.py lists all such files); only '
        'a training set may leave it out, with skip_unreadable=True.'
    )


def check_image(path: str) -> None:
    """Refuse a file that is missing, empty or cut short.

    Only the first and last bytes are read, unless they look suspicious.

    Args:
        path (str): Path of the file.

    Raises:
        UnreadableImageError: If the file cannot hold a whole image.
    """
    try:
        with open(path, 'rb') as file:
            start = file.read(2)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read().rstrip(b'\0')
    except (OSError, ValueError) as error:
        # A ValueError, where the path holds what no path can hold.
        reason = getattr(error, 'strerror', None) or str(error)
        raise unreadable(path, reason) from error
    if not size:
        raise unreadable(path, 'the file is empty')
    if not tail.endswith(_ENDS.get(start, b'')):
        problem = decoding_problem(path)
        if problem:
            raise unreadable(path, problem)


def decoding_problem(path: str) -> str | None:
    """Decode a file completely, to find out what is wrong with it.

    Args:
        path (str): Path of the file.

    Returns:
        str | None: The reason why it cannot be decoded, None if it can.
    """
    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError) as error:
        # Pillow repeats the path, and line breaks, in some of its reasons.
        return ' '.join(str(error).replace(path, 'the file').split())
    if cv2.imread(path) is None:
        return 'OpenCV cannot decode it'
    return None
