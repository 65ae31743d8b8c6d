"""The command line of the benchmark."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from . import machine

machine.use_one_thread()

EXTRA = ("memory", "import_time", "extractors", "patched")


def main() -> int:
    from . import isolated, pages, patched, report
    from .cases import CASES
    from .measure import CLOCKS

    known = [*CASES, *EXTRA]
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure fastmel and every peer that is installed on the same work, in turns.",
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(known)}")
    parser.add_argument("--seconds", type=float, default=8, help="a case [%(default)s]")
    parser.add_argument("--rounds", type=int, default=7, help="fewest a case [%(default)s]")
    parser.add_argument(
        "--clock", choices=CLOCKS, default="wall", help="cpu on a busy machine [%(default)s]"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument(
        "--page", type=Path, nargs="?", const=pages.PERFORMANCE, metavar="FILE",
        help="write what was asked for and found to a section of a page [docs/performance.md]",
    )  # fmt: skip
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw them (.svg, .png)")
    parser.add_argument(
        "--simd", metavar="NAMES", help="repeat with these, for example avx2,baseline"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a goal is missed")
    args = parser.parse_args()
    if unknown := set(args.cases) - set(known):
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(known)}")

    wanted = args.cases or known
    pace = report.Pace(args.seconds, (args.rounds, 200), args.clock)
    simd = report.active_simd()
    facts = {"machine": machine.describe(), "clock": args.clock, "load_before": machine.load()}
    print(f"{facts['machine']['cpu']}, one thread, fastmel on {simd or '(not installed)'}\n")
    results, missed = {}, False
    for key in wanted:
        if key in EXTRA:
            measure = patched.patched if key == "patched" else getattr(isolated, key)
            measured = results[key] = measure(report.progress)
            print(isolated.table(key, measured) + "\n", flush=True)
            missed |= not all(report.Outcome(**goal).reached for goal in measured.get("goals", []))
            continue
        result = report.run(key, pace, report.progress)
        print(result.case.title, report.table(result), report.goals(result, simd), sep="\n")
        sys.stdout.flush()
        missed |= not all(outcome.reached for outcome in result.goals(simd))
        results[key] = result.as_dict(simd)
    facts |= {"load_after": machine.load(), "cases": results}

    for name in filter(None, (args.simd or "").split(",")):
        missed |= _repeat(name, wanted, args, facts)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(facts, indent=1) + "\n")
    if args.page:
        pages.put(args.page, "goals", report.goals_table(facts))
    if args.chart:
        from . import chart

        chart.draw(facts, args.chart)
    return int(args.check and missed)


def _repeat(name: str, cases: list[str], args: argparse.Namespace, facts: dict) -> bool:
    """Run the same in a new process on another instruction set; keep what it found."""
    command = [sys.executable, "-m", "bench", *(c for c in cases if c not in EXTRA)]
    command += ["--seconds", str(args.seconds), "--rounds", str(args.rounds)]
    command += ["--clock", args.clock]
    command += ["--check"] * args.check
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "results.json"
        environment = os.environ | {"FASTMEL_SIMD": name}
        done = subprocess.run([*command, "--json", str(found)], env=environment, check=False)
        if found.exists():
            facts.setdefault("simd", {})[name] = json.loads(found.read_text())
    return done.returncode != 0
