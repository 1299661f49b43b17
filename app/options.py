"""Every option but those of ranking: type, bounds, default, and the reason for the default.

The descriptions are the reference people read (docs/reference/settings.md is made from them).
"""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from app.values import ApiKeys, CallRate, Duration, Origins, SpaceWeight, WebhookSecrets


class Options(BaseModel):
    """How a Kindred runs. Field order is the order of the reference."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Path = Field(
        Path("data"),
        description="Folder for everything Kindred keeps when no other place is named. Relative to "
        "the working directory, so that a first try leaves nothing elsewhere.",
    )
    database_url: str = Field(
        "",
        repr=False,  # it may hold a password
        description="Where records live: `sqlite:///path` or `postgresql://user:password@host/name`."
        " By default the file `kindred.db` under KINDRED_DATA_DIR: nothing to install.",
    )
    milvus_uri: str = Field(
        "",
        description="Where vectors live: a path ending in `.db` (Milvus Lite, in this process) or "
        "the `http(s)://` address of a Milvus server or Zilliz Cloud. By default the file "
        "`milvus.db` under KINDRED_DATA_DIR: nothing to install.",
    )
    milvus_token: SecretStr | None = Field(
        None, description="Token (`user:password` or an API key) for the Milvus server, if it asks."
    )
    milvus_timeout: Duration = Field(
        timedelta(seconds=3),
        ge=timedelta(milliseconds=100),
        le=timedelta(seconds=60),
        description="Longest a search may take before popularity answers instead. A search takes "
        "milliseconds; a person waits about three seconds.",
    )
    milvus_write_timeout: Duration = Field(
        timedelta(seconds=30),
        ge=timedelta(seconds=1),
        le=timedelta(minutes=10),
        description="Longest a write to the index may take before it is tried again later. Nobody "
        "waits for it, and a busy server is better given time than more work.",
    )

    search_width: int = Field(
        200,
        ge=10,
        le=2_000,
        description="Candidates a search keeps while it looks for a hundred hits (`ef` of HNSW); "
        "more finds more and takes longer. 200 found 99.4 % or more of the hundred "
        "nearest for every weighting of the spaces tried; `kindred tune-index` measures it on your "
        "catalogue. Milvus Lite looks as widely as it likes.",
    )
    index_links: int = Field(
        16,
        ge=2,
        le=128,
        description="Neighbours each vector is linked to in the index of a Milvus server (`M` of "
        "HNSW), from the next rebuild on. More finds more and takes memory. Milvus Lite and Zilliz "
        "Cloud build what they like.",
    )
    index_build_width: int = Field(
        200,
        ge=8,
        le=1_000,
        description="Candidates looked at while a vector is linked (`efConstruction` of HNSW), "
        "from the next rebuild on. More makes a better graph and building slower.",
    )

    namespace: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9_]{0,31}$",
        description="Name of this deployment where several share one PostgreSQL database and one "
        "Milvus: its tables live in a schema of that name, its collections begin with it. One "
        "deployment serves one catalogue. A SQLite file belongs to one deployment alone, and this "
        "names only its collections. Not to be changed later: nothing is moved.",
    )

    text_model: str = Field(
        "all-MiniLM-L6-v2",
        min_length=1,
        max_length=200,
        description="What reads titles and descriptions: a sentence-transformers name or path, "
        "`hash` (no model, for first tries) or `none`. The default is small, fast and good.",
    )
    image_model: str = Field(
        "resnet18",
        pattern=r"^(resnet18|resnet34|resnet50|bundled|hash|none)$",
        description="What looks at pictures: `resnet18`, `resnet34`, `resnet50`, `bundled` (small, "
        "comes with Kindred, knows clothes best), `hash` (no model) or `none`. The default embeds "
        "several pictures a second on one core.",
    )
    image_weights: str = Field(
        "best",
        min_length=1,
        max_length=500,
        description="Weights of the image model: `best` (ImageNet's; where they cannot be had, a "
        "first index is built with the bundled network instead, and says so), `imagenet` (those or "
        "none), `untrained` (seeded noise; said loudly wherever it matters) or the path of a "
        "weights file. An index keeps what it was built with until `kindred reindex`.",
    )
    weight_text: SpaceWeight = Field(
        0.6,
        description="Worth of the text space where a request does not say. Text alone ranked "
        "better than pictures alone (P@10 .788 against .681), the mix better than both (.834).",
    )
    weight_image: SpaceWeight = Field(
        0.4, description="Worth of the image space where a request does not say."
    )
    weight_behaviour: SpaceWeight = Field(
        2.0,
        description="Worth of the behaviour space, once something was learned from what people do, "
        "where a request does not say. Beside text, 1.5 to 5 predicted about equally well what "
        "people did next, at least as well as behaviour alone; below 1 was worse.",
    )
    threads: int = Field(
        1,
        ge=1,
        le=256,
        description="Threads a model may use. On a busy two-core machine two threads were up to 20 "
        "times slower than one; raise it on machines of their own.",
    )
    embed_batch_size: int = Field(
        32,
        ge=1,
        le=1_024,
        description="Items a forward pass. More gained nothing on a processor and costs memory.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Arithmetic of the models. `auto` takes bfloat16 where the processor has AMX, "
        "which was 4 to 6 times as fast there, and float32 elsewhere.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where models run. `auto` takes a GPU when there is one."
    )
    max_picture_bytes: int = Field(
        10_000_000,
        ge=1_000,
        le=200_000_000,
        description="Largest picture file. Product photos are far smaller.",
    )
    max_picture_pixels: int = Field(
        50_000_000,
        ge=1_000,
        le=500_000_000,
        description="Most pixels a picture may decode to, which bounds memory at about 200 MB.",
    )
    max_picture_frames: int = Field(
        500,
        ge=1,
        le=10_000,
        description="Most frames of an animation; only the first is looked at.",
    )
    picture_timeout: Duration = Field(
        timedelta(seconds=10),
        ge=timedelta(milliseconds=100),
        le=timedelta(minutes=5),
        description="Longest a picture may take to arrive, redirects included, so that a slow host "
        "cannot hold up a batch.",
    )
    picture_redirects: int = Field(
        3, ge=0, le=10, description="Redirects followed; every address is checked anew."
    )
    allow_private_addresses: bool = Field(
        default=False,
        description="Whether pictures and feeds may come from private, loopback and link-local "
        "addresses. Off, or anyone who can write an item could make Kindred look around inside "
        "your network.",
    )

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
