"""How the cost of our SPVAE's training step and evaluation grows with its sizes."""

from __future__ import annotations

import statistics

from participants import measure, ours
from workers import Worker, WorkerError

# One axis at a time away from the paper's SPVAE on MNIST (continuous). A value is what the config
# takes, or a config of its own.
AXES: dict[str, dict[str, dict]] = {
    "batch": {str(n): {"batch": n} for n in (32, 64, 128, 256, 512)},
    "k": {str(n): {"samples": n} for n in (1, 2, 5, 10, 20, 50)},
    "step Δ (leaves)": {f"{delta} ({leaves})": {"delta": delta}
                        for delta, leaves in ((28, 1), (14, 8), (7, 32), (4, 98))},
    "K_leaf": {str(n): {"k-leaf": n} for n in (1, 2, 4, 8)},
    "K_sum": {str(n): {"k-sum": n} for n in (1, 2, 4, 8)},
    "hidden units": {str(n): {"hidden": n} for n in (8, 16, 32, 64, 128)},
    "side, Δ a quarter of it": {
        str(side): {"height": side, "width": side, "delta": side // 4}
        for side in (16, 28, 32, 64, 128)},
    "side, Δ = 16": {str(side): {"height": side, "width": side, "delta": 16}
                     for side in (32, 64, 128)},
}
AXES["step Δ (leaves)"]["28 (1)"]["k-leaf"] = 1  # a root region has one leaf


def point(worker: Worker, model: dict, threads: int, rounds: int) -> dict:
    """Medians of a training step and of an evaluation for an image and sample."""
    found = {}
    for task in ("step", "evaluate"):
        participant = ours(worker, "ours", model, threads, warm_steps=20)
        seconds = measure([participant], task, rounds)
        if not seconds:
            raise WorkerError("not measured")
        found[task] = statistics.median(seconds["ours"])
    worker.ask("drop")
    return found


def sweep(worker: Worker, threads: int, rounds: int) -> list[dict]:
    """All axes; and the threads."""
    found = []
    for axis, values in AXES.items():
        for name, change in values.items():
            model = {"model": "spvae", **change}
            try:
                row = {"axis": axis, "value": name, "config": model,
                       **point(worker, model, threads, rounds)}
            except WorkerError:
                continue
            found.append(row)
            print(f"{axis} {name}: step {row['step'] * 1e3:.2f} ms, evaluation "
                  f"{row['evaluate'] * 1e6:.2f} µs", flush=True)
    for count in range(1, threads + 1):
        row = point(worker, {"model": "spvae"}, count, rounds)
        found.append({"axis": "threads", "value": str(count), "config": {"model": "spvae"}, **row})
    return found
