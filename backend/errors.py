"""Errors that are shown to a person: what is wrong with their input, and what to do.

The English sentence stands where the error is raised; `app/locale/ja.json` translates it by `code`.
Knows nothing of the screen, the database or the model.
"""

from __future__ import annotations


class TashikaError(Exception):
    """One clear sentence for the user.

    Args:
        code: stable dotted name of the situation (`document.empty`); the key of its translation.
        sentence: the English sentence, a `str.format` template over `parameters`.
        **parameters: plain values named in the sentence.
    """

    def __init__(self, code: str, sentence: str, **parameters: str | int | float) -> None:
        self.code = code
        self.sentence = sentence
        self.parameters = parameters
        super().__init__(sentence.format(**parameters))


class DocumentError(TashikaError):
    """A file or a pasted text that cannot be read as a document."""


class ModelError(TashikaError):
    """A model, adapter or posterior that is missing, damaged, or not of the supported kind."""


class ModelNotReadyError(ModelError):
    """The model could not be loaded (no network, a full disk): whatever it was asked for can be asked again later."""


class ReviewError(TashikaError):
    """A review action that the state of the item does not allow."""


class DataError(TashikaError):
    """A data set that cannot be used for training, fitting or evaluation."""


class AccessError(TashikaError):
    """Somebody who is not known, or who may not do this."""
