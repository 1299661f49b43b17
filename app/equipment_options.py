"""The options of what Kindred works with: records, the index, the models, and pictures.

As in every module of options: type, bounds, default, and the reason for the default. The
descriptions are the reference people read (docs/reference/settings.md is made from them).
"""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from app.values import Duration, SpaceWeight


class EquipmentOptions(BaseModel):
    """Where everything lives, and what sees it. Field order is the order of the reference."""

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
