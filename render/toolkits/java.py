"""Toolkits of Java: programs that are compiled when they first draw."""

from __future__ import annotations

from functools import cache

from render.toolkits import xserver
from render.toolkits.foreign import Program, at_home
from render.toolkits.native import HERE, compile_source


@cache
def program(name: str, hint: str, modules: tuple[str, ...] = ()) -> Program:
    """Compile a class beside this file and start it; raise UserError where that fails.

    The modules are options that the compiler takes as Java does.
    """
    folder = xserver.kept_folder("java")
    sources = [str(HERE / "Forms.java"), str(HERE / f"{name}.java")]
    compile_source(["javac", "-encoding", "UTF-8", "-d", str(folder), *modules, *sources], hint)
    # the latter has JavaFX draw without a graphics card
    options = ["-Djava.awt.headless=true", "-Dprism.order=sw", *modules, "-cp", str(folder)]
    homes = [f"-Duser.home={folder}", f"-Djava.io.tmpdir={folder}"]
    command = ["java", *options, *homes, name, str(folder / "window.png")]
    return Program(command, hint, at_home(folder))
