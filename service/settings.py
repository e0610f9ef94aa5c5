"""Every setting, read from `STYLIST_*` environment variables. The only module that reads the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from indexer.embedder import EMBEDDED_MODEL
from indexer.item import Department
from indexer.record import MAX_UNPACKED
from indexer.storage.images import MAX_BYTES

EMBEDDED_LM = "embedded:SmolLM2-135M-Instruct"

Positive = Annotated[int, Field(gt=0)]
ImageHost = Annotated[str, Field(pattern=r"^(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?$")]
HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")]
Origin = Annotated[str, Field(pattern=r"^https?://[^/*?#@\s]+$")]

BasketUrl = Annotated[str, Field(pattern=r"^https?://[^\s{}]+\{skus\}[^\s{}]*$")]


class Settings(BaseSettings):
    """Settings of command line and service; a field's name in capitals after `STYLIST_` sets it."""

    model_config = SettingsConfigDict(env_prefix="STYLIST_", extra="ignore")

    data_dir: Path = Path("data")
    """Where the index, the keys and the composed outfits live."""
    database_url: SecretStr | None = None
    """PostgreSQL that keeps the state, as postgresql://USER:PASSWORD@HOST/NAME; unset: a file in the data folder."""
    model_dir: Path = Path.home() / ".cache" / "vibe-stylist"
    """Where the converted base model is cached."""
    adapters_dir: Path = Field(default_factory=lambda data: _adapters(data["data_dir"]))
    """Folder of adapters: one folder per style and version; the one beside the code, else one in the data folder."""
    policy_dir: Path | None = None
    """Folder of a store's own rows of the policy tables; unset: the tables as they are shipped."""
    embedder: str = EMBEDDED_MODEL
    """Embedding model: a sentence-transformers id or folder."""
    base_model: str = EMBEDDED_LM
    """Base language model: a transformers id or folder."""
    default_style: str = "house"
    """Style of a request that names none; `base` while no such adapter is published."""
    memory: bool = True
    """Whether stylists' looks for wishes like the shopper's say what to look for."""
    critic: bool = True
    """Whether the critic, who learned from graded outfits, has a say in pieces and chooses among whole outfits."""
    default_department: Department | None = None
    """Whom outfits are for where nobody says so; unset: women or men, whichever the store has more for."""
    composer: Literal["auto", "retrieval"] = "auto"
    """`retrieval` never loads a language model."""
    currency: str = "EUR"
    """Currency of feeds that name none."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    feed_dir: Path | None = None
    """Folder that server-side paths of reindex requests are confined to; unset: uploads only."""
    feed_sources: Annotated[tuple[str, ...] | None, NoDecode] = None
    """Names in that folder, or addresses, separated by commas, that a reindex request without feeds means."""
    feed_hosts: Annotated[tuple[str, ...] | None, NoDecode] = None
    """Hosts (or HOST:PORT), separated by commas, whose feeds a reindex request may have fetched; unset: none."""
    feed_seconds: Annotated[float, Field(gt=0)] = 600.0
    """A feed that is fetched from an address must have arrived after this many seconds."""
    reindex_max_removed: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Share of the current items that a reindex may remove without being confirmed."""
    image_hosts: Annotated[tuple[ImageHost, ...] | None, NoDecode] = None
    """Hosts that product images are fetched from when indexing, separated by commas; unset: none are fetched."""
    image_max_bytes: Positive = MAX_BYTES
    """Most bytes that a product image may weigh as it is fetched."""
    candidates_per_slot: Positive = 8
    """Pieces per slot that the stylist reads."""
    queue_size: Positive = 16
    """Requests that may wait for the stylist before the service answers 503."""
    deadline_seconds: Annotated[float, Field(gt=0)] = 20.0
    """A request that waits longer than this for the stylist is composed by retrieval alone."""
    max_upload_bytes: Positive = 512 * 1024 * 1024
    """Largest upload of feeds, and largest feed that is fetched from an address."""
    max_unpacked_bytes: Positive = MAX_UNPACKED
    """Most bytes that a packed feed (gzip, Parquet, Excel) may unpack to."""
    max_body_bytes: Positive = 256 * 1024
    body_timeout_seconds: Annotated[float, Field(gt=0)] = 60.0
    """A body must have arrived after this many seconds; of an upload, something in each."""
    drain_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How long a service that is told to stop goes on with the requests that are under way."""
    rate_per_minute: Annotated[int, Field(ge=0)] = 3000
    """Requests per minute and key, or address where no key is asked for; half of them at once. 0: no limit."""
    cors_origins: Annotated[tuple[Origin, ...] | None, NoDecode] = None
    """Origins of web pages that may call the shopper routes, separated by commas; unset: none."""
    allowed_hosts: Annotated[tuple[HostName, ...] | None, NoDecode] = None
    """Names that the service is asked for by, separated by commas, besides its addresses, while there are no keys."""
    shopper_page: bool = True
    """Whether `/` is a page on which anyone who reaches it may ask for outfits, also once there are keys."""
    basket_url: BasketUrl | None = None
    """Address that puts pieces into the store's basket, with `{skus}` where they go, separated by commas."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses of proxies, separated by commas, that are believed who the client is."""
    log_client_address: bool = False
    """Whether the log names the client's address."""
    log_shopper_text: bool = False
    """Whether the log holds what shoppers typed."""
    keep_vibes: bool | None = None
    """What becomes of what shoppers typed: `false` stores it nowhere; unset, it stays with outfits and events, which
    are changed and learned from by it; `true` keeps it with the log of requests too, for staff to see."""
    keep_days: Positive = 90
    """Days that composed outfits and the log of requests are kept, and jobs with a key at least."""
    docs: bool = True
    """Whether `/docs` and `/openapi.json` are there."""
    metrics: Literal["open", "staff", "off"] = "open"
    """Who may read `/metrics`: anyone who reaches the service, staff keys, nobody."""
    otel: bool = False
    """Whether requests are traced by OpenTelemetry."""
    shopper_secret: SecretStr | None = None
    """What the shop's server signs pseudonyms with for pages with a publishable key; unset: such pages name nobody."""
    personalise: bool = True
    """Whether a shopper's own feedback moves what they are shown."""
    threads: int = 0
    """Threads of the language model; 0 leaves the choice to torch."""

    @field_validator(
        "cors_origins", "allowed_hosts", "feed_sources", "feed_hosts", "image_hosts", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip()) or None
        return value


BESIDE_THE_CODE = Path(__file__).parent.parent / "adapters"


def _adapters(data_dir: Path) -> Path:
    """Never one that merely happens to lie where the command is run: nobody chose those weights."""
    return BESIDE_THE_CODE if BESIDE_THE_CODE.is_dir() else data_dir / "adapters"


def adapters_source(settings: Settings) -> str:
    """Why these settings take adapters from the folder that they do, in words."""
    if "adapters_dir" in settings.model_fields_set:
        return "as STYLIST_ADAPTERS_DIR or --adapters-dir says"
    return "beside the code" if settings.adapters_dir == BESIDE_THE_CODE else "in the data folder"
