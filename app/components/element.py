"""An own element of a page: a constant template, drawn by JavaScript from a plain value.

In: the element's name and a value of plain dicts, lists, strings. Its scripts and styles lie beside this file:
`<name>.js` and `<name>.css`, or what `PARTS` lists for it.
Out: a Gradio component. The template holds no data, so no text of a document is ever parsed as HTML or
JavaScript: the scripts build nodes with `textContent` only (`dom.js`).
Knows nothing of what the values mean.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import gradio as gr

FOLDER = Path(__file__).parent
#: Scripts and styles of elements that share some; each stands on those before it.
PARTS = {
    "highlight": (("source", "marks", "highlight"), ("highlight",)),
    "review": (("source", "marks", "differences", "draft", "lease", "review"), ("highlight", "review")),
}


@cache
def _read(names: tuple[str, ...], suffix: str) -> str:
    return "\n".join((FOLDER / f"{name}.{suffix}").read_text(encoding="utf-8") for name in names)


def build_element(name: str, *, value: dict | None = None, elem_id: str | None = None) -> gr.HTML:
    """Place the element `name` in the page under construction."""
    scripts, styles = PARTS.get(name, ((name,), (name,)))
    return gr.HTML(
        value=value or {},
        html_template=f'<div class="{" ".join(f"tk-{style}" for style in styles)}"></div>',
        css_template=_read(styles, "css"),
        js_on_load=_read(("dom", *scripts), "js"),
        apply_default_css=False,
        elem_id=elem_id,
    )
