#!/usr/bin/env python3
"""Recomputes log-likelihoods of images from a model file, with NumPy alone.

Written from docs/checkpoint.md, whose sections it follows; it shares no code with the program.

    python3 examples/read_model.py runs/mnist-spvae-gaussian/model.safetensors \
        data/mnist/t10k-images-idx3-ubyte.gz --count 5 --samples 100

prints what `spvae evaluate RUN --engine reference --limit 5 --samples 100 --per-image FILE.npy`
writes, as JSON.
"""

import argparse
import gzip
import hashlib
import json
import math
import struct

import numpy as np

# Container


def read_model(path):
    """Returns (metadata, tensors by name)."""
    with open(path, "rb") as file:
        content = file.read()
    (header_length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + header_length])
    data = content[8 + header_length :]
    metadata = header.pop("__metadata__")
    if metadata["format"] != "spvae-model" or metadata["format_version"] not in "2345":
        raise SystemExit(f"{path}: not a model file of format version 2 to 5")
    digest = hashlib.sha256()
    for key in sorted(metadata, key=str.encode):
        if key != "digest":
            digest.update(f"{key}={metadata[key]}\n".encode())
    tensors = {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        shape = ",".join(map(str, entry["shape"]))
        digest.update(f"{name} {entry['dtype']} [{shape}]\n".encode())
        digest.update(data[begin:end])
        tensor = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
        tensors[name] = tensor.astype(np.float64)
    if digest.hexdigest() != metadata["digest"]:
        raise SystemExit(f"{path}: the content does not match its digest")
    return metadata, tensors


# Regions, partitions, leaves


def strips(size, delta):
    """Where the strips of one side begin, and where the last one ends."""
    return [*range(0, size, delta), size]


def single_region(config):
    return config["model"] in ("vae", "conv-vae") or config.get("structure") == "single-region"


def stored_structure(graph, height, width, channels):
    """The same of a region graph in the file; its variables are numbered channel by channel."""
    def variables(scope):
        channel, pixel = np.divmod(np.array(scope), height * width)
        return np.sort(pixel * channels + channel)

    partitions = [[] for _ in graph["regions"]]
    for partition in graph["graph"]:
        partitions[partition["output"]].append(tuple(partition["inputs"]))
    scopes = [variables(graph["regions"][str(region)]["scope"])
              for region, parts in enumerate(partitions) if not parts]
    return scopes, partitions


def structure(config, graph=None):
    """Returns (variables of each leaf region, for each region its list of (left, right))."""
    height, width, channels = config["height"], config["width"], config.get("channels", 1)
    if graph is not None:
        return stored_structure(graph, height, width, channels)
    if single_region(config):
        return [np.arange(height * width * channels)], [[]]
    down, across = strips(height, config["delta"]), strips(width, config["delta"])
    R, C = len(down) - 1, len(across) - 1
    rectangles = sorted(
        (h + w - 2, h, top, left, w)
        for h in range(1, R + 1)
        for w in range(1, C + 1)
        for top in range(R - h + 1)
        for left in range(C - w + 1)
    )
    number = {(h, w, top, left): i for i, (_, h, top, left, w) in enumerate(rectangles)}
    scopes, partitions = [], []
    for _, h, top, left, w in rectangles:
        parts = [(number[cut, w, top, left], number[h - cut, w, top + cut, left])
                 for cut in range(1, h)]
        parts += [(number[h, cut, top, left], number[h, w - cut, top, left + cut])
                  for cut in range(1, w)]
        partitions.append(parts)
        if not parts:
            rows = np.arange(down[top], down[top + 1])
            columns = np.arange(across[left], across[left + 1])
            pixels = rows[:, None] * width + columns
            scopes.append((pixels[..., None] * channels + np.arange(channels)).ravel())
    return scopes, partitions


# Random numbers: arrays of unsigned 64-bit integers hold the 32-bit words.

LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)


def philox(counter, key):
    c0, c1, c2, c3 = (np.asarray(c, np.uint64) for c in counter)
    k0, k1 = key
    for _ in range(10):
        product0, product1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (
            (product1 >> SHIFT) ^ c1 ^ np.uint64(k0),
            product1 & LOW,
            (product0 >> SHIFT) ^ c3 ^ np.uint64(k1),
            product0 & LOW,
        )
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(np.broadcast_arrays(c0, c1, c2, c3), axis=-1)


