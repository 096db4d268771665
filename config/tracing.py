"""Traces by OpenTelemetry, where VOUCH_OTLP_ENDPOINT names a collector (extra `otel`); else nothing is measured.

A span for each request and each job, named by its route or task. Of what it was about it says ids alone: a path, a
parameter or a body may name somebody.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

_begin: Callable[..., AbstractContextManager[Any]] | None = None


def trace(environ: Mapping[str, str]) -> Callable[[], object] | None:
    """Begin to send the spans of this process; returns what ends that and sends the last of them, None where none are.

    VOUCH_OTLP_ENDPOINT is a collector's address without `/v1/traces`, HTTP with protobuf. OTEL_ variables that the SDK
    itself knows hold as well (OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER).
    """
    global _begin
    address = environ.get("VOUCH_OTLP_ENDPOINT")
    if not address:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "vouch"}))
    exporter = OTLPSpanExporter(endpoint=f"{address.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _begin = provider.get_tracer("vouch").start_as_current_span

    def end() -> None:
        global _begin
        _begin = None
        provider.shutdown()

    return end


def span(kind: str, **attributes: Any) -> AbstractContextManager[Any]:
    """What is done in it is one span, a part of the one around it. What it yields takes `update_name` and
    `set_attribute`, or is None where nothing is traced."""
    return nullcontext() if _begin is None else _begun(kind, attributes)


@contextmanager
def _begun(kind: str, attributes: Mapping[str, Any]) -> Iterator[Any]:
    # An exception's words may quote what somebody sent: that it happened is said, and the log has the rest.
    known = {name: value for name, value in attributes.items() if value is not None}
    assert _begin is not None
    with _begin(kind, attributes=known, record_exception=False, set_status_on_exception=False) as begun:
        try:
            yield begun
        except Exception as error:
            begun.set_attribute("error.type", type(error).__name__)
            raise
