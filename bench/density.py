#!/usr/bin/env python3
"""Densities of raw MNIST by this library and by others, each given the same time on this machine.

    bench/density.py [--minutes 10 30 60] [--only REGEX] [--threads N] [--again] [--draw]

`make bench-density` makes the environment it needs and runs it. Ours is trained for as many steps as
fit into the time by the pace of two short trainings; the others look at the clock. Each figure is kept
in bench/density.json as soon as it is known, and what is there is not computed again (--again does).
Then docs/results/peers.md and its figure are written (--draw does that alone).
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

import density_peers
from compare import git_version, machine
from mnist import spvae, test_images, training_images
from report import table
from workers import ROOT

RESULTS = ROOT / "bench/density.json"
PAGE = ROOT / "docs/results/peers.md"
FIGURE = ROOT / "docs/results/peers.svg"
PIXELS = 784
SAMPLES = 500
PACES = (50, 200)  # steps of the two short trainings that tell the pace
VALIDATIONS = 25   # of the density recipe
VALIDATION_IMAGES = 10_000

HEAD = """# Densities beside those of other libraries

<!-- Written by bench/density.py; do not edit. -->

Raw 8-bit pixels of MNIST, bits per dimension of all 10,000 test images, fewer are better. Everyone
trains on 50,000 of the 60,000 training images (ours divides them otherwise) for the same time on one
machine, {threads} threads, one after the other; the time includes validation, not the test. Ours are
bounds with {samples} importance samples, one seed; the circuits of the others are exact.
`make bench-density` computes what is missing.

![Bits per dimension against minutes of training and against parameters](peers.svg)
"""

FOOT = """
* **spvae**: `spvae train`, the density recipe. **VAE**, **Conv-VAE**: `--model vae` and
  `--model conv-vae` at TP19's sizes with the recipe's likelihood and samples, trained by Adam.
* **cirkit**: libcirkit {cirkit}, categorical pixels, CP layers of so many units, Adam with 256 images a
  step, cosine decay; its rate was chosen on validation images after a minute. Its logarithms are cut
  at −708 nats, which untrained images do not reach; that limit was lifted.
* **SparC**: sparc-pc {sparc}, hidden Chow-Liu tree of so many states (of 2,000 images in 8 bins), its own
  trainer (projected gradient, probabilities of at least 10⁻⁴) with a cosine decay from the rate that
  was best of 10⁻⁴, 10⁻³ and 10⁻² after 90 seconds, its last parameters. Its gradient uses one thread.
"""


def images_by_part() -> dict[str, np.ndarray]:
    """Training, validation and test images; ours divides the training file by its own seed."""
    rows = np.random.default_rng(0).permutation(training_images().reshape(-1, PIXELS))
    return {"train": rows[:-VALIDATION_IMAGES], "validation": rows[-VALIDATION_IMAGES:],
            "test": test_images().reshape(-1, PIXELS)}


def ours(minutes: float, threads: int, *flags: str) -> dict:
    """Trains by the density recipe for about so many minutes."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        common = ["--threads", threads, "--seed", 0, *flags]

        def seconds_of(steps: int, out: Path, *more: object) -> float:
            start = time.perf_counter()
            spvae("train", *common, "--max-steps", steps, "--out", out, *more)
            return time.perf_counter() - start

        # Two lengths with one validation each tell a step from all else.
        fewest, fewer = (seconds_of(steps, Path(folder) / f"pace-{steps}", "--validate-every", steps)
                         for steps in PACES)
        step = (fewer - fewest) / (PACES[1] - PACES[0])
        validations = VALIDATIONS * max(fewest - PACES[0] * step, 0)
        left = 60 * minutes - fewest - fewer - validations
        steps = max(int(left / step), PACES[1])
        seconds = fewest + fewer + seconds_of(steps, run)
        if abs(seconds - 60 * minutes) > 0.1 * 60 * minutes:
            print(f"  took {seconds / 60:.1f} minutes: the machine's pace changed", file=sys.stderr)
        parameters = spvae("info", run)["parameters"]
        found = spvae("evaluate", run, "--samples", SAMPLES, "--threads", threads)
        return {"parameters": parameters, "steps": steps, "seconds": seconds, "samples": SAMPLES,
                "nats": found["log_likelihood"]}