def normals(count, seed, purpose, image, leaf, samples):
    """Standard normal numbers [samples, count] at step 0, dimensions 0 … count − 1."""
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    words = philox(
        (np.uint64(purpose << 24) + blocks, samples[:, None].astype(np.uint64), leaf, image),
        (seed, 0),
    ).reshape(len(samples), -1, 2)
    fractions = (words >> np.uint64(8)).astype(np.float64)
    radius = np.sqrt(-2 * np.log((fractions[..., 0] + 1) * 2.0**-24))
    angle = 2 * np.pi * fractions[..., 1] * 2.0**-24
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return pairs.reshape(len(samples), -1)[:, :count]


def uniforms(count, seed, purpose, image, leaf):
    """Uniform numbers in [0, 1) at step 0 of sample 0, dimensions 0 … count − 1."""
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    words = philox((np.uint64(purpose << 24) + blocks, 0, leaf, image), (seed, 0))
    return (words.ravel()[:count] >> np.uint64(8)) * 2.0**-24


# Images


def read_idx(path):
    with open(path, "rb") as file:
        content = file.read()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if content[:4] != b"\0\0\x08\x03":
        raise SystemExit(f"{path}: not an IDX file of images")
    count, height, width = struct.unpack(">III", content[4:16])
    return np.frombuffer(content, np.uint8, offset=16).reshape(count, height * width)


def read_images(path):
    """[N, V] uint8 of an IDX file, or of an array as NumPy saves it."""
    if not str(path).endswith(".npy"):
        return read_idx(path)
    images = np.load(path)
    return images.reshape(len(images), -1)


def stretched(x):
    span = x.max() - x.min()
    return (x - x.min()) / span if span > 0 else np.zeros_like(x)


def prepare(values, likelihood, training, index, file):
    """One image's values, uint8 → float32 in [0, 1]."""
    one, full = np.float32(1), np.float32(255)
    is_stretched = training.get("stretch", "image") == "image"
    least, greatest = int(values.min()), int(values.max())
    if not is_stretched:
        x = values.astype(np.float32) / full
    elif least == greatest:
        x = np.zeros(values.shape, np.float32)
    else:
        above = (values.astype(np.int32) - least).astype(np.float32)
        x = np.rint(full * above / np.float32(greatest - least)) / full
    seed = training["data-seed"]
    if likelihood != "gaussian":
        binarise = training.get("binarise", "none")
        if binarise == "threshold":
            x = (np.rint(full * x) >= 128).astype(np.float32)
        elif binarise == "sample":
            chances = np.rint(full * x).astype(np.float64) / 255
            x = (uniforms(len(x), seed, 10, index, file) < chances).astype(np.float32)
        return x
    if training.get("dequantize", "on") == "off":
        return x
    noise = normals(len(x), seed, 7, index, file, np.zeros(1, np.uint64))[0].astype(np.float32)
    x = np.abs(x + noise / full)
    x = np.where(x > one, np.float32(2) - x, x)
    return stretched(x) if is_stretched else x


def luma_and_chromas(x):
    """What a model of colour-space ycocg sees of an image's prepared red, green and blue."""
    red, green, blue = np.rint(255 * x.reshape(-1, 3)).astype(np.int64).T

    def centred(n):
        return (n + 128) % 256 - 128

    orange = centred(red - blue)
    t = blue + (orange >> 1)
    green = centred(green - t)
    ycocg = np.stack([(t + (green >> 1)) % 256, orange + 128, green + 128], axis=1)
    return ycocg.ravel().astype(np.float32) / np.float32(255)


# Log-likelihood


def softplus(a):
    return np.logaddexp(0, a)


def log_mean_exp(values):
    largest = values.max()
    return largest + math.log(np.mean(np.exp(values - largest)))


def dense(t, x):
    return x @ t[:-1] + t[-1]


def mlp(tensors, name, slot, layers, x):
    for layer in range(layers):
        x = dense(tensors[f"{name}.{layer}"][slot], x)
        if layer + 1 < layers:
            x = softplus(x)
    return x


def is_convolutional(config):
    return config["model"] in ("conv-spvae", "conv-vae")


