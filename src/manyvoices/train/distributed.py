"""Where a process of a run stands, and what several of them share.

Several processes are started by torchrun, which sets ``RANK`` and ``WORLD_SIZE``; one process
needs nothing. Weights are either kept whole by every process, with gradients summed over all, or
sharded by FSDP2 (`torch.distributed.fsdp.fully_shard`). In both cases the loop divides by the
weight of the global batch itself, so that one process and several take equal steps.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn

from manyvoices.train.errors import DistributedError

T = TypeVar("T")

DEVICE = "MANYVOICES_DEVICE"
"""Environment variable that names the device: ``cpu``, ``cuda``, ``cuda:1``, ``mps``."""

BUCKET = 2**24
"""Numbers of gradient that are summed over the processes in one message."""


@dataclass(frozen=True, slots=True)
class Place:
    """One process of a run."""

    rank: int
    world: int
    device: torch.device

    @property
    def writes(self) -> bool:
        """Whether this process prints and writes: rank 0 alone does."""
        return self.rank == 0


def here(device: str | None = None) -> Place:
    """This process; joins the others where torchrun started several.

    Args:
        device: Overrides the environment variable `DEVICE`; without both: the GPU of this process
            where there is one, else the CPU.

    Raises:
        DistributedError: The device is not there.
    """
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    chosen = _device(device or os.environ.get(DEVICE) or "")
    if world > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    if dist.is_initialized():
        rank, world = dist.get_rank(), dist.get_world_size()
    return Place(rank, world, chosen)


def _device(name: str) -> torch.device:
    if not name:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DistributedError(f"there is no device {name!r}: use cpu, cuda or mps") from error
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise DistributedError(f"device {name!r} was asked for, and torch finds no GPU here")
        if device.index is None:
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    return device


def leave() -> None:
    """Leave the group of processes, where there is one; the end of a run under torchrun."""
    if dist.is_initialized():
        dist.destroy_process_group()


def of_all(value: T, place: Place) -> list[T]:
    """The value of every process, by rank; all must call it."""
    if place.world == 1:
        return [value]
    values: list[Any] = [None] * place.world
    dist.all_gather_object(values, value)
    return values


def computing(place: Place, dtype: str) -> AbstractContextManager[Any]:
    """Forward passes in bfloat16 where that was asked for and there is a GPU."""
    if dtype == "bfloat16" and place.device.type == "cuda":
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()


def spread(model: nn.Module, place: Place, dtype: str, *, shard: bool) -> None:
    """Move a model to its device, make all copies equal to rank 0's, and shard it if wanted.

    Trained weights are kept in float32 whatever `dtype`: steps of usual size vanish in bfloat16's
    eight bits. Frozen ones stay as they are on a GPU that holds them whole.
    """
    for parameter in model.parameters():
        if parameter.is_floating_point() and (
            parameter.requires_grad or shard or place.device.type != "cuda"
        ):
            parameter.data = parameter.data.float()
    model.to(place.device)
    if place.world > 1:
        for tensor in (*model.parameters(), *model.buffers()):
            dist.broadcast(tensor.data, 0)
        if shard:
            _shard(model, place, dtype)


def _shard(model: nn.Module, place: Place, dtype: str) -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard

    mesh = init_device_mesh(place.device.type, (place.world,))
    half = dtype == "bfloat16" and place.device.type == "cuda"
    policy = (
        MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
        if half
        else MixedPrecisionPolicy()
    )
    for block in blocks(model):
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
    for module in model.modules():
        if isinstance(module, FSDPModule):
            # Sums, as everywhere here: the loop divides by the weight of the global batch.
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)  # gloo knows no other


def blocks(model: nn.Module) -> list[nn.Module]:
    """The layers that are gathered one at a time: those transformers says not to split."""
    names = {
        name
        for module in model.modules()
        for name in (getattr(module, "_no_split_modules", None) or ())
    }
    return [module for module in model.modules() if type(module).__name__ in names]


def is_sharded(model: nn.Module) -> bool:
    """Whether FSDP2 holds this model's weights."""
    if not dist.is_available() or not dist.is_initialized():
        return False
    from torch.distributed.fsdp import FSDPModule

    return isinstance(model, FSDPModule)


def sum_gradients(model: nn.Module, place: Place) -> None:
    """Sum the gradients of whole copies over all processes; sharded ones are summed already."""
    if place.world == 1 or is_sharded(model):
        return
    for bucket in _buckets(model):
        flat = torch.cat([grad.reshape(-1) for grad in bucket])
        dist.all_reduce(flat)
        parts = flat.split([grad.numel() for grad in bucket])
        for grad, part in zip(bucket, parts, strict=True):
            grad.copy_(part.view_as(grad))


def _buckets(model: nn.Module) -> Iterator[list[Tensor]]:
    waiting: list[Tensor] = []
    for parameter in model.parameters():
        if not parameter.requires_grad:
            continue
        if parameter.grad is None:  # another process may have one: all must send alike
            parameter.grad = torch.zeros_like(parameter)
        if waiting and (
            waiting[0].dtype != parameter.grad.dtype
            or sum(grad.numel() for grad in waiting) + parameter.numel() > BUCKET
        ):
            yield waiting
            waiting = []
        waiting.append(parameter.grad)
    if waiting:
        yield waiting


def whole_weights(model: nn.Module) -> Mapping[str, Tensor]:
    """All weights by name, gathered on rank 0 where they are sharded; all must call it."""
    if not is_sharded(model):
        return model.state_dict()
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    gathered: Any = get_model_state_dict(model, options=options)
    return cast(Mapping[str, Tensor], gathered)
