"""Authorities are found wherever a system keeps them, and a server is verified against them for real."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certifi
import pytest

from certificates import Authority, Certificate, make_authority, make_certificate
from loadbench_gui import trust
from loadbench_gui.errors import UserError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def bare_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on a machine where OpenSSL looks in places that do not exist: the variables take the place of its own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    monkeypatch.setattr(trust, "BUNDLES", (str(tmp_path / "no-bundle.pem"),))
    assert ssl.create_default_context().cert_store_stats()["x509"] == 0


@contextmanager
def tls_server(certificate: Certificate) -> Iterator[int]:
    """Shakes hands with one client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    certificate.server.wrap_socket(connection, server_side=True).close()
                except OSError:
                    return  # refused by the client

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def shake_hands(certificate: Certificate, context: ssl.SSLContext) -> str | None:
    """Return the version of TLS that both agreed on."""
    with (
        tls_server(certificate) as port,
        socket.create_connection(("127.0.0.1", port)) as sock,
        context.wrap_socket(sock, server_hostname="localhost") as secured,
    ):
        return secured.version()


@pytest.mark.usefixtures("bare_system")
def test_where_nothing_is_found_the_list_that_ships_takes_its_place() -> None:
    context = trust.client_context()
    shipped = Path(certifi.where()).read_text(encoding="utf-8").count("BEGIN CERTIFICATE")
    assert context.cert_store_stats()["x509"] == shipped > 50
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    found = trust.authorities()
    assert found.source.startswith("the list that ships with loadbench")
    assert "SSL_CERT_FILE names" in found.problem
    assert "SSL_CERT_DIR names" in found.problem


@pytest.mark.usefixtures("bare_system")
def test_the_bundle_of_another_system_is_found(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.pem"
    damaged.write_text("not a certificate", encoding="utf-8")
    monkeypatch.setattr(trust, "BUNDLES", (str(damaged), str(certificate.path)))
    assert trust.authorities().source == str(certificate.path)
    shake_hands(certificate, trust.client_context())


@pytest.mark.usefixtures("bare_system")
def test_a_named_file_vouches_for_its_server(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(certificate, trust.client_context())
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    shake_hands(certificate, trust.client_context())
    assert trust.authorities().source == str(certificate.path)


@pytest.mark.usefixtures("bare_system")
def test_a_named_folder_is_read_when_it_is_needed(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hashed = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(certificate.path)], capture_output=True, text=True, check=True
    ).stdout.strip()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / f"{hashed}.0").write_bytes(certificate.path.read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    context = trust.client_context()
    assert context.cert_store_stats()["x509"] == 0, "nothing else was added"
    shake_hands(certificate, context)
    assert trust.authorities().source == str(folder)


def test_unless_somebody_says_otherwise_nothing_was_asked_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    found = trust.authorities()
    assert found.source
    assert str(found) == found.source


def test_without_verification_any_server_will_do(certificate: Certificate) -> None:
    assert shake_hands(certificate, trust.client_context(insecure=True)) == "TLSv1.3"


def test_the_shipped_list_is_not_even_imported_where_the_system_has_one(certificate: Certificate) -> None:
    code = "import sys; from loadbench_gui import trust; trust.client_context(); print('certifi' in sys.modules)"
    environment = {**os.environ, "SSL_CERT_FILE": str(certificate.path)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert done.stdout == "False\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


def test_a_file_of_authorities_takes_the_place_of_the_systems(certificate: Certificate, authority: Authority) -> None:
    shake_hands(certificate, trust.client_context(ca_file=str(certificate.path)))
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(certificate, trust.client_context(ca_file=str(authority.cert)))
    assert trust.client_context(ca_file=str(authority.cert)).cert_store_stats()["x509"] == 1


def refusal(*, insecure: bool = False, ca_file: str = "", cert_file: str = "", key_file: str = "") -> UserError:
    with pytest.raises(UserError) as caught:
        trust.client_context(insecure=insecure, ca_file=ca_file, cert_file=cert_file, key_file=key_file)
    assert caught.value.hint
    return caught.value


def test_a_file_that_is_not_there_is_named(tmp_path: Path, authority: Authority) -> None:
    none, cert = str(tmp_path / "none.pem"), str(authority.cert)
    said = "cannot be read: No such file or directory"
    assert refusal(ca_file=none).message == f"the file of authorities {none} {said}"
    assert refusal(cert_file=none).message == f"the client certificate {none} {said}"
    assert refusal(cert_file=cert, key_file=none).message == f"the client's key {none} {said}"
    assert refusal(ca_file=none, insecure=True).message.startswith("the file of authorities"), "asked for in vain"
    assert "Is a directory" in refusal(ca_file=str(tmp_path)).message


def test_a_file_of_something_else_is_named(tmp_path: Path, authority: Authority) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no certificate", encoding="utf-8")
    damaged = tmp_path / "damaged.pem"
    damaged.write_text(authority.cert.read_text().replace("M", "?", 3), encoding="utf-8")
    assert refusal(ca_file=str(notes)).message == f"the file of authorities {notes} holds no certificate in PEM"
    assert refusal(ca_file=str(authority.key)).message.endswith("holds no certificate in PEM")
    assert refusal(ca_file=str(damaged)).message.startswith(f"the file of authorities {damaged} is damaged: ")
    assert refusal(cert_file=str(authority.cert)).message.endswith("holds no private key in PEM")
    both = refusal(cert_file=str(damaged), key_file=str(authority.key)).message
    assert both.startswith(f"the client certificate {damaged} with the key {authority.key} is damaged: ")


def test_a_key_that_cannot_be_used_says_what_to_do(authority: Authority) -> None:
    one, other = authority.issue("one"), authority.issue("two")
    stranger = refusal(cert_file=str(one.cert), key_file=str(other.key))
    assert stranger.message == f"the key {other.key} does not belong to the client certificate {one.cert}"
    locked = refusal(cert_file=str(one.cert), key_file=str(one.encrypted_key()))
    assert locked.message == f"the client's key {one.encrypted_key()} is encrypted"
    assert "openssl pkey" in locked.hint
    assert "comes without a certificate" in refusal(key_file=str(one.key)).message


def test_a_certificate_with_its_key_is_shown_to_a_server_that_asks(authority: Authority) -> None:
    server = Certificate(authority.cert, authority.issue("localhost").server(clients=authority.cert))
    server.server.maximum_version = ssl.TLSVersion.TLSv1_2  # its handshake ends only when the client is accepted
    mine = authority.issue("me", "email:me@example.com")
    ca_file = str(authority.cert)
    shake_hands(server, trust.client_context(ca_file=ca_file, cert_file=str(mine.cert), key_file=str(mine.key)))
    shake_hands(server, trust.client_context(ca_file=ca_file, cert_file=str(mine.in_one_file())))
    with pytest.raises(OSError, match=r"(?i)handshake|reset"):
        shake_hands(server, trust.client_context(ca_file=ca_file))
