"""The composition root: database, worker, model and pages become one HTTP application.

In: `Settings` and the parts that are open already. Out: a FastAPI application, or a running server.
FastAPI owns identity, headers, health and the API of programs; Gradio is mounted below it, once for each language,
and only draws.
"""

from __future__ import annotations

import asyncio
import logging
import os
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import fastapi
import gradio as gr
import uvicorn
from fastapi.responses import FileResponse, JSONResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app.api.application import build_api
from app.commands.data_folder import make_folder
from app.commands.reviewing import opened
from app.http_guard import LOOPBACK_HOSTS, LanguageOfAddress, SameOrigin, SecurityHeaders, without_port
from app.login.gate import Gate, is_loopback, person_of, require_users
from app.login.oidc import build_way
from app.login.routes import add_routes as add_login
from app.login.routes import cookie_name
from app.model_loading import ModelLoader
from app.pages.context import Context
from app.pages.draft_route import build_draft_route
from app.pages.frame import PAGE_ROLES, PAGES, navigation_style
from app.pages.lease_route import build_lease_route
from app.pages.printed_record import add_record_route
from app.pages.site import build_site
from app.text import LANGUAGES
from app.theme import build_theme, style_sheet
from app.working import Helper, Work
from backend.config import Settings
from backend.jobs.worker import Worker
from backend.review.store.database import Database
from backend.webhooks.delivery import Deliverer

LOGGER = logging.getLogger(__name__)

FAVICON = Path(__file__).parent / "pages" / "favicon.svg"
#: Above what documents may be, so that a file that is too large is refused with a sentence in the page's language.
MAX_UPLOAD = "64mb"


def build_app(settings: Settings, *, database: Database, model: ModelLoader, worker: Worker | None) -> fastapi.FastAPI:
    """Put the application together; its start and end are the worker's, too.

    Args:
        settings: where things lie and which address is served.
        database: open, and migrated.
        model: prepares the model in the background once the application starts.
        worker: not started yet; None where other processes work on the queue (`app.working`).
    """
    # Gradio makes an event loop wherever none is running, and never closes it: give it one that is closed.
    return asyncio.run(_assemble(settings, database=database, model=model, worker=worker))


async def _assemble(
    settings: Settings, *, database: Database, model: ModelLoader, worker: Worker | None
) -> fastapi.FastAPI:
    _harden_gradio(settings)
    own = [] if worker is None else [Work(settings, database=database, model=model, worker=worker)]
    app = fastapi.FastAPI(
        lifespan=partial(_live, helpers=[*own, Deliverer(database)]), docs_url=None, redoc_url=None, openapi_url=None
    )
    app.add_api_route("/healthz", lambda: _health(model), response_model=None)
    app.add_api_route("/favicon.ico", _favicon, include_in_schema=False)
    cookie = cookie_name(settings.port)
    way = build_way(settings)
    add_login(app, database=database, cookie=cookie, way=way)
    app.mount("/api/v1", build_api(database))
    # Who has named an identity provider wants everybody to log in, this machine's own person as well.
    _add_guards(app, settings, database=database, cookie=cookie, has_provider=way is not None)
    context = Context(
        database=database,
        model_state=model.state,
        score=model.score,
        person=person_of,
        data_dir=str(settings.data),
        model_name=settings.model,
    )
    app.include_router(build_draft_route(context))
    app.include_router(build_lease_route(context))
    add_record_route(app, context)
    for language in LANGUAGES:
        _mount(app, language=language, context=context, settings=settings)
    return app


def serve(settings: Settings, *, model: ModelLoader) -> None:
    """Migrate the database and serve until the process is told to stop."""
    with opened(settings) as database:
        if not settings.oidc_issuer:
            require_users(database, host=settings.host, public_hosts=settings.own_origins)
        worker = Worker(database, model.summarize) if settings.work else None
        app = build_app(settings, database=database, model=model, worker=worker)
        uvicorn.run(app, **server_options(settings))


def server_options(settings: Settings) -> dict[str, Any]:
    """How uvicorn serves; nobody but the named proxies may say from where a request comes, and by which scheme."""
    return {
        "host": settings.host,
        "port": settings.port,
        "log_level": "warning",
        "server_header": False,
        "timeout_graceful_shutdown": 3,
        "proxy_headers": True,
        "forwarded_allow_ips": settings.proxies,
    }


@asynccontextmanager
async def _live(app: fastapi.FastAPI, *, helpers: Sequence[Helper]) -> AsyncIterator[None]:
    for helper in helpers:
        helper.start()
    try:
        yield
    finally:
        for helper in reversed(helpers):
            helper.stop()


def _health(model: ModelLoader) -> JSONResponse:
    """Whether pages are served (they are) and where the preparation of the model stands (`ModelState`)."""
    state = model.state()
    content = {
        "status": "ok",
        "model": state.status,
        "stage": state.stage,
        "share": round(state.share, 3),
        "error": str(state.error) if state.error is not None else None,
    }
    return JSONResponse(content)


def _favicon() -> FileResponse:
    return FileResponse(FAVICON, media_type="image/svg+xml")


def _add_guards(
    app: fastapi.FastAPI, settings: Settings, *, database: Database, cookie: str, has_provider: bool
) -> None:
    # The last one added is the first one passed. Gradio adds no CORS headers of its own below a CORSMiddleware.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    is_local = is_loopback(settings.host)
    public = settings.own_origins
    allows_local = is_local and not has_provider and not public
    app.add_middleware(Gate, database=database, cookie=cookie, allows_local=allows_local, page_roles=PAGE_ROLES)
    app.add_middleware(LanguageOfAddress, pages=(*(path for path, _ in PAGES), "login", "password"))
    app.add_middleware(SameOrigin, own=public)
    if is_local:
        # A foreign name that resolves to this machine (DNS rebinding) is not this program's address.
        names = [*LOOPBACK_HOSTS, *(without_port(one) for one in public)]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=names, www_redirect=False)
    app.add_middleware(SecurityHeaders)


def _harden_gradio(settings: Settings) -> None:
    """Settings that Gradio takes from the environment only; it reads them when pages are built and requests come."""
    uploads = make_folder(settings.data / "uploads", mode=0o700)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    # Gradio would sum up its own statistics with pandas after every event; nobody sees them here.
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)


def _mount(app: fastapi.FastAPI, *, language: str, context: Context, settings: Settings) -> None:
    with warnings.catch_warnings():
        # Said of every application with several pages, whether it asks for server-side rendering or not.
        warnings.filterwarnings("ignore", message="SSR mode is not supported")
        _mount_site(app, language=language, context=context, settings=settings)


def _mount_site(app: fastapi.FastAPI, *, language: str, context: Context, settings: Settings) -> None:
    gr.mount_gradio_app(
        app,
        build_site(language, context),
        path=f"/{language}",
        server_name=settings.host,
        server_port=settings.port,
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        allowed_paths=[],
        blocked_paths=_private_paths(settings),
        max_file_size=MAX_UPLOAD,
        theme=build_theme(language),
        css=style_sheet() + navigation_style(),
        head=f"<script>document.documentElement.lang = '{language}';</script>",
    )


def _private_paths(settings: Settings) -> list[str]:
    """Everything in the data folder but the uploads."""
    names = ("tashika.db", "tashika.db-wal", "tashika.db-shm")
    folders = (settings.models_dir, settings.adapters_dir)
    return [str(settings.data / name) for name in names] + [str(folder) for folder in folders]
