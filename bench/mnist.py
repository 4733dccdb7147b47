"""MNIST's files, and the command where they are its data."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys

import numpy as np

from workers import COMMAND, ROOT

DATA = ROOT / "data"


def read_images(name: str) -> np.ndarray:
    """[images, 28, 28] uint8 of an IDX file."""
    raw = gzip.decompress((DATA / "mnist" / name).read_bytes())
    return np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 28, 28)


def training_images() -> np.ndarray:
    return read_images("train-images-idx3-ubyte.gz")


def test_images() -> np.ndarray:
    return read_images("t10k-images-idx3-ubyte.gz")


def spvae(*arguments: object) -> dict:
    """The object that the command prints; $SPVAE is another command than build/release/spvae."""
    words = [os.environ.get("SPVAE", str(COMMAND)), *map(str, arguments), "--json"]
    done = subprocess.run(words, capture_output=True, text=True,
                          env={"SPVAE_DATA": str(DATA), **os.environ})
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: ended with {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)
