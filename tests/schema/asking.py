"""Commands of the domain as a client sends them: one mutation, its input made from the command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from schema import schema
from schema.values import camel, encode_id
from service.domain.shape import dump

if TYPE_CHECKING:
    from service.domain.values import Region

_PAYLOAD: Final = "userErrors { code path params } version position settled"
_SHOWN: Final = {
    "ProjectPayload": "project { id version investmentVersion stage { code } voided }",
    "PlacePayload": "place { name targets { year measure } }",
    "PrivacyPayload": "",
    "CeremonyPayload": "ceremony { name withdrawn entries { kind } }",
    "AccountPayload": "grants { account role area { code } } keys { id account }",
    "IndicatorPayload": "figures { code period stated { figure } }",
}


def mutation_of(command_name: str) -> tuple[str, str]:
    """Return the mutation that takes a command, and the type of its payload."""
    fields = schema._schema.mutation_type.fields
    found = [
        (name, of.type.name)
        for name, of in fields.items()
        if of.args["input"].type.of_type.name == f"{command_name}Input"
    ]
    (one,) = found
    return one


def text_of(command_name: str) -> str:
    """Return the document that sends a command in `$input` and asks for all of the payload."""
    name, payload = mutation_of(command_name)
    shown = f"{_PAYLOAD} {_SHOWN[payload]}"
    return f"mutation ($input: {command_name}Input!) {{ answer: {name}(input: $input) {{ {shown} }} }}"


def input_of(command: object, command_id: UUID, region: Region, **more: Any) -> dict[str, Any]:
    """Return a command as the input of its mutation."""
    plain = dump(command, lambda _path, value: str(value))
    if not {"project_id", "ceremony_id", "region", "account"} & plain.keys():
        plain["place"] = str(region)
    sent: dict[str, Any] = _camel(_global(plain, region))
    return {"commandId": str(command_id)} | sent | more


_KINDS: Final = {
    **dict.fromkeys(("project_id", "into", "parent", "project", "projects", "related"), "Project"),
    "ceremony_id": "Ceremony",
}


def _global(plain: Any, region: Region, name: str = "") -> Any:
    """Return plain values with a global id wherever the domain has its own."""
    if isinstance(plain, dict):
        return {key: _global(value, region, key) for key, value in plain.items()}
    if isinstance(plain, list):
        return [_global(one, region, name) for one in plain]
    return encode_id(_KINDS[name], region, UUID(plain)) if name in _KINDS and isinstance(plain, str) else plain


def _camel(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {camel(name): _camel(value) for name, value in plain.items()}
    return [_camel(one) for one in plain] if isinstance(plain, list) else plain
