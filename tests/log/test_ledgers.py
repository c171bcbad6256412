"""A region's commands find its log by whichever of its codes they are sent."""

from dataclasses import replace

from service.access import LOCAL
from service.domain.errors import AlreadyOpenError
from service.domain.values import Region
from service.handle import Handler
from service.log.log import Log
from tests.examples import OPEN_PLACE, QIYANG, REGISTER
from tests.log.build import new_id


async def test_a_county_that_changed_its_code_keeps_its_log(handler: Handler, log: Log) -> None:
    old, new = Region("341422"), Region("340281")
    opened = await handler.handle(LOCAL, old, replace(OPEN_PLACE, region=old), command_id=new_id())
    assert (opened.region, opened.position) == (old, 1)
    register = replace(REGISTER, identity=replace(REGISTER.identity, region=new))
    registered = await handler.handle(LOCAL, new, register, command_id=new_id())
    assert (registered.region, registered.position) == (old, 2)
    again = await handler.handle(LOCAL, new, replace(OPEN_PLACE, region=new), command_id=new_id())
    assert isinstance(again.refused, AlreadyOpenError)
    assert [head.region for head in await log.heads()] == [old, QIYANG]


async def test_a_former_code_finds_the_log_that_was_opened_under_the_later_one(handler: Handler, log: Log) -> None:
    old, new = Region("341422"), Region("340281")
    await handler.handle(LOCAL, new, replace(OPEN_PLACE, region=new), command_id=new_id())
    assert [await log.ledger(code) for code in (old, Region("340225"), new)] == [new, new, new]
