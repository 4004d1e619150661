"""``python -m posology.server serve | migrate | add-person | monitor-listen | demo``: on its own feet."""

import argparse
import os
import sys

from posology.quantities import DomainError
from posology.server.people import add_arguments, add_person


def main(words: list[str]) -> int:
    """Run one command; a refusal is one sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="posology.server")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the clinic")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    commands.add_parser("migrate", help="bring the database to this version")
    add_arguments(commands.add_parser("add-person", help="make an account, and its clinic if need be"))
    demo = commands.add_parser("demo", help="bring up a synthetic clinic")
    demo.add_argument("--host", default="127.0.0.1")
    demo.add_argument("--port", type=int, default=8000)
    demo.add_argument("--reset", action="store_true", help="start over")
    monitors = commands.add_parser("monitor-listen", help="listen for bedside monitors (HL7 v2 over MLLP)")
    monitors.add_argument("--host", default="127.0.0.1", help="an address in the monitors' own network")
    monitors.add_argument("--port", type=int, default=2575)
    monitors.add_argument("--clinic", default="", help="whose monitors; needed where there are several")
    monitors.add_argument("--every-address", action="store_true", help="allow 0.0.0.0 and ::")
    given = parser.parse_args(words)
    try:
        return COMMANDS[given.command](given)
    except DomainError as refusal:
        print(refusal, file=sys.stderr)
        return 2


def _set_up() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posology.server.settings")
    django.setup()


def migrate(_: argparse.Namespace) -> int:
    """Bring the database to this version, triggers included."""
    _set_up()
    from django.core.management import CommandError, call_command

    try:
        call_command("migrate", interactive=False)
    except CommandError as refusal:  # a check of the live database among them
        print(refusal, file=sys.stderr)
        return 2
    return 0


def make_person(given: argparse.Namespace) -> int:
    """Make an account from the machine itself."""
    _set_up()
    print(add_person(given))
    return 0


def serve(given: argparse.Namespace) -> int:
    """Serve over ASGI. One process: SQLite has one writer, and more need PostgreSQL."""
    from posology.server.secrets import make_key_file

    if not os.environ.get("SECRET_KEY"):
        from pathlib import Path

        data = os.environ.get("POSOLOGY_DATA")
        make_key_file(Path(data) if data else Path.home() / ".local" / "share" / "posology")
    _set_up()
    from posology.server.start import check_start

    check_start()
    from posology.server.serving import answer_requests

    answer_requests(host=given.host, port=given.port)
    return 0


def monitor_listen(given: argparse.Namespace) -> int:
    """Listen for bedside monitors, under the same checks as the server (see docs/how-to)."""
    _set_up()
    from posology.server.monitor_listener import listen
    from posology.server.start import check_start

    check_start()
    listen(host=given.host, port=given.port, clinic_name=given.clinic, every_address=given.every_address)
    return 0


def demo(given: argparse.Namespace) -> int:
    """Bring up the synthetic clinic; its own file, its own sign-ins, and a ribbon on every page."""
    from posology.server.demo import run
    from posology.server.demo.place import choose_place

    choose_place(os.environ)
    _set_up()
    return int(run(host=given.host, port=given.port, reset=given.reset) or 0)


COMMANDS = {
    "serve": serve,
    "migrate": migrate,
    "add-person": make_person,
    "monitor-listen": monitor_listen,
    "demo": demo,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
