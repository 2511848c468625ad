"""Turns documents into pictures for render/toolkits/libreoffice.py; run by Debian's Python.

A line of a form is the path of a document, that of its picture or PDF file, the name of
LibreOffice's filter, and of a picture its width and height in pixels.
"""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import uno

from render.toolkits.gtk_shared import answer_forms

WAIT = 120
"""Seconds that LibreOffice may take to start, or for a form: machines at work are slow."""


def connected(pipe: str) -> Any:
    """LibreOffice's desktop, once it answers; TimeoutError where it does not."""
    local = uno.getComponentContext()
    name = "com.sun.star.bridge.UnoUrlResolver"
    resolver = local.ServiceManager.createInstanceWithContext(name, local)
    limit = time.monotonic() + WAIT
    while time.monotonic() < limit:
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except uno.getClass("com.sun.star.connection.NoConnectException"):
            time.sleep(0.1)
        else:
            name = "com.sun.star.frame.Desktop"
            return context.ServiceManager.createInstanceWithContext(name, context)
    raise TimeoutError("LibreOffice does not answer")


def properties(**values: Any) -> tuple[Any, ...]:
    """Named values as LibreOffice takes them."""
    made = []
    for name, value in values.items():
        made.append(uno.createUnoStruct("com.sun.star.beans.PropertyValue"))
        made[-1].Name, made[-1].Value = name, value
    return tuple(made)


def convert(desktop: Any, source: str, target: str, filter_name: str, *size: str) -> None:
    """Write a document's first page as a picture of a size, or its pages as a PDF file."""
    document = desktop.loadComponentFromURL(
        Path(source).as_uri(), "_blank", 0, properties(Hidden=True)
    )
    if size:
        data = properties(PixelWidth=int(size[0]), PixelHeight=int(size[1]))
    else:
        data = properties(ExportFormFields=False)  # drawn by LibreOffice, not by a reader
    filter_data = uno.Any("[]com.sun.star.beans.PropertyValue", data)
    document.storeToURL(
        Path(target).as_uri(), properties(FilterName=filter_name, FilterData=filter_data)
    )
    document.close(True)


def give_up() -> None:
    """End this process, in which a call of LibreOffice waits in vain."""
    print("TimeoutError: LibreOffice does not answer", file=sys.stderr, flush=True)
    os._exit(1)


def main() -> None:
    """Answer forms with the number of files written, then end LibreOffice."""
    desktop = connected(sys.argv[1])

    def answer(lines: list[list[str]]) -> dict[str, Any]:
        """Write the files of a form."""
        timer = threading.Timer(WAIT, give_up)
        timer.daemon = True  # an error ends this process at once
        timer.start()
        for line in lines:
            convert(desktop, *line)
        timer.cancel()
        return {"files": len(lines)}

    answer_forms(answer)
    desktop.terminate()


if __name__ == "__main__":
    main()
