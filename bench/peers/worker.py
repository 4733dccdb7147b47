"""Measures a peer on request, by the protocol of bench/worker.cpp: one JSON object a line.

    python -m peers.worker torch-eager|torch-compile|jax THREADS

Tasks: describe; prepare, step, evaluate with "model" and, of the peer's own ways to compute it,
"convolution" and "chunk"; drop. Images are random: a framework's time does not depend on them.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from importlib.metadata import version

import numpy as np

BATCH, SAMPLES = 128, 5  # where the model's config does not say


def make_peer(kind: str, config: dict, convolution: str):
    """A peer with training_steps and evaluate."""
    from .spec import make_spec

    spec = make_spec(config)
    if kind == "jax":
        from .jax_peer import JaxPeer

        return JaxPeer(spec, convolution)
    from .torch_peer import TorchPeer

    return TorchPeer(spec, kind.removeprefix("torch-"), convolution)


def random_images(config: dict, count: int | None) -> np.ndarray:
    """[count, V], multiples of 1/255; without a count, a batch of them."""
    pixels = config.get("height", 28) * config.get("width", 28)
    count = count or config.get("batch", BATCH)
    values = np.random.default_rng(1).integers(0, 256, (count, pixels))
    return values.astype(np.float32) / np.float32(255)


class Worker:
    """Keeps the models it was asked for until it is told to drop them."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.peers: dict[str, object] = {}

    def peer(self, request: dict):
        key = json.dumps([request["model"], request["convolution"]])
        if key not in self.peers:
            self.peers[key] = make_peer(self.kind, request["model"], request["convolution"])
        return self.peers[key]

    def answer(self, request: dict) -> dict:
        task = request["task"]
        if task == "describe":
            names = ["jax", "jaxlib"] if self.kind == "jax" else ["torch"]
            return {"versions": {name: version(name) for name in [*names, "numpy"]}}
        if task == "drop":
            self.peers.clear()
            if self.kind == "torch-compile":
                import torch

                torch._dynamo.reset()  # or it compiles no more than eight of a kind
            return {}
        peer = self.peer(request)
        images = random_images(request["model"], request.get("images"))
        if task == "step":
            seconds = []
            for _ in range(request["count"]):
                start = time.perf_counter()
                peer.training_steps(images, request["model"].get("samples", SAMPLES), 1)
                seconds.append(time.perf_counter() - start)
            return {"seconds": seconds}
        if task == "evaluate":
            start = time.perf_counter()
            bounds = peer.evaluate(images, request["samples"], request["chunk"])
            return {"seconds": time.perf_counter() - start,
                    "log_likelihood": float(np.mean(bounds))}
        raise ValueError(f"unknown task {task}")


def limit_threads(kind: str, threads: int) -> None:
    """Before a framework is imported, since it counts the processors then."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    if kind == "jax":
        os.environ["JAX_PLATFORMS"] = "cpu"
        return
    import torch

    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # there is no CUDA
    torch._dynamo.config.recompile_limit = 64
    torch.set_flush_denormal(True)  # subnormal numbers would cost it a factor
    torch.set_num_threads(threads)


def main() -> None:
    kind, threads = sys.argv[1], int(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a framework prints is no answer
    limit_threads(kind, threads)
    worker = Worker(kind)
    for line in sys.stdin:
        try:
            result = worker.answer(json.loads(line))
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
