"""The package's hints are of use: mypy accepts right code and refuses wrong code."""

import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent


def mypy(path, cache):
    run = subprocess.run([sys.executable, "-m", "mypy", "--strict", f"--cache-dir={cache}", path],
                         capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


def test_right_code_is_accepted(tmp_path):
    assert mypy(HERE / "typed_use.py", tmp_path) == (0, "Success: no issues found in 1 source file\n")


@pytest.mark.parametrize(("wrong", "error"), [
    ("SPVAE(recipee='paper')", "call-arg"),
    ("SPVAE(max_steps='many')", "arg-type"),
    ("SPVAE().score([[1.0]]) + 'a'", "operator"),
    ("spvae.load_region_graph(3, (2, 2))", "arg-type"),
])
def test_wrong_code_is_refused(tmp_path, wrong, error):
    (tmp_path / "wrong.py").write_text(f"import spvae\nfrom spvae import SPVAE\n\n{wrong}\n")
    status, said = mypy(tmp_path / "wrong.py", tmp_path)
    assert status == 1
    assert f"[{error}]" in said
