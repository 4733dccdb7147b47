"""The models in PyTorch: all leaves in one batched product, the circuit a level at a time.

Functions of a dictionary of tensors in the model file's layout. Shapes: L leaves, B images, k
samples, Z latent, D pixels of a leaf; activations are [L, rows, features], features of a plane in
the order row, column, channel.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from .spec import LOGIT_LIMIT, Layer, Spec

Tensors = dict[str, torch.Tensor]


class Model:
    """log p(x) bounds of a spec. convolution: "grouped" (one grouped convolution over all leaves)
    or "dense" (the convolution's matrix, made from its weights, in one batched product; a product
    of gathered patches, as JAX has it, was measured three times slower)."""

    def __init__(self, spec: Spec, convolution: str, dtype: torch.dtype = torch.float32) -> None:
        self.spec = spec
        self.convolution = convolution
        self.scope = torch.from_numpy(spec.scope_of_leaf.ravel())
        self.levels = [(torch.from_numpy(level.left), torch.from_numpy(level.right))
                       for level in spec.structure.levels]
        self.taps = {layer.name: torch.from_numpy(np.ascontiguousarray(layer.taps())).to(dtype)
                     for layer in spec.layers if layer.kind != "dense"}
        self.log_choose = torch.tensor([math.log(math.comb(255, v)) for v in range(256)],
                                       dtype=dtype)

    def parameters(self, arrays: dict[str, np.ndarray],
                   dtype: torch.dtype = torch.float32) -> Tensors:
        return {name: torch.tensor(array, dtype=dtype, requires_grad=True)
                for name, array in arrays.items()}

    # Layers

    def _grouped(self, layer: Layer, kernel: torch.Tensor, bias: torch.Tensor,
                 x: torch.Tensor) -> torch.Tensor:
        leaves, rows, _ = x.shape
        inputs, outputs = layer.channels_in, layer.outputs
        kernel = kernel.view(leaves, 3, 3, inputs, outputs)
        height, width = layer.side_in
        # [rows, leaves · channels, height, width], channels last in memory
        x = x.view(leaves, rows, height, width, inputs).permute(1, 2, 3, 0, 4)
        x = x.reshape(rows, height, width, leaves * inputs).permute(0, 3, 1, 2)
        bias = bias.reshape(-1)
        if layer.kind == "conv":
            weight = kernel.permute(0, 4, 3, 1, 2).reshape(leaves * outputs, inputs, 3, 3)
            if layer.stride == 1:
                x = F.conv2d(x, weight, bias, padding=1, groups=leaves)
            else:
                x = F.conv2d(F.pad(x, self._padding(layer)), weight, bias, stride=layer.stride,
                             groups=leaves)
        else:
            weight = kernel.permute(0, 3, 4, 1, 2).reshape(leaves * inputs, outputs, 3, 3)
            if layer.stride == 1:
                x = F.conv_transpose2d(x, weight, bias, padding=1, groups=leaves)
            else:
                x = F.conv_transpose2d(x, weight, bias, stride=layer.stride, groups=leaves)
                top, left = layer.before
                x = x[:, :, top : top + layer.side_out[0], left : left + layer.side_out[1]]
        x = x.permute(0, 2, 3, 1).reshape(rows, layer.places_out, leaves, outputs)
        return x.permute(2, 0, 1, 3).reshape(leaves, rows, layer.places_out * outputs)

    @staticmethod
    def _padding(layer: Layer) -> tuple[int, int, int, int]:
        """Of the wide side: left, right, top, bottom."""
        sizes = []
        for axis in (1, 0):
            whole = (layer.side_out[axis] - 1) * layer.stride + 3 - layer.side_in[axis]
            sizes += [layer.before[axis], max(whole - layer.before[axis], 0)]
        return sizes[0], sizes[1], sizes[2], sizes[3]

    def _dense_convolution(self, layer: Layer, kernel: torch.Tensor, bias: torch.Tensor,
                           x: torch.Tensor) -> torch.Tensor:
        leaves = x.shape[0]
        inputs, outputs = layer.channels_in, layer.outputs
        matrix = torch.matmul(self.taps[layer.name].view(-1, 9),
                              kernel.reshape(leaves, 9, inputs * outputs))
        matrix = matrix.view(leaves, layer.places_in, layer.places_out, inputs, outputs)
        matrix = matrix.transpose(2, 3).reshape(leaves, layer.places_in * inputs,
                                                layer.places_out * outputs)
        return torch.baddbmm(bias.repeat(1, 1, layer.places_out), x, matrix)

    def _layer(self, layer: Layer, tensor: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        weight, bias = tensor[:, :-1], tensor[:, -1:]
        if layer.kind == "dense":
            x = torch.baddbmm(bias, x, weight)
        elif self.convolution == "grouped":
            x = self._grouped(layer, weight, bias, x)
        else:
            x = self._dense_convolution(layer, weight, bias, x)
        return F.softplus(x) if layer.softplus else x

    def _network(self, name: str, tensors: Tensors, x: torch.Tensor) -> torch.Tensor:
        for layer in self.spec.networks.get(name, []):
            x = self._layer(layer, tensors[layer.name], x)
        return x

    # Leaves

    def patches(self, x: torch.Tensor) -> torch.Tensor:
        """Images [B, V] → the leaves' pixels [L, B, D]."""
        patches = x[:, self.scope].view(x.shape[0], self.spec.leaves, self.spec.pixels)
        return patches.transpose(0, 1).contiguous()

    def encode(self, tensors: Tensors, patches: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Posterior mean and 1 + g², [L, B, Z] each."""
        h = self._network("encoder_trunk", tensors, patches)
        mean = self._network("encoder_mean", tensors, h)
        g = self._network("encoder_precision", tensors, h)
        return mean, 1 + g * g

    def constants(self, patches: torch.Tensor) -> torch.Tensor:
        """[L, B]: the part of log p(x|z) that depends on the pixels alone."""
        if self.spec.likelihood == "gaussian":
            constant = -0.5 * math.log(2 * math.pi) * self.spec.pixels
            return torch.full(patches.shape[:2], constant, dtype=patches.dtype)
        return self.log_choose[torch.round(255 * patches).long()].sum(-1)

    def _log_pixels(self, patches: torch.Tensor, heads: list[torch.Tensor]) -> torch.Tensor:
        """patches [L, 1, B, D], heads [L, k, B, D] → [L, k, B], without the constants."""
        if self.spec.likelihood == "gaussian":
            precision = 1 + heads[1] * heads[1]
            error = patches - torch.sigmoid(heads[0])
            return 0.5 * (torch.log(precision) - precision * error * error).sum(-1)
        logit = heads[0].clamp(-LOGIT_LIMIT, LOGIT_LIMIT)
        return 255 * (patches * logit - F.softplus(logit)).sum(-1)

    def log_weights(self, tensors: Tensors, patches: torch.Tensor, constants: torch.Tensor,
                    posterior: tuple[torch.Tensor, torch.Tensor],
                    noise: torch.Tensor) -> torch.Tensor:
        """noise [L, k, B, Z] → log importance weights [L, k, B]."""
        leaves, samples, images, latent = noise.shape
        mean, precision = posterior
        code = mean[:, None] + noise * torch.rsqrt(precision)[:, None]
        rows = code.view(leaves, samples * images, latent)
        h = self._network("decoder_trunk", tensors, rows)
        heads = [self._network(name, tensors, h).view(leaves, samples, images, -1)
                 for name in self.spec.decoders]
        prior = 0.5 * (noise * noise - code * code).sum(-1)
        prior = prior - 0.5 * torch.log(precision).sum(-1)[:, None]
        return self._log_pixels(patches[:, None], heads) + prior + constants[:, None]

    # Circuit

    def circuit(self, tensors: Tensors, leaf_bounds: torch.Tensor) -> torch.Tensor:
        """Leaf bounds [L, B] → root [B]."""
        nodes = self.spec.nodes
        if not self.levels:
            return leaf_bounds[0]
        images = leaf_bounds.shape[1]
        values = leaf_bounds.view(-1, nodes, images)
        for level, (left, right) in zip(self.spec.structure.levels, self.levels, strict=True):
            count = level.products(nodes)
            shape = (level.regions, level.sums, count)
            logits = tensors["circuit.logits"][level.logits : level.logits + math.prod(shape)]
            weights = torch.softmax(logits.view(shape), -1)
            products = values[left][:, :, :, None] + values[right][:, :, None, :]
            products = products.view(level.regions, count, images)
            largest = products.detach().amax(1, keepdim=True)
            sums = torch.log(torch.bmm(weights, torch.exp(products - largest))) + largest
            values = torch.cat([values, sums]) if level.sums == nodes else sums
        return values[0, 0]

    # Objective

    def bound(self, tensors: Tensors, x: torch.Tensor,
              noise: torch.Tensor | None = None, samples: int = 5) -> torch.Tensor:
        """Mean bound of images [B, V]; noise [L, k, B, Z], drawn here where not given."""
        patches = self.patches(x)
        if noise is None:
            noise = torch.randn(self.spec.leaves, samples, x.shape[0], self.spec.latent)
        posterior = self.encode(tensors, patches)
        weights = self.log_weights(tensors, patches, self.constants(patches), posterior, noise)
        leaf_bounds = torch.logsumexp(weights, 1) - math.log(noise.shape[1])
        return self.circuit(tensors, leaf_bounds).mean()
