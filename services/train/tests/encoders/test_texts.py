from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from analysis.derived import Derived
from analysis.rows import Text
from train.encoders.texts import COMPONENTS, HASHES, WEIGHT, suited, texts

ENGLISH = ["the room was clean and quiet", "rude staff, cold food", "we come again next year"]


def column(*words):
    return Text(np.arange(len(words), dtype=np.int32), list(words))


def transformed(part, values):
    return part.transform(pd.Series(values, dtype=object))


@pytest.mark.parametrize(
    ("documents", "kind"),
    [
        (ENGLISH, "words"),
        (["Zürich", "Bern", "Saint Gallen"], "characters"),
        (["这家店的菜很好吃", "服务员 太慢了我们等了一个小时才上菜"], "characters"),
        (["SKU-1234-AB", "SKU-9921-XY"], "characters"),
    ],
)
def test_words_are_counted_where_texts_have_several_and_characters_elsewhere(documents, kind):
    assert suited(documents) == kind


def test_a_linear_model_gets_every_term_and_a_missing_text_has_none():
    part = texts(column(*ENGLISH), "words", dense=False, seed=0)
    outputs = transformed(part, [ENGLISH[0], None, np.nan, "unknown"])
    assert sparse.issparse(outputs)
    assert outputs.nnz == 11
    assert sparse.linalg.norm(outputs, axis=1) == pytest.approx([WEIGHT, 0, 0, 0])


def test_trees_get_few_components_or_the_terms_themselves_where_these_are_fewer():
    many = [" ".join(f"w{number * step % 400}" for step in range(1, 9)) for number in range(300)]
    assert transformed(texts(column(*many), "words", dense=True, seed=0), many).shape == (300, COMPONENTS)
    few = transformed(texts(column("a b", "b c"), "words", dense=True, seed=0), ["a b", None])
    assert few.shape == (2, 5)
    assert few[1].tolist() == [0] * 5
    assert transformed(texts(column(*ENGLISH), "characters", dense=True, seed=0), ENGLISH).shape == (3, 3)


def test_hashes_hold_no_vocabulary():
    part = texts(column(*ENGLISH), "hashing", dense=False, seed=0)
    assert transformed(part, ENGLISH).shape == (3, HASHES)


@pytest.mark.parametrize("kind", ["auto", "words"])
def test_texts_without_a_word_are_read_by_their_characters(kind):
    outputs = transformed(texts(column("!!! ???", "... !!!"), kind, dense=False, seed=0), ["!!! ???", "... !!!"])
    assert outputs[0].nnz > 0
    assert (outputs[0] != outputs[1]).nnz > 0


def test_a_text_in_several_rows_weighs_as_often():
    often = Text(np.array([0, 0, 0, 1, -1], dtype=np.int32), ["a b", "c d"])
    idf = texts(often, "words", dense=False, seed=0).estimator["tfidfvectorizer"].idf_
    assert idf[0] < idf[-1]


def test_each_text_of_a_block_is_transformed_once():
    class Counting:
        seen = 0

        def transform(self, values):
            self.seen = max(self.seen, len(values))
            return np.zeros((len(values), 2))

    counting = Counting()
    step = SimpleNamespace(transformers_=[("words", None, []), ("numbers", None, []), ("texts 0", counting, "note")])
    rows = Text(np.array([0, 1, 0, 0, 1, -1], dtype=np.int32), ["a", "b"])
    derived, values = Derived(step, {"note": rows}, np.arange(6)), np.ones((6, 2))
    derived.fill(values, slice(0, 6))
    assert values.sum() == 0
    assert counting.seen == 3
