"""Training steps and evaluations in PyTorch, eager or compiled."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from .spec import Spec
from .torch_model import Model, Tensors


class TorchPeer:
    """One model, its parameters and Adam. mode: "eager" or "compile"."""

    def __init__(self, spec: Spec, mode: str, convolution: str) -> None:
        self.spec = spec
        self.model = Model(spec, convolution)
        self.tensors = self.model.parameters(spec.initial(0))
        self.adam = torch.optim.Adam(list(self.tensors.values()), lr=1e-3, maximize=True,
                                     fused=True)
        self.compiled = mode == "compile"
        self.bound = self._prepared(self.model.bound)
        self.add_samples = self._prepared(self._add_samples)

    def _prepared(self, function: Callable) -> Callable:
        return torch.compile(function, dynamic=False) if self.compiled else function

    def training_steps(self, images: np.ndarray, samples: int, count: int) -> None:
        """count steps on the same batch [B, V], noise drawn anew."""
        x = torch.from_numpy(images)
        for _ in range(count):
            self.adam.zero_grad(set_to_none=True)
            self.bound(self.tensors, x, samples=samples).backward()
            self.adam.step()

    def _add_samples(self, tensors: Tensors, observed: list[torch.Tensor],
                     constants: torch.Tensor, posterior: tuple[torch.Tensor, torch.Tensor],
                     total: torch.Tensor, samples: int) -> torch.Tensor:
        """The running log-sum-exp [L, B] with `samples` more samples in it."""
        experts, images, latent = posterior[0].shape
        noise = torch.randn(experts, samples, images, latent)
        weights = self.model.log_weights(tensors, observed, constants, posterior, noise)
        return torch.logaddexp(total, torch.logsumexp(weights, 1))

    @torch.no_grad()
    def evaluate(self, images: np.ndarray, samples: int, chunk: int) -> np.ndarray:
        """Bounds [B] with about `samples` samples, `chunk` at a time."""
        patches = self.model.patches(torch.from_numpy(images))
        constants = self.model.constants(patches)
        observed = self.model.observed(self.tensors, patches)
        posterior = self.model.encode(self.tensors, patches)
        leaves = len(self.spec.structure.scopes) * self.spec.nodes
        total = torch.full((leaves, len(images)), -math.inf)
        chunks = -(-samples // chunk)
        for _ in range(chunks):
            total = self.add_samples(self.tensors, observed, constants, posterior, total, chunk)
        return self.model.circuit(self.tensors, total - math.log(chunks * chunk)).numpy()
