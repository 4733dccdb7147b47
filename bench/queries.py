#!/usr/bin/env python3
"""Measures what queries are worth on MNIST's raw pixels: completions, outliers, classes.

    bench/queries.py NAME=RUN… [--cifar10 FOLDER] [--svhn FOLDER] [--classes NAME=FOLDER…]
                     [--threads N] [--again] [--json FILE] [--markdown FILE]

Runs of `spvae train --stretch none` on MNIST; --classes are folders of `spvae train --per-class`.
What was measured is stored after each step, so that a second start goes on. The command is
build/release/spvae, or $SPVAE. Needs NumPy, and SciPy for SVHN's files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from mnist import DATA, spvae, test_images, training_images
from report import table
from workers import ROOT

SIDE = 28
PIXELS = SIDE * SIDE
LUMA = np.array([0.299, 0.587, 0.114])
PARTLY = 2000      # test images where super-pixels are partly hidden
SCORED = 2000      # images of each set of outliers
PROPOSALS = 500
PRIOR_SHARE = 0.5
SAMPLES = 100
NEIGHBOURS = 20
RIDGES = [1.0, 10.0, 100.0, 1000.0]


def hole() -> np.ndarray:
    """[28, 28]: 0 in the middle 7 × 7 pixels, which lie in four super-pixels of 7 × 7."""
    mask = np.ones((SIDE, SIDE), np.uint8)
    mask[11:18, 11:18] = 0
    return mask


def halves(axis: int, first: int) -> np.ndarray:
    """[28, 28]: 0 in 14 rows (axis 0) or columns (axis 1)."""
    mask = np.ones((SIDE, SIDE), np.uint8)
    mask[(slice(None),) * axis + (slice(first, first + SIDE // 2),)] = 0
    return mask


# What is hidden: its name, the mask (None: another one for each image), the test images.
HIDDEN: dict[str, tuple[np.ndarray | None, int]] = {
    "lower half": (halves(0, 14), 10_000),
    "left half": (halves(1, 0), 10_000),
    "random quarter of the pixels": (None, PARTLY),
    "7 × 7 pixels in the middle": (hole(), PARTLY),
}


def gray_middle(colours: np.ndarray) -> np.ndarray:
    """[images, 32, 32, 3] → the middle [images, 28, 28] in gray."""
    return np.rint(colours[:, 2:30, 2:30] @ LUMA).astype(np.uint8)


def cifar10_images(folder: str) -> np.ndarray:
    path = next(Path(folder).glob("test_batch.bin*"))
    openers = {".xz": lzma.decompress, ".gz": gzip.decompress}
    raw = openers.get(path.suffix, bytes)(path.read_bytes())
    rows = np.frombuffer(raw, np.uint8).reshape(-1, 3073)[:SCORED, 1:]
    return gray_middle(rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def svhn_images(folder: str) -> np.ndarray:
    from scipy.io import loadmat

    return gray_middle(loadmat(Path(folder) / "test_32x32.mat")["X"].transpose(3, 0, 1, 2)[:SCORED])


def write_test_set(folder: Path, images: np.ndarray) -> Path:
    """Under MNIST's file names, so that `--split test` is these images."""
    folder.mkdir()
    name = "train-images-idx3-ubyte.gz"
    (folder / name).symlink_to(DATA / "mnist" / name)
    header = np.array([0x803, len(images), SIDE, SIDE], ">u4").tobytes()
    (folder / "t10k-images-idx3-ubyte").write_bytes(header + images.tobytes())
    return folder


def auroc(inliers: np.ndarray, outliers: np.ndarray) -> float:
    """P(an inlier's value > an outlier's), ties by half (Mann-Whitney)."""
    ordered = np.sort(inliers)
    below, not_above = (np.searchsorted(ordered, outliers, side) for side in ("left", "right"))
    return float(1 - (below + not_above).mean() / (2 * len(inliers)))


