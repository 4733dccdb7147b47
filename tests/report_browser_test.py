"""The report in a headless Chromium: no messages on its console, pictures that are not blank, no
wider than the screen, in light and dark. Skipped (exit code 77) where there is no Chromium."""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import zlib

BROWSER = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])),
               None)
if BROWSER is None:
    print("skipped: no chromium, chromium-browser or google-chrome; 'scripts/setup browser' "
          "installs one")
    sys.exit(77)

from cli_support import CommandTest, main

WIDTHS = {"phone": 390, "desktop": 1280}
# A page of this width shows another; a browser's own window cannot be as narrow as a phone's.
FRAME = """<!DOCTYPE html><html><head><meta charset="utf-8"><link rel="icon" href="data:,">
<style>:root {{ color-scheme: light dark; }} body {{ margin: 0; }} iframe {{ border: 0; }}</style>
<script>addEventListener("message", e => document.documentElement.dataset.widths = e.data);</script>
</head><body><iframe src="{page}" width="{width}" height="500" title="the page"></iframe></body></html>
"""
# What a page says of its width, and on its console that it was asked.
PROBE = ("<script>parent.postMessage(document.documentElement.scrollWidth + ' of ' + innerWidth, "
         "'*'); console.log('asked');</script>")


def read_png(path):
    """Rows of pixels, each a tuple, of an 8-bit PNG in colour without interlacing."""
    data = pathlib.Path(path).read_bytes()
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    assert (depth, interlaced) == (8, 0) and kind in (2, 6), (depth, kind, interlaced)
    size = {2: 3, 6: 4}[kind]
    packed, place = b"", 8
    while place < len(data):
        length, name = struct.unpack(">I4s", data[place:place + 8])
        packed += data[place + 8:place + 8 + length] if name == b"IDAT" else b""
        place += 12 + length
    raw = zlib.decompress(packed)
    rows, before = [], bytearray(width * size)
    for y in range(height):
        start = y * (width * size + 1)
        method, line = raw[start], bytearray(raw[start + 1:start + 1 + width * size])
        for i in range(len(line)):
            left = line[i - size] if i >= size else 0
            above = before[i]
            corner = before[i - size] if i >= size else 0
            if method == 1:
                line[i] = (line[i] + left) & 255
            elif method == 2:
                line[i] = (line[i] + above) & 255
            elif method == 3:
                line[i] = (line[i] + (left + above) // 2) & 255
            elif method == 4:
                guess = left + above - corner
                nearest = min((abs(guess - left), 0, left), (abs(guess - above), 1, above),
                              (abs(guess - corner), 2, corner))
                line[i] = (line[i] + nearest[2]) & 255
        rows.append([tuple(line[i:i + 3]) for i in range(0, len(line), size)])
        before = line
    return rows


class ReportInABrowser(CommandTest):
    def browse(self, page, width, *flags, dark=False):
        """Shows a page so wide; returns stdout, and what it says of the console."""
        frame = self.folder / "frame.html"
        frame.write_text(FRAME.format(page=pathlib.Path(page).as_uri(), width=width))
        scheme = "0" if dark else "1"
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--force-device-scale-factor=1", "--user-data-dir=" + self.path("profile"),
             "--enable-logging=stderr", "--blink-settings=preferredColorScheme=" + scheme,
             f"--window-size={width},500", *flags, frame.as_uri()],
            capture_output=True, text=True, timeout=180)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, re.findall(r".*CONSOLE.*", done.stderr)

    def screenshot(self, page, name, width, dark=False):
        out = self.path(name + ".png")
        _, console = self.browse(page, width, f"--screenshot={out}", dark=dark)
        self.assertEqual(console, [])
        return read_png(out)

    def widths(self, page, width):
        """(width of the page, of the window) of a copy with a probe, which the console tells of."""
        copy = self.folder / "probed.html"
        copy.write_text(pathlib.Path(page).read_text().replace("</body>", PROBE + "</body>"))
        text, console = self.browse(copy, width, "--dump-dom")
        self.assertTrue(any("asked" in line for line in console), console)
        return [int(number) for number in
                re.search(r'data-widths="(\d+) of (\d+)"', text).groups()]

    def test_is_readable_on_phone_and_desktop_in_light_and_dark(self):
        for model in ["spvae", "vae"]:
            run = self.train(model, "--model", model)
            page = self.run_json("report", run, "--samples", "3", "--proposals", "4", "--pictures",
                                 "4")["out"]
            for device, width in WIDTHS.items():
                paper = {}
                for dark in [False, True]:
                    rows = self.screenshot(page, f"{model}-{device}-{dark}", width, dark)
                    self.assertEqual(len(rows[0]), width)
                    colours = {pixel for row in rows for pixel in row}
                    self.assertGreater(len(colours), 20)
                    paper[dark] = sum(rows[0][0])
                self.assertGreater(paper[False], 600)
                self.assertLess(paper[True], 200)
                whole, window = self.widths(page, width)
                self.assertEqual(window, width)
                self.assertLessEqual(whole, window)


if __name__ == "__main__":
    main()
