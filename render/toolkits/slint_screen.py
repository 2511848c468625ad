"""The screen that slint_program.py shows windows on: what is painted there, and the pointer."""

from __future__ import annotations

import ctypes
import time
from datetime import timedelta

import slint
from PIL import Image

CALM = 0.2
"""Seconds without a change after which a window is painted: Slint fades for 150 milliseconds."""
PATIENCE = 60
DATA = 16
"""Bytes before the address of the pixels in what Xlib calls an XImage."""


class Screen:
    """The corner of the X server's screen where windows open; Pillow would copy the whole."""

    def __init__(self) -> None:
        self.x11 = ctypes.CDLL("libX11.so.6")
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
        """The picture of a window that fills the corner, when nothing on it changes anymore."""
        picture, since = self.grab(size), time.monotonic()
        end = since + PATIENCE
        while picture.getbbox() != (0, 0, *size) or time.monotonic() - since < CALM:
            if time.monotonic() > end:
                raise RuntimeError("a window is not painted")
            pause()
            last, picture = picture, self.grab(size)
            if last.tobytes() != picture.tobytes():
                since = time.monotonic()
        return picture


def pause() -> None:
    """Let Slint work for a moment."""
    timer, moment = slint.Timer(), timedelta(milliseconds=25)
    timer.start(slint.TimerMode.SingleShot, moment, slint.slint.quit_event_loop)
    slint.slint.run_event_loop()
