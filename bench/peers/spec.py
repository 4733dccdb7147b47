"""What a model is made of, for every framework: layers, tensors' names and shapes, structure.

Made from the keys of a run's config (docs/checkpoint.md); needs NumPy alone.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from .structure import Structure, poon_domingos, quad_tree, single_region

HEADS = {"gaussian": ["mean", "precision"], "binomial": ["logit"], "ordinal": ["location", "scale"]}
LOGIT_LIMIT = 16.118
LOG_SCALE_LIMIT = 8.0
# Instead of the infinite edges of the first and the last value's bin: finite for any inverse scale.
FAR = 1e30
DEFAULTS = {
    "spvae": {"hidden": 30, "hidden-layers": 2, "latent": 25},
    "vae": {"hidden": 300, "hidden-layers": 2, "latent": 200},
    "conv-spvae": {"filters": [4, 8], "stride": 1, "dense": 64, "latent": 25},
    "conv-vae": {"filters": [32, 64], "stride": 2, "dense": 64, "latent": 200},
}


@dataclass(frozen=True)
class Layer:
    """One layer of all experts: tensor [experts, inputs + 1, outputs], the bias last; of those that
    all experts share, [1, inputs + 1, outputs].

    kind: dense, conv or transposed. Sides are (height, width) of the layer's input and output;
    wide = stride * narrow + kernel - before relates the places of a convolution's two sides.
    """

    name: str
    kind: str
    inputs: int
    outputs: int
    softplus: bool
    shared: bool = False
    side_in: tuple[int, int] = (1, 1)
    side_out: tuple[int, int] = (1, 1)
    stride: int = 1
    before: tuple[int, int] = (0, 0)

    @property
    def channels_in(self) -> int:
        return self.inputs if self.kind == "dense" else self.inputs // 9

    @functools.cached_property
    def places_in(self) -> int:
        return self.side_in[0] * self.side_in[1]

    @functools.cached_property
    def places_out(self) -> int:
        return self.side_out[0] * self.side_out[1]

    def taps(self) -> np.ndarray:
        """[places in, places out, 9]: 1 where a convolution multiplies by that kernel place."""
        wide, narrow = self.side_in, self.side_out
        if self.kind == "transposed":
            wide, narrow = narrow, wide
        result = np.zeros((narrow[0], narrow[1], wide[0], wide[1], 9), np.float32)
        for row, column, kernel in np.ndindex(narrow[0], narrow[1], 9):
            y = self.stride * row + kernel // 3 - self.before[0]
            x = self.stride * column + kernel % 3 - self.before[1]
            if 0 <= y < wide[0] and 0 <= x < wide[1]:
                result[row, column, y, x, kernel] = 1
        result = result.reshape(narrow[0] * narrow[1], wide[0] * wide[1], 9)
        return result if self.kind == "transposed" else result.transpose(1, 0, 2)

    def gather(self) -> tuple[np.ndarray, np.ndarray]:
        """A convolution as one product over patches of its input: (places, taps).

        places [patch]: (row, column) of the patch's places, relative to stride·(row, column) of a
        plain convolution's output, or to (row, column) of a transposed one's input. taps [patch,
        phases, 9]: 1 where a place of the patch meets a place of the kernel; the stride² outputs of
        a transposed convolution's place are its phases.
        """
        if self.kind == "conv":
            sides = [[kernel - self.before[axis] for kernel in range(3)] for axis in (0, 1)]
            taps = np.eye(9, dtype=np.float32)[:, None]
            return np.array([(y, x) for y in sides[0] for x in sides[1]]), taps
        # Output stride·i + phase takes input i + shift through the kernel's place.
        meets = [{(phase, kernel): (phase + self.before[axis] - kernel) // self.stride
                  for phase in range(self.stride) for kernel in range(3)
                  if (phase + self.before[axis] - kernel) % self.stride == 0} for axis in (0, 1)]
        sides = [sorted(set(axis.values())) for axis in meets]
        places = [(y, x) for y in sides[0] for x in sides[1]]
        taps = np.zeros((len(places), self.stride**2, 9), np.float32)
        for (a, i), y in meets[0].items():
            for (b, j), x in meets[1].items():
                taps[places.index((y, x)), a * self.stride + b, 3 * i + j] = 1
        return np.array(places), taps


@dataclass(frozen=True)
class Spec:
    """A model: networks by name in the order of their tensors, and its structure."""

    config: dict
    experts: int
    pixels: int
    nodes: int
    networks: dict[str, list[Layer]]
    structure: Structure

    @property
    def latent(self) -> int:
        return self.config["latent"]

    @property
    def likelihood(self) -> str:
        return self.config["likelihood"]

    @property
    def decoders(self) -> list[str]:
        return [f"decoder_{head}" for head in HEADS[self.likelihood]]

    @property
    def has_priors(self) -> bool:
        """Whether the leaves of an expert differ in learned priors; else each is an expert."""
        return self.config.get("priors") == "learned"

    @functools.cached_property
    def scope_of_expert(self) -> np.ndarray:
        """[experts, pixels]"""
        regions = len(self.structure.scopes)
        return np.repeat(self.structure.scopes, self.experts // regions, axis=0)

    @functools.cached_property
    def layers(self) -> list[Layer]:
        return [layer for network in self.networks.values() for layer in network]

    @functools.cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Tensors' names and shapes, as in a model file but for the logits' order."""
        shapes: dict[str, tuple[int, ...]] = {
            layer.name: (1 if layer.shared else self.experts, layer.inputs + 1, layer.outputs)
            for layer in self.layers
        }
        if self.has_priors:
            leaves = len(self.structure.scopes) * self.nodes
            shapes["leaves.priors"] = (leaves, 2, self.latent)
        if self.likelihood == "ordinal":
            shapes["leaves.likelihood"] = (255,)
        if self.structure.weights:
            shapes["circuit.logits"] = (self.structure.weights,)
        return shapes

    def initial(self, seed: int) -> dict[str, np.ndarray]:
        """Weights of the usual scale, biases zero."""
        generator = np.random.default_rng(seed)
        result = {}
        for layer in self.layers:
            values = generator.standard_normal(self.shapes[layer.name], np.float32)
            values *= np.sqrt(2 / layer.inputs)
            values[:, -1] = 0
            result[layer.name] = values
        if self.has_priors:
            result["leaves.priors"] = generator.standard_normal(
                self.shapes["leaves.priors"], np.float32
            )
            result["leaves.priors"][:, 1] = 0.53  # softplus⁻¹ of about 1
        if self.likelihood == "ordinal":
            result["leaves.likelihood"] = np.full(255, 0.53, np.float32)
        if self.structure.weights:
            result["circuit.logits"] = generator.standard_normal(
                self.structure.weights, np.float32
            )
        return result


