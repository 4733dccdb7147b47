"""The models in PyTorch: all leaves in one batched product, the circuit a level at a time.

Functions of a dictionary of tensors in the model file's layout. Shapes: E experts, each of the same
number of leaves (one, or those of its priors), L leaves, B images, k samples, Z latent, D pixels of
a leaf; activations are [E, rows, features], features of a plane in the order row, column, channel.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from .spec import FAR, LOG_SCALE_LIMIT, LOGIT_LIMIT, Layer, Spec

Tensors = dict[str, torch.Tensor]


class Model:
    """log p(x) bounds of a spec. convolution: "grouped" (one grouped convolution over all leaves)
    or "dense" (the convolution's matrix, made from its weights, in one batched product; a product
    of gathered patches, as JAX has it, was measured three times slower)."""

    def __init__(self, spec: Spec, convolution: str, dtype: torch.dtype = torch.float32) -> None:
        self.spec = spec
        self.convolution = convolution
        self.scope = torch.from_numpy(spec.scope_of_expert.ravel())
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
        if layer.shared:
            x = F.linear(x, weight[0].T, bias[0, 0])
        elif layer.kind == "dense":
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
        """Images [B, V] → the experts' pixels [E, B, D]."""
        patches = x[:, self.scope].view(x.shape[0], self.spec.experts, self.spec.pixels)
        return patches.transpose(0, 1).contiguous()

    def encode(self, tensors: Tensors, patches: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Posterior mean and 1 + g², [E, B, Z] each."""
        h = self._network("encoder_trunk", tensors, patches)
        mean = self._network("encoder_mean", tensors, h)
        g = self._network("encoder_precision", tensors, h)
        return mean, 1 + g * g

    def constants(self, patches: torch.Tensor) -> torch.Tensor:
        """[E, B]: the part of log p(x|z) that depends on the pixels alone."""
        if self.spec.likelihood == "ordinal":
            return torch.zeros(patches.shape[:2], dtype=patches.dtype)
        if self.spec.likelihood == "gaussian":
            constant = -0.5 * math.log(2 * math.pi) * self.spec.pixels
            return torch.full(patches.shape[:2], constant, dtype=patches.dtype)
        return self.log_choose[torch.round(255 * patches).long()].sum(-1)

    def observed(self, tensors: Tensors, patches: torch.Tensor) -> list[torch.Tensor]:
        """What heads are compared with, [E, 1, B, D] each: the pixels; of the ordinal likelihood,
        lower edge, upper edge and width of their bins."""
        if self.spec.likelihood != "ordinal":
            return [patches[:, None]]
        free = tensors["leaves.likelihood"]
        gaps = (0.01 + F.softplus(free[1:])) / 255
        cuts = torch.cat([free[:1] / 255, free[0] / 255 + torch.cumsum(gaps, 0)])
        far = torch.full((1,), FAR, dtype=free.dtype)
        value = torch.round(255 * patches).long().view(-1)
        return [table.index_select(0, value).view(patches.shape)[:, None]
                for table in (torch.cat([-far, cuts]), torch.cat([cuts, far]),
                              torch.cat([far, gaps, far]))]

    def _log_pixels(self, observed: list[torch.Tensor],
                    heads: list[torch.Tensor]) -> torch.Tensor:
        """heads [E, k, B, D] → [E, k, B], without the constants."""
        if self.spec.likelihood == "ordinal":
            lower, upper, width = observed
            scale = torch.exp((2 - heads[1]).clamp(max=LOG_SCALE_LIMIT))
            terms = (F.logsigmoid(scale * (upper - heads[0]))
                     + F.logsigmoid(scale * (heads[0] - lower))
                     + torch.log(-torch.expm1(-scale * width)))
            return terms.sum(-1)
        patches = observed[0]
        if self.spec.likelihood == "gaussian":
            precision = 1 + heads[1] * heads[1]
            error = patches - torch.sigmoid(heads[0])
            return 0.5 * (torch.log(precision) - precision * error * error).sum(-1)
        logit = heads[0].clamp(-LOGIT_LIMIT, LOGIT_LIMIT)
        return 255 * (patches * logit - F.softplus(logit)).sum(-1)

    def _log_priors(self, tensors: Tensors, code: torch.Tensor) -> torch.Tensor:
        """code [E, rows, Z] → log p_j(z) of an expert's leaves but for (2π)^(−Z/2), [E, leaves,
        rows]: a product with z² and z."""
        priors = tensors["leaves.priors"].view(self.spec.experts, -1, 2, self.spec.latent)
        mean, free = priors.unbind(2)
        scale = 0.01 + F.softplus(free)
        precision = 1 / (scale * scale)
        weight = torch.cat([-0.5 * precision, mean * precision], -1)
        shift = -(0.5 * mean * mean * precision + torch.log(scale)).sum(-1, keepdim=True)
        return torch.baddbmm(shift, weight, torch.cat([code * code, code], -1).transpose(1, 2))

    def log_weights(self, tensors: Tensors, observed: list[torch.Tensor], constants: torch.Tensor,
                    posterior: tuple[torch.Tensor, torch.Tensor],
                    noise: torch.Tensor) -> torch.Tensor:
        """noise [E, k, B, Z] → log importance weights [L, k, B]."""
        experts, samples, images, latent = noise.shape
        mean, precision = posterior
        code = mean[:, None] + noise * torch.rsqrt(precision)[:, None]
        rows = code.view(experts, samples * images, latent)
        h = self._network("decoder_trunk", tensors, rows)
        heads = [self._network(name, tensors, h).view(experts, samples, images, -1)
                 for name in self.spec.decoders]
        pixels = self._log_pixels(observed, heads) + constants[:, None]
        if self.spec.has_priors:
            posterior_part = 0.5 * torch.log(precision).sum(-1)[:, None]
            pixels = pixels + (0.5 * (noise * noise).sum(-1) - posterior_part)
            priors = self._log_priors(tensors, rows).view(experts, -1, samples, images)
            return (pixels[:, None] + priors).view(-1, samples, images)
        prior = 0.5 * (noise * noise - code * code).sum(-1)
        prior = prior - 0.5 * torch.log(precision).sum(-1)[:, None]
        return pixels + prior

    # Circuit

    def circuit(self, tensors: Tensors, leaf_bounds: torch.Tensor) -> torch.Tensor:
        """Leaf bounds [L, B] → root [B]."""
        nodes = self.spec.nodes
        images = leaf_bounds.shape[1]
        values = leaf_bounds.view(-1, nodes, images)
        if self.spec.structure.halves:
            return self._tree(tensors["circuit.logits"], values)
        if not self.levels:
            return leaf_bounds[0]
        for level, (left, right) in zip(self.spec.structure.levels, self.levels, strict=True):
            count = level.products(nodes)
            shape = (level.regions, level.sums, count)
            logits = tensors["circuit.logits"][level.logits : level.logits + math.prod(shape)]
            weights = torch.softmax(logits.view(shape), -1)
            products = values[left][:, :, :, None] + values[right][:, :, None, :]
            products = products.view(level.regions, count, images)
            sums = self._log_sums(weights, products)
            values = torch.cat([values, sums]) if level.sums == nodes else sums
        return values[0, 0]

    @staticmethod
    def _log_sums(weights: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        """weights [regions, sums, states], log states [regions, states, B]."""
        largest = states.detach().amax(1, keepdim=True)
        return torch.log(torch.bmm(weights, torch.exp(states - largest))) + largest

    def _tree(self, logits: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Element-wise products of halves: values of the leaves [regions, nodes, B] → root [B]."""
        _, nodes, images = values.shape
        first = 0
        for halves in self.spec.structure.halves:
            end = first + 2 * halves * nodes * nodes
            weights = torch.softmax(logits[first:end].view(-1, nodes, nodes), -1)
            values = self._log_sums(weights, values).view(halves, 2, nodes, images).sum(1)
            first = end
        return self._log_sums(torch.softmax(logits[first:].view(1, 1, nodes), -1), values)[0, 0]

    # Objective

    def bound(self, tensors: Tensors, x: torch.Tensor,
              noise: torch.Tensor | None = None, samples: int = 5) -> torch.Tensor:
        """Mean bound of images [B, V]; noise [E, k, B, Z], drawn here where not given."""
        patches = self.patches(x)
        if noise is None:
            noise = torch.randn(self.spec.experts, samples, x.shape[0], self.spec.latent)
        posterior = self.encode(tensors, patches)
        weights = self.log_weights(tensors, self.observed(tensors, patches),
                                   self.constants(patches), posterior, noise)
        leaf_bounds = torch.logsumexp(weights, 1) - math.log(noise.shape[1])
        return self.circuit(tensors, leaf_bounds).mean()
