"""The models that are measured beside the peers, and compared with them."""

from __future__ import annotations

PAPER = ["spvae", "vae", "conv-spvae", "conv-vae"]
# Leaves that differ in their priors alone, under element-wise products: for densities.
DENSITY = {
    "model": "spvae", "structure": "quad-tree", "product": "elementwise", "k-sum": 64, "k-leaf": 64,
    "experts": 1, "priors": "learned", "network": "joint-mlp", "hidden": 64, "hidden-layers": 2,
    "latent": 8,
}


def models() -> list[dict]:
    """{"model", "likelihood"} of each."""
    paper = [{"model": name, "likelihood": likelihood}
             for name in PAPER for likelihood in ("gaussian", "binomial")]
    return [*paper, {"model": "density", "likelihood": "ordinal"}]


def config_of(model: dict) -> dict:
    """Keys of a run's config of one of them, or of a config itself; `model` may say more of it."""
    return {**DENSITY, **model, "model": "spvae"} if model["model"] == "density" else model
