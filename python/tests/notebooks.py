"""Executes the notebooks in examples: `python notebooks.py [FILE...]` writes their outputs anew."""

import os
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).parents[2] / "examples"
DATA = pathlib.Path(__file__).parents[2] / "data"
INLINE = "module://matplotlib_inline.backend_inline"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def all_notebooks():
    return sorted(FOLDER.glob("*.ipynb"))


def parameters_of(notebook):
    """The cell whose values a reader may change."""
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ValueError(f"{len(cells)} cells have the tag parameters, expected one")
    return cells[0]


def with_values(source, values):
    """A cell of assignments, one a line, with other values; KeyError for a name that it has not."""
    for name, value in values.items():
        source, count = re.subn(rf"^{name} = .*$", f"{name} = {value!r}", source, flags=re.MULTILINE)
        if count != 1:
            raise KeyError(name)
    return source


def executed(path, values=None, timeout=1800):
    """The notebook as it stands after all of its cells; an error where a cell fails."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    if values:
        cell = parameters_of(notebook)
        cell.source = with_values(cell.source, values)
    # A package that stands in its source has no data beside it.
    environment = {"SPVAE_DATA": str(DATA), **os.environ, "MPLBACKEND": INLINE}
    NotebookClient(notebook, timeout=timeout, kernel_name="python3", record_timing=False,
                   resources={"metadata": {"path": str(path.parent)}}).execute(env=environment)
    return without_traces(notebook)


def without_traces(notebook):
    """Leaves out what differs between machines and runs."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if "outputs" in cell:
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
            # Beside a picture, its size in inches.
            if "image/png" in output.get("data", {}):
                output.data = {"image/png": output.data["image/png"]}
    return notebook


def joined(outputs):
    """Text that was written one after another, as one."""
    kept = []
    for output in outputs:
        if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def main(paths):
    import nbformat

    for path in paths or all_notebooks():
        print(path.name, flush=True)
        nbformat.write(executed(path), path)


if __name__ == "__main__":
    main([pathlib.Path(name).resolve() for name in sys.argv[1:]])
