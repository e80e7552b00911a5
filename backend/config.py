"""Settings of one installation, read from the environment (`TASHIKA_*`) when asked, never at import.

In: environment variables. Out: a frozen `Settings` with the paths of everything the program writes.
Knows nothing of models, databases or pages.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_HOST = re.compile(r"(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")

DEFAULT_MODEL = "smollm2-135m-instruct"


class Settings(BaseSettings):
    """What a person may choose before the start; all of it has a default that works offline."""

    model_config = SettingsConfigDict(env_prefix="TASHIKA_", frozen=True)

    data: Path = Field(
        default_factory=lambda: user_data_path("tashika", appauthor=False),
        description="Folder of the database, the model copy, adapters and uploads.",
    )
    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite in the data folder.")
    model: str = Field(default=DEFAULT_MODEL, description="Base model: the default, a local folder, or a hub name.")
    adapter: Path | None = Field(
        default=None, description="Folder of a LoRA adapter with its posterior; empty: the one that ships."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=7860, ge=0, le=65535, description="Port to listen on.")
    proxies: str = Field(
        default="127.0.0.1,::1",
        description="Addresses or networks of reverse proxies, by commas, whose X-Forwarded-* are believed.",
    )
    public_hosts: str = Field(
        default="", description="Names (with the port, if any) that a reverse proxy serves the pages under, by commas."
    )
    work: bool = Field(
        default=True, description="Whether `serve` summarizes; off where other machines do (`tashika worker`)."
    )
    threads: int = Field(default=0, ge=0, description="CPU threads for the model; 0: as torch chooses.")
    max_summary_tokens: int = Field(default=160, ge=8, le=1024, description="Longest summary, in tokens.")
    max_document_tokens: int = Field(
        default=1024, ge=64, description="Tokens of a document that the model reads; longer ones are condensed."
    )

    oidc_issuer: str = Field(default="", description="Identity provider (OpenID Connect) to log in with; empty: none.")
    oidc_client_id: str = Field(default="", description="Under which the provider knows this program.")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="Empty for a public client.")
    oidc_redirect_url: str = Field(
        default="", description="Callback as registered there; empty: this address and /login/oidc/callback."
    )
    oidc_role_claim: str = Field(default="groups", description="Claim that names the groups of an account.")
    oidc_roles: dict[str, str] = Field(
        default={}, description="Role by group, as JSON; where there are any, the provider decides at every login."
    )
    oidc_default_role: str = Field(
        default="submitter", description="Role of an account without such a group; empty: it is not let in."
    )
    oidc_domains: str = Field(
        default="", description="Domains of verified e-mail addresses that may log in, by commas; empty: all."
    )

    @field_validator("proxies")
    @classmethod
    def _check_proxies(cls, value: str) -> str:
        for one in _split(value):
            ip_network(one)  # says what is wrong by a ValueError
        return ",".join(_split(value))

    @field_validator("public_hosts")
    @classmethod
    def _check_public_hosts(cls, value: str) -> str:
        for one in _split(value):
            if _HOST.fullmatch(one) is None:
                raise ValueError(f"{one} is no name like plant.example or plant.example:8443")
        return ",".join(_split(value))

    @property
    def own_origins(self) -> tuple[str, ...]:
        """Names, with their ports, that a reverse proxy serves the pages under."""
        return tuple(_split(self.public_hosts))

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{(self.data / 'tashika.db').as_posix()}"

    @property
    def models_dir(self) -> Path:
        """Folder of base-model copies."""
        return self.data / "models"

    @property
    def adapters_dir(self) -> Path:
        """Folder of adapters trained on this installation."""
        return self.data / "adapters"


def _split(value: str) -> list[str]:
    return [one.strip().lower() for one in value.split(",") if one.strip()]
