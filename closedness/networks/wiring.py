"""What the names of layers say about what stands between them.

A file of weights holds names and matrices, not how they are connected. Neighbours are taken for consecutive layers
unless their names, those of common transformers, say otherwise.
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["between", "gated"]

_PARALLEL = (
    frozenset({"q_proj", "k_proj", "v_proj", "query", "key", "value", "to_q", "to_k", "to_v", "wq", "wk", "wv"}),
    frozenset({"gate_proj", "up_proj"}),
)
_ATTENTION = ("attn", "attention")
_LOOKUPS = ("embed_tokens", "embedding", "embeddings", "wte", "wpe", "tok_embeddings", "emb")


def between(first: str, second: str, every: Collection[str]) -> str | None:
    """Why two neighbouring layers do not multiply, as far as names tell; None if nothing speaks against it.

    Parameters
    ----------
    first, second : str
        Names of layers, the first one first.
    every : collection of str
        The names of all layers of the model.

    Examples
    --------
    >>> names = ["h.0.attn.q_proj", "h.0.attn.k_proj", "h.0.mlp.fc1", "h.0.mlp.fc2"]
    >>> between(names[0], names[1], names)
    'h.0.attn.q_proj and h.0.attn.k_proj read the same input'
    >>> between(names[1], names[2], names)
    'attention and a residual sum stand between h.0.attn.k_proj and h.0.mlp.fc1'
    >>> between(names[2], names[3], names) is None
    True
    """
    (parent, last), (other, following) = _parent_and_last(first), _parent_and_last(second)
    for name, part in ((first, last), (second, following)):
        if part in _LOOKUPS or part.endswith("_embeddings"):
            return f"{name} looks rows up, it multiplies nothing"
    if parent == other and any({last, following} <= group for group in _PARALLEL):
        return f"{first} and {second} read the same input"
    one, two = _attention(first), _attention(second)
    if one is not None and one == two:
        return f"attention stands between {first} and {second}"
    if one is not None or two is not None:
        return f"attention and a residual sum stand between {first} and {second}"
    blocks = {_parent_and_last(block)[0] for name in every if (block := _attention(name)) is not None}
    home, next_home = _home(first, blocks), _home(second, blocks)
    if home != next_home:
        return f"a residual sum stands between {first} and {second}"
    return None


def gated(first: str, second: str, every: Collection[str]) -> bool:
    """Whether a product with a gate stands between two layers, entry by entry.

    Examples
    --------
    >>> gated("mlp.up_proj", "mlp.down_proj", ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"])
    True
    """
    (parent, last), (other, following) = _parent_and_last(first), _parent_and_last(second)
    ends = parent == other and (last, following) == ("up_proj", "down_proj")
    return ends and f"{parent}.gate_proj".lstrip(".") in every


def _parent_and_last(name: str) -> tuple[str, str]:
    parent, _, last = name.rpartition(".")
    return parent, last


def _attention(name: str) -> str | None:
    """The part of a name up to the attention that the layer belongs to, or None."""
    parts = name.split(".")
    for number, part in enumerate(parts):
        if any(part.lower().endswith(word) for word in _ATTENTION):
            return ".".join(parts[: number + 1])
    return None


def _home(name: str, blocks: Collection[str]) -> str:
    """The block with attention that a layer stands in, empty for none."""
    return next((block for block in blocks if name.startswith(f"{block}.")), "") if "" not in blocks else ""
