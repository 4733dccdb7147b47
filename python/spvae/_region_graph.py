"""How an image or a vector is divided, from a file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spvae import _core
from spvae._arrays import image_shape

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class RegionGraph:
    """Regions, sets of variables, and partitions of one into two (TP19 Section 3.3).

    ``SPVAE(settings={"graph": graph})`` learns a model that is divided so.

    path : of its file.
    shape : (H, W) or (H, W, 3) of images, (V,) of vectors.
    regions : the variables of each, ascending places in a row of that shape; the leaf regions first,
        the root last.
    partitions : [P, 3] of each the regions that it divides and that it divides this into.
    """

    path: str
    shape: tuple[int, ...]
    regions: list[NDArray[np.int32]] = field(repr=False)
    partitions: NDArray[np.int32] = field(repr=False)

    @property
    def leaf_regions(self) -> int:
        """How many of the regions have no partition: the first ones."""
        return len(self.regions) - len(np.unique(self.partitions[:, 0]))

    def __fspath__(self) -> str:
        return self.path

    def plot(self) -> Figure:
        """A matplotlib figure of the leaf regions of an image."""
        from spvae import plot

        return plot.region_graph(self)


def load_region_graph(path: str | os.PathLike[str], shape: int | tuple[int, ...]) -> RegionGraph:
    """Reads a region graph in the JSON of cirkit's RegionGraph.dump.

    Parameters
    ----------
    path : path-like
    shape : tuple or int
        (H, W) or (H, W, 3) of images, V or (V,) of vectors.

    Returns
    -------
    graph : RegionGraph
        Of binary partitions: others are divided into halves of their inputs.

    Raises
    ------
    Error
        For what is no region graph over as many variables; it names the region.
    """
    is_vector = isinstance(shape, (int, np.integer)) or len(shape) == 1
    sizes = (int(np.prod(shape)),) if is_vector else image_shape(shape)
    channels = 3 if len(sizes) == 3 else 1
    regions, partitions = _core.read_region_graph(os.fspath(path), int(np.prod(sizes)), channels)
    return RegionGraph(os.fspath(path), sizes, regions, partitions)
