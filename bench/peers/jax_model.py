"""The models in JAX: all leaves in one batched product, the circuit a level at a time.

Functions of a dictionary of arrays in the model file's layout, to be traced by jit. Shapes: E
experts, each of the same number of leaves (one, or those of its priors), L leaves, B images, k
samples, Z latent, D pixels of a leaf; activations are [E, rows, features], features of a plane in
the order row, column, channel.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from .spec import FAR, LOG_SCALE_LIMIT, LOGIT_LIMIT, Layer, Spec

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
        """Images [B, V] → the experts' pixels [E, B, D]."""
        patches = x.T[self.spec.scope_of_expert.ravel()]
        return patches.reshape(self.spec.experts, self.spec.pixels, -1).transpose(0, 2, 1)

    def encode(self, tensors: Tensors, patches: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Posterior mean and 1 + g², [E, B, Z] each."""
        h = self._network("encoder_trunk", tensors, patches)
        mean = self._network("encoder_mean", tensors, h)
        g = self._network("encoder_precision", tensors, h)
        return mean, 1 + g * g

    def constants(self, patches: jax.Array) -> jax.Array:
        """[E, B]: the part of log p(x|z) that depends on the pixels alone."""
        if self.spec.likelihood == "ordinal":
            return jnp.zeros(patches.shape[:2], patches.dtype)
        if self.spec.likelihood == "gaussian":
            return jnp.full(patches.shape[:2], -0.5 * math.log(2 * math.pi) * self.spec.pixels)
        table = jnp.asarray(self.log_choose, patches.dtype)
        return table[jnp.round(255 * patches).astype(jnp.int32)].sum(-1)

    def observed(self, tensors: Tensors, patches: jax.Array) -> list[jax.Array]:
        """What heads are compared with, [E, 1, B, D] each: the pixels; of the ordinal likelihood,
        lower edge, upper edge and width of their bins."""
        if self.spec.likelihood != "ordinal":
            return [patches[:, None]]
        free = tensors["leaves.likelihood"]
        gaps = (0.01 + jax.nn.softplus(free[1:])) / 255
        cuts = jnp.concatenate([free[:1] / 255, free[0] / 255 + jnp.cumsum(gaps)])
        far = jnp.full(1, FAR, free.dtype)
        tables = [jnp.concatenate([-far, cuts]), jnp.concatenate([cuts, far]),
                  jnp.concatenate([far, gaps, far])]
        value = jnp.round(255 * patches).astype(jnp.int32)
        return [table[value][:, None] for table in tables]

    def _log_pixels(self, observed: list[jax.Array], heads: list[jax.Array]) -> jax.Array:
        """heads [E, k, B, D] → [E, k, B], without the constants."""
        if self.spec.likelihood == "ordinal":
            lower, upper, width = observed
            scale = jnp.exp(jnp.minimum(2 - heads[1], LOG_SCALE_LIMIT))
            terms = (jax.nn.log_sigmoid(scale * (upper - heads[0]))
                     + jax.nn.log_sigmoid(scale * (heads[0] - lower))
                     + jnp.log(-jnp.expm1(-scale * width)))
            return terms.sum(-1)
        patches = observed[0]
        if self.spec.likelihood == "gaussian":
            precision = 1 + heads[1] * heads[1]
            error = patches - jax.nn.sigmoid(heads[0])
            return 0.5 * (jnp.log(precision) - precision * error * error).sum(-1)
        logit = jnp.clip(heads[0], -LOGIT_LIMIT, LOGIT_LIMIT)
        return 255 * (patches * logit - jax.nn.softplus(logit)).sum(-1)

    def _log_priors(self, tensors: Tensors, code: jax.Array) -> jax.Array:
        """code [E, rows, Z] → log p_j(z) of an expert's leaves but for (2π)^(−Z/2), [E, leaves,
        rows]: a product with z² and z."""
        priors = tensors["leaves.priors"].reshape(self.spec.experts, -1, 2, self.spec.latent)
        mean, free = priors[:, :, 0], priors[:, :, 1]
        scale = 0.01 + jax.nn.softplus(free)
        precision = 1 / (scale * scale)
        weight = jnp.concatenate([-0.5 * precision, mean * precision], -1)
        shift = -(0.5 * mean * mean * precision + jnp.log(scale)).sum(-1, keepdims=True)
        return weight @ jnp.concatenate([code * code, code], -1).transpose(0, 2, 1) + shift

    def log_weights(self, tensors: Tensors, observed: list[jax.Array], constants: jax.Array,
                    posterior: tuple[jax.Array, jax.Array], noise: jax.Array) -> jax.Array:
        """noise [E, k, B, Z] → log importance weights [L, k, B]."""
        experts, samples, images, latent = noise.shape
        mean, precision = posterior
        code = mean[:, None] + noise * jax.lax.rsqrt(precision)[:, None]
        rows = code.reshape(experts, samples * images, latent)
        h = self._network("decoder_trunk", tensors, rows)
        heads = [self._network(name, tensors, h).reshape(experts, samples, images, -1)
                 for name in self.spec.decoders]
        pixels = self._log_pixels(observed, heads) + constants[:, None]
        if self.spec.has_priors:
            posterior_part = 0.5 * jnp.log(precision).sum(-1)[:, None]
            pixels += 0.5 * (noise * noise).sum(-1) - posterior_part
            priors = self._log_priors(tensors, rows).reshape(experts, -1, samples, images)
            return (pixels[:, None] + priors).reshape(-1, samples, images)
        prior = 0.5 * (noise * noise - code * code).sum(-1)
        prior -= 0.5 * jnp.log(precision).sum(-1)[:, None]
        return pixels + prior

    # Circuit

    def circuit(self, tensors: Tensors, leaf_bounds: jax.Array) -> jax.Array:
        """Leaf bounds [L, B] → root [B]."""
        nodes = self.spec.nodes
        images = leaf_bounds.shape[1]
        values = leaf_bounds.reshape(-1, nodes, images)
        if self.spec.structure.halves:
            return self._tree(tensors["circuit.logits"], values)
        if not self.spec.structure.levels:
            return leaf_bounds[0]
        for level in self.spec.structure.levels:
            count = level.products(nodes)
            shape = (level.regions, level.sums, count)
            logits = tensors["circuit.logits"][level.logits : level.logits + math.prod(shape)]
            weights = jax.nn.softmax(logits.reshape(shape), -1)
            products = values[level.left][:, :, :, None] + values[level.right][:, :, None, :]
            products = products.reshape(level.regions, count, images)
            sums = self._log_sums(weights, products)
            values = jnp.concatenate([values, sums]) if level.sums == nodes else sums
        return values[0, 0]

    @staticmethod
    def _log_sums(weights: jax.Array, states: jax.Array) -> jax.Array:
        """weights [regions, sums, states], log states [regions, states, B]."""
        largest = jax.lax.stop_gradient(states.max(1, keepdims=True))
        return jnp.log(weights @ jnp.exp(states - largest)) + largest

    def _tree(self, logits: jax.Array, values: jax.Array) -> jax.Array:
        """Element-wise products of halves: values of the leaves [regions, nodes, B] → root [B]."""
        _, nodes, images = values.shape
        first = 0
        for halves in self.spec.structure.halves:
            end = first + 2 * halves * nodes * nodes
            weights = jax.nn.softmax(logits[first:end].reshape(-1, nodes, nodes), -1)
            values = self._log_sums(weights, values).reshape(halves, 2, nodes, images).sum(1)
            first = end
        return self._log_sums(jax.nn.softmax(logits[first:].reshape(1, 1, nodes), -1), values)[0, 0]

    # Objective

    def bound(self, tensors: Tensors, x: jax.Array, noise: jax.Array) -> jax.Array:
        """Mean bound of images [B, V]; noise [E, k, B, Z]."""
        patches = self.patches(x)
        posterior = self.encode(tensors, patches)
        weights = self.log_weights(tensors, self.observed(tensors, patches),
                                   self.constants(patches), posterior, noise)
        leaf_bounds = jax.nn.logsumexp(weights, 1) - math.log(noise.shape[1])
        return self.circuit(tensors, leaf_bounds).mean()
