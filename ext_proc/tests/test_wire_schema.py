"""Our small copy of Envoy's protocol: generated from its source, and numbered as the installed Envoy numbers it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

import schemas.wire
from ext_proc.tests.envoy_schema import PACKAGE, message_class
from schemas.wire import METHOD, SERVICE, ext_proc_pb2

FOLDER = Path(schemas.wire.__file__).parent
ELSEWHERE = {
    "HeaderMap": "envoy.config.core.v3",
    "HeaderValue": "envoy.config.core.v3",
    "HeaderValueOption": "envoy.config.core.v3",
    "Metadata": "envoy.config.core.v3",
    "HttpStatus": "envoy.type.v3",
}
MESSAGES: dict[str, Descriptor] = dict(ext_proc_pb2.DESCRIPTOR.message_types_by_name)


FIELDS = [(name, field) for name, message in MESSAGES.items() for field in message.fields]


def theirs(name: str) -> Descriptor:
    return cast(Descriptor, message_class(f"{ELSEWHERE.get(name, PACKAGE)}.{name}").DESCRIPTOR)


@pytest.mark.parametrize(("message", "field"), FIELDS, ids=[f"{name}.{field.name}" for name, field in FIELDS])
def test_a_field_is_the_one_envoy_knows(message: str, field: FieldDescriptor) -> None:
    found = theirs(message).fields_by_name[field.name]
    # A number stands for an enum of statuses: the same bytes.
    types = {field.type, FieldDescriptor.TYPE_ENUM} if field.name == "code" else {field.type}
    assert (field.number, field.is_repeated) == (found.number, found.is_repeated)
    assert found.type in types
    ours, envoys = field.message_type, found.message_type
    if ours is not None and not ours.GetOptions().map_entry:
        assert ours.name == envoys.name


@pytest.mark.parametrize("message", MESSAGES)
def test_alternatives_are_the_same_alternatives(message: str) -> None:
    ours = {oneof.name: {f.name for f in oneof.fields} for oneof in MESSAGES[message].oneofs}
    envoys = {oneof.name: {f.name for f in oneof.fields} for oneof in theirs(message).oneofs}
    assert ours == {name: ours[name] & envoys[name] for name in ours}


@pytest.mark.parametrize(
    ("message", "enum"), [("CommonResponse", "ResponseStatus"), ("HeaderValueOption", "HeaderAppendAction")]
)
def test_values_of_enums_are_envoys(message: str, enum: str) -> None:
    ours = {value.name: value.number for value in MESSAGES[message].enum_types_by_name[enum].values}
    envoys = {value.name: value.number for value in theirs(message).enum_types_by_name[enum].values}
    assert ours.items() <= envoys.items()


def test_the_service_is_the_one_envoy_calls() -> None:
    service = message_class(f"{PACKAGE}.ProcessingRequest").DESCRIPTOR.file.services_by_name["ExternalProcessor"]
    assert (service.full_name, [method.name for method in service.methods]) == (SERVICE, [METHOD])


def test_the_classes_are_what_the_compiler_makes_of_the_source(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{FOLDER}", f"--python_out={tmp_path}"]
    subprocess.run([*command, f"--pyi_out={tmp_path}", "ext_proc.proto"], check=True, timeout=60)
    for made in ("ext_proc_pb2.py", "ext_proc_pb2.pyi"):
        assert _lasting((tmp_path / made).read_text()) == _lasting((FOLDER / made).read_text())


def _lasting(text: str) -> list[str]:
    """The compiler writes its version down; any that makes the same classes will do."""
    lines = (line for line in text.splitlines() if "Protobuf Python Version" not in line)
    return [line for line in lines if not line.strip(" ,").isdigit()]
