"""What the settings say of the indexer's parts, as the indexer takes it."""

from app.settings import Settings
from indexer.images import PictureFetcher
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
    )


def picture_fetcher(settings: Settings) -> PictureFetcher:
    """Make the fetcher of pictures with the limits of the settings."""
    return PictureFetcher(
        allow_private=settings.allow_private_addresses,
        max_bytes=settings.max_picture_bytes,
        timeout=settings.picture_timeout,
        max_redirects=settings.picture_redirects,
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
