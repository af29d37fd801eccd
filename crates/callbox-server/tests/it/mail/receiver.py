"""A mail server for one test: PyPI's aiosmtpd on a free port of loopback, which prints what it is told.

Prints `port N`, then a line of JSON for each mail and each refusal. The local part of a recipient says what shall
happen: `refused` is refused for good, `later` for now at its first try. Arguments: the port (0: any), and `auth` to
take mails only from somebody who signed in.
"""
import asyncio
import json
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def say(**what):
    print(json.dumps(what), flush=True)


class Handler:
    def __init__(self):
        self.seen = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        local = address.split("@")[0]
        if local == "refused":
            say(refused=address)
            return "550 5.1.1 <%s> is not here" % address
        if local == "later" and address not in self.seen:
            self.seen.add(address)
            say(later=address)
            return "451 4.7.1 <%s> is new to us, come back" % address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode("ascii")
        say(mail_from=envelope.mail_from, to=envelope.rcpt_tos, text=text, hello=session.host_name)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    name, password = data.login.decode(), data.password.decode()
    say(login=name, password=password)
    return AuthResult(success=password == "p@ss:word")


async def main():
    handler = Handler()
    options = {}
    if "auth" in sys.argv:
        options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, **options), "127.0.0.1", int(sys.argv[1]))
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
