from backend.corpus import check_summary, generate
from backend.evaluation.own_summaries import DOCUMENTS_AT_ONCE, summarize_generated
from tests.evaluation.tiny_summarizer import tiny_summarizer


def test_every_document_gets_a_scored_summary_with_the_labels_of_the_corpus_checker():
    documents = list(generate(DOCUMENTS_AT_ONCE + 1, seed=5))
    found = list(summarize_generated(tiny_summarizer(), documents, samples=2))
    assert [one.generated.id for one in found] == [one.id for one in documents]
    for one in found:
        assert len(one.scored.tokens) == len(one.ids)
        assert one.check == check_summary(one.generated, one.scored.text)
        wrong = [range(start, end) for start, end in one.check.errors]
        assert list(one.wrong_phrases()) == [
            any(place in span for span in wrong for place in range(phrase.start_char, phrase.end_char))
            for phrase in one.scored.analysis.phrases
        ]
