import pytest

from microstep_airflow.operators.docker_client import StepDockerClient


@pytest.fixture
def chunks(engine):
    """The chunks in which a log arrives whose frames hold one byte each."""
    engine.frame_bytes = 1

    def attach(output):
        engine.output = output
        return list(StepDockerClient(engine.url, cpus=1.0).attach("c1"))

    return attach


@pytest.mark.parametrize("text", ["grüße\n", "€ 中 🐍\n", "plain\n"])
def test_a_character_that_the_engine_splits_is_whole_in_one_chunk(chunks, text):
    assert [chunk.decode() for chunk in chunks(text.encode())] == list(text)


@pytest.mark.parametrize(
    "output",
    [b"a\xff\xfe\x00b\n", b"caf\xe9 \xe2\x82 \xf0\x9f\x90x\n", b"ends in a character \xf0\x9f"],
    ids=["no UTF-8", "characters that are cut short", "an end within a character"],
)
def test_no_byte_of_what_is_no_text_is_lost_doubled_or_moved(chunks, output):
    assert b"".join(chunks(output)) == output
