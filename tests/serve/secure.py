#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""mhptop serve with TLS and a token: who is answered, what others learn, and how files are read again. KTAP.

    secure.py MHPTOP RECORDING FOLDER

Clients are curl, a real Prometheus, and sockets; openssl makes the certificates.
"""
import base64
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
from lib_host import done, eq
from prometheus import Prometheus
from served import LONG, Secrets, Server, until
from strangers import REQUESTS

CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: bearer
    scheme: https
    tls_config: {{ca_file: {ca}}}
    authorization: {{credentials_file: {token}}}
    static_configs: [{{targets: ["{target}"]}}]
  - job_name: basic
    scheme: https
    tls_config: {{ca_file: {ca}}}
    basic_auth: {{username: mhptop, password_file: {token}}}
    static_configs: [{{targets: ["{target}"]}}]
  - job_name: no_token
    scheme: https
    tls_config: {{ca_file: {ca}}}
    static_configs: [{{targets: ["{target}"]}}]
  - job_name: stranger
    scheme: https
    authorization: {{credentials_file: {token}}}
    static_configs: [{{targets: ["{target}"]}}]
"""
PATHS = "/", "/metrics", "/state", "/events", "/page.js", "/nothing"


def curl(server, path, *options, certificate=None, scheme="https"):
    """The status that curl reports, 000 if there is no answer, and the body."""
    done = subprocess.run(
        ["curl", "-sS", "--max-time", str(LONG), "--cacert", certificate or server.shared.certificate, "-w", "\n%{http_code}", *options,
         "%s://%s:%d%s" % (scheme, *server.address, path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    body, _, status = done.stdout.decode(errors="replace").rpartition("\n")
    return status, body


def bearer(token):
    return "-H", f"Authorization: Bearer {token}"


def statuses(server, *options):
    return [curl(server, path, *options)[0] for path in PATHS]


def who_is_answered(server):
    token = server.shared.token
    found = ["200"] * 4 + [curl(server, "/page.js", *bearer(token))[0], "404"]
    eq("the token as a bearer token opens all paths", found, statuses(server, *bearer(token)))
    eq("  page.js is one of them", "200", found[4])
    eq("the token as the password of the user mhptop does, too", found, statuses(server, "-u", f"mhptop:{token}"))
    eq("  the name of the scheme may have any case", "200", curl(server, "/metrics", "-H", f"authorization: bEARER  {token}")[0])
    none = curl(server, "/metrics")
    eq("no token: 401, on all paths", ["401"] * len(PATHS), statuses(server))
    eq("  also for what is not GET", ["401", "401"], [curl(server, "/metrics", "-X", method)[0] for method in ("POST", "DELETE")])
    wrong = [token[:-1], token + "0", token.upper(), "", "x" * 4000, token[1:] + token[0], "0" * len(token), token[:16] + " " + token[16:]]
    wrong += [token[:nth] + chr(ord(token[nth]) ^ 1) + token[nth + 1:] for nth in (0, 31, 63)]
    eq("  the same answer for each wrong token", [none] * len(wrong), [curl(server, "/metrics", *bearer(text)) for text in wrong])
    pairs = [f"root:{token}", f":{token}", f"mhptop:{token}x", "mhptop:", f"{token}:mhptop", f"mhptop:{token[:-1]}"]
    eq("  and for each wrong user and password", [none] * len(pairs), [curl(server, "/metrics", "-u", pair) for pair in pairs])
    plain = base64.b64encode(f"mhptop:{token}".encode()).decode()
    odd = [token, f"Basic {token}", f"Bearer {plain}", f"Bearer{token}", f"Digest {token}", f"Basic {plain}=", "Basic", "Bearer ", f"Bearer\t{token}"]
    eq("  and for each header of another form", [none] * len(odd), [curl(server, "/metrics", "-H", f"Authorization: {text}") for text in odd])
    eq("  and the token in the URL or in a cookie", [none] * 2, [curl(server, f"/metrics?token={token}"),
                                                                curl(server, "/metrics", "-H", f"Cookie: token={token}")])
    eq("  it names no path and no kernel", [], [word for word in ("/metrics", "mhptop_", "Linux", "6.1") if word in none[1]])
    eq("a name of the machine is no matter: the token is", ["200", "200"],
       [curl(server, path, *bearer(token), "-H", "Host: box.example.org")[0] for path in ("/state", "/events")])


def challenge(server):
    headers = curl(server, "/", "-D", "-", "-o", "/dev/null")[1]
    eq("a browser is told to ask for user and password", True, 'WWW-Authenticate: Basic realm="mhptop"' in headers)
    eq("  and other clients for a token", True, 'WWW-Authenticate: Bearer realm="mhptop"' in headers)


def tls(server):
    token = server.shared.token
    eq("plain HTTP is not answered", ("000", ""), curl(server, "/metrics", *bearer(token), scheme="http"))
    eq("TLS 1.2 and 1.3 are", ["200", "200"], [curl(server, "/metrics", *bearer(token), *version)[0] for version in
                                               (("--tls-max", "1.2"), ("--tlsv1.3",))])
    warnings.simplefilter("ignore", DeprecationWarning)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(server.shared.certificate)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(server.address, timeout=LONG) as client:
        try:
            got = old.wrap_socket(client, server_hostname=server.address[0]).version()
        except (ssl.SSLError, ConnectionError):
            got = None
    eq("  older versions are not", None, got)
    with tempfile.TemporaryDirectory() as folder:
        eq("who trusts another certificate does not talk to it", "000",
           curl(server, "/metrics", *bearer(token), certificate=Secrets(folder).certificate)[0])


def answer_to(server, request):
    """The first line of the answer over TLS, "" if there is none."""
    with socket.create_connection(server.address, timeout=LONG) as plain, \
         server.shared.context().wrap_socket(plain, server_hostname=server.address[0]) as client:
        answer = b""
        try:
            client.sendall(request)
            while data := client.recv(65536):
                answer += data
        except (ConnectionError, ssl.SSLError):
            pass  # it ended the connection before it had read all of it
    return answer.split(b"\r\n")[0].decode()


def manners(server):
    """What strangers send over TLS is answered as without TLS; those without the token learn nothing from it."""
    wrong, curious = [], []
    for request, wanted in REQUESTS:
        line, _, rest = request.partition(b"\r\n")
        known = line + b"\r\nAuthorization: Bearer " + server.shared.token.encode() + b"\r\n" + rest if line[:1].isalpha() else request
        if not (got := answer_to(server, known)).startswith(wanted) or (got and not wanted):
            wrong.append((request[:40], got))
        got = answer_to(server, request)
        if got and not got.startswith(("HTTP/1.1 401", "HTTP/1.1 400", "HTTP/1.1 414", "HTTP/1.1 431")):
            curious.append((request[:40], got))
    eq("requests over TLS are answered as they are without", [], wrong)
    eq("  without the token, with 401 or as what cannot be read", [], curious)


def renewed(server, what):
    """Sends SIGHUP; returns what the server says."""
    server.process.send_signal(signal.SIGHUP)
    line = server.process.stderr.readline().decode()
    eq(f"SIGHUP, {what}: it says", True, line.startswith("mhptop: "))
    return line.removeprefix("mhptop: ").strip()


def renewal(server, base):
    """base: the descriptors without any client"""
    shared = server.shared
    before = shared.token
    shared.new_token("A.different-token_of~this+server/01==")
    eq("a new token is not used before SIGHUP", ("200", "401"), (curl(server, "/metrics", *bearer(before))[0],
                                                                 curl(server, "/metrics", *bearer(shared.token))[0]))
    eq("  afterwards it is", "read the files of credentials again", renewed(server, "a new token"))
    eq("  and the old one is not", ("401", "200"), (curl(server, "/metrics", *bearer(before))[0],
                                                     curl(server, "/metrics", *bearer(shared.token))[0]))
    old = os.path.join(os.path.dirname(shared.key), "old.pem")
    os.rename(shared.certificate, old)
    shared.new_certificate("rsa:2048")
    until("no clients", lambda: server.descriptors() <= base)
    # One connection in the middle of its handshake, one in the middle of a request
    with socket.create_connection(server.address, timeout=LONG) as waiting, \
         ssl.create_default_context(cafile=old).wrap_socket(socket.create_connection(server.address, timeout=LONG),
                                                            server_hostname=server.address[0]) as asking:
        asking.sendall(b"GET /metrics HTTP/1.1\r\n")
        eq("  and a new certificate", "read the files of credentials again", renewed(server, "a new certificate"))
        eq("  ends the connections that there were", (base, b""), (server.descriptors(), waiting.recv(1)))
    eq("  and is the one that clients see", ("200", "000"), (curl(server, "/metrics", *bearer(shared.token))[0],
                                                             curl(server, "/metrics", *bearer(shared.token), certificate=old)[0]))
    with open(shared.certificate, encoding="ascii") as file:
        text = file.read()
    with open(shared.certificate, "w", encoding="ascii") as file:
        file.write(text[:len(text) // 2])
    stay = "; the old ones stay in use"
    eq("  half a certificate is refused", "cannot serve HTTPS: --tls-cert and --tls-key must be a certificate and its key without a "
       "passphrase, in PEM" + stay, renewed(server, "half a certificate"))
    with open(shared.certificate, "w", encoding="ascii") as file:
        file.write(text)
    eq("  and the old one serves on", "200", curl(server, "/metrics", *bearer(shared.token))[0])
    os.chmod(shared.token_file, 0o604)
    eq("  a token that others can read is refused", f"cannot use {shared.token_file}: other users can read or write it; "
       f"'chmod o= {shared.token_file}' forbids that{stay}", renewed(server, "a token that others can read"))
    os.unlink(shared.token_file)
    eq("  so is one that is not there", f"cannot read {shared.token_file}: No such file or directory{stay}", renewed(server, "no token"))
    eq("  and the old one opens on", "200", curl(server, "/metrics", *bearer(shared.token))[0])
    shared.new_token(shared.token)


def scraped(server, folder):
    shared = server.shared
    prometheus = Prometheus(folder, CONFIG.format(ca=shared.certificate, token=shared.token_file, target="%s:%d" % server.address))
    try:
        for job in "bearer", "basic":
            until(f"a scrape of {job}", lambda job=job: prometheus.values(f'up{{job="{job}"}}') == [1])
            eq(f"a real Prometheus scrapes with its token, {job}", [server.value("mhptop_events_total")],
               prometheus.values(f'mhptop_events_total{{job="{job}"}}'))
        for job, why in ("no_token", "401 Unauthorized"), ("stranger", "certificate"):
            until(f"a scrape of {job}", lambda job=job: prometheus.values(f'up{{job="{job}"}}') == [0])
            until(f"{why!r} as the error of {job}", lambda job=job, why=why: [
                one for one in prometheus.ask("targets")["activeTargets"] if one["labels"]["job"] == job and why in one["lastError"]])
            eq(f"  it does not scrape as {job}", [], prometheus.values(f'mhptop_events_total{{job="{job}"}}'))
    finally:
        prometheus.process.terminate()
        prometheus.process.wait()


def only_token(tool, recording, folder):
    """On a loopback address one may do without TLS, or without a token."""
    shared = Secrets(folder)
    options = shared.options
    shared.options = options[4:]
    for what, given, scheme, want in ("a token", options[4:], "http", ("401", "200")), ("TLS", options[:4], "https", ("200", "200")):
        process = subprocess.Popen([tool, "serve", "--listen", "127.0.0.1:0", *given, recording], stderr=subprocess.PIPE, text=True)
        line = process.stderr.readline()
        url = line.split()[-1]
        eq(f"only {what}: it serves {scheme}", True, url.startswith(scheme + "://"))
        got = tuple(subprocess.run(["curl", "-sS", "--cacert", shared.certificate, "-o", "/dev/null", "-w", "%{http_code}", *header, url],
                                   stdout=subprocess.PIPE, check=False, text=True).stdout for header in ((), bearer(shared.token)))
        eq("  without and with the token", want, got)
        process.terminate()
        eq("  a signal ends it", 0, process.wait(LONG))
        process.stderr.close()


def cost(server, path):
    """What a scrape costs this server, against one of the same recording that asks for neither TLS nor a token."""
    plain, costs = Server(server.process.args[2]), {}
    with open(path, "rb") as file:
        plain.feed.write(file.read())
    plain.listening()
    for one in server, plain:
        one.get()
        begin = one.on_cpu()
        for _ in range(200):
            one.get()
        costs[one.scheme()] = (one.on_cpu() - begin) / 200e6
    plain.stop()
    print(f"# a scrape costs {costs['https']:.2f} ms of a processor with TLS and a token, {costs['http']:.2f} ms without")
    eq("a handshake costs more than all the rest", True, costs["https"] > 2 * costs["http"])


def main():
    tool, recording, folder = sys.argv[1:]
    # GnuTLS 3.7 loses the 10 KiB that it has made of a certificate when it finds it cut. The rest is ours.
    with open(os.path.join(folder, "leaks"), "w", encoding="ascii") as file:
        file.write("leak:libgnutls.so\nleak:libtasn1.so\n")
    os.environ["LSAN_OPTIONS"] = f"suppressions={folder}/leaks:print_suppressions=0"
    server = Server(tool, shared=Secrets(folder))
    with open(recording, "rb") as file:
        server.feed.write(file.read())
    server.feed.close()
    server.listening()
    eq("it says that the pipe has ended", "mhptop: the pipe has ended: what is served does not change any more\n", server.process.stderr.readline().decode())
    base = server.descriptors()
    who_is_answered(server)
    challenge(server)
    tls(server)
    manners(server)
    cost(server, recording)
    scraped(server, folder)
    renewal(server, base)
    with tempfile.TemporaryDirectory() as other:
        only_token(tool, recording, other)
    eq("it ends well, and said nothing else", (0, ""), server.stop())
    done()


if __name__ == "__main__":
    main()
