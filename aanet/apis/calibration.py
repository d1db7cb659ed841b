"""Which distance is still the same person? Found on images with identities.

Letters: V images to calibrate with, G entries, D feature dimensions.
"""

import math

import numpy as np

from aanet.apis.entries import UNKNOWN_PID, Entries
from aanet.apis.exact_search import exact_topk
from aanet.apis.threshold import KINDS, Threshold
from aanet.datasets.records import DISTRACTOR_PID, NO_CAMERA
from aanet.evaluation.functional import roc_features
from aanet.evaluation.functional.inputs import Ids, as_ids


def find_threshold(
    features: np.ndarray,
    pids: Ids | None,
    camids: Ids | None,
    entries: Entries,
    fpr: float,
    per: str,
    distance: str,
) -> Threshold:
    """Find the threshold of a false positive rate.

    Args:
        features (np.ndarray): Shape (V, D), float32.
        pids (Ids | None): Identities, shape (V,); those below 1 are left
            out.
        camids (Ids | None): Cameras, shape (V,); None or -1 if unknown.
        entries (Entries): The gallery.
        fpr (float): Share of the negatives to accept, in 0..1.
        per (str): A key of ``KINDS``.
        distance (str): ``'cosine'`` or ``'euclidean'``.

    Returns:
        Threshold: What was found.

    Raises:
        ValueError: If there are too few negatives to tell such a share, or
            none has an identity.
    """
    if per not in KINDS:
        raise ValueError(f'per must be one of {list(KINDS)}, not {per!r}.')
    if not 0 < fpr < 1:
        raise ValueError(f'fpr must lie between 0 and 1, not {fpr}.')
    people = as_ids(pids, 'pids', len(features))
    cameras = as_ids(camids, 'camids', len(features))
    named = people > DISTRACTOR_PID
    if not named.any():
        raise ValueError(
            'a threshold is found on images whose identities are known, and '
            'none of these has one: a CSV file, or names of files, tell them.'
        )
    images = features[named], people[named], cameras[named]
    if per == 'pair':
        return _threshold_of_pairs(*images, fpr, distance)
    return _threshold_of_queries(*images, fpr, distance, entries)


def _threshold_of_pairs(
    features: np.ndarray,
    pids: np.ndarray,
    camids: np.ndarray,
    fpr: float,
    distance: str,
) -> Threshold:
    """Compare all images with each other.

    Pairs of one person and one camera do not count, as in the evaluation.
    """
    # A camera of its own keeps an image from being its own match.
    own = np.arange(len(camids)) + camids.max() + 1
    cameras = np.where(camids == NO_CAMERA, own, camids)
    of_one_person = _count_pairs(pids)
    negatives = len(pids) ** 2 - of_one_person
    _check_number(fpr, negatives // 2, 'pair')
    ids = pids, pids, cameras, cameras
    roc = roc_features(features, features, *ids, distance, [fpr])
    return Threshold(
        value=float(roc.threshold[0]),
        fpr=fpr,
        tpr=float(roc.tpr[0]),
        per='pair',
        images=len(pids),
        negatives=negatives // 2,
        matches=(of_one_person - _count_pairs(np.stack([pids, cameras]))) // 2,
    )


def _count_pairs(values: np.ndarray) -> int:
    """Ordered pairs of equal values, along the last axis."""
    _, counts = np.unique(values, axis=-1, return_counts=True)
    return int((counts**2).sum())


def _threshold_of_queries(
    features: np.ndarray,
    pids: np.ndarray,
    camids: np.ndarray,
    fpr: float,
    distance: str,
    entries: Entries,
) -> Threshold:
    """Search for each image as if its person were not in the gallery.

    A gallery with more entries has more chances to be wrong about a
    stranger, which this takes into account.
    """
    strange = _nearest_strangers(features, pids, entries, distance)
    matches = _nearest_mates(features, pids, camids, entries, distance)
    _check_number(fpr, len(strange), 'query')
    value = _threshold_between(strange, fpr)
    return Threshold(
        value=value,
        fpr=fpr,
        tpr=float((matches < value).mean()) if len(matches) else None,
        per='query',
        images=len(pids),
        negatives=len(strange),
        matches=len(matches),
    )


def _threshold_between(distances: np.ndarray, fpr: float) -> float:
    """Halfway from the last distance accepted to the first one rejected.

    At the distance of the latter, rounding would decide: the same image,
    asked again with another format of the model, could be accepted.
    """
    accepted = int(fpr * len(distances) * (1 + 1e-12))
    near, far = np.sort(distances)[accepted - 1 : accepted + 1].astype(float)
    return float((near + far) / 2)


def _nearest_strangers(
    features: np.ndarray, pids: np.ndarray, entries: Entries, distance: str
) -> np.ndarray:
    """Distance of each image to the nearest entry of another person."""
    # Those who have no entry share one search.
    people = np.where(np.isin(pids, entries.pids), pids, UNKNOWN_PID)
    found = []
    for pid in np.unique(people):
        others = (entries.pids != pid) | (pid == UNKNOWN_PID)
        found.append(
            _nearest(features[people == pid], entries, others, distance)
        )
    return np.concatenate(found)


def _nearest_mates(
    features: np.ndarray,
    pids: np.ndarray,
    camids: np.ndarray,
    entries: Entries,
    distance: str,
) -> np.ndarray:
    """Distances to the nearest entry of the person, from another camera."""
    found = [np.zeros(0, np.float32)]
    views = np.unique(np.stack([pids, camids]), axis=1).T
    for pid, camid in views[np.isin(views[:, 0], entries.pids)]:
        mates = entries.pids == pid
        mates &= (entries.camids != camid) | (camid == NO_CAMERA)
        asked = features[(pids == pid) & (camids == camid)]
        found.append(_nearest(asked, entries, mates, distance))
    return np.concatenate(found)


def _nearest(
    queries: np.ndarray, entries: Entries, allowed: np.ndarray, distance: str
) -> np.ndarray:
    """Distance of each query to the nearest entry; none without entries."""
    if not allowed.any():
        return np.zeros(0, np.float32)
    rows = None if allowed.all() else np.flatnonzero(allowed)
    found = exact_topk(queries, entries.features, 1, distance, rows)
    return found.distances[:, 0]


def _check_number(fpr: float, negatives: int, per: str) -> None:
    if fpr * negatives < 1:
        raise ValueError(
            f'an FPR of {fpr:g} takes at least {math.ceil(1 / fpr)} '
            f'{KINDS[per]}, but there are {negatives}: give more images, or '
            'ask for a larger FPR.'
        )
