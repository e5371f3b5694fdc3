"""Airflow's variables, kept in memory."""


class Variables(dict):
    """Airflow's variables, kept here."""

    def set(self, key, value, serialize_json):
        self[key] = value

    def get(self, key, default, deserialize_json):
        return super().get(key, default)

    def delete(self, key):
        del self[key]
