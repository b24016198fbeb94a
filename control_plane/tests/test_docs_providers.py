"""docs/providers.md says what the rows say now."""

from __future__ import annotations

import re

from control_plane import catalogue
from control_plane.docs import ROOT, providers


def test_the_page_in_the_repository_is_current():
    written = (ROOT / "docs/providers.md").read_text("utf-8")
    assert written == providers.page(), "run `make docs` and commit the result"


def test_every_provider_has_a_section_that_its_line_links_to():
    page = providers.page()
    linked = re.findall(r"^\| \[`(\w+)`\]\(#(\w+)\)", page, re.MULTILINE)
    sections = re.findall(r"^## (\w+)$", page, re.MULTILINE)
    assert linked == [(name, name) for name in catalogue.providers()]
    assert sections == list(catalogue.providers())
