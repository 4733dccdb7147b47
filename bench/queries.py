#!/usr/bin/env python3
"""Measures what queries are worth on MNIST: completions, outliers, rate and memory.

    bench/queries.py --spvae RUN --vae RUN [--cifar10 FOLDER] [--json FILE] [--markdown FILE]

Two runs on MNIST of the same likelihood, such as those that `spvae reproduce table1` leaves behind.
What was measured is stored after each step, so that a second start goes on. The command is
build/release/spvae, or $SPVAE. Python's standard library is all that it needs.
"""

import argparse
import array
import gzip
import json
import lzma
import os
import pathlib
import random
import resource
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPVAE = os.environ.get("SPVAE", str(ROOT / "build/release/spvae"))
MNIST = ROOT / "data/mnist"
SIDE = 28
PIXELS = SIDE * SIDE
INPAINTED = 2000  # test images
SELECTED = 200    # validation images that select a proposal
PROPOSALS = 1000
SAMPLES = 100
PRIOR_SHARES = [0, 0.2, 0.5, 1]
IMPUTATIONS = ["patch-mean", "zero"]
HIDDEN = {"lower": "lower half", "random": "random quarter of the pixels"}


def spvae(*arguments):
    """The object that the command prints."""
    done = subprocess.run([SPVAE, *map(str, arguments), "--json"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def test_images():
    """MNIST's test images, of PIXELS bytes each."""
    data = gzip.decompress((MNIST / "t10k-images-idx3-ubyte.gz").read_bytes())
    return [data[i:i + PIXELS] for i in range(16, len(data), PIXELS)]


def cifar_images(folder):
    """CIFAR-10's test images in gray, the middle 28 × 28 pixels."""
    path = next(pathlib.Path(folder).glob("test_batch.bin*"))
    data = path.read_bytes()
    data = lzma.decompress(data) if path.suffix == ".xz" else data
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    middle = [32 * y + x for y in range(2, 30) for x in range(2, 30)]
    images = []
    for first in range(1, len(data), 3073):
        red, green, blue = (data[first + 1024 * c:first + 1024 * (c + 1)] for c in range(3))
        images.append(bytes((19595 * red[i] + 38470 * green[i] + 7471 * blue[i] + 32768) >> 16
                            for i in middle))
    return images


def shuffled(images):
    """The pixels of each image in an order of its own."""
    return [bytes(random.Random(number).sample(image, PIXELS)) for number, image in enumerate(images)]


def flipped(images):
    return [b"".join(image[row:row + SIDE] for row in range(PIXELS - SIDE, -1, -SIDE))
            for image in images]


def write_as_test_set(folder, images):
    """Under MNIST's file names, so that `--split test` is these images."""
    folder.mkdir()
    (folder / "train-images-idx3-ubyte.gz").symlink_to(MNIST / "train-images-idx3-ubyte.gz")
    header = struct.pack(">IIII", 0x803, len(images), SIDE, SIDE)
    (folder / "t10k-images-idx3-ubyte").write_bytes(header + b"".join(images))


def scores_of(run, data, folder):
    """The log-likelihood of each test image."""
    path = folder / "scores.npy"
    spvae("score", run, "--data", data, "--samples", SAMPLES, "--out", path)
    content = path.read_bytes()
    length = 10 + struct.unpack("<H", content[8:10])[0]
    columns = len(json.loads(pathlib.Path(f"{path}.json").read_text())["columns"])
    values = array.array("d", content[length:])
    return values[1::columns]


def auroc(inliers, outliers):
    """P(an inlier's log-likelihood > an outlier's), ties by half (Mann-Whitney)."""
    ranked = sorted([(value, 1) for value in inliers] + [(value, 0) for value in outliers])
    wins = below = 0
    at = 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        here = sum(label for _, label in ranked[at:end])
        wins += here * (below + (end - at - here) / 2)
        below += end - at - here
        at = end
    return wins / (len(inliers) * len(outliers))


def inpaint(run, hidden, split, limit, prior_share, impute, folder):
    return spvae("inpaint", run, "--hide", hidden, "--fill", "mean", "--split", split, "--limit",
                 limit, "--proposals", PROPOSALS, "--prior-share", prior_share, "--impute", impute,
                 "--out", folder / "filled.npy")


def best_proposal(run, hidden, folder):
    """The (prior share, imputation) of the least squared error on validation images. The effective
    sample size would not do: without codes from the prior it does not see what they would find."""
    choices = [(share, impute) for share in PRIOR_SHARES for impute in IMPUTATIONS]
    return min(choices, key=lambda choice: inpaint(run, hidden, "validation", SELECTED, *choice,
                                                   folder)["squared_error"])


def measure_inpainting(run, hidden, folder):
    share, impute = best_proposal(run, hidden, folder)
    result = inpaint(run, hidden, "test", INPAINTED, share, impute, folder)
    return {"prior_share": share, "impute": impute,
            **{key: result[key] for key in ["images", "proposals", "squared_error",
                                            "squared_error_of_mean_image", "effective_samples"]}}


def measure_outliers(run, cifar10, folder):
    images = test_images()
    sets = {"upside down": flipped(images), "pixels shuffled": shuffled(images)}
    if cifar10:
        sets["CIFAR-10, gray, 28×28"] = cifar_images(cifar10)
    inliers = scores_of(run, "mnist", folder)
    result = {"mean": sum(inliers) / len(inliers)}
    for name, outliers in sets.items():
        data = folder / name
        write_as_test_set(data, outliers)
        scores = scores_of(run, data, folder)
        result[name] = {"mean": sum(scores) / len(scores), "auroc": auroc(inliers, scores)}
    return result


def measure_rate(run, folder):
    """60,000 images: MNIST's files with their names exchanged."""
    data = folder / "many"
    data.mkdir()
    (data / "train-images-idx3-ubyte.gz").symlink_to(MNIST / "t10k-images-idx3-ubyte.gz")
    (data / "t10k-images-idx3-ubyte.gz").symlink_to(MNIST / "train-images-idx3-ubyte.gz")
    result = spvae("score", run, "--data", data, "--samples", SAMPLES, "--out", folder / "s.npy")
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"images": result["images"], "images_per_second": result["images"] / result["seconds"],
            "megabytes": most, "megabytes_of_input": result["images"] * PIXELS * 4 / 2**20}


def steps(arguments):
    """Name and function of each measurement. The rate comes first: its memory is the largest of all
    children so far."""
    yield "rate", lambda folder: measure_rate(arguments.spvae, folder)
    for kind in ["spvae", "vae"]:
        run = getattr(arguments, kind)
        for hidden in HIDDEN:
            yield (f"inpainting {hidden} {kind}",
                   lambda folder, run=run, hidden=hidden: measure_inpainting(run, hidden, folder))
        yield (f"outliers {kind}",
               lambda folder, run=run: measure_outliers(run, arguments.cifar10, folder))


def page(likelihood, results):
    """The tables of one likelihood's results."""
    lines = [f"## {likelihood.capitalize()} likelihood", "",
             f"Missing pixels of {INPAINTED:,} test images, filled with the posterior mean from "
             f"{PROPOSALS:,} proposals a leaf:", "",
             "| hidden | model | squared error | of the training images' mean | effective sample size | "
             "prior share, imputation |", "|---|---|---|---|---|---|"]
    for hidden, text in HIDDEN.items():
        for kind in ["spvae", "vae"]:
            result = results.get(f"inpainting {hidden} {kind}")
            if result:
                lines.append(f"| {text} | {kind} | {result['squared_error']:.4f} | "
                             f"{result['squared_error_of_mean_image']:.4f} | "
                             f"{result['effective_samples']:.1f} | {result['prior_share']}, "
                             f"{result['impute']} |")
    lines += ["", f"Outliers by log-likelihood ({SAMPLES} samples), 10,000 MNIST test images against as "
              "many others; AUROC 1 is perfect, 0.5 chance:", "",
              "| model | outliers | mean log-likelihood, nats | of the test images | AUROC |",
              "|---|---|---|---|---|"]
    for kind in ["spvae", "vae"]:
        result = results.get(f"outliers {kind}", {})
        for name, entry in result.items():
            if name != "mean":
                lines.append(f"| {kind} | {name} | {entry['mean']:,.1f} | {result['mean']:,.1f} | "
                             f"{entry['auroc']:.4f} |")
    if rate := results.get("rate"):
        lines += ["", f"`spvae score` of {rate['images']:,} images with {SAMPLES} samples: "
                  f"{rate['images_per_second']:,.0f} images a second, {rate['megabytes']:.0f} MB at most, "
                  f"of which the images are {rate['megabytes_of_input']:.0f} MB."]
    return "\n".join(lines)


def write_page(path, stored):
    sections = [page(likelihood, results) for likelihood, results in sorted(stored.items())]
    pathlib.Path(path).write_text(
        "# What queries are worth\n\n"
        "Two models of the paper's sizes on MNIST, as `spvae reproduce table1` leaves them behind:\n\n"
        "    bench/queries.py --spvae RUN --vae RUN --cifar10 FOLDER --json docs/results/queries.json "
        "--markdown docs/results/queries.md\n\n"
        "Each model has the proposal with the least squared error on "
        f"{SELECTED} validation images, of prior shares {', '.join(map(str, PRIOR_SHARES))} and "
        f"imputations {', '.join(IMPUTATIONS)}.\n\n" + "\n\n".join(sections) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spvae", required=True, metavar="RUN")
    parser.add_argument("--vae", required=True, metavar="RUN")
    parser.add_argument("--cifar10", metavar="FOLDER")
    parser.add_argument("--json", default="queries.json", metavar="FILE")
    parser.add_argument("--markdown", metavar="FILE")
    arguments = parser.parse_args()

    os.environ.setdefault("SPVAE_DATA", str(ROOT / "data"))
    likelihoods = {spvae("info", run)["model"]["likelihood"] for run in [arguments.spvae, arguments.vae]}
    if len(likelihoods) != 1:
        sys.exit(f"queries: the runs have different likelihoods: {', '.join(sorted(likelihoods))}")
    path = pathlib.Path(arguments.json)
    stored = json.loads(path.read_text()) if path.exists() else {}
    results = stored.setdefault(likelihoods.pop(), {})
    for name, measure in steps(arguments):
        if name not in results:
            print(name, file=sys.stderr)
            with tempfile.TemporaryDirectory() as folder:
                results[name] = measure(pathlib.Path(folder))
            path.write_text(json.dumps(stored, indent=1) + "\n")
    if arguments.markdown:
        write_page(arguments.markdown, stored)


if __name__ == "__main__":
    main()
