"""Packages from PyPI for tests that need them, hence the label "slow"."""

import os
import pathlib
import subprocess
import sys
import tempfile
import venv

NUMPY = "numpy>=1.24,<3"


def run_with(*packages):
    """Runs this program again, to its end, in an environment of its own that has these packages;
    returns there. To be called before they are imported."""
    inside = "SPVAE_TEST_ENVIRONMENT"
    if inside in os.environ:
        return
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = pathlib.Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        done = subprocess.run([python, "-B", *sys.argv], env={**os.environ, inside: "1"})
    sys.exit(done.returncode)
