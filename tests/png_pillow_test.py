"""PNG files of every kind are read as Pillow reads them.

The environment variable SPVAE names the program under test.
"""

import itertools
import pathlib
import random
import struct
import subprocess
import tempfile
import unittest
import zlib

import environment

environment.run_with("pillow>=10,<13")

from PIL import Image, ImageCms  # noqa: E402

from cli_support import SPVAE  # noqa: E402

WIDTH, HEIGHT = 13, 9
GAP = 2  # between the pictures of a sheet
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: [1, 2, 4, 8], 2: [8], 3: [1, 2, 4, 8], 4: [8], 6: [8]}
GRAY, COLOUR = [0, 4], [2, 3, 6]
# Of Adam7: first column and row, step of columns and rows.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2)]

def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def rows(noise, colour, depth, interlaced):
    """Samples of no order, every row with one of the five filters."""
    shapes = [(WIDTH, HEIGHT)]
    if interlaced:
        shapes = [(-(-(WIDTH - x) // dx), -(-(HEIGHT - y) // dy)) for x, y, dx, dy in PASSES]
    return b"".join(bytes([noise.randrange(5)]) +
                    noise.randbytes((width * CHANNELS[colour] * depth + 7) // 8)
                    for width, height in shapes for _ in range(height))


def png(noise, colour, depth, interlaced, before=b"", after=b"", more=b"", behind=b""):
    """The chunks `before` and `after` the palette, if there is one; bytes `more` than the rows take,
    and `behind` what is packed."""
    palette = chunk(b"PLTE", noise.randbytes(3 << depth)) if colour == 3 else b""
    packed = zlib.compress(rows(noise, colour, depth, interlaced) + more) + behind
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlaced)) +
            before + palette + after + chunk(b"IDAT", packed[:40]) + chunk(b"IDAT", packed[40:]) +
            chunk(b"IEND", b""))


class PngPillow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        cls.profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def odd_chunks(self, colour, depth):
        """Chunks that say how to show samples: (name, before the palette, after it)."""
        bits = {0: [1], 2: [1, 2, 3], 3: [3, 2, 1], 4: [1, 2], 6: [1, 2, 3, 4]}[colour]
        background = {2: 6, 6: 6, 3: 1}.get(colour, 2)
        colours = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000]
        yield "none", b"", b""
        for gamma in [1, 22000, 45455, 55556, 100000, 220000]:
            yield f"gAMA{gamma}", chunk(b"gAMA", struct.pack(">I", gamma)), b""
        yield "cHRM", chunk(b"cHRM", struct.pack(">8I", *colours)), b""
        yield "sRGB", chunk(b"sRGB", b"\0"), b""
        yield "cICP", chunk(b"cICP", bytes([9, 16, 0, 1])), b""
        yield "iCCP", chunk(b"iCCP", b"LAB\0\0" + zlib.compress(self.profile)), b""
        yield "sBIT", chunk(b"sBIT", bytes(bits)), b""
        yield "bKGD", b"", chunk(b"bKGD", bytes(background - 1) + b"\1")
        if colour in [0, 2]:
            yield "tRNS", b"", chunk(b"tRNS", b"\0\1" * CHANNELS[colour])
        if colour == 3:
            yield "tRNS", b"", chunk(b"tRNS", bytes([0, 128]))

    def cases(self, colours):
        """(name, file) of every depth, interlacing and chunk, one at a time and together."""
        for colour in colours:
            for depth, interlaced in itertools.product(DEPTHS[colour], [0, 1]):
                odd = list(self.odd_chunks(colour, depth))
                one_gamma = [case for case in odd if case[0] != "gAMA1"][5:]
                odd.append(("all", *(b"".join(case[i] for case in one_gamma) for i in [1, 2])))
                for name, before, after in odd:
                    noise = random.Random(f"{colour}-{depth}-{interlaced}-{name}")
                    yield (f"{colour}-{depth}-{interlaced}-{name}",
                           png(noise, colour, depth, interlaced, before, after))
                for name, more, behind in [("row", b"\0" * 99, b""), ("byte", b"\0", b""),
                                           ("behind", b"", b"junk"), ("both", b"\0", b"junk")]:
                    noise = random.Random(f"{colour}-{depth}-{interlaced}-{name}")
                    yield (f"{colour}-{depth}-{interlaced}-{name}",
                           png(noise, colour, depth, interlaced, more=more, behind=behind))

    def check(self, name, colours):
        folder = self.path / name
        for split in ["train", "test"]:
            (folder / split).mkdir(parents=True)
        for i in range(10):
            (folder / "train" / f"{i}.png").write_bytes(png(random.Random(i), colours[0], 8, 0))
        for case, content in self.cases(colours):
            (folder / "test" / f"{case}.png").write_bytes(content)
        files = sorted((folder / "test").iterdir(), key=lambda path: path.name)
        self.assertGreater(len(files), 130)
        for flag, mode in [("gray", "L"), ("rgb", "RGB")]:
            sheet = self.path / f"{name}-{flag}.png"
            subprocess.run([SPVAE, "data", folder, "--split", "test", "--count", str(len(files)),
                            "--colour", flag, "--out", sheet], check=True, capture_output=True)
            read = Image.open(sheet)
            columns = (read.width + GAP) // (WIDTH + GAP)
            for i, file in enumerate(files):
                left, top = i % columns * (WIDTH + GAP), i // columns * (HEIGHT + GAP)
                ours = read.crop((left, top, left + WIDTH, top + HEIGHT)).convert(mode)
                self.assertEqual(ours.tobytes(), Image.open(file).convert(mode).tobytes(),
                                 f"{file.name} as {flag}")

    def test_gray_is_read_alike(self):
        self.check("gray", GRAY)

    def test_colours_and_palettes_are_read_alike(self):
        self.check("colour", COLOUR)


if __name__ == "__main__":
    unittest.main()
