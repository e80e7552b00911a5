"""All pages of one language, put together.

In: a language and the context. Out: the Gradio application to be mounted. Knows nothing of HTTP.
"""

from __future__ import annotations

import gradio as gr

from app.pages.context import Context
from app.pages.frame import PAGES
from app.pages.inbox import build_inbox
from app.pages.insights import build_insights
from app.pages.models import build_models
from app.pages.programs import build_programs
from app.pages.settings import build_settings
from app.pages.summarize import build_summarize
from app.pages.users import build_users
from app.text import text

#: Every hour, uploads older than an hour are deleted (a read upload is deleted at once).
UPLOAD_SECONDS = 3600


def build_site(language: str, context: Context) -> gr.Blocks:
    """All pages in one language."""
    with gr.Blocks(
        title=text(language, "page.name"),
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(UPLOAD_SECONDS, UPLOAD_SECONDS),
    ) as site:
        build_summarize(language, context)
        build_programs(language, context)
    builders = {
        "inbox": build_inbox, "insights": build_insights, "models": build_models, "settings": build_settings,
        "users": build_users,
    }  # fmt: skip
    for path, name in PAGES[1:]:
        with site.route(text(language, name), f"/{path}"):
            builders[path](language, context)
    site.queue(default_concurrency_limit=None, api_open=False)
    return site
