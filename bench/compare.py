#!/usr/bin/env python3
"""Measures this library beside PyTorch and JAX, all in turn in one run.

    bench/compare.py [--quick] [--only REGEX] [--rounds N] [--sweep] [--json FILE] [--markdown FILE]

`make bench` builds what it needs and runs it; without the peers' environment (`make bench-peers`)
it measures this library alone. A participant's turn takes about half a second; rounds of turns
make the noise of the machine hit all alike. Numbers are medians (with quartiles), to be compared
within one run.

A training step is bound, gradient and the optimizer's update of 128 images with k = 5 (the density
recipe: of 64 with k = 20), noise drawn anew;
ours on MNIST after 300 steps of training, from the trainer: with the batch's gathering and the
check that all is finite. An evaluation is importance sampling with the posterior, as of 5,000
samples: time for an image and sample, of so many samples that the encoder's share vanishes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from models import RECIPE, config_of, models
from participants import Participant, measure, ours, peer
from report import markdown, summary_line
from sweep import sweep
from workers import (COMMAND, OURS, PEERS, PEERS_PYTHON, ROOT, Worker, WorkerError, our_worker,
                     peer_worker)

# States of a region of the density model whose circuit is measured.
DENSITY_STATES = [64, 256]


def quartiles(values: list[float]) -> dict:
    """Median, quartiles and number of values."""
    if len(values) < 2:
        return {"median": values[0], "lower": values[0], "upper": values[0], "count": 1}
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "lower": lower, "upper": upper, "count": len(values)}


def machine() -> dict:
    """What the numbers depend on, as far as the system tells."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    flags = fields.get("flags", "").split()
    return {"cpu": fields.get("model name", platform.processor()),
            "family": fields.get("cpu family"), "cpu_model": fields.get("model"),
            "processors": sum(line.startswith("processor") for line in lines),
            "avx512": "avx512f" in flags, "avx2": "avx2" in flags, "system": platform.system()}


def git_version() -> str:
    result = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, text=True,
                            capture_output=True)
    return result.stdout.strip()


