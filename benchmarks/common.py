"""What the benchmarks share: timing in turns, and what they ran on."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

CLOCKS = {'wall': time.perf_counter, 'cpu': time.process_time}
"""CPU seconds of all threads are the fairer figure on a busy machine, but
leave other processes out."""


def time_in_turns(
    functions: dict[str, Callable[[], Any]], runs: int
) -> dict[str, dict[str, list[float]]]:
    """Seconds of each run, by clock and function.

    All functions in turns, so that they share the load of the machine.
    """
    times: dict[str, dict[str, list[float]]] = {
        clock: {name: [] for name in functions} for clock in CLOCKS
    }
    for _ in range(runs):
        for name, function in functions.items():
            starts = {key: clock() for key, clock in CLOCKS.items()}
            function()
            for key, clock in CLOCKS.items():
                times[key][name].append(clock() - starts[key])
    return times


def relative_to(
    times: dict[str, list[float]], reference: str
) -> dict[str, float]:
    """Median over the rounds of each time over the reference's."""
    return {
        name: statistics.median(
            mine / base
            for mine, base in zip(values, times[reference], strict=True)
        )
        for name, values in times.items()
    }


def spread(values: Iterable[float], digits: int = 2) -> dict[str, float]:
    """Median and extremes, rounded."""
    values = sorted(values)
    figures = {
        'median': statistics.median(values),
        'min': values[0],
        'max': values[-1],
    }
    return {name: round(value, digits) for name, value in figures.items()}


def resident_mib(field: str) -> float:
    """A line of /proc/self/status: VmRSS is now, VmHWM the peak (Linux)."""
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise OSError(f'/proc/self/status has no {field}.')


def restart_peak() -> None:
    """Let the peak of the resident set start anew from what it is now."""
    Path('/proc/self/clear_refs').write_text('5')


def environment(threads: int, *modules: ModuleType) -> dict[str, Any]:
    """Machine, cores and threads, and the versions of some modules."""
    return {
        'machine': platform.processor() or platform.machine(),
        'cores': len(os.sched_getaffinity(0)),
        'threads': threads,
        **{module.__name__: module.__version__ for module in modules},
    }
