"""The page of one running session: the bedside screen, and pages for its therapists at our own broker."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.config import Station
    from monitor.delivery.bedside import BedsideScreens
    from monitor.delivery.broker.broker import Broker
    from monitor.page.server import PageSettings
    from monitor.service import Service

logger = logging.getLogger(__name__)


def bedside_of(service: "Service", assistant: str) -> "BedsideScreens":
    """The screens beside this session's patient."""
    from monitor.delivery.bedside import BedsideScreens

    return BedsideScreens(
        actor=assistant,
        identity=service.identity,
        info=service.session_info,
        health=service.delivery_health,
        on_command=service.command,
    )


@asynccontextmanager
async def station_page(
    station: "Station",
    service: "Service",
    therapists: Mapping[str, "Callable[[], Broker]"],
    screens: "list[BedsideScreens]",
    *,
    actor: str,
    say: Callable[[str], None],
) -> AsyncIterator[None]:
    """The page of `kinewatch run`, where it is wanted and installed; `screens` is to hear every output."""
    from monitor.cli.page.links import is_installed

    if not station.page.is_served or not is_installed():
        yield
        return
    from monitor.page.server import PageSettings

    listen = station.page
    bedside = bedside_of(service, actor)
    screens.append(bedside)
    try:
        settings = PageSettings(
            host=listen.host,
            port=listen.port,
            certificate_file=listen.certificate_file,
            key_file=listen.key_file,
        )
    except MonitorError as exc:
        say(f"no page: {exc}")
        yield
        return
    async with served(
        settings,
        clinic=station.station.clinic,
        assistant=actor,
        bedside=bedside,
        therapists=therapists,
        say=say,
    ):
        yield


@asynccontextmanager
async def served(
    settings: "PageSettings",
    *,
    clinic: str,
    assistant: str,
    bedside: "BedsideScreens",
    therapists: Mapping[str, "Callable[[], Broker]"],
    say: Callable[[str], None],
) -> AsyncIterator[None]:
    """Serve the page for as long as the context lasts; a page that cannot be served never stops a session."""
    from monitor.cli.page.links import show_links
    from monitor.page.logins import Face, Person, new_code
    from monitor.page.server import serving

    people = [Person(name=assistant, face=Face.BEDSIDE, clinic=clinic, code=new_code())]
    people += [
        Person(name=name, face=Face.THERAPIST, clinic=clinic, broker=broker, code=new_code())
        for name, broker in therapists.items()
    ]
    beating = asyncio.create_task(bedside.run(), name="bedside screens")
    page = serving(settings, people, bedside=bedside)
    try:
        try:
            served_page = await page.__aenter__()
        except MonitorError as exc:
            say(f"no page: {exc}")
            yield
            return
        try:
            show_links(dict(served_page.links), say, with_code=True)
            yield
        finally:
            await page.__aexit__(None, None, None)
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
