"""`spvae score` against exact quadrature of models whose codes have one dimension.

A leaf's integral over its code is computed on a fine grid by examples/read_model.py, which shares no
code with the program. An image whose error is said to be known must lie within it; where the samples
cannot know, it must be said. The environment variable SPVAE names the program.
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

import environment

environment.run_with(environment.NUMPY)

import numpy as np  # noqa: E402

from cli_support import LIKELIHOODS, SPVAE, with_values  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples"))
import read_model  # noqa: E402

SIDE = 8
SAMPLES = 4000
IMAGES = 24
SIGMAS = 4  # of Monte-Carlo errors
# A mode of a posterior that no sample met shows in no weight: in one image of a hundred, and it
# may not hold so much that the bound is as many nats too low.
UNSEEN_SHARE = 0.01
MOST_UNSEEN = 1.0
ROUNDING = 0.02  # nats: an image of hundreds of nats in single precision


def smooth_images(count, channels, seed):
    """Waves of random phases with a little noise."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE][..., None]
    phases = random.normal(size=(3, count, 1, 1, channels))
    waves = np.sin(0.7 * x + phases[0]) * np.cos(0.6 * y + phases[1]) + 0.2 * phases[2]
    noise = random.normal(size=waves.shape)
    return np.clip(128 + 70 * waves + 4 * noise, 0, 255).astype(np.uint8)


