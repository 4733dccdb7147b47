"""A folder includes only what stands below it in the table of docs/architecture.md."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "spvae"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LAYERS = re.findall(r"^\| `src/spvae/(\w+)/` ", PAGE, re.MULTILINE)
LAB = re.findall(r"`(\w+)/`", re.search(r"(`report/`.*) are the library `spvae_lab`", PAGE)[1])


class Layers(unittest.TestCase):
    def test_the_table_names_every_folder(self):
        self.assertEqual(sorted(LAYERS), sorted(path.name for path in SOURCES.iterdir() if path.is_dir()))

    def test_folders_include_what_stands_below(self):
        for layer, folder in enumerate(LAYERS):
            for path in sorted((SOURCES / folder).glob("*")):
                if path.suffix not in (".h", ".cpp") or path.stem.endswith(("_test", "_testing")):
                    continue
                for included in re.findall(r'#include "spvae/(\w+)/', path.read_text(encoding="utf-8")):
                    self.assertGreaterEqual(LAYERS.index(included), layer, f"{path}: {included}/")
                    if folder not in LAB:
                        self.assertNotIn(included, LAB, f"{path}: {included}/")

    def test_the_build_divides_the_libraries_so(self):
        build = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
        libraries = {name: folders.split() for name, folders in
                     re.findall(r"^ *spvae_library\((\w+) ([^)]*)\)", build, re.MULTILINE)}
        self.assertEqual(sorted(libraries["spvae_lab"]), sorted(LAB))
        self.assertEqual(sorted(libraries["spvae"]), sorted(set(LAYERS) - set(LAB)))


if __name__ == "__main__":
    unittest.main()
