"""examples/read_model.py, written from docs/checkpoint.md, agrees with the program.

The environment variable SPVAE names the program under test.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import environment
from cli_support import LIKELIHOODS, SPVAE, read_npy, with_values, write_colours, write_data

environment.run_with(environment.NUMPY)
ROOT = pathlib.Path(__file__).resolve().parent.parent
MNIST = ROOT / "data" / "mnist"
# Nats. The reference engine computes in double, the other in float32, where an image of thousands
# of nats is known to about that.
TOLERANCE = {"reference": 1e-3, "fused": 1e-2}


class ReadModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        cls.data = write_data(cls.path / "data")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_program(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")
        return done.stdout

    def check(self, name, data, test_images, *flags, count=4, samples=50, file=1, query=()):
        run = self.path / name
        if "--likelihood" not in flags:
            flags = (*flags, "--likelihood", "gaussian")
        self.run_program(SPVAE, "train", "--recipe", "paper", "--data", data, "--out", run, "--data-seed", "3",
                         "--validate-every", "100", *with_values(*flags))
        output = self.run_program(
            sys.executable, ROOT / "examples" / "read_model.py", run / "model.safetensors",
            test_images, "--file", str(file), "--count", str(count), "--samples", str(samples),
            "--seed", "7")
        expected = json.loads(output)["log_likelihood"]
        for engine, tolerance in TOLERANCE.items():
            values = self.path / f"{name}-{engine}.npy"
            self.run_program(SPVAE, "evaluate", run, "--engine", engine, "--limit", str(count),
                             "--samples", str(samples), "--seed", "7", "--per-image", values,
                             *query)
            (rows, columns), numbers = read_npy(values)
            self.assertEqual(rows, count)
            for image in range(count):
                self.assertAlmostEqual(numbers[image * columns], expected[image], delta=tolerance,
                                       msg=f"{name}, {engine}, image {image}")

    def small(self, name, *flags, data=None):
        data = data or self.data
        self.check(name, data, pathlib.Path(data) / "t10k-images-idx3-ubyte.gz", "--latent", "3",
                   "--max-steps", "60", "--batch", "16", *flags)

    def mlp(self, name, *flags, sizes=("--delta", "3")):
        # 8 × 8 images with step 3: the last strips are narrower, so there are three groups.
        self.small(name, "--hidden", "6", *sizes, *flags)

    def conv(self, name, model, *flags, data=None):
        # At step 3 there are four groups of leaves: 2 × 3 and 3 × 2 pixels are two.
        sizes = ["--delta", "3", "--k-leaf", "1"] if model == "conv-spvae" else []
        self.small(name, "--model", model, *sizes, "--filters", "2,3", "--dense", "4", *flags,
                   data=data)

    def test_agrees_for_every_likelihood(self):
        for likelihood in LIKELIHOODS:
            self.mlp(likelihood, "--likelihood", likelihood)
        self.mlp("threshold", "--likelihood", "bernoulli", "--binarise", "threshold")

    def test_agrees_for_other_structures_and_depths(self):
        self.mlp("vae", "--model", "vae", sizes=[])
        self.mlp("vae-logistic", "--model", "vae", "--likelihood", "logistic", sizes=[])
        self.mlp("wide", "--k-sum", "3", "--k-leaf", "1", "--hidden-layers", "1")
        self.mlp("elementwise", "--product", "elementwise", "--k-sum", "5", "--sum-scale", "0.5")
        self.mlp("affine", "--hidden-layers", "0", "--mean-link", "identity", "--learning-rate",
                 "0.001")
        self.mlp("bounded", "--max-precision", "1.1")
        self.mlp("one-strip", sizes=["--delta", "8", "--k-leaf", "1"])

    def test_agrees_for_experts_priors_and_networks(self):
        self.mlp("priors", "--priors", "learned")
        self.mlp("experts", "--priors", "learned", "--k-leaf", "6", "--experts", "2", "--product",
                 "elementwise", "--prior-scale", "0.5")
        for network in ("joint-mlp", "shared-mlp"):
            self.mlp(network, "--network", network, "--priors", "learned", "--k-leaf", "3",
                     "--experts", "1")
        self.mlp("vae-priors", "--model", "vae", "--network", "joint-mlp", "--priors", "learned",
                 sizes=[])

    def test_agrees_for_graphs_in_the_file(self):
        self.mlp("quad-graph", "--structure", "quad-graph")
        self.mlp("random", "--structure", "random", "--leaf-variables", "20", sizes=[])
        self.conv("conv-quad-tree", "conv-spvae", "--structure", "quad-tree")
        images = write_colours(self.path / "random.npy", 40, 7, 8)
        self.check("random-colours", images, images, "--structure", "random", "--leaf-variables",
                   "50", "--colour", "rgb", "--latent", "3", "--max-steps", "60", "--batch", "16",
                   file=0, query=["--data", images])

    def test_agrees_for_convolutional_models_of_every_likelihood(self):
        for likelihood in LIKELIHOODS:
            for model in ["conv-spvae", "conv-vae"]:
                self.conv(f"{model}-{likelihood}", model, "--likelihood", likelihood)

    def test_agrees_for_other_sides_and_strides(self):
        odd = write_data(self.path / "odd", side=7)
        for stride in ["1", "2", "3"]:
            for model in ["conv-spvae", "conv-vae"]:
                self.conv(f"{model}-odd-{stride}", model, "--stride", stride, data=odd)

    def test_agrees_for_colours(self):
        images = write_colours(self.path / "colours.npy", 40, 7, 8)
        for model in ["spvae", "conv-spvae", "conv-vae"]:
            sizes = ["--delta", "3"] if model.endswith("spvae") else []
            for stretch in ["none", "image"]:
                # Asked for by its name, the file is not divided: its images come in order.
                self.check(f"colours-{model}-{stretch}", images, images, "--model", model, *sizes,
                           "--colour", "rgb", "--stretch", stretch, "--latent", "3",
                           "--max-steps", "60", "--batch", "16", file=0, query=["--data", images])

    def test_agrees_for_luma_and_chromas(self):
        images = write_colours(self.path / "colours.npy", 40, 7, 8)
        for likelihood in ["logistic", "ordinal"]:
            self.check(f"ycocg-{likelihood}", images, images, "--delta", "3", "--colour", "ycocg",
                       "--likelihood", likelihood, "--latent", "3", "--max-steps", "60", "--batch",
                       "16", file=0, query=["--data", images])

    def test_agrees_on_mnist_at_the_papers_size(self):
        images = MNIST / "t10k-images-idx3-ubyte.gz"
        self.check("mnist", MNIST, images, "--max-steps", "200", samples=20)
        self.check("mnist-logistic", MNIST, images, "--likelihood", "logistic", "--max-steps",
                   "200", samples=20)


if __name__ == "__main__":
    unittest.main()
