"""An own element of a page: a constant template, drawn by JavaScript from a plain value.

In: the element's name (`<name>.js`, `<name>.css` beside this file) and a value of plain dicts, lists, strings.
Out: a Gradio component. The template holds no data, so no text of a document is ever parsed as HTML or
JavaScript: the scripts build nodes with `textContent` only (`dom.js`).
Knows nothing of what the values mean.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import gradio as gr

FOLDER = Path(__file__).parent


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def build_element(name: str, *, value: dict | None = None, elem_id: str | None = None) -> gr.HTML:
    """Place the element `name` in the page under construction."""
    return gr.HTML(
        value=value or {},
        html_template=f'<div class="tk-{name}"></div>',
        css_template=_read(f"{name}.css"),
        js_on_load=f"{_read('dom.js')}\n{_read(f'{name}.js')}",
        apply_default_css=False,
        elem_id=elem_id,
    )
