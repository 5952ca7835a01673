"""Files of certificates are tried before anything is sent."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from certificates import make_certificate
from loadbench_gui.cli.options import tls
from loadbench_gui.core.plan import Tls
from loadbench_gui.errors import UserError


def settings(**asked: Any) -> Tls:
    nothing: dict[str, Any] = {"insecure": False, "ca_file": "", "cert_file": "", "key_file": "", "server_name": ""}
    return tls.settings(**{**nothing, **asked})


def test_nothing_asked_is_the_default() -> None:
    assert settings() == Tls()
    assert settings(insecure=True, server_name="api.test") == Tls(insecure=True, server_name="api.test")


def test_a_certificate_its_key_and_an_authority_are_taken(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    cert, key = str(made.path), str(tmp_path / "key.pem")
    assert settings(ca_file=cert, cert_file=cert, key_file=key) == Tls(False, cert, cert, key)


def test_a_key_without_a_certificate(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--key is the key of a certificate"):
        settings(key_file=str(tmp_path / "key.pem"))


def test_files_that_hold_something_else(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("milk, bread", encoding="utf-8")
    for asked in ({"ca_file": str(text)}, {"cert_file": str(text)}):
        with pytest.raises(UserError, match=r"notes\.txt") as caught:
            settings(**asked)
        assert "PEM" in caught.value.hint


def test_the_key_of_another_certificate(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        make_certificate(tmp_path / name)
    with pytest.raises(UserError, match="is not that of"):
        settings(cert_file=str(tmp_path / "a" / "cert.pem"), key_file=str(tmp_path / "b" / "key.pem"))


def test_a_locked_key_asks_nobody_for_its_passphrase(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    locked = tmp_path / "locked.pem"
    command = ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-aes256", "-passout", "pass:secret"]
    subprocess.run([*command, "-out", str(locked)], check=True, capture_output=True)
    with pytest.raises(UserError, match="locked with a passphrase") as caught:
        settings(cert_file=str(made.path), key_file=str(locked))
    assert "openssl pkey" in caught.value.hint