def with_anomalies(images):
    """Of six images, five have a super-pixel that is noise, inverted, black or of twice the contrast,
    or are inverted."""
    images = images.copy()
    for i, image in enumerate(images):
        random = np.random.default_rng(1000 + i)
        top, left = 4 * random.integers(0, SIDE // 4, 2)
        part = image[top : top + 4, left : left + 4]
        if i % 6 == 1:
            part[:] = random.integers(0, 256, part.shape)
        elif i % 6 == 2:
            part[:] = 255 - part
        elif i % 6 == 3:
            part[:] = 0
        elif i % 6 == 4:
            part[:] = np.clip(2 * part.astype(int) - 128, 0, 255)
        elif i % 6 == 5:
            image[:] = 255 - image
    return images


def log_sum_exp(values):
    largest = values.max()
    return largest + math.log(np.exp(values - largest).sum())


def exact_leaf(config, leaf, x, observed, shared):
    """log ∫ p(observed x | z) N(z; 0, 1) dz by the trapezoidal rule, on ever finer grids of where the
    integrand is not negligible."""
    if not observed.any():
        return 0.0
    least, greatest, points = -30.0, 30.0, 40001
    for _ in range(6):
        grid = np.linspace(least, greatest, points)
        terms = []
        for z in np.array_split(grid[:, None], 40):
            heads = [head[:, observed] for head in leaf.decode(z)]
            prior = -z[:, 0] ** 2 / 2 - math.log(2 * math.pi) / 2
            terms.append(read_model.log_pixels(config, x[observed], heads, shared) + prior)
        terms = np.concatenate(terms)
        step = grid[1] - grid[0]
        fine = log_sum_exp(terms) + math.log(step)
        coarse = log_sum_exp(terms[::2]) + math.log(2 * step)
        if abs(fine - coarse) < 1e-3:
            return fine
        matters = grid[terms > terms.max() - 60]
        least, greatest = matters[0] - step, matters[-1] + step
    raise AssertionError("the grids are too coarse")


class Model:
    def __init__(self, path):
        metadata, tensors = read_model.read_model(path)
        self.config = json.loads(metadata["config"])
        self.training = json.loads(metadata["training"])
        scopes, self.partitions = read_model.structure(self.config)
        self.places = read_model.expert_places(self.config, scopes)
        self.leaves = [read_model.expert_networks(self.config, tensors, *place)
                       for place in self.places]
        self.logits = tensors["circuit.logits"]
        self.shared = tensors.get("leaves.likelihood")

    def exact(self, values, index, observed):
        """log p of the observed pixels of image `index` of a file asked about as a whole."""
        x = read_model.prepare(values.ravel(), self.config["likelihood"], self.training, index, 0)
        x = x.astype(np.float64)
        bounds = [exact_leaf(self.config, leaf, x[scope], observed[scope], self.shared)
                  for leaf, (scope, _, _) in zip(self.leaves, self.places)]
        return read_model.circuit(self.config, self.partitions, self.logits, np.array(bounds))


class Quadrature(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)

    def run_spvae(self, *flags):
        done = subprocess.run([SPVAE, *map(str, flags)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def check_scores(self, model, run, images, mask, *flags):
        """Returns how many images are unreliable, and the greatest distance of one of these."""
        np.save(self.path / "mask.npy", mask)
        out = self.path / "scores.jsonl"
        result = json.loads(self.run_spvae(
            "score", run, "--data", self.path / "asked.npy", "--samples", SAMPLES, "--out", out,
            "--mask", self.path / "mask.npy", "--json", *flags))
        observed = np.repeat(mask.ravel().astype(bool), images.shape[-1])
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        self.assertEqual(len(rows), len(images))
        unreliable = []
        for row, values in zip(rows, images):
            exact = model.exact(values, row["image"], observed)
            below = exact - row["log_likelihood"]
            error = row["monte_carlo_error"]
            says = f"image {row['image']}: exact {exact}, {row}"
            if error is None:
                unreliable.append(below)
                continue
            self.assertGreaterEqual(row["effective_samples"], math.sqrt(SAMPLES), says)
            self.assertLess(abs(below), MOST_UNSEEN, says)
            self.outside += abs(below) > SIGMAS * error + ROUNDING
            self.reliable += 1
        self.assertEqual(result["unreliable_images"], len(unreliable))
        return len(unreliable), max(unreliable, default=0.0)

    def check(self, likelihood, channels, leaves):
        training = smooth_images(1000, channels, seed=1)
        images = with_anomalies(smooth_images(IMAGES, channels, seed=2))
        for name, array in [("training", training), ("asked", images)]:
            np.save(self.path / f"{name}.npy", array if channels > 1 else array[..., 0])
        run = self.path / "run"
        self.run_spvae(
            "train", "--recipe", "paper", "--data", self.path / "training.npy", *with_values("--likelihood", likelihood),
            "--stretch", "none", "--colour", "rgb" if channels > 1 else "gray", "--delta", 4, "--k-leaf", leaves, "--hidden", 8,
            "--latent", 1, "--max-steps", 1500, "--learning-rate", 0.003, "--out", run, "--force")
        model = Model(run / "model.safetensors")
        whole = np.ones((SIDE, SIDE), np.uint8)
        partial = whole.copy()
        partial[:4, :4] = 0  # one super-pixel is hidden, two others are in part
        partial[6:, :] = 0
        checkered = (np.indices((SIDE, SIDE)).sum(axis=0) % 2).astype(np.uint8)
        found = [self.check_scores(model, run, images, whole),
                 self.check_scores(model, run, images, partial),
                 self.check_scores(model, run, images, checkered),
                 # Encoders that never saw black alone, and nothing to bound the weights.
                 self.check_scores(model, run, images, partial, "--prior-share", 0, "--impute",
                                   "zero")]
        print(likelihood, channels, leaves, found, flush=True)
        return found

    def test_known_errors_are_true_and_failures_are_said(self):
        self.reliable = self.outside = 0
        found = [self.check(likelihood, channels, leaves)
                 for likelihood in LIKELIHOODS for channels, leaves in [(1, 2), (1, 6), (3, 2)]]
        print(f"{self.outside} of {self.reliable} outside of their errors")
        self.assertLessEqual(self.outside, UNSEEN_SHARE * self.reliable)
        # Were nothing hard among them, or all of it, this test would show nothing.
        for case in range(4):
            self.assertGreater(max(model[case][1] for model in found), 1.0, f"case {case}")
        for case in range(3):
            self.assertLess(sum(model[case][0] for model in found), 0.75 * len(found) * IMAGES)


if __name__ == "__main__":
    unittest.main()
