import pyarrow as pa
import pytest

from contract.texts.numbers import NumberForm
from generate.infer.types.number_forms import unit_of
from generate.infer.types.shapes import Shapes


@pytest.mark.parametrize(
    ("values", "form", "unit"),
    [
        (["$5.00", "$1,200.50", "-$3"], NumberForm(".", ","), "$"),
        (["45%", "3 %", "100%"], NumberForm(), "%"),
        (["1.234,50 \u20ac", "5,00 \u20ac", ""], NumberForm(",", "."), "\u20ac"),
        (["12 kg", "13kg", "?"], NumberForm(), "kg"),
        (["5", "6"], NumberForm(), None),
        (["#1001", "#1002"], NumberForm(), None),
        (["Nr 12", "Nr 13"], NumberForm(), None),
        (["$5", "\u20ac5"], NumberForm(), None),
        (["A12", "B13"], NumberForm(), None),
        (["north", "south"], NumberForm(), None),
        ([], NumberForm(), None),
    ],
)
def test_a_unit_stands_beside_all_numbers_of_a_column(values, form, unit):
    shapes = Shapes.of(pa.array(values, pa.string()), pa.array([1] * len(values), pa.int64()))
    assert unit_of(shapes, form) == unit
