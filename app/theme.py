"""Colours, fonts and the frame of every page.

In: the language of the page. Out: a Gradio theme, and one style sheet of named colours for the own elements.
Fonts are named, never fetched. Doubt is orange and trust is blue, which colour-blind people tell apart.
Knows nothing of what the pages show.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors, fonts, sizes

LATIN_FONTS = ("system-ui", "Segoe UI", "Helvetica Neue", "Noto Sans", "Arial")
JAPANESE_FONTS = ("Yu Gothic UI", "Yu Gothic", "Meiryo", "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP")
FONT_ORDER = {
    "en": (*LATIN_FONTS, *JAPANESE_FONTS, "sans-serif"),
    "ja": (*JAPANESE_FONTS, *LATIN_FONTS, "sans-serif"),
}
MONO_FONTS = ("ui-monospace", "Consolas", "Menlo", "Noto Sans Mono", "monospace")

LIGHT_COLOURS = {
    "back": "#f5f7fa",
    "card": "#ffffff",
    "well": "#e9eef4",
    "ink": "#18212f",
    "ink-soft": "#475364",
    "line": "#d8dfe8",
    "line-strong": "#8291a5",
    "accent": "#1f5fa8",
    "accent-back": "#eaf2fb",
    "on-accent": "#ffffff",
    "link": "#1f5fa8",
    "mark": "#bcd8f7",
    "sure-line": "#3a78bb",
    "sure-ink": "#1d4e89",
    "check-back": "#fff3dc",
    "check-line": "#bd6a00",
    "check-ink": "#653a00",
    "doubtful-back": "#ffddb0",
    "doubtful-line": "#b84a00",
    "doubtful-ink": "#662a00",
}
DARK_COLOURS = {
    "back": "#0f141b",
    "card": "#171e28",
    "well": "#1e2733",
    "ink": "#e6ebf2",
    "ink-soft": "#b1bccb",
    "line": "#303b4a",
    "line-strong": "#74849a",
    "accent": "#6aa9e9",
    "accent-back": "#1a2b3f",
    "on-accent": "#0b1420",
    "link": "#8fc1f3",
    "mark": "#2c4d73",
    "sure-line": "#6aa9e9",
    "sure-ink": "#a9cdf5",
    "check-back": "#392a12",
    "check-line": "#e09a3a",
    "check-ink": "#ffdca8",
    "doubtful-back": "#56310c",
    "doubtful-line": "#ff9a3d",
    "doubtful-ink": "#ffd0a0",
}

FRAME_FILE = Path(__file__).parent / "components" / "frame.css"


def build_theme(language: str) -> gr.themes.Base:
    """The theme of all pages of one language."""
    theme = gr.themes.Base(
        primary_hue=colors.blue,
        secondary_hue=colors.blue,
        neutral_hue=colors.slate,
        radius_size=sizes.radius_md,
        spacing_size=sizes.spacing_md,
        text_size=sizes.text_md,
        font=[fonts.Font(name) for name in FONT_ORDER[language]],
        font_mono=[fonts.Font(name) for name in MONO_FONTS],
    )
    return theme.set(
        body_background_fill="#f5f7fa",
        body_background_fill_dark="#0f141b",
        block_background_fill="#ffffff",
        block_background_fill_dark="#171e28",
        block_border_width="1px",
        block_border_color="#d8dfe8",
        block_border_color_dark="#303b4a",
        block_radius="12px",
        block_shadow="none",
        block_label_text_color="#475364",
        block_label_text_color_dark="#b1bccb",
        block_title_text_color="#18212f",
        block_title_text_color_dark="#e6ebf2",
        block_title_text_weight="600",
        block_info_text_color="#475364",
        block_info_text_color_dark="#b1bccb",
        body_text_color="#18212f",
        body_text_color_dark="#e6ebf2",
        body_text_color_subdued="#475364",
        body_text_color_subdued_dark="#b1bccb",
        input_background_fill="#ffffff",
        input_background_fill_dark="#121922",
        input_border_color="#8291a5",
        input_border_color_dark="#74849a",
        input_placeholder_color="#5b6878",
        input_placeholder_color_dark="#96a3b4",
        button_primary_background_fill="#1f5fa8",
        button_primary_background_fill_hover="#184d8a",
        button_primary_background_fill_dark="#6aa9e9",
        button_primary_background_fill_hover_dark="#8fc1f3",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#0b1420",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#1e2733",
        button_secondary_border_color="#8291a5",
        button_secondary_border_color_dark="#74849a",
        button_secondary_text_color="#18212f",
        button_secondary_text_color_dark="#e6ebf2",
        button_border_width="1px",
        input_border_width="1px",
        slider_color="#1f5fa8",
        slider_color_dark="#6aa9e9",
        checkbox_background_color_selected="#1f5fa8",
        checkbox_background_color_selected_dark="#6aa9e9",
        checkbox_border_color_selected="#1f5fa8",
        checkbox_border_color="#8291a5",
        checkbox_border_color_dark="#74849a",
        button_large_text_size="15px",
        button_cancel_background_fill="#ffffff",
        button_cancel_background_fill_dark="#1e2733",
        button_cancel_border_color="#b84a00",
        button_cancel_border_color_dark="#ff9a3d",
        button_cancel_text_color="#8a3600",
        button_cancel_text_color_dark="#ffb978",
        button_large_radius="10px",
        button_medium_radius="9px",
        button_small_radius="8px",
    )


def style_sheet() -> str:
    """The named colours, light and dark, and the frame of the pages."""
    light, dark = _colours(":root", LIGHT_COLOURS), _colours(":root .dark, .dark", DARK_COLOURS)
    return f"{light}\n{dark}\n{FRAME_FILE.read_text(encoding='utf-8')}"


def colours_by_system() -> str:
    """The named colours for a page without Gradio: dark where the system is."""
    dark = _colours(":root", DARK_COLOURS)
    return f"{_colours(':root', LIGHT_COLOURS)}\n@media (prefers-color-scheme: dark) {{ {dark} }}"


def _colours(selector: str, values: dict[str, str]) -> str:
    return f"{selector} {{ {' '.join(f'--tk-{name}: {value};' for name, value in values.items())} }}"
