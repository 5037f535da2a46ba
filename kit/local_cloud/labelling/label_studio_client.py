"""The SDK's client of Label Studio's API, without what the kit does not call.

`label_studio_sdk.client` adds data frames and typed labelling configurations, for which it loads pandas and 900 more
modules: two thirds of its time. Of what it adds, lists that end where the server has no further page are kept.

Source: `label_studio_sdk.client`, `projects.client_ext` and `tasks.client_ext` of label-studio-sdk 2.1.
"""

from __future__ import annotations

from typing import Any

from label_studio_sdk._extensions.pager_ext import SyncPagerExt
from label_studio_sdk.base_client import LabelStudioBase
from label_studio_sdk.projects.client import ProjectsClient
from label_studio_sdk.tasks.client_ext import TasksClientExt


class _Projects(ProjectsClient):
    def list(self, **options: Any) -> Any:
        return SyncPagerExt.from_sync_pager(super().list(**options))


class LabelStudio(LabelStudioBase):
    """The API of a Label Studio server; takes the arguments of the SDK's own client."""

    @property
    def projects(self) -> _Projects:
        return _Projects(client_wrapper=self._client_wrapper)

    @property
    def tasks(self) -> TasksClientExt:
        return TasksClientExt(client_wrapper=self._client_wrapper)
