"""Tokens for ROUGE in two languages: what the package rouge-score counts in English, and a declared form in Japanese.

In English they are the package's own (lower case, ASCII letters and digits, Porter stems), which drop every Japanese
character. So in Japanese, after NFKC and lower-casing, every Japanese character is a token, and so is every run of
Latin letters and digits with its inner points and hyphens (`12.4`, `lot-7a`). Figures of the two are not comparable.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rouge_score import tokenizers

_JAPANESE_TOKEN = re.compile(r"[a-z0-9]+(?:[.\-/:][a-z0-9]+)*|[^\W_]")


class CharacterTokenizer(tokenizers.Tokenizer):
    """Japanese tokens for ROUGE: single characters, and whole runs of Latin letters and digits."""

    def tokenize(self, text: str) -> list[str]:
        """Splits `text`; punctuation and spaces are dropped."""
        return _JAPANESE_TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


@lru_cache(maxsize=2)
def tokenizer_of(language: str) -> tokenizers.Tokenizer:
    """The tokenizer of a text in this language: "ja", or any other."""
    return CharacterTokenizer() if language == "ja" else tokenizers.DefaultTokenizer(use_stemmer=True)
