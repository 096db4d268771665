"""Static files under names that carry their content's hash, so that browsers may keep them for ever."""

from typing import Any

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import MiddlewareNotUsed
from servestatic.middleware import ServeStaticMiddleware
from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):
    """Follows `import` statements between our ES modules too, so that no module is served stale."""

    support_js_module_import_aggregation = True


class ServeStatic(ServeStaticMiddleware):
    """Serves files from the event loop; where a sync view is called in its thread there is nothing for it to do."""

    sync_capable = True

    def __init__(self, get_response: Any) -> None:
        if not iscoroutinefunction(get_response):
            raise MiddlewareNotUsed("Static files are served from the event loop.")
        super().__init__(get_response)
