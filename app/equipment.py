"""What the settings say of the indexer's parts, as the indexer takes it."""

from collections.abc import Callable

from app.settings import Settings
from indexer.breaker import Breaker
from indexer.graph import Graph
from indexer.hosts import Hosts
from indexer.images import Outcome, PictureFetcher
from indexer.milvus import MilvusStore
from indexer.worker import WorkerSettings


def milvus_store(settings: Settings) -> MilvusStore:
    """Make the vector store the settings name; it is contacted when it is first used."""
    token = settings.milvus_token
    return MilvusStore(
        settings.milvus_uri,
        token.get_secret_value() if token is not None else None,
        timeout=settings.milvus_timeout,
        write_timeout=settings.milvus_write_timeout,
        graph=graph(settings),
    )


def graph(settings: Settings) -> Graph:
    """Take from the settings how the index is built and searched."""
    return Graph(settings.index_links, settings.index_build_width, settings.search_width)


def breaker(settings: Settings) -> Breaker:
    """Make the breaker of one part the service depends on."""
    return Breaker(settings.breaker_failures, settings.breaker_rest)


def picture_fetcher(
    settings: Settings, *, tell: Callable[[Outcome], None] | None = None
) -> PictureFetcher:
    """Make the fetcher of pictures with the limits of the settings; `tell` hears of each."""
    return PictureFetcher(
        allow_private=settings.allow_private_addresses,
        max_bytes=settings.max_picture_bytes,
        timeout=settings.picture_timeout,
        max_redirects=settings.picture_redirects,
        hosts=Hosts(settings.breaker_failures, settings.picture_rest),
        tell=tell,
    )


def worker_settings(settings: Settings) -> WorkerSettings:
    """Take from the settings how a worker works."""
    return WorkerSettings(
        batch=settings.worker_batch,
        lease=settings.worker_lease,
        max_attempts=settings.worker_max_attempts,
        backoff=settings.worker_backoff,
        max_backoff=settings.worker_max_backoff,
    )
