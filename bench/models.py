"""The models that are measured beside the peers, and compared with them."""

from __future__ import annotations

PAPER = ["spvae", "vae", "conv-spvae", "conv-vae"]
# Its name here.
RECIPE = "density-recipe"
# The density recipe, and of its values those that the peers need.
DENSITY = {
    "recipe": "density", "model": "spvae", "structure": "quad-tree", "product": "elementwise",
    "k-sum": 64, "k-leaf": 64, "experts": 1, "priors": "learned", "network": "shared-mlp",
    "hidden": 160, "hidden-layers": 3, "latent": 16, "batch": 64, "samples": 20,
}


def models() -> list[dict]:
    """{"model", "likelihood"} of each."""
    paper = [{"model": name, "likelihood": likelihood}
             for name in PAPER for likelihood in ("gaussian", "binomial")]
    return [*paper, {"model": RECIPE, "likelihood": "ordinal"}]


def config_of(model: dict) -> dict:
    """Keys of a run's config of one of them, or of a config itself; `model` may say more of it."""
    return {**DENSITY, **model, "model": "spvae"} if model["model"] == RECIPE else model
