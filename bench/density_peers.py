"""Circuits of other libraries, trained for a given time on the training images of MNIST.

Each returns what a row of bench/density.py needs. Rates fall by a cosine of the time that has
passed, the parameters that did best on validation images are kept (SparC's last ones), and the
figure is of all test images: nats of 784 values from 0 to 255, exact.
"""

from __future__ import annotations

import copy
import math
import sys
import time
from collections.abc import Callable

import numpy as np

PIXELS, VALUES = 784, 256
VALIDATIONS = 10


class Budget:
    """The time that training may take, and how much of it is gone."""

    def __init__(self, minutes: float) -> None:
        self.seconds = 60 * minutes
        self.start = time.perf_counter()

    def elapsed(self) -> float:
        return time.perf_counter() - self.start

    def share(self) -> float:
        """Share of the time that has passed, at most 1."""
        return min(self.elapsed() / self.seconds, 1.0)


def train(budget: Budget, step: Callable[[float], float], validate: Callable[[], float],
          keep: Callable[[], None]) -> int:
    """Steps until the time is over; step(share of the first rate, which falls by a cosine) returns
    nats an image. Whatever is best by `validate` is kept. Returns the steps."""
    best, steps, next_validation = -math.inf, 0, 1 / VALIDATIONS
    while budget.share() < 1:
        nats = step(0.5 * (1 + math.cos(math.pi * budget.share())))
        steps += 1
        if budget.share() >= next_validation:
            bound = validate()
            print(f"  {budget.elapsed():6.0f} s, step {steps}: training {nats:.1f}, "
                  f"validation {bound:.1f} nats", file=sys.stderr, flush=True)
            if bound > best:
                best = bound
                keep()
            next_validation += 1 / VALIDATIONS
    return steps


def cirkit(images: dict[str, np.ndarray], minutes: float, threads: int, *, graph: str, units: int,
           rate: float) -> dict:
    """libcirkit's circuit of categorical pixels over one of its region graphs; sums and inputs of
    `units`, CP layers, softmax weights, Adam with 256 images a step."""
    import cirkit.backend.torch.semiring as semiring
    import torch
    from cirkit.pipeline import PipelineContext
    from cirkit.templates import data_modalities, utils

    # Its logarithms end at that of the least double, -708 nats: less than untrained images have.
    semiring.LOG_CLAMP_MIN = -1e30
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    symbolic = data_modalities.image_data(
        (1, 28, 28), graph, input_layer="categorical", num_input_units=units,
        sum_product_layer="cp", num_sum_units=units,
        sum_weight_param=utils.Parameterization(activation="softmax", initialization="normal"))
    circuit = PipelineContext(backend="torch", semiring="lse-sum", fold=True,
                              optimize=True).compile(symbolic)
    values = {name: torch.from_numpy(array.astype(np.int64)) for name, array in images.items()}
    optimizer = torch.optim.Adam(circuit.parameters(), lr=rate)

    def step(share: float) -> float:
        for group in optimizer.param_groups:
            group["lr"] = rate * share
        rows = torch.randint(len(values["train"]), (256,))
        nats = circuit(values["train"][rows]).mean()
        optimizer.zero_grad()
        (-nats).backward()
        optimizer.step()
        return nats.item()

    def nats_of(part: "torch.Tensor") -> float:
        with torch.no_grad():
            return torch.cat([circuit(rows) for rows in part.split(250)]).mean().item()

    best: dict = {}
    budget = Budget(minutes)
    steps = train(budget, step, lambda: nats_of(values["validation"][:1000]),
                  lambda: best.update(copy.deepcopy(circuit.state_dict())))
    seconds = budget.elapsed()
    circuit.load_state_dict(best)
    return {"parameters": sum(p.numel() for p in circuit.parameters()), "steps": steps,
            "seconds": seconds, "nats": nats_of(values["test"])}


def sparc(images: dict[str, np.ndarray], minutes: float, threads: int, *, latents: int,
          rate: float) -> dict:
    """SparC's hidden Chow-Liu tree of categorical pixels, by its own trainer with 256 images a step;
    its gradient is computed by one thread."""
    import sparc as library
    from sparc.optim import MLETrainer, iter_nodes
    from sparc.structures import HCLT

    library.set_num_threads(threads)
    budget = Budget(minutes)
    circuit = HCLT(images["train"][:2000].astype(np.int32), latents, num_bins=8, num_cats=VALUES,
                   seed=0)
    trainer = MLETrainer(circuit, lr=rate, prob_floor=1e-4)
    generator = np.random.default_rng(0)

    def step(share: float) -> float:
        trainer.lr = rate * share
        rows = generator.integers(len(images["train"]), size=256)
        return trainer.step(images["train"][rows].astype(np.int32))

    def nats_of(part: np.ndarray) -> float:
        return float(np.mean(circuit.compile().log_likelihood(part.astype(np.int32))))

    # Its nodes cannot be copied cheaply: the last parameters are the ones that are kept.
    steps = train(budget, step, lambda: nats_of(images["validation"][:1000]), lambda: None)
    seconds = budget.elapsed()
    parameters = sum(len(node.parameters_list()) if hasattr(node, "parameters_list") else VALUES
                     for node in iter_nodes(circuit)
                     if hasattr(node, "parameters_list") or hasattr(node, "probabilities_list"))
    return {"parameters": parameters, "steps": steps, "seconds": seconds,
            "nats": nats_of(images["test"])}
