"""Compares our bound and gradients with the peers' on the same weights, images and noise.

    python -m peers.check DUMP_STEP_PROGRAM [--only REGEX] [--engine fused]

(`make bench-check` does so.) For every model and likelihood: fresh weights and, with the fused
engine, weights after some training steps. The peers compute in double precision, where they are
the oracle, and in float32 as they are timed. Differences are related to the largest magnitude of
the same tensor, the bound's to itself.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import torch
from safetensors.numpy import load_file

from models import config_of, models

from .jax_model import Model as JaxModel
from .spec import Spec, make_spec
from .torch_model import Model as TorchModel

# A float's spacing is 5e-4 at 5,000 nats: so much may a float32 log weight, hence an importance
# weight, be off. In the peers' float32 the circuit is so as well; ours is in double.
TOLERANCE = {"float64": 2e-3, "float32": 1e-2}

# Ways to compute convolutions.
FORMS = {
    ("conv-spvae", "torch"): ["grouped", "dense"],
    ("conv-spvae", "jax"): ["grouped", "dense", "gathered"],
    ("conv-vae", "jax"): ["grouped", "gathered"],
}

Arrays = dict[str, np.ndarray]
Result = tuple[float, Arrays]


def torch_result(spec: Spec, convolution: str, dtype: str, parameters: Arrays, images: np.ndarray,
                 noise: np.ndarray) -> Result:
    """Mean bound and its gradients by PyTorch."""
    kind = getattr(torch, dtype)
    model = TorchModel(spec, convolution, kind)
    tensors = model.parameters(parameters, kind)
    bound = model.bound(tensors, torch.tensor(images, dtype=kind), torch.tensor(noise, dtype=kind))
    bound.backward()
    return bound.item(), {name: tensor.grad.numpy() for name, tensor in tensors.items()}


def jax_result(spec: Spec, convolution: str, dtype: str, parameters: Arrays, images: np.ndarray,
               noise: np.ndarray) -> Result:
    """Mean bound and its gradients by JAX."""
    model = JaxModel(spec, convolution)
    tensors = {name: array.astype(dtype) for name, array in parameters.items()}
    function = jax.jit(jax.value_and_grad(model.bound))
    bound, gradients = function(tensors, images.astype(dtype), noise.astype(dtype))
    return float(bound), {name: np.asarray(array) for name, array in gradients.items()}


PEERS: dict[str, Callable[..., Result]] = {"torch": torch_result, "jax": jax_result}


def dump(program: str, config: dict, steps: int, spec: Spec) -> Arrays:
    """Our step of that config, the logits in the order of the peers."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder, "config.json"), Path(folder, "step.safetensors")
        path.write_text(json.dumps(config))
        subprocess.run([program, path, out, str(steps)], check=True)
        found = load_file(out)
    if spec.structure.order is not None:
        for name in ("circuit.logits", "gradient.circuit.logits"):
            found[name] = found[name][spec.structure.order]
    return found


def difference(spec: Spec, ours: Arrays, result: Result) -> dict[str, float]:
    """Relative difference of the bound and the largest one of the gradients."""
    bound, gradients = result
    errors = {}
    for name, gradient in gradients.items():
        expected = ours[f"gradient.{name}"]
        scale = max(np.abs(gradient).max(), 1e-30)
        errors[name] = float(np.abs(expected - gradient).max() / scale)
    own = float(ours["bound"][0])
    worst = max(errors, key=lambda name: errors[name])
    return {"bound": abs(bound - own) / abs(own), "gradient": errors[worst], "worst": worst}


def cases(engine: str, only: str) -> list[tuple[str, dict, int]]:
    """Name, config and training steps of each comparison."""
    found = []
    for model in models():
        for steps in (0, 200) if engine == "fused" else (0,):
            name = f"{model['model']} {model['likelihood']} {engine}, {steps} steps"
            small = {"batch": 128, "samples": 5} if engine == "fused" else {
                "batch": 5, "samples": 2}
            if re.search(only, name):
                plain = {"gradient-estimator": "iwae", "thinning": 0}  # the peers have no other
                found.append((name, {**config_of(model), "engine": engine, **plain, **small}, steps))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("program", help="bench_dump_step")
    parser.add_argument("--only", default="", help="regular expression of the cases' names")
    parser.add_argument("--engine", action="append", choices=["fused", "reference"])
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)

    failures = 0
    for engine in options.engine or ["reference", "fused"]:
        for name, config, steps in cases(engine, options.only):
            spec = make_spec(config)
            ours = dump(options.program, config, steps, spec)
            parameters = {key: ours[key] for key in spec.shapes}
            for peer, function in PEERS.items():
                for form in FORMS.get((config["model"], peer), ["grouped"]):
                    for dtype, tolerance in TOLERANCE.items():
                        result = function(spec, form, dtype, parameters, ours["images"],
                                          ours["noise"])
                        found = difference(spec, ours, result)
                        good = found["bound"] < 1e-5 and found["gradient"] < tolerance
                        failures += not good
                        print(f"{'ok  ' if good else 'FAIL'} {name}: {peer} {form} {dtype}: "
                              f"bound {found['bound']:.1e}, gradient {found['gradient']:.1e} "
                              f"({found['worst']})", flush=True)
    print(f"{failures} differences" if failures else "all agree")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
