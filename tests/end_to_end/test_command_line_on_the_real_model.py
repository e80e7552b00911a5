"""`tashika summarize --json` on the real model, in English, in Japanese and with emoji."""

import json
import os
import subprocess
import sys

import pytest

from backend.corpus import generate
from backend.datasets import split_of
from backend.documents.sentences import split_sentences
from backend.language.loading import load_language_model
from backend.laplace.storage import load as load_posterior
from backend.pipeline import DEFAULT_ADAPTER_DIR, POSTERIOR_FOLDER
from backend.training.seen import SEEN_FILE
from tests.end_to_end.conftest import ROOT

ENGLISH = (
    "Final inspection, lot 4711-A, part BX-20, 12 June 2026\n"
    "Bore 3: 12.61 mm, limit 12.40 +/-0.05 mm: NG\nHardness 58 HRC, limit 55 to 60: OK\n"
    "Lot on hold. Open item: re-measure piece 7 by 19 June."
)
JAPANESE = "最終検査 ロット4711-A 部品BX-20\n穴径3：12.61mm 規格12.40±0.05 不合格\n硬度：58 合格\nロット保留。👍🏽"


def summarize(data, path, *options):
    result = subprocess.run(
        [sys.executable, "-m", "app", "summarize", str(path), "--json", *options],
        cwd=ROOT, env={**os.environ, "TASHIKA_DATA": str(data)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (JAPANESE, "ja")], ids=["english", "japanese"])
def test_the_json_is_as_promised(data, tmp_path, text, language):
    path = tmp_path / "log.txt"
    path.write_text(text, "utf-8")
    found = summarize(data, path, "--samples", "4")
    assert list(found) == [
        "document", "summary", "model", "samples", "tokens", "spans", "risk", "decision", "reason", "policy",
        "review_item", "seconds",
    ]  # fmt: skip
    assert found["document"] == {"title": found["document"]["title"], "characters": len(text), "language": language}
    assert found["samples"] == 4
    assert set(found["model"]) == {"base", "adapter", "posterior", "calibration"}
    assert "".join(token["text"] for token in found["tokens"]) == found["summary"] != ""
    for token in found["tokens"]:
        assert found["summary"][token["start_char"] : token["end_char"]] == token["text"]
        assert 0 <= token["probability"] <= 1
        assert token["entropy_nats"] >= token["expected_entropy_nats"] - 1e-4
        assert token["logit_variance"] >= 0
        assert all(set(other) == {"text", "probability"} for other in token["alternatives"])
    assert any(token["mutual_information_nats"] > 0 for token in found["tokens"])
    for span in found["spans"]:
        assert found["summary"][span["start_char"] : span["end_char"]] == span["text"]
        assert span["band"] in {"sure", "check", "doubtful"}
        assert all(text[s["start_char"] : s["end_char"]] for s in span["source"])
    assert found["decision"] in {"accepted", "review"}
    assert (found["review_item"] is not None) == (found["decision"] == "review")
    assert set(found["seconds"]) >= {"generate", "score"}


def test_the_shipped_posterior_belongs_to_the_shipped_adapter_and_is_better_than_map(models):
    language = load_language_model(
        models / "smollm2-135m-instruct", base_id="smollm2-135m-instruct", adapter_dir=DEFAULT_ADAPTER_DIR
    )
    posterior, record = load_posterior(DEFAULT_ADAPTER_DIR / POSTERIOR_FOLDER, adapter=language.adapter_id)
    assert posterior.parameter_count() == record["parameters"]
    assert min(point["nll_nats"] for point in record["curve"]) < record["map_nll_nats"]


def test_the_shipped_files_stay_within_fifteen_megabytes():
    size = sum(path.stat().st_size for path in DEFAULT_ADAPTER_DIR.rglob("*") if path.is_file())
    assert size < 15_000_000
    assert (DEFAULT_ADAPTER_DIR / SEEN_FILE).is_file()


def test_the_summary_of_a_generated_log_names_its_lot(data, tmp_path):
    document = next(d for d in generate(20, seed=99, languages={"en": 1.0}, kinds={"inspection_log": 1.0}))
    (tmp_path / "log.txt").write_text(document.document, "utf-8")
    found = summarize(data, tmp_path / "log.txt", "--samples", "2")
    lot = next(fact.text for fact in document.facts if fact.kind == "lot")
    assert lot in found["summary"]


def test_extracts_are_made_of_the_sentences_that_the_model_reads(data, tmp_path):
    document = "The pump was installed in May. " * 3 + "Its seal leaked in June. The vendor replaced the seal."
    rows = [{"id": str(number), "document": document, "reference": "The seal leaked."} for number in range(5)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    options = ["--data", str(tmp_path / "rows.jsonl"), "--output", str(tmp_path / "out.jsonl"), "--candidates", "3"]
    result = subprocess.run(
        [sys.executable, "-m", "app", "extracts", *options],
        cwd=ROOT, env={**os.environ, "TASHIKA_DATA": str(data)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    made = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert {row["id"] for row in made} == {row["id"] for row in rows if split_of(row["id"]) != "test"}
    assert all(sentence in document for row in made for sentence in split_sentences(row["reference"]))
    assert all(len(row["candidates"]) == 3 and "Its seal leaked" in row["reference"] for row in made)
