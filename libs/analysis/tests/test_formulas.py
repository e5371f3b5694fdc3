import pyarrow as pa
import pyarrow.csv
import pytest

from analysis.formulas import with_formulas, without_formulas


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'x", "'=x", "x=1", "", "ünlikely"])
def test_no_text_in_csv_is_a_formula_and_none_is_lost(tmp_path, text):
    rows = pa.record_batch({"key": pa.array([text, None]), "number": pa.array([-1.5, None])})
    pa.csv.write_csv(pa.Table.from_batches([without_formulas(rows)]), tmp_path / "x.csv")
    options = pa.csv.ConvertOptions(
        column_types={"key": pa.string()}, strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    table = pa.csv.read_csv(tmp_path / "x.csv", convert_options=options, parse_options=parse)
    assert table["key"][0].as_py()[:1] not in tuple("=+-@\t\r")
    assert table["number"].to_pylist() == [-1.5, None]
    assert with_formulas(table)["key"].to_pylist() == [text, None]
