import json
from random import Random

import numpy as np
import pytest

from app.commands.measuring_shift import describe
from backend.corpus import generate
from backend.errors import DataError
from backend.evaluation.shift import GOAL, Judged, judge_all, judge_document, report_shift
from backend.evaluation.shift_documents import (
    DAMAGES,
    INSIDE,
    OTHER_TOPICS,
    ShiftDocument,
    all_documents,
    misread,
    shuffle_lines,
    truncate,
)
from backend.uncertainty import cold_start_model
from tests.evaluation.tiny_summarizer import LOG, tiny_summarizer


def test_every_document_from_inside_has_its_damaged_twins():
    documents = all_documents(6, seed=1, files=[], limit=0)
    inside = {document.group for document in documents if document.name == INSIDE}
    for name in DAMAGES:
        assert {document.group for document in documents if document.name == name} == inside
    assert {"other_topics", "other_languages", "without_content"} <= {document.name for document in documents}
    assert documents == all_documents(6, seed=1, files=[], limit=0)


def test_damages_change_what_they_say():
    (document,) = generate(1, seed=2)
    text = document.document
    assert sorted(shuffle_lines(text, Random(0)).split()) == sorted(text.split())
    assert shuffle_lines(text, Random(0)) != text
    assert text.startswith(truncate(text, Random(0)))
    assert len(truncate(text, Random(0))) <= 0.4 * len(text)
    scanned = misread(text, Random(0))
    assert scanned.count("\n") == text.count("\n")
    assert 0.7 < len(scanned) / len(text) < 1.3
    assert scanned != text


def test_other_topics_may_come_from_files(tmp_path):
    path = tmp_path / "cooking.jsonl"
    path.write_text("".join(json.dumps({"doc": f"Recipe {i}."}) + "\n" for i in (1, 2, 2, 3)), "utf-8")
    found = [document for document in all_documents(5, seed=0, files=[path], limit=2) if document.name == "cooking"]
    assert len(found) == 2
    for content in ("", "[1]\n", '{"text": "x"}\n', "{\n"):
        path.write_text(content, "utf-8")
        with pytest.raises(DataError, match="cooking"):
            all_documents(5, seed=0, files=[path], limit=2)


def judged(risk, refusal=""):
    return Judged(risk=risk, entropy=risk, laplace_mutual_information=risk, ungrounded=0.0, refusal=refusal)


@pytest.fixture
def report():
    generator = np.random.default_rng(0)
    documents = [ShiftDocument(INSIDE, str(i), f"a{i}") for i in range(30)]
    documents += [ShiftDocument("noise", str(i), f"b{i}") for i in range(30)]
    documents += [ShiftDocument("empty", f"e{i}", f"c{i}") for i in range(10)]
    scores = [*generator.uniform(0, 0.6, 30), *generator.uniform(0.4, 1.0, 30), *[1.0] * 10]
    verdicts = [judged(float(score), "summary.empty" if score == 1.0 else "") for score in scores]
    return report_shift(documents, verdicts, threshold=0.5, seed=0, bootstrap_samples=100), scores


def test_each_set_has_its_share_sent_and_how_well_scores_tell_it_apart(report):
    made, scores = report
    sets = {figures.name: figures for figures in made.sets}
    assert list(sets) == [INSIDE, "outside", "noise", "empty"]
    assert sets[INSIDE].review_share.mid == pytest.approx(np.mean(np.array(scores[:30]) > 0.5))
    assert sets[INSIDE].auroc == {}
    assert sets["noise"].auroc["risk"].low > 0.7
    assert sets["empty"].refused == 10
    assert sets["empty"].auroc["risk"].mid == 1.0
    assert sets["empty"].auroc["ungrounded"].mid == 0.5
    assert made.is_goal_met == (np.mean(np.array(scores[30:]) > 0.5) >= GOAL)


def test_the_report_is_plain_json_and_lines(report):
    made, _ = report
    rows = json.loads(json.dumps(made.to_json()))["rows"]
    assert [row["data"] for row in rows] == [INSIDE, "outside", "noise", "empty"]
    assert len(rows[1]["review_share"]) == len(rows[1]["auroc"]["risk"]) == 3
    assert describe(made).splitlines()[-1].startswith("goal of 95%")


def test_both_sides_are_needed():
    with pytest.raises(ValueError, match="inside and from outside"):
        report_shift([ShiftDocument(INSIDE, "a", "a")], [judged(0.1)], threshold=0.5, seed=0, bootstrap_samples=20)


def test_what_was_judged_is_not_judged_again(tmp_path):
    documents = [ShiftDocument(INSIDE, "a", "one"), ShiftDocument("x", "b", "two")]
    asked, told = [], []

    def judge(text):
        asked.append(text)
        return judged(0.5)

    arguments = {"cache": tmp_path / "c.jsonl", "on_document": lambda *done: told.append(done)}
    judge_all(documents[:1], judge, fingerprint="m", **arguments)
    judge_all(documents, judge, fingerprint="m", **arguments)
    assert asked == ["one", "two"]
    assert told[-1] == (2, 2)
    judge_all(documents, judge, fingerprint="other", **arguments)
    assert asked == ["one", "two", "one", "two"]
    (tmp_path / "c.jsonl").write_text("{}\n", "utf-8")
    with pytest.raises(DataError, match="Line 1"):
        judge_all(documents, judge, fingerprint="m", **arguments)


def test_a_judge_scores_as_the_product_does_and_never_accepts_what_is_refused():
    summarizer, model = tiny_summarizer(), cold_start_model()
    scored = judge_document(LOG, summarizer=summarizer, model=model, samples=2)
    assert scored.refusal in ("", "summary.empty")
    assert 0.0 <= scored.risk <= 1.0
    refused = judge_document(" \n ", summarizer=summarizer, model=model, samples=2)
    assert (refused.risk, refused.refusal) == (1.0, "document.paste_empty")


def test_the_built_in_texts_are_all_different():
    assert len(set(OTHER_TOPICS)) == len(OTHER_TOPICS)
