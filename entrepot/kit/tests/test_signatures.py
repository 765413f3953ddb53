from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.signatures import HEADER, fits, signature, tolerance_s

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def _headers(body: bytes, secret: str = "secret", at: datetime = NOW) -> dict[str, str]:
    return {HEADER: signature(secret=secret, body=body, at=at)}


@given(st.binary(max_size=200))
def test_what_was_signed_fits(body: bytes) -> None:
    assert fits(secret="secret", body=body, headers=_headers(body), now=NOW)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_another_body_does_not(body: bytes, other: bytes) -> None:
    assert fits(secret="secret", body=other, headers=_headers(body), now=NOW) == (body == other)


@given(st.text(max_size=100))
def test_nonsense_never_fits_and_never_fails(header: str) -> None:
    assert not fits(secret="secret", body=b"{}", headers={HEADER: header}, now=NOW)


@pytest.mark.parametrize("offset_s", [tolerance_s + 1, -tolerance_s - 1])
def test_too_old_or_too_new(offset_s: int) -> None:
    headers = _headers(b"{}", at=NOW + timedelta(seconds=offset_s))
    assert not fits(secret="secret", body=b"{}", headers=headers, now=NOW)


def test_the_wrong_secret_no_secret_and_no_header() -> None:
    assert not fits(secret="other", body=b"{}", headers=_headers(b"{}"), now=NOW)
    assert not fits(secret="", body=b"{}", headers=_headers(b"{}"), now=NOW)
    assert not fits(secret="secret", body=b"{}", headers={}, now=NOW)
    with pytest.raises(ValueError):
        signature(secret="", body=b"{}", at=NOW)


def test_header_names_are_not_case_sensitive() -> None:
    lower = {name.lower(): value for name, value in _headers(b"{}").items()}
    assert fits(secret="secret", body=b"{}", headers=lower, now=NOW)
