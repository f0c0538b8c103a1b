"""From a transition to its rows: stored if the disk is quick, on their way in any case.

A disk that is full, hangs or is locked must not hold an alert back. Each transition is handed to the store at
once; what the store has not answered within `KEPT_WITHIN_S` is released without, in the order of the session,
and is stored as soon as the disk takes it again. Until then `is_storing` is False.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from monitor.alerts.transition import Transition
from monitor.delivery.publish.messages import SenderIdentity, unstored_rows
from monitor.store.rows import OutboxRow, Post
from monitor.store.store import Store
from monitor.store.writer import StoreWriter

logger = logging.getLogger(__name__)

# The promise of docs/delivery.md: published at most this long after the session has said it.
KEPT_WITHIN_S = 0.5

# How often what the disk has refused is offered to it again.
OFFERED_AGAIN_EVERY_S = 2.0

# What is offered again at most; a session that says more on a broken disk keeps the newest.
MAX_UNKEPT = 5_000


@dataclass(slots=True, eq=False)
class _Kept:
    transition: Transition
    posts: Sequence[Post]
    identity: SenderIdentity
    released: "asyncio.Future[None]"
    rows: Sequence[OutboxRow] | None = None  # None: neither stored nor given up


@dataclass(frozen=True, slots=True)
class _Confirmation:
    message_ids: tuple[str, ...]
    session_id: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """One transition, ready to be sent; `rows` are its events."""

    transition: Transition
    posts: Sequence[Post]
    rows: Sequence[OutboxRow]


class TransitionKeeper:
    """Between the session and the lanes. `on_released` gets each transition once, in the session's order.

    `on_stored` gets the events' ids when they are on disk, which may be later.
    """

    def __init__(
        self,
        store: StoreWriter,
        *,
        on_released: Callable[[Released], None],
        on_stored: Callable[[Sequence[str]], None],
        utc_ns: Callable[[], int],
        within_s: float = KEPT_WITHIN_S,
    ) -> None:
        self._store = store
        self._on_released = on_released
        self._on_stored = on_stored
        self._utc_ns = utc_ns
        self._within_s = within_s
        self._waiting: deque[_Kept] = deque()
        self._unkept: deque[_Kept] = deque(maxlen=MAX_UNKEPT)
        self._late = 0  # handed over, given up, not yet answered
        self._unconfirmed: deque[_Confirmation] = deque(maxlen=MAX_UNKEPT)
        self._row = 1 << 62  # rows that the disk did not take come after all that it did
        self._is_offering = False

    @property
    def is_storing(self) -> bool:
        """Whether everything said so far is on disk, or has been handed over just now."""
        return not self._late and not self._unkept

    def keep(
        self, transition: Transition, posts: Sequence[Post], identity: SenderIdentity
    ) -> "asyncio.Future[None]":
        """Store it; the future is done when its messages are on their way."""
        loop = asyncio.get_running_loop()
        item = _Kept(transition, posts, identity, loop.create_future())
        self._waiting.append(item)
        stored = self._store.submit(partial(_append, item))
        stored.add_done_callback(partial(self._answered, item))
        if self._store.stalled_s > self._within_s:
            self._give_up(item)  # the disk is known to be slow: nobody waits for it again
        else:
            loop.call_later(self._within_s, self._give_up, item)
        return item.released

    async def emptied(self) -> None:
        """Wait until everything said so far is on its way."""
        await asyncio.gather(*(item.released for item in self._waiting))

    def confirm(self, message_ids: Sequence[str], *, session_id: str, actor: str) -> None:
        """Store that these have been received; nobody waits for it, and the disk is asked again."""
        item = _Confirmation(tuple(message_ids), session_id, actor)
        stored = self._store.submit(partial(_confirm, item))
        stored.add_done_callback(partial(self._confirmed, item))

    def _confirmed(self, item: _Confirmation, stored: "asyncio.Future[None]") -> None:
        has_failed = not stored.cancelled() and stored.exception() is not None
        # What has not been stored yet cannot have been confirmed on disk either: it is said again, after it.
        if has_failed or self._unkept:
            self._unconfirmed.append(item)
            self._offer_later()

    def _answered(self, item: _Kept, stored: "asyncio.Future[list[OutboxRow]]") -> None:
        was_given_up = item.rows is not None
        self._late -= was_given_up
        error = None if stored.cancelled() else stored.exception()
        if error is None and not stored.cancelled():
            if not was_given_up:
                item.rows = stored.result()
            self._on_stored([post.message_id for post in item.posts if not post.retained])
            self._offer()  # the disk takes something again
        else:
            if self.is_storing:
                logger.error("an alert could not be stored and is sent without: %s", error)
            self._unkept.append(item)
            if not was_given_up:
                item.rows = self._rows_without_store(item)
            self._offer_later()
        self._release()

    def _give_up(self, item: _Kept) -> None:
        if item.rows is None:
            if self.is_storing:
                logger.error("the disk does not answer; alerts are sent without being stored")
            self._late += 1
            item.rows = self._rows_without_store(item)
            self._release()

    def _release(self) -> None:
        """What is ready goes on its way, as far as nothing before it is still waited for."""
        while self._waiting and (rows := self._waiting[0].rows) is not None:
            item = self._waiting.popleft()
            self._on_released(Released(transition=item.transition, posts=item.posts, rows=rows))
            if not item.released.done():
                item.released.set_result(None)

    def _rows_without_store(self, item: _Kept) -> Sequence[OutboxRow]:
        self._row += 1
        return unstored_rows(
            item.transition,
            item.posts,
            identity=item.identity,
            row=self._row,
            created_utc_ns=self._utc_ns(),
        )

    def _offer_later(self) -> None:
        if (self._unkept or self._unconfirmed) and not self._is_offering:
            asyncio.get_running_loop().call_later(OFFERED_AGAIN_EVERY_S, self._offer)

    def _offer(self) -> None:
        if not self._store.is_open or self._is_offering:
            return
        items, confirmations = list(self._unkept), list(self._unconfirmed)
        if not items and not confirmations:
            return
        self._is_offering = True
        stored = self._store.submit(partial(_append_all, items, confirmations))
        stored.add_done_callback(partial(self._offered, items, confirmations))

    def _offered(
        self, items: Sequence[_Kept], confirmations: Sequence[_Confirmation], stored: "asyncio.Future[None]"
    ) -> None:
        self._is_offering = False
        if not stored.cancelled() and stored.exception() is None:
            for item in items:
                self._unkept.remove(item)
                self._on_stored([post.message_id for post in item.posts if not post.retained])
            for confirmation in confirmations:
                self._unconfirmed.remove(confirmation)
            logger.warning("the disk takes alerts again; %d are stored late", len(items))
        self._offer_later()


def _append(item: _Kept, store: Store) -> list[OutboxRow]:
    return store.append(item.transition, item.posts, session_id=item.identity.topics.session_id)


def _confirm(item: _Confirmation, store: Store) -> None:
    store.confirm(item.message_ids, session_id=item.session_id, actor=item.actor)


def _append_all(items: Sequence[_Kept], confirmations: Sequence[_Confirmation], store: Store) -> None:
    for item in items:
        _append(item, store)
    for confirmation in confirmations:
        _confirm(confirmation, store)
