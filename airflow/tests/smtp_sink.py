"""The least of an SMTP server: takes every mail and keeps it."""

import email
import email.policy
import socketserver
import threading


class SmtpSink:
    def __init__(self):
        self.mails = []
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.say("220 sink")
                while line := self.rfile.readline():
                    match line.split()[0].upper():
                        case b"DATA":
                            self.say("354 go on")
                            sink.keep(iter(self.rfile.readline, b".\r\n"))
                            self.say("250 kept")
                        case b"QUIT":
                            self.say("221 bye")
                            return
                        case _:
                            self.say("250 yes")

            def say(self, text):
                self.wfile.write(f"{text}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def keep(self, lines):
        content = b"".join(line.removeprefix(b".") for line in lines)
        self.mails.append(email.message_from_bytes(content, policy=email.policy.default))

    def close(self):
        self._server.shutdown()
        self._server.server_close()
