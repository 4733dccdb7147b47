"""The models in JAX: all leaves in one batched product, the circuit a level at a time.

Functions of a dictionary of arrays in the model file's layout, to be traced by jit. Shapes: L
leaves, B images, k samples, Z latent, D pixels of a leaf; activations are [L, rows, features],
features of a plane in the order row, column, channel.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from .spec import LOGIT_LIMIT, Layer, Spec

Tensors = dict[str, jax.Array]
LAYOUT = ("NHWC", "HWIO", "NHWC")


class Model:
    """log p(x) bounds of a spec. convolution: "grouped" (one grouped convolution over all leaves),
    "dense" (the convolution's matrix, made from its weights, in one batched product) or "gathered"
    (a batched product of patches)."""

    def __init__(self, spec: Spec, convolution: str) -> None:
        self.spec = spec
        self.convolution = convolution
        self.log_choose = np.array([math.log(math.comb(255, v)) for v in range(256)])

    # Layers

    def _grouped(self, layer: Layer, kernel: jax.Array, bias: jax.Array, x: jax.Array) -> jax.Array:
        leaves, rows, _ = x.shape
        inputs, outputs = layer.channels_in, layer.outputs
        kernel = kernel.reshape(leaves, 3, 3, inputs, outputs)
        kernel = kernel.transpose(1, 2, 3, 0, 4).reshape(3, 3, inputs, leaves * outputs)
        x = x.reshape(leaves, rows, *layer.side_in, inputs).transpose(1, 2, 3, 0, 4)
        x = x.reshape(rows, *layer.side_in, leaves * inputs)
        if layer.kind == "conv":
            strides, dilation = (layer.stride, layer.stride), (1, 1)
            padding = [
                (layer.before[i],
                 (layer.side_out[i] - 1) * layer.stride + 3 - layer.side_in[i] - layer.before[i])
                for i in (0, 1)
            ]
        else:
            # The adjoint: kernel turned round, zeros between the narrow side's places.
            kernel = kernel[::-1, ::-1]
            strides, dilation = (1, 1), (layer.stride, layer.stride)
            padding = []
            for i in (0, 1):
                low = 2 - layer.before[i]
                spread = (layer.side_in[i] - 1) * layer.stride + 1
                padding.append((low, layer.side_out[i] + 2 - spread - low))
        x = jax.lax.conv_general_dilated(x, kernel, strides, padding, lhs_dilation=dilation,
                                         dimension_numbers=LAYOUT, feature_group_count=leaves)
        x = x.reshape(rows, layer.places_out, leaves, outputs) + bias.reshape(1, 1, leaves, outputs)
        return x.transpose(2, 0, 1, 3).reshape(leaves, rows, layer.places_out * outputs)

    @staticmethod
    def _dense_convolution(layer: Layer, kernel: jax.Array, bias: jax.Array,
                           x: jax.Array) -> jax.Array:
        leaves = x.shape[0]
        inputs, outputs = layer.channels_in, layer.outputs
        matrix = jnp.einsum("pqt,ltc->lpqc", layer.taps(), kernel.reshape(leaves, 9, -1))
        matrix = matrix.reshape(leaves, layer.places_in, layer.places_out, inputs, outputs)
        matrix = matrix.transpose(0, 1, 3, 2, 4).reshape(leaves, layer.places_in * inputs, -1)
        return x @ matrix + jnp.tile(bias, (1, 1, layer.places_out))

    @staticmethod
    def _gathered(layer: Layer, kernel: jax.Array, bias: jax.Array, x: jax.Array) -> jax.Array:
        leaves, rows, _ = x.shape
        inputs, outputs, stride = layer.channels_in, layer.outputs, layer.stride
        places, taps = layer.gather()
        plain = layer.kind == "conv"
        height, width = layer.side_out if plain else layer.side_in
        step = stride if plain else 1
        x = x.reshape(leaves, rows, *layer.side_in, inputs)
        low = -places.min(0)
        high = [step * (side - 1) + 1 + places[:, i].max() - layer.side_in[i]
                for i, side in enumerate((height, width))]
        sides = [(0, 0), (0, 0), *[(low[i], max(high[i], 0)) for i in (0, 1)], (0, 0)]
        x = jnp.pad(x, sides)
        patches = [x[:, :, row : row + step * (height - 1) + 1 : step,
                     column : column + step * (width - 1) + 1 : step]
                   for row, column in places + low]
        patches = jnp.concatenate(patches, -1).reshape(leaves, rows * height * width, -1)
        kernel = kernel.reshape(leaves, 9, inputs, outputs)
        matrix = jnp.einsum("pft,ltio->lpifo", taps, kernel)
        x = patches @ matrix.reshape(leaves, len(places) * inputs, -1)
        if not plain and stride > 1:
            x = x.reshape(leaves, rows, height, width, stride, stride, outputs)
            x = x.transpose(0, 1, 2, 4, 3, 5, 6)
            x = x.reshape(leaves, rows, stride * height, stride * width, outputs)
            x = x[:, :, : layer.side_out[0], : layer.side_out[1]]
        x = x.reshape(leaves, rows, layer.places_out, outputs) + bias[:, None]
        return x.reshape(leaves, rows, -1)

    def _layer(self, layer: Layer, tensor: jax.Array, x: jax.Array) -> jax.Array:
        weight, bias = tensor[:, :-1], tensor[:, -1:]
        if layer.kind == "dense":
            x = x @ weight + bias
        elif self.convolution == "grouped":
            x = self._grouped(layer, weight, bias, x)
        elif self.convolution == "gathered":
            x = self._gathered(layer, weight, bias, x)
        else:
            x = self._dense_convolution(layer, weight, bias, x)
        return jax.nn.softplus(x) if layer.softplus else x

    def _network(self, name: str, tensors: Tensors, x: jax.Array) -> jax.Array:
        for layer in self.spec.networks.get(name, []):
            x = self._layer(layer, tensors[layer.name], x)
        return x

    # Leaves

    def patches(self, x: jax.Array) -> jax.Array:
        """Images [B, V] → the leaves' pixels [L, B, D]."""
        patches = x.T[self.spec.scope_of_leaf.ravel()]
        return patches.reshape(self.spec.leaves, self.spec.pixels, -1).transpose(0, 2, 1)

    def encode(self, tensors: Tensors, patches: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Posterior mean and 1 + g², [L, B, Z] each."""
        h = self._network("encoder_trunk", tensors, patches)
        mean = self._network("encoder_mean", tensors, h)
        g = self._network("encoder_precision", tensors, h)
        return mean, 1 + g * g

    def constants(self, patches: jax.Array) -> jax.Array:
        """[L, B]: the part of log p(x|z) that depends on the pixels alone."""
        if self.spec.likelihood == "gaussian":
            return jnp.full(patches.shape[:2], -0.5 * math.log(2 * math.pi) * self.spec.pixels)
        table = jnp.asarray(self.log_choose, patches.dtype)
        return table[jnp.round(255 * patches).astype(jnp.int32)].sum(-1)

    def _log_pixels(self, patches: jax.Array, heads: list[jax.Array]) -> jax.Array:
        """patches [L, 1, B, D], heads [L, k, B, D] → [L, k, B], without the constants."""
        if self.spec.likelihood == "gaussian":
            precision = 1 + heads[1] * heads[1]
            error = patches - jax.nn.sigmoid(heads[0])
            return 0.5 * (jnp.log(precision) - precision * error * error).sum(-1)
        logit = jnp.clip(heads[0], -LOGIT_LIMIT, LOGIT_LIMIT)
        return 255 * (patches * logit - jax.nn.softplus(logit)).sum(-1)

    def log_weights(self, tensors: Tensors, patches: jax.Array, constants: jax.Array,
                    posterior: tuple[jax.Array, jax.Array], noise: jax.Array) -> jax.Array:
        """noise [L, k, B, Z] → log importance weights [L, k, B]."""
        leaves, samples, images, latent = noise.shape
        mean, precision = posterior
        code = mean[:, None] + noise * jax.lax.rsqrt(precision)[:, None]
        h = self._network("decoder_trunk", tensors,
                          code.reshape(leaves, samples * images, latent))
        heads = [self._network(name, tensors, h).reshape(leaves, samples, images, -1)
                 for name in self.spec.decoders]
        prior = 0.5 * (noise * noise - code * code).sum(-1)
        prior -= 0.5 * jnp.log(precision).sum(-1)[:, None]
        return self._log_pixels(patches[:, None], heads) + prior + constants[:, None]

    # Circuit

    def circuit(self, tensors: Tensors, leaf_bounds: jax.Array) -> jax.Array:
        """Leaf bounds [L, B] → root [B]."""
        nodes = self.spec.nodes
        if not self.spec.structure.levels:
            return leaf_bounds[0]
        images = leaf_bounds.shape[1]
        values = leaf_bounds.reshape(-1, nodes, images)
        for level in self.spec.structure.levels:
            count = level.products(nodes)
            shape = (level.regions, level.sums, count)
            logits = tensors["circuit.logits"][level.logits : level.logits + math.prod(shape)]
            weights = jax.nn.softmax(logits.reshape(shape), -1)
            products = values[level.left][:, :, :, None] + values[level.right][:, :, None, :]
            products = products.reshape(level.regions, count, images)
            largest = jax.lax.stop_gradient(products.max(1, keepdims=True))
            sums = jnp.log(weights @ jnp.exp(products - largest)) + largest
            values = jnp.concatenate([values, sums]) if level.sums == nodes else sums
        return values[0, 0]

    # Objective

    def bound(self, tensors: Tensors, x: jax.Array, noise: jax.Array) -> jax.Array:
        """Mean bound of images [B, V]; noise [L, k, B, Z]."""
        patches = self.patches(x)
        posterior = self.encode(tensors, patches)
        weights = self.log_weights(tensors, patches, self.constants(patches), posterior, noise)
        leaf_bounds = jax.nn.logsumexp(weights, 1) - math.log(noise.shape[1])
        return self.circuit(tensors, leaf_bounds).mean()
