import pytest
import torch

from backend.language.number_format import dtype_named, fastest_dtype


@pytest.mark.parametrize(
    ("able", "expected"),
    [
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, torch.float32),
        ({"avx2": True, "avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"bf16": True}, torch.bfloat16),
        ({}, torch.float32),
    ],
)
def test_bfloat16_is_chosen_only_where_the_processor_computes_with_it(able, expected, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)

    assert fastest_dtype() is expected
    assert dtype_named("auto") is expected


def test_a_named_format_is_taken_whatever_the_machine_can():
    assert dtype_named("float32") is torch.float32
    assert dtype_named("bfloat16") is torch.bfloat16
