"""Times callables against each other on this machine, in one run, so that a ratio means something.

In: callables without arguments that return when the work is done (on a GPU: that synchronize before they
return).
Out: seconds of each, their medians and ratios, and a description of the machine to print beside them.
Runs are interleaved (A B A B …): a slow minute of the machine falls on both, and each pair has its own ratio.

Does not know what is timed.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Machine:
    """What the seconds were measured on."""

    system: str
    cpu_model: str
    cores: int
    memory_mb: int
    accelerator: str
    python_version: str
    torch_version: str
    torch_threads: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one callable, in the order of its runs."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle run, in seconds."""
        return median(self.seconds)

    def to_json(self) -> dict[str, Any]:
        """Median, fastest and slowest run, and all of them."""
        return {
            "median": self.median,
            "min": min(self.seconds),
            "max": max(self.seconds),
            "runs": list(self.seconds),
        }


@dataclass(frozen=True, slots=True)
class Ratio:
    """How much longer one callable took than another: of the medians, and of each interleaved pair."""

    of_medians: float
    of_pairs: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """The ratio of the medians with each pair's ratio and their range."""
        return {
            "ratio": self.of_medians,
            "min": min(self.of_pairs),
            "max": max(self.of_pairs),
            "pairs": list(self.of_pairs),
        }


def median_of(work: Work, *, repeats: int, warmups: int = 1) -> Timing:
    """Times one callable alone."""
    return time_interleaved({"work": work}, repeats=repeats, warmups=warmups)["work"]


def time_interleaved(works: Mapping[str, Work], *, repeats: int, warmups: int = 1) -> dict[str, Timing]:
    """Times several callables in turns, `repeats` rounds after `warmups` rounds that are not counted."""
    if not works or repeats < 1 or warmups < 0:
        raise ValueError("time at least one callable, at least once")
    for _ in range(warmups):
        for work in works.values():
            work()
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            start = perf_counter()
            work()
            seconds[name].append(perf_counter() - start)
    return {name: Timing(tuple(runs)) for name, runs in seconds.items()}


def compare(timing: Timing, *, reference: Timing) -> Ratio:
    """How many times the reference's seconds this one took; both come from the same interleaved run."""
    pairs = zip(timing.seconds, reference.seconds, strict=True)
    return Ratio(timing.median / reference.median, tuple(own / other for own, other in pairs))


def describe_machine() -> Machine:
    """Names the processor, the cores that this process may use, and the versions that decide the speed."""
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        cpu_model=_read_cpu_model(),
        cores=_count_usable_cores(),
        memory_mb=_read_memory_mb(),
        accelerator=torch.cuda.get_device_name() if torch.cuda.is_available() else "",
        python_version=platform.python_version(),
        torch_version=torch.__version__,
        torch_threads=torch.get_num_threads(),
    )


def machine_to_json(machine: Machine) -> dict[str, Any]:
    """The description as plain values."""
    return asdict(machine)


def _read_cpu_model() -> str:
    path = Path("/proc/cpuinfo")  # platform.processor() is empty or "x86_64" on Linux
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() in ("model name", "Model"):
                return value.strip()
    return platform.processor() or platform.machine()


def _count_usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read_memory_mb() -> int:
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):  # Windows
        return 0
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