class Measurements:
    """What is asked of each run."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.threads = options.threads
        self.outliers: dict[str, Callable[[], np.ndarray]] = {
            "upside down": lambda: test_images()[:SCORED, ::-1],
            "mirrored": lambda: test_images()[:SCORED, :, ::-1]}
        if options.svhn:
            self.outliers["house numbers, gray, 28 × 28"] = lambda: svhn_images(options.svhn)
        if options.cifar10:
            self.outliers["CIFAR-10, gray, 28 × 28"] = lambda: cifar10_images(options.cifar10)
        self.folder = folder

    def completions(self, run: str, hidden: str) -> dict:
        mask, limit = HIDDEN[hidden]
        which: list[object] = ["--hide", "random"]
        if mask is not None:
            path = self.folder / "mask.npy"
            np.save(path, mask)
            which = ["--mask", path, "--hide", "none"]
        found = spvae("inpaint", run, *which, "--fill", "mean", "--limit", limit, "--proposals",
                      PROPOSALS, "--prior-share", PRIOR_SHARE, "--sampler", "laplace", "--threads",
                      self.threads, "--out", self.folder / "filled.npy")
        return {key: found[key] for key in ["images", "squared_error",
                                            "squared_error_of_mean_image", "effective_samples"]}

    def scores(self, run: str, data: object, split: str, sampler: str = "laplace") -> np.ndarray:
        """The log-likelihood of the first images of a split."""
        path = self.folder / "scores.npy"
        spvae("score", run, "--data", data, "--split", split, "--limit", SCORED, "--samples", SAMPLES,
              "--sampler", sampler, "--threads", self.threads, "--out", path)
        return np.load(path)[:, 1]

    def outlier_scores(self, run: str) -> dict:
        """AUROC by the score, by how far its percentile among validation scores is from 50, and by
        the regret: how far the encoder's bound is below the refined one."""
        validation = np.sort(self.scores(run, "mnist", "validation"))

        def typicality(scores: np.ndarray) -> np.ndarray:
            return -np.abs(np.searchsorted(validation, scores) / len(validation) - 0.5)

        inliers = self.scores(run, "mnist", "test")
        amortised = self.scores(run, "mnist", "test", "encoder")
        result: dict = {"mean": inliers.mean()}
        for number, (name, images) in enumerate(self.outliers.items()):
            data = write_test_set(self.folder / f"outliers-{number}", images())
            scores = self.scores(run, data, "test")
            regret = scores - self.scores(run, data, "test", "encoder")
            result[name] = {"mean": scores.mean(), "auroc": auroc(inliers, scores),
                            "typicality": auroc(typicality(inliers), typicality(scores)),
                            "regret": auroc(amortised - inliers, -regret)}
        return result

    def steps(self, run: str) -> Iterator[tuple[str, Callable[[], dict]]]:
        for hidden in HIDDEN:
            yield hidden, lambda hidden=hidden: self.completions(run, hidden)
        yield "outliers", lambda: self.outlier_scores(run)


def regressions(hidden: str) -> dict:
    """Squared error of regressions from the visible pixels of all test images to the hidden ones,
    learnt from 50,000 training images; the ridge's penalty is chosen on the other 10,000."""
    visible = HIDDEN[hidden][0].reshape(-1) == 1
    images = training_images().reshape(-1, PIXELS).astype(np.float32) / 255
    test = test_images().reshape(-1, PIXELS).astype(np.float32)[:HIDDEN[hidden][1]] / 255
    train, validation = images[:50_000], images[50_000:]
    mean = train.mean(0)
    inputs, targets = train[:, visible] - mean[visible], train[:, ~visible] - mean[~visible]
    gram, cross = inputs.T @ inputs, inputs.T @ targets

    def error_of(weights: np.ndarray, rows: np.ndarray) -> float:
        filled = (rows[:, visible] - mean[visible]) @ weights + mean[~visible]
        return float(((np.clip(filled, 0, 1) - rows[:, ~visible]) ** 2).mean())

    ridges = [np.linalg.solve(gram + ridge * np.eye(len(gram), dtype=np.float32), cross)
              for ridge in RIDGES]
    best = min(ridges, key=lambda weights: error_of(weights, validation))
    lengths = (train[:, visible] ** 2).sum(1)
    errors = []
    for rows in np.array_split(test, 100):
        distances = lengths - 2 * rows[:, visible] @ train[:, visible].T
        nearest = np.argpartition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
        errors.append(((train[nearest][:, :, ~visible].mean(1) - rows[:, ~visible]) ** 2).mean(1))
    return {"ridge": error_of(best, test), "neighbours": float(np.concatenate(errors).mean())}


def classes(folder: str, threads: int) -> dict:
    found = spvae("classify", folder, "--samples", SAMPLES, "--threads", threads)
    return {key: found[key] for key in ["images", "accuracy"]}


def nats(value: float) -> str:
    return f"{value:,.0f}".replace("-", "−")


