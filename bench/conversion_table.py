"""The table of conversions, and which of their goals were missed."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from bench.conversion import LARGE_GOALS, MEMORY_GOAL_MIB, QUANTIZER_GOAL, Conversion, beside_allowance
from bench.table import table_of


def table(results: Sequence[Conversion]) -> Table:
    """One line a quantization."""
    rows = [
        (
            result.quantization,
            f"{result.seconds:.2f}",
            f"{result.quantizer_share:.0%}",
            f"{result.peak_private_mib:.0f}",
            f"{result.output_bytes / 2**20:.0f}",
            f"{result.beside_bytes:,}",
            " + ".join(f"{seconds:.2f}" for seconds in result.peer_seconds) or "-",
            f"{result.ratio:.1f}" if result.ratio else "",
        )
        for result in results
    ]
    return table_of(
        f"conversion, median of {results[0].runs} (sizes in MiB, beside the output in bytes)",
        ("", "s", "quantizer", "private", "output", "beside", "peer, s", "ratio"),
        rows,
    )


def missed(results: Sequence[Conversion], goals: Mapping[str, float]) -> list[str]:
    """The goals that were not reached."""
    return [text for result in results for text in _missed(result, goals)]


def _missed(result: Conversion, goals: Mapping[str, float]) -> list[str]:
    found = []
    goal = goals[result.quantization]
    if goals is LARGE_GOALS and result.quantization == "q4_k_m" and result.quantizer_share < QUANTIZER_GOAL:
        found.append(f"q4_k_m spent {result.quantizer_share:.0%} in the quantizer; {QUANTIZER_GOAL:.0%} was the goal")
    if result.ratio is not None and result.ratio < goal:
        found.append(f"{result.quantization} is {result.ratio:.1f} times faster than the peer; {goal:g} was the goal")
    if result.peak_private_mib > MEMORY_GOAL_MIB:
        found.append(
            f"{result.quantization} took {result.peak_private_mib:.0f} MiB; {MEMORY_GOAL_MIB:.0f} was the goal"
        )
    if result.beside_bytes > beside_allowance(result.output_bytes):
        found.append(f"{result.quantization} wrote {result.beside_bytes:,} bytes beside the output; none was the goal")
    return found
