"""Matchings of keys to the bits of their masks, by augmenting paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits

if TYPE_CHECKING:
    from collections.abc import Mapping


def augment(owner: dict[int, int], edges: Mapping[int, int], key: int, seen: set[int]) -> bool:
    """Match one more key to a bit of its mask, moving others if need be; `owner` maps bits to keys."""
    for b in bits(edges[key]):
        if b not in seen:
            seen.add(b)
            if b not in owner or augment(owner, edges, owner[b], seen):
                owner[b] = key
                return True
    return False


def distinct_representatives(edges: Mapping[int, int]) -> dict[int, int] | None:
    """Match each key to its own bit of its mask (augmenting paths), or return None."""
    owner: dict[int, int] = {}
    if not all(augment(owner, edges, key, set()) for key in edges):
        return None
    return {key: b for b, key in owner.items()}
