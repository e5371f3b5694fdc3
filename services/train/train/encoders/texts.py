"""A column of texts: how often each has which words, weighed by how rare they are (TF-IDF)."""

from __future__ import annotations

import contextlib
from operator import methodcaller
from typing import Any

from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from analysis.rows import Text

MOST_TERMS = 30_000
"""Words, or runs of characters, that are counted: the most frequent ones."""
HASHES = 2**15
COMPONENTS = 100
"""Of the decomposition, for an estimator that takes no sparse matrix."""
WEIGHT = 3.0
"""Of a linear model's terms: a text's weights have length 1, so that at the usual penalty a single one says little."""
WORD = r"(?u)\b\w+\b"
_WITHOUT_BREAKS = 12
"""Mean characters between blanks from which a language has no breaks between its words."""


def texts(column: Text, kind: str, *, dense: bool, seed: int) -> FrozenEstimator:
    """The part for a column of texts, fitted on them; `kind` as `encode.text` of a candidate has it.

    `dense`: the `COMPONENTS` that tell most, by a singular value decomposition (latent semantic analysis). A missing
    text has no word.
    """
    documents = [column.categories[code] for code in column.codes if code >= 0]
    chosen = suited(documents) if kind == "auto" else kind
    fill = FunctionTransformer(methodcaller("fillna", ""))
    vectorizer, counted = _fitted(documents, chosen)
    if not dense:
        heavier = FunctionTransformer(methodcaller("__mul__", WEIGHT), accept_sparse=True)
        return FrozenEstimator(make_pipeline(fill, vectorizer, heavier))
    smaller: Any = FunctionTransformer(methodcaller("toarray"), accept_sparse=True)
    if counted.shape[1] > COMPONENTS:
        smaller = TruncatedSVD(min(COMPONENTS, len(documents)), random_state=seed).fit(counted)
    return FrozenEstimator(make_pipeline(fill, vectorizer, smaller))


def suited(documents: list[str]) -> str:
    """Words where most texts have several; runs of characters for names, codes, and languages without breaks."""
    counts = [document.count(" ") + 1 for document in documents]
    several = sum(count > 1 for count in counts)
    characters = sum(map(len, documents))
    return "words" if 2 * several > len(counts) and characters < _WITHOUT_BREAKS * sum(counts) else "characters"


def _fitted(documents: list[str], kind: str) -> tuple[Any, Any]:
    """The vectorizer, and the documents as it counts them (sparse)."""
    if kind == "hashing":
        hashed = make_pipeline(
            HashingVectorizer(ngram_range=(1, 2), n_features=HASHES, token_pattern=WORD), TfidfTransformer()
        )
        return hashed, hashed.fit_transform(documents)
    options: dict[str, Any] = {"sublinear_tf": True, "max_features": MOST_TERMS}
    characters = TfidfVectorizer(**options, analyzer="char_wb", ngram_range=(1, 4))
    if kind == "words":
        words = TfidfVectorizer(**options, ngram_range=(1, 2), token_pattern=WORD)
        with contextlib.suppress(ValueError):  # there is no word in them at all
            return words, words.fit_transform(documents)
    return characters, characters.fit_transform(documents)
