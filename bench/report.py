#!/usr/bin/env python3
"""The page of a run's results: bench/report.py RESULTS.json > docs/performance.md"""

from __future__ import annotations

import json
import sys
from pathlib import Path

PEERS = ["torch-eager", "torch-compile", "jax"]
TITLES = {"torch-eager": "PyTorch", "torch-compile": "PyTorch, compiled", "jax": "JAX"}
UNITS = {"step": ("ms", 1e3), "evaluate": ("µs", 1e6)}

HEAD = """# Performance

<!-- Written by bench/report.py; do not edit. -->

Everything here comes from `make bench-peers` (once: the peers' environment, several GB) and

```
make bench          # this library beside PyTorch and JAX
make bench-sweep    # how cost grows
```

which write `bench/results.json` and this page; `make bench BENCH="--only density"` replaces the rows
of the models that it names and keeps the others, which then say their commit. Everyone takes turns
within one run; numbers are medians, with the quartiles in brackets. Compare them within one run:
other load hits all alike.
"""

STEP = """A whole training step: bound, gradient and the optimizer's update of {batch} images with k = 5, noise
drawn anew, float32. Ours is the trainer's step on MNIST after 300 steps of training, with the gathering
of the batch and the check that all is finite; "no row skipped" has the skipping of vanishing rows
(docs/kernels.md) switched off. The peers (`bench/peers/`) batch all leaves into one product,
compute the circuit a level at a time, and agree with our bound and gradients (`make bench-check`).
"density-recipe" (docs/recipes.md) is of 64 images with k = 20: ours with its estimator, thinning and
Muon, the peers with the plain gradient of all samples and Adam. "density" is what it was at first: 64
units, codes of 8, 128 images, k = 5, Adam. Milliseconds."""

EVALUATION = """Importance sampling with the posterior, as of 5,000 samples an image: microseconds for one image and
sample, timed on a part of the samples, so many that the encoder's share vanishes. Each peer uses
the division into images and samples that it was fastest with, found by trying in the same run."""


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    """Three digits."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(found: dict | None, scale: float) -> str:
    if found is None:
        return "–"
    median, lower, upper = (number(found[key] * scale) for key in ("median", "lower", "upper"))
    return f"{median} ({lower}–{upper})"


def of_other_runs(rows: list[dict], result: dict) -> str:
    """Which rows are of other commits than the page's."""
    runs: dict[str, list[str]] = {}
    for row in rows:
        run = row.get("run", {"commit": result["build"]["commit"], "date": result["date"]})
        if run["commit"] != result["build"]["commit"]:
            names = runs.setdefault(f"{run['commit']} ({run['date']})", [])
            name = name_of(row) if "model" in row else row.get("axis", "")
            if name not in names:
                names.append(name)
    return "".join(f"\nOf commit {run}: {'; '.join(names)}.\n" for run, names in runs.items())


def fastest_peer(seconds: dict) -> float | None:
    return min((seconds[name]["median"] for name in PEERS if name in seconds), default=None)


def ratio(seconds: dict) -> str:
    """How many times faster than the fastest peer."""
    peer = fastest_peer(seconds)
    if peer is None or "ours" not in seconds:
        return "–"
    return f"{number(peer / seconds['ours']['median'])}×"


def name_of(case: dict) -> str:
    return f"{case['model']}, {case['likelihood']}"


def summary_line(case: dict) -> str:
    unit, scale = UNITS[case["task"]]
    found = ", ".join(f"{name} {spread(seconds, scale)}"
                      for name, seconds in case["seconds"].items())
    return f"{name_of(case)}, {case['task']} [{unit}]: {found}; {ratio(case['seconds'])}"


def models_table(cases: list[dict], task: str) -> str:
    _, scale = UNITS[task]
    variants = ["ours", "ours, no row skipped", "ours, 1 thread", "ours, AVX2"]
    chosen = [case for case in cases if case["task"] == task]
    columns = [name for name in [*variants, *PEERS]
               if any(name in case["seconds"] for case in chosen)]
    rows = [[name_of(case), *[spread(case["seconds"].get(name), scale) for name in columns],
             ratio(case["seconds"])] for case in chosen]
    titles = [TITLES.get(name, name) for name in columns]
    return table(["model", *titles, "ours : fastest peer"], rows)


def reversal(cases: list[dict]) -> str:
    """Our SPVAE's step beside the fastest peer's VAE."""
    steps = {(case["model"], case["likelihood"]): case["seconds"] for case in cases
             if case["task"] == "step"}
    spvae, vae = steps.get(("spvae", "gaussian")), steps.get(("vae", "gaussian"))
    if not spvae or not vae or fastest_peer(vae) is None or "ours" not in spvae:
        return ""
    peer, own = fastest_peer(vae) * 1e3, vae.get("ours", {}).get("median", 0) * 1e3
    mine = spvae["ours"]["median"] * 1e3
    return (f"\nThe paper's SPVAE is five times slower than its VAE. Here a step of the SPVAE takes "
            f"{number(mine)} ms; of the paper's best VAE (H 300, Z 200) the fastest peer's takes "
            f"{number(peer)} ms ({number(peer / mine)} times as long), ours {number(own)} ms.\n")


