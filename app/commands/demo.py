"""`kindred demo`: a small shop that Kindred draws itself, served with a tour to paste."""

import threading
import time
from datetime import datetime

from rich.console import Console

from app.clock import utc_now
from app.commands.progress import ProgressDisplay
from app.commands.serve import serve_http
from app.demo.catalogue import SEED, catalogue
from app.demo.people import interactions
from app.demo.tour import tour
from app.services import Services
from app.settings import Settings
from app.telemetry import configure_logging
from indexer.errors import IndexerError
from indexer.items import Put

LOOK_EVERY_SECONDS = 0.2
BATCH = 200


def run_demo(settings: Settings, console: Console) -> None:
    """Serve the demo shop until told to stop, filling it first where it is empty.

    Args:
        settings: Checked; what is in its data folder is used again.
        console: Where progress and the tour are shown.
    """
    configure_logging(settings, least="warning")
    console.print(
        f"Serving on http://{settings.host}:{settings.port}; data is in {settings.data_dir}/"
    )
    serve_http(settings, beside=lambda services: _fill_beside(services, console))


def _fill_beside(services: Services, console: Console) -> None:
    """Fill the shop in a thread, so that the service answers meanwhile."""
    threading.Thread(target=_fill, args=(services, console), name="demo", daemon=True).start()


def _fill(services: Services, console: Console) -> None:
    try:
        now = utc_now()
        if services.catalogue.count() == 0:
            _write_shop(services, now)
        _wait(services, console)
        guide = tour(f"http://{services.settings.host}:{services.settings.port}")
        console.print(guide, soft_wrap=True, markup=False, highlight=False)
    except IndexerError as error:
        console.print(f"[bold red]The demo shop could not be filled:[/] {error}", soft_wrap=True)


def _write_shop(services: Services, now: datetime) -> None:
    items = catalogue(seed=SEED, now=now)
    for start in range(0, len(items), BATCH):
        changes = [Put(item, as_of=now) for item in items[start : start + BATCH]]
        services.catalogue.write(changes, now=now, recorded=False)
    services.wake_worker()
    done = interactions(seed=SEED, items=items, now=now)
    for start in range(0, len(done), BATCH):
        services.interactions.record(done[start : start + BATCH], now=now)


def _wait(services: Services, console: Console) -> None:
    """Show progress until everything is searchable."""
    total = services.catalogue.count()
    with ProgressDisplay(console) as display:
        while True:
            state = services.readiness(now=utc_now())
            waiting = state.queue.waiting if state.queue is not None else total
            display.update("indexing", max(total - waiting, 0), total)
            if waiting == 0 and state.generation is not None:
                return
            time.sleep(LOOK_EVERY_SECONDS)
