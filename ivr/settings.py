"""Settings: from the environment only, read once, unknown ``IVR_*`` names refused."""

from __future__ import annotations

import hashlib
import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

ROOT = Path(__file__).resolve().parent.parent
STAFF_ROLES = ("agent", "supervisor", "manager", "auditor", "admin")
GOVBR_LEVELS = ("bronze", "silver", "gold")


LONGEST_PUBLIC_URL = 34


class SettingsError(Exception):
    """A setting that is wrong or missing: the text names each, and what is allowed."""


def master_key(text: str) -> bytes:
    """32 bytes from a key that a person wrote."""
    return hashlib.sha256(b"ivr/master/1\0" + text.encode()).digest()


class Settings(BaseModel):
    """One field a setting; its description is the help of README's table."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    database_url: Annotated[
        str, Field(description="Banco de dados: sqlite:///arquivo ou postgresql://…")
    ] = f"sqlite:///{ROOT / 'var' / 'ivr.db'}"
    secret_key: Annotated[
        str,
        Field(
            min_length=16,
            repr=False,
            description="Chave do serviço, de 16 caracteres ou mais; sela dados e deriva códigos",
        ),
    ]
    secret_key_previous: Annotated[
        str, Field(repr=False, description="Chave anterior, só durante a troca")
    ] = ""
    public_url: Annotated[
        str, Field(description="Endereço público, como a operadora o chama, sem barra no fim")
    ] = "http://127.0.0.1:8000"
    twilio_account_sid: Annotated[
        str, Field(pattern=r"^AC[0-9a-f]{32}$", description="Conta na operadora")
    ]
    twilio_auth_token: Annotated[
        str, Field(min_length=16, repr=False, description="Segredo que assina os webhooks")
    ]
    twilio_auth_token_secondary: Annotated[
        str, Field(repr=False, description="Segundo segredo, aceito durante a troca")
    ] = ""
    twilio_api_key: Annotated[
        str,
        Field(
            pattern=r"^(SK[0-9a-f]{32})?$",
            description="Chave de API que assina as fichas do telefone no navegador",
        ),
    ] = ""
    twilio_api_secret: Annotated[str, Field(repr=False, description="Segredo dessa chave")] = ""
    twilio_api_url: Annotated[
        str, Field(description="Raiz da API da operadora; a local é http://127.0.0.1:8090")
    ] = "https://api.twilio.com"
    ivr_number: Annotated[
        str,
        Field(
            pattern=r"^(\+[1-9][0-9]{7,14}|MG[0-9a-f]{32})$",
            description="Número nosso que envia SMS e liga para atendentes (E.164)",
        ),
    ] = "+556733183600"
    ivr_agent_number: Annotated[
        str,
        Field(
            pattern=r"^(\+[1-9][0-9]{7,14})?$",
            description="Telefone de uma pessoa, chamado antes da fila (E.164); vazio: nenhum",
        ),
    ] = ""
    ivr_prompt_mode: Annotated[
        Literal["play", "say"],
        Field(description="play: áudio próprio; say: voz da operadora"),
    ] = "play"
    ivr_say_voice: Annotated[str, Field(description="Voz da operadora, em pt-BR")] = (
        "Polly.Camila-Neural"
    )
    ivr_speech: Annotated[
        Literal["vosk", "carrier", "none"],
        Field(
            description="Quem reconhece a fala: vosk (aqui), carrier (operadora), none (só teclas)"
        ),
    ] = "carrier"
    ivr_speech_model: Annotated[
        Path, Field(description="Pasta do modelo de voz, com IVR_SPEECH=vosk (flask speech fetch)")
    ] = ROOT / "var" / "speech" / "model"
    ivr_media_streams: Annotated[
        int,
        Field(
            ge=1,
            le=400,
            description="Chamadas ao mesmo tempo que um processo ouve, com IVR_SPEECH=vosk; "
            "as demais seguem pelas teclas",
        ),
    ] = 200
    ivr_media_speed: Annotated[
        float,
        Field(
            ge=1,
            le=1000,
            description="Quantas vezes mais rápido que a linha o som pode chegar; "
            "acima de 2 só em testes",
        ),
    ] = 2.0
    ivr_voice_engine: Annotated[
        Literal["pyttsx3", "espeak-ng", "command"],
        Field(
            description="Quem gera a voz das falas: pyttsx3, espeak-ng, "
            "ou command (IVR_VOICE_COMMAND)"
        ),
    ] = "pyttsx3"
    ivr_voice_command: Annotated[
        str,
        Field(description="Programa que lê o texto e grava um WAV em {file}; há {voice} e {rate}"),
    ] = ""
    ivr_directory: Annotated[
        Literal["demo", "file"],
        Field(description="Contas: demo (pessoas inventadas); file: IVR_DIRECTORIES"),
    ] = "demo"
    ivr_directories: Annotated[
        Path, Field(description="Arquivo dos diretórios reais, com IVR_DIRECTORY=file")
    ] = ROOT / "directories.toml"
    ivr_link_hours: Annotated[
        int, Field(ge=1, le=24, description="Horas que vale o endereço de escolha da senha")
    ] = 2
    ivr_var: Annotated[
        Path, Field(description="Pasta de dados: áudio pronto, registro de emergência")
    ] = ROOT / "var"
    ivr_callflows: Annotated[Path, Field(description="Pasta dos fluxos e dos dados do serviço")] = (
        ROOT / "callflows"
    )
    ivr_pin_cost: Annotated[
        Literal["normal", "low"],
        Field(description="Custo do hash da senha do telefone; low só em medições"),
    ] = "normal"
    ivr_staff_totp: Annotated[
        Literal["auto", "required", "optional"],
        Field(
            description="Segundo fator das contas locais da equipe; auto: obrigatório, menos com "
            "IVR_DIRECTORY=demo"
        ),
    ] = "auto"
    ivr_oidc_issuer: Annotated[
        str,
        Field(description="Emissor OpenID Connect, igual ao `iss` dele; vazio: só contas locais"),
    ] = ""
    ivr_oidc_client_id: Annotated[str, Field(description="Identificação nossa no emissor")] = ""
    ivr_oidc_client_secret: Annotated[
        str, Field(repr=False, description="Segredo nosso no emissor")
    ] = ""
    ivr_oidc_name: Annotated[str, Field(description="Nome do emissor no botão de entrar")] = (
        "gov.br"
    )
    ivr_oidc_shape: Annotated[
        Literal["govbr", "keycloak"], Field(description="De que tipo é o emissor")
    ] = "govbr"
    ivr_oidc_scope: Annotated[str, Field(description="Escopos pedidos")] = (
        "openid profile govbr_confiabilidades"
    )
    ivr_oidc_levels_url: Annotated[
        str,
        Field(
            pattern=r"^(https://.+\{sub\}.*|http://(127\.0\.0\.1|localhost).+\{sub\}.*)?$",
            description="govbr: serviço de níveis, com {sub} no lugar da pessoa, consultado quando "
            "o token não diz o nível; vazio: nenhum",
        ),
    ] = ""
    ivr_oidc_level: Annotated[
        str,
        Field(
            description="Nível exigido. govbr: bronze, silver ou gold (vazio: silver); "
            "keycloak: valores de acr aceitos (vazio: qualquer)"
        ),
    ] = ""
    ivr_oidc_amr: Annotated[
        str, Field(description="Fatores de que um é exigido (amr), por vírgula; vazio: qualquer")
    ] = ""
    ivr_oidc_roles: Annotated[
        str,
        Field(
            description="Papéis do emissor e os nossos: deles=agent,deles=supervisor; "
            "vazio: papéis ficam aqui"
        ),
    ] = ""
    ivr_owner_oidc_issuer: Annotated[
        str,
        Field(
            description="Emissor OpenID Connect das contas de /meu-acesso, quando o diretório de "
            "pessoas está na nuvem (Microsoft 365, Google); vazio: nenhum"
        ),
    ] = ""
    ivr_owner_oidc_client_id: Annotated[
        str, Field(description="Identificação de /meu-acesso nesse emissor")
    ] = ""
    ivr_owner_oidc_client_secret: Annotated[
        str, Field(repr=False, description="Segredo de /meu-acesso nesse emissor")
    ] = ""
    ivr_owner_oidc_claim: Annotated[
        Literal["sub", "oid"],
        Field(
            description="Campo que traz a chave da conta no diretório: sub (Google) ou oid "
            "(Microsoft)"
        ),
    ] = "sub"
    ivr_owner_oidc_name: Annotated[
        str, Field(description="Nome da conta no botão de entrar de /meu-acesso")
    ] = "a conta do e-mail oficial"
    ivr_webhook_networks: Annotated[
        str,
        Field(
            description="Redes privadas que avisos podem alcançar, por http também "
            "(CIDR, por vírgula); vazio: só https e endereços públicos",
        ),
    ] = ""
    ivr_metrics_token: Annotated[
        str,
        Field(
            repr=False,
            pattern=r"^(.{16,})?$",
            description="Ficha (Bearer) de quem lê /metrics, de 16 caracteres ou mais; "
            "vazio: só redes",
        ),
    ] = ""
    ivr_metrics_networks: Annotated[
        str,
        Field(description="Redes que leem /metrics sem ficha (CIDR, por vírgula)"),
    ] = "127.0.0.0/8,::1/128"
    ivr_log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(description="Detalhe do registro")
    ] = "INFO"

    @field_validator("public_url", "twilio_api_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an absolute http or https address")
        return value.rstrip("/")

    @field_validator("ivr_oidc_issuer", "ivr_owner_oidc_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        local = parts.hostname in ("127.0.0.1", "localhost")
        if value and (not parts.hostname or parts.scheme != "https") and not local:
            raise ValueError("an https address")
        return value

    @field_validator("ivr_oidc_roles")
    @classmethod
    def _roles(cls, value: str) -> str:
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        if any(not theirs.strip() or ours.strip() not in STAFF_ROLES for theirs, _, ours in pairs):
            raise ValueError(f"theirs=ours, ours one of {', '.join(STAFF_ROLES)}")
        return value

    @model_validator(mode="after")
    def _oidc_whole(self) -> Self:
        if self.ivr_oidc_issuer and not (self.ivr_oidc_client_id and self.ivr_oidc_client_secret):
            raise ValueError("IVR_OIDC_ISSUER needs IVR_OIDC_CLIENT_ID and IVR_OIDC_CLIENT_SECRET")
        owner = self.ivr_owner_oidc_client_id and self.ivr_owner_oidc_client_secret
        if self.ivr_owner_oidc_issuer and not owner:
            raise ValueError(
                "IVR_OWNER_OIDC_ISSUER needs IVR_OWNER_OIDC_CLIENT_ID and "
                "IVR_OWNER_OIDC_CLIENT_SECRET"
            )
        if self.ivr_oidc_shape == "govbr" and self.ivr_oidc_level not in ("", *GOVBR_LEVELS):
            raise ValueError(f"IVR_OIDC_LEVEL: one of {', '.join(GOVBR_LEVELS)}")
        return self

    @field_validator("ivr_webhook_networks", "ivr_metrics_networks")
    @classmethod
    def _networks(cls, value: str) -> str:
        for one in value.split(","):
            if one.strip():
                ipaddress.ip_network(one.strip())
        return value

    @field_validator("public_url")
    @classmethod
    def _short(cls, value: str) -> str:
        if len(value) > LONGEST_PUBLIC_URL:
            raise ValueError(
                f"at most {LONGEST_PUBLIC_URL} characters, so that a link fits one text message"
            )
        return value

    @property
    def key(self) -> bytes:
        """32 bytes made of ``SECRET_KEY``."""
        return master_key(self.secret_key)

    @property
    def previous_keys(self) -> tuple[bytes, ...]:
        """The key before a change, if it is given."""
        return (master_key(self.secret_key_previous),) if self.secret_key_previous else ()

    @property
    def staff_must_enrol(self) -> bool:
        """Whether a local account without a second factor gets one before anything else."""
        if self.ivr_staff_totp == "auto":
            return self.ivr_directory != "demo"
        return self.ivr_staff_totp == "required"

    @property
    def prompts_file(self) -> Path:
        """The texts of the prompts."""
        return ROOT / "prompts" / "pt-BR.toml"

    @property
    def uploaded_dir(self) -> Path:
        """Where the recorded voices are that came by the page."""
        return self.ivr_var / "recorded"

    @property
    def audio_dir(self) -> Path:
        """Where the rendered prompts are."""
        return self.ivr_var / "prompts"


NO_CARRIER = ("twilio_account_sid", "twilio_auth_token")
"""Required settings that a command without telephone may lack."""
FILES_ONLY = (*NO_CARRIER, "secret_key")
"""Those that a command on files, or on the bare database, may lack."""
NOT_NEEDED = {
    "secret_key": "not-needed-" + "0" * 32,
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "not-needed-" + "0" * 32,
}


def read_settings(
    environ: Mapping[str, str] | None = None, *, without: tuple[str, ...] = ()
) -> Settings:
    """Settings of the environment. Raises :class:`SettingsError`.

    ``NAME_FILE`` names a file that holds the value, for secrets kept out of the environment.
    ``without``: required settings that a command does not use and that may be missing.
    """
    env = dict(os.environ if environ is None else environ)
    given: dict[str, str] = {field: NOT_NEEDED[field] for field in without}
    problems: list[str] = []
    for field in Settings.model_fields:
        name = field.upper()
        if env.get(f"{name}_FILE"):
            try:
                given[field] = Path(env[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
            except OSError as error:
                problems.append(f"{name}_FILE: {error.strerror}")
        elif name in env:
            given[field] = env[name]
    known = {f.upper() for f in Settings.model_fields}
    for name in sorted(env):
        if name.startswith("IVR_") and name.removesuffix("_FILE") not in known:
            allowed = ", ".join(sorted(k for k in known if k.startswith("IVR_")))
            problems.append(f"{name}: unknown setting; known: {allowed}")
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        for item in error.errors(include_input=False, include_url=False):
            name = ".".join(str(p) for p in item["loc"]).upper()
            problems.append(f"{name}: {item['msg']}" if name else str(item["msg"]))
    if problems:
        raise SettingsError("\n".join(problems))
    return settings
