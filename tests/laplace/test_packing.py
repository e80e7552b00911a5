import pytest
import torch

from backend.laplace.curvature import IGNORED, batch_sums, target_logits
from backend.laplace.packing import is_packed, unpack
from tests.laplace.test_curvature import close
from tests.tiny import tiny_batch, tiny_peft

PADDING = (0, 3, 2)


def packed(batch, *, told_by):
    """The sequences of a left-padded batch behind each other in two rows of different length."""
    whole = torch.full_like(batch["input_ids"], IGNORED)
    whole[:, -batch["labels"].shape[1] :] = batch["labels"]
    rows = []
    for group in ((0, 1), (2,)):
        columns = {"input_ids": [], "labels": [], "position_ids": [], "segment_ids": []}
        for number, row in enumerate(group):
            inside = batch["attention_mask"][row].bool()
            columns["input_ids"].append(batch["input_ids"][row, inside])
            columns["labels"].append(whole[row, inside])
            columns["position_ids"].append(torch.arange(int(inside.sum())))
            columns["segment_ids"].append(torch.full((int(inside.sum()),), number + 1))
        rows.append({name: torch.cat(parts) for name, parts in columns.items()})
    width = max(len(row["input_ids"]) for row in rows)

    def padded(name, fill):
        return torch.stack(
            [torch.nn.functional.pad(row[name], (0, width - len(row[name])), value=fill) for row in rows]
        )

    found = {"input_ids": padded("input_ids", 0), "labels": padded("labels", IGNORED), told_by: padded(told_by, 0)}
    lengths = torch.tensor([[len(row["input_ids"])] for row in rows])
    return {**found, "attention_mask": (torch.arange(width) < lengths).long()}


@pytest.mark.parametrize("told_by", ["segment_ids", "position_ids"])
def test_a_packed_batch_has_the_sums_of_its_sequences(told_by):
    model, batch = tiny_peft(), tiny_batch(padding=PADDING)
    close(batch_sums(model, packed(batch, told_by=told_by)), batch_sums(model, batch))


@pytest.mark.parametrize("told_by", ["segment_ids", "position_ids"])
def test_unpacking_gives_the_padded_batch(told_by):
    batch = tiny_batch(padding=PADDING)
    found = unpack(packed(batch, told_by=told_by))
    assert sorted(found) == sorted(batch)
    assert all(torch.equal(found[name], value) for name, value in batch.items())


def test_the_label_of_a_first_token_is_dropped():
    batch = packed(tiny_batch(padding=PADDING), told_by="segment_ids")
    batch["labels"][:] = batch["input_ids"]
    found = unpack(batch)
    assert found["labels"].shape[1] == found["input_ids"].shape[1] - 1
    first = (found["attention_mask"].cumsum(dim=1) == 1) & found["attention_mask"].bool()
    assert (found["labels"][first[:, 1:]] == IGNORED).all()
    assert (found["labels"] != IGNORED).sum() == found["attention_mask"].sum() - 3


@pytest.mark.parametrize("padding", [(), PADDING])
def test_an_ordinary_batch_is_left_as_it_is(padding):
    batch = tiny_batch(padding=padding)
    assert not is_packed(batch)
    assert all(unpack(batch)[name] is value for name, value in batch.items())


def test_a_packed_batch_is_not_scored_as_one_sequence():
    with pytest.raises(ValueError, match=r"call unpack\(batch\) first"):
        target_logits(tiny_peft(), packed(tiny_batch(padding=PADDING), told_by="position_ids"))


def test_a_mask_of_four_dimensions_is_refused_with_the_way_out():
    batch = tiny_batch()
    batch["attention_mask"] = torch.ones(3, 1, 9, 9)
    with pytest.raises(ValueError, match="segment_ids"):
        batch_sums(tiny_peft(), batch)


def test_multiple_choices_in_a_packed_batch_are_refused():
    batch = {**tiny_batch(rows=2, targets=1), "class_ids": torch.tensor([[1, 2], [3, 4]])}
    batch_sums(tiny_peft(), batch)
    batch["segment_ids"] = torch.ones_like(batch["input_ids"])
    with pytest.raises(ValueError, match="class_ids name the outputs of a whole row"):
        batch_sums(tiny_peft(), batch)
