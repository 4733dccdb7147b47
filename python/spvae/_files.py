"""Files that are written whole or not at all."""

import os


def write_text(path: str, text: str) -> None:
    """Replaces a file atomically: who reads it sees the former or the new text."""
    part = path + ".part"
    with open(part, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(part, path)
