"""An X server without a screen, started once for a process, and what else ends with a process."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageGrab

from checkstate.core.errors import UserError

SIZE = (2400, 1800)
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include>/etc/fonts/fonts.conf</include>
  <match target="font">
    <test name="family" qual="any"><string>Liberation Sans</string></test>
    <edit name="rgba" mode="assign"><const>rgb</const></edit>
  </match>
  <match target="font">
    <test name="family" qual="any"><string>DejaVu Serif</string></test>
    <edit name="rgba" mode="assign"><const>rgb</const></edit>
  </match>
  <match target="font">
    <test name="family" qual="any"><string>Noto Sans</string></test>
    <edit name="antialias" mode="assign"><bool>false</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintfull</const></edit>
  </match>
</fontconfig>
"""
"""By family, text has colored, gray or no antialiasing: a process reads one configuration only."""


@cache
def display() -> str:
    """Start Xvfb; give the name of its display, which DISPLAY then holds."""
    os.environ["DISPLAY"] = new_display()
    use_fonts()
    return os.environ["DISPLAY"]


def new_display() -> str:
    """Start another Xvfb; give the name of its display."""
    if not shutil.which("Xvfb"):
        raise UserError("Xvfb is missing: `apt install xvfb`")
    reader, writer = os.pipe()
    screen = f"{SIZE[0]}x{SIZE[1]}x24"
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", screen, "-nolisten", "tcp"]
    server = subprocess.Popen(
        [*command, "-noreset"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    end_at_exit(server)
    os.close(writer)
    with os.fdopen(reader) as answer:
        number = answer.readline().strip()
    if not number:
        raise UserError("Xvfb does not start: run `Xvfb :99` to see why")
    return f":{number}"


@cache
def use_fonts() -> None:
    """Let what this process starts draw text with colored, gray or no antialiasing, by family."""
    file = kept_folder("fonts") / "fonts.conf"
    file.write_text(FONTS)
    os.environ["FONTCONFIG_FILE"] = str(file)


def grab(name: str, width: int, height: int) -> Image.Image:
    """The upper left part of the screen of a display."""
    return ImageGrab.grab((0, 0, width, height), xdisplay=name).convert("RGB")


def kept_folder(name: str) -> Path:
    """A new folder, kept until this process ends."""
    folder = Path(tempfile.mkdtemp(prefix=f"toolkit-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def end_at_exit(process: subprocess.Popen[Any]) -> None:
    """End a process, and wait until it has, when this one ends."""
    atexit.register(process.wait)
    atexit.register(process.kill)  # what is registered last runs first
