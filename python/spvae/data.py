"""Data sets: MNIST, which comes with the package, and whatever files the command reads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spvae import _core
from spvae._core import Error

_SPLITS = {"train": 0, "validation": 1, "test": 2}


@dataclass(frozen=True)
class Data:
    """Rows, and what is known of them.

    X : uint8 [N, H, W] or [N, H, W, 3]; of floating-point arrays float32, NaN where missing; of
        vectors float32 [N, V].
    y : int32 [N], places in classes; None where there are no labels.
    classes, columns : names of the classes, and of the columns of vectors.
    """

    X: NDArray[Any]
    y: NDArray[np.int32] | None
    classes: list[str]
    columns: list[str]


def load(path: str | os.PathLike[str], split: str = "all", *, colour: bool = True, vectors: bool = False,
         folder: str | os.PathLike[str] = "") -> Data:
    """Reads images or vectors as the command's --data does.

    Parameters
    ----------
    path : path-like
        "mnist", "cifar10" or "svhn"; a folder of PNG files; a .npy, .png, .csv or IDX file.
    split : {"all", "train", "validation", "test"}
        Of one file or a folder without splits, "all" is all of it in order; else the command's
        division.
    colour : bool, default=True
        Whether colours stay; else gray, the luma.
    vectors : bool, default=False
        Whether rows of a .npy of two axes are vectors, though they might be square images.
    folder : path-like
        Where to look for a named set first.

    Returns
    -------
    data : Data
    """
    is_whole = split == "all"
    if not is_whole and split not in _SPLITS:
        raise Error(f"split: got {split!r}, expected all, {', '.join(_SPLITS)}")
    found = _core.read_data(os.fspath(path), _SPLITS.get(split, 0), bool(colour), os.fspath(folder), is_whole,
                            bool(vectors))
    return Data(X=found["images"], y=found.get("labels"), classes=found.get("label_names", []),
                columns=found["columns"])


def load_mnist(split: str = "train") -> Data:
    """MNIST's images, uint8 [N, 28, 28], and digits: 50,000 of training, 10,000 of validation and
    10,000 of test, as the command divides them."""
    if split == "all":
        raise Error("split: got 'all', expected train, validation, test")
    packaged = os.path.join(os.path.dirname(__file__), "_data", "mnist")
    return load("mnist", split, folder=packaged if os.path.isdir(packaged) else "")


def load_cifar10(folder: str | os.PathLike[str], split: str = "train", *, colour: bool = True) -> Data:
    """CIFAR-10 from the folder of its binary files, uint8 [N, 32, 32, 3]."""
    return load("cifar10", split, colour=colour, folder=folder)


def load_svhn(folder: str | os.PathLike[str], split: str = "train", *, colour: bool = True) -> Data:
    """SVHN from the folder of its .mat files, uint8 [N, 32, 32, 3]."""
    return load("svhn", split, colour=colour, folder=folder)
