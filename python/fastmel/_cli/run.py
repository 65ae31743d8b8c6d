"""``fastmel run``: a Python program, with its libraries patched."""

from __future__ import annotations

import os
import runpy
import sys
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..patching import FunctionReport

# Before this command's own way to show warnings takes its place: the program has Python's.
_SHOW_WARNING = warnings.showwarning


@click.command(
    short_help="Run a Python program with faster librosa, whisper, ...",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
Examples:
  fastmel run train.py --epochs 10             instead of python train.py --epochs 10
  fastmel run -m mypackage.extract corpus/     instead of python -m mypackage.extract corpus/
  fastmel run --report -m pytest tests/        do my tests pass with it, and is it used?
  fastmel run -l librosa notebook_export.py    librosa alone""",
)
@click.option(
    "-l",
    "--libraries",
    metavar="NAMES",
    help="Libraries to patch, separated by commas; by default librosa, whisper, faster_whisper, "
    "transformers, torchaudio and kaldi_native_fbank.",
)
@click.option("-m", "--module", "is_module", is_flag=True, help="PROGRAM is a module, not a file.")
@click.option("-r", "--report", is_flag=True, help="Say at the end which calls became faster.")
@click.argument("program")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(
    libraries: str | None, is_module: bool, report: bool, program: str, arguments: tuple[str, ...]
) -> int:
    """Run PROGRAM as Python does, with the functions of audio libraries replaced by faster ones.

    What a replacement does not cover, the original computes: results and errors stay the same.
    Options of this command come before PROGRAM; what follows PROGRAM is its own. In a program of
    your own, fastmel.patch() does the same.
    """
    from .. import patching

    names = [name.strip() for name in libraries.split(",")] if libraries else []
    try:
        patching.patch(*names)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--libraries") from None
    if not is_module and not os.path.exists(program):
        raise click.UsageError(f"there is no file {program!r}")
    warnings.showwarning = _SHOW_WARNING
    try:
        return _run(program, is_module, arguments)
    finally:
        if report:
            click.echo("\n".join(_table(patching.patch_report())), err=True)


def _run(program: str, is_module: bool, arguments: Iterable[str]) -> int:
    """Run a program as ``__main__``; return its exit code, but let SystemExit pass."""
    sys.argv = [program, *arguments]
    if not getattr(sys.flags, "safe_path", False):  # since Python 3.11
        sys.path[0] = os.getcwd() if is_module else os.path.dirname(os.path.realpath(program))
    try:
        if is_module:
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(program, run_name="__main__")
    except (Exception, KeyboardInterrupt) as error:
        traceback = error.__traceback__
        while traceback and traceback.tb_frame.f_globals.get("__name__") in (__name__, "runpy"):
            traceback = traceback.tb_next
        # As from Python itself: nothing of this command, and of the program's own hook, if any.
        sys.excepthook(type(error), error.with_traceback(traceback), traceback)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _table(report: dict[str, FunctionReport]) -> list[str]:
    """Describe what became of the functions that were called, or could not be patched."""
    from .._base.terminal import table

    rows = []
    for name, (state, hits, fallbacks, failures) in report.items():
        if hits or fallbacks or failures or state.startswith("left alone"):
            reasons = [f"{count} x {reason}" for reason, count in fallbacks.items()]
            reasons += [f"{count} x failed: {reason}" for reason, count in failures.items()]
            why = "; ".join(reasons) if reasons else "" if state == "patched" else state
            n_original = sum(fallbacks.values()) + sum(failures.values())
            rows.append([name, str(hits), str(n_original), why])
    if not rows:
        return ["fastmel: no patched function was called"]
    head = ("FUNCTION", "FAST", "ORIGINAL", "WHY")
    return table(rows, sys.stderr, head=head, right=(1, 2))
