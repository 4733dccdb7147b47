#!/usr/bin/env python3
"""make_seeds.py FOLDER: valid files of every format, small, for the fuzz targets to begin with.

One folder for each target. The first byte of an idx, cifar or mat seed says how the target packs what
follows (fuzz_file.h): 0 not at all, 1 gzip, 2 xz; of mat, 3 one zlib-compressed element. That of a png
seed says what is mended: 0 nothing, 1 check sums, 2 the packing of IDAT too (png_fuzz.cpp).
"""

import gzip
import json
import lzma
import pathlib
import struct
import sys
import zlib

DELTA_XZ = [{"id": lzma.FILTER_DELTA, "dist": 32}, {"id": lzma.FILTER_LZMA2, "preset": 0}]


def noise(size):
    return bytes((i * i * 31 + i * 7) >> 3 & 255 for i in range(size))


def idx(*shape):
    count = 1
    for axis in shape:
        count *= axis
    return struct.pack(f">I{len(shape)}I", 0x0800 + len(shape), *shape) + noise(count)


def cifar(records):
    return b"".join(bytes([i % 10]) + noise(3072) for i in range(records))


def element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def array(name, shape, values):
    small_name = struct.pack("<HH", 1, len(name)) + name.ljust(4, b"\0")
    return element(14, element(6, struct.pack("<II", 9, 0)) +
                   element(5, struct.pack(f"<{len(shape)}i", *shape)) +
                   (small_name if len(name) <= 4 else element(1, name)) + element(2, values))


def compressed(data):
    packed = zlib.compress(data)
    return struct.pack("<II", 15, len(packed)) + packed


def npy(dtype, shape, values, version=1):
    header = repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + values


def safetensors(header, data):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(colour, depth, interlaced, pack, chunks=b""):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    # Of 5 × 6 pixels: all rows, or those of Adam7's passes.
    widths = [1, 1, 2, 1, 1, 3, 2, 2, 2, 5, 5, 5] if interlaced else [5] * 6
    rows = b"".join(bytes([i % 5]) + noise(64)[i:i + (width * channels * depth + 7) // 8]
                    for i, width in enumerate(widths))
    palette = chunk(b"PLTE", noise(3 << depth)) if colour == 3 else b""
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 6, depth, colour, 0, 0, interlaced)) + palette +
            chunks + chunk(b"IDAT", pack(rows)) + chunk(b"IEND", b""))


def png_seeds():
    odd = (chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"cHRM", bytes(range(32))) +
           chunk(b"sRGB", b"\0") + chunk(b"cICP", b"\1\2\0\1") + chunk(b"sBIT", b"\5") +
           chunk(b"iCCP", b"a\0\0" + zlib.compress(noise(128))) + chunk(b"bKGD", b"\0\1") +
           chunk(b"tRNS", b"\0\1") + chunk(b"tEXt", b"a\0b"))
    for colour, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8], 6: [8]}.items():
        for depth in depths:
            for interlaced in [0, 1]:
                name = f"{colour}-{depth}-{interlaced}"
                for mode, pack in enumerate([zlib.compress, zlib.compress, bytes]):
                    yield "png", f"{name}-{mode}", bytes([mode]) + png(colour, depth, interlaced, pack)
                yield "png", f"{name}-odd", b"\2" + png(colour, depth, interlaced, bytes, odd)


def json_seeds():
    texts = {"config": '{"count": 3, "k_sum": "a", "latent": [1, 2.5e-3], "x": {"y": [true, null]}}',
             "deep": "[" * 64 + "]" * 64, "too-deep": '{"a":' + "[" * 2000 + "]" * 2000 + "}",
             "objects": '{"a":' * 63 + "1" + "}" * 63, "twice": '{"a":1,"a":2}',
             "numbers": "[0,-1,18446744073709551615,18446744073709551616,1e308,1e400,-0.0,1E-400]",
             "texts": '["\\u001b\\ud834\\udd1e\\n","ä","\x7f",""]', "cut": '{"a":[1,{"b":"',
             "count": '{"count":-1}', "pair": '{"k-sum":[4294967296,-1]}'}
    for name, text in texts.items():
        yield "json", name, text.encode()


