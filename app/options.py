"""The options of how Kindred works and whom it answers: the worker, HTTP, memory and the log."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from app.equipment_options import EquipmentOptions
from app.values import ApiKeys, CallRate, Duration, Origins, WebhookSecrets


class Options(EquipmentOptions):
    """How a Kindred runs. Field order is the order of the reference."""

    worker: Literal["thread", "none"] = Field(
        "thread",
        description="Whether `serve` embeds and indexes in a thread of its own (`thread`) or "
        "leaves that to `kindred worker` processes (`none`; they need a Milvus server).",
    )
    worker_batch: int = Field(
        32,
        ge=1,
        le=1_000,
        description="Items a worker claims at once: one forward pass, so that a single new item is "
        "never far behind a long queue's batch.",
    )
    worker_lease: Duration = Field(
        timedelta(seconds=60),
        ge=timedelta(seconds=5),
        le=timedelta(hours=1),
        description="How long a claim holds; a killed worker's items are taken up again after it. "
        "Longer than any batch takes.",
    )
    worker_max_attempts: int = Field(
        8,
        ge=1,
        le=100,
        description="Failed tries after which an item is set aside for a person to look at. Eight "
        "doublings from two seconds ride out about eight minutes.",
    )
    worker_backoff: Duration = Field(
        timedelta(seconds=2),
        ge=timedelta(milliseconds=10),
        le=timedelta(hours=1),
        description="Wait after the first failed try; it doubles with each.",
    )
    worker_max_backoff: Duration = Field(
        timedelta(minutes=10),
        ge=timedelta(milliseconds=10),
        le=timedelta(days=1),
        description="Longest wait between tries, so that a repaired host is noticed soon.",
    )

    host: str = Field(
        "127.0.0.1",
        min_length=1,
        max_length=255,
        description="Address to listen on. Any other than loopback needs KINDRED_API_KEYS or "
        "KINDRED_REQUIRE_KEY.",
    )
    port: int = Field(8000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    api_keys: ApiKeys = Field(
        (),
        repr=False,
        description="Keys that may call, comma separated: `name:scopes:sha256` with scopes out of "
        "`read`, `write`, `admin` joined by `+` and the SHA-256 of the key in hex, and after "
        "another `:`, if it is to have one of its own, its rate as in KINDRED_KEY_RATE. Only "
        "hashes are kept, so a leaked configuration gives nobody access. `kindred keys` makes more "
        "without a restart. Where there never was a key, everyone on this machine may call.",
    )
    require_key: bool = Field(
        default=False,
        description="Whether a key is asked for even before there is one, so that a service others "
        "can reach can do with the keys of `kindred keys` alone.",
    )
    key_rate: CallRate | None = Field(
        None,
        description="How often one key may call, unless it has a rate of its own: `100/s`, "
        "`600/m`, `10000/h` or `50000/d`. So many at once, refilled evenly; counted by each "
        "process on its own, so that two `serve` processes let through twice as many. Not set: as "
        "often as the machine answers, as keys are given to one's own systems.",
    )
    webhook_secret: WebhookSecrets = Field(
        (),
        repr=False,
        description="Secret that catalogue webhooks are signed with, `whsec_` and base64 (Standard "
        "Webhooks). Several, comma separated, all hold: to change it, add the new one, let the "
        "sender change over, then remove the old one. Without any, webhooks need a key with scope "
        "`write`, like any other write.",
    )
    cors_origins: Origins = Field(
        (),
        description="Web origins whose pages may call from a browser (CORS), comma separated: "
        "`https://shop.example`; `*` for all, which needs keys. A key in a page is known to all "
        "its readers: give it scope `read` and a rate. Off: browsers keep other pages' scripts "
        "from reading answers.",
    )
    request_timeout: Duration = Field(
        timedelta(seconds=60),
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
        description="Longest a request may take to arrive, so that senders of a byte now and then "
        "hold no connection for long: the largest body at 170 kB/s. Its headers have ten seconds.",
    )
    audit_retention: Duration = Field(
        timedelta(days=365),
        ge=timedelta(days=1),
        le=timedelta(days=3_650),
        description="How long it is remembered who administered what (`kindred audit`): a year, as "
        "who looks into it often looks late.",
    )
    max_body_bytes: int = Field(
        10_000_000,
        ge=1_000,
        le=1_000_000_000,
        description="Largest request body: a batch of 1,000 items of 10 kB each.",
    )

    cached_items: int = Field(
        20_000,
        ge=0,
        le=10_000_000,
        description="Items whose vectors and fields are held in memory for ranking: some 6 kB "
        "each, so 120 MB. Others are read from the database.",
    )
    cached_questions: int = Field(
        10_000,
        ge=0,
        le=10_000_000,
        description="Words and pictures people asked with whose vectors are held in memory: about "
        "2 kB each, so 20 MB. The same searches come again and again; asked for anew, words take "
        "some 15 ms in the model and a picture 50.",
    )
    ask_timeout: Duration = Field(
        timedelta(seconds=5),
        ge=timedelta(milliseconds=100),
        le=timedelta(seconds=60),
        description="Longest words or a picture may wait for their model, which takes some ten "
        "seconds to load when it is first needed, before popularity answers instead. Loading goes "
        "on meanwhile, and the next request finds the model.",
    )
    recommendation_retention: Duration = Field(
        timedelta(days=90),
        ge=timedelta(hours=1),
        le=timedelta(days=3_650),
        description="How long answers are kept in the recommendation log: a season of comparisons. "
        "The versions of a deleted scenario are kept as long.",
    )
    operation_retention: Duration = Field(
        timedelta(days=7),
        ge=timedelta(hours=1),
        le=timedelta(days=365),
        description="How long /v1/operations and repeated webhook ids are remembered; senders "
        "repeat for at most some days.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least urgent level that is logged. `info` has one line a request."
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="`json`, one object a line for machines, or `console`, for eyes."
    )
