"""A picture that OpenGL draws into without a screen, by EGL on the processor."""

from __future__ import annotations

import ctypes
import os
from typing import Any

from PIL import Image

from render.toolkits.foreign import library

NONE, SURFACE_TYPE, PBUFFER_BIT, WIDTH, HEIGHT, OPENGL_API = (
    *(0x3038, 0x3033, 0x0001, 0x3057, 0x3056, 0x30A2),
)
COLOR_BUFFER_BIT, RGBA, UNSIGNED_BYTE = 0x4000, 0x1908, 0x1401


def open_canvas(width: int, height: int) -> None:
    """Make a picture the one that OpenGL draws into; SystemExit where there is no OpenGL."""
    os.environ |= {"EGL_PLATFORM": "surfaceless", "LIBGL_ALWAYS_SOFTWARE": "1"}
    egl, pointer = library("libEGL.so.1"), ctypes.c_void_p
    for name in ("eglGetDisplay", "eglCreateContext", "eglCreatePbufferSurface"):
        getattr(egl, name).restype = pointer
    display, config = pointer(egl.eglGetDisplay(None)), pointer()
    wanted, found = integers(SURFACE_TYPE, PBUFFER_BIT, NONE), ctypes.c_int()
    egl.eglInitialize(display, None, None)
    egl.eglBindAPI(OPENGL_API)
    egl.eglChooseConfig(display, wanted, ctypes.byref(config), 1, ctypes.byref(found))
    size = integers(WIDTH, width, HEIGHT, height, NONE)
    surface = pointer(egl.eglCreatePbufferSurface(display, config, size))
    context = pointer(egl.eglCreateContext(display, config, None, None))
    if not egl.eglMakeCurrent(display, surface, surface, context):
        raise SystemExit("OpenGL is missing")


def integers(*values: int) -> Any:
    """Numbers as C wants them."""
    return (ctypes.c_int * len(values))(*values)


def wipe() -> None:
    """Make all black."""
    gl = library("libGL.so.1")
    gl.glClearColor(*(ctypes.c_float(value) for value in (0, 0, 0, 1)))
    gl.glClear(COLOR_BUFFER_BIT)


def picture(width: int, height: int, whole: int) -> Image.Image:
    """The upper left part of a canvas of some whole height, as OpenGL has drawn it."""
    pixels = ctypes.create_string_buffer(width * height * 4)
    place = 0, whole - height, width, height
    library("libGL.so.1").glReadPixels(*place, RGBA, UNSIGNED_BYTE, pixels)
    image = Image.frombytes("RGBA", (width, height), pixels.raw).convert("RGB")
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
