"""Near-duplicate images by their perceptual hashes."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from checkstate.core.types import Indices

NEIGHBORS = 8
"""Entries that each hash is compared with in every sorted table."""


def near_duplicate_groups(hashes: list[str], distance: int) -> Indices:
    """Number the groups of images whose hashes lie within `distance` bits, through chains.

    Sorted-neighborhood method (Hernandez and Stolfo 1995) over rotations of the hash, as in
    Manku et al. 2007: a hash is compared with its neighbors in 16 sorted tables, which takes
    n log n time where all pairs would take n squared. Returns int64 [images].
    """
    if not hashes:
        return np.empty(0, np.int64)
    unique, inverse = np.unique(hashes, return_inverse=True)
    bits = np.array([bytearray.fromhex(h) for h in unique], dtype=np.uint8)
    edges = []
    for band in range(0, bits.shape[1], 2):
        order = np.lexsort(np.roll(bits, -band, axis=1).T[::-1])
        for step in range(1, min(NEIGHBORS, len(order) - 1) + 1):
            left, right = order[:-step], order[step:]
            differing = np.bitwise_count(bits[left] ^ bits[right]).sum(axis=1, dtype=np.int64)
            near = differing <= distance
            edges.append(np.stack([left[near], right[near]]))
    pairs = np.concatenate(edges, axis=1) if edges else np.empty((2, 0), np.int64)
    graph = coo_matrix((np.ones(pairs.shape[1]), pairs), shape=(len(unique), len(unique)))
    groups: Indices = connected_components(graph, directed=False)[1].astype(np.int64)
    return groups[inverse]


def near_any(hashes: list[str], held: list[str], distance: int) -> set[str]:
    """Those of `hashes` that share a near-duplicate group with one of `held`."""
    groups = near_duplicate_groups([*hashes, *held], distance) if held else np.empty(0, np.int64)
    taken = set(groups[len(hashes) :].tolist())
    return {name for name, group in zip(hashes, groups, strict=False) if group in taken}
