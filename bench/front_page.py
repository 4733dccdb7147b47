#!/usr/bin/env python3
"""The front page's small pictures, docs/images/results.png: bits per dimension against parameters, and the time of a
training step beside that of PyTorch and JAX (bench/results.json). Needs matplotlib."""

from __future__ import annotations

import json
from pathlib import Path

from matplotlib import pyplot

ROOT = Path(__file__).resolve().parent.parent

# MNIST's raw pixels: parameters, bits per dimension. Their commands are in docs/results/density.md.
OURS = [(408_737, 1.124, "density recipe"), (413_607, 1.230, "TP19's model,\nordinal pixels")]
PUBLISHED = [(4.0e6, 1.249, "circuit, 4 M"), (77e6, 1.170, "circuit, 77 M")]
WEBP = 1.49

MODELS = {"spvae": "SPVAE", "conv-spvae": "Conv-SPVAE", "vae": "VAE", "conv-vae": "Conv-VAE"}
LIBRARIES = {"ours": ("spvae", "tab:orange"), "torch-compile": ("PyTorch, compiled", "tab:gray"),
             "jax": ("JAX", "silver")}


def draw_bits(axes: pyplot.Axes) -> None:
    for points, colour, marker in [(OURS, "tab:orange", "o"), (PUBLISHED, "tab:gray", "s")]:
        for parameters, bits, name in points:
            axes.plot(parameters, bits, marker, color=colour, markersize=8)
            axes.annotate(name, (parameters, bits), textcoords="offset points", xytext=(9, -4), fontsize=8)
    axes.axhline(WEBP, color="silver", linewidth=1)
    axes.annotate("WebP, lossless", (2e5, WEBP), textcoords="offset points", xytext=(4, -11), fontsize=8)
    axes.set(xscale="log", xlim=(2e5, 1e9), ylim=(1.05, 1.55), xlabel="parameters",
             title="MNIST, bits per dimension (fewer are better)")


def draw_speed(axes: pyplot.Axes) -> None:
    steps = {case["model"]: case["seconds"]
             for case in json.loads((ROOT / "bench/results.json").read_text())["models"]
             if case["task"] == "step" and case["likelihood"] == "gaussian"}
    for number, (library, (name, colour)) in enumerate(LIBRARIES.items()):
        slower = [steps[model][library]["median"] / steps[model]["ours"]["median"] for model in MODELS]
        places = [place + 0.27 * number for place in range(len(MODELS))]
        bars = axes.barh(places, slower, height=0.25, color=colour, label=name)
        axes.bar_label(bars, fmt="%.1f", fontsize=7, padding=2)
    axes.set_yticks([place + 0.27 for place in range(len(MODELS))], MODELS.values())
    axes.invert_yaxis()
    axes.set(xlabel="times as long as ours", title="A training step, two threads")
    axes.legend(frameon=False, fontsize=8, loc="center right", bbox_to_anchor=(1, 0.38))


def main() -> None:
    figure, (bits, speed) = pyplot.subplots(1, 2, figsize=(9.6, 3), layout="constrained")
    draw_bits(bits)
    draw_speed(speed)
    for axes in (bits, speed):
        axes.spines[["top", "right"]].set_visible(False)
        axes.title.set_fontsize(10)
    figure.savefig(ROOT / "docs/images/results.png", dpi=150, metadata={"Software": None})


if __name__ == "__main__":
    main()
