"""What pruning changed in a network, so that its file can say how to build it again."""

from __future__ import annotations

from itertools import chain
from typing import TypedDict

import torch
from torch import Tensor, nn

from checkstate.core.errors import UserError

Sizes = dict[str, int | list[int]]


class Structure(TypedDict):
    """What differs from the network as it is built by name; both empty when nothing does."""

    removed: list[str]
    """Modules that are an identity now."""
    changed: dict[str, Sizes]
    """Modules with tensors of another shape, and their sizes (widths, groups) that differ."""


def describe(network: nn.Module, whole: nn.Module) -> Structure:
    """Compare a network with the whole one it was cut from.

    Raises UserError when a tensor that no file keeps was cut, which no description brings back.
    """
    now = dict(network.named_modules())
    removed: list[str] = []
    changed: dict[str, Sizes] = {}
    for name, old in whole.named_modules():
        if any(name.startswith(f"{gone}.") for gone in removed):
            continue
        new = now.get(name, nn.Identity())
        if isinstance(new, nn.Identity) and not isinstance(old, nn.Identity):
            removed.append(name)
            continue
        wanted, given = own_shapes(old), own_shapes(new)
        for key in old._non_persistent_buffers_set:
            if wanted.get(key) != given.get(key):
                raise UserError(f"{name}.{key}: pruned, though files do not keep it")
        before = own_sizes(old)
        sizes = {key: value for key, value in own_sizes(new).items() if before.get(key) != value}
        if sizes or wanted != given:
            changed[name] = sizes
    return {"removed": removed, "changed": changed}


def own_shapes(module: nn.Module) -> dict[str, torch.Size]:
    """The shapes of a module's own parameters and buffers."""
    own = chain(module.named_parameters(recurse=False), module.named_buffers(recurse=False))
    return {key: tensor.shape for key, tensor in own}


def own_sizes(module: nn.Module) -> Sizes:
    """A module's numbers, such as widths, groups and heads; tuples of them as lists."""
    sizes: Sizes = {}
    for key, value in vars(module).items():
        if type(value) is int:
            sizes[key] = value
        elif isinstance(value, tuple) and value and all(type(one) is int for one in value):
            sizes[key] = list(value)
    return sizes


def reshape(network: nn.Module, structure: Structure, tensors: dict[str, Tensor]) -> None:
    """Cut a whole network as a file describes; raises when it cannot be."""
    for name in structure["removed"]:
        network.get_submodule(name)  # or a name of nothing would add a module
        network.set_submodule(name, nn.Identity())
    for name, sizes in structure["changed"].items():
        module = network.get_submodule(name)
        known = own_sizes(module)
        for key, value in sizes.items():
            if type(known[key]) is not type(value):
                raise ValueError(f"{name}.{key} is {value!r}")
            setattr(module, key, tuple(value) if isinstance(value, list) else value)
        take_tensors(module, name, tensors)


def take_tensors(module: nn.Module, name: str, tensors: dict[str, Tensor]) -> None:
    """Give a module's own saved tensors the shapes of a file's."""
    own = chain(module.named_parameters(recurse=False), module.named_buffers(recurse=False))
    for key, old in list(own):
        if key in module._non_persistent_buffers_set:
            continue
        new = torch.empty_like(tensors[f"{name}.{key}".lstrip(".")], dtype=old.dtype)
        if new.shape != old.shape:
            setattr(module, key, nn.Parameter(new) if isinstance(old, nn.Parameter) else new)


def guess_shape(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Cut a network down to the tensors of a file that does not describe its structure.

    Every grouped convolution is taken for depthwise, as in all networks that were pruned before
    files said it.
    """
    kept = {""} | {key[:end] for key in tensors for end, dot in enumerate(key) if dot == "."}
    for name, module in list(network.named_modules()):
        if list(module.parameters()) and name not in kept and name.rpartition(".")[0] in kept:
            network.set_submodule(name, nn.Identity())
    for name, module in network.named_modules():
        take_tensors(module, name, tensors)
        if isinstance(module, nn.Conv2d):
            if module.groups > 1:  # depthwise
                module.groups = module.weight.shape[0]
            module.out_channels = module.weight.shape[0]
            module.in_channels = module.weight.shape[1] * module.groups
        elif isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.num_features = len(module.weight)
        elif isinstance(module, nn.Linear):
            module.out_features, module.in_features = module.weight.shape
