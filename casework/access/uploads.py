"""Files that a form sends: held in memory, only for views that take files, and no more than may be kept.

Nothing touches a disk in plain. A view says `@takes_files`; what is sent to any other, or by a visitor, is thrown away
while it is read. A file that is too large is not read to its end: the form says so in a sentence.
"""

import io
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from casework.vault.models import LARGEST_FILE

MOST_AT_ONCE = 4 * LARGEST_FILE  # bytes of all files of one form
View = Callable[..., Any]


def takes_files(view: View) -> View:
    """A view whose form may send files."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


class TooLargeToHold(InMemoryUploadedFile):
    """What stands for a file that was larger than may be kept: empty, and its form says why."""


class InMemory(FileUploadHandler):
    """The one upload handler."""

    total = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if not self._wanted():
            raise SkipFile
        self.held, self.over = io.BytesIO(), False

    def _wanted(self) -> bool:
        request: Any = self.request
        match = getattr(request, "resolver_match", None)
        if match is None or not getattr(match.func, "takes_files", False):
            return False
        return request.user.is_authenticated or getattr(request, "api_key", None) is not None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.total += len(raw_data)
        if self.over or start + len(raw_data) > LARGEST_FILE or self.total > MOST_AT_ONCE:
            self.over, self.held = True, io.BytesIO()
        else:
            self.held.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.held.seek(0)
        made = TooLargeToHold if self.over else InMemoryUploadedFile
        return made(
            file=self.held,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=0 if self.over else file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
