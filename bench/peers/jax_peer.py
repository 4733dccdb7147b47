"""Training steps and evaluations in JAX, under jit."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np

from .jax_model import Model, Tensors
from .spec import Spec

State = tuple[Tensors, Tensors, Tensors, jax.Array]


class JaxPeer:
    """One model, its parameters and Adam's state, which a step gives back to itself."""

    def __init__(self, spec: Spec, convolution: str) -> None:
        self.spec = spec
        self.model = Model(spec, convolution)
        tensors = {name: jnp.asarray(array) for name, array in spec.initial(0).items()}
        first = jax.tree.map(jnp.zeros_like, tensors)
        second = jax.tree.map(jnp.zeros_like, tensors)
        # The fast generator of XLA rather than the default one.
        self.state: State = (tensors, first, second, jnp.zeros((), jnp.int32))
        self.key = jax.random.key(0, impl="rbg")

    @functools.partial(jax.jit, static_argnums=(0, 3), donate_argnums=1)
    def _step(self, state: State, x: jax.Array, samples: int, key: jax.Array) -> State:
        tensors, first, second, step = state
        shape = (self.spec.experts, samples, x.shape[0], self.spec.latent)
        noise = jax.random.normal(jax.random.fold_in(key, step), shape)
        gradient = jax.grad(self.model.bound)(tensors, x, noise)
        step = step + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        correction = jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        tensors = jax.tree.map(
            lambda t, m, v: t + 1e-3 * correction * m / (jnp.sqrt(v) + 1e-8),
            tensors, first, second)
        return tensors, first, second, step

    def training_steps(self, images: np.ndarray, samples: int, count: int) -> None:
        """count steps on the same batch [B, V], noise drawn anew."""
        x = jnp.asarray(images)
        for _ in range(count):
            self.state = self._step(self.state, x, samples, self.key)
        jax.block_until_ready(self.state)

    @functools.partial(jax.jit, static_argnums=(0, 4))
    def _evaluate(self, tensors: Tensors, x: jax.Array, chunks: jax.Array, chunk: int,
                  key: jax.Array) -> jax.Array:
        patches = self.model.patches(x)
        constants = self.model.constants(patches)
        observed = self.model.observed(tensors, patches)
        posterior = self.model.encode(tensors, patches)
        shape = (self.spec.experts, chunk, x.shape[0], self.spec.latent)
        leaves = len(self.spec.structure.scopes) * self.spec.nodes

        def add(number: int, total: jax.Array) -> jax.Array:
            noise = jax.random.normal(jax.random.fold_in(key, number), shape)
            weights = self.model.log_weights(tensors, observed, constants, posterior, noise)
            return jnp.logaddexp(total, jax.nn.logsumexp(weights, 1))

        total = jax.lax.fori_loop(0, chunks, add, jnp.full((leaves, x.shape[0]), -jnp.inf))
        return self.model.circuit(tensors, total - jnp.log(chunks * chunk))

    def evaluate(self, images: np.ndarray, samples: int, chunk: int) -> np.ndarray:
        """Bounds [B] with about `samples` samples, `chunk` at a time."""
        chunks = -(-samples // chunk)
        return np.asarray(self._evaluate(self.state[0], jnp.asarray(images), chunks, chunk,
                                         self.key))
