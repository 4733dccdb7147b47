"""Who is measured, and how each is asked for a training step and for an evaluation."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from models import config_of
from workers import Worker, WorkerError

SECONDS = 0.4  # about how long one participant's turn in a round takes
MOST_SAMPLES = 5000
# How a peer may evaluate: images at a time, samples at a time. Many images, few images, one.
CHUNKS = [(128, 2), (128, 16), (16, 16), (16, 128), (4, 500), (1, 64), (1, 500), (1, 2500)]
# Ways to compute convolutions, of those that are not far slower than another one. XLA takes minutes
# to compile a grouped convolution of 32 leaves.
FORMS = {
    ("conv-spvae", "torch-eager"): ["grouped", "dense"],
    ("conv-spvae", "torch-compile"): ["grouped", "dense"],
    ("conv-spvae", "jax"): ["dense"],
    ("conv-vae", "jax"): ["grouped", "gathered"],
}


@dataclass
class Participant:
    """One implementation of one model; `way` is what it was found to be fastest with."""

    name: str
    worker: Worker
    request: dict
    ways: list[dict] = field(default_factory=lambda: [{}])
    per_turn: dict = field(default_factory=dict)

    def step_seconds(self) -> list[float]:
        """Seconds of each training step of a turn."""
        return self.worker.ask("step", **self.request, **self.per_turn)["seconds"]

    def evaluation_seconds(self) -> list[float]:
        """Seconds for an image and sample, in one turn."""
        answer = self.worker.ask("evaluate", **self.request, **self.per_turn)
        return [answer["seconds"] / (self.per_turn["images"] * self.per_turn["samples"])]

    def prepare(self, task: str) -> None:
        """Finds the fastest way, and how much work makes a turn. Compiles on the way. A way that
        fails is passed over; WorkerError where all do."""
        best, failure = None, WorkerError("no way to try")
        for way in self.ways:
            try:
                per_turn, seconds = (self._try_step if task == "step"
                                     else self._try_evaluation)(way)
            except WorkerError as error:
                failure = error
                continue
            if best is None or seconds < best[0]:
                best = (seconds, per_turn)
        if best is None:
            raise failure
        self.per_turn = best[1]

    def _try_step(self, way: dict) -> tuple[dict, float]:
        turn = {**way, "count": 1}
        self.worker.ask("step", **self.request, **turn)
        seconds = min(self.worker.ask("step", **self.request, **{**turn, "count": 3})["seconds"])
        return {**turn, "count": max(1, min(25, round(SECONDS / seconds)))}, seconds

    def _try_evaluation(self, way: dict) -> tuple[dict, float]:
        chunk = way.get("chunk", 64)
        turn = {**way, "images": way.get("images", 128), "samples": 2 * chunk}
        self.worker.ask("evaluate", **self.request, **turn)
        seconds = self.worker.ask("evaluate", **self.request, **turn)["seconds"] / turn["samples"]
        # So many that the encoder, once a turn, does not count: the cost of 5,000.
        samples = min(max(int(SECONDS / seconds), 128), MOST_SAMPLES)
        turn["samples"] = -(-samples // chunk) * chunk
        return turn, seconds / turn["images"]


def ours(worker: Worker, name: str, model: dict, threads: int, **request: object) -> Participant:
    return Participant(name, worker, {"model": config_of(model), "threads": threads, **request})


def peer(worker: Worker, name: str, model: dict, task: str) -> Participant:
    forms = FORMS.get((model["model"], name), ["grouped"])
    ways = [{"convolution": form} for form in forms]
    if task == "evaluate":
        ways = [{**way, "images": images, "chunk": chunk}
                for way, (images, chunk) in itertools.product(ways, CHUNKS)]
    return Participant(name, worker, {"model": config_of(model)}, ways)


def measure(participants: list[Participant], task: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of everyone, in turn, round by round. Those that fail are left out, with a word."""
    able = []
    for participant in participants:
        try:
            participant.prepare(task)
            able.append(participant)
        except WorkerError as error:
            print(f"  {participant.name}: left out: {error}", flush=True)
    seconds: dict[str, list[float]] = {participant.name: [] for participant in able}
    for _ in range(rounds):
        for participant in able:
            turn = (participant.step_seconds if task == "step"
                    else participant.evaluation_seconds)
            try:
                seconds[participant.name] += turn()
            except WorkerError as error:
                print(f"  {participant.name}: a turn failed: {error}", flush=True)
    return {name: found for name, found in seconds.items() if found}
