"""What every command that has settings does with its command line."""

import argparse
import sys
from collections.abc import Sequence

from msgspec import Struct

from sidecar import settings as settings_module
from sidecar.settings import BadSetting, Settings, Source

BAD_USAGE = 2


class Arguments(Struct, frozen=True):
    """The settings, where each came from, and the other options."""

    settings: Settings
    sources: dict[str, Source]
    options: argparse.Namespace

    def on_command_line(self, field: str) -> bool:
        """Whether a setting was given on the command line."""
        return getattr(self.options, field) is not None


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> Arguments:
    """Add the settings to `parser`'s own options and read all of them.

    Leaves the program with exit code 2 when a setting has a value that it cannot have, and with 0
    when the settings are only to be shown.
    """
    settings_module.add_arguments(parser)
    parser.add_argument("--print-config", action="store_true", help="show the settings and leave")
    options = parser.parse_args(arguments)
    try:
        settings, sources = settings_module.from_process(vars(options))
    except BadSetting as error:
        parser.exit(BAD_USAGE, f"asr-sidecar: {error}\n")
    if options.print_config:
        sys.stdout.write("\n".join(settings_module.describe(sources)) + "\n")
        parser.exit(0)
    return Arguments(settings, sources, options)
