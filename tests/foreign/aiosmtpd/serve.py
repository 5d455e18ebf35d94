"""aiosmtpd with TLS and authentication: every mail that it takes becomes a file, byte by byte.

usage: serve.py --port N --mails FOLDER --tls none|starttls|implicit [--certificate FILE --key FILE]
                [--user NAME --password TEXT] [--echo]

With --tls starttls nothing is taken before STARTTLS; with --user nothing is taken from anybody else. With --echo a refusal
of credentials says them back, as careless servers do.
"""

import argparse
import asyncio
import pathlib
import ssl

from aiosmtpd.smtp import SMTP, AuthResult


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mails", type=pathlib.Path, required=True)
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], required=True)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--echo", action="store_true")
    return parser.parse_args()


class Mails:
    """Writes each mail down, with who it is from and for in its name."""

    def __init__(self, folder):
        self.folder = folder
        self.number = 0

    async def handle_DATA(self, server, session, envelope):
        self.number += 1
        name = f"{self.number:03} {envelope.mail_from} {' '.join(envelope.rcpt_tos)}.eml"
        part = self.folder / ("." + name)
        part.write_bytes(envelope.original_content)
        part.rename(self.folder / name)
        return "250 2.0.0 taken"


async def main():
    given = options()
    context = None
    if given.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(given.certificate, given.key)

    def authenticate(server, session, envelope, mechanism, data):
        login, password = data.login.decode(), data.password.decode()
        if (login, password) == (given.user, given.password):
            return AuthResult(success=True)
        if given.echo:
            return AuthResult(success=False, handled=False, message=f"535 5.7.8 {login} with {password}? Never heard of")
        return AuthResult(success=False, handled=False)

    starttls = given.tls == "starttls"
    mails = Mails(given.mails)
    loop = asyncio.get_running_loop()

    def session():
        return SMTP(
            mails,
            hostname="mail.example",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=authenticate,
            auth_required=given.user is not None,
            # Where TLS wraps the connection, the server itself knows nothing of it.
            auth_require_tls=starttls,
            loop=loop,
        )

    wrapped = context if given.tls == "implicit" else None
    server = await loop.create_server(session, "127.0.0.1", given.port, ssl=wrapped)
    async with server:
        await server.serve_forever()


asyncio.run(main())
