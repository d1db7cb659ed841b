"""The protocol once more, as plain loops written from its text.

One query at a time, one gallery image at a time, in pure Python: slow, and
independent of everything in the package.
"""

from functools import cache

import numpy as np


def naive_rank(distmat, q_pids, g_pids, q_camids, g_camids, max_rank):
    """Lists of cmc, ap, ap_trapezoid, inp and valid, as loops."""
    cmc, aps, trapezoids, inps, valid = [0.0] * max_rank, [], [], [], []
    for q, row in enumerate(distmat):
        ranking = sorted(range(len(row)), key=lambda g: (row[g], g))
        hits = []
        for g in ranking:
            if g_pids[g] == -1:
                continue
            same_camera = q_camids[q] == g_camids[g] and q_camids[q] != -1
            if g_pids[g] == q_pids[q] and same_camera:
                continue
            hits.append(g_pids[g] == q_pids[q])
        valid.append(any(hits))
        if not valid[-1]:
            continue
        aps.append(naive_step_ap(hits))
        trapezoids.append(naive_trapezoid_ap(hits))
        last = max(i for i, hit in enumerate(hits) if hit)
        inps.append(sum(hits) / (last + 1))
        first = hits.index(True)
        for k in range(first, max_rank):
            cmc[k] += 1
    total = max(1, sum(valid))
    return [c / total for c in cmc], aps, trapezoids, inps, valid


def naive_step_ap(hits):
    """Mean over the matches of the precision at each."""
    precisions, found = [], 0
    for i, hit in enumerate(hits):
        found += hit
        if hit:
            precisions.append(found / (i + 1))
    return sum(precisions) / len(precisions)


def naive_trapezoid_ap(hits):
    """Area under the precision-recall curve, image by image."""
    area, found, old_recall, old_precision = 0.0, 0, 0.0, 1.0
    for i, hit in enumerate(hits):
        found += hit
        recall, precision = found / sum(hits), found / (i + 1)
        area += (recall - old_recall) * (old_precision + precision) / 2
        old_recall, old_precision = recall, precision
    return area


def naive_re_ranking(feats, num_queries, k1, k2, lambda_value):
    """k-reciprocal encoding with sets and dense N x N matrices.

    An image with more than k1 duplicates before it is not among its own
    neighbors; if nothing else is, its Jaccard distance to all others is 1.
    """
    feats = np.asarray(feats, dtype=np.float64)
    num = len(feats)
    squared = ((feats[:, None] - feats[None]) ** 2).sum(-1)
    farthest = squared.max(axis=1, keepdims=True)
    original = squared / np.where(farthest > 0, farthest, 1)
    ranking = np.argsort(original, axis=1, kind='stable')

    @cache
    def reciprocal(i, k):
        mine = ranking[i, : k + 1].tolist()
        return frozenset(j for j in mine if i in ranking[j, : k + 1])

    encoding = np.zeros((num, num))
    for i in range(num):
        members = set(reciprocal(i, k1))
        for j in reciprocal(i, k1):
            candidate = reciprocal(j, round(k1 / 2))
            common = candidate & reciprocal(i, k1)
            if len(common) > 2 / 3 * len(candidate):
                members |= candidate
        for j in members:
            encoding[i, j] = np.exp(-original[i, j])
        encoding[i] /= encoding[i].sum() or 1
    if k2 > 1:
        encoding = np.stack(
            [encoding[ranking[i, :k2]].mean(axis=0) for i in range(num)]
        )

    result = np.zeros((num_queries, num - num_queries))
    for q in range(num_queries):
        for g in range(num_queries, num):
            small = np.minimum(encoding[q], encoding[g]).sum()
            large = np.maximum(encoding[q], encoding[g]).sum()
            jaccard = 1 - small / large if small else 1
            result[q, g - num_queries] = (
                1 - lambda_value
            ) * jaccard + lambda_value * original[q, g]
    return result


def random_ids(rng, num_queries, num_gallery, num_pids=6, num_cams=3):
    """Ids with junk (-1), distractors (0) and a query without a match."""
    q_pids = rng.integers(1, num_pids, num_queries)
    q_pids[0] = 99
    g_pids = rng.integers(-1, num_pids, num_gallery)
    g_pids[:2] = -1, 0
    g_camids = rng.integers(0, num_cams, num_gallery)
    # At least one match: the last query's identity under another camera.
    q_camids = rng.integers(0, num_cams, num_queries)
    g_pids[-1], g_camids[-1] = q_pids[-1], (q_camids[-1] + 1) % num_cams
    return q_pids, g_pids, q_camids, g_camids


def naive_pairs(distmat, q_pids, g_pids, q_camids, g_camids):
    """Distances of all matches and of all negatives."""
    matches, negatives = [], []
    for q, row in enumerate(distmat):
        for g, distance in enumerate(row):
            if g_pids[g] == -1 or q_pids[q] == -1:
                continue
            if g_pids[g] != q_pids[q]:
                negatives.append(distance)
            elif q_camids[q] != g_camids[g] or q_camids[q] == -1:
                matches.append(distance)
    return np.array(matches), np.array(negatives)