def leaf_shape(config, scope):
    """Rows and columns of a leaf's pixels."""
    rows, columns = np.divmod(scope // config.get("channels", 1), config["width"])
    return len(set(rows)), len(set(columns))


def narrow(shape, stride):
    return tuple(-(-side // stride) for side in shape)


def taps(wide, stride):
    """For each of the nine taps: slices of the narrow places it relates, and of their wide places."""

    def of_side(size):
        count = -(-size // stride)
        before = max((count - 1) * stride + 3 - size, 0) // 2
        for kernel in range(3):
            related = [i for i in range(count) if 0 <= stride * i + kernel - before < size]
            if not related:
                yield slice(0, 0), slice(0, 0)
                continue
            first, last = (stride * i + kernel - before for i in (related[0], related[-1]))
            yield slice(related[0], related[-1] + 1), slice(first, last + 1, stride)

    return [((row, column), (wide_row, wide_column))
            for row, wide_row in of_side(wide[0]) for column, wide_column in of_side(wide[1])]


def convolution(t, x, stride):
    """x [..., rows, columns, channels]."""
    wide, channels = x.shape[-3:-1], x.shape[-1]
    out = np.zeros(x.shape[:-3] + narrow(wide, stride) + t.shape[1:])
    for tap, (place, wide_place) in enumerate(taps(wide, stride)):
        kernel = t[tap * channels : (tap + 1) * channels]
        out[(..., *place, slice(None))] += x[(..., *wide_place, slice(None))] @ kernel
    return out + t[-1]


def transposed_convolution(t, x, stride, wide):
    channels = x.shape[-1]
    out = np.zeros(x.shape[:-3] + wide + t.shape[1:])
    for tap, (place, wide_place) in enumerate(taps(wide, stride)):
        kernel = t[tap * channels : (tap + 1) * channels]
        out[(..., *wide_place, slice(None))] += x[(..., *place, slice(None))] @ kernel
    return out + t[-1]


def flat(x):
    return x.reshape(x.shape[:-3] + (-1,))


class MlpLeaf:
    """The networks of one leaf: `encode` gives (mean, g), `decode` the heads."""

    def __init__(self, config, tensors, name, slot):
        self.config, self.layers = config, config["hidden-layers"] + 1
        self.network = lambda part, x: mlp(tensors, name + part, slot, self.layers, x)

    def encode(self, x):
        return self.network("encoder_mean", x), self.network("encoder_precision", x)

    def decode(self, z):
        return [self.network("decoder_" + head, z) for head in HEADS[self.config["likelihood"]]]


class TrunkLeaf:
    """joint-mlp and shared-mlp: dense trunks below one dense layer for each head."""

    def __init__(self, config, tensors, name, slot):
        self.config, self.layers = config, config["hidden-layers"]

        def affine(layer, x):
            stack = tensors.get("leaves.shared." + layer, tensors.get(name + layer))
            return dense(stack[slot if len(stack) > 1 else 0], x)

        self.affine = affine

    def heads(self, trunk, heads, x):
        for layer in range(self.layers):
            x = softplus(self.affine(f"{trunk}.{layer}", x))
        return [self.affine(f"{head}.0", x) for head in heads]

    def encode(self, x):
        return self.heads("encoder_trunk", ["encoder_mean", "encoder_precision"], x)

    def decode(self, z):
        heads = ["decoder_" + head for head in HEADS[self.config["likelihood"]]]
        return self.heads("decoder_trunk", heads, z)


class ConvLeaf:
    def __init__(self, config, tensors, name, slot, shape):
        self.config, self.stride = config, config["stride"]
        self.tensor = lambda part: tensors[name + part][slot]
        self.wide, self.fine = shape, narrow(shape, self.stride)
        self.coarse = narrow(self.fine, self.stride)

    def encode(self, x):
        x = x.reshape(self.wide + (self.config.get("channels", 1),))
        x = softplus(convolution(self.tensor("encoder_trunk.0"), x, self.stride))
        x = softplus(convolution(self.tensor("encoder_trunk.1"), x, self.stride))
        x = softplus(dense(self.tensor("encoder_trunk.2"), flat(x)))
        return [dense(self.tensor(head), x) for head in ("encoder_mean.0", "encoder_precision.0")]

    def decode(self, z):
        x = softplus(dense(self.tensor("decoder_trunk.0"), z))
        x = x.reshape(z.shape[:-1] + self.coarse + (-1,))
        x = softplus(transposed_convolution(self.tensor("decoder_trunk.1"), x, self.stride,
                                            self.fine))
        return [flat(transposed_convolution(self.tensor(f"decoder_{head}.0"), x, self.stride,
                                            self.wide))
                for head in HEADS[self.config["likelihood"]]]


def cut_points(shared):
    """c_0, …, c_256: where bins begin and end; equal bins, or by `shared` parameters."""
    inner = (np.arange(255) + 0.5) / 255
    if shared is not None:
        gaps = (0.01 + softplus(shared[1:])) / 255
        inner = shared[0] / 255 + np.concatenate([[0], np.cumsum(gaps)])
    return np.concatenate([[inner[0] - 1], inner, [inner[-1] + 1]])


def log_bin(v, f, g, shared=None):
    """log of a logistic's mass in the bin of 8-bit values v."""
    a, cuts = np.exp(np.minimum(2 - g, 8)), cut_points(shared)
    lower, upper = cuts[v.astype(int)], cuts[v.astype(int) + 1]
    log_upper = np.where(v < 255, -softplus(-a * (upper - f)), 0)
    log_lower = np.where(v > 0, -softplus(a * (lower - f)), 0)
    inner = np.where((v > 0) & (v < 255), np.log(-np.expm1(-a * (upper - lower))), 0)
    return log_upper + log_lower + inner


def log_pixels(config, x, heads, shared):
    """log p(x|z) [samples], a sum over variables. `shared`: leaves.likelihood, if there."""
    likelihood = config["likelihood"]
    n = {"bernoulli": 2}.get(likelihood, config.get("values", 256)) - 1
    v = np.rint(n * x)
    if likelihood == "gaussian":
        f, g = heads
        mean = 1 / (1 + np.exp(-f)) if config["mean-link"] == "sigmoid" else f
        precision = np.minimum(1 + g * g, config.get("max-precision") or np.inf)
        terms = (np.log(precision) - precision * (x - mean) ** 2 - math.log(2 * math.pi)) / 2
    elif likelihood in ("binomial", "bernoulli"):
        f = np.clip(heads[0], -16.118, 16.118)
        choose = np.array([math.log(math.comb(n, k)) for k in range(n + 1)])[v.astype(int)]
        terms = choose - v * softplus(-f) - (n - v) * softplus(f)
    elif likelihood == "categorical":
        f = heads[0].reshape(len(heads[0]), len(x), n + 1)
        terms = np.take_along_axis(f, v.astype(int)[None, :, None], axis=2)[..., 0]
        terms = terms - np.logaddexp.reduce(f, axis=2)
    elif likelihood == "mixture":
        m = config["components"]
        f, g, w = (head.reshape(len(head), len(x), m) for head in heads)
        terms = log_bin(np.repeat(v[:, None], m, axis=1), f + (np.arange(m) + 0.5) / m - 0.5, g)
        terms = np.logaddexp.reduce(w + terms, axis=2) - np.logaddexp.reduce(w, axis=2)
    else:
        terms = log_bin(v, *heads, shared)
    return terms.sum(axis=-1)


HEADS = {
    "gaussian": ["mean", "precision"],
    "binomial": ["logit"],
    "bernoulli": ["logit"],
    "categorical": ["logit"],
    "mixture": ["location", "scale", "weight"],
    "logistic": ["location", "scale"],
    "ordinal": ["location", "scale"],
}


def leaf_bounds(config, expert, x, noise, shared, priors):
    """Of the leaves of an expert, which differ in their priors (mean, deviation) alone."""
    mean, g = expert.encode(x)
    z = mean + noise / np.sqrt(1 + g * g)
    log_pixel = log_pixels(config, x, expert.decode(z), shared)
    bounds = []
    for centre, deviation in priors:
        squares = ((z - centre) / deviation) ** 2
        prior_over_posterior = (noise**2 - squares - np.log1p(g * g)).sum(axis=-1) / 2
        prior_over_posterior -= np.log(deviation).sum()
        bounds.append(log_mean_exp(log_pixel + prior_over_posterior))
    return bounds


def priors_of(config, tensors, expert, leaves):
    """Mean and deviation of the priors of an expert's leaves."""
    if config.get("priors") != "learned":
        return [(np.zeros(config["latent"]), np.ones(config["latent"]))] * leaves
    own = tensors["leaves.priors"][expert * leaves : (expert + 1) * leaves]
    return [(centre, 0.01 + softplus(rho)) for centre, rho in own]


def circuit(config, partitions, logits, bounds):
    """The root's value: `bounds` are those of the leaves, in order."""
    if config.get("product") == "elementwise" and not single_region(config):
        return elementwise_circuit(config, partitions, logits, bounds)
    per_region = leaves_of_region(config)
    nodes, used, next_leaf = [], 0, 0
    for region, parts in enumerate(partitions):
        if not parts:
            nodes.append(bounds[next_leaf : next_leaf + per_region])
            next_leaf += per_region
            continue
        products = np.concatenate([np.add.outer(nodes[a], nodes[b]).ravel() for a, b in parts])
        sums = []
        for _ in range(1 if region + 1 == len(partitions) else config["k-sum"]):
            row = logits[used : used + len(products)]
            used += len(products)
            log_weights = np.maximum(row - np.logaddexp.reduce(row), -300)
            sums.append(np.logaddexp.reduce(log_weights + products))
        nodes.append(np.array(sums))
    return float(nodes[-1][0])


def elementwise_circuit(config, partitions, logits, bounds):
    """The same where product k of a partition is sum k of its left times sum k of its right."""
    used = 0

    def sums(states, count):
        nonlocal used
        rows = logits[used : used + count * len(states)].reshape(count, len(states))
        used += rows.size
        log_weights = rows - np.logaddexp.reduce(rows, axis=1, keepdims=True)
        return np.logaddexp.reduce(np.maximum(log_weights, -300) + states, axis=1)

    states, next_leaf = [], 0
    for parts in partitions:
        if parts:
            products = [sums(states[a], config["k-sum"]) + sums(states[b], config["k-sum"])
                        for a, b in parts]
            states.append(np.concatenate(products))
        else:
            states.append(bounds[next_leaf : next_leaf + config["k-leaf"]])
            next_leaf += config["k-leaf"]
    return float(sums(states[-1], 1)[0])


def leaves_of_region(config):
    return 1 if single_region(config) else config["k-leaf"]


def experts_of_region(config):
    return config.get("experts", 0) or leaves_of_region(config)


def expert_places(config, scopes):
    """For each expert: (its variables, group, slot in the group)."""
    per_region = experts_of_region(config)
    scope_of = [scope for scope in scopes for _ in range(per_region)]

    def key(scope):
        return len(scope), leaf_shape(config, scope)[0] if is_convolutional(config) else 0

    groups = {kind: g for g, kind in enumerate(sorted({key(s) for s in scope_of}))}
    filled = [0] * len(groups)
    places = []
    for scope in scope_of:
        group = groups[key(scope)]
        places.append((scope, group, filled[group]))
        filled[group] += 1
    return places


def expert_networks(config, tensors, scope, group, slot):
    name = f"leaves.{group}."
    if is_convolutional(config):
        return ConvLeaf(config, tensors, name, slot, leaf_shape(config, scope))
    leaf = TrunkLeaf if config.get("network") in ("joint-mlp", "shared-mlp") else MlpLeaf
    return leaf(config, tensors, name, slot)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="model.safetensors of a run")
    parser.add_argument("images", help="IDX file of images, gzip or not, or .npy of bytes")
    parser.add_argument("--file", type=int, default=1,
                        help="number of that file in its data set (default: 1, the test images)")
    parser.add_argument("--count", type=int, default=5, help="first images of the file")
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the latent noise")
    options = parser.parse_args()

    metadata, tensors = read_model(options.model)
    config = json.loads(metadata["config"])
    training = json.loads(metadata["training"])
    graph = json.loads(metadata["graph"]) if "graph" in metadata else None
    scopes, partitions = structure(config, graph)
    if "columns" in metadata:
        sys.exit(f"{options.model}: is of vectors; this program reads images alone")
    places = expert_places(config, scopes)
    experts = [expert_networks(config, tensors, *place) for place in places]
    leaves_of_expert = leaves_of_region(config) // experts_of_region(config)
    priors = [priors_of(config, tensors, expert, leaves_of_expert)
              for expert in range(len(experts))]
    samples = np.arange(options.samples)
    result = []
    for index, values in enumerate(read_images(options.images)[: options.count]):
        x = prepare(values, config["likelihood"], training, index, options.file)
        if config.get("colour-space") == "ycocg":
            x = luma_and_chromas(x)
        bounds = [
            leaf_bounds(config, experts[expert], x[scope].astype(np.float64),
                        normals(config["latent"], options.seed, 2, index, expert, samples),
                        tensors.get("leaves.likelihood"), priors[expert])
            for expert, (scope, _, _) in enumerate(places)
        ]
        result.append(circuit(config, partitions, tensors.get("circuit.logits"),
                              np.concatenate(bounds)))
    print(json.dumps({"samples": options.samples, "seed": options.seed,
                      "log_likelihood": result}))


if __name__ == "__main__":
    main()