def page(stored: dict) -> str:
    """docs/results/queries.md"""
    models, baselines = stored["models"], stored["regressions"]
    filled = []
    for hidden, (_, count) in HIDDEN.items():
        known = [found.get(hidden, {}) for found in models.values()]
        base = baselines.get(hidden, {})
        of_mean_image = [found.get("squared_error_of_mean_image") for found in known]
        errors = [*(found.get("squared_error") for found in known), base.get("ridge"),
                  base.get("neighbours"), next(filter(None, of_mean_image), None)]
        filled.append([hidden, f"{count:,}",
                       *("–" if error is None else f"{error:.4f}" for error in errors)])
    outliers = [[kind, name, nats(found["outliers"]["mean"]), nats(entry["mean"]),
                 *(f"{entry[by]:.4f}" for by in ["auroc", "typicality", "regret"])]
                for name, found in models.items() if "outliers" in found
                for kind, entry in found["outliers"].items() if kind != "mean"]
    sections = [
        "# What queries are worth",
        "<!-- Written by bench/queries.py; do not edit. -->",
        "    bench/queries.py NAME=RUN… --cifar10 FOLDER --svhn FOLDER\n\n"
        "Runs of [density](density.md): density is its runs/mnist, 10 × 10 pixels its runs/large, "
        "TP19, ordinal its runs/control.",
        "MNIST, raw pixels, trained on 50,000 images:",
        table(["model", "parameters", "steps"],
              [[name, f"{found['about']['parameters']:,}", f"{found['about']['steps']:,}"]
               for name, found in models.items()]),
        "## Completions",
        "Mean squared error of hidden pixels (values from 0 to 1) of test images, filled with the "
        "posterior mean. Beside them regressions from the visible pixels, learnt for this mask "
        f"alone: ridge, clipped to 0 and 1, and the mean of the {NEIGHBOURS} nearest training "
        "images.",
        table(["hidden", "images", *models, "ridge", f"{NEIGHBOURS} neighbours", "mean image"],
              filled),
        f"Where super-pixels are partly hidden, {PROPOSALS:,} proposals a leaf, half of them around "
        f"modes of the posterior (`--sampler laplace --prior-share {PRIOR_SHARE}`).",
        "## Outliers",
        f"AUROC of the first {SCORED:,} test images against as many others, {SAMPLES} samples with "
        "`--sampler laplace`: 1 is perfect, 0.5 chance. Typicality: how far the score's percentile "
        "among validation scores is from 50, so that too large a score is unusual, too. Regret: how "
        "far the bound of as many samples of the encoder is below (Xiao et al., NeurIPS 2020).",
        table(["outliers", "model", "mean of the test images, nats", "of the outliers",
               "AUROC by score", "by typicality", "by regret"], outliers)]
    if stored["classes"]:
        sections += ["## Classes", f"One model a class, equal priors, {SAMPLES} samples:",
                     table(["models", "images", "accuracy"],
                           [[name, f"{found['images']:,}", f"{found['accuracy']:.4f}"]
                            for name, found in stored["classes"].items()])]
    return "\n\n".join(sections) + "\n"


def pairs(parser: argparse.ArgumentParser, given: list[str]) -> list[list[str]]:
    """[NAME, FOLDER] of each NAME=FOLDER."""
    for pair in given:
        if "=" not in pair:
            parser.error(f"got {pair}, expected NAME=FOLDER")
    return [pair.split("=", 1) for pair in given]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", metavar="NAME=RUN")
    parser.add_argument("--classes", nargs="*", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--cifar10", metavar="FOLDER")
    parser.add_argument("--svhn", metavar="FOLDER")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="measure these runs anew")
    parser.add_argument("--json", default=ROOT / "docs/results/queries.json", type=Path)
    parser.add_argument("--markdown", default=ROOT / "docs/results/queries.md", type=Path)
    options = parser.parse_args()

    stored = {"models": {}, "regressions": {}, "classes": {}}
    if options.json.exists():
        stored |= json.loads(options.json.read_text())

    def keep(part: str, name: str, measure: Callable[[], dict], within: dict | None = None) -> None:
        into = stored[part] if within is None else within
        if name in into:
            return
        print(f"{part}: {name}", file=sys.stderr, flush=True)
        into[name] = measure()
        options.json.write_text(json.dumps(stored, indent=1) + "\n")

    for hidden, (mask, _) in HIDDEN.items():
        if mask is not None:
            keep("regressions", hidden, lambda hidden=hidden: regressions(hidden))
    for name, run in pairs(parser, options.runs):
        told = spvae("info", run)
        about = {key: told[key] for key in ["parameters", "steps", "seed", "validation_bound"]}
        found = stored["models"].get(name, {})
        if options.again or found.get("about") != about:
            found = {"about": about}
        stored["models"][name] = found
        with tempfile.TemporaryDirectory() as folder:
            for step, measure in Measurements(options, Path(folder)).steps(run):
                keep(name, step, measure, within=found)
    for name, folder in pairs(parser, options.classes):
        if options.again:
            stored["classes"].pop(name, None)
        keep("classes", name, lambda folder=folder: classes(folder, options.threads))
    options.markdown.write_text(page(stored))


if __name__ == "__main__":
    main()
