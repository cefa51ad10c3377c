"""Which array of a model is the pruning mask of which other one.

Masks stand in files under many names: ``fc.weight_mask`` beside ``fc.weight_orig`` (torch.nn.utils.prune), ``fc.mask``,
``fc.parametrizations.weight.0.mask``, or in a container of their own, ``masks.fc.weight`` and ``masks[0]``. What looks
like a mask and cannot be paired is a doubt: the file does not say where the weights are zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Pairing", "pair_masks", "parameter"]

_PARAMETRIZED = re.compile(r"^(?:(.*)\.)?parametrizations\.([^.]+)\.(?:original[01]?|\d+\.([^.]+))$")
_LISTED = re.compile(r"^masks\[(\d+)\]$")
_HARMLESS = {"_u", "_v"}  # of spectral normalisation: one number divides all weights


@dataclass(frozen=True)
class Pairing:
    """What belongs together.

    Attributes
    ----------
    masks : dict
        The keys of the masks of a weight by the key of the weight. Several masks: an entry must be in all of them.
    doubts : tuple of str
        Why it is not known where the weights are zero.
    """

    masks: dict[str, list[str]]
    doubts: tuple[str, ...]


def parameter(key: str) -> str:
    """The name that a stored tensor has as a parameter of the model.

    Examples
    --------
    >>> parameter("0.weight_orig"), parameter("0.parametrizations.weight.original"), parameter("0.weight")
    ('0.weight', '0.weight', '0.weight')
    """
    found = _PARAMETRIZED.match(key)
    if found and found[3] is None:
        return f"{found[1]}.{found[2]}" if found[1] else found[2]
    return key.removesuffix("_orig")


def pair_masks(arrays: Mapping[str, NDArray[Any]]) -> Pairing:
    """Pair the masks among named arrays with the weights they belong to.

    Parameters
    ----------
    arrays : mapping from name to array

    Examples
    --------
    >>> import numpy as np
    >>> pair_masks({"0.weight": np.ones((2, 3)), "0.mask": np.eye(2, 3)}).masks
    {'0.weight': ['0.mask']}
    >>> pair_masks({"0.weight": np.ones((2, 3)), "mask_b": np.eye(2, 3)}).doubts
    ('mask_b may be a mask, of no weight that can be told by its name',)
    """
    masks = [key for key in arrays if _is_mask(key)]
    if not masks and not any(_PARAMETRIZED.match(key) for key in arrays):
        return Pairing({}, ())
    chosen = set(masks)
    weights = {parameter(key): key for key in arrays if key not in chosen}
    tensors = {name: key for name, key in weights.items() if arrays[key].ndim >= 2}
    if not tensors:
        return Pairing({}, ())
    found: dict[str, list[str]] = {}
    doubts = []
    listed = [key for key in masks if _LISTED.match(key)]
    in_order = [key for key in tensors.values() if arrays[key].ndim == 2]
    if listed and [arrays[key].shape for key in listed] == [arrays[key].shape for key in in_order]:
        found = {key: [mask] for key, mask in zip(in_order, listed, strict=True)}
    elif listed:
        doubts.append(f"a list of {len(listed)} masks does not fit the {len(in_order)} matrices one by one")
    for key in masks:
        if key in listed:
            continue
        owners = [weights[name] for name in _owners(key) if name in weights]
        same = [owner for owner in owners if arrays[owner].shape == arrays[key].shape]
        if owners:
            found.setdefault((same or owners)[0], []).append(key)
        elif _may_be_a_mask(arrays[key], [arrays[weight] for weight in tensors.values()]):
            doubts.append(f"{key} may be a mask, of no weight that can be told by its name")
    doubts += _unexplained(arrays, found)
    return Pairing(found, tuple(doubts))


def _is_mask(key: str) -> bool:
    parts = key.lower().split(".")
    return "mask" in parts[-1] or "mask" in parts or "masks" in parts


def _owners(key: str) -> list[str]:
    """Names of the weights that a mask of this name may belong to, the likeliest first."""
    found = _PARAMETRIZED.match(key)
    if found:
        return [f"{found[1]}.{found[2]}" if found[1] else found[2]]
    parts = [part for part in key.split(".") if part.lower() not in ("mask", "masks")]
    if parts:
        last = parts[-1]
        for pattern in (r"_?mask$", r"^mask_"):
            last = re.sub(pattern, "", last, flags=re.IGNORECASE) or last
        parts[-1] = last
    name = ".".join(parts)
    return [name, f"{name}.weight" if name else "weight"]


def _may_be_a_mask(mask: NDArray[Any], weights: list[NDArray[Any]]) -> bool:
    """Not so are numbers, and buffers of a shape of their own such as the masks of causal attention."""
    import numpy as np

    if mask.ndim == 0 or mask.size < 2:
        return False
    if mask.ndim == 2 and np.isin(mask, (0, 1)).all():
        return True
    return any(mask.size == weight.size for weight in weights)


def _unexplained(arrays: Mapping[str, NDArray[Any]], masks: Mapping[str, list[str]]) -> list[str]:
    """Weights that are computed by parametrizations of which the file does not tell enough."""
    groups: dict[str, tuple[list[str], list[str]]] = {}
    for key in arrays:
        found = _PARAMETRIZED.match(key)
        if found:
            name = f"{found[1]}.{found[2]}" if found[1] else found[2]
            groups.setdefault(name, ([], []))[found[3] is not None].append(key)
    doubts = []
    for name, (originals, buffers) in groups.items():
        understood = {mask for key in originals for mask in masks.get(key, [])}
        strange = [key for key in buffers if key not in understood and key.rpartition(".")[2] not in _HARMLESS]
        if strange:
            doubts.append(f"{name} is computed with {strange[0]}, which is not known to be a mask")
        elif len(originals) == 1 and not buffers and arrays[originals[0]].ndim >= 2:
            doubts.append(f"{name} is computed by a parametrization that the file does not hold")
    return doubts
