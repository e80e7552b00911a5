"""A `Summarizer` on a tiny real model, with adapters on attention and MLP layers as the shipped one may have."""

from backend.language.loading import LanguageModel
from backend.laplace.curvature import batch_sums
from backend.laplace.posterior import build
from backend.pipeline import Summarizer, batch_of
from tests.tiny import tiny_peft, tiny_tokenizer

LOG = "Inspection log, lot 4711-A.\nBore 3: 12.61 mm, limit 12.40 ±0.05 mm: NG.\nLot on hold."


def tiny_summarizer() -> Summarizer:
    model = tiny_peft(vocabulary=258, modules=("q_proj", "v_proj", "up_proj", "down_proj"))
    language = LanguageModel(model, tiny_tokenizer(), "tiny", "a@1")
    ids = language.tokenizer(LOG, add_special_tokens=False)["input_ids"]
    posterior = build(batch_sums(model, batch_of(ids[:30], ids[30:])), prior_precision=50.0)
    return Summarizer(language, posterior, "p@1", max_document_tokens=80, max_summary_tokens=12)
