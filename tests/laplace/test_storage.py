import json

import pytest
import torch

from backend.errors import ModelError
from backend.laplace.curvature import batch_sums
from backend.laplace.posterior import build
from backend.laplace.storage import FORMAT, load, pack, save, unpack
from tests.tiny import tiny_batch, tiny_peft


@pytest.fixture
def posterior():
    model = tiny_peft(modules=("q_proj", "v_proj", "down_proj"))
    return build(batch_sums(model, tiny_batch()), prior_precision=2.0, rank=6)


def draw(posterior):
    return posterior.sample(3, generator=torch.Generator().manual_seed(0))


def test_a_saved_posterior_gives_equal_numbers(posterior, tmp_path):
    packed = pack(posterior)
    save(packed, tmp_path, record={"adapter": "a@1", "name": "p"})
    read, record = load(tmp_path, adapter="a@1")
    before, after = draw(unpack(packed)), draw(read)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert record["name"] == "p"


def test_half_precision_changes_draws_by_less_than_a_percent(posterior):
    exact, stored = draw(posterior), draw(unpack(pack(posterior)))
    for name in exact:
        assert float((exact[name] - stored[name]).norm() / exact[name].norm()) < 0.01, name


def test_the_folder_holds_no_pickle(posterior, tmp_path):
    save(pack(posterior), tmp_path, record={"adapter": "a@1"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["posterior.json", "posterior.safetensors"]


def test_the_posterior_of_another_adapter_is_refused(posterior, tmp_path):
    save(pack(posterior), tmp_path, record={"adapter": "a@1"})
    with pytest.raises(ModelError, match="belongs to adapter a@1, not to b@2"):
        load(tmp_path, adapter="b@2")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "posterior.json").unlink(),
        lambda folder: (folder / "posterior.json").write_text("{", "utf-8"),
        lambda folder: (folder / "posterior.json").write_text("[]", "utf-8"),
        lambda folder: (folder / "posterior.json").write_text('{"format": 1}', "utf-8"),
        lambda folder: (folder / "posterior.safetensors").unlink(),
        lambda folder: (folder / "posterior.safetensors").write_bytes(b"\x00" * 40),
    ],
    ids=["no record", "broken record", "record of another kind", "empty record", "no tensors", "broken tensors"],
)
def test_a_damaged_folder_is_one_clear_error(posterior, tmp_path, damage):
    save(pack(posterior), tmp_path, record={"adapter": "a@1"})
    damage(tmp_path)
    with pytest.raises(ModelError, match="tashika fit"):
        load(tmp_path)


def test_a_posterior_of_the_first_format_is_still_read(posterior, tmp_path):
    save(pack(posterior), tmp_path, record={"adapter": "a@1"})
    record = json.loads((tmp_path / "posterior.json").read_text("utf-8"))
    del record["structure"]
    (tmp_path / "posterior.json").write_text(json.dumps({**record, "format": 1}), "utf-8")
    before, after = draw(unpack(pack(posterior))), draw(load(tmp_path, adapter="a@1")[0])
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_record_of_an_unknown_structure_is_refused(posterior, tmp_path):
    save(pack(posterior), tmp_path, record={"adapter": "a@1"})
    record = json.loads((tmp_path / "posterior.json").read_text("utf-8"))
    (tmp_path / "posterior.json").write_text(json.dumps({**record, "structure": "full"}), "utf-8")
    with pytest.raises(ModelError, match="unknown structure 'full'"):
        load(tmp_path)


def test_a_record_of_another_format_is_refused(posterior, tmp_path):
    save(pack(posterior), tmp_path, record={"adapter": "a@1"})
    record = json.loads((tmp_path / "posterior.json").read_text("utf-8"))
    (tmp_path / "posterior.json").write_text(json.dumps({**record, "format": 99}), "utf-8")
    with pytest.raises(ModelError, match="format 99"):
        load(tmp_path)


def test_ratios_that_were_taken_away_do_not_come_back(posterior, tmp_path):
    save(pack(posterior.with_ratios({name: 10.0 for name in posterior.blocks})), tmp_path, record={"adapter": "a@1"})
    read, record = load(tmp_path)
    assert set(read.prior_ratios.values()) == {10.0}
    save(pack(read.with_ratios({})), tmp_path, record=record)
    assert load(tmp_path)[0].prior_ratios == {}


def test_a_record_of_an_older_format_is_saved_as_the_present_one(posterior, tmp_path):
    save(pack(posterior), tmp_path, record={"format": 1})
    assert json.loads((tmp_path / "posterior.json").read_text("utf-8"))["format"] == FORMAT


@pytest.mark.parametrize("number", [0, -5.0, float("nan"), float("inf"), "2", None])
@pytest.mark.parametrize("place", ["prior_precision", "prior_ratios"])
def test_a_prior_that_is_no_positive_number_is_refused(posterior, tmp_path, place, number):
    save(pack(posterior), tmp_path, record={"adapter": "a@1"})
    path = tmp_path / "posterior.json"
    record = json.loads(path.read_text("utf-8"))
    record[place] = number if place == "prior_precision" else {next(iter(posterior.blocks)): number}
    path.write_text(json.dumps(record), "utf-8")
    with pytest.raises(ModelError, match="cannot be read"):
        load(tmp_path)
