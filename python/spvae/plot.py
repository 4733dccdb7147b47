"""Figures by matplotlib, each returned as a Figure."""

import numpy as np

from spvae._core import Error


def _pyplot():
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise Error("plot: matplotlib is not installed; pip install 'spvae[plot]'") from None
    return plt


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


def images(X, *, columns=None, captions=None, title=None):
    """Images side by side.

    Parameters
    ----------
    X : array-like [N, H, W] or [N, H, W, 3]
    columns : int, default=None
        Images of a row; None: as many as there are rows.
    captions : list of str, default=None
        Below each image.
    """
    plt = _pyplot()
    X = np.asarray(X)
    if len(X) == 0:
        raise Error("plot: got no images, expected at least one")
    columns = columns or int(np.ceil(np.sqrt(len(X))))
    rows = -(-len(X) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(0.9 * columns, (1.1 if captions else 0.9) * rows),
                                squeeze=False, layout="constrained")
    for at, place in enumerate(axes.flat):
        place.set_axis_off()
        if at < len(X):
            _draw(place, X[at])
            if captions is not None:
                place.set_title(captions[at], fontsize=7)
    if title is not None:
        figure.suptitle(title)
    return figure


def samples(model, count=64, random_state=0):
    """Samples of a model of images."""
    return images(model.sample(count, random_state=random_state))


def completions(X, missing, filled):
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


def learning_curve(model):
    """Training and validation bounds over the steps."""
    plt = _pyplot()
    history = model.history_
    if not history["step"]:
        raise Error("learning_curve: a model that was loaded from a run has no history here")
    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    axes.plot(history["step"], history["training_bound"], label="training")
    axes.plot(history["step"], history["validation_bound"], label="validation")
    axes.set_xlabel("step")
    axes.set_ylabel("bound on log p(x), nats")
    axes.legend(frameon=False)
    return figure


def explanation(answer):
    """An image, the super-pixels that its most probable tree cuts it into, and the contributions of
    its parts; of a vector, the contributions alone."""
    plt = _pyplot()
    if answer.image.ndim == 1:
        figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
        axes.bar(np.arange(len(answer.contributions)), answer.contributions)
        axes.set_xlabel("part")
        axes.set_ylabel("contribution, nats")
        return figure
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
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


def outliers(answer, X, count=10):
    """The strangest images, and which parts of them are to blame.

    Parameters
    ----------
    answer : Outliers
    X : array-like, the images that were asked about
    """
    plt = _pyplot()
    X = np.asarray(X)
    rows = answer.ranking[:count]
    figure, axes = plt.subplots(2, len(rows), figsize=(1.2 * len(rows), 2.9), squeeze=False,
                                layout="constrained")
    blame = answer.blame[rows]
    blame = blame.mean(axis=3) if blame.ndim == 4 else blame
    most = np.abs(blame).max() or 1
    for column, row in enumerate(rows):
        _draw(axes[0, column], X[row])
        axes[0, column].set_title(f"{row}: {answer.scores[row]:.0f}\n{100 * answer.percentiles[row]:.1f} %",
                                  fontsize=7)
        shown = axes[1, column].imshow(blame[column], cmap="RdBu", vmin=-most, vmax=most,
                                       interpolation="nearest")
        axes[1, column].set_axis_off()
    figure.colorbar(shown, ax=axes[1, :].tolist(), shrink=0.9, label="nats a pixel")
    return figure


def latent_space(model, X, y=None):
    """The rows' codes in the plane of their first two principal components, in the colours of y."""
    from sklearn.decomposition import PCA

    plt = _pyplot()
    place = PCA(n_components=2, random_state=0).fit_transform(model.transform(X))
    figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
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
