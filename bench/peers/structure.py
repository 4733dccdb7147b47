"""The circuit over a grid of super-pixels, as arrays by level (docs/checkpoint.md, Regions)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Level:
    """Regions of one level; each has `level` partitions.

    left, right: [regions, partitions], numbers of regions of lower levels.
    logits: where the level's free logits [regions, sums, products] begin in circuit.logits.
    """

    left: np.ndarray
    right: np.ndarray
    sums: int
    logits: int

    @property
    def regions(self) -> int:
        return self.left.shape[0]

    def products(self, nodes: int) -> int:
        """Children of a sum where a region has that many nodes."""
        return self.left.shape[1] * nodes * nodes


@dataclass(frozen=True)
class Structure:
    """scopes: [leaf regions, pixels]; levels above the leaf regions, the root last."""

    scopes: np.ndarray
    levels: list[Level]
    weights: int


def single_region(height: int, width: int) -> Structure:
    """All pixels under one leaf."""
    return Structure(np.arange(height * width)[None], [], 0)


def poon_domingos(height: int, width: int, delta: int, nodes: int) -> Structure:
    """Rectangles of super-pixels; every region but the root has `nodes` nodes."""
    if height % delta or width % delta:
        raise ValueError(f"delta {delta} does not divide {height} x {width}")
    down, across = height // delta, width // delta
    rectangles = sorted(
        (h + w - 2, h, top, left, w)
        for h in range(1, down + 1)
        for w in range(1, across + 1)
        for top in range(down - h + 1)
        for left in range(across - w + 1)
    )
    number = {(h, w, top, left): i for i, (_, h, top, left, w) in enumerate(rectangles)}
    pixels = np.arange(height * width).reshape(height, width)
    scopes, levels, logits = [], [], 0
    for depth in range(down + across - 1):
        lefts, rights = [], []
        for _, h, top, left, w in (r for r in rectangles if r[0] == depth):
            if depth == 0:
                rows, columns = top * delta, left * delta
                scopes.append(pixels[rows : rows + delta, columns : columns + delta].ravel())
                continue
            cuts = [((cut, w, top, left), (h - cut, w, top + cut, left)) for cut in range(1, h)]
            cuts += [((h, cut, top, left), (h, w - cut, top, left + cut)) for cut in range(1, w)]
            lefts.append([number[a] for a, _ in cuts])
            rights.append([number[b] for _, b in cuts])
        if depth > 0:
            sums = 1 if depth == down + across - 2 else nodes
            level = Level(np.array(lefts), np.array(rights), sums, logits)
            logits += level.regions * sums * level.products(nodes)
            levels.append(level)
    return Structure(np.stack(scopes), levels, logits)
