"""A likelihood is its room and one line in each list, as CONTRIBUTING.md says, and no more."""

import pathlib
import re
import unittest

from cli_support import LIKELIHOODS, main

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "spvae" / "likelihood"
ROOMS = re.findall(r"X\((\w+), (\w+)\)", (FOLDER / "rooms.h").read_text())
# What some name for good reason: the defaults of data, and titles of the paper's figure.
KNOWN = {"src/spvae/train/run_config.cpp": ["gaussian", "logistic"],
         "src/spvae/train/recipes.cpp": ["ordinal"],
         "src/spvae/experiment/low_data_figure.cpp": ["gaussian", "binomial"]}


class Rooms(unittest.TestCase):
    def test_every_room_is_whole(self):
        lanes, build = [(FOLDER / name).read_text() for name in ("lanes-inl.h", "CMakeLists.txt")]
        for _, name in ROOMS:
            for suffix in (".h", ".cpp", "-inl.h"):
                self.assertTrue((FOLDER / (name + suffix)).exists(), name + suffix)
            self.assertIn(f'"spvae/likelihood/{name}-inl.h"', lanes)
            self.assertIn(f" {name}.cpp\n", build)

    def test_every_room_is_described_and_tested(self):
        names = [name for _, name in ROOMS]
        self.assertEqual(names, LIKELIHOODS)
        for name in names:
            self.assertIn(f"`{name}`", (ROOT / "docs" / "commands.md").read_text().replace("--likelihood ", ""))
            self.assertIn(f"* **{name}**", (ROOT / "docs" / "checkpoint.md").read_text())
            self.assertIn(f'    "{name}": [', (ROOT / "examples" / "read_model.py").read_text())

    def test_no_other_source_names_a_likelihood(self):
        sources = [path for folder in ("src", "cli", "bench") for path in (ROOT / folder).rglob("*")
                   if path.suffix in (".h", ".cpp") and FOLDER not in path.parents
                   and not path.stem.endswith(("_test", "_testing"))]
        self.assertGreater(len(sources), 100)
        for path in sources:
            text = path.read_text()
            for kind, name in ROOMS:
                if name in KNOWN.get(str(path.relative_to(ROOT)), []):
                    continue
                self.assertNotRegex(
                    text, rf'Likelihood::k{kind}\b|\b{kind}Config\b|likelihood/{name}\b|"{name}"',
                    f"{path}")


if __name__ == "__main__":
    main()
