"""dev/layers.py: what an image stores, from what the engine tells."""

import layers as layers_module
import pytest
from layers import Layer, layers, match, size, stored

ARROW, MODELS = Layer("sha256:a", 200_000_000, "RUN arrow"), Layer("sha256:m", 100_000_000, "RUN models")
TRAIN, PREDICT = Layer("sha256:t", 3_000_000, "COPY train"), Layer("sha256:p", 1_000_000, "COPY predict")


def test_instructions_that_change_settings_alone_make_no_layer():
    history = [(5, "RUN pip"), (0, "ENV A=1"), (7, "COPY train /app"), (0, "USER 1000:1000"), (0, "WORKDIR /app")]
    assert match(["a", "b", "c"], history) == [
        Layer("a", 5, "RUN pip"),
        Layer("b", 7, "COPY train /app"),
        Layer("c", 0, "WORKDIR /app"),
    ]


def test_a_history_that_does_not_fit_the_layers_is_no_guess():
    with pytest.raises(ValueError, match="zip"):
        match(["a"], [(5, "RUN pip"), (7, "COPY train /app")])


def test_a_layer_is_stored_once_for_all_images_that_have_the_same_ones_below_it():
    disk = stored({"train": [ARROW, MODELS, TRAIN], "predict": [ARROW, MODELS, PREDICT]})
    assert size(layer for layer, _ in disk.values()) == 304
    assert disk[("sha256:a", "sha256:m")] == (MODELS, {"train", "predict"})


def test_the_same_layer_above_another_is_stored_again():
    disk = stored({"train": [ARROW, MODELS], "predict": [PREDICT, MODELS]})
    assert size(layer for layer, _ in disk.values()) == 401


def test_an_image_on_another_base_is_told(monkeypatch):
    monkeypatch.setattr(layers_module, "_digests", lambda image: ["old"] if image == "mine" else ["new"])
    with pytest.raises(LookupError, match="mine: is not built on the python:3.13-slim-trixie that is here"):
        layers("mine")
