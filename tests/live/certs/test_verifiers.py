"""OpenSSL, Python and Go take our certificates, and ten first calls at once make one authority."""

import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest

from machsh.certs.authority import AuthorityPaths, ensure_authority
from machsh.certs.server_certificate import make_server_pair, server_names
from machsh.certs.spec import CertificateSpec
from machsh.testing.fakes import RecordingProgress

pytestmark = pytest.mark.live
KINDS = ["ecdsa", "rsa2048", "rsa4096"]


@pytest.fixture(params=KINDS)
def folder(request, tmp_path):
    """An authority, a client and a server of one kind."""
    spec = CertificateSpec(kind=request.param)
    paths = AuthorityPaths.in_folder(tmp_path)
    ensure_authority(paths, spec, "tester", RecordingProgress())
    names = server_names(["example.test", "10.1.2.3"], "127.0.0.1")
    certificate, key = make_server_pair(paths, spec, "tester.m1", names)
    (tmp_path / "server.pem").write_bytes(certificate)
    (tmp_path / "server-key.pem").write_bytes(key)
    return tmp_path


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(("file", "purpose"), [("cert.pem", "sslclient"), ("server.pem", "sslserver")])
def test_openssl_verifies_each_for_its_purpose_only(folder, file, purpose):
    other = {"sslclient": "sslserver", "sslserver": "sslclient"}[purpose]
    ca = folder / "ca.pem"
    assert openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, folder / file) == (
        0,
        f"{folder / file}: OK\n",
    )
    assert openssl("verify", "-purpose", other, "-CAfile", ca, folder / file)[0] == 2


def test_openssl_knows_the_names(folder):
    for option, name, code in (
        ("-verify_hostname", "example.test", 0),
        ("-verify_hostname", "other.test", 2),
        ("-verify_ip", "10.1.2.3", 0),
        ("-verify_ip", "10.1.2.4", 2),
    ):
        assert openssl("verify", option, name, "-CAfile", folder / "ca.pem", folder / "server.pem")[0] == code


def test_the_extensions_stand_in_docker_machines_order(folder):
    text = openssl("x509", "-noout", "-text", "-in", folder / "server.pem")[1]
    lines = [line.strip() for line in text.partition("X509v3 extensions:")[2].splitlines()]
    assert [line.partition(":")[0] for line in lines if line.startswith("X509v3")] == [
        "X509v3 Key Usage",
        "X509v3 Extended Key Usage",
        "X509v3 Basic Constraints",
        "X509v3 Authority Key Identifier",
        "X509v3 Subject Alternative Name",
    ]
    assert "DNS:example.test, DNS:localhost, IP Address:10.1.2.3, IP Address:127.0.0.1" in lines


def serve(folder):
    """A TLS server that wants our client's certificate; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def answer():
        while True:
            try:
                peer, _ = listener.accept()
                with context.wrap_socket(peer, server_side=True) as secured:
                    secured.sendall(b"hello")
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=answer, daemon=True).start()
    return listener


def test_python_shakes_hands_both_ways(folder):
    listener = serve(folder)
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with (
        listener,
        socket.create_connection(listener.getsockname(), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        assert secured.recv(10) == b"hello"


GO = """
package main

import ("crypto/tls"; "crypto/x509"; "fmt"; "io"; "os")

func main() {
	dir, address := os.Args[1], os.Args[2]
	ca, _ := os.ReadFile(dir + "/ca.pem")
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) { fmt.Println("no CA"); os.Exit(1) }
	pair, err := tls.LoadX509KeyPair(dir + "/cert.pem", dir + "/key.pem")
	if err != nil { fmt.Println(err); os.Exit(1) }
	dialled, err := tls.Dial("tcp", address, &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}})
	if err != nil { fmt.Println(err); os.Exit(1) }
	said, err := io.ReadAll(dialled)
	fmt.Println(string(said), err)
}
"""


@pytest.fixture(scope="module")
def go_client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("go")
    (folder / "main.go").write_text(GO)
    go = shutil.which("go") or "/usr/bin/go"
    subprocess.run([go, "build", "-o", folder / "client", folder / "main.go"], check=True, timeout=300)
    return folder / "client"


def test_go_shakes_hands_both_ways(folder, go_client):
    with serve(folder) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        done = subprocess.run(
            [go_client, folder, address], capture_output=True, text=True, timeout=30, check=False
        )
    assert done.stdout == "hello <nil>\n"


RACER = """
import sys, time
from pathlib import Path
from machsh.certs.authority import AuthorityPaths, ensure_authority
from machsh.certs.spec import CertificateSpec
from machsh.testing.fakes import RecordingProgress
progress = RecordingProgress()
import machsh.certs.signing
time.sleep(max(0, float(sys.argv[2]) - time.time()))
ensure_authority(AuthorityPaths.in_folder(Path(sys.argv[1])), CertificateSpec(), "tester", progress)
print("\\n".join(progress.texts()))
"""


def test_ten_first_calls_at_once_make_one_authority(tmp_path):
    folder = tmp_path / "certs"
    start = str(time.time() + 4)
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER, str(folder), start], stdout=subprocess.PIPE, text=True)
        for _ in range(10)
    ]
    said = [racer.communicate(timeout=60)[0].strip() for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 10
    assert sorted(filter(None, said)) == [
        f"Creating CA: {folder}/ca.pem\nCreating client certificate: {folder}/cert.pem"
    ]
    assert openssl("verify", "-CAfile", folder / "ca.pem", folder / "cert.pem")[0] == 0
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