def theirs(train: Callable[..., dict], **settings: object) -> Callable[[float, int], dict]:
    return lambda minutes, threads: train(images_by_part(), minutes, threads, **settings)


PARTICIPANTS: dict[str, Callable[[float, int], dict]] = {
    "spvae": ours,
    "VAE": lambda minutes, threads: ours(minutes, threads, "--model", "vae"),
    "Conv-VAE": lambda minutes, threads: ours(minutes, threads, "--model", "conv-vae"),
    **{f"cirkit, {graph.removesuffix('-2')}, {units}": theirs(
        density_peers.cirkit, graph=graph, units=units, rate=0.05)
       for graph in ("quad-graph", "quad-tree-2") for units in (16, 64)},
    "SparC, Chow-Liu, 4": theirs(density_peers.sparc, latents=4, rate=1e-3),
}


def bits(row: dict) -> float:
    return -row["nats"] / (PIXELS * math.log(2))


def page(results: dict) -> str:
    """The page of what is known, the best of each time first."""
    rows = [[f"{row['minutes']:g}", row["name"], f"{row['parameters']:,}", f"{row['steps']:,}",
             f"{row['seconds'] / 60:.1f}", f"{bits(row):.3f}"]
            for row in sorted(results["rows"], key=lambda row: (row["minutes"], bits(row)))]
    return "\n".join([
        HEAD.format(threads=results["threads"], samples=SAMPLES),
        table(["minutes", "", "parameters", "steps", "took, minutes", "bits per dimension"], rows),
        FOOT.format(**results["versions"])])


def draw(rows: list[dict], path: Path) -> None:
    """Bits per dimension against minutes, and against parameters."""
    from matplotlib import pyplot

    figure, (by_time, by_size) = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for name in PARTICIPANTS:
        of_name = sorted((row for row in rows if row["name"] == name),
                         key=lambda row: row["minutes"])
        if not of_name:
            continue
        values = [bits(row) for row in of_name]
        by_time.plot([row["minutes"] for row in of_name], values, "o-", label=name)
        by_size.plot([row["parameters"] for row in of_name], values, "o", label=name)
    by_time.set(xlabel="minutes of training", ylabel="bits per dimension", xscale="log",
                yscale="log")
    by_size.set(xlabel="parameters", xscale="log")
    by_size.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 30, 60])
    parser.add_argument("--only", default="", help="participants whose names match")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="compute what is known, too")
    parser.add_argument("--draw", action="store_true", help="write the page of what is known")
    options = parser.parse_args()

    here = {"threads": options.threads, "machine": machine(),
            "versions": {"cirkit": version("libcirkit"), "sparc": version("sparc-pc")}}
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"rows": []}
    if not options.draw and any(results.get(key) != value for key, value in here.items()):
        if results["rows"]:
            print(f"{RESULTS}: of another machine, versions or number of threads; begun anew",
                  file=sys.stderr)
        results = {**here, "rows": []}
    wanted = [] if options.draw else [
        (minutes, name) for minutes in options.minutes for name in PARTICIPANTS
        if re.search(options.only, name)]
    for minutes, name in wanted:
        known = [row for row in results["rows"] if (row["minutes"], row["name"]) == (minutes, name)]
        if known and not options.again:
            print(f"{name}, {minutes:g} minutes: known; --again computes it anew", file=sys.stderr)
            continue
        print(f"{name}, {minutes:g} minutes", file=sys.stderr, flush=True)
        row = {"minutes": minutes, "name": name, **PARTICIPANTS[name](minutes, options.threads),
               "commit": git_version()}
        print(f"  {bits(row):.4f} bits per dimension, {row['parameters']:,} parameters",
              file=sys.stderr, flush=True)
        results["rows"] = [other for other in results["rows"] if other not in known] + [row]
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    PAGE.write_text(page(results))
    draw(results["rows"], FIGURE)


if __name__ == "__main__":
    main()