class Bench:
    """One run: its workers and what it has found so far."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.rounds = options.rounds or (3 if options.quick else 7)
        self.threads = options.threads
        self.ours = our_worker()
        self.about = self.ours.ask("describe")
        self.avx2 = our_worker("AVX2") if "AVX2" in self.about["targets"][1:] else None
        self.peers: dict[str, Worker] = {}
        if PEERS_PYTHON.exists() and not options.alone:
            self.peers = {name: peer_worker(name, self.threads) for name in PEERS}
        versions = [worker.ask("describe")["versions"] for worker in self.peers.values()]
        self.result: dict = {
            "date": datetime.now(UTC).strftime("%Y-%m-%d"), "machine": machine(),
            "build": {**self.about, "commit": git_version()}, "threads": self.threads,
            "rounds": self.rounds,
            "peers": dict(itertools.chain.from_iterable(found.items() for found in versions))}

    def close(self) -> None:
        for worker in [self.ours, self.avx2, *self.peers.values()]:
            if worker:
                worker.close()

    def cases(self) -> list[tuple[dict, str]]:
        """(model's config, task) of everything that is asked for."""
        chosen = [model for model in models()
                  if not self.options.quick or model["likelihood"] != "binomial"]
        return [(model, task) for model, task in itertools.product(chosen, ["step", "evaluate"])
                if re.search(self.options.only, f"{model['model']} {model['likelihood']} {task}")]

    def roofs(self) -> None:
        """Fused multiply-adds a second: of each target, with one thread and with all."""
        names = [name for name in self.about["targets"] if name != "SSE4"]
        self.result["roof"] = [
            {"target": target, "threads": threads,
             "flops_per_second": max(self.roof(target, threads) for _ in range(5))}
            for target in names for threads in sorted({1, self.threads})]
        best = [roof for roof in self.result["roof"] if roof["target"] == names[0]]
        single, all_threads = (best[i]["flops_per_second"] for i in (0, -1))
        if self.threads > 1 and all_threads < 0.8 * self.threads * single:
            print(f"  The machine is busy: {self.threads} threads do {all_threads / single:.2f} "
                  "times the work of one. Ratios suffer: a framework's threads wait for each other.",
                  file=sys.stderr)

    def roof(self, target: str, threads: int, double: bool = False) -> float:
        return self.ours.ask("roof", target=target, threads=threads,
                             double=double)["flops_per_second"]

    def participants(self, model: dict, task: str) -> list[Participant]:
        found = [ours(self.ours, "ours", model, self.threads)]
        if task == "step":
            found.append(ours(self.ours, "ours, no row skipped", model, self.threads,
                              skip_rows=False))
        if self.threads > 1:
            found.append(ours(self.ours, "ours, 1 thread", model, 1))
        if self.avx2:
            found.append(ours(self.avx2, "ours, AVX2", model, self.threads))
        found += [peer(worker, name, model, task) for name, worker in self.peers.items()]
        return found

    def models(self) -> None:
        """Training steps and evaluations of every model, everyone in turn."""
        self.result["models"] = []
        for model, task in self.cases():
            participants = self.participants(model, task)
            found = {name: quartiles(seconds) for name, seconds
                     in measure(participants, task, self.rounds).items()}
            for participant in participants:
                if participant.name in found:
                    found[participant.name]["way"] = participant.per_turn
            case = {**model, "task": task, "seconds": found}
            if found:
                self.result["models"].append(case)
                print(summary_line(case), flush=True)
            for worker in [self.ours, self.avx2, *self.peers.values()]:
                if worker:
                    worker.ask("drop")

    def kernels(self) -> None:
        """The leaves' kernels beside the roof, in turn, no row skipped."""
        self.result["kernels"] = []
        models = {json.dumps(model): model for model, _ in self.cases()}
        for model, threads in itertools.product(models.values(), sorted({1, self.threads})):
            with left_out(f"{model} kernels"):
                self.result["kernels"].append(self.kernel_shares(model, threads))

    def kernel_shares(self, model: dict, threads: int) -> dict:
        request = {"model": config_of(model), "threads": threads, "skip_rows": False}
        about = self.ours.ask("prepare", **request)
        turns, roofs = [], []
        for _ in range(self.rounds):
            roofs.append(self.roof(self.about["target"], threads))
            turns.append(self.ours.ask("parts", **request, count=5))
        parts = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}
        images, flops = about["batch"], about["flops"]
        rows = images * about["samples"]
        forward = images * flops["encode"] + rows * flops["decode"]
        gradient = images * flops["encode_gradient"] + rows * flops["decode_gradient"]
        self.ours.ask("drop")
        return {**model, "threads": threads, "seconds": parts,
                "roof": statistics.median(roofs),
                # The backward pass computes the activations anew.
                "flops": {"forward": forward, "backward": forward + gradient}}

    def circuits(self) -> None:
        """The density model's circuit in the trainer's step, beside the roof of doubles."""
        density = [model for model, _ in self.cases() if model["model"] == RECIPE]
        self.result["circuits"] = []
        for model, states, threads in itertools.product(density[:1], DENSITY_STATES,
                                                        sorted({1, self.threads})):
            request = {"model": config_of({**model, "k-sum": states, "k-leaf": states}),
                       "threads": threads}
            about = self.ours.ask("prepare", **request)
            turns, roofs = [], []
            for _ in range(self.rounds):
                roofs.append(self.roof(self.about["target"], threads, double=True))
                turns.append(self.ours.ask("parts", **request, count=15))
            steps = quartiles([sum(turn.values()) for turn in turns])
            self.result["circuits"].append(
                {"states": states, "threads": threads, "step": steps,
                 "circuit": quartiles([turn["circuit"] for turn in turns]),
                 # Products forward; gradients of values and weights backward.
                 "flops": 6 * about["batch"] * about["sum_weights"],
                 "roof": statistics.median(roofs)})
            self.ours.ask("drop")

    def structure_and_memory(self) -> None:
        """Building the paper's structure; most memory of a process that does one thing."""
        seconds = self.ours.ask("structure", model={"model": "spvae"}, count=21)["seconds"]
        self.result["structure"] = quartiles(seconds)
        self.result["memory"] = []
        with tempfile.TemporaryDirectory() as folder:
            for model in {json.dumps(model): model for model, _ in self.cases()}.values():
                run = f"{folder}/{model['model']}-{model['likelihood']}"
                flags = ["--threads", str(self.threads)]
                keys = [word for key, value in config_of(model).items()
                        for word in (f"--{key}", str(value))]
                train = ["train", *keys, "--max-steps", "20", "--out", run, *flags]
                evaluate = ["evaluate", run, "--limit", "64", *flags, "--samples"]
                self.result["memory"].append(
                    {**model, "train": peak_memory(train),
                     "evaluate_50": peak_memory([*evaluate, "50"]),
                     "evaluate_1000": peak_memory([*evaluate, "1000"])})


