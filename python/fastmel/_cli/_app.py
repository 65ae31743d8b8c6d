"""The group of commands, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from .._base.text import explain
from .._version import __version__
from ._printing import say
from ._signals import Stopped
from .bench import bench
from .demo import demo
from .extract import extract
from .frontends import frontends
from .info import info
from .merge import merge
from .plot import plot
from .run import run as run_program
from .stats import stats
from .verify import verify


class _InOrder(click.Group):
    """A group that lists its commands as they were added, the newcomer's first."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_InOrder,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Start here:
  fastmel demo                          a clip, its features and its picture
  fastmel plot speech.wav               a picture of your own recording
  fastmel extract corpus/ -o features/  features of a whole folder
  fastmel extract --help                all about one command

\b
Exit codes: 0 all well, 1 something failed, 2 wrong usage, 128 + N stopped by signal N
(130 by Ctrl-C, 143 by what kill, timeout, Slurm and Kubernetes send).
FASTMEL_DEBUG=1 shows the traceback of an error.""",
)
@click.version_option(__version__, prog_name="fastmel", message="%(prog)s %(version)s")
@click.pass_context
def group(ctx: click.Context) -> int:
    """Turn recordings into log-mel features: those of librosa, Whisper, Kaldi and others, fast."""
    if ctx.invoked_subcommand is not None:
        return 0
    click.echo(ctx.get_help())
    return 2


for command in (demo, extract, verify, merge, stats, plot, run_program, bench, frontends, info):
    group.add_command(command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; see :func:`fastmel._cli.main`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without µ must not turn a result into a failure.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        try:
            return _run(arguments)
        except Stopped as stop:
            _fail(str(stop))
            if arguments is None:
                _leave(stop.code)
            return stop.code


def _leave(code: int) -> NoReturn:
    """End the program, whose threads may be in the middle of a long file."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    """Run a command and turn its errors into one line and an exit code."""
    try:
        code = group.main(
            None if arguments is None else list(arguments),
            prog_name="fastmel",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except click.UsageError as error:
        name = error.ctx.command_path if error.ctx else "fastmel"
        return _fail(
            f"{error.format_message().rstrip('.')} (see {name} --help)", code=error.exit_code
        )
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", code=130)
    except BrokenPipeError:
        # The reader (`| head`) has gone: keep the interpreter's last flush from failing too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except click.ClickException as error:
        return _fail(error.format_message(), code=error.exit_code)
    except Exception as error:
        if os.environ.get("FASTMEL_DEBUG"):
            raise
        return _fail(explain(error))
    return code if isinstance(code, int) else 0


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    say("warning", str(message))


def _fail(message: str, code: int = 1) -> int:
    say("error", message)
    return code
