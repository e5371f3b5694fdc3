import pyarrow as pa

from generate.infer.types.shapes import Shapes, total


def shapes_of(texts):
    return Shapes.of(pa.array(list(texts), pa.string()), pa.array(list(texts.values()), pa.int64()))


def test_texts_that_differ_in_digits_alone_have_one_shape():
    shapes = shapes_of({"12,5": 2, "90,1": 3, "müller 7": 1, "": 4})
    assert shapes.known.to_pylist() == ["99,9", "müller 9", ""]
    assert shapes.rows.tolist() == [5, 1, 4]
    assert shapes.texts.tolist() == [2, 1, 1]


def test_a_part_of_a_longer_array_has_its_own_shapes():
    texts = pa.array(["0", "a1", "b22"])[1:]
    assert Shapes.of(texts, pa.array([1, 1])).known.to_pylist() == ["a9", "b99"]


def test_a_pattern_is_told_by_the_shapes():
    shapes = shapes_of({"12": 2, "1.5": 3, "x": 1})
    assert total(shapes.rows, shapes.match(r"^\d+(\.\d+)?$")) == 5
    assert shapes.each(shapes.match(r"\d")).to_pylist() == [True, True, False]


def test_some_of_the_texts_keep_how_often_they_come():
    shapes = shapes_of({"12": 2, "x": 1, "13": 4, "1": 8})
    numbers = shapes.filter(shapes.match(r"\d"))
    assert (numbers.known.to_pylist(), numbers.rows.tolist()) == (["99", "9"], [6, 8])


def test_what_no_shape_tells_is_asked_of_the_texts_that_may_have_it():
    texts = {"007": 2, "7": 1, "700": 4}
    shapes, array = shapes_of(texts), pa.array(list(texts))
    assert shapes.count(array, shapes.each(shapes.match(r"^\d\d")), r"^0\d") == 2