def peak_memory(arguments: list[str]) -> float:
    """Most resident memory of the command, in MB."""
    command = subprocess.Popen([COMMAND, *arguments], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL,
                               env={**os.environ, "SPVAE_DATA": str(ROOT / "data")})
    _, status, usage = os.wait4(command.pid, 0)
    if status != 0:
        raise WorkerError(f"spvae {' '.join(arguments)}: ended with {status}")
    return usage.ru_maxrss / 1024


def with_former(file: Path, result: dict) -> dict:
    """The result with the rows that a file holds besides of earlier runs on the same machine. Each
    row says what run it is of."""
    run = {"commit": result["build"]["commit"], "date": result["date"]}
    rows = ["models", "kernels", "circuits", "memory", "sweep"]
    for section in rows:
        result[section] = [{**row, "run": run} for row in result.get(section, [])]
    former = json.loads(file.read_text()) if file.exists() else result
    if any(former[key] != result[key] for key in ("machine", "threads")):
        print(f"  {file}: of another machine; replaced", file=sys.stderr)
        return result
    former_run = {"commit": former["build"]["commit"], "date": former["date"]}
    for section in rows:
        new = {row_key(row) for row in result[section]}
        kept = [{"run": former_run, **row} for row in former.get(section, [])
                if row_key(row) not in new]
        result[section] = kept + result[section]
    return {**former, **result}


def row_key(row: dict) -> tuple:
    """What a row is about."""
    keys = ("model", "likelihood", "task", "states", "threads", "axis", "value")
    return tuple(row.get(key) for key in keys)


@contextmanager
def left_out(what: str) -> Iterator[None]:
    """Says what could not be measured, and goes on."""
    try:
        yield
    except Exception as error:
        print(f"  {what}: left out: {error}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="no binomial models, few rounds")
    parser.add_argument("--only", default="", metavar="REGEX",
                        help="cases by name, such as '^spvae gaussian step'")
    parser.add_argument("--rounds", type=int, help="turns of each participant (7; quick: 3)")
    parser.add_argument("--threads", type=int, default=2, help="of everyone (2)")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument("--sweep", action="store_true",
                        help="how cost grows with sizes and threads, instead of the comparison")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="stores the results beside the other rows that an existing file of "
                        "the same machine has")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="writes the page of them")
    options = parser.parse_args()
    if not OURS.exists():
        print("compare.py: make bench builds the worker that is missing", file=sys.stderr)
        return 66

    bench = Bench(options)
    try:
        bench.roofs()
        if options.sweep:
            bench.result["sweep"] = sweep(bench.ours, bench.threads, bench.rounds)
        else:
            bench.models()
            bench.kernels()
            bench.circuits()
            bench.structure_and_memory()
    finally:
        bench.close()
    result = bench.result
    if options.json:
        result = with_former(options.json, result)
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    page = markdown(result)
    if options.markdown:
        options.markdown.write_text(page)
    else:
        print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