def kernels_table(rows: list[dict]) -> str:
    lines = []
    for row in rows:
        seconds, flops, roof = row["seconds"], row["flops"], row["roof"]
        forward, backward = seconds["leaves_forward"], seconds["leaves_backward"]
        both = (flops["forward"] + flops["backward"]) / (forward + backward) / roof
        lines.append([
            name_of(row), str(row["threads"]), number(roof / 1e9),
            f"{number(forward * 1e3)} ({flops['forward'] / forward / roof:.0%})",
            f"{number(backward * 1e3)} ({flops['backward'] / backward / roof:.0%})",
            f"{both:.0%}",
            *[number(seconds[part] * 1e3) for part in ("importance", "circuit", "adam", "gather")],
            number(seconds["finite_check"] * 1e3) if "finite_check" in seconds else "–",
        ])
    return table(["model", "threads", "roof, GFLOP/s", "leaves forward, ms (share)",
                  "leaves backward, ms (share)", "both", "importance, ms", "circuit, ms",
                  "Adam, ms", "gather, ms", "finite check, ms"], lines)


def circuits_table(rows: list[dict]) -> str:
    lines = []
    for row in rows:
        circuit, step = row["circuit"]["median"], row["step"]["median"]
        lines.append([str(row["states"]), str(row["threads"]), spread(row["step"], 1e3),
                      spread(row["circuit"], 1e3), f"{circuit / step:.0%}",
                      number(row["roof"] / 1e9), f"{row['flops'] / circuit / row['roof']:.0%}"])
    return table(["K", "threads", "step, ms", "circuit, ms", "share of the step",
                  "roof of doubles, GFLOP/s", "share of the roof"], lines)


def memory_table(rows: list[dict]) -> str:
    lines = [[name_of(row), *(f"{row[key]:.0f}" for key in ("train", "evaluate_50",
                                                            "evaluate_1000"))] for row in rows]
    return table(["model", "train", "evaluate, 50 samples", "evaluate, 1,000 samples"], lines)


def sweep_table(rows: list[dict]) -> str:
    lines = [[row["axis"], row["value"], number(row["step"] * 1e3), number(row["evaluate"] * 1e6)]
             for row in rows]
    return table(["axis", "value", "step, ms", "evaluation, µs per image and sample"], lines)


def machine_text(result: dict) -> str:
    machine, build = result["machine"], result["build"]
    flags = [name for name in ("avx512", "avx2") if machine[name]]
    peers = ", ".join(f"{name} {version}" for name, version in result["peers"].items())
    roofs = table(["target", "threads", "GFLOP/s"],
                  [[roof["target"], str(roof["threads"]), number(roof["flops_per_second"] / 1e9)]
                   for roof in result["roof"]])
    return (f"## Machine\n\n{machine['cpu']} (family {machine['family']}, model "
            f"{machine['cpu_model']}; {', '.join(flags)}), {machine['processors']} processors, "
            f"{result['threads']} threads for everyone. Our kernels' target: {build['target']}. "
            f"{build['compiler']}, version {build['version']}, commit {build['commit']}, "
            f"{result['date']}. {peers}\n\nThe roof: fused multiply-adds in registers, best of "
            f"five.\n\n{roofs}\n")


def markdown(result: dict) -> str:
    """The page docs/performance.md."""
    parts = [HEAD, machine_text(result)]
    models = result.get("models", [])
    if models:
        parts += ["## Training step\n", STEP.format(batch=128) + "\n",
                  models_table(models, "step"), of_other_runs(models, result), reversal(models),
                  "## Evaluation\n", EVALUATION + "\n", models_table(models, "evaluate") + "\n"]
    if result.get("kernels"):
        parts += ["## Share of the roof\n",
                  "Medians of the parts of a step, no row skipped, with the roof measured in turn. "
                  "Operations are those that the matrix products execute (2 a multiply-add, of "
                  "convolutions the interior taps alone); the backward pass computes the "
                  "activations anew, which counts.\n", kernels_table(result["kernels"]),
                  of_other_runs(result["kernels"], result)]
    if result.get("circuits"):
        parts += ["## The circuit's share\n",
                  "The density model with K sums and leaves a region, in the trainer's step; the "
                  "circuit's products (6 operations an image and weight) beside fused "
                  "multiply-adds of doubles in registers, in turn. `build/release/bench/"
                  "bench_circuit` measures the passes alone.\n",
                  circuits_table(result["circuits"]) + "\n"]
    if "structure" in result:
        parts += ["## Building the structure\n",
                  "The paper's structure, with its circuit and parameter buffer: "
                  f"{spread(result['structure'], 1e3)} ms.\n", "## Memory\n",
                  "Most resident memory of `spvae train --max-steps 20` and of `spvae evaluate "
                  "--limit 64`, MB.\n", memory_table(result["memory"]),
                  of_other_runs(result["memory"], result)]
    if result.get("sweep"):
        parts += ["## How cost grows\n",
                  "The paper's SPVAE on MNIST, continuous, one size changed at a time.\n",
                  sweep_table(result["sweep"]),
                  of_other_runs(result["sweep"], result)]
    return "\n".join(parts)


if __name__ == "__main__":
    print(markdown(json.loads(Path(sys.argv[1]).read_text())), end="")
