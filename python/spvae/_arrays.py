"""What callers give as images or vectors, as the library takes it."""

from dataclasses import dataclass

import numpy as np

from spvae import _core
from spvae._core import Error


@dataclass(frozen=True)
class Layout:
    """What the rows of an array are.

    shape : (H, W) or (H, W, 3) of images, (V,) of vectors.
    is_bytes : 8-bit images; else floating-point numbers.
    """

    shape: tuple
    is_bytes: bool

    @property
    def is_vectors(self):
        return len(self.shape) == 1

    @property
    def variables(self):
        return int(np.prod(self.shape))


def as_array(X):
    """X as an array, of which lists of images and tensors are made one."""
    if not isinstance(X, (np.ndarray, list, tuple)) and not hasattr(X, "__array__") and hasattr(X, "__dlpack__"):
        return np.from_dlpack(X)
    if isinstance(X, (list, tuple)) and len(X) > 0 and (hasattr(X[0], "__array__") or hasattr(X[0], "__array_interface__")):
        images = [np.asarray(image) for image in X]
        shapes = sorted({image.shape for image in images})
        if len(shapes) > 1:
            raise Error(f"X: images of sizes {shapes[0]} and {shapes[1]}, expected one size")
        return np.stack(images)
    return np.asarray(X)


def image_shape(shape):
    """(H, W) or (H, W, 3) of what `shape` says; Error for anything else."""
    try:
        sizes = tuple(int(n) for n in shape)
    except (TypeError, ValueError):
        sizes = ()
    if len(sizes) == 3 and sizes[2] == 1:
        sizes = sizes[:2]
    if len(sizes) not in (2, 3) or min(sizes) < 1 or (len(sizes) == 3 and sizes[2] != 3):
        raise Error(f"shape: got {shape!r}, expected (H, W) or (H, W, 3)")
    return sizes


def layout_of(X, shape):
    """What the rows of an array are, where `shape` may say that rows of numbers are images."""
    is_bytes = X.dtype in (np.uint8, np.bool_)
    if shape is not None:
        sizes = image_shape(shape)
        if X.shape[1:] not in (sizes, (int(np.prod(sizes)),), (*sizes, 1)):
            raise Error(f"X: got an array of shape {X.shape}, expected (N, {', '.join(map(str, sizes))}) "
                        f"or (N, {int(np.prod(sizes))})")
        return Layout(sizes, is_bytes)
    if X.ndim == 2:
        return Layout(X.shape[1:], False)
    if X.ndim == 3 or (X.ndim == 4 and X.shape[3] in (1, 3)):
        return Layout(image_shape(X.shape[1:]), is_bytes)
    raise Error(f"X: got an array of shape {X.shape}, expected images [N, H, W] or [N, H, W, 3], or "
                "vectors [N, V]")


def floats(X):
    """X as float32; Error where its values have no such."""
    if X.dtype.kind not in "fiub":
        raise Error(f"X: got values of type {X.dtype}, expected numbers")
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(X, dtype=np.float32)


def image_set(X, layout, names=None):
    """The library's images of an array whose rows have that layout.

    A row of uint8 is copied once, into the library; nothing else is.
    """
    if X.shape[0] == 0:
        raise Error("X: got no rows, expected at least one")
    if layout.is_vectors:
        return _core.vectors_of_numbers(floats(X), names)
    X = X.reshape(X.shape[0], *layout.shape)
    if layout.is_bytes:
        if X.dtype == np.bool_:
            X = X.astype(np.uint8) * np.uint8(255)
        if X.dtype != np.uint8:
            whole = X[np.isfinite(X)] if X.dtype.kind == "f" else X
            raise Error(f"X: got {X.dtype} with values from {whole.min() if whole.size else 'nan'} to "
                        f"{whole.max() if whole.size else 'nan'}, but the model was fitted to uint8 images; "
                        "give such (pixels that are missing go into `missing`)")
        return _core.images_of_bytes(np.ascontiguousarray(X))
    if X.dtype.kind in "iu":
        raise Error(f"X: got images of {X.dtype}, expected uint8, or floating-point numbers in [0, 1]")
    return _core.images_of_numbers(floats(X))


def hide(missing, images, count, layout):
    """Hides pixels of a set of images: `missing` is true where a value is missing."""
    hidden = np.asarray(missing)
    if hidden.dtype != np.bool_:
        if hidden.dtype.kind not in "iu" or hidden.size and (hidden.min() < 0 or hidden.max() > 1):
            raise Error(f"missing: got values of type {hidden.dtype}, expected bool, true where a pixel is "
                        "missing")
        hidden = hidden.astype(bool)
    plane = layout.shape[:2]
    if hidden.shape not in (plane, (count, *plane)):
        raise Error(f"missing: got an array of shape {hidden.shape}, expected {plane} or {(count, *plane)}")
    _core.hide_pixels(np.ascontiguousarray(~hidden).view(np.uint8), images)
