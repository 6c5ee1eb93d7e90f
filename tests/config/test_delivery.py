"""docker-compose.yml and the Dockerfile, read by a parser: there is no engine to try them with."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))


def test_the_services_of_an_installation_are_there(compose):
    assert set(compose["services"]) == {"web", "worker", "beat", "migrate", "db", "redis"}
    assert compose["services"]["db"]["image"] == "postgres:18"


def test_only_the_web_server_is_published_and_only_to_the_proxy(compose):
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"]}


def test_our_containers_are_read_only_and_without_privileges(compose):
    for name in ("web", "worker", "beat", "migrate"):
        service = compose["services"][name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
    assert re.search(r"^USER casework$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_variable_is_asked_for_and_described(compose):
    """`${NAME:?}` stops the start when it is missing; the head of the file says what each is."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    head, _, body = text.partition("name: casework")
    used = set(re.findall(r"\$\{(\w+)", body))
    assert set(re.findall(r"\$\{(\w+):\?\}", body)) == used
    assert all(name in head for name in used)


def test_no_secret_is_written_down(compose):
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY", name):
                assert value.startswith("${"), name


def test_volumes_and_configs_that_services_name_exist(compose):
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in compose["volumes"]
        for config in service.get("configs", []):
            assert config["source"] in compose["configs"]


def test_settings_that_the_file_sets_are_read_by_the_product(compose):
    settings = (ROOT / "casework" / "config" / "settings.py").read_text(encoding="utf-8")
    for name in compose["services"]["web"]["environment"]:
        assert f'"{name}"' in settings, name
