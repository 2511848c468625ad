"""The screen that slint_program.py shows windows on: what is painted there, and the pointer."""

from __future__ import annotations

import ctypes
import time
from datetime import timedelta

import slint
from PIL import Image

from render.toolkits.foreign import library

CALM = 8
"""Looks in a row that see no change when a window is painted, a moment of Slint's work before each.

Slint fades for 150 milliseconds. Time alone would not tell: it passes for a halted process, too.
"""
MOMENT = timedelta(milliseconds=25)
PATIENCE = 60
"""Seconds to wait for a window to be painted, or to be gone."""
LIBRARIES = ("libX11-xcb.so.1", "libXcursor.so.1", "libXi.so.6", "libxkbcommon-x11.so.0")
"""What Slint's windows load, and panic without."""
DATA = 16
"""Bytes before the address of the pixels in what Xlib calls an XImage."""


class Screen:
    """The corner of the X server's screen where windows open; Pillow would copy the whole.

    SystemExit names a library that is missing.
    """

    def __init__(self) -> None:
        for name in LIBRARIES:
            library(name)
        self.x11 = library("libX11.so.6")
        self.x11.XOpenDisplay.restype = self.x11.XGetImage.restype = ctypes.c_void_p
        self.display = ctypes.c_void_p(self.x11.XOpenDisplay(None))
        self.root = ctypes.c_ulong(self.x11.XDefaultRootWindow(self.display))

    def point(self, x: float, y: float) -> None:
        """Move the pointer."""
        self.x11.XWarpPointer(self.display, 0, self.root, 0, 0, 0, 0, int(x), int(y))
        self.x11.XSync(self.display, 0)

    def grab(self, size: tuple[int, int]) -> Image.Image:
        """What a corner of a size shows; it is black without a window."""
        every, pixmap = ctypes.c_ulong(0xFFFFFF), 2
        found = self.x11.XGetImage(self.display, self.root, 0, 0, *size, every, pixmap)
        data = ctypes.cast(found + DATA, ctypes.POINTER(ctypes.c_void_p))[0]
        picture = Image.frombytes("RGB", size, ctypes.string_at(data, 4 * size[0] * size[1]),
                                  "raw", "BGRX")  # fmt: skip
        self.x11.XFree(ctypes.c_void_p(data))
        self.x11.XFree(ctypes.c_void_p(found))
        return picture

    def settled(self, size: tuple[int, int]) -> Image.Image:
        """The picture of a window that fills the corner, when nothing on it changes anymore.

        A window that is not painted after a long time raises TimeoutError.
        """
        picture, calm, end = self.grab(size), 0, time.monotonic() + PATIENCE
        while picture.getbbox() != (0, 0, *size) or calm < CALM:
            wait(end, "a window is not painted")
            last, picture = picture, self.grab(size)
            calm = calm + 1 if last.tobytes() == picture.tobytes() else 0
        return picture

    def empty(self, size: tuple[int, int]) -> None:
        """Wait until no window is left in the corner; after a long time raise TimeoutError."""
        end = time.monotonic() + PATIENCE
        while self.grab(size).getbbox():
            wait(end, "a window does not close")


def wait(end: float, problem: str) -> None:
    """Let Slint work for a moment; after the end raise TimeoutError instead."""
    if time.monotonic() > end:
        raise TimeoutError(problem)
    pause()


def pause() -> None:
    """Let Slint work for a moment."""
    timer = slint.Timer()
    timer.start(slint.TimerMode.SingleShot, MOMENT, slint.slint.quit_event_loop)
    slint.slint.run_event_loop()
