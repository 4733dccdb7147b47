"""Figures by matplotlib, each returned as a Figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spvae._core import Error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from spvae._answers import Explanation, Outliers
    from spvae._estimator import SPVAE
    from spvae._region_graph import RegionGraph


def _pyplot():
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise Error("plot: matplotlib is not installed; pip install 'spvae[plot]'") from None
    return plt


def _subplots(*args, **kwargs):
    """Those of pyplot; a notebook then shows the figure as the value that it is, not once more by pyplot."""
    plt = _pyplot()
    figure, axes = plt.subplots(*args, layout="constrained", **kwargs)
    if plt.get_backend().endswith("inline"):
        plt.close(figure)
    return figure, axes


def _shown(image):
    """An image as imshow takes it, in [0, 1]."""
    image = np.asarray(image, dtype=np.float64)
    if image.ndim not in (2, 3):
        raise Error(f"plot: got rows of shape {image.shape}, expected images")
    if image.size and np.nanmax(image) > 1.5:
        image = image / 255
    return np.clip(image, 0, 1)


def _draw(axes, image):
    axes.imshow(_shown(image), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()


def images(X: ArrayLike, *, columns: int | None = None, captions: Sequence[str] | None = None,
           title: str | None = None) -> Figure:
    """Images side by side.

    Parameters
    ----------
    X : array-like [N, H, W] or [N, H, W, 3]
    columns : int, default=None
        Images of a row; None: as many as there are rows.
    captions : list of str, default=None
        Below each image.
    """
    X = np.asarray(X)
    if len(X) == 0:
        raise Error("plot: got no images, expected at least one")
    columns = columns or int(np.ceil(np.sqrt(len(X))))
    rows = -(-len(X) // columns)
    height = (1.1 if captions else 0.9) * rows + (0.35 if title else 0)
    figure, axes = _subplots(rows, columns, figsize=(0.9 * columns, height), squeeze=False)
    for at, place in enumerate(axes.flat):
        place.set_axis_off()
        if at < len(X):
            _draw(place, X[at])
            if captions is not None:
                place.set_title(captions[at], fontsize=7)
    if title is not None:
        figure.suptitle(title)
    return figure


def samples(model: SPVAE, count: int = 64, random_state: int = 0, *, columns: int | None = None) -> Figure:
    """Samples of a model of images."""
    return images(model.sample(count, random_state=random_state), columns=columns)


def completions(X: ArrayLike, missing: ArrayLike, filled: ArrayLike) -> Figure:
    """Images, what was seen of them, and their completions: a row each.

    Parameters
    ----------
    X : array-like [N, H, W] or [N, H, W, 3]
    missing : array-like of bool, [H, W] or [N, H, W]
    filled : array-like [N, ...] or [N, n, ...], as SPVAE.inpaint returns it
    """
    X = np.asarray(X)
    filled = np.asarray(filled)
    if filled.ndim == X.ndim:
        filled = filled[:, np.newaxis]
    missing = np.broadcast_to(np.asarray(missing, dtype=bool), X.shape[:3])
    shown = []
    for image, hidden, guesses in zip(X, missing, filled):
        seen = np.array(image, dtype=np.float64)
        seen[hidden] = (255 if np.nanmax(image) > 1.5 else 1) * 0.5
        shown += [image, seen, *guesses]
    return images(np.stack(shown), columns=2 + filled.shape[1])


def learning_curve(model: SPVAE) -> Figure:
    """Training and validation bounds over the steps."""
    history = model.history_
    if not history["step"]:
        raise Error("learning_curve: a model that was loaded from a run has no history here")
    figure, axes = _subplots(figsize=(6, 3.5))
    axes.plot(history["step"], history["training_bound"], label="training")
    axes.plot(history["step"], history["validation_bound"], label="validation")
    # The first bounds lie so far below that the others would be one line.
    settled = np.array(history["step"]) >= 0.2 * history["step"][-1]
    shown = np.array([history["training_bound"], history["validation_bound"]])[:, settled]
    room = 0.05 * (shown.max() - shown.min()) or 1
    axes.set_ylim(shown.min() - room, shown.max() + room)
    axes.set_xlabel("step")
    axes.set_ylabel("bound on log p(x), nats")
    axes.legend(frameon=False)
    return figure


def explanation(answer: Explanation) -> Figure:
    """An image, the super-pixels that its most probable tree cuts it into, and the contributions of
    its parts; of a vector, the contributions alone."""
    plt = _pyplot()
    if answer.image.ndim == 1:
        figure, axes = _subplots(figsize=(6, 3.5))
        axes.bar(np.arange(len(answer.contributions)), answer.contributions)
        axes.set_xlabel("part")
        axes.set_ylabel("contribution, nats")
        return figure
    figure, (left, right) = _subplots(1, 2, figsize=(8, 4))
    _draw(left, answer.image)
    left.set_title(f"log p(x) ≥ {answer.log_likelihood:.1f} nats", fontsize=9)
    for node in answer.nodes:
        if node.is_leaf:
            top, column, height, width = node.rectangle
            left.add_patch(plt.Rectangle((column - 0.5, top - 0.5), width, height, fill=False,
                                         edgecolor="tab:orange", linewidth=0.8))
    heat = np.zeros(answer.image.shape[:2])
    for (top, column, height, width), value in zip(answer.parts, answer.contributions):
        heat[top:top + height, column:column + width] = value
    shown = right.imshow(heat, cmap="viridis", interpolation="nearest")
    right.set_axis_off()
    right.set_title("contributions of parts, nats", fontsize=9)
    figure.colorbar(shown, ax=right, shrink=0.8)
    return figure


def outliers(answer: Outliers, X: ArrayLike, count: int = 10) -> Figure:
    """The strangest images, and which parts of them are to blame.

    Parameters
    ----------
    answer : Outliers
    X : array-like, the images that were asked about
    """
    X = np.asarray(X)
    rows = answer.ranking[:count]
    figure, axes = _subplots(2, len(rows), figsize=(1.2 * len(rows), 2.9), squeeze=False)
    blame = answer.blame[rows]
    blame = blame.sum(axis=3) if blame.ndim == 4 else blame  # of a pixel, all of its channels
    # One image that is unlike all others would leave the rest pale.
    worst = np.abs(blame).reshape(len(rows), -1).max(axis=1)
    most = min(worst.max(), 3 * np.median(worst)) or 1
    for column, row in enumerate(rows):
        _draw(axes[0, column], X[row])
        axes[0, column].set_title(f"{row}: {answer.scores[row]:.0f}\n{100 * answer.percentiles[row]:.1f} %",
                                  fontsize=7)
        shown = axes[1, column].imshow(blame[column], cmap="RdBu", vmin=-most, vmax=most,
                                       interpolation="nearest")
        axes[1, column].set_axis_off()
    figure.colorbar(shown, ax=axes[1, :].tolist(), shrink=0.9, label="nats a pixel",
                    extend="both" if worst.max() > most else "neither")
    return figure


def scores(known: ArrayLike, usual: ArrayLike | None = None) -> Figure:
    """Histograms of log-likelihoods, and of usual ones beside them.

    Parameters
    ----------
    known : array-like [N], nats
    usual : array-like, default=None
        Those of validation rows, as SPVAE.validation_scores_.
    """
    known = np.asarray(known)
    figure, axes = _subplots(figsize=(6, 3))
    both = known if usual is None else np.concatenate([known, np.asarray(usual)])
    # A few rows far off would leave one bar for all the others.
    low, high = np.quantile(both, [0.005, 1])
    bins = np.linspace(low, high if high > low else low + 1, 40)
    if usual is not None:
        axes.hist(np.clip(usual, low, None), bins=bins, density=True, alpha=0.5, label="validation rows")
    axes.hist(np.clip(known, low, None), bins=bins, density=True, alpha=0.5, label="these rows")
    axes.set_xlabel("bound on log p(x), nats; the first bar has all below")
    axes.set_ylabel("density")
    axes.legend(frameon=False)
    return figure


def region_graph(graph: RegionGraph) -> Figure:
    """The leaf regions of an image, each in a colour of its own."""
    if len(graph.shape) == 1:
        raise Error(f"region_graph: got a graph over {graph.shape[0]} columns, expected one over an image")
    pixels = np.zeros(int(np.prod(graph.shape)))
    # Neighbours in number are far apart in colour.
    for number, region in enumerate(graph.regions[: graph.leaf_regions]):
        pixels[region] = (number * 0.618034) % 1
    figure, axes = _subplots(figsize=(4, 4))
    axes.imshow(pixels.reshape(graph.shape[0], graph.shape[1], -1).mean(axis=2), cmap="twilight", vmin=0, vmax=1,
                interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(f"{graph.leaf_regions} leaf regions, {len(graph.regions)} regions, "
                   f"{len(graph.partitions)} partitions", fontsize=9)
    return figure


def latent_space(model: SPVAE, X: ArrayLike, y: ArrayLike | None = None) -> Figure:
    """The rows' codes in the plane of their first two principal components, in the colours of y."""
    from sklearn.decomposition import PCA

    place = PCA(n_components=2, random_state=0).fit_transform(model.transform(X))
    figure, axes = _subplots(figsize=(5, 5))
    if y is None:
        axes.scatter(place[:, 0], place[:, 1], s=4)
    else:
        for label in np.unique(y):
            chosen = np.asarray(y) == label
            axes.scatter(place[chosen, 0], place[chosen, 1], s=4, label=str(label))
        axes.legend(frameon=False, markerscale=3, fontsize=7)
    axes.set_xlabel("first component")
    axes.set_ylabel("second component")
    return figure
