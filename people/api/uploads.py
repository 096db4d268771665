"""Reading request bodies within bounds: JSON objects not absurdly deep, files that keep the name they came with."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser as DjangoMultiPartParser
from django.http.multipartparser import MultiPartParserError
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser


class JSON(JSONParser):
    """DRF's JSON, with a 400 for anything but an object that can be read."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        try:
            given = super().parse(stream, media_type, parser_context)
        except ParseError as error:
            reason = str(error.detail).removeprefix("JSON parse error - ")
            raise ValidationError({"body": [f"is not JSON: {reason}."]}) from None
        except RecursionError:
            raise ValidationError({"body": ["is JSON nested too deep."]}) from None
        if not isinstance(given, dict):
            raise ValidationError({"body": ['must be a JSON object, like {"key": "value"}.']})
        return given


class _KeepsFolders(DjangoMultiPartParser):
    def sanitize_file_name(self, file_name: str) -> str | None:
        # Django keeps the last part only, and so would make one of a/1.jpg and b/1.jpg. The name is never a path
        # here: it is compared with a row's `file`.
        return "".join(char for char in file_name if char.isprintable()) or None


class _SmallFile(MemoryFileUploadHandler):
    def file_complete(self, file_size: int) -> UploadedFile | None:
        return _named(super().file_complete(file_size), self.file_name)


class _LargeFile(TemporaryFileUploadHandler):
    def file_complete(self, file_size: int) -> UploadedFile | None:
        return _named(super().file_complete(file_size), self.file_name)


def _named(file: UploadedFile | None, name: Any) -> UploadedFile | None:
    if file is not None:
        file.sent_name = name
    return file


def sent_name(file: UploadedFile) -> str:
    """The whole name a part was sent with, folders too."""
    return getattr(file, "sent_name", None) or file.name or ""


class Multipart(MultiPartParser):
    """Multipart whose files keep their folders: see `sent_name`."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> DataAndFiles:
        request = parser_context["request"]
        meta = {**request.META, "CONTENT_TYPE": media_type}
        handlers = [_SmallFile(request), _LargeFile(request)]
        encoding = parser_context.get("encoding", "utf-8")
        try:
            return DataAndFiles(*_KeepsFolders(meta, stream, handlers, encoding).parse())
        except MultiPartParserError as error:
            raise ValidationError({"body": [f"is not a multipart form: {error}"]}) from None
