"""The notebooks in examples: as they are committed, and executed anew for a few steps (slow)."""

import json
import re

import pytest
from notebooks import FOLDER, all_notebooks, executed

# Values of the cells tagged parameters, for which a notebook takes seconds.
QUICK = {
    "comparing-models.ipynb": {"STEPS": 5, "TRAINING": 500, "ASKED": 20, "SEEDS": 2},
    "first-density.ipynb": {"STEPS": 5, "TRAINING": 500, "TESTS": 50},
    "missing-pixels.ipynb": {"STEPS": 5, "TRAINING": 500, "TESTS": 8},
    "outliers.ipynb": {"STEPS": 5, "TRAINING": 100, "INSPECTED": 110},
    "table1.ipynb": {"STEPS": 5, "TRAINING": 500, "TESTS": 20},
    "vectors.ipynb": {"STEPS": 5, "RING_ROWS": 400, "COMPONENTS": (1, 2)},
}
BYTES = 400_000

every_notebook = pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: path.stem)


def cells_of(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return notebook, [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_all_notebooks_are_known():
    assert sorted(QUICK) == [path.name for path in all_notebooks()]


@every_notebook
def test_a_notebook_is_committed_with_its_outputs(path):
    notebook, cells = cells_of(path)
    assert path.stat().st_size < BYTES
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert outputs
    assert {output["output_type"] for output in outputs} <= {"stream", "execute_result", "display_data"}
    assert {output["name"] for output in outputs if "name" in output} <= {"stdout"}, "a warning"
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert all(set(cell["metadata"]) <= {"tags"} for cell in notebook["cells"])


@every_notebook
def test_a_notebook_names_no_machine(path):
    text = re.sub(r'"image/png": "[^"]*"', "", path.read_text(encoding="utf-8"))
    assert not re.findall(r"/(?:home|root|tmp|usr|work|Users)/|[A-Z]:\\\\|site-packages|Traceback", text)


@every_notebook
def test_a_notebook_links_to_what_is_there(path):
    notebook, _ = cells_of(path)
    pages = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    text = "".join(line for page in pages for line in page)
    links = [link.split("#")[0] for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text)]
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []


@pytest.mark.slow
@every_notebook
def test_a_notebook_runs(path):
    cells = [cell for cell in executed(path, QUICK[path.name], timeout=300).cells if cell.cell_type == "code"]
    _, committed = cells_of(path)
    # As many pictures, and nothing on standard error: it would be a warning.
    for now, before in zip(cells, committed, strict=True):
        kinds = [sorted(output.get("data", {"text": 0})) for output in now.outputs]
        assert kinds == [sorted(output.get("data", {"text": 0})) for output in before["outputs"]], now.source
        assert [output.text for output in now.outputs if output.get("name") == "stderr"] == []
