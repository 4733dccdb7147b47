"""What the tests of the command share: a tiny data set, running it, reading what it writes.

The program under test is named by the environment variable SPVAE.
"""

import array
import ast
import gzip
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest
import zlib

SPVAE = os.environ["SPVAE"]
SIDE = 8
# A model and a run so small that every test takes a moment.
SMALL = ["--recipe", "paper", "--delta", "4", "--hidden", "4", "--latent", "2", "--batch", "16", "--samples", "2",
         "--validate-every", "5", "--max-steps", "20", "--threads", "1"]
LIKELIHOODS = ["gaussian", "binomial", "logistic", "ordinal", "bernoulli", "categorical", "mixture"]
# Of SMALL, what other models than the spvae make no use of.
UNUSED = {"vae": ["--delta"], "conv-spvae": ["--hidden"], "conv-vae": ["--delta", "--hidden"]}


def with_values(*flags):
    """`flags`, and what makes 8-bit images have the values of their likelihood."""
    needs = "bernoulli" in flags and "--binarise" not in flags
    return [*flags, *(["--binarise", "sample"] if needs else [])]


def small(*flags):
    """The flags of SMALL that are not among `flags` and that their model has, the Gaussian unless
    `flags` name another likelihood; then `flags` and with_values."""
    model = flags[flags.index("--model") + 1] if "--model" in flags else "spvae"
    names = [flag for flag in SMALL[0::2] if flag not in flags and flag not in UNUSED.get(model, [])]
    likelihood = [] if "--likelihood" in flags else ["--likelihood", "gaussian"]
    return [word for name in names for word in (name, SMALL[SMALL.index(name) + 1])] + [
        *likelihood, *with_values(*flags)]


def images(count, side=SIDE, first=0):
    """Bars at changing places, 8 bits a pixel."""
    pixels = bytearray()
    for i in range(first, first + count):
        for y in range(side):
            for x in range(side):
                pixels.append(255 - 20 * ((i * 7 + y) % 9) if x == i % side else (i * 5 + x * y) % 40)
    return bytes(pixels)


def idx_bytes(count, side=SIDE, first=0, magic=0x00000803):
    return struct.pack(">IIII", magic, count, side, side) + images(count, side, first)


def write_data(folder, side=SIDE, first=0):
    """60 training images (10 of them for validation) and 20 test images, under MNIST's names."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    with gzip.open(folder / "train-images-idx3-ubyte.gz", "wb") as file:
        file.write(idx_bytes(60, side, first))
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz", "wb") as file:
        file.write(idx_bytes(20, side, first + 60))
    return str(folder)


def read_npy(path):
    """(shape, values) of a .npy of little-endian floats."""
    data = pathlib.Path(path).read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    length = struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10:10 + length].decode())
    assert not header["fortran_order"]
    values = array.array({"<f4": "f", "<f8": "d"}[header["descr"]])
    values.frombytes(data[10 + length:])
    return header["shape"], values


def write_npy(path, shape, values, descr="|u1"):
    """Writes a .npy of bytes ("|u1") or floats ("<f4")."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    data = array.array({"|u1": "B", "<f4": "f"}[descr], values).tobytes()
    pathlib.Path(path).write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) +
                                   header.encode() + data)
    return str(path)


def write_colours(path, count, height, width):
    """Writes a .npy of colour images of 8 bits whose channels differ."""
    values = [(37 * i + 11 * y * (c + 1) + 5 * x * x + 60 * c) % 256
              for i in range(count) for y in range(height) for x in range(width) for c in range(3)]
    return write_npy(path, (count, height, width, 3), values)


def write_png(path, width, pixels, channels=1):
    """Writes a PNG of 8-bit pixels, row by row: gray, or red, green and blue."""
    rows = [pixels[at:at + width * channels] for at in range(0, len(pixels), width * channels)]

    def chunk(name, data):
        return (struct.pack(">I", len(data)) + name + data +
                struct.pack(">I", zlib.crc32(name + data)))

    pathlib.Path(path).write_bytes(
        b"\x89PNG\r\n\x1a\n" +
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), 8, {1: 0, 3: 2}[channels], 0, 0, 0)) +
        chunk(b"IDAT", zlib.compress(b"".join(b"\x00" + bytes(row) for row in rows))) +
        chunk(b"IEND", b""))
    return str(path)


def read_png_size(path):
    data = pathlib.Path(path).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


class CommandTest(unittest.TestCase):
    """A test with a folder of its own and the tiny data set in it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="spvae-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = write_data(self.folder / "tiny")

    def path(self, name):
        return str(self.folder / name)

    def run_spvae(self, *arguments, code=0, partial=False, **options):
        """Runs to the end; the exit code must be `code`. Failures are one sentence on stderr, and
        nothing is on stdout, unless a part of what was asked for could be done."""
        done = subprocess.run([SPVAE, *map(str, arguments)], capture_output=True, text=True,
                              timeout=240, **{"cwd": self.folder, **options})
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}{done.stderr}")
        if code != 0:
            last = done.stderr.splitlines()[-1]
            self.assertTrue(last.startswith("spvae: error: "), done.stderr)
            self.assertEqual(done.stderr.count("spvae: error: "), 1)
            self.assertEqual(done.stdout != "", partial)
        return done

    def run_json(self, *arguments):
        """The one JSON object on stdout."""
        done = self.run_spvae(*arguments, "--json")
        self.assertEqual(done.stdout.count("\n"), 1, done.stdout)
        return json.loads(done.stdout)

    def fails(self, code, *arguments, says=()):
        """Runs; the exit code must be `code`, and the sentence must contain all of `says`."""
        message = self.run_spvae(*arguments, code=code).stderr.splitlines()[-1]
        for words in [says] if isinstance(says, str) else says:
            self.assertIn(words, message)
        return message

    def train(self, out, *arguments):
        self.run_spvae("train", "--data", self.data, "--out", self.path(out), *small(*arguments))
        return self.path(out)

    def model_bytes(self, run):
        return pathlib.Path(self.path(run), "model.safetensors").read_bytes()

    def start(self, *arguments):
        """Starts the command in the background."""
        process = subprocess.Popen([SPVAE, *map(str, arguments)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, cwd=self.folder)

        def end():
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()

        self.addCleanup(end)
        return process

    def wait_for_checks(self, run, count):
        """Waits until a run has done `count` validations."""
        metrics = pathlib.Path(self.path(run), "metrics.jsonl")
        for _ in range(60000):
            if metrics.exists() and metrics.read_text().count("\n") >= count:
                return
            time.sleep(0.001)
        self.fail(f"{run}: no {count} validations within a minute")


def main():
    unittest.main(verbosity=2)