def _before(side: int, stride: int) -> int:
    narrow = -(-side // stride)
    return max((narrow - 1) * stride + 3 - side, 0) // 2


def _convolution(name: str, kind: str, channels: tuple[int, int], side_in: tuple[int, int],
                 side_out: tuple[int, int], stride: int, softplus: bool) -> Layer:
    wide = side_in if kind == "conv" else side_out
    before = (_before(wide[0], stride), _before(wide[1], stride))
    return Layer(name, kind, 9 * channels[0], channels[1], softplus, False, side_in, side_out, stride,
                 before)


def _mlp_networks(config: dict, pixels: int) -> dict[str, list[Layer]]:
    hidden, layers = config["hidden"], config["hidden-layers"]

    def mlp(network: str, inputs: int, outputs: int) -> list[Layer]:
        sizes = [inputs, *[hidden] * layers, outputs]
        return [Layer(f"leaves.0.{network}.{i}", "dense", sizes[i], sizes[i + 1], i < layers)
                for i in range(layers + 1)]

    networks = {name: mlp(name, pixels, config["latent"])
                for name in ("encoder_mean", "encoder_precision")}
    for head in HEADS[config["likelihood"]]:
        networks[f"decoder_{head}"] = mlp(f"decoder_{head}", config["latent"], pixels)
    return networks


def _joint_networks(config: dict, pixels: int) -> dict[str, list[Layer]]:
    """joint-mlp; of shared-mlp all experts share the layers that are not next to the code."""
    hidden, layers, latent = config["hidden"], config["hidden-layers"], config["latent"]
    shares = config["network"] == "shared-mlp"

    def trunk(network: str, inputs: int) -> list[Layer]:
        sizes = [inputs, *[hidden] * layers]
        groups = ["shared" if shares and i > 0 else "0" for i in range(layers)]
        return [Layer(f"leaves.{groups[i]}.{network}.{i}", "dense", sizes[i], sizes[i + 1], True,
                      shares and (i > 0 or network == "encoder_trunk")) for i in range(layers)]

    def head(network: str, outputs: int) -> list[Layer]:
        return [Layer(f"leaves.0.{network}.0", "dense", hidden, outputs, False,
                      shares and network.startswith("decoder"))]

    return {"encoder_trunk": trunk("encoder_trunk", pixels),
            "encoder_mean": head("encoder_mean", latent),
            "encoder_precision": head("encoder_precision", latent),
            "decoder_trunk": trunk("decoder_trunk", latent),
            **{f"decoder_{name}": head(f"decoder_{name}", pixels)
               for name in HEADS[config["likelihood"]]}}


def _conv_networks(config: dict, side: tuple[int, int]) -> dict[str, list[Layer]]:
    first, second = config["filters"]
    stride, dense, latent = config["stride"], config["dense"], config["latent"]
    fine = (-(-side[0] // stride), -(-side[1] // stride))
    coarse = (-(-fine[0] // stride), -(-fine[1] // stride))
    flat = coarse[0] * coarse[1] * second
    networks = {
        "encoder_trunk": [
            _convolution("leaves.0.encoder_trunk.0", "conv", (1, first), side, fine, stride, True),
            _convolution("leaves.0.encoder_trunk.1", "conv", (first, second), fine, coarse, stride,
                         True),
            Layer("leaves.0.encoder_trunk.2", "dense", flat, dense, True),
        ],
        "encoder_mean": [Layer("leaves.0.encoder_mean.0", "dense", dense, latent, False)],
        "encoder_precision": [
            Layer("leaves.0.encoder_precision.0", "dense", dense, latent, False)
        ],
        "decoder_trunk": [
            Layer("leaves.0.decoder_trunk.0", "dense", latent, flat, True),
            _convolution("leaves.0.decoder_trunk.1", "transposed", (second, first), coarse, fine,
                         stride, True),
        ],
    }
    for head in HEADS[config["likelihood"]]:
        name = f"decoder_{head}"
        networks[name] = [_convolution(f"leaves.0.{name}.0", "transposed", (first, 1), fine, side,
                                       stride, False)]
    return networks


def make_spec(given: dict) -> Spec:
    """The model of these config keys; the paper's MNIST sizes where they do not say."""
    model = given.get("model", "spvae")
    common = {"model": model, "height": 28, "width": 28, "delta": 7, "k-sum": 2, "k-leaf": 2,
              "likelihood": "gaussian"}
    config = {**common, **DEFAULTS[model], **given}
    height, width = config["height"], config["width"]
    if model.endswith("spvae"):
        nodes = config["k-leaf"]
        if config["k-sum"] != nodes:
            raise ValueError("the peers' circuit needs k-sum = k-leaf")
        is_tree = config.get("structure") == "quad-tree"
        if is_tree != (config.get("product") == "elementwise"):
            raise ValueError("the peers have quad trees of element-wise products alone")
        structure = (quad_tree if is_tree else poon_domingos)(height, width, config["delta"], nodes)
        side = (config["delta"], config["delta"])
    else:
        nodes, structure, side = 1, single_region(height, width), (height, width)
    pixels = side[0] * side[1]
    networks = (_conv_networks(config, side) if model.startswith("conv")
                else _joint_networks(config, pixels) if config.get("network") in ("joint-mlp", "shared-mlp")
                else _mlp_networks(config, pixels))
    experts = len(structure.scopes) * (config.get("experts") or nodes)
    return Spec(config, experts, pixels, nodes, networks, structure)