def graph_seeds():
    """Over 4 variables, and over 2 pixels of 3 channels, of three inputs."""
    for name, scopes, partitions in [
            ("binary", [[0], [1], [2, 3], [0, 1], [0, 1, 2, 3]], [(3, [0, 1]), (4, [3, 2])]),
            ("colours", [[0, 3], [1, 4], [2, 5], [0, 1, 2, 3, 4, 5]], [(3, [0, 1, 2]), (3, [2, 1, 0])]),
            ("single", [[0]], [])]:
        graph = {"regions": {str(i): {"scope": scope} for i, scope in enumerate(scopes)},
                 "roots": [str(len(scopes) - 1)],
                 "graph": [{"output": whole, "inputs": inputs} for whole, inputs in partitions]}
        yield "graph", name, json.dumps(graph).encode()


def seeds():
    for name, file in {"images": idx(3, 4, 5), "labels": idx(7), "one": idx(1, 1, 1)}.items():
        yield from packed("idx", name, file)
    for records in [1, 2]:
        yield from packed("cifar", str(records), cifar(records))

    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    images = array(b"X", (32, 32, 3, 1), noise(3072))
    labels = array(b"y", (1, 1), b"\x0a")
    for name, elements in {"plain": images, "compressed": compressed(images),
                           "other": compressed(labels) + images,
                           "long": array(b"a_long_name", (2, 1), b"\1\2") + compressed(images)}.items():
        yield from packed("mat", name, header + elements)
    yield "mat", "within", b"\3" + header + images
    yield "mat", "labels", b"\3" + header + labels

    for dtype, size in [("<f4", 4), ("<f8", 8), ("|u1", 1), ("<i8", 8)]:
        yield "npy", dtype.strip("<|"), npy(dtype, (2, 3), noise(6 * size))
    yield "npy", "scalar", npy("<f4", (), noise(4))
    yield "npy", "vector", npy("<f8", (3,), noise(24))
    yield "npy", "big-endian", npy(">f8", (3,), noise(24), version=2)
    yield "npy", "integers", npy(">u2", (2, 3), noise(12), version=3)
    yield "npy", "structure", npy([("r", "|u1"), ("g", "|u1")], (2,), noise(4))
    yield "npy", "packed", gzip.compress(npy("<f4", (2, 3), noise(24)), mtime=0)

    for name, text in {"plain": "a,b\n1,-2.5e3\n+3,nan\n", "quoted": '\ufeff"a, ""b""", c \r\n,4\r\n\n',
                       "one": "x\n1\n\n2"}.items():
        yield from packed("csv", name, text.encode())
    yield from png_seeds()
    yield from json_seeds()
    yield from graph_seeds()

    yield "safetensors", "empty", safetensors({}, b"")
    deep = b'{"a":{"dtype":"U8","data_offsets":[0,1],"shape":' + b"[" * 70 + b"]" * 70 + b"}}"
    yield "safetensors", "deep", struct.pack("<Q", len(deep)) + deep + b"\0"
    yield "safetensors", "model", safetensors(
        {"__metadata__": {"format": "spvae-model", "seed": "3"},
         "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
         "b": {"dtype": "I64", "shape": [1], "data_offsets": [24, 32]},
         "c": {"dtype": "U8", "shape": [], "data_offsets": [32, 33]}}, noise(33))


def packed(target, name, file):
    """As the target packs it, and packed already."""
    for mode, kind in enumerate(["plain", "gzip", "xz"]):
        yield target, f"{name}-{kind}", bytes([mode]) + file
    yield target, f"{name}.gz", b"\0" + gzip.compress(file, mtime=0)
    yield target, f"{name}.gz.gz", b"\0" + gzip.compress(file[:20], mtime=0) + gzip.compress(
        file[20:], mtime=0)
    yield target, f"{name}.xz", b"\0" + lzma.compress(file, filters=DELTA_XZ)


def main():
    for target, name, content in seeds():
        folder = pathlib.Path(sys.argv[1], target)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
