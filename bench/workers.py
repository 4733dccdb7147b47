"""Processes that measure on request: one JSON object a line in, one out (bench/worker.cpp)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ROOT / "build/release/bench/bench_worker"
COMMAND = ROOT / "build/release/spvae"
PEERS_PYTHON = ROOT / "build/peers/bin/python"
PEERS = ["torch-eager", "torch-compile", "jax"]


class WorkerError(Exception):
    """What a worker answered instead of a measurement."""


class Worker:
    """A process that waits, without using the processor, until it is asked. One that has died is
    started anew by the next question."""

    def __init__(self, command: list[str | Path], environment: dict[str, str] | None = None) -> None:
        self.command = command
        self.environment = {**os.environ, "SPVAE_DATA": str(ROOT / "data"), **(environment or {})}
        self.process: subprocess.Popen | None = None

    def ask(self, task: str, **request: object) -> dict:
        """The answer to {"task": task, …}. WorkerError if it is an error, or there is none."""
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, text=True, cwd=ROOT / "bench",
                                            env=self.environment)
        try:
            print(json.dumps({"task": task, **request}), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            status, self.process = self.process.wait(), None
            raise WorkerError(f"the worker ended with {status}")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    def close(self) -> None:
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


def our_worker(target: str | None = None) -> Worker:
    """A worker of this library; target: the SIMD target to force."""
    return Worker([OURS], {"SPVAE_SIMD": target} if target else None)


def peer_worker(peer: str, threads: int) -> Worker:
    return Worker([PEERS_PYTHON, "-m", "peers.worker", peer, str(threads)])
