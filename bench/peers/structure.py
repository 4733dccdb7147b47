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
    """scopes: [leaf regions, pixels]; levels above the leaf regions, the root last.

    halves: of a binary tree with element-wise products, how many regions each level above the leaf
    regions has; then levels is empty. order [weights]: where the logits, level by level, stand in
    a model file; None: as here.
    """

    scopes: np.ndarray
    levels: list[Level]
    weights: int
    halves: tuple[int, ...] = ()
    order: np.ndarray | None = None


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


def quad_tree(height: int, width: int, delta: int, nodes: int) -> Structure:
    """Element-wise products over a quad tree whose super-pixels are a square, 2ⁿ each way: a binary
    tree, in which regions 2i and 2i + 1 of a level are the halves of region i of the next."""
    side = height // delta
    if height != width or height % delta or side & (side - 1):
        raise ValueError("the peers' quad tree needs a square of 2ⁿ x 2ⁿ super-pixels")
    pixels = np.arange(height * width).reshape(height, width)
    scopes: list[np.ndarray] = []
    partitions: dict[int, list[int]] = {}  # number in the file of those of each level

    def add(size: int, top: int, left: int, number: int) -> int:
        """Numbers the partitions of a block from `number` on; returns the next number."""
        if size == 1:
            rows, columns = top * delta, left * delta
            scopes.append(pixels[rows : rows + delta, columns : columns + delta].ravel())
            return number
        half = size // 2
        for row, column in ((0, 0), (0, half), (half, 0), (half, half)):
            number = add(half, top + row, left + column, number)
        level = 2 * half.bit_length() - 2
        partitions.setdefault(level, []).extend([number, number + 1])
        partitions.setdefault(level + 1, []).append(number + 2)
        return number + 3

    count = add(side, 0, 0, 0)
    bank = 2 * nodes * nodes  # logits of a partition
    numbers = [number for level in sorted(partitions) for number in partitions[level]]
    order = np.arange(count * bank).reshape(count, bank)[numbers].ravel()
    root = np.arange(count * bank, count * bank + nodes)
    return Structure(np.stack(scopes), [], count * bank + nodes,
                     tuple(len(partitions[level]) for level in sorted(partitions)),
                     np.concatenate([order, root]))
