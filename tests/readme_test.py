"""What README.md shows does what it says."""

import os
import pathlib
import re
import shlex

from cli_support import CommandTest, main, read_png_size, write_png

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text()
SIDE = 12


class Readme(CommandTest):
    def commands(self, first):
        """The lines of the block whose first line begins so."""
        block = next(block for block in re.findall(r"```\n(.*?)```", TEXT, re.S)
                     if block.startswith(first))
        return [shlex.split(line, comments=True) for line in block.splitlines()]

    def test_own_images_are_learned_scored_completed_and_reported_in_four_lines(self):
        os.mkdir(self.path("photos"))
        for i in range(60):
            write_png(self.path(f"photos/{i}.png"), SIDE,
                      [(37 * i + 11 * y * (c + 1) + 5 * x * x + 60 * c) % 256
                       for y in range(SIDE) for x in range(SIDE) for c in range(3)], channels=3)
        commands = self.commands("spvae train --data photos")
        self.assertEqual([command[1] for command in commands],
                         ["train", "score", "inpaint", "report"])
        commands[0] += ["--max-steps", "20", "--validate-every", "10"]
        for command in commands:
            self.assertEqual(command[0], "spvae")
            self.run_spvae(*command[1:])
        self.assertEqual(pathlib.Path(self.path("scores.csv")).read_text().count("\n"), 1 + 6)
        for picture in ["least-likely.png", "completions.png"]:
            read_png_size(self.path(picture))
        self.assertIn("</html>", pathlib.Path(self.path("runs/photos/report.html")).read_text())

    def test_it_is_short_and_its_links_lead_somewhere(self):
        self.assertLessEqual(TEXT.count("\n"), 120)
        links = re.findall(r"\]\(([^)#]+)", TEXT)
        self.assertGreater(len(links), 10)
        for link in links:
            self.assertTrue((ROOT / link).exists(), link)


if __name__ == "__main__":
    main()
