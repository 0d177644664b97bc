"""A proxy before a studio: nginx with TLS, by the lines of deploy/nginx.conf."""

from __future__ import annotations

import os
import subprocess

import httpx2

from conftest import ROOT


def nginx(folder, port, url):
    """Start nginx with the lines of deploy/nginx.conf in a server of its own."""
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*made, "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True)
    lines = (ROOT / "deploy" / "nginx.conf").read_text().replace("http://127.0.0.1:8300", url)
    folder.chmod(0o755)
    (folder / "nginx.conf").write_text(
        f"""
daemon off; pid {folder}/nginx.pid; error_log stderr; {"user root;" if os.getuid() == 0 else ""}
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    {lines}
  }}
}}
"""
    )
    return subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder])


def answers(client):
    try:
        return client.get("/healthz").status_code == 200
    except httpx2.TransportError:
        return False
