"""What a model answers beyond arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Node:
    """A node of an induced tree, and what it chooses.

    rectangle : (top, left, height, width) of the pixels that it is of.
    branch : which child its sum takes; -1 for a leaf.
    probability : of that branch, given the image and that the tree reaches the sum.
    parent, left, right : places in Explanation.nodes; -1 where there is none.
    """

    node: int
    parent: int
    level: int
    rectangle: tuple[int, int, int, int]
    branch: int
    probability: float
    left: int
    right: int

    @property
    def is_leaf(self) -> bool:
        return self.branch < 0


@dataclass(frozen=True)
class Explanation:
    """Why an image is as likely as it is: its most probable induced tree (TP19 Section 3.1).

    log_likelihood : of the image, over all trees, nats.
    log_prior : of the tree, nats.
    probability : of the tree, given the image.
    nodes : parents before children.
    responsibilities : [L] share that each leaf has in the image, over all trees.
    contributions : [parts] what each part adds to the log-likelihood, nats.
    parts : (top, left, height, width) of each part.
    """

    log_likelihood: float
    log_prior: float
    probability: float
    nodes: list[Node] = field(repr=False)
    responsibilities: NDArray[np.float64] = field(repr=False)
    contributions: NDArray[np.float64] = field(repr=False)
    parts: list[tuple[int, int, int, int]] = field(repr=False)
    image: NDArray[Any] = field(repr=False)

    def plot(self) -> Figure:
        """A matplotlib figure: the image, its tree's super-pixels, and what each part contributes."""
        from spvae import plot

        return plot.explanation(self)


@dataclass(frozen=True)
class Outliers:
    """Which rows are unlike the training data, and which parts are to blame.

    scores : [N] log-likelihoods, nats.
    percentiles : [N] share of the reference scores below, 0 to 1; its resolution is 1 / resolution.
    is_outlier : [N] whether a score is below the asked quantile of the reference.
    threshold : that quantile, nats.
    ranking : [N] rows, the strangest first.
    contributions : [N, parts] what each part adds to a row's log-likelihood, nats.
    blame : [N, ...] of each pixel or column, the contribution of its part per variable, less the
        reference's mean of that: negative where a row is stranger than usual.
    resolution : reference scores behind the percentiles.
    """

    scores: NDArray[np.float64]
    percentiles: NDArray[np.float64]
    is_outlier: NDArray[np.bool_]
    threshold: float
    ranking: NDArray[np.intp] = field(repr=False)
    contributions: NDArray[np.float64] = field(repr=False)
    blame: NDArray[np.float64] = field(repr=False)
    resolution: int

    def plot(self, X: ArrayLike, count: int = 10) -> Figure:
        """A matplotlib figure of the strangest `count` of the images X that were asked about."""
        from spvae import plot

        return plot.outliers(self, X, count)
