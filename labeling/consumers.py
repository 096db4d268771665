"""Live pages: what happens to a project and to the queues a person takes from, and to nothing else."""

import asyncio
from typing import Any

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import connection
from django.utils import timezone

from labeling.enums import Audience
from labeling.queries.tasks import queues_for, site_ids
from labeling.services.gold_beside import with_drawn
from people.models import User
from people.queries.projects import visible_to
from people.rules import LEADS, can_see_project, has_role
from people.services.announcements import members_topic, project_topic, queue_topic, shift_topic
from people.services.listening import EVERYBODY, hub
from people.views.second_factor import is_missing
from people.views.shifts import bounded

NOT_ALLOWED = 4403


def topics_for(user: Any, slug: str) -> list[str]:
    """The topics of one project this user may follow; none for who is not its member.

    A queue that is by site has a topic a site: an associate follows their own sites' alone. What happens to the
    project as a whole names captures of every site, and is for those who lead it.
    """
    project = visible_to(user).filter(slug=slug).first()
    if project is None or not can_see_project(user, project):
        return []
    queues = queues_for(user).filter(project=project)
    whole = [project_topic(project.pk)] if has_role(user, project, LEADS) else []
    return [members_topic(project.pk), *whole] + [
        queue_topic(queue.pk, site) for queue in queues for site in site_ids(user, queue)
    ]


def checked_topics(user: Any, slug: str) -> dict[str, float]:
    """Of those, the topics of alerts among which known answers stand, each with their share."""
    queues = queues_for(user).filter(project__slug=slug, audience=Audience.ASSOCIATE.value, gold_share__gt=0)
    return {
        queue_topic(queue.pk, site): queue.gold_share for queue in queues for site in site_ids(user, queue)
    }


class ProjectConsumer(AsyncJsonWebsocketConsumer):
    """`/ws/p/SLUG/`: sends `{topic, event, ids}`; takes nothing. What changed is fetched by the page."""

    async def connect(self) -> None:
        self.topics: list[str] = []
        self.checked: dict[str, float] = {}
        self.shift_over: asyncio.TimerHandle | None = None
        user = self.scope["user"]
        if user.is_authenticated:
            self.topics = await sync_to_async(self._topics)(user)
        if not self.topics:
            await self.accept()
            await self.close(code=NOT_ALLOWED)
            return
        self.topics.append(EVERYBODY)
        hub.start()
        for topic in self.topics:
            await self.channel_layer.group_add(topic, self.channel_name)
        await self.accept()
        if user.shift is not None:
            left = (user.shift.ends_at - timezone.now()).total_seconds()
            self.shift_over = asyncio.get_running_loop().call_later(left, self._end)

    def _end(self) -> None:
        self.ending = asyncio.ensure_future(self.close(code=NOT_ALLOWED))

    def _topics(self, user: User) -> list[str]:
        try:
            session = self.scope.get("session", {})
            if not bounded(session, user).is_authenticated or is_missing(session, user):
                return []
            slug = self.scope["url_route"]["kwargs"]["slug"]
            topics = topics_for(user, slug)
            self.checked = checked_topics(user, slug) if topics else {}
            return [*topics, shift_topic(user.shift.pk)] if topics and user.shift else topics
        finally:
            # A socket lives for hours; the connection to the database must not.
            connection.close()

    async def disconnect(self, code: int) -> None:
        if self.shift_over is not None:
            self.shift_over.cancel()
        for topic in self.topics:
            await self.channel_layer.group_discard(topic, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """Nothing is taken: what a client sends is dropped unread."""

    async def announcement(self, message: dict[str, Any]) -> None:
        """One message of the channel layer, handed to the browser; a shift that was ended closes its sockets."""
        if message["event"] == "shift.ended":
            await self.close(code=NOT_ALLOWED)
            return
        ids = message["ids"]
        if message["event"] == "tasks.opened" and message["topic"] in self.checked:
            ids = with_drawn(self.scope["user"].pk, ids, self.checked[message["topic"]])
        await self.send_json({"topic": message["topic"], "event": message["event"], "ids": ids})
