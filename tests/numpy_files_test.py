"""Arrays as NumPy itself writes them are read as NumPy reads them.

The environment variable SPVAE names the program under test.
"""

import pathlib
import subprocess
import tempfile
import unittest

import environment

environment.run_with(environment.NUMPY)

import numpy  # noqa: E402

from cli_support import SPVAE  # noqa: E402

COUNT, HEIGHT, WIDTH = 7, 6, 8


class NumpyFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.levels = numpy.random.default_rng(0).integers(0, 256, (COUNT, HEIGHT, WIDTH))
        # A model of floating-point images adds no noise: observed pixels come out as they were read.
        training = self.write("training.npy", numpy.repeat(self.levels, 10, axis=0) / 255)
        self.run_program("train", "--recipe", "paper", "--data", training, "--delta", "4", "--hidden", "4", "--latent", "2",
                         "--max-steps", "2", "--out", self.folder / "run")

    def run_program(self, *arguments, code=0):
        done = subprocess.run([SPVAE, *map(str, arguments), "--threads", "1"], capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stderr}")
        return done.stderr

    def write(self, name, array, version=None):
        with open(self.folder / name, "wb") as file:
            numpy.lib.format.write_array(file, array, version=version, allow_pickle=True)
        return self.folder / name

    def read(self, path):
        out = self.folder / "read.npy"
        self.run_program("inpaint", self.folder / "run", "--data", path, "--hide", "none", "--fill",
                         "mean", "--proposals", "2", "--limit", COUNT, "--out", out)
        return numpy.load(out)[:, 0]

    def test_of_every_type_order_of_bytes_and_version_have_their_values(self):
        expected = (self.levels.astype("f4") / numpy.float32(255))
        for version in [(1, 0), (2, 0), (3, 0)]:
            for kind in ["|u1", "<f4", ">f4", "<f8", ">f8"]:
                values = self.levels if kind == "|u1" else self.levels / 255
                path = self.write("a.npy", values.astype(kind), version)
                numpy.testing.assert_array_equal(self.read(path), expected, f"{version} {kind}")

    def test_of_every_shape_of_images_have_their_values(self):
        expected = (self.levels.astype("f4") / numpy.float32(255))
        for shape in [(COUNT, HEIGHT, WIDTH, 1), (COUNT, 1, HEIGHT, WIDTH)]:
            path = self.write("a.npy", self.levels.astype("u1").reshape(shape))
            numpy.testing.assert_array_equal(self.read(path), expected, f"{shape}")

    def test_that_are_none_are_refused_with_advice_that_makes_them_readable(self):
        images = self.levels
        gray = numpy.stack([images] * 3, axis=1)  # [N, 3, H, W]
        bad = {
            "images.transpose(0, 2, 3, 1)": gray.astype("u1"),
            "images.astype(numpy.uint8)": images.astype("i4"),
            "(images / 65535).astype(numpy.float32)": (images * 257).astype(">u2"),
            "images.astype(numpy.float32)": (images / 255).astype("f2"),
            "images.astype(numpy.uint8) * 255": images > 127,
            "(images.astype(numpy.float32) + 128) / 255": (images - 128).astype("i1"),
            "(images + 1) / 2": (images / 127.5 - 1).astype("f4"),
            "(images - numpy.nanmin(images)) / (numpy.nanmax(images) - numpy.nanmin(images))":
                (images / 280 - 0.09).astype("f4"),
            "images / 255": numpy.append(images[1:], images[:1] * 0 + 254.5, axis=0),
            "numpy.ascontiguousarray": numpy.asfortranarray(images.astype("u1")),
        }
        for advice, array in bad.items():
            path = self.write("a.npy", array)
            ask = ["evaluate", self.folder / "run", "--samples", "1", "--data", path]
            self.assertIn(advice, self.run_program(*ask, code=65))
            if "(" not in advice and "/" not in advice:
                advice += "(images)"
            self.write("a.npy", eval(advice, {"numpy": numpy, "images": numpy.load(path)}))
            if array.ndim == 3:
                self.run_program(*ask)
            self.run_program("data", self.write("b.npy", numpy.repeat(numpy.load(path), 10, axis=0)))

    def test_of_other_things_are_refused_in_a_sentence(self):
        for array in [self.levels.astype("c8"), self.levels.astype("U3"), self.levels.astype("O"),
                      numpy.zeros((COUNT, HEIGHT, WIDTH), [("r", "u1"), ("g", "u1")])]:
            path = self.write("a.npy", array)
            said = self.run_program("data", path, code=65)
            self.assertIn("save the pixels as one of these", said)
        numpy.savez(self.folder / "a.npz", images=self.levels)
        self.assertIn("numpy.load", self.run_program("data", self.folder / "a.npz", code=65))


if __name__ == "__main__":
    unittest.main()
