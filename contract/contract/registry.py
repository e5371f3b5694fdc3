"""Reach the model registry (MLflow) before the work begins whose outcome it must take."""

from __future__ import annotations

import http.client
import os
import urllib.request

from contract.errors import ConfigError, Unavailable

_BEHAVIOUR = {
    # a step calls home to nobody, and its log is for people
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # its own patience is minutes; whoever started the step tries again anyway
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}


def reach_registry() -> str | None:
    """The address in MLFLOW_TRACKING_URI; None when there is none. Call it before importing mlflow.

    Raises ConfigError for an address that is not HTTP, Unavailable when nothing answers there.
    """
    if not (address := os.environ.get("MLFLOW_TRACKING_URI", "")):
        return None
    if not address.startswith(("http://", "https://")):
        raise ConfigError(f"MLFLOW_TRACKING_URI: must begin with http:// or https://, got {address!r}")
    for name, value in _BEHAVIOUR.items():
        os.environ.setdefault(name, value)
    try:
        with urllib.request.urlopen(f"{address.rstrip('/')}/health", timeout=5):
            return address
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"MLFLOW_TRACKING_URI: {address} does not answer: {error}; is the server up?") from None
