"""Static files under names that carry their content's hash, so that browsers may keep them for ever."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):
    """Follows `import` statements between our ES modules too, so that no module is served stale."""

    support_js_module_import_aggregation = True
