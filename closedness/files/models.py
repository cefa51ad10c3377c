"""Layers of models: what ``closedness scan`` looks at.

A layer is a matrix of shape (outputs, inputs), as PyTorch stores weights; the first layer comes first. Its support is
its pruning mask, or where its entries are not zero. What is no matrix, or cannot stand in a product, is kept with the
reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from closedness.errors import InputError
from closedness.files.arrays import printable
from closedness.files.masks import pair_masks, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from closedness.supports.product import SupportProduct
    from closedness.supports.support import Support

__all__ = ["Layer", "Model", "chosen_layers", "layers_of_arrays", "layers_of_product", "model_of_arrays"]

_ADAPTER = re.compile(r"^(.*?)\.?lora_(?:embedding_)?([AB])((?:\.(?!weight$)[^.]+)?)(?:\.weight)?$")
_DENSE = (
    "every layer is dense: masks that are applied only in the forward pass are not in the file; give them with --masks"
)


@dataclass(frozen=True)
class Layer:
    """One parameter of a model.

    Attributes
    ----------
    name : str
        Without ``.weight``.
    shape : tuple of int
    support : Support or None
        None if the parameter is no matrix that can be looked at.
    note : str
        Where the support comes from, or why there is none.
    breaks : bool
        The parameter stands between its neighbours, so these do not multiply (a convolution).
    update_of : str
        Of a low-rank update B A (LoRA), the weight that it is added to; empty otherwise.
    """

    name: str
    shape: tuple[int, ...]
    support: Support | None
    note: str
    breaks: bool = False
    update_of: str = ""


@dataclass(frozen=True)
class Model:
    """The layers of one model, first layer first, or one problem file.

    Attributes
    ----------
    name : str
        The file or folder, for messages.
    layers : tuple of Layer
        Empty for a problem file.
    problem : SupportProduct or None
        The question of a problem file.
    order : str
        Where the order of the layers comes from.
    doubts : tuple of str
        Why it is not known where the weights are zero. With a doubt there is no verdict about the network.
    hints : tuple of str
        What else is to be known about the file.
    chosen : bool
        The layers were named one by one: they multiply in this order, whatever their names say.
    """

    name: str
    layers: tuple[Layer, ...] = ()
    problem: SupportProduct | None = None
    order: str = "as in the file"
    doubts: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    chosen: bool = False


def model_of_arrays(
    name: str,
    arrays: Mapping[str, NDArray[Any]],
    *,
    state_dict: bool = False,
    order: str = "as in the file",
    as_stored: bool = False,
) -> Model:
    """The model of named arrays: its layers, and what is doubtful about them.

    Parameters
    ----------
    name : str
    arrays : mapping from name to array
    state_dict : bool
        As for `layers_of_arrays`.
    order : str
        Where the order of the arrays comes from.
    as_stored : bool
        Take the entries that are not zero for the supports, whatever looks like an unknown mask.

    Examples
    --------
    >>> import numpy as np
    >>> model_of_arrays("net", {"a.weight": np.ones((2, 2)), "other_mask": np.eye(2)}, state_dict=True).doubts
    ('other_mask may be a mask, of no weight that can be told by its name',)
    """
    layers = layers_of_arrays(arrays, state_dict=state_dict)
    seen = [layer for layer in layers if layer.support is not None]
    hints = (_DENSE,) if seen and all(layer.note == "dense" for layer in seen) and not as_stored else ()
    doubts = () if as_stored else pair_masks(arrays).doubts
    return Model(name, layers, order=order, doubts=tuple(printable(each) for each in doubts), hints=hints)


def layers_of_arrays(arrays: Mapping[str, NDArray[Any]], *, state_dict: bool = False) -> tuple[Layer, ...]:
    """The layers among named arrays, in the order given.

    Parameters
    ----------
    arrays : mapping from name to array
        Weights, and masks of them under the names that `closedness.files.masks` knows.
    state_dict : bool
        Take matrices for layers only if their name ends in ``weight`` or they have a mask. Otherwise any matrix
        is one.

    Examples
    --------
    >>> import numpy as np
    >>> pruned = {"fc1.weight_orig": np.ones((2, 3)), "fc1.weight_mask": np.eye(2, 3), "fc1.bias": np.ones(2)}
    >>> found = layers_of_arrays(pruned)
    >>> [(layer.name, layer.note) for layer in found if layer.support is not None]
    [('fc1', 'pruning mask')]
    """
    masks = pair_masks(arrays).masks
    used = {mask for group in masks.values() for mask in group}
    updated = {found[1] for key in arrays if (found := _ADAPTER.match(key))}
    layers = []
    for key, array in arrays.items():
        if key in used:
            continue
        base = parameter(key)
        name = printable(base.removesuffix(".weight") or base, 80)
        last = base.rpartition(".")[2]
        adapter = _ADAPTER.match(key)
        group = [arrays[mask] for mask in masks.get(key, [])]
        wrong = next((mask.shape for mask in group if mask.shape != array.shape), None)
        is_weight = last.endswith("weight") or last == "weight_v" or bool(group) or adapter is not None
        if array.ndim < 2:
            note = "bias" if last == "bias" else "vector or number, not a matrix"
            layers.append(Layer(name, array.shape, None, note))
        elif array.ndim > 2:
            what = "convolution or other tensor" if is_weight else "tensor"
            note = f"{what} of {array.ndim} dimensions, not a matrix: skipped"
            layers.append(Layer(name, array.shape, None, note, breaks=is_weight))
        elif wrong is not None:
            note = f"its mask has shape {wrong}, the weights {array.shape}: skipped"
            layers.append(Layer(name, array.shape, None, note, breaks=True))
        elif last == "weight_g" or re.search(r"parametrizations\.[^.]+\.original0$", key):
            layers.append(Layer(printable(key, 80), array.shape, None, "sizes of a weight normalisation, not a layer"))
        elif state_dict and not is_weight:
            layers.append(Layer(name, array.shape, None, "matrix whose name does not end in weight: skipped"))
        elif name.removesuffix(".base_layer") in updated:
            note = "a low-rank update is added to it: only the update is looked at"
            layers.append(Layer(name, array.shape, None, note, breaks=True))
        else:
            layer = _layer(name, array, group)
            layers.append(replace(layer, update_of=printable(adapter[1] + adapter[3], 80)) if adapter else layer)
    return tuple(layers)


def _layer(name: str, array: NDArray[Any], masks: Sequence[NDArray[Any]]) -> Layer:
    import numpy as np

    from closedness.supports.support import Support

    if array.size == 0:
        return Layer(name, array.shape, None, "no entries: skipped", breaks=True)
    for mask in masks:
        if not np.isin(mask, (0, 1)).all():  # neither is what is not finite
            return Layer(name, array.shape, None, "its mask holds entries other than 0 and 1: skipped", breaks=True)
    if not masks and array.dtype.kind == "f" and not np.isfinite(array).all():
        return Layer(name, array.shape, None, "holds entries that are not finite: skipped", breaks=True)
    support = Support.read(np.logical_and.reduce([mask != 0 for mask in masks]) if masks else array != 0)
    if support.nnz == array.size:
        note = "dense"
    elif masks:
        note = "pruning mask"
    else:
        note = "non-zero entries"
    return Layer(name, array.shape, support, note)


def chosen_layers(models: Sequence[Model], names: Sequence[str]) -> Model:
    """One model of the named layers, in the order of the names.

    Raises
    ------
    InputError
        If a name is unknown, or belongs to several layers, or to none that can be looked at.
    """
    every = [layer for model in models for layer in model.layers]
    layers = []
    for name in names:
        found = [layer for layer in every if layer.name == name]
        if len(found) != 1:
            known = ", ".join(layer.name for layer in every if layer.support is not None)
            raise InputError(f"--layer {name!r}: {len(found)} layers have this name; there are {printable(known)}")
        if found[0].support is None:
            raise InputError(f"--layer {name!r}: {found[0].note}")
        layers.append(replace(found[0], breaks=False))
    doubts = tuple(doubt for model in models for doubt in model.doubts)
    hints = tuple(hint for model in models for hint in model.hints)
    if len({layer.update_of for layer in layers}) > 1:
        layers = [replace(layer, update_of="") for layer in layers]
    return Model("chosen layers", tuple(layers), order="as chosen", doubts=doubts, hints=hints, chosen=True)


def layers_of_product(product: SupportProduct) -> list[Layer]:
    """The factors of a problem file as layers of a network: the last factor is applied first.

    Examples
    --------
    >>> from closedness.supports.product import SupportProduct
    >>> [layer.shape for layer in layers_of_product(SupportProduct.from_text("11 * 101/011"))]
    [(2, 3), (1, 2)]
    """
    size = len(product)
    return [
        Layer(f"factor {size - 1 - number}", factor.shape, factor, "support")
        for number, factor in enumerate(reversed(product.factors))
    ]
